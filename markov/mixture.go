package markov

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/goccy/go-yaml"
)

// Mixture is a finite set of kernels with weights, all of the same states and
// order: the law of the kernel where only some kernels occur (data diversity:
// Raventos et al. 2023). It does not change.
type Mixture struct {
	states  int
	kernels [][]*big.Rat // [K][rows*S]
	weights []*big.Rat   // [K], > 0, of sum 1
}

// MixtureSpec is a mixture in a user's words: kernels as rows of numbers such as
// 0.25 or 1/4, and a weight for each, all equal if there are none.
type MixtureSpec struct {
	Kernels [][][]string
	Weights []string
}

// rowTolerance is how far a row of a kernel in decimals may be from 1 in sum; it
// is then divided by its sum.
var rowTolerance = big.NewRat(1, 1_000_000_000)

// ParseMixture reads a file of kernels. JSON is {"kernels": [[[..], ..], ..],
// "weights": [..]}, or the list of kernels alone; entries are numbers, read as
// decimal fractions, or texts such as "1/3". CSV has no header and either one
// row of a kernel on a line, so that S^order lines are a kernel, or a whole kernel
// on a line, row after row, perhaps with its weight at the end. order is that of
// the kernels; states is S, or 0 to take it from a row of JSON. What is
// returned is valid.
func ParseMixture(data []byte, states, order int) (MixtureSpec, error) {
	spec, err := parseMixtureSpec(data, states, order)
	if err == nil {
		_, err = NewMixture(spec, states, order)
	}
	return spec, err
}

func parseMixtureSpec(data []byte, states, order int) (MixtureSpec, error) {
	text := bytes.TrimSpace(data)
	if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		return mixtureFromJSON(text)
	}
	return mixtureFromCSV(text, states, order)
}

func mixtureFromJSON(text []byte) (MixtureSpec, error) {
	var file struct {
		Kernels [][][]scalar `yaml:"kernels"`
		Weights []scalar     `yaml:"weights"`
	}
	var into any = &file
	if text[0] == '[' {
		into = &file.Kernels
	}
	// JSON is YAML, whose reader says line and column and keeps decimals.
	if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil {
		return MixtureSpec{}, fmt.Errorf(`kernels are JSON {"kernels": [[[..], ..], ..], "weights": [..]} or the list alone: %w`, err)
	}
	spec := MixtureSpec{Weights: texts(file.Weights)}
	for _, kernel := range file.Kernels {
		rows := make([][]string, len(kernel))
		for i, row := range kernel {
			rows[i] = texts(row)
		}
		spec.Kernels = append(spec.Kernels, rows)
	}
	return spec, nil
}

func mixtureFromCSV(text []byte, states, order int) (MixtureSpec, error) {
	if states == 0 {
		states = 2
	}
	rows, err := contexts(states, order)
	if err != nil {
		return MixtureSpec{}, err
	}
	var spec MixtureSpec
	var kernel [][]string
	reader := csv.NewReader(bytes.NewReader(text))
	reader.TrimLeadingSpace = true
	for {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return MixtureSpec{}, fmt.Errorf("kernels: %w", err)
		}
		line, _ := reader.FieldPos(0)
		switch len(fields) {
		case states:
			if kernel = append(kernel, fields); len(kernel) == rows {
				spec.Kernels = append(spec.Kernels, kernel)
				kernel = nil
			}
		case rows * states, rows*states + 1:
			whole := make([][]string, rows)
			for i := range whole {
				whole[i] = fields[i*states : (i+1)*states]
			}
			spec.Kernels = append(spec.Kernels, whole)
			spec.Weights = append(spec.Weights, fields[rows*states:]...)
		default:
			return MixtureSpec{}, fmt.Errorf("kernels, line %d: %d numbers; a line is one row of %d numbers, or a kernel of %d rows, %d numbers, perhaps followed by its weight",
				line, len(fields), states, rows, rows*states)
		}
	}
	if kernel != nil {
		return MixtureSpec{}, fmt.Errorf("kernels: the last kernel has %d rows, want %d", len(kernel), rows)
	}
	return spec, nil
}

// NewMixture validates a mixture of kernels of the given order; states is S, or 0
// to take it from the first row. Errors name the kernel and the row.
func NewMixture(spec MixtureSpec, states, order int) (*Mixture, error) {
	if len(spec.Kernels) == 0 || len(spec.Kernels[0]) == 0 {
		return nil, errors.New("there are no kernels")
	}
	if states == 0 {
		states = len(spec.Kernels[0][0])
	}
	if states < 2 || states > MaxStates {
		return nil, fmt.Errorf("kernel 0, row 0 has %d entries; states must be from 2 to %d", states, MaxStates)
	}
	rows, err := contexts(states, order)
	if err != nil {
		return nil, err
	}
	m := &Mixture{states: states}
	for k, kernel := range spec.Kernels {
		if len(kernel) != rows {
			return nil, fmt.Errorf("kernel %d has %d rows, want %d, one for each context of %d of %d states", k, len(kernel), rows, order, states)
		}
		flat := make([]*big.Rat, 0, rows*states)
		for i, row := range kernel {
			values, err := kernelRow(row, states)
			if err != nil {
				return nil, fmt.Errorf("kernel %d, row %d: %w", k, i, err)
			}
			flat = append(flat, values...)
		}
		m.kernels = append(m.kernels, flat)
	}
	m.weights, err = mixtureWeights(spec.Weights, len(m.kernels))
	return m, err
}

// kernelRow reads the row of a kernel and makes its sum exactly 1.
func kernelRow(row []string, states int) ([]*big.Rat, error) {
	if len(row) != states {
		return nil, fmt.Errorf("%d entries, want %d, one for each state", len(row), states)
	}
	values, sum := make([]*big.Rat, states), new(big.Rat)
	for j, text := range row {
		x, err := ParseRat(text)
		if err != nil {
			return nil, fmt.Errorf("column %d: %w", j, err)
		}
		if x.Sign() < 0 {
			return nil, fmt.Errorf("column %d: %s is not a probability", j, FormatRat(x))
		}
		values[j] = x
		sum.Add(sum, x)
	}
	one := big.NewRat(1, 1)
	if off := new(big.Rat).Sub(sum, one); off.Abs(off).Cmp(rowTolerance) > 0 {
		return nil, fmt.Errorf("it sums to %v, not to 1; fractions such as 1/3 are read exactly", Float(sum))
	}
	for _, x := range values {
		x.Quo(x, sum)
	}
	return values, nil
}

// mixtureWeights reads weights and divides them by their sum.
func mixtureWeights(words []string, kernels int) ([]*big.Rat, error) {
	weights := make([]*big.Rat, kernels)
	if len(words) == 0 {
		for k := range weights {
			weights[k] = big.NewRat(1, int64(kernels))
		}
		return weights, nil
	}
	if len(words) != kernels {
		return nil, fmt.Errorf("there are %d weights for %d kernels", len(words), kernels)
	}
	sum := new(big.Rat)
	for k, text := range words {
		w, err := ParseRat(text)
		if err != nil {
			return nil, fmt.Errorf("weight %d: %w", k, err)
		}
		if w.Sign() <= 0 {
			return nil, fmt.Errorf("weight %d is %s; weights must be > 0", k, FormatRat(w))
		}
		weights[k] = w
		sum.Add(sum, w)
	}
	for _, w := range weights {
		w.Quo(w, sum)
	}
	return weights, nil
}

// Len returns K, the number of kernels.
func (m *Mixture) Len() int { return len(m.kernels) }

// States returns S.
func (m *Mixture) States() int { return m.states }

// KernelRat returns a copy of kernel k, flat [rows*S] row-major.
func (m *Mixture) KernelRat(k int) []*big.Rat { return cloneRats(m.kernels[k]) }

// WeightRat returns the weight of kernel k.
func (m *Mixture) WeightRat(k int) *big.Rat { return new(big.Rat).Set(m.weights[k]) }

// Kernel returns kernel k as floats.
func (m *Mixture) Kernel(k int) Kernel { return Kernel{m.states, floats(m.kernels[k])} }

// Weights returns the weights as floats, length K.
func (m *Mixture) Weights() []float64 { return floats(m.weights) }

// StationaryRat returns the stationary law of kernel k, which must be of order 1,
// length S. It is an error if the kernel has more than one.
func (m *Mixture) StationaryRat(k int) ([]*big.Rat, error) {
	S := m.states
	// mu (P - I) = 0 with the last equation replaced by sum mu = 1; the rows of
	// the system are the columns of P - I.
	a := make([][]*big.Rat, S)
	for i := range S {
		a[i] = make([]*big.Rat, S+1)
		for j := range S {
			a[i][j] = new(big.Rat).Set(m.kernels[k][j*S+i])
			if i == j {
				a[i][j].Sub(a[i][j], big.NewRat(1, 1))
			}
			if i == S-1 {
				a[i][j].SetInt64(1)
			}
		}
		a[i][S] = new(big.Rat)
	}
	a[S-1][S].SetInt64(1)
	for c := range S {
		pivot := c
		for pivot < S && a[pivot][c].Sign() == 0 {
			pivot++
		}
		if pivot == S {
			return nil, fmt.Errorf("kernel %d has no unique stationary law; choose another start", k)
		}
		a[c], a[pivot] = a[pivot], a[c]
		for i := range S {
			if i == c || a[i][c].Sign() == 0 {
				continue
			}
			factor := new(big.Rat).Quo(a[i][c], a[c][c])
			for j := c; j <= S; j++ {
				a[i][j].Sub(a[i][j], new(big.Rat).Mul(factor, a[c][j]))
			}
		}
	}
	mu := make([]*big.Rat, S)
	for i := range S {
		mu[i] = new(big.Rat).Quo(a[i][S], a[i][i])
	}
	return mu, nil
}

// spec returns the mixture in the words of a file.
func (m *Mixture) spec() MixtureSpec {
	out := MixtureSpec{Weights: ratTexts(m.weights)}
	for _, flat := range m.kernels {
		var rows [][]string
		for at := 0; at < len(flat); at += m.states {
			rows = append(rows, ratTexts(flat[at:at+m.states]))
		}
		out.Kernels = append(out.Kernels, rows)
	}
	return out
}

func texts(list []scalar) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

func ratTexts(xs []*big.Rat) []string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = FormatRat(x)
	}
	return out
}

// maxContexts bounds the rows of a kernel.
const maxContexts = 1 << 16

// contexts returns S^k, the number of contexts of k states.
func contexts(states, order int) (int, error) {
	rows := 1
	for range order {
		if rows *= states; rows > maxContexts {
			return 0, fmt.Errorf("a kernel of order %d over %d states has more than %d rows; choose a smaller order", order, states, maxContexts)
		}
	}
	return rows, nil
}

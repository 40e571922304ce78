package markov

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
)

// Regression is the task family that theory contrasts with Markov chains: linear
// regression, drawn afresh for each prompt (Garg et al. 2022; Ahn et al. 2023),
//
//	w ~ N(mean, Weights),  x ~ N(0, Covariance),  y = w'x + N(0, Noise).
//
// A column of the prompt matrix is (x, y). It does not change.
type Regression struct {
	covariance, weights [][]*big.Rat // [d][d] symmetric, positive semidefinite
	noise               *big.Rat     // variance, >= 0
	mean                []*big.Rat   // [d] of w

	covarianceText, weightsText, meanText string // as the flags write them; empty for a matrix

	// Factors with LL' = covariance and weights, [d*d] row-major, for sampling.
	covarianceFactor, weightsFactor []float64
}

// MatrixSpec is a covariance in a user's words: "identity", "diag:a,b,..", or a
// matrix row by row.
type MatrixSpec struct {
	Text string
	Rows [][]string
}

// ParseMatrix reads a matrix from CSV without header; numbers are decimals or
// fractions, read exactly by NewTask. It is an error if a line is ragged.
func ParseMatrix(data []byte) ([][]string, error) {
	reader := csv.NewReader(bytes.NewReader(data))
	reader.TrimLeadingSpace = true
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("there are no numbers")
	}
	return rows, nil
}

// regression validates the fields of spec that belong to the family; d is 0 if
// the user did not say it. It returns d. Errors are of the type *FieldError.
func (spec Spec) regression() (*Regression, int, error) {
	fail := func(field string, err error) (*Regression, int, error) {
		return nil, 0, &FieldError{field, fmt.Errorf("%s: %w", field, err)}
	}
	for _, field := range []struct {
		name  string
		given bool
	}{
		{"states", spec.States != 0}, {"order", spec.Order != 0}, {"prior", spec.Prior.Text != "" || spec.Prior.Rows != nil || spec.Prior.Mixture != nil},
		{"start", spec.Start != ""}, {"p", spec.P != ""}, {"embedding", spec.Embedding != "" && spec.Embedding != Index.String()},
	} {
		if field.given {
			return fail(field.name, errors.New("it is of Markov chains; leave it out with family regression, which has covariance, weights, noise and mean"))
		}
	}
	d := spec.D
	for _, part := range []struct {
		name string
		size int
	}{{"covariance", spec.Covariance.size()}, {"weights", spec.Weights.size()}, {"mean", meanSize(spec.Mean)}} {
		switch {
		case part.size == 0:
		case d == 0:
			d = part.size
		case part.size != d:
			return fail(part.name, fmt.Errorf("it is for %d coordinates, but d is %d", part.size, d))
		}
	}
	if d == 0 {
		d = 2
	}
	if d < 1 || d > MaxPositions {
		return fail("d", fmt.Errorf("it must be from 1 to %d, got %d", MaxPositions, d))
	}
	r := &Regression{covarianceText: spec.Covariance.text(), weightsText: spec.Weights.text(), noise: new(big.Rat)}
	var err error
	if r.covariance, r.covarianceFactor, err = spec.Covariance.covariance(d); err != nil {
		return fail("covariance", err)
	}
	if r.weights, r.weightsFactor, err = spec.Weights.covariance(d); err != nil {
		return fail("weights", err)
	}
	if spec.Noise != "" {
		if r.noise, err = ParseRat(spec.Noise); err != nil {
			return fail("noise", err)
		}
		if r.noise.Sign() < 0 {
			return fail("noise", fmt.Errorf("it is a variance and must be >= 0, got %s", FormatRat(r.noise)))
		}
	}
	values, err := parseRats(spec.meanText())
	if err != nil {
		return fail("mean", err)
	}
	r.mean = make([]*big.Rat, d)
	for i := range r.mean {
		r.mean[i] = values[min(i, len(values)-1)]
	}
	r.meanText = formatRats(values)
	return r, d, nil
}

// onlyChains says which field of a regression is given to Markov chains.
func (spec Spec) onlyChains() (field string, err error) {
	for _, field := range []struct {
		name  string
		given bool
	}{
		{"covariance", spec.Covariance.Text != "" || spec.Covariance.Rows != nil}, {"weights", spec.Weights.Text != "" || spec.Weights.Rows != nil},
		{"noise", spec.Noise != ""}, {"mean", spec.Mean != ""},
	} {
		if field.given {
			return field.name, fmt.Errorf("%s is of linear regression; add family regression or leave it out", field.name)
		}
	}
	return "", nil
}

func (spec Spec) meanText() string {
	if spec.Mean == "" {
		return "0"
	}
	return spec.Mean
}

// meanSize returns the coordinates that a mean names; one number is for all.
func meanSize(text string) int {
	if n := strings.Count(text, ",") + 1; n > 1 {
		return n
	}
	return 0
}

func (m MatrixSpec) size() int {
	if m.Rows != nil {
		return len(m.Rows)
	}
	if values, ok := strings.CutPrefix(m.Text, "diag:"); ok {
		return strings.Count(values, ",") + 1
	}
	return 0
}

func (m MatrixSpec) text() string {
	if m.Rows == nil && m.Text == "" {
		return "identity"
	}
	return m.Text
}

// covariance returns the matrix that m names, and its factor.
func (m MatrixSpec) covariance(d int) ([][]*big.Rat, []float64, error) {
	matrix, err := m.matrix(d)
	if err != nil {
		return nil, nil, err
	}
	L, err := factor(matrix)
	return matrix, L, err
}

// matrix returns the matrix that m names, d x d and symmetric.
func (m MatrixSpec) matrix(d int) ([][]*big.Rat, error) {
	rows := m.Rows
	if rows != nil && m.Text != "" {
		return nil, fmt.Errorf("both %q and a matrix; give one of them", m.Text)
	}
	if rows == nil {
		diagonal := make([]string, d)
		for i := range diagonal {
			diagonal[i] = "1"
		}
		switch values, isDiagonal := strings.CutPrefix(m.Text, "diag:"); {
		case isDiagonal:
			diagonal = strings.Split(values, ",")
		case m.Text != "" && m.Text != "identity":
			return nil, fmt.Errorf("%q is not known; choose identity, diag:a,b,.. with one number for each coordinate, or the CSV file of a matrix", m.Text)
		}
		rows = make([][]string, d)
		for i := range rows {
			rows[i] = make([]string, d)
			for k := range rows[i] {
				rows[i][k] = "0"
			}
			rows[i][i] = diagonal[i]
		}
	}
	out := make([][]*big.Rat, d)
	for i, row := range rows {
		if len(row) != d {
			return nil, fmt.Errorf("row %d has %d entries, want %d: a covariance is square", i, len(row), d)
		}
		out[i] = make([]*big.Rat, d)
		for k, text := range row {
			x, err := ParseRat(text)
			if err != nil {
				return nil, fmt.Errorf("row %d, column %d: %w", i, k, err)
			}
			out[i][k] = x
		}
	}
	for i := range out {
		for k := range i {
			if out[i][k].Cmp(out[k][i]) != 0 {
				return nil, fmt.Errorf("row %d, column %d is %s, but row %d, column %d is %s: a covariance is symmetric",
					i, k, FormatRat(out[i][k]), k, i, FormatRat(out[k][i]))
			}
		}
	}
	return out, nil
}

// factor returns L with LL' = the matrix, [d*d] row-major, from its exact
// LDL' decomposition; it is an error if the matrix is not positive semidefinite.
func factor(matrix [][]*big.Rat) ([]float64, error) {
	d := len(matrix)
	rest := make([][]*big.Rat, d)
	for i := range rest {
		rest[i] = cloneRats(matrix[i])
	}
	L := make([]float64, d*d)
	for c := range d {
		pivot := rest[c][c]
		if pivot.Sign() < 0 {
			return nil, fmt.Errorf("it is not positive semidefinite: some vector of its first %d coordinates has a negative variance", c+1)
		}
		for i := c; i < d; i++ {
			if pivot.Sign() == 0 {
				if rest[i][c].Sign() != 0 {
					return nil, fmt.Errorf("it is not positive semidefinite: coordinate %d does not vary given those before it, but covaries with coordinate %d", c, i)
				}
				continue
			}
			ratio := new(big.Rat).Quo(rest[i][c], pivot)
			L[i*d+c] = Float(ratio) * math.Sqrt(Float(pivot))
			if i > c {
				for k := c + 1; k <= i; k++ {
					rest[i][k].Sub(rest[i][k], new(big.Rat).Mul(ratio, rest[k][c]))
				}
			}
		}
	}
	return L, nil
}

// CovarianceRat returns a copy of the covariance of x, [d][d].
func (r *Regression) CovarianceRat() [][]*big.Rat { return cloneMatrix(r.covariance) }

// WeightsRat returns a copy of the covariance of w, [d][d].
func (r *Regression) WeightsRat() [][]*big.Rat { return cloneMatrix(r.weights) }

// WeightsFactor returns L with LL' = the covariance of w, flat [d*d] row-major.
func (r *Regression) WeightsFactor() []float64 { return slices.Clone(r.weightsFactor) }

// NoiseRat returns the variance of the noise.
func (r *Regression) NoiseRat() *big.Rat { return new(big.Rat).Set(r.noise) }

// MeanRat returns a copy of the mean of w, length d.
func (r *Regression) MeanRat() []*big.Rat { return cloneRats(r.mean) }

func cloneMatrix(rows [][]*big.Rat) [][]*big.Rat {
	out := make([][]*big.Rat, len(rows))
	for i, row := range rows {
		out[i] = cloneRats(row)
	}
	return out
}

// draw draws a prompt with n in-context pairs into p.
func (r *Regression) draw(p *Prompt, n int, rng *rand.Rand) {
	d := len(r.mean)
	real := p.Real
	if real == nil {
		real = &RealPrompt{}
	}
	*p = Prompt{Real: real}
	real.Weights = r.gaussian(real.Weights, 1, r.weightsFactor, rng)
	for i, m := range r.mean {
		real.Weights[i] += Float(m)
	}
	real.Inputs = r.gaussian(real.Inputs, n+1, r.covarianceFactor, rng)
	real.Labels = resize(real.Labels, n+1)
	deviation := math.Sqrt(Float(r.noise))
	for i := range real.Labels {
		y := deviation * rng.NormFloat64()
		for k, w := range real.Weights {
			y += w * real.Inputs[i*d+k]
		}
		real.Labels[i] = y
	}
}

// gaussian draws rows of N(0, LL'), reusing dst.
func (r *Regression) gaussian(dst []float64, rows int, L []float64, rng *rand.Rand) []float64 {
	d := len(r.mean)
	dst = resize(dst, rows*d)
	z := make([]float64, d)
	for i := range rows {
		for k := range z {
			z[k] = rng.NormFloat64()
		}
		for k := range d {
			var x float64
			for c := range k + 1 {
				x += L[k*d+c] * z[c]
			}
			dst[i*d+k] = x
		}
	}
	return dst
}

// String describes the regression in the words of the flags.
func (r *Regression) String() string {
	word := func(text string) string {
		if text == "" {
			return "given"
		}
		return text
	}
	return fmt.Sprintf("covariance %s, weights %s, noise %s, mean %s", word(r.covarianceText), word(r.weightsText), FormatRat(r.noise), r.meanText)
}

// LabelPowerRat returns E[y^2] = mean' Covariance mean + tr(Covariance Weights) +
// Noise.
func (r *Regression) LabelPowerRat() *big.Rat {
	sum, t := r.NoiseRat(), new(big.Rat)
	for i, row := range r.covariance {
		for k, c := range row {
			t.Mul(r.mean[i], r.mean[k])
			t.Add(t, r.weights[k][i])
			sum.Add(sum, t.Mul(t, c))
		}
	}
	return sum
}

package markov

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/goccy/go-yaml"
)

// Context is the number n of in-context chains of a prompt, or Infinite.
type Context int

// Infinite is the limit of infinitely many in-context chains, in which the
// Gram matrix of a prompt is its expectation given the kernel.
const Infinite Context = math.MaxInt

// ParseContext reads n as a user writes it: a whole number >= 1, or "inf".
func ParseContext(text string) (Context, error) {
	if text == "inf" {
		return Infinite, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1_000_000_000 {
		return 0, fmt.Errorf("n must be a whole number from 1 to 1000000000, or inf; got %q", text)
	}
	return Context(n), nil
}

// String returns n as ParseContext reads it.
func (n Context) String() string {
	if n == Infinite {
		return "inf"
	}
	return strconv.Itoa(int(n))
}

// MarshalJSON writes a number, or "inf" as a string.
func (n Context) MarshalJSON() ([]byte, error) {
	if n == Infinite {
		return []byte(`"inf"`), nil
	}
	return []byte(n.String()), nil
}

// Spec is a task in a user's words. Its fields have the names and the forms of
// the command-line flags and of the keys of a task file; an empty field means
// its default. NewTask turns it into a Task.
type Spec struct {
	States    int       // S, default 2
	D         int       // input positions d, default 2; chains have d+1 states
	N         string    // in-context chains: a number or "inf", default 10
	Prior     PriorSpec // default uniform
	Start     string    // default uniform
	P         string    // short for Start "bernoulli:P"
	Embedding string    // default index
	Bias      bool      // a constant coordinate 1 in front of every column
}

// PriorSpec is a prior in a user's words: the value of the flag --prior, or one
// alpha vector for each row of the kernel.
type PriorSpec struct {
	Text string
	Rows [][]string
}

// DefaultContext is n where a user does not say it.
const DefaultContext = "10"

// limits that keep sizes meaningful; what is affordable is each package's to say
const maxPositions = 1000

// Task is the law of a prompt: see the package comment. A Task is made by
// NewTask or ParseTask, which validate it, and does not change.
type Task struct {
	states    int
	positions int
	n         Context
	prior     Prior
	start     Start
	embedding Embedding
	bias      bool
}

// NewTask validates spec, filling in its defaults. Errors, of the type *FieldError,
// name the field, what was given, and what would be right.
func NewTask(spec Spec) (Task, error) {
	fail := func(field string, err error) (Task, error) { return Task{}, &FieldError{field, err} }
	t := Task{states: spec.States, positions: spec.D, bias: spec.Bias}
	if t.states == 0 {
		t.states = 2
	}
	if t.positions == 0 {
		t.positions = 2
	}
	if t.states < 2 || t.states > MaxStates {
		return fail("states", fmt.Errorf("states must be from 2 to %d, got %d", MaxStates, t.states))
	}
	if t.positions < 1 || t.positions > maxPositions {
		return fail("d", fmt.Errorf("d must be from 1 to %d, got %d", maxPositions, t.positions))
	}
	n := spec.N
	if n == "" {
		n = DefaultContext
	}
	var err error
	if t.n, err = ParseContext(n); err != nil {
		return fail("n", err)
	}
	if t.prior, err = spec.Prior.prior(t.states); err != nil {
		return fail("prior", err)
	}
	start := spec.Start
	if spec.P != "" {
		if start != "" {
			return fail("p", fmt.Errorf("p %q and start %q say the same thing; give one of them", spec.P, start))
		}
		start = "bernoulli:" + spec.P
	}
	if t.start, err = parseStart(start, t.states); err != nil {
		return fail("start", err)
	}
	if t.embedding, err = parseEmbedding(spec.Embedding, t.states); err != nil {
		return fail("embedding", err)
	}
	return t, nil
}

func (spec PriorSpec) prior(states int) (Prior, error) {
	if spec.Rows == nil {
		return parsePrior(spec.Text, states)
	}
	if spec.Text != "" {
		return Prior{}, fmt.Errorf("prior has both %q and rows; give one of them", spec.Text)
	}
	if len(spec.Rows) != states {
		return Prior{}, fmt.Errorf("prior has %d rows, want %d, one for each state", len(spec.Rows), states)
	}
	alpha := make([][]*big.Rat, len(spec.Rows))
	for s, row := range spec.Rows {
		alpha[s] = make([]*big.Rat, len(row))
		for j, text := range row {
			x, err := ParseRat(text)
			if err != nil {
				return Prior{}, fmt.Errorf("prior row %d, column %d: %w", s, j, err)
			}
			alpha[s][j] = x
		}
	}
	return RowsPrior(alpha)
}

// ParseTask reads a task file: YAML with the keys states, d, n, prior, start,
// p, embedding and bias, whose values have the form of the flags; prior may
// also be {rows: [[..], ..]} with one alpha vector for each row of the kernel.
// Unknown keys are errors. Errors say line and column where YAML knows them.
func ParseTask(data []byte) (Task, error) {
	spec, err := ParseSpec(data)
	if err != nil {
		return Task{}, err
	}
	return NewTask(spec)
}

// ParseSpec reads a task file as ParseTask does, without validating the task,
// so that flags may still override it.
func ParseSpec(data []byte) (Spec, error) {
	var file struct {
		States    *int      `yaml:"states"`
		D         *int      `yaml:"d"`
		N         scalar    `yaml:"n"`
		Prior     PriorSpec `yaml:"prior"`
		Start     string    `yaml:"start"`
		P         scalar    `yaml:"p"`
		Embedding string    `yaml:"embedding"`
		Bias      bool      `yaml:"bias"`
	}
	if err := yaml.UnmarshalWithOptions(data, &file, yaml.Strict()); err != nil {
		return Spec{}, fmt.Errorf("task file: %w", err)
	}
	spec := Spec{
		N: string(file.N), Prior: file.Prior, Start: file.Start, P: string(file.P),
		Embedding: file.Embedding, Bias: file.Bias,
	}
	// In a Spec 0 means the default; a file that says 0 means 0.
	if file.States != nil {
		if spec.States = *file.States; spec.States == 0 {
			return Spec{}, fmt.Errorf("task file: states must be from 2 to %d, got 0", MaxStates)
		}
	}
	if file.D != nil {
		if spec.D = *file.D; spec.D == 0 {
			return Spec{}, fmt.Errorf("task file: d must be from 1 to %d, got 0", maxPositions)
		}
	}
	return spec, nil
}

// scalar is a YAML scalar kept as the user wrote it: "0.1" must stay 1/10.
type scalar string

// UnmarshalYAML keeps the text of a scalar.
func (s *scalar) UnmarshalYAML(data []byte) error {
	var text string
	if err := yaml.Unmarshal(data, &text); err != nil {
		return err
	}
	*s = scalar(text)
	return nil
}

// UnmarshalYAML reads the value of the key prior: a text or a mapping with rows.
func (spec *PriorSpec) UnmarshalYAML(data []byte) error {
	var text string
	if yaml.Unmarshal(data, &text) == nil {
		spec.Text = text
		return nil
	}
	var rows struct {
		Rows [][]scalar `yaml:"rows"`
	}
	if err := yaml.UnmarshalWithOptions(data, &rows, yaml.Strict()); err != nil {
		return fmt.Errorf("prior is neither a text such as beta:2,5 nor {rows: [[..], ..]}: %w", err)
	}
	spec.Rows = make([][]string, len(rows.Rows))
	for i, row := range rows.Rows {
		spec.Rows[i] = make([]string, len(row))
		for j, x := range row {
			spec.Rows[i][j] = string(x)
		}
	}
	return nil
}

// States returns S, the number of states.
func (t Task) States() int { return t.states }

// Positions returns d, the number of input positions; chains have d+1 states.
func (t Task) Positions() int { return t.positions }

// Context returns n, the number of in-context chains of a prompt.
func (t Task) Context() Context { return t.n }

// WithContext returns the task with another number of in-context chains.
func (t Task) WithContext(n Context) Task {
	t.n = n
	return t
}

// Prior returns the law of the kernel.
func (t Task) Prior() Prior { return t.prior }

// Start returns the law of the first states.
func (t Task) Start() Start { return t.start }

// WithStart returns the task with another start law, which must be for the
// same number of states.
func (t Task) WithStart(s Start) Task {
	if s.kind != StationaryStart && len(s.query) != t.states {
		panic(fmt.Sprintf("markov: a start law for %d states in a task with %d", len(s.query), t.states))
	}
	t.start = s
	return t
}

// WithPrior returns the task with another prior, which must be for the same
// number of states.
func (t Task) WithPrior(p Prior) Task {
	if p.Rows() != t.states {
		panic(fmt.Sprintf("markov: a prior for %d states in a task with %d", p.Rows(), t.states))
	}
	t.prior = p
	return t
}

// Embedding returns how states become numbers.
func (t Task) Embedding() Embedding { return t.embedding }

// Bias reports whether every column begins with a constant coordinate 1.
func (t Task) Bias() bool { return t.bias }

// QueryDim returns q, the number of features of a query: d, or S*d for one-hot
// inputs, plus one with a bias.
func (t Task) QueryDim() int {
	q := t.positions * t.embedding.Width(t.states)
	if t.bias {
		q++
	}
	return q
}

// Dim returns D = q+1, the number of rows of the prompt matrix.
func (t Task) Dim() int { return t.QueryDim() + 1 }

// MarshalJSON writes the task with the names of the flags.
func (t Task) MarshalJSON() ([]byte, error) {
	var prior any = t.prior.String()
	if t.prior.text == "" {
		rows := make([][]string, t.prior.Rows())
		for s := range rows {
			for _, a := range t.prior.alpha[s] {
				rows[s] = append(rows[s], FormatRat(a))
			}
		}
		prior = map[string]any{"rows": rows}
	}
	return json.Marshal(struct {
		States    int     `json:"states"`
		D         int     `json:"d"`
		N         Context `json:"n"`
		Prior     any     `json:"prior"`
		Start     string  `json:"start"`
		Embedding string  `json:"embedding"`
		Bias      bool    `json:"bias"`
	}{t.states, t.positions, t.n, prior, t.start.String(), t.embedding.String(), t.bias})
}

// String describes the task in one line, in the words of the flags.
func (t Task) String() string {
	text := fmt.Sprintf("states %d, d %d, n %s, prior %s, start %s, embedding %s",
		t.states, t.positions, t.n, t.prior, t.start, t.embedding)
	if t.bias {
		text += ", bias"
	}
	return text
}

package markov

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Context is the number n of in-context chains of a prompt, or Infinite.
type Context int

// Infinite is the limit of infinitely many in-context chains, in which the
// Gram matrix of a prompt is its expectation given the kernel.
const Infinite Context = math.MaxInt

// ParseContext reads n as a user writes it: a whole number >= 1, which may be written
// as 1e6, or "inf".
func ParseContext(text string) (Context, error) {
	if text == "inf" {
		return Infinite, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil { // perhaps 1e9
		if x, bad := ParseRat(text); bad == nil && x.IsInt() && x.Num().IsInt64() {
			n, err = int(x.Num().Int64()), nil
		}
	}
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
	Family    string    // markov (default) or regression
	States    int       // S, default 2
	D         int       // input positions d, default 2; chains have d+1 states
	N         string    // in-context chains: a number or "inf", default 10
	Order     int       // k, how many states the next one depends on, default 1
	Prior     PriorSpec // default uniform
	Start     string    // default uniform
	P         string    // short for Start "bernoulli:P"
	Embedding string    // default index
	Bias      bool      // a constant coordinate 1 in front of every column
	OneState  bool      // a single state is allowed, as a file may have it: nothing is left to learn then

	// Of the family regression only.
	Covariance MatrixSpec // of x, default identity
	Weights    MatrixSpec // covariance of w, default identity
	Noise      string     // variance of the noise, default 0
	Mean       string     // of w, one number or one for each coordinate, default 0
}

// The task families.
const (
	MarkovFamily     = "markov"
	RegressionFamily = "regression"
)

// PriorSpec is a prior in a user's words: the value of the flag --prior, or one
// alpha vector for each row of the kernel, or a finite set of kernels. The text
// kernels:FILE needs the Mixture beside it, read from that file.
type PriorSpec struct {
	Text    string
	Rows    [][]string
	Mixture *MixtureSpec
}

// DefaultContext is n where a user does not say it.
const DefaultContext = "10"

// limits that keep sizes meaningful; what is affordable is each package's to say
const MaxPositions = 1000

// Task is the law of a prompt: see the package comment. A Task is made by
// NewTask or ParseTask, which validate it, and does not change.
type Task struct {
	states     int // 0 for a regression
	positions  int
	n          Context
	order      int // 0 for a regression
	prior      Prior
	start      Start
	embedding  Embedding
	bias       bool
	regression *Regression // nil for Markov chains
	given      *givenForm  // nil for tasks with a law
	averaged   string      // the numbers of chains that a loss is averaged over, empty for one
}

// givenForm stands for a task of which only the form is known.
type givenForm struct {
	kind, name string
	q          int
}

// GivenForm returns the task that stands for a quadratic form of one's own with q
// query features, or for prompts given as data: a name for answers, without
// states, chains or prompts to draw. kind says what it is in the word of the flag
// that named it, such as form.
func GivenForm(kind, name string, q int) Task { return Task{given: &givenForm{kind, name, q}} }

// Given reports whether only the form of the task is known.
func (t Task) Given() bool { return t.given != nil }

// WithAverage returns the task whose loss is averaged over numbers of in-context
// chains; its Context is the last of them.
func (t Task) WithAverage(ns []Context) Task {
	t.n = ns[len(ns)-1]
	isRange := len(ns) > 1
	words := make([]string, len(ns))
	for i, n := range ns {
		words[i] = n.String()
		isRange = isRange && n != Infinite && n == ns[0]+Context(i)
	}
	if t.averaged = strings.Join(words, ","); isRange {
		t.averaged = words[0] + ".." + words[len(words)-1]
	}
	return t
}

// ContextText returns n as the flag --n writes it: a number, inf, or a list or
// range where the loss is an average over several, and - for a given form.
func (t Task) ContextText() string {
	if t.given != nil {
		return "-"
	}
	if t.averaged != "" {
		return t.averaged
	}
	return t.n.String()
}

// NewTask validates spec, filling in its defaults. Errors, of the type *FieldError,
// name the field, what was given, and what would be right.
func NewTask(spec Spec) (Task, error) {
	fail := func(field string, err error) (Task, error) { return Task{}, &FieldError{field, err} }
	t := Task{states: spec.States, positions: spec.D, order: spec.Order, bias: spec.Bias}
	n := spec.N
	if n == "" {
		n = DefaultContext
	}
	var err error
	if t.n, err = ParseContext(n); err != nil {
		return fail("n", err)
	}
	switch spec.Family {
	case "", MarkovFamily:
		if field, err := spec.onlyChains(); err != nil {
			return fail(field, err)
		}
	case RegressionFamily:
		if t.regression, t.positions, err = spec.regression(); err != nil {
			return Task{}, err
		}
		return t, nil
	default:
		return fail("family", fmt.Errorf("family %q is not known; choose %s or %s", spec.Family, MarkovFamily, RegressionFamily))
	}
	if t.order == 0 {
		t.order = 1
	}
	if t.states == 0 && spec.Prior.Mixture == nil {
		t.states = 2
	}
	if t.positions == 0 {
		t.positions = max(2, t.order)
	}
	if t.positions < 1 || t.positions > MaxPositions {
		return fail("d", fmt.Errorf("d must be from 1 to %d, got %d", MaxPositions, t.positions))
	}
	if t.order < 1 || t.order > t.positions {
		return fail("order", fmt.Errorf("order must be from 1 to d = %d, for the query shows d states, got %d", t.positions, t.order))
	}
	least := 2
	if spec.OneState {
		least = 1
	}
	if t.states != 0 && (t.states < least || t.states > MaxStates) {
		return fail("states", fmt.Errorf("states must be from 2 to %d, got %d", MaxStates, t.states))
	}
	if t.prior, err = spec.Prior.prior(t.states, t.order); err != nil {
		return fail("prior", err)
	}
	t.states = t.prior.States()
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
	if err := t.checkStart(); err != nil {
		return fail("start", err)
	}
	if t.embedding, err = parseEmbedding(spec.Embedding, t.states); err != nil {
		return fail("embedding", err)
	}
	return t, nil
}

// checkStart says where the start law does not suit the kernels.
func (t Task) checkStart() error {
	if t.order > 1 && t.start.kind != IIDStart {
		why := "it would be a law of words, the stationary one of contexts"
		if t.start.kind == CorrelatedStart {
			why = "it says how one first state depends on the query's one"
		}
		return fmt.Errorf("start %q is for order 1: with order %d the first %d states of a chain are independent, and %s; choose uniform, bernoulli:p or probs:p0,p1,..", t.start, t.order, t.order, why)
	}
	if m := t.prior.mixture; m != nil && t.start.kind == StationaryStart {
		for k := range m.Len() {
			if _, err := m.StationaryRat(k); err != nil {
				return fmt.Errorf("start stationary: %w", err)
			}
		}
	}
	return nil
}

func (spec PriorSpec) prior(states, order int) (Prior, error) {
	if spec.Mixture != nil {
		if spec.Rows != nil {
			return Prior{}, errors.New("prior has both rows and kernels; give one of them")
		}
		m, err := NewMixture(*spec.Mixture, states, order)
		if err != nil {
			return Prior{}, fmt.Errorf("prior kernels: %w", err)
		}
		return MixturePrior(m), nil
	}
	rows, err := contexts(states, order)
	if err != nil {
		return Prior{}, err
	}
	if spec.Rows == nil {
		return parsePrior(spec.Text, rows, states)
	}
	if spec.Text != "" {
		return Prior{}, fmt.Errorf("prior has both %q and rows; give one of them", spec.Text)
	}
	if len(spec.Rows) != rows {
		return Prior{}, fmt.Errorf("prior has %d rows, want %d, one for each %s", len(spec.Rows), rows, contextWord(order))
	}
	alpha := make([][]*big.Rat, len(spec.Rows))
	for s, row := range spec.Rows {
		alpha[s] = make([]*big.Rat, len(row))
		for j, text := range row {
			x, err := parseParameter(text)
			if err != nil {
				return Prior{}, fmt.Errorf("prior row %d, column %d: %w", s, j, err)
			}
			alpha[s][j] = x
		}
	}
	return rowsPrior(alpha, states)
}

// contextWord says what the next state depends on.
func contextWord(order int) string {
	if order == 1 {
		return "state"
	}
	return fmt.Sprintf("context of %d states, oldest first", order)
}

// States returns S, the number of states; 0 for a regression.
func (t Task) States() int { return t.states }

// Order returns k, how many states the next one depends on; 0 for a regression.
func (t Task) Order() int { return t.order }

// Regression returns the regression that the task is, nil for Markov chains: the
// methods about states, kernels and starts are of those only.
func (t Task) Regression() *Regression { return t.regression }

// Positions returns d, the number of input positions; chains have d+1 states.
func (t Task) Positions() int { return t.positions }

// Context returns n, the number of in-context chains of a prompt.
func (t Task) Context() Context { return t.n }

// WithContext returns the task with another number of in-context chains.
func (t Task) WithContext(n Context) Task {
	t.n, t.averaged = n, ""
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
	if rows, err := contexts(t.states, t.order); err != nil || p.Rows() != rows || p.States() != t.states {
		panic(fmt.Sprintf("markov: a prior for %d states and %d contexts in a task with %d states of order %d", p.States(), p.Rows(), t.states, t.order))
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
	if t.given != nil {
		return t.given.q
	}
	q := t.positions
	if t.regression == nil {
		q *= t.embedding.Width(t.states)
	}
	if t.bias {
		q++
	}
	return q
}

// Dim returns D = q+1, the number of rows of the prompt matrix.
func (t Task) Dim() int { return t.QueryDim() + 1 }

// String describes the task in one line, in the words of the flags.
func (t Task) String() string {
	if g := t.given; g != nil {
		return fmt.Sprintf("%s %s, %d query features", g.kind, g.name, g.q)
	}
	n := t.ContextText()
	if t.averaged != "" {
		n += " on average"
	}
	var text string
	if t.regression != nil {
		text = fmt.Sprintf("regression, d %d, n %s, %s", t.positions, n, t.regression)
	} else {
		order := ""
		if t.order > 1 {
			order = fmt.Sprintf("order %d, ", t.order)
		}
		text = fmt.Sprintf("states %d, d %d, n %s, %sprior %s, start %s, embedding %s",
			t.states, t.positions, n, order, t.prior, t.start, t.embedding)
	}
	if t.bias {
		text += ", bias"
	}
	return text
}

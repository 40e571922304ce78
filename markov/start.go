package markov

import (
	"fmt"
	"math/big"
	"strings"
)

// StartKind says what the first state of a chain depends on.
type StartKind int

// The kinds of start law.
const (
	IIDStart        StartKind = iota // the same law for every chain, independent of everything
	StationaryStart                  // the stationary law of the prompt's kernel
	CorrelatedStart                  // in-context chains start by a law that depends on the query's first state (paper, Theorem 3.4)
)

// Start is the law of the first state of every chain of a prompt.
type Start struct {
	kind    StartKind
	query   []*big.Rat   // [S] IID, Correlated: law of the query's first state
	context [][]*big.Rat // [S][S] Correlated: row s is the law of a context chain's first state given the query starts in s
}

// UniformStart returns the start law that is uniform over S states.
func UniformStart(states int) Start {
	probs := make([]*big.Rat, states)
	for s := range probs {
		probs[s] = big.NewRat(1, int64(states))
	}
	return Start{kind: IIDStart, query: probs}
}

// IIDStartOf returns the start law with the given probabilities, one for each
// state. It is an error if one is negative or the sum is not exactly 1.
func IIDStartOf(probs []*big.Rat) (Start, error) {
	if err := checkProbs(probs); err != nil {
		return Start{}, err
	}
	return Start{kind: IIDStart, query: cloneRats(probs)}, nil
}

func checkProbs(probs []*big.Rat) error {
	sum := new(big.Rat)
	for s, p := range probs {
		if p.Sign() < 0 {
			return fmt.Errorf("the probability of state %d is %s; it must be >= 0", s, FormatRat(p))
		}
		sum.Add(sum, p)
	}
	if sum.Cmp(big.NewRat(1, 1)) != 0 {
		return fmt.Errorf("the probabilities sum to %s, not to 1; fractions such as 1/3 are read exactly", FormatRat(sum))
	}
	return nil
}

const startForms = "choose uniform, bernoulli:p (2 states), probs:p0,p1,.., stationary, or correlated:p,g0,g1 (2 states)"

// parseStart reads the value of --start for a task of the given states.
func parseStart(text string, states int) (Start, error) {
	kind, values, _ := strings.Cut(text, ":")
	var xs []*big.Rat
	switch kind {
	case "bernoulli", "probs", "correlated":
		var err error
		if xs, err = parseRats(values); err != nil {
			return Start{}, fmt.Errorf("start %q: %w", text, err)
		}
	case "", "uniform", "stationary":
		if values != "" {
			return Start{}, fmt.Errorf("start %q: %s takes no values", text, kind)
		}
	}
	binaryOnly := func() error {
		if states != 2 {
			return fmt.Errorf("start %q is for 2 states, this task has %d; with more states choose uniform, probs:p0,p1,.. or stationary", text, states)
		}
		return nil
	}
	switch kind {
	case "", "uniform":
		return UniformStart(states), nil
	case "stationary":
		return Start{kind: StationaryStart}, nil
	case "bernoulli":
		if err := binaryOnly(); err != nil {
			return Start{}, err
		}
		if len(xs) != 1 || !inside(xs[0]) {
			return Start{}, fmt.Errorf("start %q: write bernoulli:p with 0 < p < 1", text)
		}
		return Start{kind: IIDStart, query: bernoulli(xs[0])}, nil
	case "probs":
		if len(xs) != states {
			return Start{}, fmt.Errorf("start %q has %d probabilities, want %d, one for each state", text, len(xs), states)
		}
		s, err := IIDStartOf(xs)
		if err != nil {
			return Start{}, fmt.Errorf("start %q: %w", text, err)
		}
		return s, nil
	case "correlated":
		if err := binaryOnly(); err != nil {
			return Start{}, err
		}
		if len(xs) != 3 || !inside(xs[0]) || !probability(xs[1]) || !probability(xs[2]) {
			return Start{}, fmt.Errorf("start %q: write correlated:p,g0,g1 with 0 < p < 1 and g0, g1 in [0,1]", text)
		}
		return Start{
			kind:    CorrelatedStart,
			query:   bernoulli(xs[0]),
			context: [][]*big.Rat{bernoulli(xs[1]), bernoulli(xs[2])},
		}, nil
	}
	return Start{}, fmt.Errorf("start %q is not known; %s", text, startForms)
}

// bernoulli returns the law (1-p, p) of a binary state.
func bernoulli(p *big.Rat) []*big.Rat {
	return []*big.Rat{new(big.Rat).Sub(big.NewRat(1, 1), p), p}
}

func probability(x *big.Rat) bool { return x.Sign() >= 0 && x.Cmp(big.NewRat(1, 1)) <= 0 }
func inside(x *big.Rat) bool      { return x.Sign() > 0 && x.Cmp(big.NewRat(1, 1)) < 0 }

// Kind returns what the first states depend on.
func (s Start) Kind() StartKind { return s.kind }

// QueryRat returns a copy of the law of the query's first state, length S; nil
// for a stationary start, whose law belongs to the kernel.
func (s Start) QueryRat() []*big.Rat {
	if s.kind == StationaryStart {
		return nil
	}
	return cloneRats(s.query)
}

// ContextRat returns a copy of the law of an in-context chain's first state
// given the query's first state, length S; nil for a stationary start.
func (s Start) ContextRat(queryFirst State) []*big.Rat {
	switch s.kind {
	case StationaryStart:
		return nil
	case CorrelatedStart:
		return cloneRats(s.context[queryFirst])
	}
	return cloneRats(s.query)
}

// Query returns the law of the query's first state as floats, length S; nil
// for a stationary start.
func (s Start) Query() []float64 {
	if s.kind == StationaryStart {
		return nil
	}
	return floats(s.query)
}

// Context returns the law of an in-context chain's first state given the
// query's first state as floats, length S; nil for a stationary start.
func (s Start) Context(queryFirst State) []float64 {
	switch s.kind {
	case StationaryStart:
		return nil
	case CorrelatedStart:
		return floats(s.context[queryFirst])
	}
	return floats(s.query)
}

// String returns the start as the flag --start writes it.
func (s Start) String() string {
	switch s.kind {
	case StationaryStart:
		return "stationary"
	case CorrelatedStart:
		return "correlated:" + formatRats([]*big.Rat{s.query[1], s.context[0][1], s.context[1][1]})
	}
	if len(s.query) == 2 && inside(s.query[1]) {
		return "bernoulli:" + FormatRat(s.query[1])
	}
	for _, p := range s.query {
		if p.Cmp(s.query[0]) != 0 {
			return "probs:" + formatRats(s.query)
		}
	}
	return "uniform"
}

package ask

import (
	"errors"
	"fmt"
	"strings"

	"markovicl/landscape"
)

// PointAnswer says whether a point of the enlarged space is a transformer.
type PointAnswer struct {
	Realisable *bool     `json:"realisable"` // null where undecided
	Q          int       `json:"q"`          // blocks
	D          int       `json:"D"`          // length of b
	Decision   *Decision `json:"decision"`
}

// decide answers in floating point, or exactly where that cannot tell and the file
// holds decimals or fractions.
func (q *Recover) decide(env Env) (Answer, error) {
	data, err := env.read("x", q.X)
	if err != nil {
		return nil, err
	}
	// Decimals and fractions can be decided exactly where floats cannot tell.
	name := called(q.X, data)
	exact := !strings.HasSuffix(strings.ToLower(name), ".npy")
	X, blocks, D, err := landscape.ReadPoint(name, data)
	if exact && errors.Is(err, landscape.ErrScale) {
		return q.decideExactly(data)
	}
	if err != nil {
		return nil, input("x", err)
	}
	d, err := landscape.Decide(X, blocks, D, 0)
	if err != nil {
		return nil, input("x", fmt.Errorf("%s: %w", q.X, err))
	}
	onBoundary := blocks == 1 && D == 2 && d.Verdict == landscape.Realisable && d.AtBoundary
	if exact && (d.Verdict == landscape.Undecided || onBoundary) {
		return q.decideExactly(data)
	}
	if d.Verdict != landscape.Undecided {
		if err := d.Verify(X, blocks); err != nil {
			return nil, fmt.Errorf("the decision does not pass its own check: %w", err)
		}
	}
	return PointAnswer{verdict(d.Verdict), blocks, D, newDecision(d)}, nil
}

// ExactPointAnswer says the same in exact numbers, texts such as 1/2+3*sqrt(5).
type ExactPointAnswer struct {
	Realisable  bool              `json:"realisable"`
	Q           int               `json:"q"`
	D           int               `json:"D"`
	B           []string          `json:"b" jsonschema:"nullable"`
	A           [][]string        `json:"A" jsonschema:"nullable"`
	Obstruction *ExactObstruction `json:"obstruction"`
}

// ExactObstruction is why a point is no transformer.
type ExactObstruction struct {
	Kind       string           `json:"kind"`
	Block      int              `json:"block"`
	Plane      [][]string       `json:"plane,omitempty"`
	Candidates []ExactCandidate `json:"candidates,omitempty"`
}

// ExactCandidate is a direction for b that fails.
type ExactCandidate struct {
	B     []string `json:"b"`
	Block int      `json:"block"` // where it fails
}

func (q *Recover) decideExactly(data []byte) (Answer, error) {
	X, blocks, D, err := landscape.ReadRationalPoint(q.X, data)
	if err != nil {
		return nil, input("x", err)
	}
	d, err := landscape.DecideExact(X, blocks, D)
	if err != nil {
		return nil, input("x", fmt.Errorf("%s: %w", q.X, err))
	}
	if err := d.Verify(X, blocks, D); err != nil {
		return nil, fmt.Errorf("the decision does not pass its own check: %w", err)
	}
	answer := ExactPointAnswer{Realisable: d.Verdict == landscape.Realisable, Q: blocks, D: D}
	if answer.Realisable {
		answer.B = d.Text(d.B)
		for i := range D {
			answer.A = append(answer.A, d.Text(d.A[i*blocks:(i+1)*blocks]))
		}
		return answer, nil
	}
	o := &ExactObstruction{Kind: d.Obstruction.Kind, Block: d.Obstruction.Block}
	for _, v := range d.Obstruction.Plane {
		row := make([]string, D)
		for i, x := range v {
			row[i] = x.RatString()
		}
		o.Plane = append(o.Plane, row)
	}
	for _, f := range d.Obstruction.Candidates {
		o.Candidates = append(o.Candidates, ExactCandidate{d.Text(f.B), f.Block})
	}
	answer.Obstruction = o
	return answer, nil
}

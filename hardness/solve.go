package hardness

import (
	"context"
	"errors"
	"fmt"
	"math/big"
)

// Settings steer Solve. The zero value is useful: an optimum, with a proof,
// within 200,000 nodes.
type Settings struct {
	// Target, if not nil, asks only on which side of it the minimum is: the
	// search ends when a point at or below Target is found or when the minimum
	// is proved to be above. Separability is the question with Target 0.
	Target *big.Rat
	// Nodes bounds the linear programs solved while branching; 0 means 200,000,
	// a negative number none at all.
	Nodes int
	// Starts is the number of runs of the alternating method before branching;
	// 0 means 4, a negative number none at all.
	Starts int
	// Seed draws the starts. The result's minimum does not depend on it, its
	// point may.
	Seed uint64
}

func (s Settings) withDefaults() Settings {
	if s.Nodes == 0 {
		s.Nodes = 200_000
	}
	if s.Starts == 0 {
		s.Starts = 4
	}
	return s
}

// Status says why Solve stopped.
type Status int

const (
	Optimal     Status = iota + 1 // the minimum is proved: Lower = Upper
	Reached                       // a point at or below the target was found; it need not be optimal
	Above                         // the minimum is proved to be above the target
	Infeasible                    // no point satisfies the constraints
	NodeLimit                     // the node budget is spent: the minimum is in [Lower, Upper]
	Interrupted                   // the context ended: the minimum is in [Lower, Upper]
)

func (s Status) String() string {
	names := [...]string{"", "optimal", "reached", "above", "infeasible", "node limit", "interrupted"}
	if s < 1 || int(s) >= len(names) {
		return fmt.Sprintf("Status(%d)", int(s))
	}
	return names[s]
}

// MarshalText implements encoding.TextMarshaler.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Result is what is known about a program; every number in it is exact.
type Result struct {
	Status Status
	Lower  *big.Rat // proved: no feasible point is below
	Upper  *big.Rat // objective of Point; nil if infeasible
	Point  Point    // the best point found
	Nodes  int      // linear programs solved while branching, the two of the root included
	Pivots int      // simplex steps of those programs
}

// Minimum returns the minimum if it is proved, else nil.
func (r Result) Minimum() *big.Rat {
	if r.Status == Optimal {
		return r.Upper
	}
	return nil
}

// Solve minimises a bilinear program whose rows are linear after fixing and do
// not couple the variables that the objective multiplies: a disjoint bilinear
// program, min x'Cy + p'x + q'y over two polyhedra x in P, y in Q. It is
// NP-hard and includes what Reduce writes. The two errors ErrBilinearRow and
// ErrCoupled mark programs outside that class, ErrUnbounded those without an
// evident lower bound.
//
// The method is the branch and bound of Audet, Hansen, Jaumard and Savard
// (1999). For given x the inner minimum over y is a linear program, whose
// optimality conditions (multipliers l of the rows of Q) make the objective
// linear in (x, l); the same holds with the sides exchanged. What remains
// non-linear is that each row's multiplier or its slack vanishes. Dropping this
// gives two linear programs whose minima bound the objective from below;
// branching restores it, one row at a time, and one child of each branch
// tightens the first program, the other the second. Where nothing is violated
// the bound is attained, so the tree is finite and the answer exact. The
// alternating method (minimise over y, over x, ..) supplies upper bounds, at
// the start and wherever a node's point is better.
//
// All arithmetic is exact, so neither a degenerate program nor a nearly
// degenerate one can lead to a wrong answer.
func Solve(ctx context.Context, p *BilinearProgram, settings Settings) (Result, error) {
	if err := p.Validate(); err != nil {
		return Result{}, err
	}
	d, ok, err := newDisjoint(p)
	if err != nil {
		return Result{}, err
	}
	if !ok {
		return Result{Status: Infeasible}, nil
	}
	s := &search{ctx: ctx, disjoint: d, settings: settings.withDefaults()}
	for side := range s.plain {
		if s.plain[side], err = d.sides[side].dictionary(ctx); err != nil {
			return early(err)
		}
	}
	if s.floor, err = s.ranges(); err != nil {
		return early(err)
	}
	if settings.Target != nil {
		s.target = new(big.Rat).SetInt(d.scale)
		s.target.Mul(s.target, settings.Target)
	}
	s.open = []node{{bound: s.floor}}
	if err = s.start(); err == nil {
		err = s.branch()
	}
	if err != nil {
		s.status = Interrupted
	}
	return s.result(), nil
}

// early is the answer if the linear programs before the search fail.
func early(err error) (Result, error) {
	switch {
	case errors.Is(err, errInfeasible):
		return Result{Status: Infeasible}, nil
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return Result{Status: Interrupted}, nil
	}
	return Result{}, err
}

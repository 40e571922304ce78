// Package hardness is the paper's second contribution as running code: bilinear
// separability, a problem known to be NP-complete, goes in; a bilinear program
// over transformer-shaped variables b and A comes out (Theorem 3.5, Appendix
// C.4), is solved, and the answer comes back as two planes or as a proof that
// there are none. What this proves about transformers, and what it does not, is
// said in docs/hardness.md.
//
//	s, err := hardness.ReadSeparation("inside.csv", "outside.csv")
//	decision, err := hardness.Decide(ctx, s, hardness.Settings{}) // two planes, or that there are none
//	program, back := hardness.Reduce(s)                           // the bilinear program by itself
//
// Read on in this order:
//
//	separation.go   the geometric problem, planes and their exact check; csv.go reads it
//	generate.go     random instances with known answers; splitting.go writes an NP-complete problem as a separation
//	program.go      the bilinear program, Problem C.10/C.11; encode.go is its JSON
//	reduce.go       from one to the other and back
//	system.go       the same as Problem C.10 pure and simple: equations, nothing fixed
//	rankone.go      weighted rank-one approximation as the best transformer of a form, and back; rankone_search.go
//	                and rankone_solve.go search on either side, biclique.go makes the hard instances
//	lsa.go          the transformer's own system, Problem C.9, as a bilinear program
//	solve.go        a program's minimum, by the branch and bound of search.go; disjoint.go and apart.go take a program apart for it,
//	                dictionary.go and simplex.go are the exact linear programming below
//	oracle.go       the independent decision that Reduce and Solve are tested against
//	scaling.go      how the work grows with the size
//
// Every decision is made in exact arithmetic: inputs are decimals or floats
// taken literally, linear programs are solved in integers, and a minimum of 0
// means 0.
package hardness

import (
	"context"
	"fmt"
	"math/big"
)

// Answer is yes, no, or not decided within the budget.
type Answer int

const (
	Undecided Answer = iota
	Yes
	No
)

func (a Answer) String() string { return [...]string{"undecided", "yes", "no"}[a] }

// MarshalJSON writes true, false or null.
func (a Answer) MarshalJSON() ([]byte, error) {
	return []byte([...]string{"null", "true", "false"}[a]), nil
}

// Decision is the answer to a separation by way of its bilinear program.
type Decision struct {
	Separable Answer
	Planes    *[2]Plane // if separable: planes that pass Separation.Check, with float64 coordinates wherever that is possible
	Result    Result    // of the bilinear program
	Program   Sizes
}

// Decide reduces the separation to a bilinear program, solves that, maps the
// point back and checks the planes. It finds the answer first and then spends
// what is left of the budget on the minimum of an inseparable instance, which
// can take much longer; with Settings.Target 0 it leaves that out.
func Decide(ctx context.Context, s Separation, settings Settings) (Decision, error) {
	program, back := Reduce(s)
	first := settings
	if first.Target == nil {
		first.Target = zero()
	}
	r, err := Solve(ctx, program, first)
	if err != nil {
		return Decision{}, err
	}
	if settings.Target == nil && r.Status == Above {
		if r, err = refine(ctx, program, settings, r); err != nil {
			return Decision{}, err
		}
	}
	d := Decision{Result: r, Program: program.Size()}
	switch {
	case r.Status == Infeasible:
		// Impossible: w = 0, gamma = -1 keeps every inside point inside, z1 and
		// z2 are free to grow.
		panic("hardness: the reduction of a separation is infeasible")
	case r.Upper == nil: // interrupted before the first point
	case r.Upper.Sign() == 0:
		planes := back.Planes(r.Point)
		if err := s.Check(planes).Err(); err != nil {
			panic(fmt.Sprintf("hardness: objective 0, but %v", err))
		}
		planes, _ = s.round(planes)
		d.Separable, d.Planes = Yes, &planes
	case r.Lower.Sign() > 0:
		d.Separable = No
	}
	return d, nil
}

// refine proves the minimum that an earlier run has bounded, with what that run
// left of the budget, and keeps its bounds if it cannot.
func refine(ctx context.Context, program *BilinearProgram, settings Settings, known Result) (Result, error) {
	settings = settings.withDefaults()
	if settings.Nodes -= known.Nodes; settings.Nodes <= 0 {
		settings.Nodes = -1
	}
	r, err := Solve(ctx, program, settings)
	if err != nil {
		return known, err
	}
	r.Nodes += known.Nodes
	r.Pivots += known.Pivots
	if r.Upper == nil || known.Upper.Cmp(r.Upper) < 0 {
		r.Upper, r.Point = known.Upper, known.Point
	}
	if r.Lower == nil || known.Lower.Cmp(r.Lower) > 0 {
		r.Lower = known.Lower
	}
	return r, nil
}

// zero is the target of a decision.
func zero() *big.Rat { return new(big.Rat) }

package hardness

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// Problem C.10 as it stands: free variables, equations only, room for every
// row, the size that the doc comment names.
func TestSystemShape(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 10))
	for _, c := range []struct{ m, k, n int }{{2, 2, 2}, {1, 1, 1}, {4, 3, 2}, {8, 8, 4}} {
		p, _ := System(RandomUnknown(rng, c.n, c.m, c.k).Separation)
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		size := p.Size()
		if want := 2*c.m + 5*c.k + 2*c.n + 2; size.D != want {
			t.Errorf("d = %d, want %d", size.D, want)
		}
		if size.Constraints > size.RightHandSides || size.Variables != (size.D+1)*(size.D+1) || len(p.Objective.Terms) > 0 {
			t.Errorf("%+v", size)
		}
		for _, r := range p.Rows {
			if !r.equation() {
				t.Errorf("%s is not an equation", r.Label)
			}
		}
	}
}

// Planes give a solution, to 1e-9, and a solution, however it is scaled, gives
// planes. Planes that do not separate give none.
func TestSystemBothWays(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 10))
	tolerance := big.NewRat(1, 1e9)
	for range 20 {
		s := RandomSeparable(rng, 2, 5, 5)
		p, back := System(s.Separation)
		at := back.Point(*s.Planes)
		if v, where := p.Violation(at); v.Cmp(tolerance) > 0 {
			f, _ := v.Float64()
			t.Errorf("%s by %g", where, f)
		}
		scale := big.NewRat(-7, 3)
		for i := range at.B {
			at.B[i] = new(big.Rat).Mul(at.B[i], scale)
		}
		for i := range at.A {
			at.A[i] = new(big.Rat).Quo(at.A[i], scale)
		}
		if v, where := p.Violation(at); v.Cmp(tolerance) > 0 {
			f, _ := v.Float64()
			t.Errorf("scaled: %s by %g", where, f)
		}
		if err := s.Check(back.Planes(at)).Err(); err != nil {
			t.Error(err)
		}
		// An outside point moved to an inside one cannot be excluded.
		s.Outside[0] = s.Inside[0]
		p, back = System(s.Separation)
		if v, _ := p.Violation(back.Point(*s.Planes)); v.Cmp(tolerance) <= 0 {
			t.Error("a solution without separation")
		}
	}
}

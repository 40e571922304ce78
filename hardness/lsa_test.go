package hardness

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"markovicl/landscape"
)

// A transformer solves the system of its own X; with another X it does not.
func TestLSASystem(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for q := 1; q <= 4; q++ {
		b, A := make([]float64, q+1), make([]float64, (q+1)*q)
		for _, v := range [][]float64{b, A} {
			for i := range v {
				v[i] = float64(rng.IntN(2001)-1000) / 64 // products and sums are exact
			}
		}
		X := landscape.Phi(b, A)
		p, err := LSASystem(q, X)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		at, err := NewPoint(b, A)
		if err != nil {
			t.Fatal(err)
		}
		if v, where := p.Violation(at); v.Sign() != 0 {
			t.Errorf("q = %d: %s by %v", q, where, v)
		}
		X[len(X)-1] += 0.5
		p, _ = LSASystem(q, X)
		if v, _ := p.Violation(at); v.Cmp(big.NewRat(1, 2)) != 0 {
			t.Errorf("q = %d: violation %v, want 1/2", q, v)
		}
	}
}

// The system is the special case of Problem C.10 that nothing distinguishes but
// its matrices: every right-hand side is used, each D^(r) has at most two
// entries, all of them 1, and nothing is fixed or restricted.
func TestLSASystemShape(t *testing.T) {
	p, err := LSASystem(8, make([]float64, 360))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Size(), (Sizes{D: 8, M: 45, RightHandSides: 360, Variables: 9 + 72, Constraints: 360}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for r, row := range p.Rows {
		if n := len(row.Terms); n < 1 || n > 2 || !row.equation() || row.Column != r/45 {
			t.Errorf("row %d: %+v", r, row)
		}
		for _, term := range row.Terms {
			if term.Coef.Cmp(big.NewRat(1, 1)) != 0 {
				t.Errorf("row %d has the coefficient %v", r, term.Coef)
			}
		}
	}
	for _, d := range append(p.B, p.A...) {
		if d != (Domain{}) {
			t.Errorf("domain %v", d)
		}
	}
}

func TestLSASystemErrors(t *testing.T) {
	for _, c := range []struct {
		q int
		X []float64
	}{{0, nil}, {1, make([]float64, 2)}, {1, []float64{0, math.NaN(), 0}}, {1, []float64{0, 0, math.Inf(1)}}} {
		if _, err := LSASystem(c.q, c.X); err == nil {
			t.Errorf("accepted q = %d, X = %v", c.q, c.X)
		}
	}
	if _, err := NewPoint([]float64{math.NaN()}, nil); err == nil {
		t.Error("accepted NaN")
	}
}

// The special case is decided in polynomial time: a point of a transformer gets
// a witness, which satisfies the system's rows; of a random point it is proved
// that the system has no solution. Solve, made for the general problem, refuses
// both.
func TestLSASystemIsDecided(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for q := 2; q <= 5; q++ {
		normal := func(n int) []float64 {
			v := make([]float64, n)
			for i := range v {
				v[i] = rng.NormFloat64()
			}
			return v
		}
		for _, want := range []landscape.Verdict{landscape.Realisable, landscape.NotRealisable} {
			X := normal(q * pairCount(q))
			if want == landscape.Realisable {
				X = landscape.Phi(normal(q+1), normal((q+1)*q))
			}
			system, err := LSASystem(q, X)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Solve(background, system, Settings{}); !errors.Is(err, ErrBilinearRow) {
				t.Errorf("q = %d: Solve says %v", q, err)
			}
			d, err := landscape.Decide(X, q, q+1, 0)
			if err != nil || d.Verdict != want {
				t.Fatalf("q = %d: %v, %v, want %v", q, d.Verdict, err, want)
			}
			if want == landscape.NotRealisable {
				if err := d.Verify(X, q); err != nil {
					t.Errorf("q = %d: the obstruction: %v", q, err)
				}
				continue
			}
			at, err := NewPoint(d.B, d.A)
			if err != nil {
				t.Fatal(err)
			}
			if v, where := system.Violation(at); v.Cmp(big.NewRat(1, 1e9)) > 0 {
				t.Errorf("q = %d: the witness breaks %s by %v", q, where, v)
			}
		}
	}
}

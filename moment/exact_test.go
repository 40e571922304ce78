package moment

import (
	"math"
	"math/big"
	"testing"

	"markovicl/markov"
)

// Fractions, rounded, are what floating point computes.
func TestExact(t *testing.T) {
	for _, spec := range append([]markov.Spec{
		{D: 5}, {D: 6, P: "0.3"}, {D: 3, Prior: markov.PriorSpec{Text: "beta:0.3,7/3"}, Bias: true},
		{D: 2, States: 3, Embedding: "onehot", Bias: true, Prior: markov.PriorSpec{Text: "dirichlet:0.1"}},
		{D: 1, States: 5, Embedding: "onehot"},
	}, enumerated...) {
		task := newTask(t, spec)
		e, err := ExactOf(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		b := newBasis(task)
		counted, err := count(t.Context(), task, b, starts(task), 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []markov.Context{1, 10, markov.Infinite} {
			want := e.At(n).Float()
			if d := difference(counted.at(b, n), want); !(d < 1e-15) {
				t.Errorf("%s, n %s: counts differ by %.2g", task, n, d)
			}
			if task.States() == 5 {
				continue // a product rule in 20 variables
			}
			if d := difference(of(t, task, Options{Rule: GaussJacobi}).At(n), want); !(d < 1e-14) {
				t.Errorf("%s, n %s: quadrature differs by %.2g", task, n, d)
			}
		}
	}
}

// High and low part together are the fraction to twice the working precision.
func TestLow(t *testing.T) {
	e, err := ExactOf(t.Context(), newTask(t, markov.Spec{D: 3, P: "0.3"}))
	if err != nil {
		t.Fatal(err)
	}
	f := e.At(7)
	low := f.Float()
	check := func(high, low float64, want *big.Rat) {
		t.Helper()
		if high != markov.Float(want) {
			t.Fatalf("%v is not %v, rounded", high, want)
		}
		sum := new(big.Rat).SetFloat64(high)
		sum.Add(sum, new(big.Rat).SetFloat64(low))
		if got := markov.Float(sum.Sub(sum, want)); math.Abs(got) > 0x1p-105*high {
			t.Fatalf("%v + %v misses %v by %v", high, low, want, got)
		}
	}
	for i := range f.Dim() {
		check(low.L[i], low.LLow[i], f.LAt(i))
		for k := i; k < f.Dim(); k++ {
			check(low.H.At(i, k), low.HLow.At(i, k), f.HAt(i, k))
		}
	}
}

func TestExactLoss(t *testing.T) {
	e, err := ExactOf(t.Context(), newTask(t, markov.Spec{D: 1}))
	if err != nil {
		t.Fatal(err)
	}
	X := []*big.Rat{big.NewRat(4, 57), big.NewRat(52, 57), big.NewRat(8, 19)}
	if got, want := e.At(10).Loss(X), big.NewRat(121, 342); got.Cmp(want) != 0 {
		t.Errorf("loss %s, want %s", got.RatString(), want.RatString())
	}
}

func TestExactErrors(t *testing.T) {
	for _, spec := range []markov.Spec{{Start: "stationary"}, {D: 40}, {D: 5, States: 10}, {D: 2, States: 256}} {
		if _, err := ExactOf(t.Context(), newTask(t, spec)); err == nil {
			t.Errorf("%+v was accepted", spec)
		}
	}
}

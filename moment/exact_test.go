package moment

import (
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
		for _, rule := range []string{GaussJacobi, DirichletCounts} {
			if task.States() == 5 && rule == GaussJacobi {
				continue // 20 variables
			}
			m := of(t, task, Options{Rule: rule})
			for _, n := range []markov.Context{1, 10, markov.Infinite} {
				if d := difference(m.At(n), e.At(n).Float()); !(d < map[string]float64{GaussJacobi: 1e-14, DirichletCounts: 1e-15}[rule]) {
					t.Errorf("%s, n %s: %s differs by %.2g", task, n, rule, d)
				}
			}
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

package paper

import (
	"math/big"
	"testing"

	"markovicl/markov"
	"markovicl/moment"
)

// The adjugate times H is one number times the identity, without rounding.
func TestAdjugate(t *testing.T) {
	for d := 1; d <= 3; d++ {
		task, err := markov.NewTask(markov.Spec{D: d, P: "3/10"})
		if err != nil {
			t.Fatal(err)
		}
		exact, err := moment.ExactOf(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		form := exact.At(7)
		adjugate, err := adjugateOf(form)
		if err != nil {
			t.Fatal(err)
		}
		var determinant *big.Rat
		for i := range form.Dim() {
			for j := range form.Dim() {
				sum := new(big.Rat)
				for k := range form.Dim() {
					sum.Add(sum, new(big.Rat).Mul(form.HAt(i, k), new(big.Rat).SetInt(adjugate[k][j])))
				}
				switch {
				case i == 0 && j == 0:
					determinant = sum
				case i == j && sum.Cmp(determinant) != 0, i != j && sum.Sign() != 0:
					t.Fatalf("d = %d: entry %d, %d of the product is %v", d, i, j, sum)
				}
			}
		}
		if determinant.Sign() <= 0 {
			t.Errorf("d = %d: determinant %v", d, determinant)
		}
	}
}

func TestDense(t *testing.T) {
	t.Parallel()
	r := quick(t, denseItem)
	entries := table(t, r, "entries")
	// By hand, d = 1: H = mean of gg' over counts of two states, all of them positive.
	if got := cell(t, entries, "nonzero_H", map[string]any{"setting": "p = 1/2", "d": 1, "n": 10}); got != 9 {
		t.Errorf("%v entries of H are not 0 at d = 1, want 9", got)
	}
	full := denseRow{ShareH: 1, ShareInverse: 1}
	for want, rows := range map[Verdict][]denseRow{
		Holds:      {full, full},
		HoldsUnder: {full, {ShareH: 1, ShareInverse: 0.7}},
		Differs:    {full, {ShareH: 1, ShareInverse: 0.4}},
	} {
		if got := verdictDense(rows); got != want {
			t.Errorf("%v: %q, want %q", rows, got, want)
		}
	}
}

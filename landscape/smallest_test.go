package landscape

import (
	"context"
	"fmt"
	"math/big"
	"testing"

	"markovicl/markov"
	"markovicl/moment"
)

// Theorem 3.3 writes the best transformer for d = 1 in closed form, which needs
// the enlarged optimum to be realisable. The smallest n for which it is, by exact
// arithmetic, for starts Bernoulli(p); it stays realisable from there on, up to
// the n that are tried.
func TestSmallestRealisable(t *testing.T) {
	want := map[int]int{ // p in hundredths
		5: 5, 10: 5, 15: 5, 20: 5, 25: 5, 30: 6, 35: 6, 40: 6, 45: 6, 50: 6, 55: 6, 60: 6, 65: 7, 70: 7, 75: 7, 80: 8, 85: 8, 90: 9, 95: 10,
	}
	got := make(map[int]int)
	for p := 5; p <= 95; p += 5 {
		task, err := markov.NewTask(markov.Spec{D: 1, P: fmt.Sprintf("%d/100", p)})
		if err != nil {
			t.Fatal(err)
		}
		moments, err := moment.ExactOf(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 50, 1000} {
			optimum, err := MinimiseExact(context.Background(), moments.At(markov.Context(n)))
			if err != nil {
				t.Fatal(err)
			}
			d, err := DecideExact(optimum.X, 1, 2)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Verify(optimum.X, 1, 2); err != nil {
				t.Fatal(err)
			}
			// X_xy^2 >= 4 X_xx X_yy says the same.
			left, right := new(big.Rat).Mul(optimum.X[1], optimum.X[1]), new(big.Rat).Mul(optimum.X[0], optimum.X[2])
			if (left.Cmp(right.Mul(right, big.NewRat(4, 1))) >= 0) != (d.Verdict == Realisable) {
				t.Errorf("p = %d/100, n = %d: the decision and the discriminant disagree", p, n)
			}
			switch {
			case d.Verdict == Realisable && got[p] == 0:
				got[p] = n
			case d.Verdict != Realisable && got[p] != 0:
				t.Errorf("p = %d/100: realisable at n = %d, not at %d", p, got[p], n)
			}
		}
	}
	for p, n := range want {
		if got[p] != n {
			t.Errorf("p = %d/100: smallest n is %d, want %d", p, got[p], n)
		}
	}
}

// Next to the p at which the optimum of d = 1 ceases to be realisable, floating
// point must not say on which side it is unless fractions agree.
func TestRealisableNearBoundary(t *testing.T) {
	ctx := context.Background()
	exact := func(p *big.Rat) (*moment.ExactForm, Verdict) {
		task, err := markov.NewTask(markov.Spec{D: 1, P: p.RatString()})
		if err != nil {
			t.Fatal(err)
		}
		moments, err := moment.ExactOf(ctx, task)
		if err != nil {
			t.Fatal(err)
		}
		form := moments.At(6)
		optimum, err := MinimiseExact(ctx, form)
		if err != nil {
			t.Fatal(err)
		}
		d, err := DecideExact(optimum.X, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		return form, d.Verdict
	}
	low, high := big.NewRat(60, 100), big.NewRat(65, 100)
	undecided := 0
	for range 42 {
		middle := new(big.Rat).Add(low, high)
		middle.Quo(middle, big.NewRat(2, 1))
		form, verdict := exact(middle)
		if verdict == Realisable {
			low = middle
		} else {
			high = middle
		}
		if known, err := Recover(ctx, form.Float(), Settings{}); err != nil || known.Realisable != verdict {
			t.Errorf("p = %s: not decided in fractions, %v", middle.FloatString(15), err)
		}
		f := form.Float()
		r, err := Recover(ctx, &moment.Form{Q: f.Q, H: f.H, L: f.L, C: f.C, Errors: f.Errors}, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Realisable == Undecided {
			undecided++
		} else if r.Realisable != verdict {
			t.Errorf("p = %s: %v in floating point, exactly %v", middle.FloatString(15), r.Realisable, verdict)
		}
		if !r.Certified() {
			t.Errorf("p = %s: not certified (%v)", middle.FloatString(15), r.Status)
		}
	}
	if undecided == 0 {
		t.Error("no p came near enough to the boundary to be undecided")
	}
}

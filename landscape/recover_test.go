package landscape

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func checkChain(t interface{ Errorf(string, ...any) }, name string, r *Recovery) {
	slack := 1e-10 * math.Abs(r.Loss)
	if !(r.LossEnlarged <= r.Loss+slack) || !(r.Loss <= r.ProjectionLoss+slack) {
		t.Errorf("%s: f~* = %.12g, f* = %.12g, f(psi(X*)) = %.12g are not in order", name, r.LossEnlarged, r.Loss, r.ProjectionLoss)
	}
	if !(r.LowerBound <= r.Loss+1e-12*math.Abs(r.Loss)) || !(r.LowerBound >= r.LossEnlarged) {
		t.Errorf("%s: lower bound %.15g of the loss %.15g, enlarged %.15g", name, r.LowerBound, r.Loss, r.LossEnlarged)
	}
	if r.Certificate != nil {
		if _, err := r.Certificate.Verify(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecoverReference(t *testing.T) {
	for _, c := range readReference(t) {
		d, bias, binary, n := c.form()
		if !binary {
			continue
		}
		r, err := Recover(context.Background(), binaryForm(d, n, 0.5, bias), Settings{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if r.Loss > c.Best+1e-7 || math.Abs(r.LossEnlarged-c.LossEnlarged) > 1e-9 {
			t.Errorf("%v: loss %.12g, want at most %.12g; enlarged %.12g, want %.12g", c.Flags, r.Loss, c.Best, r.LossEnlarged, c.LossEnlarged)
		}
		if !r.Certified() {
			t.Errorf("%v: not certified, relative gap %g, status %v", c.Flags, r.RelativeGap(), r.Status)
		}
		if (r.Realisable == Realisable) != (c.Best-c.LossEnlarged < 1e-9) || r.Realisable == Undecided {
			t.Errorf("%v: %v", c.Flags, r.Realisable)
		}
		checkChain(t, "reference", r)
	}
}

// Over random definite forms of every condition the bounds are in order; for
// those of moderate condition they meet.
func TestRecoverRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.IntRange(1, 3).Draw(t, "q")
		exponent := rapid.Float64Range(1, 7).Draw(t, "log10 of the condition")
		seed := rapid.Uint64().Draw(t, "seed")
		form := randomForm(rand.New(rand.NewPCG(seed, 5)), q, math.Pow(10, exponent))
		r, err := Recover(context.Background(), form, Settings{Starts: 8})
		if err != nil {
			t.Fatal(err)
		}
		checkChain(t, "random form", r)
		if exponent < 3 && !r.Certified() {
			t.Errorf("condition 1e%.1f: relative gap %g left", exponent, r.RelativeGap())
		}
	})
}

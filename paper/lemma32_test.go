package paper

import (
	"math"
	"testing"

	"markovicl/markov"
)

func TestLemma32(t *testing.T) {
	t.Parallel()
	r, err := lemma32Of(t.Context(), []lemma32Case{{2, 1, 2000}, {2, 2, 2000}, {2, 3, 2000}, {2, 5, 2000}, {3, 2, 2000}}, 1, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != ProofGap {
		t.Errorf("verdict %q: %s", r.Verdict, r.Why)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	optimum := table(t, r, "optimum")
	for _, want := range []struct {
		d               int
		joint, separate float64
	}{{2, 0.2331, 0.2872}, {3, 0.2068, 0.3474}, {5, 0.1883, 0.4341}} {
		at := map[string]any{"states": 2, "d": want.d}
		near(t, "the joint reading", cell(t, optimum, "loss_joint", at), want.joint, 5e-5)
		near(t, "the separate reading", cell(t, optimum, "loss_separate", at), want.separate, 5e-5)
	}
	at := map[string]any{"states": 2, "d": 1}
	near(t, "d = 1, separately", cell(t, optimum, "loss_separate", at), cell(t, optimum, "loss_joint", at).(float64), 1e-12)
}

// TestSeparateForm checks the factors at d = 2, p = 1/2, where E[uu'] is known:
// 1/2 on the diagonal, and beside it P(x1 = x2 = 1) = E[p11]/2 = 1/4; E[uu' (x)
// gg'] is the product where gg' does not depend on the kernel.
func TestSeparateForm(t *testing.T) {
	spec := markov.Spec{D: 2}
	moments, err := momentsOf(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	form := moments.At(lemma32Context)
	apart, err := separateForm(t.Context(), spec, form)
	if err != nil {
		t.Fatal(err)
	}
	// g_11 = mean x_1 does not depend on the kernel: E g_11^2 = 1/4 + 1/4n.
	gg := 0.25 + 0.25/lemma32Context
	for _, want := range []struct {
		row, col int
		uu       float64
	}{{0, 0, 0.5}, {0, 6, 0.25}, {6, 6, 0.5}} {
		if got := apart.H.At(want.row, want.col); math.Abs(got-want.uu*gg) > 1e-14 {
			t.Errorf("separately, H[%d, %d] = %v, want %v", want.row, want.col, got, want.uu*gg)
		}
		if got := form.H.At(want.row, want.col); math.Abs(got-want.uu*gg) > 1e-14 {
			t.Errorf("jointly, H[%d, %d] = %v, want %v", want.row, want.col, got, want.uu*gg)
		}
	}
	// g_22 = mean x_2 does: the two differ.
	if math.Abs(apart.H.At(9, 9)-form.H.At(9, 9)) < 1e-3 {
		t.Error("H of x_2 and g_22 is the same in both readings")
	}
}

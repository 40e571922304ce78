package paper

import "testing"

func TestLemma31(t *testing.T) {
	t.Parallel()
	r := quick(t, lemma31)
	if r.Verdict != HoldsUnder {
		t.Errorf("verdict %q: %s", r.Verdict, r.Why)
	}
	ranks := table(t, r, "ranks")
	for _, want := range []struct {
		setting string
		d       int
		n       any
		rank    int
	}{
		{"p = 1/2", 2, "inf", 12}, {"p = 1/2", 3, "inf", 27}, {"p = 1/2", 4, "inf", 48}, {"p = 1/2", 3, 100, 30},
		{"correlated, g0 = 0, g1 = 1", 2, 10, 10}, {"-1 and +1", 1, 10, 2}, {"one-hot", 1, 10, 8}, {"constant coordinate", 2, 10, 21},
	} {
		if got := cell(t, ranks, "rank", map[string]any{"setting": want.setting, "d": want.d, "n": want.n}); got != want.rank {
			t.Errorf("%s, d = %d, n = %v: rank %v, want %d", want.setting, want.d, want.n, got, want.rank)
		}
	}
	near(t, "the optimum with a constant coordinate, d = 2",
		cell(t, ranks, "loss_enlarged", map[string]any{"setting": "constant coordinate", "d": 2, "n": "inf"}), 1.0/6, 1e-12)
}

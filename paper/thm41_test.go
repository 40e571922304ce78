package paper

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/lsa"
)

func TestTheorem41(t *testing.T) {
	r, err := theorem41Of(t.Context(), 1, 1, 4, 5, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if r.Verdict != HoldsUnder {
		t.Errorf("verdict %q: %s", r.Verdict, r.Why)
	}
	if !(*r.Ours > 0 && *r.Ours < 1e-13) {
		t.Errorf("the largest deviation is %v; rounding alone leaves about 1e-15, and something", *r.Ours)
	}
	identity := table(t, r, "identity")
	if len(identity.Rows) != 4*5 {
		t.Errorf("%d rows, want 20", len(identity.Rows))
	}
	for _, row := range append(identity.Rows, table(t, r, "kinds").Rows...) {
		cases, moved, fails := row[2].(int), row[5].(int), row[6].(int)
		if moved < cases/2 {
			t.Errorf("%v: w leaves 0 in %d of %d prompts only", row[:2], moved, cases)
		}
		if fails != moved {
			t.Errorf("%v: the text's sign fails in %d of %d prompts, want all", row[:2], fails, moved)
		}
	}
}

// A single layer by hand: d = 1, in-context columns (1, 1) and (1, 0), query 1,
// b = (0, 1), A = (1, 0)'. G = [[1, 1/2], [1/2, 1/2]], so theta = b'GA = 1/2.
// Then w = -1/2, and with w = theta the update goes to -1/2 in place of 1/2.
func TestMeasureByHand(t *testing.T) {
	model := lsa.NewStructured(1, 1, 2)
	copy(model.B, []float64{0, 1})
	copy(model.A, []float64{1, 0})
	var c case41
	if err := c.measure(model, mat.NewDense(2, 3, []float64{1, 1, 1, 1, 0, 0})); err != nil {
		t.Fatal(err)
	}
	near(t, "the largest |w|", c.w, 0.5, 1e-15)
	near(t, "the theorem's deviation", c.theorem, 0, 1e-15)
	near(t, "the deviation of the update", c.textUpdate, 1/1.5, 1e-15)
	near(t, "the deviation of the label", c.textLabel, 1/1.5, 1e-15)
}

func TestMedian(t *testing.T) {
	if got := median([]float64{5, 1, 3}); got != 3 {
		t.Errorf("the median of three is %v", got)
	}
	if got := median([]float64{4, 1, 8, 2}); got != 3 {
		t.Errorf("the median of four is %v", got)
	}
}

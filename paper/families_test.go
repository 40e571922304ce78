package paper

import (
	"math"
	"strings"
	"testing"
)

func TestRegression(t *testing.T) {
	r := quick(t, regression)
	near(t, "the largest difference from Ahn et al.", *r.Ours, 0, 1e-12)
	for d := 1; d <= 3; d++ {
		at := map[string]any{"d": d}
		theorem := table(t, r, "theorem")
		if got := cell(t, theorem, "nonzero", at); got != d {
			t.Errorf("d = %d: %v entries are not 0", d, got)
		}
		if got := cell(t, theorem, "realisable", at); got != true {
			t.Errorf("d = %d: realisable %v", d, got)
		}
	}
	mean := table(t, r, "mean")
	near(t, "the enlarged optimum for mean 1", cell(t, mean, "loss_enlarged", map[string]any{"d": 2, "mean": "1"}), 92./143, 1e-12)
	near(t, "the best transformer for mean 1", cell(t, mean, "best_transformer", map[string]any{"d": 2, "mean": "1"}), 0.887299, 1e-6)
	if got := cell(t, mean, "certified", map[string]any{"d": 2, "mean": "1"}); got != true {
		t.Errorf("certified %v", got)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	r := quick(t, orderItem)
	orders := table(t, r, "orders")
	near(t, "order 2, d = 3", cell(t, orders, "loss_enlarged", map[string]any{"d": 3, "n": "10", "order": 2}), 0.25044787214903363, 1e-9)
	near(t, "order 3, d = 3", cell(t, orders, "loss_enlarged", map[string]any{"d": 3, "n": "100", "order": 3}), 0.28736961748231726, 1e-9)
	for i, row := range orders.Rows {
		enlarged, first, floor, bayes := row[3].(float64), row[4].(float64), row[5].(float64), row[7].(float64)
		if !(first >= enlarged-1e-12 && floor <= enlarged && bayes <= floor+4*row[8].(float64)+4*row[6].(float64)) {
			t.Errorf("row %d is out of order: %v", i, row)
		}
	}
}

func TestDiversity(t *testing.T) {
	t.Parallel()
	r := quick(t, diversity)
	kernels := table(t, r, "kernels")
	for i, row := range kernels.Rows {
		// What was made for K kernels is not worse on them than on others, up to
		// which kernels were drawn.
		for _, k := range []int{1, 5} {
			own, ownSE, other := row[k].(float64), row[k+1].(float64), row[k+2].(float64)
			if !(own <= other+3*ownSE) || i == 0 && !(own < other) {
				t.Errorf("row %d: %v", i, row)
			}
		}
	}
	first, last := kernels.Rows[0], kernels.Rows[len(kernels.Rows)-1]
	if !(last[3].(float64) < first[3].(float64) && last[3].(float64) >= 0.20683169-1e-8) {
		t.Errorf("the optimum goes from %v to %v on new kernels", first[3], last[3])
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	r := quick(t, depth)
	gain := table(t, r, "gain")
	near(t, "d = 1, n = 10, uniform", cell(t, gain, "floor", map[string]any{"bias": false, "d": 1, "n": "10", "alpha": "1"}), 187051./540672, 1e-12)
	for i, row := range gain.Rows {
		if !(row[7].(float64) >= 0 && row[5].(float64) <= row[4].(float64)+1e-12) {
			t.Errorf("row %d: %v", i, row)
		}
	}
	for i, row := range table(t, r, "trained").Rows {
		if loss, floor := row[4].(float64), row[7].(float64); loss+4*row[5].(float64) < floor-4*row[8].(float64) {
			t.Errorf("row %d: a model below the floor: %v", i, row)
		}
	}
}

func TestShare(t *testing.T) {
	// The possible gain is 0.02: the errors are those of loss and floor over it.
	r, ok := shareOf(0.25, estimate{Mean: 0.228, SE: 3e-4}, estimate{Mean: 0.23, SE: 4e-4})
	if want := math.Hypot(3e-4, 1.1*4e-4) / 0.02; !ok || math.Abs(r.Mean-1.1) > 1e-12 || math.Abs(r.SE-want) > 1e-12 {
		t.Errorf("share %v, %v, want 1.1 ± %v", r, ok, want)
	}
	if _, ok := shareOf(0.25, estimate{Mean: 0.24}, estimate{Mean: 0.249, SE: 6e-4}); ok {
		t.Error("a share of a gain that is not above its error")
	}
	if _, ok := shareOf(0.25, estimate{Mean: 0.24}, estimate{Mean: 0.25}); ok {
		t.Error("a share of no gain at all")
	}
	for want, r := range map[string]*share{
		"80% ± 1% of it":          {0.8, 0.01},
		"within the error":        {1.1, 0.06},
		"which sampling does not": {1.1, 0.04},
		"no trained model":        nil,
	} {
		if got := r.words(); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", r, got, want)
		}
	}
}

func TestVerdictOfOrder(t *testing.T) {
	for want, losses := range map[Verdict][]float64{
		Holds:      {0.02, 0.12},
		HoldsUnder: {0.002, 0.12},
		Differs:    {0, 0.002},
	} {
		if got := verdictOrder(losses); got != want {
			t.Errorf("%v: %q, want %q", losses, got, want)
		}
	}
}

func TestVerdictOfDiversity(t *testing.T) {
	on := func(mean, se float64) kernelsRow { return kernelsRow{OptimumNew: estimate{Mean: mean, SE: se}} }
	for want, rows := range map[Verdict][]kernelsRow{
		Holds:      {on(0.4, 0.01), on(0.22, 0.001)},
		HoldsUnder: {on(0.4, 0.01), on(0.22, 0.01)},
		Differs:    {on(0.4, 0.1), on(0.201, 0)},
	} {
		if got := verdictDiversity(0.2, rows); got != want {
			t.Errorf("%v: %q, want %q", rows, got, want)
		}
	}
}

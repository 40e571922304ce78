package paper

import "testing"

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

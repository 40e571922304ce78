package paper

import (
	"testing"

	"markovicl/landscape"
)

func TestTheorem35(t *testing.T) {
	t.Parallel()
	r := quick(t, theorem35)
	recovery := table(t, r, "recovery")
	for _, want := range []struct {
		d, n           int
		enlarged, best float64
	}{
		{2, 10, 0.244422, 0.254605}, {3, 10, 0.216523, 0.232209},
		{2, 100, 0.233093, 0.234724}, {3, 100, 0.206832, 0.209971}, {4, 100, 0.195873, 0.199092},
	} {
		at := map[string]any{"setting": "p = 1/2", "d": want.d, "n": want.n}
		near(t, "the enlarged optimum", cell(t, recovery, "loss_enlarged", at), want.enlarged, 1e-6)
		near(t, "the best transformer", cell(t, recovery, "loss_best", at), want.best, 1e-6)
		if got := cell(t, recovery, "realisable", at); got != false {
			t.Errorf("d = %d, n = %d: realisable is %v, want false", want.d, want.n, got)
		}
	}
	for i, row := range recovery.Rows {
		enlarged, lower, best, projection := row[7].(float64), row[8].(float64), row[9].(float64), row[12].(float64)
		if enlarged*(1-1e-15) > lower || lower > best || // a bound is rounded down
			best > projection*(1+1e-12) {
			t.Errorf("row %d: not in order: %v <= %v <= %v <= %v", i, enlarged, lower, best, projection)
		}
		if row[10] != true {
			t.Errorf("row %d is not certified", i)
		}
		if row[5] != true {
			t.Errorf("row %d is not decided exactly", i)
		}
		if row[1].(int) > 1 && row[6] == nil {
			t.Errorf("row %d has no obstruction", i)
		}
	}
}

func TestDecidedExactlyNoticesAContradiction(t *testing.T) {
	form := exactMoments(t, 2)
	if _, err := decidedExactly(t.Context(), form, 10, landscape.Realisable); err == nil {
		t.Error("X* for d = 2 passes for a transformer")
	}
	if cell, err := decidedExactly(t.Context(), form, 10, landscape.NotRealisable); err != nil || cell == nil || !*cell {
		t.Errorf("decided %v, error %v", cell, err)
	}
}

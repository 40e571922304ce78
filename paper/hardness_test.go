package paper

import (
	"testing"

	"markovicl/hardness"
)

func TestHardness(t *testing.T) {
	t.Parallel()
	r, err := hardnessOf(t.Context(), []int{5, 6}, 1, 2000, rankOneSizeOf(true), 1, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	scaling := table(t, r, "scaling")
	if len(scaling.Rows) != 4 {
		t.Fatalf("%d rows, want 4", len(scaling.Rows))
	}
	for _, size := range []int{5, 6} {
		at := func(separable bool) map[string]any { return map[string]any{"size": size, "separable": separable} }
		if got := cell(t, scaling, "minimum_upper", at(true)); got != 0.0 {
			t.Errorf("size %d: the minimum of a separable instance is %v, want 0", size, got)
		}
		if got := cell(t, scaling, "minimum_lower", at(false)); got.(float64) <= 0 {
			t.Errorf("size %d: the minimum of an inseparable instance is at least %v, want more than 0", size, got)
		}
		// d = k' + 2n' + 2 with as many points outside as dimensions.
		if got := cell(t, scaling, "d", at(true)); got != 3*size+2 {
			t.Errorf("size %d: d = %v, want %d", size, got, 3*size+2)
		}
	}
	if *r.Ours != 1 {
		t.Errorf("the share of decided instances is %v", *r.Ours)
	}
}

func TestMedianOf(t *testing.T) {
	count := func(r hardness.ScalingRow) int { return r.Oracle }
	rows := []hardness.ScalingRow{{Oracle: 9}, {Oracle: 1}, {Oracle: 4}}
	if got := medianOf(rows, count); got != 4 {
		t.Errorf("median %v, want 4", got)
	}
	if got := medianOf(rows[:2], count); got != 5 {
		t.Errorf("median %v, want 5", got)
	}
}

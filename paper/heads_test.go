package paper

import "testing"

func TestHeads(t *testing.T) {
	t.Parallel()
	r := quick(t, heads)
	byHeads := table(t, r, "heads")
	for _, want := range []struct {
		d, n, heads int
		loss        float64
	}{
		{2, 100, 1, 0.234724}, {2, 100, 2, 0.233093},
		{3, 100, 1, 0.209971}, {3, 100, 2, 0.207101}, {3, 100, 3, 0.206832},
		{2, 10, 1, 0.254605}, {2, 10, 2, 0.245046}, {2, 10, 3, 0.244422},
		{3, 10, 2, 0.218734}, {3, 10, 3, 0.216899}, {3, 10, 4, 0.216523},
	} {
		at := map[string]any{"d": want.d, "n": want.n, "heads": want.heads}
		near(t, "the loss", cell(t, byHeads, "loss", at), want.loss, 1e-6)
	}
	for d := 1; d <= 3; d++ {
		if got := cell(t, byHeads, "attains", map[string]any{"d": d, "n": 10, "heads": d + 1}); got != true {
			t.Errorf("d = %d: d+1 heads attain the optimum: %v", d, got)
		}
	}
	for i, row := range table(t, r, "simulated").Rows {
		if z := (row[3].(float64) - row[2].(float64)) / row[4].(float64); z > 5 || z < -5 {
			t.Errorf("row %d: simulation and optimum differ by %v standard errors", i, z)
		}
	}
}

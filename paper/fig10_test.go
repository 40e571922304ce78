package paper

import (
	"math"
	"testing"
)

func TestFigure10(t *testing.T) {
	r, err := figure10Of(t.Context(), 2, 4000, 1, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if len(r.Plots) != 2 || len(r.Plots[0].Panels) != 3 || len(r.Plots[1].Panels) != 6 {
		t.Fatalf("%d plots, want one of three panels and one of six", len(r.Plots))
	}
	parameters := table(t, r, "parameters")
	if len(parameters.Rows) != 3+12 {
		t.Errorf("%d parameters, want 15", len(parameters.Rows))
	}
	for pair, want := range map[string]float64{"xx": 4.0 / 57, "xy": 52.0 / 57, "yy": 8.0 / 19} {
		near(t, "X_"+pair, cell(t, parameters, "optimum", map[string]any{"d": 1, "pair": pair}), want, 1e-11)
	}
	if got := cell(t, table(t, r, "losses"), "loss_exact", map[string]any{"d": 1}); got != "121/342" {
		t.Errorf("the loss is %v, want 121/342", got)
	}
	if z := (*r.Ours - *r.Expected) / *r.StandardError; math.Abs(z) > 5 {
		t.Errorf("formula and simulation differ by %v standard errors", z)
	}
	for _, p := range append(r.Plots[0].Panels, r.Plots[1].Panels...) {
		exact := p.Series[0]
		for i, y := range exact.Y {
			if i != len(exact.Y)/2 && y <= exact.Y[len(exact.Y)/2] {
				t.Errorf("%s: the loss at %v is not above that at the optimum", p.Title, exact.X[i])
			}
			// Moving the others along never hurts.
			if p.Series[2].Y[i] > y+1e-12 {
				t.Errorf("%s: the best loss at %v is above that of fixed others", p.Title, exact.X[i])
			}
		}
	}
}

func TestParameterName(t *testing.T) {
	for _, want := range []struct {
		d, i, block int
		pair        string
	}{{1, 0, 1, "xx"}, {1, 1, 1, "xy"}, {1, 2, 1, "yy"}, {2, 1, 1, "x1x2"}, {2, 5, 1, "yy"}, {2, 8, 2, "x1y"}} {
		if block, pair := parameterName(want.d, want.i); block != want.block || pair != want.pair {
			t.Errorf("parameter %d for d = %d is %d, %s; want %d, %s", want.i, want.d, block, pair, want.block, want.pair)
		}
	}
}

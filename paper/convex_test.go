package paper

import (
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestConvex(t *testing.T) {
	r := quick(t, convexItem)
	for _, row := range table(t, r, "curvature").Rows {
		points, stated, fixed, mixed := row[3].(int), row[4].(int), row[5].(int), row[6].(int)
		if points == 0 || stated > fixed || stated+mixed > points {
			t.Errorf("row %v", row)
		}
		// -w_d sum x x' is a square with the sign of -w_d.
		if row[1] == zeroColumns && fixed != points {
			t.Errorf("the part of columns with x_d = 0 is not as stated for fixed w_d: %v", row)
		}
	}
}

func TestVerdictOfConvex(t *testing.T) {
	for _, c := range []struct {
		whole, zero curvature
		want        Verdict
	}{
		{curvature{Points: 5, AsStated: 5}, curvature{Points: 5, Fixed: 5}, Holds},
		{curvature{Points: 5, AsStated: 4}, curvature{Points: 5, Fixed: 5}, HoldsUnder},
		{curvature{Points: 5, AsStated: 4}, curvature{Points: 5, Fixed: 4}, Differs},
	} {
		if got := verdictConvex(c.whole, c.zero); got != c.want {
			t.Errorf("%+v, %+v: %q, want %q", c.whole, c.zero, got, c.want)
		}
	}
}

func TestCurvatureSigns(t *testing.T) {
	for _, c := range []struct {
		h               []float64
		convex, concave bool
	}{{[]float64{1, 1, 1, 1}, true, false}, {[]float64{-1, 0, 0, 0}, false, true}, {[]float64{4, -4, -4, 0}, false, false}, {make([]float64, 4), true, true}} {
		if convex, concave := curvatureSigns(mat.NewSymDense(2, c.h)); convex != c.convex || concave != c.concave {
			t.Errorf("%v: convex %v, concave %v", c.h, convex, concave)
		}
	}
}

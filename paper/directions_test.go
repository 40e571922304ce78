package paper

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"markovicl/figure"
)

func TestPlaceOfInverts(t *testing.T) {
	entry := rapid.Float64Range(-1, 1)
	rapid.Check(t, func(t *rapid.T) {
		b := [3]float64{entry.Draw(t, "b0"), entry.Draw(t, "b1"), entry.Draw(t, "b2")}
		norm := math.Hypot(math.Hypot(b[0], b[1]), b[2])
		if norm < 1e-3 {
			t.Skip("no direction")
		}
		for i := range b {
			b[i] /= norm
		}
		x, y := PlaceOf(b)
		got, inside := directionAt(x*(1-1e-15), y*(1-1e-15))
		dot := got[0]*b[0] + got[1]*b[1] + got[2]*b[2]
		if !inside || math.Abs(math.Abs(dot)-1) > 1e-12 {
			t.Fatalf("%v came back as %v", b, got)
		}
	})
}

// The projection keeps areas: the mean over the disc is the mean over the
// sphere, 1/3 for each squared entry.
func TestDirectionsKeepAreas(t *testing.T) {
	for k := range 3 {
		h := Directions(func(b [3]float64) float64 { return b[k] * b[k] })
		if err := (&figure.Plot{Heat: &h}).Check(); err != nil {
			t.Fatal(err)
		}
		sum, cells := 0.0, 0
		for _, row := range h.Z {
			for _, z := range row {
				if !math.IsNaN(z) {
					sum += z
					cells++
				}
			}
		}
		if mean := sum / float64(cells); math.Abs(mean-1.0/3) > 1e-3 {
			t.Errorf("the mean of b[%d]² is %v, want 1/3", k, mean)
		}
	}
}

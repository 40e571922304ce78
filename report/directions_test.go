package report

import (
	"bytes"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"
)

func TestProjection(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		b := [3]float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
		norm := math.Sqrt(b[0]*b[0] + b[1]*b[1] + b[2]*b[2])
		for i := range b {
			b[i] /= norm
		}
		x, y := project(b)
		got, inside := unproject(x, y)
		dot := got[0]*b[0] + got[1]*b[1] + got[2]*b[2]
		if !inside || math.Abs(math.Abs(dot)-1) > 1e-12 {
			t.Fatalf("%v came back as %v", b, got)
		}
	}
}

func TestDrawDirections(t *testing.T) {
	m := DirectionMap{
		Title:  "first coordinate, squared",
		Value:  func(b [3]float64) float64 { return b[0] * b[0] },
		Levels: []float64{0, 0.25, 0.5, 1},
		Marks:  []DirectionMark{{B: [3]float64{0, 1, 0}, Name: "zero", Main: true}},
	}
	data, err := DrawDirections(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
	m.Levels = nil
	if _, err := DrawDirections(m); err == nil {
		t.Error("a map without levels was drawn")
	}
}

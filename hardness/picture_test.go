package hardness

import (
	"bytes"
	"flag"
	"fmt"
	"math/big"
	"os"
	"testing"

	"markovicl/figure"
	"markovicl/figure/draw"
)

var update = flag.Bool("update", false, "write the picture of docs/hardness.md anew")

// The worked example of docs/hardness.md: the midpoints of a triangle's sides
// are inside, its corners outside.
var (
	midpoints = [][]float64{{1, 0}, {0, 1}, {1, 1}}
	corners   = [][]float64{{0, 0}, {2, 0}, {0, 2}}
)

// TestPicture keeps the picture in docs/hardness.md what the package computes;
// run it with -update to write it anew.
func TestPicture(t *testing.T) {
	const path = "../docs/img/hardness.svg"
	picture := drawExample(t)
	if *update {
		if err := os.WriteFile(path, picture, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, picture) {
		t.Errorf("%s is not what the package draws now; run go test ./hardness -run TestPicture -update", path)
	}
}

func drawExample(t *testing.T) []byte {
	t.Helper()
	low, high := -0.5, 2.5
	axis := figure.Axis{Min: &low, Max: &high}
	picture := figure.Plot{Name: "hardness"}
	for _, outside := range [][][]float64{corners[:2], corners} {
		d, err := Decide(background, separation(t, 2, midpoints, outside), Settings{})
		if err != nil {
			t.Fatal(err)
		}
		p := figure.Plot{X: axis, Y: axis, Series: []figure.Series{points("inside", midpoints), points("outside", outside)}}
		if d.Planes != nil {
			p.Title = "separable, minimum " + d.Result.Minimum().RatString()
			for i, plane := range d.Planes {
				p.Series = append(p.Series, edge(fmt.Sprintf("plane %d", i+1), plane, low, high))
			}
		} else {
			p.Title = "not separable, minimum " + d.Result.Minimum().RatString()
			for i, x := range outside {
				y := outside[(i+1)%len(outside)]
				p.Series = append(p.Series, segment("", x, y))
			}
		}
		picture.Panels = append(picture.Panels, p)
	}
	svg, err := draw.Render(picture, "svg")
	if err != nil {
		t.Fatal(err)
	}
	return svg
}

func points(name string, list [][]float64) figure.Series {
	s := figure.Series{Name: name, Kind: figure.Points}
	for _, x := range list {
		s.Add(x[0], x[1])
	}
	return s
}

// segment is a straight line between two points.
func segment(name string, x, y []float64) figure.Series {
	if x[0] > y[0] {
		x, y = y, x
	}
	return figure.Series{Name: name, Kind: figure.Curve, X: figure.Numbers{x[0], y[0]}, Y: figure.Numbers{x[1], y[1]}}
}

// edge is the plane w'x = gamma within a square: the edge of the half above it.
func edge(name string, plane Plane, low, high float64) figure.Series {
	var ends [][]float64
	for _, x := range clip([][]float64{{low, low}, {high, low}, {high, high}, {low, high}}, plane, 0) {
		if v, _ := plane.At(exactFloats(x)).Float64(); v < 1e-9 {
			ends = append(ends, x)
		}
	}
	return segment(name, ends[0], ends[1])
}

func exactFloats(x []float64) []*big.Rat {
	y := make([]*big.Rat, len(x))
	for i, v := range x {
		y[i] = new(big.Rat).SetFloat64(v)
	}
	return y
}

// clip cuts a convex polygon to w'x >= gamma + margin.
func clip(polygon [][]float64, plane Plane, margin float64) [][]float64 {
	side := func(x []float64) float64 {
		v, _ := plane.At(exactFloats(x)).Float64()
		return v - margin
	}
	var kept [][]float64
	for i, x := range polygon {
		y := polygon[(i+1)%len(polygon)]
		u, v := side(x), side(y)
		if u >= 0 {
			kept = append(kept, x)
		}
		if (u < 0) != (v < 0) {
			s := u / (u - v)
			kept = append(kept, []float64{x[0] + s*(y[0]-x[0]), x[1] + s*(y[1]-x[1])})
		}
	}
	return kept
}

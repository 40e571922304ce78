package hardness

import (
	"bytes"
	"flag"
	"image/color"
	"math/big"
	"os"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

var update = flag.Bool("update", false, "write the picture of docs/hardness.md anew")

// The worked example of docs/hardness.md: the midpoints of a triangle's sides
// are inside, its corners outside.
var (
	midpoints = [][]float64{{1, 0}, {0, 1}, {1, 1}}
	corners   = [][]float64{{0, 0}, {2, 0}, {0, 2}}
)

// Colours of Okabe and Ito.
var (
	blue      = color.RGBA{0x00, 0x72, 0xB2, 0xFF}
	paleBlue  = color.RGBA{0xCF, 0xE4, 0xF1, 0xFF}
	vermilion = color.RGBA{0xD5, 0x5E, 0x00, 0xFF}
	ink       = color.RGBA{0x44, 0x44, 0x44, 0xFF}
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
	canvas := vgsvg.New(7*vg.Inch, 3.6*vg.Inch)
	tiles := draw.Tiles{Rows: 1, Cols: 2, PadX: vg.Points(18)}
	for i, outside := range [][][]float64{corners[:2], corners} {
		d, err := Decide(background, separation(t, 2, midpoints, outside), Settings{})
		if err != nil {
			t.Fatal(err)
		}
		p := plot.New()
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, 2.5, -0.5, 2.5
		p.Title.TextStyle.Font.Size, p.Title.TextStyle.Color = 11, ink
		if d.Planes != nil {
			p.Title.Text = "two corners: separable, minimum " + d.Result.Minimum().RatString()
			addPlanes(t, p, *d.Planes)
		} else {
			p.Title.Text = "three corners: not separable, minimum " + d.Result.Minimum().RatString()
			line, err := plotter.NewLine(xys(append(outside, outside[0])))
			if err != nil {
				t.Fatal(err)
			}
			line.Color, line.Dashes = vermilion, []vg.Length{vg.Points(3), vg.Points(3)}
			p.Add(line)
		}
		addPoints(t, p, midpoints, draw.CircleGlyph{}, blue)
		addPoints(t, p, outside, draw.CrossGlyph{}, vermilion)
		at := [][]float64{midpoints[2], outside[1]}
		addLabels(t, p, at, []string{"inside", "outside"})
		p.Draw(tiles.At(draw.New(canvas), i, 0))
	}
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func xys(points [][]float64) plotter.XYs {
	v := make(plotter.XYs, len(points))
	for i, x := range points {
		v[i].X, v[i].Y = x[0], x[1]
	}
	return v
}

func addPoints(t *testing.T, p *plot.Plot, points [][]float64, shape draw.GlyphDrawer, c color.Color) {
	t.Helper()
	s, err := plotter.NewScatter(xys(points))
	if err != nil {
		t.Fatal(err)
	}
	s.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(4), Shape: shape}
	p.Add(s)
}

func addLabels(t *testing.T, p *plot.Plot, at [][]float64, text []string) {
	t.Helper()
	l, err := plotter.NewLabels(plotter.XYLabels{XYs: xys(at), Labels: text})
	if err != nil {
		t.Fatal(err)
	}
	l.Offset = vg.Point{X: vg.Points(6), Y: vg.Points(5)}
	for i := range l.TextStyle {
		l.TextStyle[i].Color = ink
	}
	p.Add(l)
}

// addPlanes shades where both planes are kept, w'x >= gamma+1, and draws the
// planes w'x = gamma.
func addPlanes(t *testing.T, p *plot.Plot, planes [2]Plane) {
	t.Helper()
	square := [][]float64{{p.X.Min, p.Y.Min}, {p.X.Max, p.Y.Min}, {p.X.Max, p.Y.Max}, {p.X.Min, p.Y.Max}}
	wedge := square
	for _, plane := range planes {
		wedge = clip(wedge, plane, 1)
	}
	shade, err := plotter.NewPolygon(xys(wedge))
	if err != nil {
		t.Fatal(err)
	}
	shade.Color, shade.LineStyle.Width = paleBlue, 0
	p.Add(shade)
	for i, plane := range planes {
		// The plane's edge of the half-square above it.
		var edge [][]float64
		for _, x := range clip(square, plane, 0) {
			if v, _ := plane.At(exactFloats(x)).Float64(); v < 1e-9 {
				edge = append(edge, x)
			}
		}
		line, err := plotter.NewLine(xys(edge))
		if err != nil {
			t.Fatal(err)
		}
		line.Color, line.Width = blue, vg.Points(1.5)
		p.Add(line)
		label, name := edge[0], "plane 1"
		for _, x := range edge {
			if x[1] > label[1] {
				label = x
			}
		}
		if i == 1 {
			// Below the line, where it does not meet the other one's label.
			label, name = []float64{p.X.Min, label[1] - 0.7}, "plane 2"
		} else {
			label = []float64{label[0], label[1] - 0.25}
		}
		addLabels(t, p, [][]float64{label}, []string{name})
	}
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

package report

import (
	"bytes"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// DirectionMap is a function on the directions of R^3, where b and -b are the
// same: a hemisphere, seen from above the last axis, in Lambert's equal-area
// projection. Opposite points of the rim are one direction.
type DirectionMap struct {
	Title string
	Value func(b [3]float64) float64 // of unit vectors
	// Levels are the values at which contours are drawn; the first is where the
	// colours begin, the last where they end.
	Levels []float64
	Marks  []DirectionMark
}

// DirectionMark names a direction on the map.
type DirectionMark struct {
	B    [3]float64
	Name string
	Main bool // drawn with a full disc rather than a ring
}

// mapCells is the number of cells of the map across.
const mapCells = 240

// DrawDirections renders a map of directions as PNG.
func DrawDirections(m DirectionMap) ([]byte, error) {
	if len(m.Levels) < 2 {
		return nil, fmt.Errorf("map %s: %d levels, want at least 2", m.Title, len(m.Levels))
	}
	p := plot.New()
	p.Title.Text = m.Title
	p.Title.TextStyle.Font.Size, p.Title.TextStyle.Color = 11, ink
	p.HideAxes()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -1.12, 1.12, -1.12, 1.12

	colours := moreland.Kindlmann()
	colours.SetMin(0)
	colours.SetMax(1)
	heat := plotter.NewHeatMap(directionGrid{m}, colours.Palette(256))
	heat.Min, heat.Max = m.Levels[0], m.Levels[len(m.Levels)-1]
	heat.Overflow = color.White
	heat.Underflow = color.Black
	heat.NaN = color.White
	heat.Rasterized = true
	p.Add(heat)
	rim, err := plotter.NewLine(circle())
	if err != nil {
		return nil, err
	}
	rim.Color = ink
	p.Add(rim)

	for _, mark := range m.Marks {
		x, y := project(mark.B)
		dot, err := plotter.NewScatter(plotter.XYs{{X: x, Y: y}})
		if err != nil {
			return nil, err
		}
		dot.Radius, dot.Shape, dot.Color = 4, draw.RingGlyph{}, color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}
		if mark.Main {
			dot.Shape = draw.CircleGlyph{}
		}
		p.Add(dot)
		label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: x, Y: y}}, Labels: []string{mark.Name}})
		if err != nil {
			return nil, err
		}
		label.Offset = vg.Point{X: 7, Y: -3}
		label.TextStyle[0].Color = color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}
		if x > 0.4 {
			label.TextStyle[0].XAlign = text.XRight
			label.Offset.X = -7
		}
		p.Add(label)
	}
	w, err := p.WriterTo(5*vg.Inch, 5.2*vg.Inch, "png")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if _, err := w.WriteTo(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// project maps a direction to the unit disc, areas in proportion.
func project(b [3]float64) (x, y float64) {
	if b[2] < 0 {
		b = [3]float64{-b[0], -b[1], -b[2]}
	}
	s := 1 / math.Sqrt(1+b[2])
	return b[0] * s, b[1] * s
}

// unproject is the inverse of project inside the unit disc.
func unproject(x, y float64) (b [3]float64, inside bool) {
	r := x*x + y*y
	if r > 1 {
		return b, false
	}
	s := math.Sqrt(2 - r)
	return [3]float64{x * s, y * s, 1 - r}, true
}

func circle() plotter.XYs {
	const corners = 361
	line := make(plotter.XYs, corners)
	for i := range line {
		s, c := math.Sincos(2 * math.Pi * float64(i) / (corners - 1))
		line[i] = plotter.XY{X: c, Y: s}
	}
	return line
}

// directionGrid presents the map as a grid of cells. The colours are bands
// between the levels, so that the borders are the contours.
type directionGrid struct{ m DirectionMap }

func (g directionGrid) Dims() (c, r int) { return mapCells, mapCells }
func (g directionGrid) X(c int) float64  { return -1 + (2*float64(c)+1)/mapCells }
func (g directionGrid) Y(r int) float64  { return -1 + (2*float64(r)+1)/mapCells }

func (g directionGrid) Z(c, r int) float64 {
	b, inside := unproject(g.X(c), g.Y(r))
	if !inside {
		return math.NaN()
	}
	v := g.m.Value(b)
	levels := g.m.Levels
	band := 0
	for band < len(levels)-1 && v >= levels[band+1] {
		band++
	}
	low, high := levels[0], levels[len(levels)-1]
	return low + (high-low)*float64(band)/float64(len(levels)-1)*0.999
}

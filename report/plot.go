package report

import (
	"bytes"
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"markovicl/paper"
)

// palette is that of Okabe and Ito (2008), which people with any kind of colour
// vision can tell apart; black comes last and is for levels.
var palette = []color.RGBA{
	{0x00, 0x72, 0xB2, 0xFF}, // blue
	{0xD5, 0x5E, 0x00, 0xFF}, // vermilion
	{0x00, 0x9E, 0x73, 0xFF}, // bluish green
	{0xCC, 0x79, 0xA7, 0xFF}, // reddish purple
	{0xE6, 0x9F, 0x00, 0xFF}, // orange
	{0x56, 0xB4, 0xE9, 0xFF}, // sky blue
	{0x8B, 0x5A, 0x2B, 0xFF}, // brown, for an eighth line
}

var ink = color.RGBA{0x44, 0x44, 0x44, 0xFF}

// The size suits one column of a paper; labels are legible there.
const (
	plotWidth  = 6 * vg.Inch
	plotHeight = 3.8 * vg.Inch
)

// Draw renders a plot; format is "svg" or "png". The bytes depend on the plot
// alone.
func Draw(p paper.Plot, format string) ([]byte, error) {
	canvas, err := layOut(p)
	if err != nil {
		return nil, fmt.Errorf("plot %s: %w", p.Name, err)
	}
	w, err := canvas.WriterTo(plotWidth, plotHeight, format)
	if err != nil {
		return nil, fmt.Errorf("plot %s: %w", p.Name, err)
	}
	var out bytes.Buffer
	if _, err := w.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("plot %s: %w", p.Name, err)
	}
	return out.Bytes(), nil
}

func layOut(p paper.Plot) (*plot.Plot, error) {
	c := plot.New()
	c.Title.Text = p.Title
	c.Title.TextStyle.Font.Size = 11
	c.Title.Padding = 6
	axis(&c.X, p.X)
	axis(&c.Y, p.Y)

	var ends []endLabel
	right, left := math.Inf(-1), math.Inf(1)
	for _, s := range p.Series {
		for _, x := range s.X {
			right, left = max(right, x), min(left, x)
		}
	}
	for i, s := range p.Series {
		shade := palette[i%len(palette)]
		if err := addSeries(c, s, shade, i >= len(palette)); err != nil {
			return nil, fmt.Errorf("series %s: %w", s.Name, err)
		}
		if last := len(s.X) - 1; last >= 0 && s.Name != "" {
			ends = append(ends, endLabel{s.Name, s.X[last], s.Y[last], shade})
		}
	}
	for _, level := range p.Levels {
		line, err := plotter.NewLine(plotter.XYs{{X: left, Y: level.Y}, {X: right, Y: level.Y}})
		if err != nil {
			return nil, err
		}
		line.Color, line.Width, line.Dashes = ink, 0.6, []vg.Length{4, 3}
		c.Add(line)
		ends = append(ends, endLabel{level.Name, right, level.Y, ink})
	}
	fixRange(&c.X, p.X)
	fixRange(&c.Y, p.Y)
	c.Add(newEndLabels(ends))
	return c, nil
}

func axis(a *plot.Axis, spec paper.Axis) {
	a.Label.Text = spec.Label
	a.Label.TextStyle.Font.Size = 10
	a.Tick.Label.Font.Size = 9
	if spec.Log {
		a.Scale = plot.LogScale{}
		a.Tick.Marker = plot.LogTicks{Prec: -1}
	}
}

func fixRange(a *plot.Axis, spec paper.Axis) {
	if spec.Min != nil {
		a.Min = *spec.Min
	}
	if spec.Max != nil {
		a.Max = *spec.Max
	}
	if a.Min == a.Max { // a single value: give it room
		room := max(math.Abs(a.Min)*0.05, 1e-3)
		a.Min, a.Max = a.Min-room, a.Max+room
	}
}

func addSeries(c *plot.Plot, s paper.Series, shade color.RGBA, dashed bool) error {
	points := make(plotter.XYs, len(s.X))
	for i := range points {
		points[i] = plotter.XY{X: s.X[i], Y: s.Y[i]}
	}
	if len(points) == 0 {
		return nil
	}
	if s.Low != nil {
		band := make(plotter.XYs, 0, 2*len(points))
		for i, x := range s.X {
			band = append(band, plotter.XY{X: x, Y: s.High[i]})
		}
		for i, x := range slices.Backward(s.X) {
			band = append(band, plotter.XY{X: x, Y: s.Low[i]})
		}
		area, err := plotter.NewPolygon(band)
		if err != nil {
			return err
		}
		area.Color = color.NRGBA{shade.R, shade.G, shade.B, 0x38}
		area.LineStyle.Width = 0
		c.Add(area)
	}
	if s.Kind != paper.Points {
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.Color, line.Width = shade, 1.4
		if s.Kind == paper.Steps {
			line.StepStyle = plotter.PostStep
		}
		if dashed {
			line.Dashes = []vg.Length{5, 2}
		}
		c.Add(line)
	}
	if s.Kind == paper.Line || s.Kind == paper.Points {
		marks, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		marks.GlyphStyle = draw.GlyphStyle{Color: shade, Radius: 2.2, Shape: draw.CircleGlyph{}}
		c.Add(marks)
	}
	return nil
}

// endLabel names a line where it ends, so that no legend is needed.
type endLabel struct {
	text  string
	x, y  float64
	shade color.RGBA
}

// endLabels draws end labels right of the plot, moved apart where they would
// overlap.
type endLabels struct {
	labels []endLabel
	style  draw.TextStyle
}

func newEndLabels(labels []endLabel) *endLabels {
	style := plot.New().X.Tick.Label
	style.Font.Size = 8.5
	style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
	return &endLabels{labels, style}
}

// Plot implements plot.Plotter.
func (e *endLabels) Plot(c draw.Canvas, p *plot.Plot) {
	_, ty := p.Transforms(&c)
	line := e.style.Height("Ag") * 1.15
	placed := slices.Clone(e.labels)
	slices.SortStableFunc(placed, func(a, b endLabel) int { return cmp.Compare(a.y, b.y) })
	heights := make([]vg.Length, len(placed))
	for i, l := range placed {
		heights[i] = ty(l.y)
		if i > 0 {
			heights[i] = max(heights[i], heights[i-1]+line)
		}
	}
	// Pushed above the top: push all down again, from the top.
	top := c.Max.Y
	for i := range slices.Backward(heights) {
		heights[i] = min(heights[i], top)
		top = heights[i] - line
	}
	for i, l := range placed {
		style := e.style
		style.Color = l.shade
		c.FillText(style, vg.Point{X: c.Max.X + 6, Y: heights[i]}, l.text)
	}
}

// GlyphBoxes implements plot.GlyphBoxer: it asks for room right of the plot.
func (e *endLabels) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	boxes := make([]plot.GlyphBox, len(e.labels))
	for i, l := range e.labels {
		boxes[i] = plot.GlyphBox{X: 1, Y: 0.5, Rectangle: vg.Rectangle{
			Min: vg.Point{X: 0, Y: -1}, Max: vg.Point{X: e.style.Width(l.text) + 8, Y: 1},
		}}
	}
	return boxes
}

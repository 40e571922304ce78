package draw

import (
	"cmp"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"markovicl/figure"
)

// label names a series or a level where it ends, so that no legend far away is
// needed.
type label struct {
	text   string  // in lines
	x, y   float64 // where the series ends; x is +Inf of a level, NaN of points
	shade  color.RGBA
	swatch func(c draw.Canvas, left, right, y vg.Length) // nil for a row, which needs none
}

// margins are labels right of a plot, moved apart where they would overlap. It
// implements plot.Plotter and plot.GlyphBoxer.
type margins []label

const (
	labelWidth  = 82 // points, at most
	labelGap    = 9  // from the plot to the swatch, for the leader
	swatchWidth = 11
	lineHeight  = 10
)

// endLabels returns the labels of all series and levels.
func endLabels(p *figure.Plot, s scales, pens []pen) margins {
	var labels margins
	add := func(text string, x, y float64, shade color.RGBA, swatch func(c draw.Canvas, left, right, y vg.Length)) {
		labels = append(labels, label{wrap(tickStyle, text, labelWidth), x, min(max(y, s.y.min), s.y.max), shade, swatch})
	}
	for i, series := range p.Series {
		last := len(series.X) - 1
		if last < 0 || series.Name == "" || series.Kind == figure.Points && last == 0 {
			continue
		}
		pen := pens[i]
		if series.Kind == figure.Rows {
			add(series.Name, math.Inf(1), series.Y[last], pen.shade, nil)
			continue
		}
		x := s.x.place(series.X[last])
		switch series.Kind {
		case figure.Bars:
			x = math.Inf(1)
		case figure.Points: // which end nowhere
			x = math.NaN()
		}
		add(series.Name, x, series.Y[last], pen.shade, func(c draw.Canvas, left, right, y vg.Length) {
			middle := vg.Point{X: (left + right) / 2, Y: y}
			if series.Kind == figure.Bars {
				c.FillPolygon(pen.shade, []vg.Point{{X: left + 2, Y: y - 3.5}, {X: right - 2, Y: y - 3.5}, {X: right - 2, Y: y + 3.5}, {X: left + 2, Y: y + 3.5}})
				return
			}
			if series.Kind != figure.Points {
				c.StrokeLine2(pen.stroke(), left, y, right, y)
			}
			if series.Kind != figure.Curve && series.Kind != figure.Steps {
				c.SetColor(pen.shade)
				pen.shape.DrawGlyph(&c, pen.glyph(), middle) // outside the canvas of the data
			}
		})
	}
	for _, level := range p.Levels {
		style := levelStyle(level)
		add(level.Name, math.Inf(1), level.Y, color.RGBAModel.Convert(style.Color).(color.RGBA), func(c draw.Canvas, left, right, y vg.Length) {
			c.StrokeLine2(style, left, y, right, y)
		})
	}
	return labels
}

func (m margins) texts() []string {
	var all []string
	for _, l := range m {
		all = append(all, l.text)
	}
	return all
}

// Plot implements plot.Plotter.
func (m margins) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	placed := slices.Clone(m)
	slices.SortStableFunc(placed, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	height := func(l label) vg.Length { return lineHeight * vg.Length(strings.Count(l.text, "\n")+1) }
	// Centres: first pushed up from the lowest on, then down from the top.
	centres := make([]vg.Length, len(placed))
	floor := c.Min.Y - lineHeight
	for i, l := range placed {
		centres[i] = max(ty(l.y), floor+height(l)/2)
		floor = centres[i] + height(l)/2
	}
	top := c.Max.Y + lineHeight
	for i, l := range slices.Backward(placed) {
		centres[i] = min(centres[i], top-height(l)/2)
		top = centres[i] - height(l)/2
	}
	style := tickStyle
	for i, l := range placed {
		left := c.Max.X + labelGap
		first := centres[i] + height(l)/2 - lineHeight/2 - 3
		for k, line := range strings.Split(l.text, "\n") {
			c.FillText(style, vg.Point{X: left + swatchWidth + 4, Y: first - lineHeight*vg.Length(k)}, line)
		}
		if l.swatch == nil {
			continue
		}
		leader := draw.LineStyle{Color: l.shade, Width: 0.4}
		begin := c.Max.X + 1
		if !math.IsInf(l.x, 1) && !math.IsNaN(l.x) { // a series that ends early: from there
			if end := tx(l.x) + 4; end < begin {
				dotted := draw.LineStyle{Color: l.shade, Width: 0.5, Dashes: []vg.Length{0.8, 1.6}}
				c.StrokeLine2(dotted, end, ty(l.y), begin, ty(l.y))
			}
		}
		if !math.IsNaN(l.x) {
			c.StrokeLine2(leader, begin, ty(l.y), left, centres[i])
		}
		l.swatch(c, left, left+swatchWidth, centres[i])
	}
}

// GlyphBoxes implements plot.GlyphBoxer: it asks for room right of the plot.
func (m margins) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	var width vg.Length
	for _, l := range m {
		for line := range strings.SplitSeq(l.text, "\n") {
			width = max(width, tickStyle.Width(line)+labelGap+swatchWidth+6)
		}
	}
	return []plot.GlyphBox{{X: 1, Y: 0.5, Rectangle: vg.Rectangle{Max: vg.Point{X: width, Y: 1}}}}
}

// pointLabel names a single point beside it, on a patch that keeps it legible
// over lines and colours.
func pointLabel(s figure.Series, scale scales) mark {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		at := vg.Point{X: x(scale.x.place(s.X[0])), Y: y(s.Y[0])}
		if s.Name == "" || !c.Contains(at) {
			return
		}
		width := tickStyle.Width(s.Name)
		left := at.X + 5
		if left+width > c.Max.X {
			left = at.X - 5 - width
		}
		bottom := at.Y + 3
		if bottom+lineHeight > c.Max.Y {
			bottom = at.Y - 3 - lineHeight
		}
		c.FillPolygon(color.NRGBA{ground.R, ground.G, ground.B, 0xD0}, []vg.Point{
			{X: left - 1.5, Y: bottom - 1.5}, {X: left + width + 1.5, Y: bottom - 1.5},
			{X: left + width + 1.5, Y: bottom + lineHeight - 1}, {X: left - 1.5, Y: bottom + lineHeight - 1}})
		c.FillText(tickStyle, vg.Point{X: left, Y: bottom}, s.Name)
	}
}

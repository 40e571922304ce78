package draw

import (
	"cmp"
	"image/color"
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
	text   string // in lines
	y      float64
	shade  color.RGBA
	swatch func(c draw.Canvas, left, right, y vg.Length)
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
func endLabels(p *figure.Plot, s scales) margins {
	var labels margins
	add := func(text string, y float64, shade color.RGBA, swatch func(c draw.Canvas, left, right, y vg.Length)) {
		labels = append(labels, label{wrap(tickStyle, text, labelWidth), min(max(y, s.y.min), s.y.max), shade, swatch})
	}
	for i, series := range p.Series {
		last := len(series.X) - 1
		if last < 0 || series.Name == "" || series.Kind == figure.Points && last == 0 {
			continue
		}
		add(series.Name, series.Y[last], shade(i), func(c draw.Canvas, left, right, y vg.Length) {
			middle := vg.Point{X: (left + right) / 2, Y: y}
			if series.Kind == figure.Bars {
				c.FillPolygon(shade(i), []vg.Point{{X: left + 2, Y: y - 3.5}, {X: right - 2, Y: y - 3.5}, {X: right - 2, Y: y + 3.5}, {X: left + 2, Y: y + 3.5}})
				return
			}
			if series.Kind != figure.Points {
				c.StrokeLine2(stroke(i), left, y, right, y)
			}
			if series.Kind == figure.Line || series.Kind == figure.Points {
				shapes[i%len(shapes)].DrawGlyph(&c, glyph(i), middle) // outside the canvas of the data
			}
		})
	}
	for _, level := range p.Levels {
		add(level.Name, level.Y, Ink, func(c draw.Canvas, left, right, y vg.Length) {
			c.StrokeLine2(levelStyle, left, y, right, y)
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
	_, ty := p.Transforms(&c)
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
		c.StrokeLine2(draw.LineStyle{Color: l.shade, Width: 0.4}, c.Max.X+1, ty(l.y), left, centres[i])
		l.swatch(c, left, left+swatchWidth, centres[i])
		first := centres[i] + height(l)/2 - lineHeight/2 - 3
		for k, line := range strings.Split(l.text, "\n") {
			c.FillText(style, vg.Point{X: left + swatchWidth + 4, Y: first - lineHeight*vg.Length(k)}, line)
		}
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
		c.FillPolygon(color.NRGBA{Ground.R, Ground.G, Ground.B, 0xD0}, []vg.Point{
			{X: left - 1.5, Y: bottom - 1.5}, {X: left + width + 1.5, Y: bottom - 1.5},
			{X: left + width + 1.5, Y: bottom + lineHeight - 1}, {X: left - 1.5, Y: bottom + lineHeight - 1}})
		c.FillText(tickStyle, vg.Point{X: left, Y: bottom}, s.Name)
	}
}

package draw

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"markovicl/figure"
)

// mark draws something in the coordinates of a plot; it implements
// plot.Plotter.
type mark func(c draw.Canvas, x, y func(float64) vg.Length)

// Plot implements plot.Plotter.
func (m mark) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	m(c, x, y)
}

// shapes differ from series to series, as colours do.
var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}}

func shade(i int) color.RGBA { return Palette[i%len(Palette)] }

func glyph(i int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: shade(i), Radius: 2.3, Shape: shapes[i%len(shapes)]}
}

// stroke is dashed for the series that have to share a colour with another.
func stroke(i int) draw.LineStyle {
	style := draw.LineStyle{Color: shade(i), Width: 1.3}
	if i >= len(Palette) {
		style.Dashes = []vg.Length{5, 2}
	}
	return style
}

var levelStyle = draw.LineStyle{Color: Ink, Width: 0.7, Dashes: []vg.Length{4, 3}}

// grid draws a line for each labelled tick of the y axis.
func grid(p *plot.Plot) mark {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		for _, tick := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
			if h := y(tick.Value); tick.Label != "" && c.ContainsY(h) {
				c.StrokeLine2(draw.LineStyle{Color: Rule, Width: 0.5}, c.Min.X, h, c.Max.X, h)
			}
		}
	}
}

func addSeries(canvas *plot.Plot, p *figure.Plot, s scales) {
	bars := 0
	for i, series := range p.Series {
		if series.Kind == figure.Bars {
			canvas.Add(barMarks(i, bars, series, s))
			bars++
		}
	}
	for _, level := range p.Levels {
		canvas.Add(mark(func(c draw.Canvas, x, y func(float64) vg.Length) {
			if h := y(level.Y); c.ContainsY(h) {
				c.StrokeLine2(levelStyle, c.Min.X, h, c.Max.X, h)
			}
		}))
	}
	for i, series := range p.Series { // on top of all bars
		if series.Kind != figure.Bars {
			canvas.Add(lineMarks(i, series, s))
		}
		if series.Kind == figure.Points && len(series.X) == 1 {
			canvas.Add(pointLabel(series, s))
		}
	}
}

// lineMarks draws a series other than bars: band, line, points. What is at
// infinity is not joined to the rest.
func lineMarks(i int, s figure.Series, scale scales) mark {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		points := make([]vg.Point, len(s.X))
		finite := 0
		for k := range s.X {
			points[k] = vg.Point{X: x(scale.x.place(s.X[k])), Y: y(s.Y[k])}
			if !math.IsInf(s.X[k], 1) {
				finite = k + 1
			}
		}
		joined := points[:finite]
		if s.Kind == figure.Points {
			joined = nil
		}
		if s.Low != nil {
			var band []vg.Point
			for k := range joined {
				band = append(band, vg.Point{X: points[k].X, Y: y(s.Low[k])})
			}
			for k := range slices.Backward(joined) {
				band = append(band, vg.Point{X: points[k].X, Y: y(s.High[k])})
			}
			if len(joined) > 1 {
				c.FillPolygon(color.NRGBA{shade(i).R, shade(i).G, shade(i).B, 0x38}, c.ClipPolygonXY(band))
			} else {
				joined = nil
			}
			for k := len(joined); k < len(points); k++ {
				whisker(c, stroke(i), points[k].X, y(s.Low[k]), y(s.High[k]))
			}
		}
		if s.Kind == figure.Steps {
			joined = stepped(joined)
		}
		if len(joined) > 1 {
			c.StrokeLines(stroke(i), c.ClipLinesXY(joined)...)
		}
		for k, point := range points {
			alone := k >= finite || finite == 1
			if s.Kind != figure.Line && s.Kind != figure.Points && !alone {
				continue
			}
			style := glyph(i)
			if s.Kind == figure.Points { // may stand on colours
				halo := style
				halo.Color, halo.Radius = Ground, style.Radius+0.8
				c.DrawGlyph(halo, point)
			}
			c.DrawGlyph(style, point)
		}
	}
}

func stepped(points []vg.Point) []vg.Point {
	var steps []vg.Point
	for k, p := range points {
		if k > 0 {
			steps = append(steps, vg.Point{X: p.X, Y: points[k-1].Y})
		}
		steps = append(steps, p)
	}
	return steps
}

// whisker draws a bar of error, as far as it is inside.
func whisker(c draw.Canvas, style draw.LineStyle, x, low, high vg.Length) {
	low, high = max(low, c.Min.Y), min(high, c.Max.Y)
	if low > high {
		return
	}
	style.Width, style.Dashes = 0.9, nil
	c.StrokeLine2(style, x, low, x, high)
	for _, end := range []vg.Length{low, high} {
		c.StrokeLine2(style, x-2, end, x+2, end)
	}
}

// barMarks draws the series of bars number i of all series and nth of bars.
func barMarks(i, nth int, s figure.Series, scale scales) mark {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		floor := c.Min.Y
		if !scale.y.log {
			floor = min(max(y(0), c.Min.Y), c.Max.Y)
		}
		// On a log scale, too, all bars are equally wide on paper.
		middle := scale.x.min
		if scale.x.log {
			middle = math.Sqrt(scale.x.min * scale.x.end)
		}
		width := x(middle+scale.barWidth) - x(middle)
		for k := range s.X {
			centre := x(scale.x.place(s.X[k])) + width*(vg.Length(nth)-vg.Length(scale.bars-1)/2)
			top := min(max(y(s.Y[k]), c.Min.Y), c.Max.Y)
			left, right := centre-width*0.46, centre+width*0.46
			c.FillPolygon(shade(i), []vg.Point{{X: left, Y: floor}, {X: right, Y: floor}, {X: right, Y: top}, {X: left, Y: top}})
			if s.Low != nil {
				whisker(c, draw.LineStyle{Color: Ink}, centre, y(s.Low[k]), y(s.High[k]))
			}
		}
	}
}

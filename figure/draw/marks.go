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

// grid draws a line for each labelled tick of the y axis, the one of 0 in the ink of axes
// where values have both signs.
func grid(p *plot.Plot, s scale) mark {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		for _, tick := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
			if h := y(tick.Value); tick.Label != "" && c.ContainsY(h) {
				style := draw.LineStyle{Color: rule, Width: 0.5}
				if tick.Value == 0 && s.min < 0 && s.max > 0 && !s.categories {
					style = draw.LineStyle{Color: ink, Width: 0.6}
				}
				c.StrokeLine2(style, c.Min.X, h, c.Max.X, h)
			}
		}
	}
}

func addSeries(canvas *plot.Plot, p *figure.Plot, s scales, pens []pen) {
	bars := 0
	for i, series := range p.Series {
		if series.Kind == figure.Bars {
			canvas.Add(barMarks(pens[i], bars, series, s))
			bars++
		}
	}
	for _, level := range p.Levels {
		canvas.Add(mark(func(c draw.Canvas, x, y func(float64) vg.Length) {
			if h := y(level.Y); c.ContainsY(h) {
				c.StrokeLine2(levelStyle(level), c.Min.X, h, c.Max.X, h)
			}
		}))
	}
	crowd := crowded(p)
	for i, series := range p.Series { // on top of all bars
		if series.Kind == figure.Rows {
			canvas.Add(rowMarks(pens[i], series))
		} else if series.Kind != figure.Bars {
			canvas.Add(lineMarks(pens[i], series, s, crowd))
		}
		if series.Kind == figure.Points && len(series.X) == 1 {
			canvas.Add(pointLabel(series, s))
		}
	}
}

// crowded reports whether a plot has so many bands that their colours would run into each
// other.
func crowded(p *figure.Plot) bool {
	bands := 0
	for _, s := range p.Series {
		if s.Low != nil && len(s.X) > 1 && (s.Kind == figure.Line || s.Kind == figure.Curve || s.Kind == figure.Steps) {
			bands++
		}
	}
	return bands > 2
}

// lineMarks draws a series other than bars and rows: band, line, points. What is at
// infinity is not joined to the rest. In a crowd a band is a bar of error at each point,
// or, of a curve, its two edges.
func lineMarks(pen pen, s figure.Series, scale scales, crowd bool) mark {
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
			low, high := make([]vg.Point, len(joined)), make([]vg.Point, len(joined))
			for k := range joined {
				low[k], high[k] = vg.Point{X: points[k].X, Y: y(s.Low[k])}, vg.Point{X: points[k].X, Y: y(s.High[k])}
			}
			banded := len(joined)
			edge := draw.LineStyle{Color: color.NRGBA{pen.shade.R, pen.shade.G, pen.shade.B, 0x70}, Width: 0.4}
			switch {
			case len(joined) < 2, crowd && s.Kind != figure.Curve:
				banded = 0
			case crowd:
				c.StrokeLines(edge, c.ClipLinesXY(low, high)...)
			default:
				slices.Reverse(high)
				c.FillPolygon(color.NRGBA{pen.shade.R, pen.shade.G, pen.shade.B, 0x30}, c.ClipPolygonXY(slices.Concat(low, high)))
			}
			for k := banded; k < len(points); k++ {
				whisker(c, pen.stroke(), points[k].X, y(s.Low[k]), y(s.High[k]))
			}
		}
		if s.Kind == figure.Steps {
			joined = stepped(joined)
		}
		if len(joined) > 1 {
			c.StrokeLines(pen.stroke(), c.ClipLinesXY(joined)...)
		}
		for k, point := range points {
			alone := k >= finite || finite == 1
			if s.Kind != figure.Line && s.Kind != figure.Points && !alone {
				continue
			}
			style := pen.glyph()
			if s.Kind == figure.Points { // may stand on colours
				halo := style
				halo.Color, halo.Radius = ground, style.Radius+0.8
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

// rowMarks draws points in rows with their bars of error.
func rowMarks(pen pen, s figure.Series) mark {
	return func(c draw.Canvas, x, y func(float64) vg.Length) {
		for k := range s.X {
			at := vg.Point{X: x(s.X[k]), Y: y(s.Y[k])}
			if s.Low != nil {
				low, high := max(x(s.Low[k]), c.Min.X), min(x(s.High[k]), c.Max.X)
				style := pen.stroke()
				style.Dashes = nil
				c.StrokeLine2(style, low, at.Y, high, at.Y)
				for _, end := range []vg.Length{low, high} {
					c.StrokeLine2(style, end, at.Y-2, end, at.Y+2)
				}
			}
			glyph := pen.glyph()
			glyph.Radius = 3
			c.DrawGlyph(glyph, at)
		}
	}
}

// barMarks draws the nth series of bars.
func barMarks(pen pen, nth int, s figure.Series, scale scales) mark {
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
			c.FillPolygon(pen.shade, []vg.Point{{X: left, Y: floor}, {X: right, Y: floor}, {X: right, Y: top}, {X: left, Y: top}})
			if s.Low != nil {
				whisker(c, draw.LineStyle{Color: ink}, centre, y(s.Low[k]), y(s.High[k]))
			}
		}
	}
}

package draw

import (
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"markovicl/figure"
)

// viridis is the colour map of van der Walt and Smith (2015), at equal
// distances: evenly brighter from low to high, also for the colour-blind and in
// print.
var viridis = []color.RGBA{
	{0x44, 0x01, 0x54, 0xFF}, {0x48, 0x28, 0x78, 0xFF}, {0x3E, 0x49, 0x89, 0xFF}, {0x31, 0x68, 0x8E, 0xFF}, {0x26, 0x82, 0x8E, 0xFF},
	{0x1F, 0x9E, 0x89, 0xFF}, {0x35, 0xB7, 0x79, 0xFF}, {0x6E, 0xCE, 0x58, 0xFF}, {0xB5, 0xDE, 0x2B, 0xFF}, {0xFD, 0xE7, 0x25, 0xFF},
}

// viridisAt returns the colour of a part of the range, 0 to 1.
func viridisAt(part float64) color.RGBA {
	at := part * float64(len(viridis)-1)
	i := min(int(at), len(viridis)-2)
	rest := at - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-rest) + float64(b)*rest)) }
	a, b := viridis[i], viridis[i+1]
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xFF}
}

// edges returns the borders of cells from their centres.
func edges(centres []float64, log bool) []float64 {
	at := slices.Clone(centres)
	if log {
		for i := range at {
			at[i] = math.Log(at[i])
		}
	}
	n := len(at)
	borders := make([]float64, n+1)
	for i := 1; i < n; i++ {
		borders[i] = (at[i-1] + at[i]) / 2
	}
	borders[0], borders[n] = at[0]-(borders[1]-at[0]), at[n-1]+(at[n-1]-borders[n-1])
	if log {
		for i := range borders {
			borders[i] = math.Exp(borders[i])
		}
	}
	return borders
}

// heatPixels is the width and height of a heat map's picture, which is
// stretched over the plot: enough for 300 dpi.
const heatPixels = 900

func heatMap(h *figure.Heat, bar *colourBar, s scales) mark {
	return func(c draw.Canvas, _, _ func(float64) vg.Length) {
		columns := cells(edges(h.X, s.x.log), s.x)
		rows := cells(edges(h.Y, s.y.log), s.y)
		picture := image.NewRGBA(image.Rect(0, 0, heatPixels, heatPixels))
		line := func(i int) []uint8 { return picture.Pix[(heatPixels-1-i)*picture.Stride:][:picture.Stride] }
		colours := make([]color.RGBA, len(h.X)) // of a row of cells; a cell has many pixels
		for i, row := range rows {
			if row < 0 {
				continue
			}
			if i > 0 && row == rows[i-1] {
				copy(line(i), line(i-1))
				continue
			}
			for k, z := range h.Z[row] {
				if colours[k] = (color.RGBA{}); !math.IsNaN(z) { // nothing is drawn where there is no value
					colours[k] = bar.colour(bar.part(z))
				}
			}
			for j, column := range columns {
				if column >= 0 {
					picture.SetRGBA(j, heatPixels-1-i, colours[column])
				}
			}
		}
		c.DrawImage(c.Rectangle, picture)
	}
}

// cells says for each pixel along an axis which cell it shows; -1 for none.
func cells(borders []float64, s scale) []int {
	of := make([]int, heatPixels)
	for i := range of {
		v := s.at((float64(i) + 0.5) / heatPixels)
		cell, _ := slices.BinarySearch(borders, v)
		of[i] = cell - 1
		if cell == 0 || cell == len(borders) {
			of[i] = -1
		}
	}
	return of
}

// colourBar explains the colours of a heat map right of it. It implements
// plot.Plotter and plot.GlyphBoxer.
type colourBar struct {
	label string // in lines
	bands int    // 0: none
	scale scale
}

func newColourBar(h *figure.Heat) *colourBar {
	var all []float64
	for _, row := range h.Z {
		for _, z := range row {
			if !math.IsNaN(z) {
				all = append(all, z)
			}
		}
	}
	b := &colourBar{label: wrap(tickStyle, h.Label, labelWidth), bands: h.Bands, scale: scale{log: h.Log, whole: wholeNumbers(all)}}
	b.scale.fit(all, figure.Axis{}, 0)
	return b
}

// part returns where in the range a value is, 0 to 1.
func (b *colourBar) part(z float64) float64 {
	s := b.scale
	if s.log {
		return math.Log(z/s.min) / math.Log(s.max/s.min)
	}
	return (z - s.min) / (s.max - s.min)
}

// colour returns the colour of a part of the range, of its band if there are
// bands.
func (b *colourBar) colour(part float64) color.RGBA {
	if b.bands > 0 {
		part = min(math.Floor(part*float64(b.bands)), float64(b.bands-1)) / float64(b.bands-1)
	}
	return viridisAt(part)
}

const barGap, barWidth = 10, 10 // points

// Plot implements plot.Plotter.
func (b *colourBar) Plot(c draw.Canvas, _ *plot.Plot) {
	left := c.Max.X + barGap
	lines := strings.Split(b.label, "\n")
	top := c.Max.Y - lineHeight*vg.Length(len(lines)) - 2
	for k, line := range lines {
		c.FillText(tickStyle, vg.Point{X: left, Y: c.Max.Y - lineHeight*vg.Length(k) - 7}, line)
	}
	const steps = 512
	ramp := image.NewRGBA(image.Rect(0, 0, 1, steps))
	for i := range steps {
		ramp.SetRGBA(0, steps-1-i, b.colour(float64(i)/(steps-1)))
	}
	c.DrawImage(vg.Rectangle{Min: vg.Point{X: left, Y: c.Min.Y}, Max: vg.Point{X: left + barWidth, Y: top}}, ramp)
	for _, tick := range b.scale.ticks(7) {
		if part := b.part(tick.Value); tick.Label != "" && part >= 0 && part <= 1 {
			y := c.Min.Y + (top-c.Min.Y)*vg.Length(part)
			c.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.5}, left+barWidth, y, left+barWidth+3, y)
			c.FillText(tickStyle, vg.Point{X: left + barWidth + 5, Y: y - 3}, tick.Label)
		}
	}
}

// GlyphBoxes implements plot.GlyphBoxer: it asks for room right of the plot.
func (b *colourBar) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	var width vg.Length
	for line := range strings.SplitSeq(b.label, "\n") {
		width = max(width, tickStyle.Width(line)+barGap+2)
	}
	for _, tick := range b.scale.ticks(7) {
		width = max(width, tickStyle.Width(tick.Label)+barGap+barWidth+8)
	}
	return []plot.GlyphBox{{X: 1, Y: 0.5, Rectangle: vg.Rectangle{Max: vg.Point{X: width, Y: 1}}}}
}

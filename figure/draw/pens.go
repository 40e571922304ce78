package draw

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"markovicl/figure"
)

// pen is the look of a series: colour, mark and dashes differ from series to series, so
// that none of them has to tell them apart alone.
type pen struct {
	shade  color.RGBA
	shape  draw.GlyphDrawer
	dashes []vg.Length
}

func (p pen) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: p.shade, Radius: 2.3, Shape: p.shape}
}

func (p pen) stroke() draw.LineStyle {
	return draw.LineStyle{Color: p.shade, Width: 1.3, Dashes: p.dashes}
}

// marksOf are the marks of quantities; every other series takes the next of shapes.
var marksOf = map[figure.Quantity]draw.GlyphDrawer{
	figure.Zero: draw.CrossGlyph{}, figure.Trained: draw.TriangleGlyph{}, figure.Best: draw.CircleGlyph{},
	figure.Enlarged: draw.BoxGlyph{}, figure.Floor: draw.PyramidGlyph{}, figure.Bayes: draw.RingGlyph{},
}

var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}

// rounds are the dashes of the series that share a colour: the second of them, the third.
var rounds = [][]vg.Length{nil, {5, 2}, {1.5, 2}}

// pensOf returns the looks of the series of a plot.
func pensOf(p *figure.Plot) []pen {
	pens := make([]pen, len(p.Series))
	used := map[figure.Quantity]int{} // how many series have the quantity, or none
	for i, s := range p.Series {
		k := used[s.Quantity]
		used[s.Quantity]++
		if s.Quantity != "" {
			pens[i] = pen{rgba(figure.Palette[s.Quantity]), marksOf[s.Quantity], rounds[k%len(rounds)]}
			continue
		}
		if s.Kind == figure.Rows { // it has its name beside it
			pens[i] = pen{ink, draw.CircleGlyph{}, nil}
			continue
		}
		others := figure.Others
		pens[i] = pen{rgba(others[k%len(others)]), shapes[k%len(shapes)], rounds[k/len(others)%len(rounds)]}
	}
	return pens
}

// levelStyle is thin and dashed, in the colour of what the level shows.
func levelStyle(l figure.Level) draw.LineStyle {
	style := draw.LineStyle{Color: ink, Width: 0.7, Dashes: []vg.Length{4, 3}}
	if l.Quantity != "" {
		style.Color, style.Width = rgba(figure.Palette[l.Quantity]), 1.1
	}
	return style
}

// rgba is a colour on the light ground, which pictures have.
func rgba(c figure.Colour) color.RGBA {
	shade := color.RGBA{A: 0xFF}
	if n, err := fmt.Sscanf(c.Light, "#%02x%02x%02x", &shade.R, &shade.G, &shade.B); n != 3 || err != nil {
		panic("draw: a colour of the palette is " + c.Light)
	}
	return shade
}

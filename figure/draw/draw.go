// Package draw makes pictures of the plots of package figure: SVG, PNG, PDF, and
// PGF/TikZ for LaTeX, in colours that people with any kind of colour vision can tell
// apart, with every line named where it ends rather than in a legend far away.
//
//	pdf, err := draw.Render(plot, "pdf")
//
// Where to read what: draw.go has pages, panels and text; axes.go ranges and ticks;
// pens.go the look of series, marks.go series; labels.go their names; heat.go heat maps with their colour bars; pdf.go
// and tex.go what the canvases of these formats need.
package draw

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"golang.org/x/image/font/sfnt"

	xfont "golang.org/x/image/font"

	"markovicl/figure"
)

var (
	ground = rgba(figure.Ground)
	ink    = rgba(figure.Ink)
	rule   = rgba(figure.Rule) // lines of the grid
)

// Sizes suit one column of a paper, where 9 points stay legible; panels are
// smaller and have letters of the same size.
const (
	plotWidth   = 4.6 * vg.Inch
	plotHeight  = 3.1 * vg.Inch
	heatHeight  = 3.8 * vg.Inch
	panelWidth  = 3.3 * vg.Inch
	panelHeight = 2.6 * vg.Inch
	margin      = 5 // points round a plot
	dpi         = 200
)

var (
	titleStyle = letters(10, xfont.WeightBold)
	labelStyle = letters(9, xfont.WeightNormal)
	tickStyle  = letters(8.5, xfont.WeightNormal)
)

func letters(size vg.Length, weight xfont.Weight) text.Style {
	return text.Style{
		Color:   ink,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: size},
		Handler: plot.DefaultTextHandler,
	}
}

// Formats are the names of the formats of pictures, which are those of their files:
// SVG, PNG, PDF, and PGF code for \input in a LaTeX document that uses package pgf.
var Formats = []string{"svg", "png", "pdf", "tex"}

// widerFonts is the part of a line that a title fills: where a browser has no font of these
// widths the one that stands in for it may be wider.
const widerFonts = 0.87

// Render draws a plot in one of the Formats. The bytes depend on the plot alone.
func Render(p figure.Plot, format string) ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("plot %s: %w", p.Name, err)
	}
	if len(p.Panels) == 0 {
		width, height := plotWidth, plotHeight
		if p.Heat != nil {
			height = heatHeight
		}
		return render(width, height, format, func(c draw.Canvas) error { return drawPanel(c, p) })
	}
	columns := p.Columns
	if columns == 0 {
		columns = 2
	}
	columns = min(columns, len(p.Panels))
	rows := (len(p.Panels) + columns - 1) / columns
	panelWidth := panelWidth
	if columns == 1 { // below each other, as wide as a plot
		panelWidth = plotWidth
	}
	width := panelWidth * vg.Length(columns)
	title := wrap(titleStyle, p.Title, widerFonts*(width-2*margin))
	top := titleHeight(title)
	height := panelHeight*vg.Length(rows) + top
	return render(width, height, format, func(c draw.Canvas) error {
		if err := write(c, titleStyle, vg.Point{X: margin, Y: c.Max.Y - margin}, title); err != nil {
			return fmt.Errorf("plot %s: %w", p.Name, err)
		}
		for i, panel := range p.Panels {
			left := panelWidth * vg.Length(i%columns)
			above := top + panelHeight*vg.Length(i/columns)
			part := draw.Crop(c, left, left+panelWidth-width, height-above-panelHeight, -above)
			if err := drawPanel(part, panel); err != nil {
				return fmt.Errorf("plot %s, panel %d: %w", p.Name, i+1, err)
			}
		}
		return nil
	})
}

// Panels draws the panels of a plot one by one as SVG, for a page that
// finds places for them; a plot without panels is its own only panel.
func Panels(p figure.Plot) ([][]byte, error) {
	if len(p.Panels) == 0 {
		svg, err := Render(p, "svg")
		return [][]byte{svg}, err
	}
	var all [][]byte
	for _, panel := range p.Panels {
		if err := panel.Check(); err != nil {
			return nil, fmt.Errorf("plot %s: %w", p.Name, err)
		}
		svg, err := render(panelWidth, panelHeight, "svg", func(c draw.Canvas) error { return drawPanel(c, panel) })
		if err != nil {
			return nil, fmt.Errorf("plot %s: %w", p.Name, err)
		}
		all = append(all, svg)
	}
	return all, nil
}

func render(width, height vg.Length, format string, picture func(draw.Canvas) error) ([]byte, error) {
	var canvas vg.CanvasWriterTo
	switch format {
	case "svg":
		canvas = vgsvg.New(width, height)
	case "png":
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))}
	case "pdf":
		canvas = newPDF(width, height)
	case "tex":
		canvas = newTeX(width, height)
	default:
		return nil, fmt.Errorf("plots are drawn as %s, not as %q", strings.Join(Formats, ", "), format)
	}
	c := draw.New(canvas)
	c.SetColor(ground)
	c.Fill(c.Rectangle.Path())
	if err := picture(c); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	if format != "svg" {
		return out.Bytes(), nil
	}
	// Where the font is missing one with the same widths stands in for it.
	svg := bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	svg = bytes.ReplaceAll(svg, []byte("<image "), []byte(`<image preserveAspectRatio="none" `)) // fills its rectangle, as in the PNG
	return bytes.ReplaceAll(svg, []byte("data:image/jpg;"), []byte("data:image/png;")), nil
}

// drawPanel draws one plot: its title, below it in lighter letters the label of
// the y axis (so that nobody has to turn their head), then axes and marks.
func drawPanel(c draw.Canvas, p figure.Plot) error {
	c = draw.Crop(c, margin, -margin, margin, -margin)
	width := c.Max.X - c.Min.X
	for _, line := range []struct {
		style text.Style
		text  string
	}{{titleStyle, p.Title}, {labelStyle, p.Y.Label}} {
		if line.text == "" {
			continue
		}
		words := wrap(line.style, line.text, widerFonts*width)
		if err := write(c, line.style, vg.Point{X: c.Min.X, Y: c.Max.Y}, words); err != nil {
			return err
		}
		c.Max.Y -= titleHeight(words)
	}
	c.Max.Y -= 2

	s := newScales(&p)
	pens := pensOf(&p)
	labels := endLabels(&p, s, pens)
	for _, words := range append(labels.texts(), slices.Concat([]string{p.X.Label}, p.X.Categories, p.Y.Categories)...) {
		if err := drawable(words); err != nil {
			return err
		}
	}
	canvas := plot.New()
	canvas.BackgroundColor = nil
	beside := vg.Length(0.65) // of the width, for the ticks of x
	if s.rows {
		beside = 0.45
	}
	s.x.apply(&canvas.X, p.X, width*beside)
	s.y.apply(&canvas.Y, figure.Axis{Log: p.Y.Log, Categories: p.Y.Categories}, width*0.3)
	canvas.Y.LineStyle.Width = 0
	canvas.Y.Tick.LineStyle.Width = 0
	canvas.X.Padding, canvas.Y.Padding = 0, 5

	if p.Heat != nil {
		bar := newColourBar(p.Heat)
		if err := drawable(p.Heat.Label); err != nil {
			return err
		}
		canvas.Add(heatMap(p.Heat, bar, s), bar)
		canvas.X.Padding = canvas.Y.Padding
		canvas.Y.LineStyle.Width = canvas.X.LineStyle.Width
		c = squared(c, canvas, s)
	} else {
		canvas.Add(grid(canvas, s.y), labels)
	}
	addSeries(canvas, &p, s, pens)
	canvas.Draw(c)
	return nil
}

// squared narrows the canvas so that equal ranges of x and y look equal.
func squared(c draw.Canvas, p *plot.Plot, s scales) draw.Canvas {
	if s.x.log || s.y.log || s.x.max-s.x.min != s.y.max-s.y.min {
		return c
	}
	area := p.DataCanvas(c).Size()
	return draw.Crop(c, 0, min(0, area.Y-area.X), max(0, area.Y-area.X), 0)
}

func titleHeight(s string) vg.Length {
	if s == "" {
		return 0
	}
	return vg.Length(strings.Count(s, "\n")+1) * 13
}

// write writes lines of text down from a left upper corner.
func write(c draw.Canvas, style text.Style, at vg.Point, lines string) error {
	if lines == "" {
		return nil
	}
	if err := drawable(lines); err != nil {
		return err
	}
	for i, line := range strings.Split(lines, "\n") {
		c.FillText(style, vg.Point{X: at.X, Y: at.Y - style.Font.Size - 13*vg.Length(i)}, line)
	}
	return nil
}

// wrap breaks text into lines not wider than the width where words allow it.
func wrap(style text.Style, s string, width vg.Length) string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && style.Width(longer) > width {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	if line != "" {
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// drawable refuses text with letters that the font of the plots does not have:
// they would be boxes in the PNG.
func drawable(s string) error {
	face := font.DefaultCache.Lookup(labelStyle.Font, labelStyle.Font.Size).Face
	var buffer sfnt.Buffer
	for _, r := range s {
		if r == '\n' {
			continue
		}
		glyph, err := face.GlyphIndex(&buffer, r)
		if err != nil {
			return err
		}
		if glyph == 0 {
			return fmt.Errorf("the font of the plots has no %q (%U), which is in %q", r, r, s)
		}
	}
	return nil
}

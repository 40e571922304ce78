package draw

import (
	"image"
	"image/color"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgtex"

	"markovicl/figure"
)

// texCanvas draws with PGF, the ground of TikZ. What vgtex takes for LaTeX is text
// here, closed paths are closed, and pictures are rectangles, for which vgtex would
// write files beside the running program.
type texCanvas struct{ *vgtex.Canvas }

func newTeX(width, height vg.Length) texCanvas { return texCanvas{vgtex.New(width, height)} }

// FillString implements vg.Canvas.
func (c texCanvas) FillString(face font.Face, at vg.Point, text string) {
	// vgtex centres what it gets over the width that it measures of the LaTeX, not of the text.
	code := figure.LaTeX(text)
	at.X += (face.Width(text) - face.Width(code)) / 2
	c.Canvas.FillString(face, at, code)
}

// Stroke implements vg.Canvas.
func (c texCanvas) Stroke(p vg.Path) { c.Canvas.Stroke(closed(p)) }

// closed replaces the end of closed paths by a line to their beginning.
func closed(p vg.Path) vg.Path {
	var out vg.Path
	var begin vg.Point
	for _, part := range p {
		switch part.Type {
		case vg.MoveComp:
			begin = part.Pos
		case vg.CloseComp:
			out.Line(begin)
			continue
		}
		out = append(out, part)
	}
	return out
}

// DrawImage implements vg.Canvas: each rectangle of one colour in the picture becomes
// one on the page.
func (c texCanvas) DrawImage(rect vg.Rectangle, picture image.Image) {
	type run struct {
		from, to int // columns from <= x < to
		shade    color.RGBA
	}
	b := picture.Bounds()
	size := rect.Size()
	begun := map[run]int{} // runs of the row before, with the row that they began in
	flush := func(r run, first, end int) {
		at := func(x, y int) vg.Point {
			return vg.Point{X: rect.Min.X + size.X*vg.Length(x)/vg.Length(b.Dx()), Y: rect.Max.Y - size.Y*vg.Length(y)/vg.Length(b.Dy())}
		}
		var path vg.Path
		path.Move(at(r.from, first))
		path.Line(at(r.to, first))
		path.Line(at(r.to, end))
		path.Line(at(r.from, end))
		path.Close()
		c.SetColor(r.shade)
		c.Fill(path)
	}
	var before []run // in order, so that the same picture has the same bytes
	for y := range b.Dy() + 1 {
		var row []run
		for x := 0; y < b.Dy() && x < b.Dx(); {
			shade := color.RGBAModel.Convert(picture.At(b.Min.X+x, b.Min.Y+y)).(color.RGBA)
			r := run{from: x, shade: shade}
			for x < b.Dx() && color.RGBAModel.Convert(picture.At(b.Min.X+x, b.Min.Y+y)) == shade {
				x++
			}
			if r.to = x; shade.A > 0 {
				row = append(row, r)
			}
		}
		now := map[run]int{}
		for _, r := range row {
			if first, ok := begun[r]; ok {
				now[r] = first
			} else {
				now[r] = y
			}
		}
		for _, r := range before {
			if _, goesOn := now[r]; !goesOn {
				flush(r, begun[r], y)
			}
		}
		begun, before = now, row
	}
}

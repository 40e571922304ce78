package draw

import (
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"

	xfont "golang.org/x/image/font"
)

// Without a date of its own, and with its parts in order, the same plot has the same
// bytes.
func init() {
	fpdf.SetDefaultCatalogSort(true)
	fpdf.SetDefaultCreationDate(time.Unix(0, 0).UTC())
	fpdf.SetDefaultModificationDate(time.Unix(0, 0).UTC())
}

// pdfCanvas draws bold text, and text with letters beyond ASCII, as outlines: the fonts
// of vgpdf have the 256 letters of code page 1252 alone, without minus, infinity or
// Greek, and it looks for bold ones under another name than it gives them.
type pdfCanvas struct{ *vgpdf.Canvas }

func newPDF(width, height vg.Length) pdfCanvas { return pdfCanvas{vgpdf.New(width, height)} }

// FillString implements vg.Canvas.
func (c pdfCanvas) FillString(face font.Face, at vg.Point, text string) {
	plain := face.Font.Weight == xfont.WeightNormal
	for _, r := range text {
		plain = plain && r <= '~'
	}
	if plain {
		c.Canvas.FillString(face, at, text)
		return
	}
	path, err := outline(face, at, text)
	if err != nil {
		panic(fmt.Sprintf("draw: the outline of %q: %v", text, err)) // drawable has seen every letter
	}
	c.Fill(path)
}

// outline returns the borders of the letters of a text that begins at a point.
func outline(face font.Face, at vg.Point, text string) (vg.Path, error) {
	f, buffer := face.Face, &sfnt.Buffer{}
	em := fixed.I(int(f.UnitsPerEm()))
	scale := face.Font.Size / vg.Length(em)
	var path vg.Path
	var before sfnt.GlyphIndex
	x := at.X
	for i, r := range text {
		glyph, err := f.GlyphIndex(buffer, r)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			if kern, err := f.Kern(buffer, before, glyph, em, 0); err == nil { // a font may have none
				x += vg.Length(kern) * scale
			}
		}
		segments, err := f.LoadGlyph(buffer, glyph, em, nil)
		if err != nil {
			return nil, err
		}
		point := func(p fixed.Point26_6) vg.Point {
			return vg.Point{X: x + vg.Length(p.X)*scale, Y: at.Y - vg.Length(p.Y)*scale}
		}
		for k, s := range segments {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if k > 0 {
					path.Close()
				}
				path.Move(point(s.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(point(s.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(point(s.Args[0]), point(s.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(point(s.Args[0]), point(s.Args[1]), point(s.Args[2]))
			}
		}
		if len(segments) > 0 {
			path.Close()
		}
		advance, err := f.GlyphAdvance(buffer, glyph, em, 0)
		if err != nil {
			return nil, err
		}
		x, before = x+vg.Length(advance)*scale, glyph
	}
	return path, nil
}

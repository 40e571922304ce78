package draw_test

import (
	"bytes"
	"compress/zlib"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"markovicl/figure"
	"markovicl/figure/draw"
)

// pages are the drawing commands of a PDF file.
func pages(t *testing.T, pdf []byte) string {
	t.Helper()
	var all strings.Builder
	for _, part := range bytes.Split(pdf, []byte("stream\n"))[1:] {
		r, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue // the end of a stream, or one that is not compressed
		}
		if text, err := io.ReadAll(r); err == nil {
			all.Write(text)
		}
	}
	return all.String()
}

// PDF and PGF files of every kind of plot: the same bytes each time, all words, no
// coordinates that are none, and nothing written beside them.
func TestFormatsOfDocuments(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := os.Getenv("DRAW_SAMPLES")
	for _, p := range samplePlots() {
		for _, format := range []string{"pdf", "tex"} {
			data, err := draw.Render(p, format)
			if err != nil {
				t.Fatal(err)
			}
			again, err := draw.Render(p, format)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(data, again) {
				t.Errorf("%s.%s: the same plot gives different bytes", p.Name, format)
			}
			if folder != "" {
				if err := os.WriteFile(filepath.Join(folder, p.Name+"."+format), data, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			said, labels := string(data), []string{p.X.Label, p.Y.Label, p.Title}
			if format == "pdf" {
				if !bytes.HasPrefix(data, []byte("%PDF-")) || !bytes.Contains(data, []byte("(D:19700101")) {
					t.Errorf("%s: no PDF file without a date", p.Name)
				}
				said, labels = pages(t, data), labels[:2] // titles are outlines
			}
			for _, label := range labels {
				for _, word := range strings.Fields(label) {
					if !strings.Contains(said, word) {
						t.Errorf("%s.%s does not say %q", p.Name, format, word)
					}
				}
			}
			if strings.Contains(said, "NaN") || strings.Contains(said, "Inf ") {
				t.Errorf("%s.%s has coordinates that are not numbers", p.Name, format)
			}
		}
	}
	if entries, _ := os.ReadDir("."); len(entries) > 0 {
		t.Errorf("files were written beside the plots: %v", entries)
	}
	if _, err := draw.Render(samplePlots()[0], "gif"); err == nil || !strings.Contains(err.Error(), "svg, png, pdf, tex") {
		t.Errorf("error %v", err)
	}
}

func TestTextForLaTeX(t *testing.T) {
	line := figure.Series{Name: "50% & ±1", X: figure.Numbers{-2, 1}, Y: figure.Numbers{-1, 2}}
	data, err := draw.Render(figure.Plot{Name: "p", X: figure.Axis{Label: "x_1 ≤ ∞"}, Series: []figure.Series{line}}, "tex")
	if err != nil {
		t.Fatal(err)
	}
	for _, must := range []string{`x\_1 $\leq$ $\infty$`, `50\% \& $\pm$1`, `$-$2`, `\begin{pgfpicture}`, `\end{pgfpicture}`} {
		if !strings.Contains(string(data), must) {
			t.Errorf("the code does not have %s", must)
		}
	}
	if open, shut := strings.Count(string(data), `\begin{pgfscope}`), strings.Count(string(data), `\end{pgfscope}`); open != shut {
		t.Errorf("%d scopes begin and %d end", open, shut)
	}
	for _, r := range string(data) {
		if r > '~' {
			t.Errorf("the code has the letter %q", r)
		}
	}
}

// The rectangles of a heat map cover it, each with the colour of its cell: four cells,
// one of them without a value.
func TestHeatMapInLaTeX(t *testing.T) {
	heat := func(z ...figure.Numbers) string {
		data, err := draw.Render(figure.Plot{Name: "p", Heat: &figure.Heat{X: figure.Numbers{0, 1}, Y: figure.Numbers{0, 1}, Z: z}}, "tex")
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	colours := regexp.MustCompile(`\\color\[rgb\]\{([0-9.,e-]*)\}`)
	count := func(code string) int { return len(colours.FindAllString(code, -1)) }
	// The bar beside the map is the same; a cell more is a rectangle more.
	three := count(heat(figure.Numbers{1, 3}, figure.Numbers{4, math.NaN()}))
	four := count(heat(figure.Numbers{1, 3}, figure.Numbers{4, 2}))
	if four != three+1 {
		t.Errorf("%d colours are set for three cells and %d for four", three, four)
	}
}

// Outlines end where the text does that they stand for.
func TestOutlinesAreAsWideAsText(t *testing.T) {
	face := font.DefaultCache.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans"}, 9)
	for _, text := range []string{"−1.5", "∞", "x ≤ 3"} {
		path, err := draw.Outline(face, vg.Point{X: 3, Y: 4}, text)
		if err != nil {
			t.Fatal(err)
		}
		low, high := path[0].Pos, path[0].Pos
		for _, part := range path {
			if part.Type != vg.CloseComp {
				low.X, high.X = min(low.X, part.Pos.X), max(high.X, part.Pos.X)
				low.Y, high.Y = min(low.Y, part.Pos.Y), max(high.Y, part.Pos.Y)
			}
		}
		width := face.Width(text)
		if low.X < 3 || high.X > 3+width || high.X-low.X < 0.75*width || low.Y < 4-3 || high.Y > 4+9 {
			t.Errorf("the outline of %q, %.1f points wide, reaches from %v to %v", text, width, low, high)
		}
	}
}

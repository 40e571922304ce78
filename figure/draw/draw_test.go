package draw_test

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"markovicl/figure"
	"markovicl/figure/draw"
)

func ptr(x float64) *float64 { return &x }

func TestDrawIsReadableAndRepeatable(t *testing.T) {
	folder := os.Getenv("DRAW_SAMPLES")
	for _, p := range samplePlots() {
		t.Run(p.Name, func(t *testing.T) {
			svg, err := draw.Render(p, "svg")
			if err != nil {
				t.Fatal(err)
			}
			again, err := draw.Render(p, "svg")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(svg, again) {
				t.Error("the same plot gives different bytes")
			}
			said := words(t, svg)
			shown := append(p.Panels, p)
			for _, part := range shown {
				expected := []string{part.Title, part.X.Label, part.Y.Label}
				for _, s := range part.Series {
					expected = append(expected, s.Name)
				}
				for _, l := range part.Levels {
					expected = append(expected, l.Name)
				}
				for _, word := range strings.Fields(strings.Join(append(expected, part.X.Categories...), " ")) {
					if !strings.Contains(said, word) {
						t.Errorf("the SVG does not say %q", word)
					}
				}
			}
			if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
				t.Error("the SVG has coordinates that are not numbers")
			}
			raster, err := draw.Render(p, "png")
			if err != nil {
				t.Fatal(err)
			}
			picture, err := png.Decode(bytes.NewReader(raster))
			if err != nil {
				t.Fatal(err)
			}
			if b := picture.Bounds(); b.Dx() < 800 || b.Dy() < 500 {
				t.Errorf("the PNG has %v, too small to print", b)
			}
			if folder != "" {
				for format, data := range map[string][]byte{"svg": svg, "png": raster} {
					if err := os.WriteFile(filepath.Join(folder, p.Name+"."+format), data, 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// words returns the text of an SVG, which must be well-formed XML.
func words(t *testing.T, svg []byte) string {
	t.Helper()
	var all strings.Builder
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return all.String()
		}
		if err != nil {
			t.Fatalf("the SVG is not XML: %v", err)
		}
		if text, ok := token.(xml.CharData); ok {
			all.Write(text)
			all.WriteByte(' ')
		}
	}
}

func TestDrawEach(t *testing.T) {
	for _, p := range samplePlots() {
		svgs, err := draw.Panels(p)
		if err != nil {
			t.Fatal(err)
		}
		if want := max(1, len(p.Panels)); len(svgs) != want {
			t.Errorf("%s: %d pictures, want %d", p.Name, len(svgs), want)
		}
		for _, svg := range svgs {
			words(t, svg)
		}
	}
}

func TestDrawDegenerateRanges(t *testing.T) {
	inf := math.Inf(1)
	for name, p := range map[string]figure.Plot{
		"one point":         {Series: []figure.Series{{Name: "a", X: figure.Numbers{1}, Y: figure.Numbers{0}}}},
		"one point, log":    {X: figure.Axis{Log: true}, Y: figure.Axis{Log: true}, Series: []figure.Series{{Name: "a", X: figure.Numbers{1}, Y: figure.Numbers{3}}}},
		"constant":          {Series: []figure.Series{{Name: "a", X: figure.Numbers{1, 2}, Y: figure.Numbers{3, 3}}}},
		"tiny":              {Y: figure.Axis{Log: true}, Series: []figure.Series{{X: figure.Numbers{1, 2}, Y: figure.Numbers{1e-300, 1e-9}}}},
		"huge":              {Series: []figure.Series{{X: figure.Numbers{1, 2}, Y: figure.Numbers{-1e200, 1e200}}}},
		"only infinity":     {X: figure.Axis{Log: true}, Series: []figure.Series{{X: figure.Numbers{inf}, Y: figure.Numbers{1}}}},
		"one bar":           {Series: []figure.Series{{Kind: figure.Bars, X: figure.Numbers{1}, Y: figure.Numbers{-1}}}},
		"bars to infinity":  {X: figure.Axis{Log: true}, Y: figure.Axis{Log: true}, Series: []figure.Series{{Kind: figure.Bars, X: figure.Numbers{1, 10, inf}, Y: figure.Numbers{1, 2, 3}}}},
		"beyond the values": {X: figure.Axis{Min: ptr(7)}, Y: figure.Axis{Max: ptr(-3)}, Series: []figure.Series{{X: figure.Numbers{1, 2}, Y: figure.Numbers{3, 3}, Low: []float64{2, 2}, High: []float64{4, 4}}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, format := range []string{"svg", "png"} {
				data, err := draw.Render(p, format)
				if err != nil {
					t.Error(err)
				}
				if format == "svg" && (bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Inf"))) {
					t.Error("the SVG has coordinates that are not numbers")
				}
			}
		})
	}
}

// An axis of whole numbers has no ticks between them, whatever room is added at its ends.
func TestWholeNumbers(t *testing.T) {
	cells := figure.Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	heat := figure.Heat{X: cells, Y: cells}
	for range cells {
		heat.Z = append(heat.Z, cells)
	}
	for name, p := range map[string]figure.Plot{
		"heat":  {Heat: &heat},
		"bars":  {Series: []figure.Series{{Kind: figure.Bars, X: figure.Numbers{1, 2, 4}, Y: figure.Numbers{1, 2, 3}}}},
		"curve": {Series: []figure.Series{{X: figure.Numbers{1, 2, 4}, Y: figure.Numbers{1, 5, 7}}}},
	} {
		svg, err := draw.Render(p, "svg")
		if err != nil {
			t.Fatal(err)
		}
		if said := words(t, svg); strings.Contains(said, ".") || !strings.Contains(said, "4") && !strings.Contains(said, "5") {
			t.Errorf("%s: the ticks are %s", name, said)
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	good := []figure.Series{{X: figure.Numbers{1, 2}, Y: figure.Numbers{3, 4}}}
	for name, p := range map[string]figure.Plot{
		"nothing":          {},
		"missing letter":   {Title: "H⁻¹h", Series: good},
		"NaN":              {Series: []figure.Series{{X: figure.Numbers{1}, Y: figure.Numbers{math.NaN()}}}},
		"0 on a log scale": {Y: figure.Axis{Log: true}, Series: []figure.Series{{X: figure.Numbers{1}, Y: figure.Numbers{0}}}},
	} {
		if _, err := draw.Render(p, "svg"); err == nil {
			t.Errorf("%s: it was drawn", name)
		}
	}
	if _, err := draw.Render(figure.Plot{Series: good}, "gif"); err == nil {
		t.Error("a format that is not known was drawn")
	}
}

func BenchmarkDraw(b *testing.B) {
	for _, p := range samplePlots() {
		for _, format := range []string{"svg", "png"} {
			b.Run(p.Name+"/"+format, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := draw.Render(p, format); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

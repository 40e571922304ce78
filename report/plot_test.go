package report_test

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

	"markovicl/paper"
	"markovicl/report"
)

func ptr(x float64) *float64 { return &x }

// samplePlots has a plot of every kind. REPORT_SAMPLES=DIR go test ./report
// writes their pictures to a folder, to look at them.
func samplePlots() []paper.Plot {
	wave := paper.Series{Name: "optimum of the enlarged model", Kind: paper.Curve}
	trained := paper.Series{Name: "trained"}
	for i := range 60 {
		x := 1 + float64(i)/6
		wave.Add(x, 0.3+0.1*math.Sin(x))
		if i%10 == 0 {
			trained.AddBand(x, 0.5/x+0.1, 0.4/x+0.1, 0.6/x+0.1)
		}
	}
	kinds := paper.Plot{
		Name: "kinds", Title: "A sample of every kind of line, with a title that is so long that it has to be broken",
		X: paper.Axis{Label: "in-context chains n", Log: true}, Y: paper.Axis{Label: "loss"},
		Series: []paper.Series{wave, trained,
			{Name: "separate", Kind: paper.Points, X: paper.Numbers{2, 4, 8}, Y: paper.Numbers{0.2, 0.25, 0.22}},
			{Name: "steps", Kind: paper.Steps, X: paper.Numbers{1, 5, 10.8}, Y: paper.Numbers{0.6, 0.55, 0.21}},
			{Name: "the best one", Kind: paper.Points, X: paper.Numbers{6}, Y: paper.Numbers{0.45}}},
		Levels: []paper.Level{{Name: "Bayes", Y: 0.2}},
	}

	limit := paper.Series{Name: "loss"}
	for _, n := range []float64{1, 3, 10, 30, 100, math.Inf(1)} {
		y := 0.2 + 0.1/n
		limit.AddBand(n, y, y-0.01, y+0.01)
	}
	infinite := paper.Plot{
		Name: "infinite", Title: "Loss by the number of chains", X: paper.Axis{Label: "in-context chains n", Log: true}, Y: paper.Axis{Label: "loss", Log: true},
		Series: []paper.Series{limit}, Levels: []paper.Level{{Name: "limit of anything", Y: 0.2}},
	}

	var panels []paper.Plot
	for states := 2; states <= 4; states++ {
		train, fresh := paper.Series{Name: "training prompts", Kind: paper.Bars}, paper.Series{Name: "fresh prompts", Kind: paper.Bars}
		claimed := paper.Series{Name: "the paper", Kind: paper.Points}
		for depth := range 3 {
			a := 0.5 + 0.15*float64(depth)
			train.AddBand(float64(depth), a, a-0.02, a+0.02)
			fresh.AddBand(float64(depth), 0.9/float64(states), 0.9/float64(states)-0.01, 0.9/float64(states)+0.01)
			claimed.Add(float64(depth), 0.6+0.15*float64(depth))
		}
		panels = append(panels, paper.Plot{
			Title: []string{"two", "three", "four"}[states-2] + " states",
			X:     paper.Axis{Categories: []string{"1 layer", "2 layers", "3 layers"}}, Y: paper.Axis{Label: "accuracy", Min: ptr(0), Max: ptr(1)},
			Series: []paper.Series{train, fresh, claimed}, Levels: []paper.Level{{Name: "Bayes", Y: 1 / float64(states)}},
		})
	}
	bars := panels[1]
	bars.Name = "bars"
	small := paper.Plot{Name: "panels", Title: "Accuracy by depth and number of states", Panels: panels}

	disc := paper.Heat{Label: "v(b), the best loss with b", Log: true}
	for i := range 81 {
		at := float64(i-40) / 40
		disc.X, disc.Y = append(disc.X, at), append(disc.Y, at)
	}
	for _, y := range disc.Y {
		row := paper.Numbers{}
		for _, x := range disc.X {
			z := math.NaN()
			if x*x+y*y <= 1 {
				z = math.Exp(3 * math.Sin(3*x) * math.Cos(2*y))
			}
			row = append(row, z)
		}
		disc.Z = append(disc.Z, row)
	}
	banded := disc
	banded.Bands, banded.Log = 8, false
	bands := paper.Plot{Name: "bands", X: paper.Axis{Label: "first coordinate"}, Y: paper.Axis{Label: "second coordinate"}, Heat: &banded}
	heat := paper.Plot{
		Name: "heat", Title: "The loss over the projective plane", X: paper.Axis{Label: "first coordinate"}, Y: paper.Axis{Label: "second coordinate"},
		Heat: &disc, Series: []paper.Series{{Name: "minimum", Kind: paper.Points, X: paper.Numbers{-0.5}, Y: paper.Numbers{0.1}}},
	}

	crowd := paper.Plot{Name: "crowd", Title: "Nine lines that end close together", X: paper.Axis{Label: "layer"}, Y: paper.Axis{Label: "mean over the prompts"}}
	for k := range 9 {
		s := paper.Series{Name: "k = " + string(rune('1'+k))}
		for layer := range 4 {
			s.Add(float64(layer), 1e-4*(float64(k)*0.1+math.Exp(-float64(layer)))-1e-4)
		}
		crowd.Series = append(crowd.Series, s)
	}
	return []paper.Plot{kinds, infinite, bars, small, heat, bands, crowd}
}

func TestDrawIsReadableAndRepeatable(t *testing.T) {
	folder := os.Getenv("REPORT_SAMPLES")
	for _, p := range samplePlots() {
		t.Run(p.Name, func(t *testing.T) {
			svg, err := report.Draw(p, "svg")
			if err != nil {
				t.Fatal(err)
			}
			again, err := report.Draw(p, "svg")
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
			raster, err := report.Draw(p, "png")
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
		svgs, err := report.DrawEach(p)
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
	for name, p := range map[string]paper.Plot{
		"one point":         {Series: []paper.Series{{Name: "a", X: paper.Numbers{1}, Y: paper.Numbers{0}}}},
		"one point, log":    {X: paper.Axis{Log: true}, Y: paper.Axis{Log: true}, Series: []paper.Series{{Name: "a", X: paper.Numbers{1}, Y: paper.Numbers{3}}}},
		"constant":          {Series: []paper.Series{{Name: "a", X: paper.Numbers{1, 2}, Y: paper.Numbers{3, 3}}}},
		"tiny":              {Y: paper.Axis{Log: true}, Series: []paper.Series{{X: paper.Numbers{1, 2}, Y: paper.Numbers{1e-300, 1e-9}}}},
		"huge":              {Series: []paper.Series{{X: paper.Numbers{1, 2}, Y: paper.Numbers{-1e200, 1e200}}}},
		"only infinity":     {X: paper.Axis{Log: true}, Series: []paper.Series{{X: paper.Numbers{inf}, Y: paper.Numbers{1}}}},
		"one bar":           {Series: []paper.Series{{Kind: paper.Bars, X: paper.Numbers{1}, Y: paper.Numbers{-1}}}},
		"bars to infinity":  {X: paper.Axis{Log: true}, Y: paper.Axis{Log: true}, Series: []paper.Series{{Kind: paper.Bars, X: paper.Numbers{1, 10, inf}, Y: paper.Numbers{1, 2, 3}}}},
		"beyond the values": {X: paper.Axis{Min: ptr(7)}, Y: paper.Axis{Max: ptr(-3)}, Series: []paper.Series{{X: paper.Numbers{1, 2}, Y: paper.Numbers{3, 3}, Low: []float64{2, 2}, High: []float64{4, 4}}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, format := range []string{"svg", "png"} {
				data, err := report.Draw(p, format)
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

func TestDrawRefuses(t *testing.T) {
	good := []paper.Series{{X: paper.Numbers{1, 2}, Y: paper.Numbers{3, 4}}}
	for name, p := range map[string]paper.Plot{
		"nothing":          {},
		"missing letter":   {Title: "H⁻¹h", Series: good},
		"NaN":              {Series: []paper.Series{{X: paper.Numbers{1}, Y: paper.Numbers{math.NaN()}}}},
		"0 on a log scale": {Y: paper.Axis{Log: true}, Series: []paper.Series{{X: paper.Numbers{1}, Y: paper.Numbers{0}}}},
	} {
		if _, err := report.Draw(p, "svg"); err == nil {
			t.Errorf("%s: it was drawn", name)
		}
	}
	if _, err := report.Draw(paper.Plot{Series: good}, "gif"); err == nil {
		t.Error("a format that is not known was drawn")
	}
}

func BenchmarkDraw(b *testing.B) {
	for _, p := range samplePlots() {
		for _, format := range []string{"svg", "png"} {
			b.Run(p.Name+"/"+format, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := report.Draw(p, format); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

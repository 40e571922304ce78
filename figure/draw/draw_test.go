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

// samplePlots has a plot of every kind. DRAW_SAMPLES=DIR go test ./figure/draw
// writes their pictures to a folder, to look at them.
func samplePlots() []figure.Plot {
	wave := figure.Series{Name: "optimum of the enlarged model", Kind: figure.Curve}
	trained := figure.Series{Name: "trained"}
	for i := range 60 {
		x := 1 + float64(i)/6
		wave.Add(x, 0.3+0.1*math.Sin(x))
		if i%10 == 0 {
			trained.AddBand(x, 0.5/x+0.1, 0.4/x+0.1, 0.6/x+0.1)
		}
	}
	kinds := figure.Plot{
		Name: "kinds", Title: "A sample of every kind of line, with a title that is so long that it has to be broken",
		X: figure.Axis{Label: "in-context chains n", Log: true}, Y: figure.Axis{Label: "loss"},
		Series: []figure.Series{wave, trained,
			{Name: "separate", Kind: figure.Points, X: figure.Numbers{2, 4, 8}, Y: figure.Numbers{0.2, 0.25, 0.22}},
			{Name: "steps", Kind: figure.Steps, X: figure.Numbers{1, 5, 10.8}, Y: figure.Numbers{0.6, 0.55, 0.21}},
			{Name: "the best one", Kind: figure.Points, X: figure.Numbers{6}, Y: figure.Numbers{0.45}}},
		Levels: []figure.Level{{Name: "Bayes", Y: 0.2}},
	}

	limit := figure.Series{Name: "loss"}
	for _, n := range []float64{1, 3, 10, 30, 100, math.Inf(1)} {
		y := 0.2 + 0.1/n
		limit.AddBand(n, y, y-0.01, y+0.01)
	}
	infinite := figure.Plot{
		Name: "infinite", Title: "Loss by the number of chains", X: figure.Axis{Label: "in-context chains n", Log: true}, Y: figure.Axis{Label: "loss", Log: true},
		Series: []figure.Series{limit}, Levels: []figure.Level{{Name: "limit of anything", Y: 0.2}},
	}

	var panels []figure.Plot
	for states := 2; states <= 4; states++ {
		train, fresh := figure.Series{Name: "training prompts", Kind: figure.Bars}, figure.Series{Name: "fresh prompts", Kind: figure.Bars}
		claimed := figure.Series{Name: "the paper", Kind: figure.Points}
		for depth := range 3 {
			a := 0.5 + 0.15*float64(depth)
			train.AddBand(float64(depth), a, a-0.02, a+0.02)
			fresh.AddBand(float64(depth), 0.9/float64(states), 0.9/float64(states)-0.01, 0.9/float64(states)+0.01)
			claimed.Add(float64(depth), 0.6+0.15*float64(depth))
		}
		panels = append(panels, figure.Plot{
			Title: []string{"two", "three", "four"}[states-2] + " states",
			X:     figure.Axis{Categories: []string{"1 layer", "2 layers", "3 layers"}}, Y: figure.Axis{Label: "accuracy", Min: ptr(0), Max: ptr(1)},
			Series: []figure.Series{train, fresh, claimed}, Levels: []figure.Level{{Name: "Bayes", Y: 1 / float64(states)}},
		})
	}
	bars := panels[1]
	bars.Name = "bars"
	small := figure.Plot{Name: "panels", Title: "Accuracy by depth and number of states", Panels: panels}

	disc := figure.Heat{Label: "v(b), the best loss with b", Log: true}
	for i := range 81 {
		at := float64(i-40) / 40
		disc.X, disc.Y = append(disc.X, at), append(disc.Y, at)
	}
	for _, y := range disc.Y {
		row := figure.Numbers{}
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
	bands := figure.Plot{Name: "bands", X: figure.Axis{Label: "first coordinate"}, Y: figure.Axis{Label: "second coordinate"}, Heat: &banded}
	heat := figure.Plot{
		Name: "heat", Title: "The loss over the projective plane", X: figure.Axis{Label: "first coordinate"}, Y: figure.Axis{Label: "second coordinate"},
		Heat: &disc, Series: []figure.Series{{Name: "minimum", Kind: figure.Points, X: figure.Numbers{-0.5}, Y: figure.Numbers{0.1}}},
	}

	crowd := figure.Plot{Name: "crowd", Title: "Nine lines that end close together", X: figure.Axis{Label: "layer"}, Y: figure.Axis{Label: "mean over the prompts"}}
	for k := range 9 {
		s := figure.Series{Name: "k = " + string(rune('1'+k))}
		for layer := range 4 {
			s.Add(float64(layer), 1e-4*(float64(k)*0.1+math.Exp(-float64(layer)))-1e-4)
		}
		crowd.Series = append(crowd.Series, s)
	}
	ends := figure.Plot{Name: "ends", Title: "Quantities, one of which ends early, and signs", X: figure.Axis{Label: "d"}, Y: figure.Axis{Label: "loss less another"},
		Levels: []figure.Level{{Name: "Bayes", Y: -0.12, Quantity: figure.Bayes}}}
	for k, q := range []figure.Quantity{figure.Zero, figure.Trained, figure.Trained, figure.Best, figure.Enlarged, figure.Floor} {
		s := figure.Series{Name: string(q), Quantity: q}
		for d := 1; d <= 10-2*(k%3); d++ {
			y := 0.3/float64(d) - 0.03*float64(k)
			s.AddBand(float64(d), y, y-0.01, y+0.01)
		}
		ends.Series = append(ends.Series, s)
	}
	rows := figure.Plot{Name: "rows", Title: "Squared error of predictors", X: figure.Axis{Label: "squared error"},
		Y: figure.Axis{Categories: []string{"svm", "linear-posterior", "best-lsa", "bayes"}}}
	for i, q := range []figure.Quantity{"", "", figure.Best, figure.Bayes} {
		x := 0.3 - 0.04*float64(i)
		rows.Series = append(rows.Series, figure.Series{Name: "0.2" + string(rune('0'+i)), Kind: figure.Rows, Quantity: q,
			X: figure.Numbers{x}, Y: figure.Numbers{float64(i)}, Low: []float64{x - 0.005}, High: []float64{x + 0.005}})
	}
	return []figure.Plot{kinds, infinite, bars, small, heat, bands, crowd, ends, rows}
}

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

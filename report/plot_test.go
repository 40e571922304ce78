package report_test

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"os"
	"testing"

	"markovicl/paper"
	"markovicl/report"
)

func samplePlot() paper.Plot {
	wave := paper.Series{Name: "sine", Kind: paper.Curve}
	band := paper.Series{Name: "trained", Low: []float64{}, High: []float64{}}
	for i := range 60 {
		x := 1 + float64(i)/6
		wave.X = append(wave.X, x)
		wave.Y = append(wave.Y, 0.3+0.1*math.Sin(x))
		if i%10 == 0 {
			band.X = append(band.X, x)
			band.Y = append(band.Y, 0.5/x+0.1)
			band.Low = append(band.Low, 0.4/x+0.1)
			band.High = append(band.High, 0.6/x+0.1)
		}
	}
	return paper.Plot{
		Name: "sample", Title: "A sample of every kind of line",
		X: paper.Axis{Label: "in-context chains n", Log: true}, Y: paper.Axis{Label: "loss"},
		Series: []paper.Series{wave, band,
			{Name: "points", Kind: paper.Points, X: []float64{2, 4, 8}, Y: []float64{0.2, 0.25, 0.22}},
			{Name: "steps", Kind: paper.Steps, X: []float64{1, 5, 10.8}, Y: []float64{0.6, 0.55, 0.21}}},
		Levels: []paper.Level{{Name: "Bayes", Y: 0.2}},
	}
}

func TestDrawIsReadableAndRepeatable(t *testing.T) {
	p := samplePlot()
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
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the SVG is not XML: %v", err)
		}
	}
	for _, word := range []string{"sine", "trained", "points", "steps", "Bayes", "in-context chains n"} {
		if !bytes.Contains(svg, []byte(word)) {
			t.Errorf("the SVG does not say %q", word)
		}
	}
	raster, err := report.Draw(p, "png")
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(raster))
	if err != nil {
		t.Fatal(err)
	}
	if b := picture.Bounds(); b.Dx() < 500 || b.Dy() < 300 {
		t.Errorf("the PNG has %v, too small to read", b)
	}
	if name := os.Getenv("REPORT_SAMPLE"); name != "" { // to look at it
		if err := os.WriteFile(name, raster, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDrawDegenerateRanges(t *testing.T) {
	for name, p := range map[string]paper.Plot{
		"one point": {Series: []paper.Series{{Name: "a", X: []float64{1}, Y: []float64{0}}}},
		"constant":  {Series: []paper.Series{{Name: "a", X: []float64{1, 2}, Y: []float64{3, 3}}}},
		"no points": {Series: []paper.Series{{Name: "a"}}},
	} {
		if _, err := report.Draw(p, "svg"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

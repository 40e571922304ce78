package report_test

import (
	"bytes"
	"image/png"
	"os"
	"testing"

	"markovicl/paper"
	"markovicl/report"
)

func TestDrawPanels(t *testing.T) {
	one, two := samplePlot(), samplePlot()
	two.Title = "Another title"
	svg, err := report.DrawPanels([]paper.Plot{one, two, one}, "svg")
	if err != nil {
		t.Fatal(err)
	}
	again, err := report.DrawPanels([]paper.Plot{one, two, one}, "svg")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(svg, again) {
		t.Error("the same panels give different bytes")
	}
	if n := bytes.Count(svg, []byte(one.Title)); n != 2 || !bytes.Contains(svg, []byte(two.Title)) {
		t.Errorf("the first title is there %d times, want 2", n)
	}
	raster, err := report.DrawPanels([]paper.Plot{one, two}, "png")
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(raster))
	if err != nil {
		t.Fatal(err)
	}
	if b := picture.Bounds(); b.Dx() < 2*b.Dy() {
		t.Errorf("two panels side by side are %v", b)
	}
	if name := os.Getenv("REPORT_PANELS"); name != "" { // to look at it
		if err := os.WriteFile(name, raster, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

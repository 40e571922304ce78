package sweep_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"markovicl/figure"
	"markovicl/figure/draw"
	"markovicl/sweep"
)

const pictureTable = `d,n,seed,loss,realisable
1,1,1,0.5,false
1,1,2,0.7,false
1,10,1,0.4,false
1,10,2,0.4,true
2,1,1,0.3,true
2,1,2,0.1,false
2,10,1,,true
2,10,2,0.2,true
`

func plotOf(t *testing.T, words string) *figure.Plot {
	t.Helper()
	return plotFrom(t, pictureTable, words)
}

func plotFrom(t *testing.T, table, words string) *figure.Plot {
	t.Helper()
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := os.WriteFile(path, []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := sweep.ParsePicture(words)
	if err != nil {
		t.Fatal(err)
	}
	plot, err := p.Plot(path)
	if err != nil {
		t.Fatal(err)
	}
	return plot
}

func TestPictures(t *testing.T) {
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	h := plotOf(t, "x=d y=n color=loss").Heat
	if h == nil || len(h.X) != 2 || len(h.Y) != 2 {
		t.Fatalf("heat %+v", h)
	}
	near("the mean at d 1, n 1", h.Z[0][0], 0.6)
	near("the mean at d 2, n 1", h.Z[0][1], 0.2)
	near("the mean at d 2, n 10, of one", h.Z[1][1], 0.2)

	s := plotOf(t, "x=d y=loss color=n").Series
	if len(s) != 2 || s[0].Name != "n = 1" || s[1].Name != "n = 10" {
		t.Fatalf("curves %+v", s)
	}
	near("the loss at d 1, n 1", s[0].At(1), 0.6)
	near("its band", s[0].High[0]-s[0].Low[0], 2*0.1) // deviations of 0.1, n - 1 = 1, two values
	near("the band of a single value", s[1].High[1]-s[1].Low[1], 0)

	h = plotOf(t, "x=d y=seed color=realisable least=n").Heat
	if !math.IsNaN(h.Z[0][0]) {
		t.Errorf("at d 1, seed 1 it is never true, but %v is shown", h.Z[0][0])
	}
	near("the least n at d 1, seed 2", h.Z[1][0], 10)
	near("the least n at d 2, seed 1", h.Z[0][1], 1)
	near("the least n at d 2, seed 2", h.Z[1][1], 10)
	plot := plotOf(t, "x=d y=realisable least=n")
	near("the least n at d 1", plot.Series[0].At(1), 10)
	near("the least n at d 2", plot.Series[0].At(2), 1)
	if plot.Y.Label != "least n: realisable" {
		t.Errorf("the axis is %q", plot.Y.Label)
	}
	// n = inf is the end of the axis of curves, a name beside the others in a heat map, and
	// no least n.
	limit := pictureTable + "1,inf,1,0.25,true\n3,inf,1,0.1,true\n"
	curve := plotFrom(t, limit, "x=n y=loss color=d log=x")
	if x := curve.Series[0].X; !curve.X.Log || len(x) != 3 || !math.IsInf(x[2], 1) || curve.Series[0].Y[2] != 0.25 {
		t.Errorf("the curve runs over %v on the axis %+v", x, curve.X)
	}
	if _, err := draw.Render(*curve, "svg"); err != nil {
		t.Error(err)
	}
	cells := plotFrom(t, limit, "x=n y=d color=loss log=x")
	if names := cells.X.Categories; !slices.Equal(names, []string{"1", "10", "∞"}) || cells.Heat.Z[0][2] != 0.25 {
		t.Errorf("the heat map has the columns %q and the values %v", names, cells.Heat.Z)
	}
	if _, err := draw.Render(*cells, "svg"); err != nil {
		t.Error(err)
	}
	if least := plotFrom(t, limit, "x=d y=realisable least=n").Series[0]; len(least.X) != 2 {
		t.Errorf("the least n is drawn at %v, with d = 3 where only inf is enough", least.X)
	}
	dir := t.TempDir()
	p, err := sweep.ParsePicture("x=d y=loss name=folder")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Check(dir); err != nil {
		t.Error(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.png"), 0o777); err != nil {
		t.Fatal(err)
	}
	wants(t, p.Check(dir), "folder.png")
	for words, say := range map[string]string{"x=d": "needs x and y", "x=d y=n z=3": "write x=FLAG", "x=d y=n log=z": "log=x", "x=d y=n name=a/b": "no name of a file"} {
		_, err := sweep.ParsePicture(words)
		wants(t, err, say)
	}
}

package sweep_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"markovicl/figure"
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
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := os.WriteFile(path, []byte(pictureTable), 0o666); err != nil {
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
	for words, say := range map[string]string{"x=d": "needs x and y", "x=d y=n z=3": "write x=FLAG", "x=d y=n log=z": "log=x", "x=d y=n name=a/b": "no name of a file"} {
		_, err := sweep.ParsePicture(words)
		wants(t, err, say)
	}
}

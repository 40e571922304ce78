package docs_test

import (
	"context"
	"encoding/csv"
	"flag"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"markovicl/ask"
	"markovicl/figure"
	"markovicl/figure/draw"
)

var update = flag.Bool("update", false, "draw img/losses.svg anew from img/losses.csv")

// loss is a row of img/losses.csv: what there is to know about chains of d+1 binary states with
// uniform kernels and n of them in the context. best is of
// markovicl recover --d D --n N, proven best to one part in a million for every d; d = 12 takes about
// three minutes of CPU.
type loss struct {
	n, d                                          int
	best, enlarged, floor, floorSE, bayes, bayeSE float64
}

func readLosses(t *testing.T) (rows []loss) {
	t.Helper()
	file, err := os.Open("img/losses.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, cells := range table[1:] {
		values := make([]float64, len(cells))
		for i, cell := range cells {
			if values[i], err = strconv.ParseFloat(cell, 64); err != nil {
				t.Fatal(err)
			}
		}
		rows = append(rows, loss{int(values[0]), int(values[1]), values[2], values[3], values[4], values[5], values[6], values[7]})
	}
	return rows
}

// TestLosses asks for the small cases of the README's picture again, and holds all of them
// in their order: Bayes, the floor of every depth, the enlarged optimum, the best transformer.
func TestLosses(t *testing.T) {
	rows := readLosses(t)
	if len(rows) != 24 {
		t.Errorf("%d rows, want d = 1 to 12 for two n", len(rows))
	}
	for _, r := range rows {
		if !(r.bayes-4*r.bayeSE < r.floor && r.floor-4*r.floorSE < r.enlarged) || !(r.best >= r.enlarged*(1-1e-12)) {
			t.Errorf("n = %d, d = %d: not in order: %+v", r.n, r.d, r)
		}
		if r.d > 3 {
			continue
		}
		question := `{"command": "recover", "d": ` + strconv.Itoa(r.d) + `, "n": ` + strconv.Itoa(r.n) + `}`
		q, err := ask.Parse([]byte(question))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := ask.Ask(context.Background(), q, ask.Env{})
		if err != nil {
			t.Fatal(err)
		}
		a := answer.(ask.Results[ask.RecoverAnswer])[0]
		if !a.Certified || math.Abs(a.Loss/r.best-1) > 1e-9 || math.Abs(a.LossEnlarged/r.enlarged-1) > 1e-9 {
			t.Errorf("n = %d, d = %d: the picture has %v and %v, recover finds %v and %v, certified %v", r.n, r.d, r.enlarged, r.best, a.LossEnlarged, a.Loss, a.Certified)
		}
	}
}

// TestLossesPicture holds the picture to the names of what is drawn; go test ./docs -run
// TestLossesPicture -update draws it.
func TestLossesPicture(t *testing.T) {
	plot := figure.Plot{Name: "losses", Title: "Loss by d, uniform kernels", Caption: "Mean squared error by d."}
	for _, n := range []int{10, 100} {
		best, enlarged := figure.Series{Name: "best transformer", Quantity: figure.Best}, figure.Series{Name: "enlarged optimum", Quantity: figure.Enlarged}
		floor, bayes := figure.Series{Name: "floor", Quantity: figure.Floor}, figure.Series{Name: "Bayes risk", Quantity: figure.Bayes}
		for _, r := range readLosses(t) {
			if r.n != n {
				continue
			}
			x := float64(r.d)
			best.Add(x, r.best)
			enlarged.Add(x, r.enlarged)
			floor.Add(x, r.floor)
			bayes.Add(x, r.bayes)
		}
		plot.Panels = append(plot.Panels, figure.Plot{
			Title: "n = " + strconv.Itoa(n), X: figure.Axis{Label: "d"}, Y: figure.Axis{Label: "loss"},
			Series: []figure.Series{enlarged, best, floor, bayes},
		})
	}
	picture, err := draw.Render(plot, "svg")
	if err != nil {
		t.Fatal(err)
	}
	const path = "img/losses.svg"
	if *update {
		if err := os.WriteFile(path, picture, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"best transformer", "enlarged optimum", "floor", "Bayes risk", "n = 100"} {
		if !strings.Contains(string(kept), name) {
			t.Errorf("%s does not show %q", path, name)
		}
	}
}

package report_test

import (
	"fmt"
	"os"
	"path/filepath"

	"markovicl/figure"
	"markovicl/paper"
	"markovicl/report"
)

// A result that a program of one's own has found, as files and as a page.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	folder, err := report.OpenFolder(dir, paper.Settings{Seed: 1})
	if err != nil {
		panic(err)
	}
	loss := figure.Series{Name: "trained"}
	loss.Add(1, 0.41)
	loss.Add(10, 0.35)
	ours := 0.35
	entry := folder.Keep(paper.Outcome{Item: paper.Item{ID: "mine"}, Result: &paper.Result{
		Setup: "two states", Verdict: paper.Holds, Why: "It falls.", Quantity: "loss at n = 10", Ours: &ours,
		Plots: []figure.Plot{{Name: "loss", Series: []figure.Series{loss}}},
	}})
	if err := folder.Finish([]report.Entry{entry}, nil); err != nil {
		panic(err)
	}
	for _, name := range []string{"mine/loss.svg", "mine/result.json", "index.html"} {
		_, err := os.Stat(filepath.Join(dir, name))
		fmt.Println(name, err == nil)
	}
	fmt.Print(report.Markdown([]report.Entry{entry}))
	// Output:
	// mine/loss.svg true
	// mine/result.json true
	// index.html true
	// | item | verdict | quantity | paper | expected | ours |
	// |---|---|---|---:|---:|---:|
	// | mine | holds | loss at n = 10 | – | – | 0.35 |
}

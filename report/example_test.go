package report_test

import (
	"fmt"
	"os"

	"markovicl/paper"
	"markovicl/report"
)

func ExampleDraw() {
	svg, err := report.Draw(paper.Plot{
		Name: "loss", Title: "Loss by the number of chains",
		X:      paper.Axis{Label: "in-context chains n", Log: true},
		Y:      paper.Axis{Label: "loss"},
		Series: []paper.Series{{Name: "optimum", X: paper.Numbers{1, 10, 100}, Y: paper.Numbers{0.40, 0.35, 0.34}}},
		Levels: []paper.Level{{Name: "Bayes", Y: 0.17}},
	}, "svg")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := os.WriteFile(os.DevNull, svg, 0o666); err != nil {
		fmt.Println(err)
	}
	fmt.Println(len(svg) > 1000)
	// Output: true
}

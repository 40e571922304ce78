package draw_test

import (
	"fmt"
	"os"

	"markovicl/figure"
	"markovicl/figure/draw"
)

func Example() {
	svg, err := draw.Render(figure.Plot{
		Name: "loss", Title: "Loss by the number of chains",
		X:      figure.Axis{Label: "in-context chains n", Log: true},
		Y:      figure.Axis{Label: "loss"},
		Series: []figure.Series{{Name: "optimum", X: figure.Numbers{1, 10, 100}, Y: figure.Numbers{0.40, 0.35, 0.34}}},
		Levels: []figure.Level{{Name: "Bayes", Y: 0.17}},
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

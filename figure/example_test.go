package figure_test

import (
	"fmt"

	"markovicl/figure"
)

func Example() {
	loss := figure.Series{Name: "trained"}
	for _, n := range []float64{1, 10, 100} {
		loss.AddBand(n, 0.3+0.1/n, 0.29+0.1/n, 0.31+0.1/n)
	}
	p := figure.Plot{
		Name:   "loss",
		X:      figure.Axis{Label: "in-context chains n", Log: true},
		Y:      figure.Axis{Label: "loss"},
		Series: []figure.Series{loss},
		Levels: []figure.Level{{Name: "Bayes", Y: 0.17}},
	}
	fmt.Println(p.Check(), loss.Last())
	loss.Y[0] = -1
	p.Y.Log = true
	fmt.Println(p.Check())
	// Output:
	// <nil> 0.301
	// series "trained": y[0] = -1
}

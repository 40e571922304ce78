package draw_test

import (
	"math"

	"markovicl/figure"
)

// samplePlots has a plot of every kind. DRAW_SAMPLES=DIR go test ./figure/draw
// writes their pictures to a folder, to look at them.
func samplePlots() []figure.Plot {
	panels := sampleBars()
	bars := panels[1]
	bars.Name = "bars"
	small := figure.Plot{Name: "panels", Title: "Accuracy by depth and number of states", Panels: panels}
	heat, bands := sampleMaps()
	return []figure.Plot{sampleKinds(), sampleInfinite(), bars, small, heat, bands, sampleCrowd(), sampleEnds(), sampleRows()}
}

func sampleKinds() figure.Plot {
	wave := figure.Series{Name: "optimum of the enlarged model", Kind: figure.Curve}
	trained := figure.Series{Name: "trained"}
	for i := range 60 {
		x := 1 + float64(i)/6
		wave.Add(x, 0.3+0.1*math.Sin(x))
		if i%10 == 0 {
			trained.AddBand(x, 0.5/x+0.1, 0.4/x+0.1, 0.6/x+0.1)
		}
	}
	return figure.Plot{
		Name: "kinds", Title: "A sample of every kind of line, with a title that is so long that it has to be broken",
		X: figure.Axis{Label: "in-context chains n", Log: true}, Y: figure.Axis{Label: "loss"},
		Series: []figure.Series{wave, trained,
			{Name: "separate", Kind: figure.Points, X: figure.Numbers{2, 4, 8}, Y: figure.Numbers{0.2, 0.25, 0.22}},
			{Name: "steps", Kind: figure.Steps, X: figure.Numbers{1, 5, 10.8}, Y: figure.Numbers{0.6, 0.55, 0.21}},
			{Name: "the best one", Kind: figure.Points, X: figure.Numbers{6}, Y: figure.Numbers{0.45}}},
		Levels: []figure.Level{{Name: "Bayes", Y: 0.2}},
	}
}

func sampleInfinite() figure.Plot {
	limit := figure.Series{Name: "loss"}
	for _, n := range []float64{1, 3, 10, 30, 100, math.Inf(1)} {
		y := 0.2 + 0.1/n
		limit.AddBand(n, y, y-0.01, y+0.01)
	}
	return figure.Plot{
		Name: "infinite", Title: "Loss by the number of chains", X: figure.Axis{Label: "in-context chains n", Log: true}, Y: figure.Axis{Label: "loss", Log: true},
		Series: []figure.Series{limit}, Levels: []figure.Level{{Name: "limit of anything", Y: 0.2}},
	}
}

func sampleBars() []figure.Plot {
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
	return panels
}

// sampleMaps has a map of colours and one of bands.
func sampleMaps() (heat, bands figure.Plot) {
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
	bands = figure.Plot{Name: "bands", X: figure.Axis{Label: "first coordinate"}, Y: figure.Axis{Label: "second coordinate"}, Heat: &banded}
	heat = figure.Plot{
		Name: "heat", Title: "The loss over the projective plane", X: figure.Axis{Label: "first coordinate"}, Y: figure.Axis{Label: "second coordinate"},
		Heat: &disc, Series: []figure.Series{{Name: "minimum", Kind: figure.Points, X: figure.Numbers{-0.5}, Y: figure.Numbers{0.1}}},
	}
	return heat, bands
}

func sampleCrowd() figure.Plot {
	crowd := figure.Plot{Name: "crowd", Title: "Nine lines that end close together", X: figure.Axis{Label: "layer"}, Y: figure.Axis{Label: "mean over the prompts"}}
	for k := range 9 {
		s := figure.Series{Name: "k = " + string(rune('1'+k))}
		for layer := range 4 {
			s.Add(float64(layer), 1e-4*(float64(k)*0.1+math.Exp(-float64(layer)))-1e-4)
		}
		crowd.Series = append(crowd.Series, s)
	}
	return crowd
}

func sampleEnds() figure.Plot {
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
	return ends
}

func sampleRows() figure.Plot {
	rows := figure.Plot{Name: "rows", Title: "Squared error of predictors", X: figure.Axis{Label: "squared error"},
		Y: figure.Axis{Categories: []string{"svm", "linear-posterior", "best-lsa", "bayes"}}}
	for i, q := range []figure.Quantity{"", "", figure.Best, figure.Bayes} {
		x := 0.3 - 0.04*float64(i)
		rows.Series = append(rows.Series, figure.Series{Name: "0.2" + string(rune('0'+i)), Kind: figure.Rows, Quantity: q,
			X: figure.Numbers{x}, Y: figure.Numbers{float64(i)}, Low: []float64{x - 0.005}, High: []float64{x + 0.005}})
	}
	return rows
}

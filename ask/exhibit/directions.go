package exhibit

import (
	"fmt"
	"math"

	"markovicl/ask"
	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/paper"
)

// CheckDirections returns an error if there is no picture of the landscape of a task.
func CheckDirections(task markov.Task) error {
	if dim := task.Dim(); dim != 2 && dim != 3 {
		return refused("a picture of the landscape shows b with two or three entries; this task has %d", dim)
	}
	return nil
}

// Directions shows v(b) = min_A f(b, A) of a task that CheckDirections allows, with its
// local minima: for two entries of b as a curve over the angle, for three as a map of all
// directions.
func Directions(r *ask.RecoverAnswer) (figure.Plot, error) {
	if err := CheckDirections(r.Task); err != nil {
		return figure.Plot{}, err
	}
	if r.Task.Dim() == 2 {
		return curveOf(r.Task, r.Form(), r)
	}
	return mapOf(r.Task, r.Form(), r), nil
}

func curveOf(task markov.Task, form *moment.Form, r *ask.RecoverAnswer) (figure.Plot, error) {
	const steps = 720
	curve := figure.Series{Name: "best loss for this b", Kind: figure.Curve}
	for i := range steps + 1 {
		angle := math.Pi * float64(i) / steps
		s, c := math.Sincos(angle)
		loss, _, err := landscape.BestGiven(form, []float64{c, s})
		if err != nil {
			return figure.Plot{}, err
		}
		curve.X, curve.Y = append(curve.X, 180*float64(i)/steps), append(curve.Y, loss)
	}
	minima := figure.Series{Name: "local minima", Kind: figure.Points}
	for _, m := range r.LocalMinima {
		angle := math.Mod(math.Atan2(m.B[1], m.B[0])+2*math.Pi, math.Pi)
		minima.X, minima.Y = append(minima.X, 180*angle/math.Pi), append(minima.Y, m.Loss)
	}
	from, to := 0.0, 180.0
	return figure.Plot{
		Name:   "directions",
		Title:  fmt.Sprintf("Loss of the best transformer by direction of b (d = %d, n = %v)", task.Positions(), task.Context()),
		X:      figure.Axis{Label: "direction of b, degrees: 0 is the input, 90 the label", Min: &from, Max: &to},
		Y:      figure.Axis{Label: "loss"},
		Series: []figure.Series{curve, minima},
		Levels: []figure.Level{{Name: "enlarged optimum", Y: r.LossEnlarged}},
	}, nil
}

func mapOf(task markov.Task, form *moment.Form, r *ask.RecoverAnswer) figure.Plot {
	// On a log scale, as contours crowd towards the minimum; where the enlarged
	// optimum is attained the scale has to end above 0.
	least := max(r.Loss-r.LossEnlarged, 1e-4*(form.C-r.LossEnlarged))
	heat := paper.Directions(func(b [3]float64) float64 {
		loss, _, err := landscape.BestGiven(form, b[:])
		if err != nil {
			return math.NaN()
		}
		return max(loss-r.LossEnlarged, least)
	})
	heat.Label, heat.Log, heat.Bands = "above the enlarged optimum", true, 14
	p := figure.Plot{
		Name:  "directions",
		Title: fmt.Sprintf("Loss of the best transformer by direction of b (d = %d, n = %v)", task.Positions(), task.Context()),
		X:     figure.Axis{Label: "first entry of b; the label's is largest in the middle"}, Y: figure.Axis{Label: "second entry; opposite points of the rim are one direction"},
		Heat: &heat,
	}
	for _, minimum := range r.LocalMinima {
		x, y := paper.PlaceOf([3]float64(minimum.B))
		p.Series = append(p.Series, figure.Series{
			Name: fmt.Sprintf("%.6f", minimum.Loss), Kind: figure.Points, X: figure.Numbers{x}, Y: figure.Numbers{y},
		})
	}
	return p
}

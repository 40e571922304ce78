package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/paper"
	"markovicl/report"
)

// writePicture draws v(b) = min_A f(b, A) with its local minima: for two entries
// of b as a curve over the angle, for three as a map of all directions.
func writePicture(path string, task markov.Task, form *moment.Form, r *landscape.Recovery) error {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	var data []byte
	var err error
	switch {
	case task.Dim() == 2 && (format == "svg" || format == "png"):
		data, err = drawCurve(format, task, form, r)
	case task.Dim() == 3 && format == "png":
		data, err = drawMap(task, form, r)
	case task.Dim() == 2 || task.Dim() == 3:
		return badInputf("--picture %s: write a .svg or .png file for two entries of b, a .png file for three", path)
	default:
		return badInputf("--picture shows b with two or three entries; this task has %d", task.Dim())
	}
	if err != nil {
		return err
	}
	return report.WriteFile(path, data)
}

func drawCurve(format string, task markov.Task, form *moment.Form, r *landscape.Recovery) ([]byte, error) {
	const steps = 720
	curve := paper.Series{Name: "best loss for this b", Kind: paper.Curve}
	for i := range steps + 1 {
		angle := math.Pi * float64(i) / steps
		s, c := math.Sincos(angle)
		loss, _, err := landscape.BestGiven(form, []float64{c, s})
		if err != nil {
			return nil, err
		}
		curve.X, curve.Y = append(curve.X, 180*float64(i)/steps), append(curve.Y, loss)
	}
	minima := paper.Series{Name: "local minima", Kind: paper.Points}
	for _, m := range r.LocalMinima {
		angle := math.Mod(math.Atan2(m.B[1], m.B[0])+2*math.Pi, math.Pi)
		minima.X, minima.Y = append(minima.X, 180*angle/math.Pi), append(minima.Y, m.Loss)
	}
	from, to := 0.0, 180.0
	return report.Draw(paper.Plot{
		Name:   "directions",
		Title:  fmt.Sprintf("Loss of the best transformer by direction of b (d = %d, n = %v)", task.Positions(), task.Context()),
		X:      paper.Axis{Label: "direction of b, degrees: 0 is the input, 90 the label", Min: &from, Max: &to},
		Y:      paper.Axis{Label: "loss"},
		Series: []paper.Series{curve, minima},
		Levels: []paper.Level{{Name: "enlarged optimum", Y: r.LossEnlarged}},
	}, format)
}

func drawMap(task markov.Task, form *moment.Form, r *landscape.Recovery) ([]byte, error) {
	m := report.DirectionMap{
		Title: fmt.Sprintf("Best loss by direction of b (d = %d, n = %v), dark is low", task.Positions(), task.Context()),
		Value: func(b [3]float64) float64 {
			loss, _, err := landscape.BestGiven(form, b[:])
			if err != nil {
				return math.NaN()
			}
			return loss
		},
	}
	// Contours crowd towards the minimum: distances from the enlarged optimum
	// grow by a constant factor.
	const bands = 14
	least, most := r.Loss-r.LossEnlarged, form.C-r.LossEnlarged
	for i := range bands + 1 {
		m.Levels = append(m.Levels, r.LossEnlarged+least*math.Pow(most/least, float64(i)/bands))
	}
	for i, minimum := range r.LocalMinima {
		m.Marks = append(m.Marks, report.DirectionMark{
			B: [3]float64(minimum.B), Name: fmt.Sprintf("%.6f", minimum.Loss), Main: i == 0,
		})
	}
	return report.DrawDirections(m)
}

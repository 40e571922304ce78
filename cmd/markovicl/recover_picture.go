package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"markovicl/ask"
	"markovicl/figure"
	"markovicl/figure/draw"
	"markovicl/internal/atomicfile"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/paper"
)

// pictureFormat is the format that the name of a file asks for.
func pictureFormat(path string) string {
	return strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
}

// drawn returns an error if the name of a file asks for no format that can be drawn.
func drawn(flag, path string) error {
	if !slices.Contains(draw.Formats, pictureFormat(path)) {
		return badInputf("%s %s: the ending of the name says what to draw; give it one of .%s", flag, path, strings.Join(draw.Formats, ", ."))
	}
	return nil
}

// drawable returns an error if there is no picture of the landscape of a task.
func drawable(task markov.Task) error {
	if dim := task.Dim(); dim != 2 && dim != 3 {
		return badInputf("--picture shows b with two or three entries; this task has %d", dim)
	}
	return nil
}

// writePicture draws v(b) = min_A f(b, A) with its local minima: for two entries
// of b as a curve over the angle, for three as a map of all directions.
func writePicture(path string, r *ask.RecoverAnswer) error {
	task, form := r.Task, r.Form()
	render := drawMap
	if task.Dim() == 2 {
		render = drawCurve
	}
	data, err := render(pictureFormat(path), task, form, r)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, data)
}

func drawCurve(format string, task markov.Task, form *moment.Form, r *ask.RecoverAnswer) ([]byte, error) {
	const steps = 720
	curve := figure.Series{Name: "best loss for this b", Kind: figure.Curve}
	for i := range steps + 1 {
		angle := math.Pi * float64(i) / steps
		s, c := math.Sincos(angle)
		loss, _, err := landscape.BestGiven(form, []float64{c, s})
		if err != nil {
			return nil, err
		}
		curve.X, curve.Y = append(curve.X, 180*float64(i)/steps), append(curve.Y, loss)
	}
	minima := figure.Series{Name: "local minima", Kind: figure.Points}
	for _, m := range r.LocalMinima {
		angle := math.Mod(math.Atan2(m.B[1], m.B[0])+2*math.Pi, math.Pi)
		minima.X, minima.Y = append(minima.X, 180*angle/math.Pi), append(minima.Y, m.Loss)
	}
	from, to := 0.0, 180.0
	return draw.Render(figure.Plot{
		Name:   "directions",
		Title:  fmt.Sprintf("Loss of the best transformer by direction of b (d = %d, n = %v)", task.Positions(), task.Context()),
		X:      figure.Axis{Label: "direction of b, degrees: 0 is the input, 90 the label", Min: &from, Max: &to},
		Y:      figure.Axis{Label: "loss"},
		Series: []figure.Series{curve, minima},
		Levels: []figure.Level{{Name: "enlarged optimum", Y: r.LossEnlarged}},
	}, format)
}

func drawMap(format string, task markov.Task, form *moment.Form, r *ask.RecoverAnswer) ([]byte, error) {
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
	return draw.Render(p, format)
}

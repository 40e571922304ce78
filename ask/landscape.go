package ask

import (
	"context"
	"math"
	"strconv"
	"strings"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// Landscape asks for v(b), the least loss of a one-layer transformer with a given
// direction of b: on the circle and on the projective plane, where it can be drawn,
// its local minima, and what is at a chosen point. Its answer is a LandscapeAnswer.
type Landscape struct {
	Task
	Points int    `default:"0" help:"Sample the landscape at this many directions of the half circle (b with two entries), or on a map of this many cells across (three entries)."`
	At     string `placeholder:"B1,B2,.." help:"Look at this b: its best A and loss, and the minimum that a descent from there ends at."`
	Starts int    `default:"60" help:"Random starts of the search for local minima."`
	Seed   uint64 `default:"1" help:"Seed of the random starts."`
}

// Command implements Question.
func (*Landscape) Command() string { return "landscape" }

// LandscapeAnswer is what the landscape of a task looks like.
type LandscapeAnswer struct {
	Task         markov.Task `json:"task"`
	LossEnlarged float64     `json:"loss_enlarged"`
	Minima       []Minimum   `json:"minima"` // local minima that were found, lowest first

	// For b with two entries: unit vectors over half a circle and their losses.
	Directions [][]float64 `json:"directions,omitempty"`
	Loss       []float64   `json:"loss,omitempty"`

	// For b with three: the losses on a square map of a hemisphere, seen from above
	// the last axis in Lambert's equal-area projection; cell (i, j) of k x k is at y =
	// (2i+1)/k - 1, x = (2j+1)/k - 1, and null outside of the unit disc. b = (x s, y s,
	// 1 - x^2 - y^2), s = sqrt(2 - x^2 - y^2).
	Map [][]*float64 `json:"map,omitempty"`

	At *LandscapePoint `json:"at,omitempty"`
}

// LandscapePoint is one point of the landscape.
type LandscapePoint struct {
	B         []float64   `json:"b"`
	Loss      float64     `json:"loss"`
	A         [][]float64 `json:"A"`
	Descended Minimum     `json:"descended"` // where a descent from here ends
}

// mostCells bounds the size of a map.
const mostCells = 1000

func (q *Landscape) ask(ctx context.Context, env Env) (Answer, error) {
	switch {
	case q.Points < 0 || q.Points > mostCells:
		return nil, inputf("points", "`points` must be from 0 to %d, got %d", mostCells, q.Points)
	case q.Starts < 1:
		return nil, inputf("starts", "`starts` must be at least 1, got %d", q.Starts)
	}
	task, err := q.task(env)
	if err != nil {
		return nil, err
	}
	at, err := vector("at", q.At, task.Dim())
	if err != nil {
		return nil, err
	}
	if q.Points > 0 && task.Dim() > 3 {
		return nil, inputf("points", "a landscape can be sampled where b has two or three entries; this task has %d", task.Dim())
	}
	moments, err := moment.Of(ctx, task, moment.Options{})
	if err != nil {
		return nil, inputUnlessEnded(ctx, "", err)
	}
	form := moments.At(task.Context())
	optimum, err := landscape.Minimise(ctx, form)
	if err != nil {
		return nil, err
	}
	minima, err := landscape.Minima(ctx, form, q.Starts, q.Seed)
	if err != nil {
		return nil, err
	}
	answer := LandscapeAnswer{Task: task, LossEnlarged: optimum.Loss}
	for _, m := range minima {
		answer.Minima = append(answer.Minima, newMinimum(m))
	}
	if q.Points > 0 {
		env.progress("landscape", 0, 1)
		if err := answer.sample(ctx, form, q.Points); err != nil {
			return nil, err
		}
	}
	if at != nil {
		if answer.At, err = look(form, at); err != nil {
			return nil, input("at", err)
		}
	}
	return answer, nil
}

func newMinimum(m landscape.LocalMinimum) Minimum { return Minimum{m, rowsOf(m.A, len(m.B))} }

// sample fills in the circle or the map.
func (a *LandscapeAnswer) sample(ctx context.Context, form *moment.Form, points int) (err error) {
	if form.Q == 1 {
		for i := range points {
			sin, cos := math.Sincos(math.Pi * float64(i) / float64(points))
			a.Directions = append(a.Directions, []float64{cos, sin})
		}
		a.Loss, err = landscape.Along(ctx, form, a.Directions)
		return err
	}
	a.Map = make([][]*float64, points)
	var directions [][]float64
	var cells []**float64
	for i := range a.Map {
		a.Map[i] = make([]*float64, points)
		y := float64(2*i+1)/float64(points) - 1
		for j := range a.Map[i] {
			x := float64(2*j+1)/float64(points) - 1
			if r := x*x + y*y; r <= 1 {
				s := math.Sqrt(2 - r)
				directions = append(directions, []float64{x * s, y * s, 1 - r})
				cells = append(cells, &a.Map[i][j])
			}
		}
	}
	values, err := landscape.Along(ctx, form, directions)
	if err != nil {
		return err
	}
	for k, cell := range cells {
		*cell = &values[k]
	}
	return nil
}

// look returns what is at b.
func look(form *moment.Form, b []float64) (*LandscapePoint, error) {
	loss, A, err := landscape.BestGiven(form, b)
	if err != nil {
		return nil, err
	}
	end, err := landscape.Descend(form, b)
	if err != nil {
		return nil, err
	}
	return &LandscapePoint{B: b, Loss: loss, A: rowsOf(A, len(b)), Descended: newMinimum(end)}, nil
}

// vector reads numbers separated by commas, as many as wanted; nil if there is no text.
func vector(field, text string, want int) ([]float64, error) {
	if text == "" {
		return nil, nil
	}
	words := strings.Split(text, ",")
	if len(words) != want {
		return nil, inputf(field, "`%s` %q has %d numbers, want %d", field, text, len(words), want)
	}
	x := make([]float64, len(words))
	for i, word := range words {
		var err error
		if x[i], err = strconv.ParseFloat(strings.TrimSpace(word), 64); err != nil || math.IsNaN(x[i]) || math.IsInf(x[i], 0) {
			return nil, inputf(field, "`%s` %q: %q is not a number", field, text, word)
		}
	}
	return x, nil
}

package paper

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
)

var figure10 = Item{
	ID:        "fig10",
	Title:     "The loss along each enlarged parameter",
	Source:    "Figure 10",
	Question:  "If one coordinate of X is moved and the others stay at the optimum, is the loss smallest at X*?",
	Statement: "Along each parameter of the enlarged model the loss is a parabola whose minimum is at the closed form's X*.",
	Revision:  3,
	Run:       runFigure10,
}

func runFigure10(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	if s.Quick {
		return figure10Of(ctx, 2, 20_000, s.Seed, progress)
	}
	return figure10Of(ctx, 5, 400_000, s.Seed, progress)
}

const (
	figure10Context = 10   // in-context chains: X* is a transformer there for d = 1
	figure10Panels  = 6    // parameters that are drawn for d = 2, as in the paper
	figure10Batch   = 1000 // prompts of one batch, as in training
)

// parameterRow10 is an enlarged parameter, and where the loss along it is smallest.
type parameterRow10 struct {
	D         int     `column:"d"`
	Block     int     `column:"block"`
	Pair      string  `column:"pair"`
	Optimum   float64 `column:"optimum"`
	Curvature float64 `column:"curvature"`
	Free      float64 `column:"curvature_free"`
	Batch     float64 `column:"minimum_batch"`
	Many      float64 `column:"minimum_many"`
}

// lossRow10 is the loss at X*.
type lossRow10 struct {
	D       int      `column:"d"`
	Loss    float64  `column:"loss"`
	Exact   *string  `column:"loss_exact"` // nil: not affordable
	MSE     estimate `column:"mse"`
	Prompts int      `column:"prompts"`
}

// figure10Of draws the slices for d = 1 and the first of d = 2, and lists all parameters for d up to
// largest. Beside the exact loss it has that of one batch and of many prompts.
func figure10Of(ctx context.Context, largest, prompts int, seed uint64, progress func(done, total int)) (*Result, error) {
	var parameters []parameterRow10
	var losses []lossRow10
	panels := map[int][]figure.Plot{} // of d = 1, and the first six of d = 2
	offset := 0.0                     // the largest distance of a slice's minimum from X*
	curvature := math.Inf(1)          // the least of a slice
	for d := 1; d <= largest; d++ {
		progress(d-1, largest)
		moments, err := momentsOf(ctx, markov.Spec{D: d, P: "1/2"})
		if err != nil {
			return nil, err
		}
		task := moments.Task().WithContext(figure10Context)
		form := moments.At(figure10Context)
		o, err := landscape.Minimise(ctx, form)
		if err != nil {
			return nil, err
		}
		loss, err := loss10(ctx, task, o, prompts, seed)
		if err != nil {
			return nil, err
		}
		losses = append(losses, loss)
		sampler, err := markov.NewSampler(task, seed)
		if err != nil {
			return nil, err
		}
		batch, err := predict.EmpiricalForm(ctx, task, sampler, predict.Settings{Prompts: figure10Batch})
		if err != nil {
			return nil, err
		}
		many, err := predict.EmpiricalForm(ctx, task, sampler, predict.Settings{Prompts: prompts})
		if err != nil {
			return nil, err
		}
		var factor mat.Cholesky
		if !factor.Factorize(form.H) {
			return nil, fmt.Errorf("d = %d: H is not positive definite", d)
		}
		var inverse mat.SymDense
		if err := factor.InverseTo(&inverse); err != nil {
			return nil, fmt.Errorf("d = %d: %w", d, err)
		}
		for i, x := range o.X {
			block, pair := parameterName(d, i)
			at := sliceMinimum(form, o.X, i)
			offset, curvature = math.Max(offset, math.Abs(at-x)), math.Min(curvature, form.H.At(i, i))
			parameters = append(parameters, parameterRow10{d, block, pair, x, form.H.At(i, i), 1 / inverse.At(i, i), sliceMinimum(batch, o.X, i), sliceMinimum(many, o.X, i)})
			if d <= 2 && i < figure10Panels {
				panels[d] = append(panels[d], slicePanel(form, batch, o, i, pair, 1/inverse.At(i, i)))
			}
		}
	}
	progress(largest, largest)
	first := losses[0]
	verdict := verdictFigure10(offset, curvature, first.Loss, first.MSE)
	why := fmt.Sprintf("all %d slices (d = 1 to %d) are parabolas with their minimum at X*, to rounding; the loss of a finite batch has it nearby (d = 1: at %s for a batch of %d)",
		len(parameters), largest, minimaText(parameters), figure10Batch)
	if verdict != Holds {
		why = fmt.Sprintf("a slice has its minimum %.1e from X*, the least curvature of one is %.1e, and the loss at X* is %.6f by the formula and %.6f ± %.6f on prompts", offset, curvature, first.Loss, first.MSE.Mean, first.MSE.SE)
	}
	return &Result{
		Setup: fmt.Sprintf("two states, p = 1/2, uniform kernels, n = %d, d from 1 to %d; exact moments, a batch of %d and %d prompts (seed %d).",
			figure10Context, largest, figure10Batch, prompts, seed),
		Verdict: verdict, Why: why,
		Expected: number(first.Loss), Ours: number(first.MSE.Mean), StandardError: number(first.MSE.SE),
		Quantity: "loss at the closed form's X*, d = 1: by the formula and on fresh prompts",
		Tables: []Table{
			TableOf("parameters", fmt.Sprintf("Each enlarged parameter: block j (of the query's x_j) and a pair of coordinates of the Gram matrix. curvature: half the second derivative of the loss along it, the others fixed at X*; curvature_free: the same with the others at their best. minimum_batch and minimum_many: where the mean loss of %d and of %d prompts is smallest along it, the others at X*. p = 1/2, n = %d.", figure10Batch, prompts, figure10Context), parameters),
			TableOf("losses", "The loss at X*: exactly, as a fraction where it is affordable, and as a mean over prompts.", losses),
		},
		Plots: []figure.Plot{{
			Name: "slices", Title: fmt.Sprintf("The loss along each enlarged parameter (d = 1, p = 1/2, n = %d)", figure10Context),
			Caption: fmt.Sprintf("In each panel the other two parameters are fixed at X*, or move along to their best values. Exact moments, and the mean over one batch of %d prompts. The optimum has the loss %.4f.", figure10Batch, first.Loss),
			Panels:  panels[1],
		}, {
			Name: "slices-d2", Title: fmt.Sprintf("The loss along the first %d enlarged parameters (d = 2, p = 1/2, n = %d)", figure10Panels, figure10Context), Columns: 3,
			Caption: fmt.Sprintf("The parameters of block 1, which meet the query's first feature; in each panel the other %d are fixed at X*, or move along to their best values. Exact moments, and the mean over one batch of %d prompts.", 2*moment.Pairs(3)-1, figure10Batch),
			Panels:  panels[2],
		}},
	}, nil
}

// loss10 returns the loss of an optimum, also as a fraction for d up to 3, and that on prompts.
func loss10(ctx context.Context, task markov.Task, o *landscape.Optimum, prompts int, seed uint64) (row lossRow10, err error) {
	row = lossRow10{D: task.Positions(), Loss: o.Loss, Prompts: prompts}
	if row.D <= 3 {
		fractions, err := moment.ExactOf(ctx, task)
		if err != nil {
			return row, err
		}
		e, _, err := exactOptimum(ctx, fractions.At(figure10Context))
		if err != nil {
			return row, err
		}
		text := markov.FormatRat(e.Loss)
		row.Exact = &text
	}
	sampler, err := markov.NewSampler(task, seed)
	if err != nil {
		return row, err
	}
	enlarged, err := predict.NewEnlarged("optimum", task, o.X)
	if err != nil {
		return row, err
	}
	e, err := predict.Evaluate(ctx, task, sampler, []predict.Predictor{enlarged}, predict.Settings{Prompts: prompts})
	if err != nil {
		return row, err
	}
	row.MSE = e.Scores[0].MSE
	return row, nil
}

// sliceMinimum returns the value of coordinate i at which the form is smallest,
// the other coordinates being those of X.
func sliceMinimum(form *moment.Form, X []float64, i int) float64 {
	slope := form.L[i]
	for k, x := range X {
		slope -= form.H.At(i, k) * x
	}
	return X[i] + slope/form.H.At(i, i)
}

// slicePanel draws the loss along coordinate i through the optimum of a form.
func slicePanel(form, batch *moment.Form, o *landscape.Optimum, i int, pair string, free float64) figure.Plot {
	exact, sampled, profile := figure.Series{Name: "exact", Kind: figure.Curve}, figure.Series{Name: fmt.Sprintf("a batch of %d", figure10Batch), Kind: figure.Curve}, figure.Series{Name: "others at their best", Kind: figure.Curve}
	X := append([]float64(nil), o.X...)
	const steps = 60
	for k := range steps + 1 {
		move := 2*float64(k)/steps - 1
		X[i] = o.X[i] + move
		exact.Add(X[i], form.Loss(X))
		sampled.Add(X[i], batch.Loss(X))
		profile.Add(X[i], o.Loss+free*move*move)
	}
	optimum := figure.Series{Name: "X*", Kind: figure.Points}
	optimum.Add(o.X[i], o.Loss)
	return figure.Plot{
		Title: fmt.Sprintf("X*, entry %s: %.4f", pair, o.X[i]),
		X:     figure.Axis{Label: "entry " + pair}, Y: figure.Axis{Label: "loss"},
		Series: []figure.Series{exact, sampled, profile, optimum},
	}
}

// parameterName names coordinate i of X: its block, counted from 1, and its
// pair of coordinates, as the paper does for d = 1.
func parameterName(d, i int) (block int, pair string) {
	m := moment.Pairs(d + 1)
	coordinate := func(k int) string {
		switch {
		case k == d:
			return "y"
		case d == 1:
			return "x"
		}
		return fmt.Sprintf("x%d", k+1)
	}
	for a := range d + 1 {
		for b := a; b <= d; b++ {
			if moment.PairIndex(d+1, a, b) == i%m {
				return i/m + 1, coordinate(a) + coordinate(b)
			}
		}
	}
	panic("paper: a pair without a place")
}

// minimaText lists the first three parameters, those of d = 1, with the minima of a batch.
func minimaText(rows []parameterRow10) string {
	text := ""
	for i, row := range rows[:3] {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("X_%s = %.3f instead of %.3f", row.Pair, row.Batch, row.Optimum)
	}
	return text
}

package paper

import (
	"context"
	"fmt"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
)

var theorem33 = Item{
	ID:        "thm3.3",
	Title:     "The closed form of the optimum for d = 1",
	Source:    "Theorem 3.3",
	Question:  "For chains of length two with independent starts: is the optimum of the enlarged model a transformer, as the closed form says, and where it is not, how far is the best transformer from it?",
	Statement: "For d = 1 the global optimum of the one-layer loss is given in closed form by parameters (b, A) that realise X* = H⁻¹h.",
	Revision:  4,
	Run:       runTheorem33,
}

// runTheorem33 finds, for each p, the smallest n from which on X* is a
// transformer, which it is where X_xy^2 >= 4 X_xx X_yy, and below it the best
// transformer.
func runTheorem33(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	step, largest := 1, 40 // of p in hundredths; of n
	if s.Quick {
		step, largest = 5, 20
	}
	var smallest []smallestRow33
	var losses []lossRow33
	steps := figure.Series{Kind: figure.Points}
	enlarged, best := figure.Series{Name: "enlarged optimum", Quantity: figure.Enlarged}, figure.Series{Name: "best transformer", Quantity: figure.Best}
	bayes := figure.Series{Name: "Bayes risk", Quantity: figure.Bayes}
	var gaps []figure.Series

	for p := step; p < 100; p += step {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		progress(p, 100)
		rows, row, err := losses33(ctx, p, largest, s.Seed)
		if err != nil {
			return nil, err
		}
		smallest, losses = append(smallest, row), append(losses, rows...)
		steps.Add(row.P, float64(row.N))
		gap := figure.Series{Name: fmt.Sprintf("p = %.1f", row.P)}
		for _, l := range rows {
			if !l.Realisable {
				gap.Add(float64(l.N), l.Best-l.Loss)
			}
			if p == 50 {
				enlarged.Add(float64(l.N), l.Loss)
				best.Add(float64(l.N), l.Best)
				bayes.Add(float64(l.N), l.Bayes)
			}
		}
		if p%20 == 10 {
			gaps = append(gaps, gap)
		}
	}
	progress(100, 100)
	half := steps.At(0.5)
	result := &Result{
		Setup: fmt.Sprintf("d = 1, uniform kernels, independent starts with p from %.2f to %.2f in steps of %.2f, n up to %d; moments, optimum and decision in fractions.",
			steps.X[0], steps.X[len(steps.X)-1], float64(step)/100, largest),
		Why: fmt.Sprintf("the closed form is right where X_xy² ≥ 4 X_xx X_yy, which holds from a moderate number of in-context chains on, n = %.0f for p = 1/2 and n = %.0f for p = %.2f; with fewer chains X* is no transformer and the best one is slightly above it",
			half, steps.Last(), steps.X[len(steps.X)-1]),
		Ours: number(half), StandardError: number(0),
		Quantity: "smallest n at which X* is a transformer, p = 1/2",
		Tables: []Table{
			TableOf("smallest-n", "The smallest number n of in-context chains from which on the optimum is a transformer, by the probability p of starting in state 1, with the discriminant X_xy² - 4 X_xx X_yy there and just below. Decided in fractions, without rounding.", smallest),
			TableOf("losses", "The optimum of the enlarged model, the best transformer with what is proven about it, and the Bayes risk, up to the smallest n at which the optimum is a transformer (p = 1/2: up to the largest n looked at).", losses),
		},
		Plots: []figure.Plot{
			{
				Name: "smallest-n", Title: "From how many chains on is the optimum a transformer? (d = 1)",
				Caption: "Below the points no parameters (b, A) realise the optimum of the enlarged model. Decided in fractions, without rounding.",
				X:       figure.Axis{Label: "probability p that a chain starts in state 1", Min: number(0), Max: number(1)},
				Y:       figure.Axis{Label: "smallest n", Min: number(0)},
				Series:  []figure.Series{steps},
			},
			{
				Name: "gap", Title: "How far the best transformer is above the optimum (d = 1)",
				Caption: "Loss of the best transformer, proven best to a relative 1e-6, less the optimum of the enlarged model, where that optimum is no transformer. From the next n on the difference is 0.",
				X:       figure.Axis{Label: "in-context chains n"}, Y: figure.Axis{Label: "difference in loss", Log: true},
				Series: gaps,
			},
			{
				Name: "losses", Title: "Optimum, best transformer and Bayes risk (d = 1, p = 1/2)",
				Caption: "Mean squared errors. One layer without a constant coordinate predicts 0 whenever the query is in state 0, which is most of its distance to the Bayes risk. Exact moments.",
				X:       figure.Axis{Label: "in-context chains n", Log: true}, Y: figure.Axis{Label: "loss"},
				Series: []figure.Series{enlarged, best, bayes},
			},
		},
	}
	result.judge(verdictClosedForm(0, 0, half), "n large enough")
	return result, nil
}

type smallestRow33 struct {
	P     float64 `column:"p"`
	N     int     `column:"smallest_n"`
	At    float64 `column:"discriminant_at_n"`
	Below float64 `column:"discriminant_below"`
}

type lossRow33 struct {
	P            float64  `column:"p"`
	N            int      `column:"n"`
	Loss         float64  `column:"loss_enlarged"`
	Exact        string   `column:"loss_exact"`
	Best         float64  `column:"loss_best"`
	Lower        *float64 `column:"lower_bound"`
	Method       string   `column:"method"`
	Projection   float64  `column:"loss_projection"`
	Bayes        float64  `column:"bayes_risk"`
	XX           float64  `column:"x_xx"`
	XY           float64  `column:"x_xy"`
	YY           float64  `column:"x_yy"`
	Discriminant float64  `column:"discriminant"`
	Realisable   bool     `column:"realisable"`
}

// losses33 finds, for p in hundredths, from which n up to largest on the optimum is a
// transformer. Losses are of every tenth p, up to that n, and for p = 1/2 up to largest.
func losses33(ctx context.Context, p, largest int, seed uint64) (losses []lossRow33, smallest smallestRow33, err error) {
	fail := func(err error) ([]lossRow33, smallestRow33, error) { return nil, smallestRow33{}, err }
	task, err := markov.NewTask(markov.Spec{D: 1, P: hundredths(p)})
	if err != nil {
		return fail(err)
	}
	moments, err := moment.ExactOf(ctx, task)
	if err != nil {
		return fail(err)
	}
	smallest.P = float64(p) / 100
	for n := 1; n <= largest; n++ {
		form := moments.At(markov.Context(n))
		o, ok, err := exactOptimum(ctx, form)
		if err != nil {
			return fail(err)
		}
		X := floats(o.X)
		row := lossRow33{
			P: smallest.P, N: n, Loss: markov.Float(o.Loss), Exact: markov.FormatRat(o.Loss),
			XX: X[0], XY: X[1], YY: X[2], Discriminant: landscape.Discriminant(X), Realisable: ok,
		}
		switch {
		case ok && smallest.N == 0:
			smallest.N, smallest.At = n, row.Discriminant
		case !ok && smallest.N != 0:
			return fail(fmt.Errorf("p = %s: realisable at n = %d but not at n = %d", hundredths(p), smallest.N, n))
		case !ok:
			smallest.Below = row.Discriminant
		}
		if p%10 != 0 || ok && n > smallest.N && p != 50 {
			continue
		}
		// A realised optimum is best, and its own projection.
		row.Best, row.Lower, row.Projection, row.Method = row.Loss, &row.Loss, row.Loss, string(landscape.Exactly)
		if !ok {
			r, err := recoverForm(ctx, form.Float())
			if err != nil {
				return fail(fmt.Errorf("p = %s, n = %d: %w", hundredths(p), n, err))
			}
			row.Best, row.Lower, row.Projection, row.Method = r.Loss, provenBound(r), r.ProjectionLoss, string(r.Method)
		}
		risk, err := predict.BayesRisk(ctx, task.WithContext(markov.Context(n)), seed, predict.Settings{})
		if err != nil {
			return fail(err)
		}
		row.Bayes = risk.Mean
		losses = append(losses, row)
	}
	if smallest.N == 0 {
		return fail(fmt.Errorf("p = %s: not realisable up to n = %d", hundredths(p), largest))
	}
	return losses, smallest, nil
}

package paper

import (
	"context"
	"fmt"

	"markovicl/certificate"
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
	smallest := Table{
		Name:    "smallest-n",
		Caption: "The smallest number n of in-context chains from which on the optimum is a transformer, by the probability p of starting in state 1, with the discriminant X_xy² - 4 X_xx X_yy there and just below. Decided in fractions, without rounding.",
		Columns: []string{"p", "smallest_n", "discriminant_at_n", "discriminant_below"},
	}
	losses := Table{
		Name:    "losses",
		Caption: "The optimum of the enlarged model, the best transformer with what is proven about it, and the Bayes risk, up to the smallest n at which the optimum is a transformer (p = 1/2: up to the largest n looked at).",
		Columns: []string{"p", "n", "loss_enlarged", "loss_exact", "loss_best", "lower_bound", "method", "loss_projection", "bayes_risk", "x_xx", "x_xy", "x_yy", "discriminant", "realisable"},
	}
	steps := figure.Series{Kind: figure.Points}
	enlarged, best := figure.Series{Name: "enlarged optimum", Quantity: figure.Enlarged}, figure.Series{Name: "best transformer", Quantity: figure.Best}
	bayes := figure.Series{Name: "Bayes risk", Quantity: figure.Bayes}
	var gaps []figure.Series

	for p := step; p < 100; p += step {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		progress(p, 100)
		task, err := markov.NewTask(markov.Spec{D: 1, P: hundredths(p)})
		if err != nil {
			return nil, err
		}
		moments, err := moment.ExactOf(ctx, task)
		if err != nil {
			return nil, err
		}
		gap := figure.Series{Name: fmt.Sprintf("p = %.1f", float64(p)/100)}
		first, before := 0, 0.0
		var at float64
		for n := markov.Context(1); n <= markov.Context(largest); n++ {
			form := moments.At(n)
			o, ok, err := exactOptimum(ctx, form)
			if err != nil {
				return nil, err
			}
			X := floats(o.X)
			discriminant, loss := landscape.Discriminant(X), markov.Float(o.Loss)
			switch {
			case ok && first == 0:
				first, at = int(n), discriminant
			case !ok && first != 0:
				return nil, fmt.Errorf("p = %s: realisable at n = %d but not at n = %d", hundredths(p), first, n)
			case !ok:
				before = discriminant
			}
			if p%10 != 0 || ok && int(n) > first && p != 50 {
				continue
			}
			// A realised optimum is best, and its own projection.
			r := &landscape.Recovery{Loss: loss, LowerBound: certificate.Bound{Value: loss, Claim: moment.Exact}, ProjectionLoss: loss, Method: landscape.Exactly}
			if !ok {
				if r, err = recoverForm(ctx, form.Float()); err != nil {
					return nil, fmt.Errorf("p = %s, n = %d: %w", hundredths(p), n, err)
				}
			}
			risk, err := predict.BayesRisk(ctx, task.WithContext(n), s.Seed, predict.Settings{})
			if err != nil {
				return nil, err
			}
			losses.Add(float64(p)/100, int(n), loss, markov.FormatRat(o.Loss), r.Loss, boundCell(r), string(r.Method), r.ProjectionLoss, risk.Mean, X[0], X[1], X[2], discriminant, ok)
			if !ok {
				gap.Add(float64(n), r.Loss-loss)
			}
			if p == 50 {
				enlarged.Add(float64(n), loss)
				best.Add(float64(n), r.Loss)
				bayes.Add(float64(n), risk.Mean)
			}
		}
		if first == 0 {
			return nil, fmt.Errorf("p = %s: not realisable up to n = %d", hundredths(p), largest)
		}
		smallest.Add(float64(p)/100, first, at, before)
		steps.Add(float64(p)/100, float64(first))
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
		Tables:   []Table{smallest, losses},
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

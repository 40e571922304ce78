package paper

import (
	"context"
	"errors"
	"fmt"
	"math"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/predict"
)

var heads = Item{
	ID:        "heads",
	Title:     "How many heads attain the enlarged optimum?",
	Source:    "beyond Theorem 3.5, which has one head",
	Question:  "If one head cannot realise X*, can several, and what does each further head gain?",
	Statement: "One layer with one head cannot attain the enlarged optimum in general.",
	Revision:  3,
	Run:       runHeads,
}

func runHeads(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	if s.Quick {
		return headsOf(ctx, 3, []markov.Context{10, 100}, 8, 10_000, s.Seed, progress)
	}
	return headsOf(ctx, 6, []markov.Context{1, 10, 100}, 40, 200_000, s.Seed, progress)
}

// attainedHeads is up to which part a loss equals the enlarged optimum, and a prediction,
// which is of order 1, that of X*: more than rounding of a descent, and far less than any gap.
const attainedHeads = 1e-9

// headsRow is the best loss with a number of heads.
type headsRow struct {
	D        int     `column:"d"`
	N        int     `column:"n"`
	Heads    int     `column:"heads"`
	Loss     float64 `column:"loss"`
	Enlarged float64 `column:"loss_enlarged"`
	Above    float64 `column:"above"`
	Attains  bool    `column:"attains"`
	Proven   bool    `column:"proven"`
	Hits     *int    `column:"hits"` // nil: there was no search
}

// simulatedHeads is the closed form of d+1 heads on prompts.
type simulatedHeads struct {
	D          int      `column:"d"`
	N          int      `column:"n"`
	Enlarged   float64  `column:"loss_enlarged"`
	MSE        estimate `column:"mse"`
	Difference float64  `column:"largest_difference"`
}

// headsOf finds, for each d, the best loss with 1 to d+1 heads: with one, proven
// best by a certificate; with d+1, the enlarged optimum in closed form; between,
// the best of several descents. The closed form is run on prompts, too.
func headsOf(ctx context.Context, largest int, numbers []markov.Context, starts, prompts int, seed uint64, progress func(done, total int)) (*Result, error) {
	var rows []headsRow
	var simulated []simulatedHeads
	total, done := 0, 0
	for d := 1; d <= largest; d++ {
		total += d * d * d * (d + 1) * len(numbers)
	}
	most := numbers[len(numbers)-1]
	above := map[markov.Context][]figure.Series{} // the optimum, by n and d
	fewest := map[int]int{}                       // by d: heads found to attain the optimum at the largest n
	var final predict.Metric
	var finalLoss float64
	for d := 1; d <= largest; d++ {
		moments, err := momentsOf(ctx, markov.Spec{D: d})
		if err != nil {
			return nil, err
		}
		for _, n := range numbers {
			form := moments.At(n)
			o, err := landscape.Minimise(ctx, form)
			if err != nil {
				return nil, err
			}
			curve := figure.Series{Name: fmt.Sprintf("d = %d", d)}
			for h := 1; h <= d+1; h++ {
				progress(done, total)
				done += d * d * d
				loss, proven, hits := o.Loss, true, (*int)(nil)
				switch {
				case h == 1:
					r, err := recoverForm(ctx, form)
					if err != nil {
						return nil, err
					}
					loss, proven = r.Loss, r.Certified()
				case h <= d:
					r, err := landscape.BestHeads(ctx, form, o, h, starts, seed)
					if err := errors.Join(err, ctx.Err()); err != nil {
						return nil, err
					}
					loss, proven, hits = math.Max(r.Loss, o.Loss), r.Realises, &r.Hits
				}
				attains := loss-o.Loss <= attainedHeads*loss
				rows = append(rows, headsRow{d, int(n), h, loss, o.Loss, loss - o.Loss, attains, proven, hits})
				curve.Add(float64(h), loss-o.Loss)
				if n == most && attains && fewest[d] == 0 {
					fewest[d] = h
				}
			}
			above[n] = append(above[n], curve)
			score, difference, err := runAllHeads(ctx, moments.Task().WithContext(n), o.X, seed, prompts)
			if err != nil {
				return nil, err
			}
			if difference > attainedHeads {
				return nil, fmt.Errorf("d = %d, n = %d: a prediction of d+1 heads differs from that of X* by %v", d, n, difference)
			}
			simulated = append(simulated, simulatedHeads{d, int(n), o.Loss, estimate{Mean: score.Mean, SE: score.SE}, difference})
			final, finalLoss = score, o.Loss
		}
	}
	progress(total, total)
	spread := ""
	for d := 1; d <= largest; d++ {
		if d > 1 {
			spread += ", "
		}
		spread += fmt.Sprintf("%d", fewest[d])
	}
	plot := figure.Plot{
		Name: "above", Title: "Above the enlarged optimum, by the number of heads (p = 1/2)",
		Caption: "Loss of the best one-layer model found less the enlarged optimum, which d + 1 heads attain in closed form. With one head proven best to a relative 1e-6. Exact moments.",
	}
	for _, n := range numbers {
		plot.Panels = append(plot.Panels, figure.Plot{
			Title: fmt.Sprintf("n = %d", n),
			X:     figure.Axis{Label: "heads"}, Y: figure.Axis{Label: "difference in loss", Min: number(0)},
			Series: above[n],
		})
	}
	gap := above[most][largest-1].Y
	result := &Result{
		Setup: fmt.Sprintf("two states, p = 1/2, uniform kernels, d from 1 to %d, %d values of n up to %d; exact moments, %d starts of the search, %d fresh prompts (seed %d).",
			largest, len(numbers), most, starts, prompts, seed),
		Why: fmt.Sprintf("with one head the optimum is out of reach for d ≥ 2, and d+1 heads attain it for every d, in closed form; two heads already take %.0f%% off the gap at d = %d, n = %d, and the fewest heads found to attain it at n = %d are %s for d = 1 to %d",
			100*(1-gap[1]/gap[0]), largest, most, most, spread, largest),
		Expected: number(0), Ours: number(final.Mean - finalLoss), StandardError: number(final.SE),
		Quantity: fmt.Sprintf("loss of d+1 heads on fresh prompts less the enlarged optimum, d = %d, n = %d (0 by the closed form)", largest, most),
		Tables:   []Table{TableOf("heads", fmt.Sprintf("Loss of the best one-layer model with h heads. proven: with one head by a certificate to a relative 1e-6, with d+1 because the enlarged optimum is a bound for any number of heads. Between, the best found by descents from %d random starts: a loss above the optimum is not proven best. attains: equals the enlarged optimum up to a relative 1e-9.", starts), rows), TableOf("simulated", "The d+1 heads in closed form, run as attention on fresh prompts: the enlarged optimum, the mean squared error with its standard error, and the largest difference of a prediction from that of X*.", simulated)},
		Plots:    []figure.Plot{plot},
	}
	result.judge(verdictHeads(gap[0]/finalLoss, estimate{Mean: final.Mean - finalLoss, SE: final.SE}), "")
	return result, nil
}

// runAllHeads runs the D heads that realise X on fresh prompts, and returns
// their mean squared error and their largest distance from X's own predictions.
func runAllHeads(ctx context.Context, task markov.Task, X []float64, seed uint64, prompts int) (mse predict.Metric, difference float64, err error) {
	q := task.QueryDim()
	params := lsa.NewStructured(1, q+1, q+1)
	b, A := landscape.AllHeads(X, q)
	copy(params.B, b)
	copy(params.A, A)
	model, err := predict.NewLSA("heads", task, params)
	if err != nil {
		return predict.Metric{}, 0, err
	}
	enlarged, err := predict.NewEnlarged("optimum", task, X)
	if err != nil {
		return predict.Metric{}, 0, err
	}
	sampler, err := markov.NewSampler(task, seed)
	if err != nil {
		return predict.Metric{}, 0, err
	}
	e, err := predict.Evaluate(ctx, task, sampler, []predict.Predictor{model}, predict.Settings{Prompts: prompts})
	if err != nil {
		return predict.Metric{}, 0, err
	}
	var prompt markov.Prompt
	var one, other predict.Prediction
	for i := range uint64(100) {
		if err := sampler.Prompt(&prompt, i); err != nil {
			return predict.Metric{}, 0, err
		}
		if err := model.Predict(&prompt, &one); err != nil {
			return predict.Metric{}, 0, err
		}
		if err := enlarged.Predict(&prompt, &other); err != nil {
			return predict.Metric{}, 0, err
		}
		difference = math.Max(difference, math.Abs(one.Expected-other.Expected))
	}
	return e.Scores[0].MSE, difference, nil
}

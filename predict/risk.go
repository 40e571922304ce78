package predict

import (
	"context"
	"fmt"
	"math"

	"markovicl/internal/each"
	"markovicl/markov"
	"markovicl/moment"
)

// Risk is the Bayes risk of a task: the mean squared error of the best
// predictor that does not see the kernel, E Var(y | prompt).
type Risk struct {
	Metric
	Exact  bool   // no chance is involved: SE is 0
	Method string // in words
}

// exactStationary is the largest n for which the Bayes risk of a stationary
// start is summed over all counts; there are (n+1)(n+2)(n+3)/3 of them, each
// with an integral.
const exactStationary = 20

// BayesRisk computes the Bayes risk.
//
// For d = 1 it is a sum over the number k of in-context chains that start in
// the query's state: after k transitions from a state with Dirichlet parameters
// of sum A the posterior mean of e(y) has variance v k/((A+1)(A+k)), v the
// variance of e(y) under the prior's mean, and the risk is v minus that. With a
// stationary start, two states and n <= 20 it is a sum over all counts. Else it
// is the mean of the posterior variance of e(y) over set.Prompts simulated
// prompts of the seed, with its standard error; infinitely many chains reveal
// the kernel.
func BayesRisk(ctx context.Context, t markov.Task, seed uint64, set Settings) (Risk, error) {
	if t.Regression() != nil {
		return riskOfRegression(ctx, t, seed, set)
	}
	stationary := t.Start().Kind() == markov.StationaryStart
	switch {
	case t.Prior().Mixture() != nil:
	case t.Positions() == 1 && !stationary:
		return Risk{Metric{Mean: riskBySum(t)}, true, "sum over the counts of transitions"}, nil
	case t.Positions() == 1 && t.States() == 2 && t.Context() <= exactStationary:
		mean, err := riskByStationarySum(ctx, t, set)
		return Risk{Metric{Mean: mean}, true, "sum over the counts of starts and transitions"}, err
	}
	return riskBySampling(ctx, t, seed, set)
}

func riskBySum(t markov.Task) float64 {
	var risk float64
	for x, px := range t.Start().Query() {
		if px == 0 {
			continue
		}
		alpha := t.Prior().Alpha(x)
		var A float64
		for _, a := range alpha {
			A += a
		}
		normalise(alpha)
		v := variance(t, alpha)
		share := t.Start().Context(markov.State(x))[x]
		risk += px * v * (1 - moment.MeanOverBinomial(t.Context(), share, func(k float64) float64 {
			if math.IsInf(k, 1) {
				return 1 / (A + 1)
			}
			return k / ((A + 1) * (A + k))
		}))
	}
	return risk
}

// variance returns the variance of e(y) under a law of y.
func variance(t markov.Task, law []float64) float64 {
	var mean, squares float64
	for s, p := range law {
		mean += p * t.Embedding().Label(markov.State(s))
	}
	for s, p := range law {
		diff := t.Embedding().Label(markov.State(s)) - mean
		squares += p * diff * diff
	}
	return squares
}

// riskByStationarySum sums over how many of the n chains start in 1, how many
// of each kind end in 1, and where the query starts.
func riskByStationarySum(ctx context.Context, t markov.Task, set Settings) (float64, error) {
	n := int(t.Context())
	alpha := counts(append(t.Prior().Alpha(0), t.Prior().Alpha(1)...))
	prior := logBeta(alpha[0], alpha[1]) + logBeta(alpha[2], alpha[3])
	step := t.Embedding().Label(1) - t.Embedding().Label(0)
	parts := make([]float64, n+1)
	err := each.Do(ctx, n+1, each.Settings{Workers: set.Workers}, func(int) func(int) error {
		return func(ones int) error {
			for from0 := 0; from0 <= n-ones; from0++ { // chains 0 -> 1
				for from1 := 0; from1 <= ones; from1++ { // chains 1 -> 1
					c := append(counts(nil), alpha...)
					c[0] += float64(n - ones - from0)
					c[1] += float64(from0)
					c[2] += float64(ones - from1)
					c[3] += float64(from1)
					ways := logChoose(n, ones) + logChoose(n-ones, from0) + logChoose(ones, from1)
					for query := range 2 {
						starts := []float64{float64(n - ones), float64(ones)}
						starts[query]++
						post := stationaryPosterior(c, starts)
						m := post.mean[query]
						parts[ones] += math.Exp(ways+post.logMass-prior) * m * (1 - m)
					}
				}
			}
			return nil
		}
	})
	var sum float64
	for _, part := range parts {
		sum += part
	}
	return sum * step * step, err
}

func logGamma(x float64) float64 {
	l, _ := math.Lgamma(x)
	return l
}

func logBeta(a, b float64) float64 { return logGamma(a) + logGamma(b) - logGamma(a+b) }

func logChoose(n, k int) float64 {
	return -logBeta(float64(n-k+1), float64(k+1)) - math.Log(float64(n+1))
}

// riskOfRegression is the mean over contexts of the variance of y given them: exact
// where it is a sum, else sampled.
func riskOfRegression(ctx context.Context, t markov.Task, seed uint64, set Settings) (Risk, error) {
	contexts, err := moment.NewContexts(t, seed)
	if err != nil {
		return Risk{}, err
	}
	sum, err := contexts.Sum(ctx)
	if err != nil {
		return Risk{}, err
	}
	if sum != nil {
		power := markov.Float(t.Regression().LabelPowerRat())
		return Risk{Metric{Mean: max(0, power-sum.Explained)}, true, sum.Method}, nil
	}
	if set.Prompts == 0 {
		set.Prompts = DefaultPrompts
	}
	if set.Prompts < 2 {
		return Risk{}, fmt.Errorf("the Bayes risk of this task takes at least 2 prompts, for there is no standard error from %d", set.Prompts)
	}
	variances := make([]float64, set.Prompts)
	err = each.Do(ctx, set.Prompts, each.Settings{Workers: set.Workers, Progress: set.Progress}, func(int) func(i int) error {
		draw, failed := contexts.Drawer()
		return func(k int) error {
			if failed != nil {
				return failed
			}
			d, err := draw(set.First + uint64(k))
			if err != nil {
				return err
			}
			variances[k] = d.Query.C
			for i, x := range d.Query.Theta() {
				variances[k] -= x * d.Query.L[i]
			}
			return nil
		}
	})
	if err != nil {
		return Risk{}, err
	}
	return Risk{metric(variances), false, fmt.Sprintf("mean over %d simulated contexts", set.Prompts)}, nil
}

func riskBySampling(ctx context.Context, t markov.Task, seed uint64, set Settings) (Risk, error) {
	if set.Prompts == 0 {
		set.Prompts = DefaultPrompts
	}
	if set.Prompts < 2 {
		return Risk{}, fmt.Errorf("the Bayes risk of this task takes at least 2 prompts, for there is no standard error from %d", set.Prompts)
	}
	var best Predictor = NewBayes(t)
	if t.Context() == markov.Infinite {
		t = t.WithContext(1)
		best = NewOracle(t)
	}
	sampler, err := markov.NewSampler(t, seed)
	if err != nil {
		return Risk{}, err
	}
	variances := make([]float64, set.Prompts)
	err = each.Do(ctx, set.Prompts, each.Settings{Workers: set.Workers, Progress: set.Progress}, func(int) func(int) error {
		var prompt markov.Prompt
		var out Prediction
		return func(k int) error {
			if err := sampler.Prompt(&prompt, set.First+uint64(k)); err != nil {
				return err
			}
			if err := best.Predict(&prompt, &out); err != nil {
				return err
			}
			variances[k] = variance(t, out.Distribution)
			return nil
		}
	})
	if err != nil {
		return Risk{}, err
	}
	return Risk{metric(variances), false, fmt.Sprintf("mean over %d simulated prompts", set.Prompts)}, nil
}

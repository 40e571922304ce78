package predict

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"markovicl/internal/each"
	"markovicl/markov"
)

// CurveSettings say how learning curves are made.
type CurveSettings struct {
	Contexts  []int   // numbers of in-context chains, ascending, none above the task's n; nil is 1..n
	Prompts   int     // 0 is 1000
	Resamples int     // bootstrap resamples; 0 is 1000
	Level     float64 // of the bootstrap intervals; 0 is 0.9
	Seed      uint64  // of the bootstrap
	Workers   int     // 0 is one for each processor; no result depends on it
	Progress  func(done, total int)
}

// Band is a mean over prompts and a bootstrap percentile interval around it.
type Band struct{ Mean, Low, High float64 }

// CurvePoint is how a predictor did with n in-context chains.
type CurvePoint struct {
	N        int
	MSE      Band
	Accuracy Band
}

// Curve is one predictor's learning curve.
type Curve struct {
	Name   string
	Points []CurvePoint // by ascending N
}

// LearningCurves measures predictors against the number of in-context chains.
// All points use the same prompts of the source, of which a point with n chains
// shows only the first n: the chains of a prompt are exchangeable, so that is a
// prompt of the task with n chains. The predictors may depend on n; for each n
// the function must return the same names in the same order. All predictors and
// points share their bootstrap resamples of the prompts.
func LearningCurves(ctx context.Context, t markov.Task, source Source, predictors func(n int) ([]Predictor, error), set CurveSettings) ([]Curve, error) {
	if t.Context() == markov.Infinite {
		return nil, errors.New("a learning curve takes a finite n")
	}
	if set.Contexts == nil {
		for n := 1; n <= int(t.Context()); n++ {
			set.Contexts = append(set.Contexts, n)
		}
	}
	if set.Prompts == 0 {
		set.Prompts = DefaultPrompts
	}
	if set.Resamples == 0 {
		set.Resamples = 1000
	}
	if set.Level == 0 {
		set.Level = 0.9
	}
	if !(set.Level > 0 && set.Level < 1) {
		return nil, fmt.Errorf("the level of the intervals must be between 0 and 1, got %v", set.Level)
	}
	boot := newBootstrap(set.Prompts, set.Resamples, set.Level, set.Seed)
	total := len(set.Contexts)
	var curves []Curve
	for i, n := range set.Contexts {
		if n < 1 || n > int(t.Context()) || i > 0 && n <= set.Contexts[i-1] {
			return nil, fmt.Errorf("the numbers of in-context chains must ascend from 1 to at most n = %v, got %d", t.Context(), n)
		}
		list, err := predictors(n)
		if err != nil {
			return nil, err
		}
		e, err := Evaluate(ctx, t.WithContext(markov.Context(n)), firstChains{source, n * (t.Positions() + 1)}, list, Settings{Prompts: set.Prompts, Workers: set.Workers})
		if err != nil {
			return nil, fmt.Errorf("with %d in-context chains: %w", n, err)
		}
		if curves == nil {
			curves = make([]Curve, len(list))
		}
		if len(list) != len(curves) {
			panic(fmt.Sprintf("predict: %d predictors for n = %d, %d before", len(list), n, len(curves)))
		}
		points := make([]CurvePoint, len(list))
		err = each.Do(ctx, len(list), each.Settings{Workers: set.Workers}, func(int) func(int) error {
			return func(k int) error {
				points[k] = CurvePoint{n, boot.band(e.SquaredErrors(k)), boot.band(e.Hits(k))}
				return nil
			}
		})
		if err != nil {
			return nil, err
		}
		for k, p := range list {
			curves[k].Name = p.Name()
			curves[k].Points = append(curves[k].Points, points[k])
		}
		if set.Progress != nil {
			set.Progress(i+1, total)
		}
	}
	return curves, nil
}

// firstChains shows only the first states of a prompt's context.
type firstChains struct {
	source Source
	states int
}

func (f firstChains) Prompt(p *markov.Prompt, i uint64) error {
	if err := f.source.Prompt(p, i); err != nil {
		return err
	}
	p.Context = p.Context[:f.states]
	return nil
}

// bootstrap holds how often each resample takes each prompt.
type bootstrap struct {
	times [][]uint16 // [resamples][prompts]
	level float64
}

func newBootstrap(prompts, resamples int, level float64, seed uint64) *bootstrap {
	rng := rand.New(markov.Stream(seed, 0))
	b := &bootstrap{level: level}
	for range resamples {
		times := make([]uint16, prompts)
		for range prompts {
			times[rng.IntN(prompts)]++
		}
		b.times = append(b.times, times)
	}
	return b
}

// band returns the mean of xs and the percentile interval of its resamples.
func (b *bootstrap) band(xs []float64) Band {
	n := float64(len(xs))
	means := make([]float64, len(b.times))
	for i, times := range b.times {
		var sum float64
		for k, x := range xs {
			sum += float64(times[k]) * x
		}
		means[i] = sum / n
	}
	slices.Sort(means)
	out := (1 - b.level) / 2
	return Band{metric(xs).Mean, quantile(means, out), quantile(means, 1-out)}
}

// quantile interpolates linearly between the order statistics of sorted xs.
func quantile(xs []float64, p float64) float64 {
	at := p * float64(len(xs)-1)
	k := min(int(at), len(xs)-2)
	if k < 0 {
		return xs[0]
	}
	return xs[k] + (at-float64(k))*(xs[k+1]-xs[k])
}

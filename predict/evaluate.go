package predict

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"markovicl/internal/each"
	"markovicl/markov"
)

// Source is [markov.Source].
type Source = markov.Source

// Settings say how predictors are evaluated.
type Settings struct {
	Prompts  int            // number of prompts; 0 is 1000
	First    uint64         // number of the first prompt
	Workers  int            // 0 is one for each processor; no result depends on it
	Progress func(done int) // called now and then with the number of prompts done, by one goroutine at a time; may be nil
}

// DefaultPrompts is the number of prompts where Settings do not say it.
const DefaultPrompts = 1000

// Metric is a mean over prompts and its standard error, which is 0 where nothing was
// sampled, and for a single prompt, of which nothing is known.
type Metric struct{ Mean, SE float64 }

// Score is how a predictor did over many prompts, or, of a model whose loss is known
// exactly, over all: then Prompts is 0, and there is no accuracy.
type Score struct {
	Name         string
	Prompts      int
	MSE          Metric  // mean of (Expected - e(y))^2
	Accuracy     Metric  // how often the state nearest to Expected is y; means nothing for a regression
	AccuracyMode *Metric // how often the most likely state is y; nil without a distribution
	LogLoss      *Metric // mean of -log p(y), p clipped to [1e-15, 1-1e-15]; nil without a distribution
}

// Evaluation is the outcome of several predictors on the same prompts.
type Evaluation struct {
	Scores []Score // in the order of the predictors

	outcomes []outcomes
}

// outcomes are one predictor's on each prompt.
type outcomes struct {
	loss, hit, hitMode, logLoss []float64 // the last two only with a distribution
}

// SquaredErrors returns (Expected - e(y))^2 of predictor i on each prompt. The
// caller must not change it.
func (e *Evaluation) SquaredErrors(i int) []float64 { return e.outcomes[i].loss }

// Hits returns, for each prompt, 1 if the state nearest to the expectation of
// predictor i was the label, else 0. The caller must not change it.
func (e *Evaluation) Hits(i int) []float64 { return e.outcomes[i].hit }

// Difference returns the mean squared error of predictor i minus that of
// predictor j. They had the same prompts, so its standard error is usually
// smaller than those of the two errors suggest.
func (e *Evaluation) Difference(i, j int) Metric {
	return difference(e.outcomes[i].loss, e.outcomes[j].loss)
}

// LogLossDifference is Difference for the log losses of two predictors that both
// have a distribution.
func (e *Evaluation) LogLossDifference(i, j int) Metric {
	return difference(e.outcomes[i].logLoss, e.outcomes[j].logLoss)
}

func difference(a, b []float64) Metric {
	diff := make([]float64, len(a))
	for k := range a {
		diff[k] = a[k] - b[k]
	}
	return metric(diff)
}

// Failure says that a predictor has no answer to a prompt. The others may have.
type Failure struct {
	Name   string // of the predictor
	Prompt uint64
	Err    error
}

// Error returns "prompt P: predictor NAME: ERR".
func (f *Failure) Error() string {
	return fmt.Sprintf("prompt %d: predictor %s: %v", f.Prompt, f.Name, f.Err)
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Evaluate runs the predictors on the prompts of a source. The result does not
// depend on the number of workers. Where a predictor fails the error is a
// *[Failure].
func Evaluate(ctx context.Context, t markov.Task, source Source, predictors []Predictor, set Settings) (*Evaluation, error) {
	if set.Prompts == 0 {
		set.Prompts = DefaultPrompts
	}
	if set.Prompts < 1 {
		return nil, fmt.Errorf("an evaluation takes at least 1 prompt, got %d", set.Prompts)
	}
	e := &Evaluation{outcomes: make([]outcomes, len(predictors))}
	for i := range e.outcomes {
		e.outcomes[i] = outcomes{make([]float64, set.Prompts), make([]float64, set.Prompts), make([]float64, set.Prompts), make([]float64, set.Prompts)}
	}
	hasLaw := make([]atomic.Bool, len(predictors))
	err := each.Do(ctx, set.Prompts, each.Settings{Workers: set.Workers, Progress: set.Progress}, func(int) func(i int) error {
		var prompt markov.Prompt
		var out Prediction
		return func(k int) error {
			if err := source.Prompt(&prompt, set.First+uint64(k)); err != nil {
				return err
			}
			for i, p := range predictors {
				if err := p.Predict(&prompt, &out); err != nil {
					return &Failure{p.Name(), set.First + uint64(k), err}
				}
				if math.IsNaN(out.Expected) || math.IsInf(out.Expected, 0) {
					return &Failure{p.Name(), set.First + uint64(k), fmt.Errorf("it answers %v", out.Expected)}
				}
				e.outcomes[i].record(k, t, &out, &prompt)
				if len(out.Distribution) > 0 {
					hasLaw[i].Store(true)
				}
			}
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	for i, p := range predictors {
		o := &e.outcomes[i]
		score := Score{Name: p.Name(), Prompts: set.Prompts, MSE: metric(o.loss), Accuracy: metric(o.hit)}
		if x := score.MSE.Mean + score.MSE.SE; math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("predictor %s: the squared errors of its predictions leave the range of floating numbers: its parameters are too large for these prompts", p.Name())
		}
		if hasLaw[i].Load() {
			mode, logLoss := metric(o.hitMode), metric(o.logLoss)
			score.AccuracyMode, score.LogLoss = &mode, &logLoss
		}
		e.Scores = append(e.Scores, score)
	}
	return e, nil
}

func (o *outcomes) record(k int, t markov.Task, out *Prediction, prompt *markov.Prompt) {
	diff := out.Expected - t.Target(prompt)
	o.loss[k] = diff * diff
	if prompt.Real != nil {
		return
	}
	label := prompt.Label
	o.hit[k] = indicator(Nearest(t, out.Expected) == label)
	if len(out.Distribution) > 0 {
		const clip = 1e-15
		o.hitMode[k] = indicator(Mode(out.Distribution) == label)
		o.logLoss[k] = -math.Log(min(max(out.Distribution[label], clip), 1-clip))
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// metric returns the mean of numbers and its standard error, 0 for one.
func metric(xs []float64) Metric {
	n := float64(len(xs))
	var sum float64
	for _, x := range xs {
		sum += x
	}
	mean := sum / n
	var squares float64
	for _, x := range xs {
		squares += (x - mean) * (x - mean)
	}
	return Metric{mean, math.Sqrt(squares / max(1, n-1) / n)}
}

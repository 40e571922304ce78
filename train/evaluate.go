package train

import (
	"context"

	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/predict"
)

// Trained models are scored as every predictor is, by [predict.Evaluate]: on fresh prompts
// of a [markov.Sampler], and on those that training has seen, which are a
// [markov.GramSource]'s.

// lsaName names linear self-attention in a Score.
const lsaName = "lsa"

// Evaluated reports whether the result has a score on fresh prompts.
func (r *Result) Evaluated() bool { return r.Fresh != (predict.Score{}) }

// EvaluateBatch returns the score of a linear model, which need not be of the problem's
// kind, on the prompts that a step of a problem is taken on: of a fixed batch,
// the same for every step. A problem on the population has none. The result does not
// depend on the number of workers, 0 for one of each processor.
func EvaluateBatch(ctx context.Context, p Problem, step int, m lsa.Model, workers int) (predict.Score, error) {
	first := uint64(0)
	if p.Config.Data == Fresh {
		first = uint64(step) * uint64(p.Config.Batch)
	}
	source, err := markov.NewGramSource(p.Task, p.derivedSeed(promptSeed))
	if err != nil {
		return predict.Score{}, err
	}
	return scoreLinear(ctx, p.Task, m, source, predict.Settings{Prompts: p.Config.Batch, First: first, Workers: workers})
}

// scoreFresh returns the score of a linear model on prompts that training has not seen.
func (p Problem) scoreFresh(ctx context.Context, m lsa.Model, workers int) (predict.Score, error) {
	source, err := markov.NewSampler(p.Task, p.derivedSeed(evaluationSeed))
	if err != nil {
		return predict.Score{}, err
	}
	return scoreLinear(ctx, p.Task, m, source, predict.Settings{Prompts: p.Config.EvalPrompts, Workers: workers})
}

func scoreLinear(ctx context.Context, t markov.Task, m lsa.Model, source predict.Source, set predict.Settings) (predict.Score, error) {
	predictor, err := predict.NewLSA(lsaName, t, m)
	if err != nil {
		return predict.Score{}, err
	}
	return scoreOf(ctx, t, predictor, source, set)
}

func scoreOf(ctx context.Context, t markov.Task, p predict.Predictor, source predict.Source, set predict.Settings) (predict.Score, error) {
	e, err := predict.Evaluate(ctx, t, source, []predict.Predictor{p}, set)
	if err != nil {
		return predict.Score{}, err
	}
	return e.Scores[0], nil
}

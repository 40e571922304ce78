package paper

import (
	"context"
	"fmt"
	"math"

	"markovicl/figure"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/predict"
	"markovicl/train"
)

// estimate is a mean with its standard error.
type estimate = predict.Metric

// scores are how well a predictor, or the same kind of model trained with
// several seeds, predicts: the mean squared error of the label, and the share of
// prompts whose label is the state nearest to the prediction.
type scores struct{ loss, accuracy estimate }

// meanOf returns the mean of xs, one for each seed, with its standard error.
func meanOf(xs []float64) estimate {
	mean, se := meanAndError(xs)
	return estimate{Mean: mean, SE: se}
}

// overSeedsOf returns the mean of one number a seed. Its standard error is the
// larger of what the spread over seeds says, which is little for few seeds, and
// of what the numbers' own errors say.
func overSeedsOf(xs, ses []float64) estimate {
	mean, se := meanAndError(xs)
	var square float64
	for _, s := range ses {
		square += s * s
	}
	return estimate{Mean: mean, SE: max(se, math.Sqrt(square)/float64(len(ses)))}
}

// onTraining returns the scores of trained models on their last batches.
func onTraining(runs []*train.Result) scores {
	var loss, lossSE, accuracy, accuracySE []float64
	for _, r := range runs {
		loss, lossSE = append(loss, r.Train.MSE.Mean), append(lossSE, r.Train.MSE.SE)
		accuracy, accuracySE = append(accuracy, r.Train.Accuracy.Mean), append(accuracySE, r.Train.Accuracy.SE)
	}
	return scores{overSeedsOf(loss, lossSE), overSeedsOf(accuracy, accuracySE)}
}

// onFresh returns the scores of the models of several seeds, predictors from
// <= i < to of an evaluation.
func onFresh(e *predict.Evaluation, from, to int) scores {
	var squares, hits [][]float64
	for i := from; i < to; i++ {
		squares, hits = append(squares, e.SquaredErrors(i)), append(hits, e.Hits(i))
	}
	return scores{crossed(squares), crossed(hits)}
}

// crossed returns the mean of values[seed][prompt], where all seeds have seen
// the same prompts. The variance of the mean is that of the mean over seeds plus
// that of the mean over prompts.
func crossed(values [][]float64) estimate {
	var bySeed []float64
	byPrompt := make([]float64, len(values[0]))
	for _, row := range values {
		mean, _ := meanAndError(row)
		bySeed = append(bySeed, mean)
		for k, x := range row {
			byPrompt[k] += x / float64(len(values))
		}
	}
	mean, seeds := meanAndError(bySeed)
	_, prompts := meanAndError(byPrompt)
	return estimate{Mean: mean, SE: math.Hypot(seeds, prompts)}
}

// freshPrompts is the number of the first prompt of a sampler that no training
// uses.
const freshPrompts = 1 << 32

// evaluateFresh evaluates predictors on the same prompts of a task.
func evaluateFresh(ctx context.Context, t markov.Task, seed uint64, prompts int, predictors []predict.Predictor) (*predict.Evaluation, error) {
	sampler, err := markov.NewSampler(t, seed)
	if err != nil {
		return nil, err
	}
	return predict.Evaluate(ctx, t, sampler, predictors, predict.Settings{Prompts: prompts, First: freshPrompts})
}

// asPredictors appends models to a list of predictors.
func asPredictors(list []predict.Predictor, t markov.Task, models ...lsa.Model) ([]predict.Predictor, error) {
	for _, m := range models {
		p, err := predict.NewLSA("lsa", t, m)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// modelsOf returns the models of training runs.
func modelsOf(runs []*train.Result) []lsa.Model {
	var models []lsa.Model
	for _, r := range runs {
		models = append(models, r.Model)
	}
	return models
}

// trainSeeds trains with several seeds and without an evaluation of its own. It
// returns the models that did not diverge, at least one, and how many did.
func trainSeeds(ctx context.Context, t markov.Task, config train.Config, seed uint64, seeds int) (runs []*train.Result, diverged int, err error) {
	config.EvalPrompts = 0
	study, err := train.RunSeeds(ctx, train.Problem{Task: t, Config: config, Seed: seed}, seeds, train.Settings{})
	switch {
	case ctx.Err() != nil:
		return nil, 0, ctx.Err()
	case err != nil:
		return nil, 0, err
	case len(study.Results) == 0:
		return nil, 0, fmt.Errorf("no seed of %d trains: %w", seeds, study.Diverged[0])
	}
	return study.Results, len(study.Diverged), nil
}

// addWithError appends a point with its standard error as the band.
func addWithError(s *figure.Series, x float64, e estimate) {
	s.AddBand(x, e.Mean, e.Mean-e.SE, e.Mean+e.SE)
}

// withError writes an estimate as text.
func withError(e estimate) string { return fmt.Sprintf("%.3f ± %.3f", e.Mean, e.SE) }

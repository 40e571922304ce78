package train

import (
	"context"
	"fmt"
	"math"

	"markovicl/internal/each"
	"markovicl/lsa"
	"markovicl/markov"
)

// Score is how well a model predicts.
type Score struct {
	Loss       float64 // mean squared error of the label
	LossSE     float64 // its standard error; 0 where nothing was sampled
	Accuracy   float64 // share of prompts whose label is the state nearest to the prediction, ties to the lower
	AccuracySE float64
	Prompts    int // 0 where nothing was sampled: then there is no accuracy
}

// Evaluate returns the score of a model on the given number of fresh prompts of
// a task. The result depends on the seed, not on the number of workers (0 for
// GOMAXPROCS).
func Evaluate(ctx context.Context, t markov.Task, m lsa.Model, seed uint64, prompts, workers int) (Score, error) {
	return evaluate(ctx, t, m, seed, 0, prompts, workers)
}

// EvaluateBatch returns the score of a model, which need not be of the problem's
// kind, on the prompts that a step of a problem is taken on: of a fixed batch,
// the same for every step. A problem on the population has none.
func EvaluateBatch(ctx context.Context, p Problem, step int, m lsa.Model, workers int) (Score, error) {
	first := uint64(0)
	if p.Config.Data == Fresh {
		first = uint64(step) * uint64(p.Config.Batch)
	}
	return evaluate(ctx, p.Task, m, p.derivedSeed(promptSeed), first, p.Config.Batch, workers)
}

// promptsOfPart is how many prompts a worker takes at a time; sums are taken
// within such a part and then over the parts in order.
const promptsOfPart = 256

// evaluate is Evaluate on the prompts with numbers first, first+1, ..
func evaluate(ctx context.Context, t markov.Task, m lsa.Model, seed, first uint64, prompts, workers int) (Score, error) {
	type tally struct{ loss, square, hits float64 }
	parts := (prompts + promptsOfPart - 1) / promptsOfPart
	samplers := make([]*markov.GramSampler, each.Workers(workers, parts))
	for w := range samplers {
		var err error
		if samplers[w], err = markov.NewGramSampler(t, seed); err != nil {
			return Score{}, err
		}
	}
	var sum tally
	err := each.Merge(ctx, parts, each.Settings{Workers: len(samplers)}, func(w int) func(int) (tally, error) {
		forward := m.NewForward()
		G, u := make([]float64, t.Dim()*t.Dim()), make([]float64, t.QueryDim())
		return func(k int) (part tally, err error) {
			for i := k * promptsOfPart; i < min((k+1)*promptsOfPart, prompts); i++ {
				y, err := samplers[w].Draw(first+uint64(i), G, u)
				if err != nil {
					return part, err
				}
				prediction, err := forward.Predict(G, u)
				if err != nil {
					return part, err
				}
				e := prediction - y
				part.loss += e * e
				part.square += e * e * e * e
				if t.Regression() == nil && t.Embedding().Label(t.Nearest(prediction)) == y {
					part.hits++
				}
			}
			return part, nil
		}
	}, func(_ int, part tally) {
		sum.loss += part.loss
		sum.square += part.square
		sum.hits += part.hits
	})
	if err != nil {
		return Score{}, err
	}
	n := float64(prompts)
	s := Score{Loss: sum.loss / n, Accuracy: sum.hits / n, Prompts: prompts}
	s.LossSE = standardError(sum.square/n-s.Loss*s.Loss, n)
	s.AccuracySE = standardError(s.Accuracy*(1-s.Accuracy), n)
	if x := s.Loss + s.LossSE; math.IsNaN(x) || math.IsInf(x, 0) {
		return Score{}, fmt.Errorf("the squared errors of the predictions leave the range of floating numbers: the parameters are too large for these prompts")
	}
	return s, nil
}

// standardError returns the standard error of a mean of n numbers with the given
// mean square deviation.
func standardError(deviation, n float64) float64 {
	return math.Sqrt(max(0, deviation) / max(1, n-1))
}

package train

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

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
	type tally struct {
		loss, square, hits float64
		err                error
	}
	parts := make([]tally, (prompts+promptsOfPart-1)/promptsOfPart)
	var next atomic.Int64
	var group sync.WaitGroup
	for range max(1, min(workers, len(parts))) {
		sampler, err := markov.NewGramSampler(t, seed)
		if err != nil {
			return Score{}, err
		}
		group.Go(func() {
			forward := m.NewForward()
			G, u := make([]float64, t.Dim()*t.Dim()), make([]float64, t.QueryDim())
			for {
				k := int(next.Add(1)) - 1
				if k >= len(parts) {
					return
				}
				part := &parts[k]
				if part.err = ctx.Err(); part.err != nil {
					return
				}
				for i := k * promptsOfPart; i < min((k+1)*promptsOfPart, prompts); i++ {
					y, err := sampler.Draw(first+uint64(i), G, u)
					var prediction float64
					if err == nil {
						prediction, err = forward.Predict(G, u)
					}
					if err != nil {
						part.err = err
						break
					}
					e := prediction - y
					part.loss += e * e
					part.square += e * e * e * e
					if t.Regression() == nil && t.Embedding().Label(nearest(t, prediction)) == y {
						part.hits++
					}
				}
			}
		})
	}
	group.Wait()
	var sum tally
	for _, part := range parts {
		if part.err != nil {
			return Score{}, part.err
		}
		sum.loss += part.loss
		sum.square += part.square
		sum.hits += part.hits
	}
	if err := ctx.Err(); err != nil {
		return Score{}, err
	}
	n := float64(prompts)
	s := Score{Loss: sum.loss / n, Accuracy: sum.hits / n, Prompts: prompts}
	s.LossSE = standardError(sum.square/n-s.Loss*s.Loss, n)
	s.AccuracySE = standardError(s.Accuracy*(1-s.Accuracy), n)
	return s, nil
}

// standardError returns the standard error of a mean of n numbers with the given
// mean square deviation.
func standardError(deviation, n float64) float64 {
	return math.Sqrt(max(0, deviation) / max(1, n-1))
}

// nearest returns the state whose label is nearest to a prediction, ties to the
// lower.
func nearest(t markov.Task, prediction float64) markov.State {
	e, best := t.Embedding(), markov.State(0)
	for s := 1; s < t.States(); s++ {
		if math.Abs(prediction-e.Label(markov.State(s))) < math.Abs(prediction-e.Label(best)) {
			best = markov.State(s)
		}
	}
	return best
}

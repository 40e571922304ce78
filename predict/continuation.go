package predict

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"markovicl/markov"
)

// Continue extends the query of a prompt by the given number of states, feeding
// a predictor's output back: each next query is the last d states so far, with
// the same context. With rng nil each state is the most likely one, or the one
// nearest to the expectation where the predictor has no distribution. Else it
// is drawn from the distribution, or, without one, from the two states whose
// embeddings enclose the expectation, so that their mean is it. It stops early
// when it comes to an absorbing state, of which there may be none. The prompt is
// left as it is.
func Continue(t markov.Task, p Predictor, prompt *markov.Prompt, steps int, rng *rand.Rand, absorbing ...markov.State) ([]markov.State, error) {
	d := t.Positions()
	all := append(make([]markov.State, 0, d+steps), prompt.Query...)
	var out Prediction
	for i := range steps {
		if slices.Contains(absorbing, last(all)) {
			break
		}
		next := markov.Prompt{Kernel: prompt.Kernel, Context: prompt.Context, Query: all[len(all)-d:]}
		if err := p.Predict(&next, &out); err != nil {
			return nil, err
		}
		if math.IsNaN(out.Expected) || math.IsInf(out.Expected, 0) {
			return nil, fmt.Errorf("step %d: predictor %s answers %v", i+1, p.Name(), out.Expected)
		}
		all = append(all, choose(t, &out, rng))
	}
	return all[d:], nil
}

func choose(t markov.Task, out *Prediction, rng *rand.Rand) markov.State {
	hasLaw := len(out.Distribution) > 0
	switch {
	case rng == nil && hasLaw:
		return Mode(out.Distribution)
	case rng == nil:
		return Nearest(t, out.Expected)
	case hasLaw:
		return markov.DrawState(rng, out.Distribution)
	}
	low, step := t.Embedding().Label(0), t.Embedding().Label(1)-t.Embedding().Label(0)
	x := min(max((out.Expected-low)/step, 0), float64(t.States()-1))
	s := math.Floor(x)
	if rng.Float64() < x-s {
		s++
	}
	return markov.State(s)
}

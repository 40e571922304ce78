package predict

import "markovicl/markov"

// Bigram predicts by the empirical frequencies of the states that followed the
// query's last state, pooled over the in-context chains and the query's own
// past, with a pseudo-count added to each. Without a pseudo-count, where that
// state was never followed by another, it predicts the uniform law: the limit
// of small pseudo-counts.
type Bigram struct {
	task   markov.Task
	pseudo float64
}

// NewBigram returns the empirical bigram, "bigram".
func NewBigram(t markov.Task) *Bigram { return &Bigram{t, 0} }

// NewSmoothedBigram returns the bigram with one added to each count,
// "bigram-smoothed": the posterior mean under a uniform prior.
func NewSmoothedBigram(t markov.Task) *Bigram { return &Bigram{t, 1} }

// Name returns "bigram" or "bigram-smoothed".
func (b *Bigram) Name() string {
	if b.pseudo > 0 {
		return "bigram-smoothed"
	}
	return "bigram"
}

// Predict implements Predictor.
func (b *Bigram) Predict(p *markov.Prompt, out *Prediction) error {
	S := b.task.States()
	c := countTransitions(S, b.task.Positions(), p)
	law := out.law(S)
	copy(law, c[int(last(p.Query))*S:])
	for s := range law {
		law[s] += b.pseudo
	}
	if !normalise(law) {
		for s := range law {
			law[s] = 1 / float64(S)
		}
	}
	out.mean(b.task.Embedding())
	return nil
}

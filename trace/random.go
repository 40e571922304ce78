package trace

import (
	"math"
	"math/big"
	"math/rand/v2"

	"markovicl/lsa"
	"markovicl/markov"
)

// Random draws a structured model for task t whose entries of b and A are
// independent N(0, s^2), and returns it with s. With
//
//	s^2 = 1 / (L sqrt(heads) Z),   Z the largest |z|^2 that a column can have,
//
// a layer's step b'G(theta)A has coordinates of order 1/L, because the entries
// of G are of order Z/D and about D^2 of them meet; |w_l| therefore stays of
// order 1 at every depth. A w that is once large grows doubly exponentially,
// because G(theta) contains its square.
func Random(t markov.Task, layers, heads int, seed uint64) (p *lsa.Structured, s float64) {
	p = lsa.NewStructured(layers, heads, t.Dim())
	s = 1 / math.Sqrt(float64(layers)*math.Sqrt(float64(heads))*largestColumn(t))
	rng := rand.New(markov.Stream(seed, math.MaxUint64)) // not that of a prompt
	for _, part := range p.Parts() {
		for i := range part.Data {
			part.Data[i] = s * rng.NormFloat64()
		}
	}
	return p, s
}

// largestColumn returns the largest |z|^2 over the columns of t's prompts, of a
// regression ten times its mean.
func largestColumn(t markov.Task) float64 {
	if r := t.Regression(); r != nil {
		mean := r.LabelPowerRat()
		for i, row := range r.CovarianceRat() {
			mean.Add(mean, row[i])
		}
		if t.Bias() {
			mean.Add(mean, big.NewRat(1, 1))
		}
		return 10 * markov.Float(mean)
	}
	chain := make([]markov.State, t.Positions()+1)
	for i := range chain { // the last state has the largest label
		chain[i] = markov.State(t.States() - 1)
	}
	z := make([]float64, t.Dim())
	t.Column(z, chain)
	return dot(z, z)
}

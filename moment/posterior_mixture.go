package moment

import (
	"math"

	"markovicl/markov"
)

// exponentials returns exp of logarithms, divided by the sum, in their place.
func exponentials(log []float64) []float64 {
	largest := math.Inf(-1)
	for _, l := range log {
		largest = max(largest, l)
	}
	var sum float64
	for i, l := range log {
		log[i] = math.Exp(l - largest)
		sum += log[i]
	}
	for i := range log {
		log[i] /= sum
	}
	return log
}

// mixtureQuery is the posterior of a mixture.
type mixtureQuery struct {
	b             *basis
	logWeight     []float64     // [K]
	logKernel     [][]float64   // [K][rows*S]
	logStationary [][]float64   // [K][S], nil if starts are not stationary
	pairs         [][][]float64 // [K][first states or 1][K2] of the query
	starts        startPosterior
}

func newMixtureQuery(t markov.Task, b *basis) (*mixtureQuery, error) {
	m := t.Prior().Mixture()
	rule, err := mixtureRule(t)
	if err != nil {
		return nil, err
	}
	stationary := t.Start().Kind() == markov.StationaryStart
	q := &mixtureQuery{b: b}
	if !stationary {
		q.starts = newStartPosterior(t)
	}
	logs := func(xs []float64) []float64 {
		out := make([]float64, len(xs))
		for i, x := range xs {
			out[i] = math.Log(x)
		}
		return out
	}
	c := newChain(b)
	kernel := make([]float64, b.rows*b.states)
	for k := range m.Len() {
		q.logWeight = append(q.logWeight, math.Log(rule.at(k, kernel)))
		q.logKernel = append(q.logKernel, logs(kernel))
		c.kernel(kernel)
		var laws [][]float64
		switch {
		case stationary:
			laws = [][]float64{rule.stationary(k)}
			q.logStationary = append(q.logStationary, logs(laws[0]))
		case q.starts.logContext == nil:
			laws = [][]float64{q.starts.prior}
		default:
			for s := range b.states {
				law := make([]float64, b.states)
				law[s] = 1
				laws = append(laws, law)
			}
		}
		means := make([]float64, len(b.monomials))
		var pairs [][]float64
		for _, law := range laws {
			c.means(means, law)
			row := make([]float64, len(b.pairID))
			for r, id := range b.pairID {
				row[r] = means[id]
			}
			pairs = append(pairs, row)
		}
		q.pairs = append(q.pairs, pairs)
	}
	return q, nil
}

// weights returns the posterior probabilities of the kernels.
func (q *mixtureQuery) weights(c *chainCounts) []float64 {
	log := make([]float64, len(q.logWeight))
	for k := range log {
		log[k] = q.logWeight[k] + dotCounts(c.transitions, q.logKernel[k])
		if q.logStationary != nil {
			log[k] += dotCounts(c.starts, q.logStationary[k])
		}
	}
	return exponentials(log)
}

// dotCounts returns the sum of counts times logarithms; what has no count does
// not matter even if its probability is 0.
func dotCounts(counts, log []float64) float64 {
	var sum float64
	for i, n := range counts {
		if n > 0 {
			sum += n * log[i]
		}
	}
	return sum
}

func (q *mixtureQuery) query(c *chainCounts, law *QueryLaw) error {
	clear(law.pairs)
	var first []float64
	if len(q.pairs[0]) > 1 {
		first = q.starts.query(c)
	}
	for k, w := range q.weights(c) {
		for s, row := range q.pairs[k] {
			share := w
			if first != nil {
				share *= first[s]
			}
			for r, v := range row {
				law.pairs[r] += share * v
			}
		}
	}
	return nil
}

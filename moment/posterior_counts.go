package moment

import (
	"math"

	"markovicl/markov"
)

// chainCounts are the transitions and first states of chains.
type chainCounts struct {
	transitions []float64 // [rows*S]
	starts      []float64 // [S]
	chains      float64
}

func (c *chainCounts) of(b *basis, p *markov.Prompt) {
	clear(c.transitions)
	clear(c.starts)
	length := b.d + 1
	c.chains = float64(len(p.Context) / length)
	for at := 0; at < len(p.Context); at += length {
		c.add(b, p.Context[at:at+length], 1)
	}
}

// add counts a chain with the given multiplicity.
func (c *chainCounts) add(b *basis, chain []markov.State, times float64) {
	c.starts[chain[0]] += times
	context := 0
	for i, s := range chain {
		if i >= b.order {
			c.transitions[context*b.states+int(s)] += times
		}
		context = (context*b.states + int(s)) % b.rows
	}
}

// countQuery is the posterior of a Dirichlet prior whose starts are independent
// of the kernel: the joint Dirichlet moments of the transitions of each type of
// query, alpha plus the counts of the context.
type countQuery struct {
	b      *basis
	census *census
	sum    [][]float64 // [K2][types]
	alpha  [][]float64 // [rows][S]
	starts startPosterior
}

func newCountQuery(t markov.Task, b *basis) *countQuery {
	q := &countQuery{b: b, census: newCensus(b, b.d+1, len(b.monomials)), starts: newStartPosterior(t)}
	for _, id := range b.pairID {
		row := make([]float64, q.census.types())
		for a, n := range q.census.sum[id] {
			row[a] = float64(n)
		}
		q.sum = append(q.sum, row)
	}
	for r := range b.rows {
		q.alpha = append(q.alpha, t.Prior().Alpha(r))
	}
	return q
}

func (q *countQuery) query(c *chainCounts, law *QueryLaw) error {
	b := q.b
	if law.types == nil {
		law.types = make([]float64, q.census.types())
		for _, vectors := range q.census.vectors {
			law.table = append(law.table, make([]float64, len(vectors)))
		}
	}
	for r, vectors := range q.census.vectors {
		alpha, seen := q.alpha[r], c.transitions[r*b.states:(r+1)*b.states]
		var total float64
		for s, a := range alpha {
			total += a + seen[s]
		}
		for i, counts := range vectors {
			p, sum := 1.0, total
			for s, n := range counts {
				a := alpha[s] + seen[s]
				for range n {
					p *= a / sum
					a++
					sum++
				}
			}
			law.table[r][i] = p
		}
	}
	first := wordLaw(q.starts.query(c), b.order)
	for a, rows := range q.census.row {
		p := first[q.census.first[a]]
		for r, i := range rows {
			p *= law.table[r][i]
		}
		law.types[a] = p
	}
	for r, sum := range q.sum {
		var v float64
		for a, p := range law.types {
			v += p * sum[a]
		}
		law.pairs[r] = v
	}
	return nil
}

// startPosterior is the law of the query's first state given those of the
// context: itself, unless starts are correlated.
type startPosterior struct {
	prior      []float64   // [S]
	logContext [][]float64 // [S][S] log of the law of a context's first state given the query's; nil if it does not depend on it
}

func newStartPosterior(t markov.Task) startPosterior {
	p := startPosterior{prior: t.Start().Query()}
	if t.Start().Kind() == markov.CorrelatedStart {
		for s := range p.prior {
			law := t.Start().Context(markov.State(s))
			for r := range law {
				law[r] = math.Log(law[r])
			}
			p.logContext = append(p.logContext, law)
		}
	}
	return p
}

func (p startPosterior) query(c *chainCounts) []float64 {
	if p.logContext == nil {
		return p.prior
	}
	log := make([]float64, len(p.prior))
	for s, prior := range p.prior {
		log[s] = math.Log(prior)
		for r, n := range c.starts {
			if n > 0 {
				log[s] += n * p.logContext[s][r]
			}
		}
	}
	return exponentials(log)
}

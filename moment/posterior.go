package moment

import (
	"fmt"
	"math"

	"markovicl/markov"
)

// Posterior says what the in-context chains of a prompt tell about its query: the
// moments of the query's features u and label y given the chains C,
//
//	K = E[uu' | C],  k = E[u y | C].
//
// Given the chains the rows of a Dirichlet kernel are Dirichlet again, with their
// transitions added to alpha; the kernels of a mixture are weighed by their
// likelihood; the weights of a regression are Gaussian. A stationary start tells
// about the kernel as well, and a correlated one about the query's first state.
//
// u'K^+k is the best prediction of y that is linear in u with a vector that
// depends on the chains alone: the best that any linear self-attention, of any
// depth and number of heads, could hope for.
//
// A Posterior does not change and may be used by several goroutines.
type Posterior struct {
	task markov.Task
	b    *basis
	by   querier
}

// querier computes a query law for one kind of task.
type querier interface {
	// query writes E of the products of two coordinates of the query and its
	// label, in the order of pairID, given in-context chains.
	query(c *chainCounts, law *QueryLaw) error
}

// QueryLaw receives the moments of a query given a context, and holds what their
// computation needs. It serves one goroutine.
type QueryLaw struct {
	K []float64 // [q*q] E[uu' | C], row-major
	L []float64 // [q] E[u y | C]
	C float64   // E[y^2 | C]

	pairs   []float64 // [K2]
	logMass float64   // of a stationary start: logarithm of the integral of prior times likelihood
	counts  chainCounts
	types   []float64
	table   [][]float64 // [rows] moments of a row's count vectors
	solver  semidefinite
}

// mostWords bounds the words that a posterior lists once.
const mostWords = 1 << 22

// NewPosterior prepares the posterior of a task. It fails where the words of a
// chain are too many, and for a stationary start under a Dirichlet prior of more
// than two states.
func NewPosterior(t markov.Task) (*Posterior, error) {
	p := &Posterior{task: t}
	if t.Regression() != nil {
		p.b = newBasis(t)
		p.by = newGaussianQuery(t, p.b)
		return p, nil
	}
	if q := t.QueryDim(); q > 512 {
		return nil, fmt.Errorf("the posterior of a query of %d features is too large; choose a smaller d or fewer states", q)
	}
	p.b = queryBasis(t)
	mixture, stationary := t.Prior().Mixture() != nil, t.Start().Kind() == markov.StationaryStart
	switch {
	case mixture:
		var err error
		p.by, err = newMixtureQuery(t, p.b)
		return p, err
	case stationary && t.States() == 2:
		p.by = newStationaryQuery(t, p.b)
		return p, nil
	case stationary:
		return nil, fmt.Errorf("the posterior of a kernel of %d states with stationary starts is not computed; choose another start", t.States())
	}
	if words := math.Pow(float64(t.States()), float64(t.Positions()+1)); words > mostWords {
		return nil, fmt.Errorf("the posterior would add up %.0g words of %d states; choose a smaller d", words, t.Positions()+1)
	}
	p.by = newCountQuery(t, p.b)
	return p, nil
}

// Task returns the task.
func (p *Posterior) Task() markov.Task { return p.task }

// NewQueryLaw returns a law to be filled by Of.
func (p *Posterior) NewQueryLaw() *QueryLaw {
	q := p.b.q
	law := &QueryLaw{K: make([]float64, q*q), L: make([]float64, q), pairs: make([]float64, len(p.b.pairID))}
	if p.task.Regression() == nil {
		law.counts = chainCounts{
			transitions: make([]float64, p.b.rows*p.b.states), starts: make([]float64, p.b.states),
		}
	}
	return law
}

// Of writes the law of the query given the in-context chains of a prompt.
func (p *Posterior) Of(prompt *markov.Prompt, law *QueryLaw) error {
	if r := p.task.Regression(); r != nil {
		p.by.(*gaussianQuery).prompt(p.task, prompt, law)
		return nil
	}
	law.counts.of(p.b, prompt)
	if err := p.by.query(&law.counts, law); err != nil {
		return err
	}
	law.unpack(p.b)
	return nil
}

// unpack writes K, L and C from the products of two coordinates.
func (law *QueryLaw) unpack(b *basis) {
	at := func(id int32) float64 {
		if id < 0 {
			return 0
		}
		return law.pairs[id]
	}
	for j := range b.q {
		for k := j; k < b.q; k++ {
			v := at(b.pair[PairIndex(b.q+1, j, k)])
			law.K[j*b.q+k], law.K[k*b.q+j] = v, v
		}
		law.L[j] = at(b.label[j])
	}
	law.C = at(b.power)
}

// queryBasis lists the products of two coordinates of t's columns.
func queryBasis(t markov.Task) *basis {
	b, z := columnBasis(t)
	b.listPairs(z)
	return b
}

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

// Theta returns a vector theta for which u'theta is the best linear prediction:
// K theta = k. Where K is singular it is one of many, all the same on every query
// that can occur. The result is valid until the next call.
func (law *QueryLaw) Theta() []float64 {
	return law.solver.solve(law.K, law.L)
}

// Gap returns (theta-a)'K(theta-a), what predicting u'a in place of u'theta adds
// to the loss given the context.
func (law *QueryLaw) Gap(theta, a []float64) float64 {
	q := len(law.L)
	var sum float64
	for j := range q {
		var row float64
		for k := range q {
			row += law.K[j*q+k] * (theta[k] - a[k])
		}
		sum += row * (theta[j] - a[j])
	}
	return sum
}

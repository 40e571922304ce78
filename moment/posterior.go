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

	pairs   []float64    // [K2]
	logMass float64      // of a stationary start: logarithm of the integral of prior times likelihood
	drawn   *drawn       // of a posterior by draws
	halves  [2]*QueryLaw // the same by half of the draws each
	counts  chainCounts
	types   []float64
	table   [][]float64 // [rows] moments of a row's count vectors
	solver  semidefinite
}

// mostWords bounds the words that a posterior lists once.
const mostWords = 1 << 22

// NewPosterior prepares the posterior of a task. It fails where the words of a
// chain are too many. For a stationary start under a Dirichlet prior of more than two
// states it is a mean over draws, else exact or an integral.
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
		if pairs := len(p.b.pairID); pairs > mostDrawnPairs {
			return nil, fmt.Errorf("the posterior of a stationary start is drawn, and for a query of %d products of features that takes too long; choose a smaller d, fewer states or another start", pairs)
		}
		p.by = newDrawnQuery(t, p.b)
		return p, nil
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

// Theta returns a vector theta for which u'theta is the best linear prediction:
// K theta = k. Where K is singular it is one of many, all the same on every query
// that can occur. The result is valid until the next call.
func (law *QueryLaw) Theta() []float64 {
	return law.solver.solve(law.K, law.L)
}

// gap is Gap for the best linear prediction; of a posterior by draws without the bias
// that the fit to few draws brings, one over their number, by the halves' (Quenouille
// 1956).
func (law *QueryLaw) gap(a []float64) float64 {
	gap := law.Gap(law.Theta(), a)
	if h := law.halves; h[0] != nil {
		gap = 2*gap - (h[0].Gap(h[0].Theta(), a)+h[1].Gap(h[1].Theta(), a))/2
	}
	return gap
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

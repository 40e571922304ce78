package moment

import (
	"fmt"

	"markovicl/markov"
)

// Contexts draws the in-context chains of a task, and says what each tells about
// the query: what the floor of every depth is a mean of. Context i depends on the
// seed and on i alone. Infinitely many chains tell the kernel, or the weights,
// and where starts are correlated the query's first state.
//
// A Contexts does not change and may be used by several goroutines.
type Contexts struct {
	task      markov.Task
	seed      uint64
	posterior *Posterior // nil if n is infinite
}

// NewContexts returns the contexts of a task for a seed. It fails where the
// posterior of the task is not computed.
func NewContexts(t markov.Task, seed uint64) (*Contexts, error) {
	c := &Contexts{task: t, seed: seed}
	if t.Context() == markov.Infinite {
		return c, nil
	}
	var err error
	c.posterior, err = NewPosterior(t)
	return c, err
}

// Task returns the task.
func (c *Contexts) Task() markov.Task { return c.task }

// ContextDraw is a context: its Gram matrix, and the query's law given it.
type ContextDraw struct {
	Gram  []float64 // [D*D] (1/n) sum of zz' over the in-context columns
	Query *QueryLaw
}

// Gap returns (theta-a)'K(theta-a), what predicting u'a in place of the best linear
// prediction u'theta adds to the loss given the context.
func (d *ContextDraw) Gap(a []float64) float64 { return d.Query.gap(a) }

// Drawer returns a function for one goroutine that draws context i. What it
// returns is valid until the next call.
func (c *Contexts) Drawer() (func(i uint64) (*ContextDraw, error), error) {
	if c.posterior == nil {
		return c.limitDrawer()
	}
	sampler, err := markov.NewSampler(c.task, c.seed)
	if err != nil {
		return nil, err
	}
	D := c.task.Dim()
	draw := &ContextDraw{make([]float64, D*D), c.posterior.NewQueryLaw()}
	var prompt markov.Prompt
	return func(i uint64) (*ContextDraw, error) {
		if err := sampler.Prompt(&prompt, i); err != nil {
			return nil, err
		}
		c.task.Gram(draw.Gram, &prompt)
		return draw, c.posterior.Of(&prompt, draw.Query)
	}, nil
}

// limitDrawer is Drawer for infinitely many chains under a Dirichlet prior; the
// contexts of other tasks are few or have a closed form, see Sum.
func (c *Contexts) limitDrawer() (func(i uint64) (*ContextDraw, error), error) {
	t := c.task
	if t.Regression() != nil || t.Prior().Mixture() != nil {
		return nil, fmt.Errorf("the infinite contexts of this task are summed, not drawn")
	}
	sampler, err := markov.NewSampler(t.WithContext(1), c.seed)
	if err != nil {
		return nil, err
	}
	b := queryBasis(t)
	D, q := t.Dim(), t.QueryDim()
	draw := &ContextDraw{make([]float64, D*D), &QueryLaw{
		K: make([]float64, q*q), L: make([]float64, q), pairs: make([]float64, len(b.pairID)),
	}}
	chain, means := newChain(b), make([]float64, len(b.monomials))
	set := func(start []float64) {
		chain.means(means, start)
		for r, id := range b.pairID {
			draw.Query.pairs[r] = means[id]
		}
	}
	limit := newLimitStarts(t)
	var prompt markov.Prompt
	return func(i uint64) (*ContextDraw, error) {
		if err := sampler.Prompt(&prompt, i); err != nil {
			return nil, err
		}
		query, context := limit.of(prompt.Query[0])
		if query == nil { // stationary
			query = make([]float64, t.States())
			if err := prompt.Kernel.Stationary(query); err != nil {
				return nil, fmt.Errorf("context %d of seed %d: %w", i, c.seed, err)
			}
			context = query
		}
		chain.kernel(prompt.Kernel.Flat())
		set(context)
		for j := range D {
			for k := range D {
				v := 0.0
				if id := b.pair[PairIndex(D, min(j, k), max(j, k))]; id >= 0 {
					v = draw.Query.pairs[id]
				}
				draw.Gram[j*D+k] = v
			}
		}
		set(query)
		draw.Query.unpack(b)
		return draw, nil
	}, nil
}

// limitStarts are the laws of first states given infinitely many chains, which
// tell the query's first state where their own law depends on it.
type limitStarts struct {
	t    markov.Task
	told bool
}

func newLimitStarts(t markov.Task) limitStarts {
	l := limitStarts{t: t}
	if t.Start().Kind() != markov.CorrelatedStart {
		return l
	}
	first := t.Start().ContextRat(0)
	for s := range t.States() {
		for r, p := range t.Start().ContextRat(markov.State(s)) {
			l.told = l.told || p.Cmp(first[r]) != 0
		}
	}
	return l
}

// of returns the laws for a first state of the query; nil for the kernel's
// stationary law.
func (l limitStarts) of(first markov.State) (query, context []float64) {
	query, context = l.t.Start().Query(), l.t.Start().Context(first)
	if l.told {
		clear(query)
		query[first] = 1
	}
	return query, context
}

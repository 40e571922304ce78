package moment

import (
	"context"
	"fmt"
	"math"
	"math/big"

	"markovicl/internal/each"
	"markovicl/markov"
)

// ExactMoments are the moments of a task as fractions, for every number of in-context
// chains at once.
type ExactMoments struct {
	task markov.Task
	b    *basis
	// Numerators of the tables, in their order, over the denominators beside.
	h4, h22, h   []*big.Int
	c            *big.Rat
	denominator, // of h4 and h22
	labelDenominator *big.Int // of h
}

// maxExact bounds the additions of large integers that an exact form may take.
const maxExact = 1e9

// checkWork returns an error if ExactOf takes more than the given work.
func checkWork(t markov.Task, most float64) error {
	if work := exactWork(t); work > most {
		return fmt.Errorf("exact arithmetic for this task would take about %.0g additions of large integers; at most %.0g are done. Choose a smaller d or fewer states",
			work, most)
	}
	return nil
}

// exactWork returns about how many additions of large integers ExactOf takes.
func exactWork(t markov.Task) float64 {
	d, q := t.Positions(), float64(t.QueryDim())
	switch {
	case t.Regression() != nil:
		return exactRegressionWork(t)
	case t.Prior().Mixture() != nil:
		return exactMixtureWork(t)
	}
	queries, types := float64(countTypes(t, d)), float64(countTypes(t, d+1))
	if types > maxTypes {
		return math.Inf(1)
	}
	pairs := q * (q + 3) / 2
	return queries * types * pairs * (types/2 + pairs)
}

// ExactOf computes the moments of a task as fractions: under a Dirichlet prior
// by adding up the moments of the transition counts of all types of chains, for
// a mixture kernel by kernel, for a regression by Isserlis' theorem. It fails
// for stationary starts under a Dirichlet prior, whose moments are not rational,
// and for tasks that would take too long.
func ExactOf(ctx context.Context, t markov.Task) (*ExactMoments, error) {
	dirichlet := t.Regression() == nil && t.Prior().Mixture() == nil
	if dirichlet && t.Start().Kind() == markov.StationaryStart {
		return nil, fmt.Errorf("the moments of a stationary start are not rational; exact arithmetic takes start uniform, bernoulli:p, probs:p0,p1,.. or correlated:p,g0,g1")
	}
	if err := checkSize(t); err != nil {
		return nil, err
	}
	if err := checkWork(t, maxExact); err != nil {
		return nil, err
	}
	switch {
	case t.Regression() != nil:
		return exactRegression(ctx, t)
	case !dirichlet:
		return exactMixture(ctx, t)
	}
	return exactCounts(ctx, t)
}

// exactCounts is ExactOf under a Dirichlet prior.
func exactCounts(ctx context.Context, t markov.Task) (*ExactMoments, error) {
	b := newBasis(t)
	R, K2, Kq, K4 := b.rows, len(b.pairID), len(b.queryID), len(b.monomials)
	K22 := Pairs(K2)
	query, chains := newCensus(b, b.d, b.firstQuad), newCensus(b, b.d+1, K4)
	laws, all := make([]*dirichlet, R), big.NewInt(1)
	for s := range R {
		laws[s] = newDirichlet(t.Prior().AlphaRat(s), kernelDegree(t))
		all.Mul(all, laws[s].denominator)
	}
	numerator := func(row int, counts []int) *big.Int { return laws[row].numerator(counts) }
	none := noCounts(R, b.states)
	triple := rowMoments(query.vectors, chains.vectors, chains.vectors, numerator)
	pair := rowMoments(chains.vectors, chains.vectors, none, numerator)

	first, queryScale, contextScale := exactStarts(t)
	e := &ExactMoments{task: t, b: b, h4: zeros(Kq * K4), h22: zeros(Kq * K22), h: zeros(b.q * K2)}
	power := new(big.Int)
	for _, start := range first {
		counts := &exactTypes{b: b, query: query, chains: chains, triple: triple, pair: pair, start: start}
		for _, s := range chains.first {
			counts.begin = append(counts.begin, start.context[s])
		}
		counts.addInputs(ctx, e)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		counts.addLabels(e, power)
	}
	queryDenominator := new(big.Int).Mul(all, queryScale)
	e.labelDenominator = new(big.Int).Mul(queryDenominator, contextScale)
	e.denominator = new(big.Int).Mul(e.labelDenominator, contextScale)
	for _, v := range e.h4 { // one in-context chain, not two
		v.Mul(v, contextScale)
	}
	e.c = new(big.Rat).SetFrac(power, queryDenominator)
	return e, nil
}

// exactTypes are the types of chains that one start law gives, with what the kernels
// average to.
type exactTypes struct {
	b             *basis
	query, chains *census
	triple, pair  [][][][]*big.Int // as rowMoments gives them
	start         exactStart
	begin         []*big.Int // [types] numerator of the probability of a chain's start
}

// addInputs adds the moments of two chains, or one twice, with a query to h22 and h4.
func (c *exactTypes) addInputs(ctx context.Context, e *ExactMoments) {
	b, query := c.b, c.query
	Kq, K4, K22 := len(b.queryID), len(b.monomials), Pairs(len(b.pairID))
	// For each type of query, E[P(query) m2 m2'] and E[P(query) M4].
	m22, m4 := make([][]*big.Int, query.types()), make([][]*big.Int, query.types())
	each.Index(query.types(), func(x int) {
		if c.start.query[query.first[x]].Sign() != 0 && ctx.Err() == nil {
			m22[x], m4[x] = c.withQuery(x)
		}
	})
	each.Index(Kq, func(r int) {
		weight, t := new(big.Int), new(big.Int)
		for x, s := range query.first {
			n := query.sum[b.pairID[b.queryID[r]]][x]
			if m22[x] == nil || n == 0 {
				continue
			}
			weight.Mul(c.start.query[s], t.SetInt64(n))
			for i, v := range m22[x] {
				e.h22[r*K22+i].Add(e.h22[r*K22+i], t.Mul(weight, v))
			}
			for i, v := range m4[x] {
				e.h4[r*K4+i].Add(e.h4[r*K4+i], t.Mul(weight, v))
			}
		}
	})
}

// withQuery returns E[P(query) m2 m2'] and E[P(query) M4] for a query of type x: m4
// counts one chain, m22 two.
func (c *exactTypes) withQuery(x int) (m22, m4 []*big.Int) {
	b, chains := c.b, c.chains
	K2 := len(b.pairID)
	m22, m4 = zeros(Pairs(K2)), zeros(len(b.monomials))
	factors := make([][]*big.Int, b.rows)
	joint, t, half := new(big.Int), new(big.Int), make([]*big.Int, K2)
	for a := range c.begin {
		if c.begin[a].Sign() == 0 {
			continue
		}
		joint.Set(c.begin[a])
		for s := range factors {
			factors[s] = c.triple[s][c.query.row[x][s]][chains.row[a][s]]
			joint.Mul(joint, factors[s][0])
		}
		for id, sum := range chains.sum {
			addTimes(m4[id], joint, sum[a], t)
		}
		for r := range half { // the sum over the second chain
			half[r] = new(big.Int)
		}
		for second := range c.begin {
			if c.begin[second].Sign() == 0 {
				continue
			}
			joint.Mul(c.begin[a], c.begin[second])
			for s, row := range chains.row[second] {
				joint.Mul(joint, factors[s][row])
			}
			for r, id := range b.pairID {
				addTimes(half[r], joint, chains.sum[id][second], t)
			}
		}
		for r, id := range b.pairID {
			if n := chains.sum[id][a]; n != 0 {
				row := m22[PairIndex(K2, r, r):]
				for k, v := range half[r:] {
					addTimes(row[k], v, n, t)
				}
			}
		}
	}
	return m22, m4
}

// addLabels adds the moments of a chain with a query and its label, which is a chain
// of d+1 states, to h, and those of the label to power.
func (c *exactTypes) addLabels(e *ExactMoments, power *big.Int) {
	b, chains := c.b, c.chains
	K2 := len(b.pairID)
	m2 := make([][]*big.Int, chains.types())
	each.Index(chains.types(), func(x int) {
		m2[x] = zeros(K2)
		joint, t := new(big.Int), new(big.Int)
		for a := range c.begin {
			joint.Set(c.begin[a])
			for s := range c.pair {
				joint.Mul(joint, c.pair[s][chains.row[x][s]][chains.row[a][s]][0])
			}
			for r, id := range b.pairID {
				addTimes(m2[x][r], joint, chains.sum[id][a], t)
			}
		}
	})
	weight, t := new(big.Int), new(big.Int)
	for x, s := range chains.first {
		for j, id := range b.label {
			if id < 0 {
				continue
			}
			weight.Mul(c.start.query[s], t.SetInt64(chains.sum[b.pairID[id]][x]))
			for r, v := range m2[x] {
				e.h[j*K2+r].Add(e.h[j*K2+r], t.Mul(weight, v))
			}
		}
		weight.Mul(c.start.query[s], t.SetInt64(chains.sum[b.pairID[b.power]][x]))
		for s := range c.pair {
			weight.Mul(weight, c.pair[s][chains.row[x][s]][0][0])
		}
		power.Add(power, weight)
	}
}

// exactStart is a start with integers: the query's law times its probability
// over one common denominator, the context's over another.
type exactStart struct{ query, context []*big.Int }

// exactStarts returns the laws of first states, as starts does, and their
// denominators.
func exactStarts(t markov.Task) (list []exactStart, queryScale, contextScale *big.Int) {
	law := t.Start()
	query := law.QueryRat()
	contexts := [][]*big.Rat{law.ContextRat(0)}
	if law.Kind() == markov.CorrelatedStart {
		contexts = contexts[:0]
		for s := range t.States() {
			contexts = append(contexts, law.ContextRat(markov.State(s)))
		}
	}
	var every []*big.Rat
	for _, c := range contexts {
		every = append(every, c...)
	}
	queryScale, contextScale = commonDenominator(query), commonDenominator(every)
	scaled := func(xs []*big.Rat, scale *big.Int) []*big.Int {
		out := make([]*big.Int, len(xs))
		for i, x := range xs {
			out[i] = new(big.Int).Quo(scale, x.Denom())
			out[i].Mul(out[i], x.Num())
		}
		return out
	}
	for s, c := range contexts {
		start := exactStart{scaled(query, queryScale), scaled(c, contextScale)}
		if len(contexts) > 1 { // only queries that start in s
			for k := range start.query {
				if k != s {
					start.query[k] = new(big.Int)
				}
			}
		}
		start.query, start.context = exactWordLaw(start.query, t.Order()), exactWordLaw(start.context, t.Order())
		list = append(list, start)
	}
	order := big.NewInt(int64(t.Order()))
	return list, queryScale.Exp(queryScale, order, nil), contextScale.Exp(contextScale, order, nil)
}

// exactWordLaw returns the numerators of wordLaw.
func exactWordLaw(law []*big.Int, order int) []*big.Int {
	words := []*big.Int{big.NewInt(1)}
	for range order {
		var longer []*big.Int
		for _, p := range words {
			for _, x := range law {
				longer = append(longer, new(big.Int).Mul(p, x))
			}
		}
		words = longer
	}
	return words
}

// addTimes adds x*n to sum; t is for its use. Most n are 0 or 1.
func addTimes(sum, x *big.Int, n int64, t *big.Int) {
	switch n {
	case 0:
	case 1:
		sum.Add(sum, x)
	default:
		sum.Add(sum, t.Mul(x, t.SetInt64(n)))
	}
}

func zeros(n int) []*big.Int {
	out := make([]*big.Int, n)
	for i := range out {
		out[i] = new(big.Int)
	}
	return out
}

// Task returns the task whose moments e are.
func (e *ExactMoments) Task() markov.Task { return e.task }

// C returns E[y^2].
func (e *ExactMoments) C() *big.Rat { return new(big.Rat).Set(e.c) }

// At returns the loss of the task with n in-context chains, in fractions.
func (e *ExactMoments) At(n markov.Context) *ExactForm {
	return e.combine(meanInverse([]markov.Context{n}))
}

// combine returns the loss where 1/n is the given number, on average.
func (e *ExactMoments) combine(inverse *big.Rat) *ExactForm {
	b := e.b
	K2, K4, size := len(b.pairID), len(b.monomials), len(b.pair)
	dim := b.q * size
	// H = (once h4 + twice h22) / (whole denominator)
	once, whole := inverse.Num(), inverse.Denom()
	twice := new(big.Int).Sub(whole, once)
	f := &ExactForm{Q: b.q, Scale: new(big.Int).Mul(whole, e.denominator), H: zeros(Pairs(dim)), L: zeros(dim), C: e.C()}
	toScale := new(big.Int).Quo(f.Scale, e.labelDenominator)
	t := new(big.Int)
	for j := range b.q {
		for r, left := range b.pair {
			if left < 0 {
				continue
			}
			i := j*size + r
			f.L[i].Mul(e.h[j*K2+int(left)], toScale)
			for k := j; k < b.q; k++ {
				row := int(b.query[PairIndex(b.q, j, k)])
				if row < 0 {
					continue
				}
				for s, right := range b.pair {
					if right < 0 || k == j && s < r {
						continue
					}
					at := PairIndex(K2, int(min(left, right)), int(max(left, right)))
					v := f.H[PairIndex(dim, i, k*size+s)]
					v.Mul(twice, e.h22[row*Pairs(K2)+at])
					if id := b.quad[at]; id >= 0 {
						v.Add(v, t.Mul(once, e.h4[row*K4+int(id)]))
					}
				}
			}
		}
	}
	f.reduce()
	return f
}

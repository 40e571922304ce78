package moment

import (
	"context"
	"math/big"

	"markovicl/internal/each"
	"markovicl/markov"
)

// Where the kernel is one of K given ones every mean over kernels is a finite
// sum, and rational.

// mixtureRule returns the kernels of a mixture as a rule.
func mixtureRule(t markov.Task) (cubature, error) {
	m := t.Prior().Mixture()
	S, weights := m.States(), m.Weights()
	kernels := make([][]float64, m.Len())
	var laws [][]float64
	for k := range kernels {
		for _, x := range m.KernelRat(k) {
			kernels[k] = append(kernels[k], markov.Float(x))
		}
		if t.Start().Kind() == markov.StationaryStart {
			law, err := m.StationaryRat(k)
			if err != nil {
				return cubature{}, err
			}
			laws = append(laws, make([]float64, S))
			for s, x := range law {
				laws[k][s] = markov.Float(x)
			}
		}
	}
	return cubature{
		rule: Rule{Name: MixtureSum, Nodes: m.Len(), Exact: true},
		at: func(i int, kernel []float64) float64 {
			copy(kernel, kernels[i])
			return weights[i]
		},
		stationary: func(i int) []float64 { return laws[i] },
	}, nil
}

// exactMixtureWork returns about how many operations on large integers
// exactMixture takes.
func exactMixtureWork(t markov.Task) float64 {
	d, q := float64(t.Positions()), float64(t.QueryDim())
	pairs := (q + 1) * (q + 2) / 2
	chain := pairs * pairs / 6 * d * float64(t.Prior().Rows()*t.States())
	return float64(t.Prior().Mixture().Len()) * (q*q/2*(pairs*pairs/2+pairs*pairs/6) + 10*chain)
}

// exactMixture is ExactOf for a mixture.
func exactMixture(ctx context.Context, t markov.Task) (*ExactMoments, error) {
	b := newBasis(t)
	K2, Kq, K4 := len(b.pairID), len(b.queryID), len(b.monomials)
	K22 := Pairs(K2)
	m := t.Prior().Mixture()

	// One node for each kernel, and each first state of the query if the context
	// depends on it: its probability and the means of the monomials.
	type node struct{ weight, query, context []*big.Rat }
	var nodes []node
	add := func(k int, probability *big.Rat, query, context []*big.Rat) {
		kernel := m.KernelRat(k)
		nodes = append(nodes, node{
			[]*big.Rat{new(big.Rat).Mul(m.WeightRat(k), probability)},
			exactMeans(b, b.firstQuad, kernel, query), exactMeans(b, K4, kernel, context),
		})
	}
	for k := range m.Len() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch law := t.Start(); law.Kind() {
		case markov.StationaryStart:
			mu, err := m.StationaryRat(k)
			if err != nil {
				return nil, err
			}
			add(k, big.NewRat(1, 1), mu, mu)
		case markov.CorrelatedStart:
			for s, p := range law.QueryRat() {
				first := make([]*big.Rat, b.states)
				for r := range first {
					first[r] = new(big.Rat)
				}
				first[s].SetInt64(1)
				add(k, p, first, law.ContextRat(markov.State(s)))
			}
		default:
			add(k, big.NewRat(1, 1), law.QueryRat(), law.QueryRat())
		}
	}

	// Integers over common denominators.
	var weights, queries, contexts []*big.Rat
	for _, n := range nodes {
		weights, queries, contexts = append(weights, n.weight...), append(queries, n.query...), append(contexts, n.context...)
	}
	weightScale, queryScale, contextScale := commonDenominator(weights), commonDenominator(queries), commonDenominator(contexts)
	e := &ExactMoments{task: t, b: b, h4: zeros(Kq * K4), h22: zeros(Kq * K22), h: zeros(b.q * K2)}
	power := new(big.Int)
	for _, n := range nodes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		weight := scaledTo(n.weight, weightScale)[0]
		query, chain := scaledTo(n.query, queryScale), scaledTo(n.context, contextScale)
		m2 := make([]*big.Int, K2)
		for r, id := range b.pairID {
			m2[r] = chain[id]
		}
		m22 := zeros(K22)
		for r, x := range m2 {
			row := m22[PairIndex(K2, r, r):]
			for k, y := range m2[r:] {
				row[k].Mul(x, y)
			}
		}
		each.Index(Kq, func(r int) {
			Q, t := new(big.Int).Mul(weight, query[b.pairID[b.queryID[r]]]), new(big.Int)
			for i, v := range m22 {
				e.h22[r*K22+i].Add(e.h22[r*K22+i], t.Mul(Q, v))
			}
			for i, v := range chain {
				e.h4[r*K4+i].Add(e.h4[r*K4+i], t.Mul(Q, v))
			}
		})
		y, t := new(big.Int), new(big.Int)
		for j, id := range b.label {
			if id < 0 {
				continue
			}
			y.Mul(weight, query[b.pairID[id]])
			for r, v := range m2 {
				e.h[j*K2+r].Add(e.h[j*K2+r], t.Mul(y, v))
			}
		}
		power.Add(power, t.Mul(weight, query[b.pairID[b.power]]))
	}
	e.setScales(power, new(big.Int).Mul(weightScale, queryScale), contextScale)
	return e, nil
}

// setScales takes the denominators of the query's means and of one chain's, sets
// those of the tables and E[y^2], and brings h4, which has one chain, to two.
func (e *ExactMoments) setScales(power, query, context *big.Int) {
	e.labelDenominator = new(big.Int).Mul(query, context)
	e.denominator = new(big.Int).Mul(e.labelDenominator, context)
	for _, v := range e.h4 {
		v.Mul(v, context)
	}
	e.c = new(big.Rat).SetFrac(power, query)
}

// scaledTo returns xs times a common denominator.
func scaledTo(xs []*big.Rat, scale *big.Int) []*big.Int {
	out := make([]*big.Int, len(xs))
	for i, x := range xs {
		out[i] = new(big.Int).Quo(scale, x.Denom())
		out[i].Mul(out[i], x.Num())
	}
	return out
}

// exactMeans returns the means of the first monomials for one chain of any
// order, given its kernel, [S^k*S], and the law of its first k states, which are
// independent, [S]; see wordChain.
func exactMeans(b *basis, monomials int, kernel, start []*big.Rat) []*big.Rat {
	S, rows := b.states, b.rows
	step := func(law map[int]*big.Rat, t int) map[int]*big.Rat {
		next := make(map[int]*big.Rat)
		for word, p := range law {
			row := start
			if t+1 >= b.order {
				row = kernel[word*S : (word+1)*S]
			}
			for s, x := range row {
				if x.Sign() == 0 {
					continue
				}
				to := (word*S + s) % rows
				if next[to] == nil {
					next[to] = new(big.Rat)
				}
				next[to].Add(next[to], new(big.Rat).Mul(p, x))
			}
		}
		return next
	}
	laws := make([]map[int]*big.Rat, monomials) // without the words of probability 0
	laws[0] = map[int]*big.Rat{0: big.NewRat(1, 1)}
	out := make([]*big.Rat, monomials)
	out[0] = big.NewRat(1, 1)
	for id := 1; id < monomials; id++ {
		m := b.monomials[id]
		n := degree(m)
		f, from := m[n-1], -1
		if n > 1 {
			from = int(m[n-2].time)
		}
		law := laws[b.parent[id]]
		for t := from; t < int(f.time); t++ {
			law = step(law, t)
		}
		laws[id], out[id] = make(map[int]*big.Rat), new(big.Rat)
		for word, p := range law {
			if v := b.values[f.fn][word%S]; v != 0 {
				laws[id][word] = new(big.Rat).Mul(p, big.NewRat(v, 1))
				out[id].Add(out[id], laws[id][word])
			}
		}
	}
	return out
}

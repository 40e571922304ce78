package moment

import (
	"context"
	"math"
	"math/big"

	"markovicl/markov"
)

// sumOfMixture is Sum for a mixture with few contexts: over how many chains are
// which word.
func sumOfMixture(ctx context.Context, t markov.Task) (*ContextSum, error) {
	words := math.Pow(float64(t.States()), float64(t.Positions()+1))
	n := t.Context()
	if n != markov.Infinite && (words > mostContexts || compositions(int(n), int(words)) > mostContexts) {
		return nil, nil
	}
	nodes, err := mixtureNodes(t)
	if err != nil {
		return nil, err
	}
	sum := new(big.Rat)
	if n == markov.Infinite {
		for a := range nodes {
			weights := make([]*big.Rat, len(nodes))
			for i := range weights {
				weights[i] = new(big.Rat)
			}
			weights[a] = nodes[a].weight
			sum.Add(sum, explained(nodes, weights))
		}
		return exactSum(sum, "sum over the kernels"), nil
	}
	eachComposition(int(n), int(words), func(counts []int, ways *big.Int) bool {
		if err = ctx.Err(); err != nil {
			return false
		}
		weights := make([]*big.Rat, len(nodes))
		for a, one := range nodes {
			p := new(big.Rat).SetInt(ways)
			p.Mul(p, one.weight)
			for w, count := range counts {
				for range count {
					p.Mul(p, one.words[w])
				}
			}
			weights[a] = p
		}
		sum.Add(sum, explained(nodes, weights))
		return true
	})
	return exactSum(sum, "sum over the counts of words"), err
}

// mixtureNode is a kernel with a first state of the query: its probability, that of
// each word in the context, and the moments of the query.
type mixtureNode struct {
	weight *big.Rat
	words  []*big.Rat   // nil for the infinite context
	K      [][]*big.Rat // [q][q]
	k      []*big.Rat   // [q]
}

// mixtureNodes lists the kernels of a mixture, with each first state of the query
// where contexts depend on it.
func mixtureNodes(t markov.Task) (nodes []mixtureNode, err error) {
	b, m, n := queryBasis(t), t.Prior().Mixture(), t.Context()
	q, limit := b.q, newLimitStarts(t)
	add := func(kernel int, probability *big.Rat, query, context []*big.Rat) {
		p := m.KernelRat(kernel)
		means := exactMeans(b, len(b.monomials), p, query)
		at := func(id int32) *big.Rat {
			if id < 0 {
				return new(big.Rat)
			}
			return means[b.pairID[id]]
		}
		one := mixtureNode{weight: new(big.Rat).Mul(m.WeightRat(kernel), probability), K: zeroMatrix(q)}
		for j := range q {
			for k := range q {
				one.K[j][k] = at(b.pair[PairIndex(q+1, min(j, k), max(j, k))])
			}
			one.k = append(one.k, at(b.label[j]))
		}
		if n != markov.Infinite {
			one.words = wordProbabilities(b, p, context)
		}
		nodes = append(nodes, one)
	}
	for k := range m.Len() {
		switch law := t.Start(); {
		case law.Kind() == markov.StationaryStart:
			mu, err := m.StationaryRat(k)
			if err != nil {
				return nil, err
			}
			add(k, big.NewRat(1, 1), mu, mu)
		case law.Kind() == markov.CorrelatedStart && (n != markov.Infinite || limit.told):
			for s, p := range law.QueryRat() {
				first := make([]*big.Rat, b.states)
				for r := range first {
					first[r] = new(big.Rat)
				}
				first[s].SetInt64(1)
				add(k, p, first, law.ContextRat(markov.State(s)))
			}
		default:
			add(k, big.NewRat(1, 1), law.QueryRat(), law.ContextRat(0))
		}
	}
	return nodes, nil
}

// explained returns what a context explains of the label's power under which the nodes
// have these weights.
func explained(nodes []mixtureNode, weights []*big.Rat) *big.Rat {
	q := len(nodes[0].k)
	K, k, t := zeroMatrix(q), make([]*big.Rat, q), new(big.Rat)
	for i := range k {
		k[i] = new(big.Rat)
	}
	for a, one := range nodes {
		if weights[a].Sign() == 0 {
			continue
		}
		for i := range q {
			k[i].Add(k[i], t.Mul(weights[a], one.k[i]))
			for j := range q {
				K[i][j].Add(K[i][j], t.Mul(weights[a], one.K[i][j]))
			}
		}
	}
	sum := new(big.Rat)
	for i, x := range solveRat(K, k) {
		sum.Add(sum, t.Mul(x, k[i]))
	}
	return sum
}

// wordProbabilities returns the probabilities of all words of d+1 states, the
// first state slowest.
func wordProbabilities(b *basis, kernel, start []*big.Rat) []*big.Rat {
	type word struct {
		context int
		p       *big.Rat
	}
	words := []word{{0, big.NewRat(1, 1)}}
	for t := range b.d + 1 {
		var longer []word
		for _, w := range words {
			for s := range b.states {
				x := start[s]
				if t >= b.order {
					x = kernel[w.context*b.states+s]
				}
				longer = append(longer, word{(w.context*b.states + s) % b.rows, new(big.Rat).Mul(w.p, x)})
			}
		}
		words = longer
	}
	out := make([]*big.Rat, len(words))
	for i, w := range words {
		out[i] = w.p
	}
	return out
}

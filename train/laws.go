package train

import (
	"fmt"
	"math"

	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
)

// With n = infinity the context tells the kernel: given P, the Gram matrix is
// the second moment of one chain's column, and the risk of a linear predictor
// theta is theta'U theta - 2 v'theta + c with the moments of the query. The mean
// over P is a Gauss rule over the two numbers of a binary kernel. theta is a
// polynomial in them, but of a degree that grows as 3^layers, so the rule is not
// exact; it converges geometrically, and how far is measured.

// nodesOfLaws is the number of nodes for each number of the kernel that training
// uses; what they leave open is reported as Result.QuadratureError.
const nodesOfLaws = 24

// newLawObjective returns the population loss at n = infinity.
func newLawObjective(t markov.Task, m lsa.Model, workers int) (*batchObjective, error) {
	batch, err := lawBatch(t, nodesOfLaws)
	if err != nil {
		return nil, err
	}
	b := &batchObjective{model: m, batch: batch, task: t}
	return b, b.init(workers)
}

// lawBatch returns the laws of prompts given the kernels of a rule with the given
// nodes for each number of the kernel and, where the context depends on it,
// given the query's first state.
func lawBatch(t markov.Task, nodes int) (*lsa.Batch, error) {
	kernels, weights, err := moment.Kernels(t, nodes)
	if err != nil {
		return nil, err
	}
	S, D := t.States(), t.Dim()
	q := D - 1
	starts := 1
	if t.Start().Kind() == markov.CorrelatedStart {
		starts = S
	}
	batch := lsa.NewLawBatch(D, starts*len(kernels))
	G, Q := make([]float64, D*D), make([]float64, D*D)
	U, v := make([]float64, q*q), make([]float64, q)
	i := 0
	for k, P := range kernels {
		for first := range starts {
			query, context, weight := t.Start().Query(), t.Start().Context(markov.State(first)), weights[k]
			switch t.Start().Kind() {
			case markov.CorrelatedStart:
				weight *= query[first]
				clear(query)
				query[first] = 1
			case markov.StationaryStart:
				query = make([]float64, S)
				kernel, err := markov.NewKernel(S, P)
				if err == nil {
					err = kernel.Stationary(query)
				}
				if err != nil {
					return nil, err
				}
				context = query
			}
			secondMoments(G, t, P, context)
			secondMoments(Q, t, P, query)
			for a := range q {
				copy(U[a*q:(a+1)*q], Q[a*D:a*D+q])
				v[a] = Q[a*D+q]
			}
			batch.SetLaw(i, G, U, v, Q[D*D-1], weight)
			i++
		}
	}
	return batch, nil
}

// secondMoments writes E[zz'] of one chain's column to dst, flat [D*D], given
// its kernel P, flat [S*S], and the law of its first state.
func secondMoments(dst []float64, t markov.Task, P, start []float64) {
	S, d, D := t.States(), t.Positions(), t.Dim()
	offset := 0
	if t.Bias() {
		offset = 1
	}
	width := t.Embedding().Width(S)
	// part returns where and what position a in state s is in the column.
	part := func(a, s int) (at int, values []float64) {
		label := t.Embedding().Label(markov.State(s))
		switch {
		case a == d:
			return D - 1, []float64{label}
		case t.Embedding() == markov.OneHot:
			values = make([]float64, width)
			values[s] = 1
			return offset + a*width, values
		}
		return offset + a, []float64{label}
	}
	clear(dst[:D*D])
	add := func(a, s, b, r int, probability float64) {
		i, x := part(a, s)
		k, y := part(b, r)
		for m, xm := range x {
			for n, yn := range y {
				dst[(i+m)*D+k+n] += probability * xm * yn
				if a != b {
					dst[(k+n)*D+i+m] += probability * xm * yn
				}
			}
		}
	}
	law := append([]float64(nil), start...) // of the state at position a
	for a := 0; a <= d; a++ {
		for s := range S {
			if t.Bias() {
				i, x := part(a, s)
				for m, xm := range x {
					dst[i+m] += law[s] * xm
					dst[(i+m)*D] += law[s] * xm
				}
			}
			after := make([]float64, S) // law of the state at position b given s at a
			after[s] = 1
			for b := a; b <= d; b++ {
				for r, p := range after {
					if p != 0 {
						add(a, s, b, r, law[s]*p)
					}
				}
				after = advance(after, P)
			}
		}
		law = advance(law, P)
	}
	if t.Bias() {
		dst[0] = 1
	}
}

// advance returns the law of the state after one with the given law.
func advance(law, P []float64) []float64 {
	S := len(law)
	next := make([]float64, S)
	for s, x := range law {
		for r := range next {
			next[r] += x * P[s*S+r]
		}
	}
	return next
}

// InfiniteLoss returns the population loss of a model of any depth at n = infinity
// for binary states, to rounding.
func InfiniteLoss(t markov.Task, m lsa.Model) (float64, error) {
	loss, _, err := convergedLawLoss(t, m)
	return loss, err
}

// convergedLawLoss returns the population loss at n = infinity with as many
// nodes as it takes for a doubling to change nothing, and how far the nodes of
// training were from it.
func convergedLawLoss(t markov.Task, m lsa.Model) (loss, trainingError float64, err error) {
	var losses []float64
	for nodes := nodesOfLaws; nodes <= 8*nodesOfLaws; nodes *= 2 {
		batch, err := lawBatch(t, nodes)
		if err != nil {
			return 0, 0, err
		}
		loss, err := lsa.NewGradient(m).Loss(batch, 0, batch.Groups())
		if err != nil {
			return 0, 0, err
		}
		losses = append(losses, loss)
		if k := len(losses); k > 1 && math.Abs(loss-losses[k-2]) <= 1e-12*(1+loss) {
			return loss, math.Abs(loss - losses[0]), nil
		}
	}
	return 0, 0, fmt.Errorf("the population loss of the trained model is not had by %d nodes for each number of the kernel: the last doubling went from %.15g to %.15g", 8*nodesOfLaws, losses[len(losses)-2], losses[len(losses)-1])
}

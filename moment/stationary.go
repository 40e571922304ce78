package moment

import (
	"context"
	"fmt"
	"math"
	"math/big"

	"markovicl/markov"
)

// stationaryBinary returns a rule for two states and chains that start from the
// stationary law s/(s+t) of state 1, s = P_01 and t = P_10: rational in (s, t)
// and not even continuous in the corner s = t = 0. The square is cut at s = 1/2
// and t = 1/2. Each piece has one corner of the square, where the density is a
// product of powers, which Gauss-Jacobi rules take as weights; what is left is
// analytic beyond the piece. The piece with the corner 0 is cut once more, along
// s = t, and each triangle is mapped to a square by t = s v (or s = t v): the
// stationary law becomes 1/(1+v), and the corner an edge with a power of s as
// weight. The error falls by about 5.8^2 with each node.
func stationaryBinary(p markov.Prior, nodes int) (cubature, error) {
	alpha0, alpha1 := p.AlphaRat(0), p.AlphaRat(1)
	leave := [2]*big.Rat{alpha0[1], alpha1[0]} // s ~ Beta(leave[0], stay[0]), t likewise
	stay := [2]*big.Rat{alpha0[0], alpha1[1]}

	type point struct{ s, stayS, t, stayT, weight float64 }
	var points []point
	unit := big.NewRat(1, 1)
	// half returns the rule for x^(a-1) f(x) over [0, 1/2], with 1-x as y.
	half := func(a *big.Rat) (axis, error) {
		ax, err := betaAxis(nodes, a, unit)
		if err != nil {
			return axis{}, err
		}
		scale := math.Pow(0.5, markov.Float(a)) / markov.Float(a)
		for i := range ax.x {
			ax.x[i] /= 2
			ax.y[i] = 1 - ax.x[i]
			ax.w[i] *= scale
		}
		return ax, nil
	}
	power := func(x float64, a *big.Rat) float64 { return math.Pow(x, markov.Float(a)-1) }

	var low, high [2]axis
	var err error
	for i := range 2 {
		if low[i], err = half(leave[i]); err != nil {
			return cubature{}, err
		}
		if high[i], err = half(stay[i]); err != nil {
			return cubature{}, err
		}
	}
	for a := range nodes {
		for b := range nodes {
			// s above 1/2 is 1 - high[0].x, and so on.
			s, t := 1-high[0].x[a], low[1].x[b]
			points = append(points, point{s, high[0].x[a], t, low[1].y[b],
				high[0].w[a] * low[1].w[b] * power(s, leave[0]) * power(low[1].y[b], stay[1])})
			s, t = low[0].x[a], 1-high[1].x[b]
			points = append(points, point{s, low[0].y[a], t, high[1].x[b],
				low[0].w[a] * high[1].w[b] * power(low[0].y[a], stay[0]) * power(t, leave[1])})
			s, t = 1-high[0].x[a], 1-high[1].x[b]
			points = append(points, point{s, high[0].x[a], t, high[1].x[b],
				high[0].w[a] * high[1].w[b] * power(s, leave[0]) * power(t, leave[1])})
		}
	}
	long, err := half(new(big.Rat).Add(leave[0], leave[1]))
	if err != nil {
		return cubature{}, err
	}
	for i := range 2 { // the triangles t <= s and s <= t
		short, err := betaAxis(nodes, leave[1-i], unit)
		if err != nil {
			return cubature{}, err
		}
		for a := range nodes {
			for b := range nodes {
				x, v := long.x[a], short.x[b]
				weight := long.w[a] * short.w[b] / markov.Float(leave[1-i]) *
					power(1-x, stay[i]) * power(1-x*v, stay[1-i])
				if i == 0 {
					points = append(points, point{x, 1 - x, x * v, 1 - x*v, weight})
				} else {
					points = append(points, point{x * v, 1 - x*v, x, 1 - x, weight})
				}
			}
		}
	}
	var total float64
	for _, p := range points {
		total += p.weight
	}
	if !(total > 0) || math.IsInf(total, 0) {
		return cubature{}, fmt.Errorf("the density of the prior has no usable mass (%v); its alphas are too extreme for a stationary start", total)
	}
	at := func(i int, kernel []float64) float64 {
		p := points[i]
		kernel[0], kernel[1], kernel[2], kernel[3] = p.stayS, p.s, p.t, p.stayT
		return p.weight / total
	}
	return cubature{rule: Rule{Name: SplitGaussJacobi, Nodes: len(points)}, at: at, unproven: "the quadrature for a stationary start converges without a proven bound"}, nil
}

// convergedTo is the relative change of the probes at which a rule counts as
// converged; it leaves room for the rounding of sums over thousands of nodes.
const convergedTo = 2e-14

// converged returns the rule made with enough nodes: the smallest number from
// which doubling changes no probe by more than convergedTo.
func converged(ctx context.Context, b *basis, nodes int, rule func(nodes int) (cubature, error)) (cubature, error) {
	const most = 400
	before, err := rule(nodes)
	if err != nil {
		return cubature{}, err
	}
	old := probes(b, before)
	for 2*nodes <= most {
		if err := ctx.Err(); err != nil {
			return cubature{}, err
		}
		nodes *= 2
		after, err := rule(nodes)
		if err != nil {
			return cubature{}, err
		}
		values := probes(b, after)
		var change float64
		for i, v := range values[1:] {
			change = max(change, math.Abs(v-old[1+i])/values[0])
		}
		if change <= convergedTo {
			after.rule.Change = change
			return after, nil
		}
		old = values
	}
	return cubature{}, fmt.Errorf("the rule for this prior has not converged with %d nodes for each variable", nodes)
}

// probes returns sums of many entries of the tables under a rule, after a first
// number that is their size: the same sum of absolute values, which itself is
// not smooth and does not converge fast.
func probes(b *basis, rule cubature) []float64 {
	c := newChain(b)
	kernel, law, all := make([]float64, b.states*b.states), make([]float64, b.states), make([]float64, b.firstQuad)
	out := make([]float64, 4)
	for i := range rule.rule.Nodes {
		weight := rule.at(i, kernel)
		c.kernel(kernel)
		stationary(law, kernel)
		c.means(all, law)
		var sum, size, alternating, last float64
		for r, id := range b.pairID {
			v := all[id]
			sum += v
			size += math.Abs(v)
			if r%2 == 0 {
				alternating += v
			} else {
				alternating -= v
			}
			last = v
		}
		out[0] += weight * size * size * size
		out[1] += weight * sum * sum * sum
		out[2] += weight * alternating * alternating * alternating
		out[3] += weight * sum * last * last
	}
	return out
}

// stationary writes the stationary law of a kernel, [S*S], to law. The kernels
// of a rule are positive, so that there is one.
func stationary(law, kernel []float64) {
	k, err := markov.NewKernel(len(law), kernel)
	if err == nil {
		err = k.Stationary(law)
	}
	if err != nil {
		panic("moment: a rule with a kernel that has no stationary law: " + err.Error())
	}
}

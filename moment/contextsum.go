package moment

import (
	"context"
	"math"
	"math/big"

	"markovicl/markov"
)

// ContextSum is the mean of k'K^+k over the contexts of a task, where it is a sum:
// E[y^2] less it is the floor of every depth.
type ContextSum struct {
	Explained float64
	Exact     *big.Rat // Explained as a fraction, nil where it was added up in floats
	Method    string   // in words
}

// Bounds of what is summed: chains with fractions, and contexts.
const (
	mostFractionChains = 1000
	mostContexts       = 3000
)

// Sum returns the mean of k'K^+k over all contexts, or nil where there are too
// many to add up:
//
//   - d = 1, starts that are independent of the kernel: given how many chains start
//     in each state the posterior means of the rows are independent, so that a sum
//     over one binomial law for each state is enough;
//   - mixtures with few contexts, and with infinitely many chains;
//   - binary stationary starts with few contexts;
//   - regressions without noise and n >= d, and with infinitely many pairs.
func (c *Contexts) Sum(ctx context.Context) (*ContextSum, error) {
	t := c.task
	n := t.Context()
	switch r := t.Regression(); {
	case r != nil && n == markov.Infinite:
		return exactSum(new(big.Rat).Sub(r.LabelPowerRat(), r.NoiseRat()), "the weights are known"), nil
	case r != nil && r.NoiseRat().Sign() == 0 && int(n) >= t.Positions():
		return exactSum(r.LabelPowerRat(), "without noise n >= d pairs tell the weights"), nil
	case r != nil:
		return nil, nil
	case t.Prior().Mixture() != nil:
		return sumOfMixture(ctx, t)
	case t.Start().Kind() == markov.StationaryStart:
		return c.sumOfStationary(ctx)
	case t.Positions() == 1 && t.Start().Kind() == markov.IIDStart && t.States() <= 64:
		return sumOfIID(t), nil
	case t.Positions() == 1 && t.Start().Kind() == markov.CorrelatedStart && n <= 200:
		return sumOfCorrelated(t), nil
	}
	return nil, nil
}

func exactSum(x *big.Rat, method string) *ContextSum {
	return &ContextSum{Explained: markov.Float(x), Exact: x, Method: method}
}

const byCounts = "sum over the counts of transitions"

// features returns the features of a query at d = 1 in each state, [S][q].
func features(t markov.Task) [][]*big.Rat {
	out := make([][]*big.Rat, t.States())
	u := make([]float64, t.QueryDim())
	for s := range out {
		t.Features(u, []markov.State{markov.State(s)})
		for _, x := range u {
			out[s] = append(out[s], new(big.Rat).SetFloat64(x))
		}
	}
	return out
}

// hat returns the matrix Q [S][S] for which k'K^+k = sum_sr Q_sr m_s m_r, where
// the query's state has the law pi and m_s = E[y | state s]: with features u_s,
// Q_sr = pi_s pi_r u_s'K^+u_r, K = sum_s pi_s u_s u_s'.
func hat(u [][]*big.Rat, pi []*big.Rat) [][]*big.Rat {
	S, q := len(u), len(u[0])
	K := zeroMatrix(q)
	t := new(big.Rat)
	for s, p := range pi {
		for i, x := range u[s] {
			for k, y := range u[s] {
				if x.Sign() != 0 && y.Sign() != 0 {
					t.Mul(x, y)
					K[i][k].Add(K[i][k], t.Mul(t, p))
				}
			}
		}
	}
	Q := zeroMatrix(S)
	for r := range S {
		right := make([]*big.Rat, q)
		for i, x := range u[r] {
			right[i] = new(big.Rat).Mul(pi[r], x)
		}
		theta := solveRat(K, right)
		for s := range S {
			for i, x := range u[s] {
				Q[s][r].Add(Q[s][r], t.Mul(t.Mul(x, theta[i]), pi[s]))
			}
		}
	}
	return Q
}

// rowLaw is what a Dirichlet row says about the label of the state after it.
type rowLaw struct{ total, mean, spread *big.Rat } // sum of alpha; mean of e(y) and its variance over total+1

func rowLaws(t markov.Task) []rowLaw {
	laws := make([]rowLaw, t.States())
	for s := range laws {
		total, mean, square := new(big.Rat), new(big.Rat), new(big.Rat)
		for y, a := range t.Prior().AlphaRat(s) {
			e := new(big.Rat).SetFloat64(t.Embedding().Label(markov.State(y)))
			total.Add(total, a)
			mean.Add(mean, e.Mul(e, a))
			e.SetFloat64(t.Embedding().Label(markov.State(y)))
			square.Add(square, e.Mul(e.Mul(e, e), a))
		}
		mean.Quo(mean, total)
		square.Quo(square, total)
		square.Sub(square, new(big.Rat).Mul(mean, mean))
		square.Quo(square, new(big.Rat).Add(total, big.NewRat(1, 1)))
		laws[s] = rowLaw{total, mean, square}
	}
	return laws
}

// gain returns k/(A+k), the part of a row's variance that k transitions explain.
func (l rowLaw) gain(k int) *big.Rat {
	K := big.NewRat(int64(k), 1)
	return new(big.Rat).Quo(K, new(big.Rat).Add(l.total, K))
}

// sumOfIID is Sum for d = 1 and independent starts: the mean of m_s m_r is that of
// the prior's means, and for s = r what the transitions from s, a binomial number,
// explain of the variance besides.
func sumOfIID(t markov.Task) *ContextSum {
	pi := t.Start().QueryRat()
	Q, laws := hat(features(t), pi), rowLaws(t)
	sum := new(big.Rat)
	for s := range laws {
		for r := range laws {
			v := new(big.Rat).Mul(laws[s].mean, laws[r].mean)
			sum.Add(sum, v.Mul(v, Q[s][r]))
		}
	}
	n := t.Context()
	if n <= mostFractionChains || n == markov.Infinite {
		for s, l := range laws {
			gain := big.NewRat(1, 1)
			if n != markov.Infinite {
				gain = overBinomial(int(n), pi[s], l.gain)
			} else if pi[s].Sign() == 0 {
				continue
			}
			gain.Mul(gain, l.spread)
			sum.Add(sum, gain.Mul(gain, Q[s][s]))
		}
		return exactSum(sum, byCounts)
	}
	explained := markov.Float(sum)
	for s, l := range laws {
		A := markov.Float(l.total)
		gain := MeanOverBinomial(n, markov.Float(pi[s]), func(k float64) float64 { return k / (A + k) })
		explained += gain * markov.Float(l.spread) * markov.Float(Q[s][s])
	}
	return &ContextSum{Explained: explained, Method: byCounts}
}

// overBinomial returns the mean of f(k), k ~ Binomial(n, p).
func overBinomial(n int, p *big.Rat, f func(k int) *big.Rat) *big.Rat {
	sum := new(big.Rat)
	for k, w := range binomial(n, p) {
		sum.Add(sum, w.Mul(w, f(k)))
	}
	return sum
}

// binomial returns the probabilities of Binomial(n, p), [n+1].
func binomial(n int, p *big.Rat) []*big.Rat {
	out := make([]*big.Rat, n+1)
	success := p.Num()
	failure := new(big.Int).Sub(p.Denom(), success)
	all := new(big.Int).Exp(p.Denom(), big.NewInt(int64(n)), nil)
	for k := range out {
		v := new(big.Int).Binomial(int64(n), int64(k))
		v.Mul(v, new(big.Int).Exp(success, big.NewInt(int64(k)), nil))
		v.Mul(v, new(big.Int).Exp(failure, big.NewInt(int64(n-k)), nil))
		out[k] = new(big.Rat).SetFrac(v, all)
	}
	return out
}

// MeanOverBinomial returns the mean of f(k), k ~ Binomial(n, p), for f bounded
// by 1; an infinite n is the limit.
func MeanOverBinomial(n markov.Context, p float64, f func(k float64) float64) float64 {
	N := float64(n)
	switch {
	case p == 0:
		return f(0)
	case n == markov.Infinite:
		return f(math.Inf(1))
	case p == 1:
		return f(N)
	}
	// From the mode outwards until the terms vanish.
	mode := math.Floor((N + 1) * p)
	ratio := p / (1 - p)
	sum, mass := f(mode), 1.0
	for k, w := mode, 1.0; k < N && w > 1e-20; k++ {
		w *= (N - k) / (k + 1) * ratio
		sum += w * f(k+1)
		mass += w
	}
	for k, w := mode, 1.0; k > 0 && w > 1e-20; k-- {
		w *= k / (N - k + 1) / ratio
		sum += w * f(k-1)
		mass += w
	}
	return sum / mass
}

// sumOfCorrelated is Sum for d = 1 and correlated starts of two states: over how
// many chains start in 1, which tells about the query's first state.
func sumOfCorrelated(t markov.Task) *ContextSum {
	n, prior := int(t.Context()), t.Start().QueryRat()
	u, laws := features(t), rowLaws(t)
	var ones [2][]*big.Rat // law of the number of chains that start in 1
	for s := range ones {
		ones[s] = binomial(n, t.Start().ContextRat(markov.State(s))[1])
	}
	sum := new(big.Rat)
	for k := range n + 1 {
		mass, pi := new(big.Rat), make([]*big.Rat, 2)
		for s := range pi {
			pi[s] = new(big.Rat).Mul(prior[s], ones[s][k])
			mass.Add(mass, pi[s])
		}
		if mass.Sign() == 0 {
			continue
		}
		// hat is homogeneous in pi, so that the mass is in it already
		Q := hat(u, pi)
		for s := range laws {
			for r := range laws {
				v := new(big.Rat).Mul(laws[s].mean, laws[r].mean)
				if s == r {
					starts := k
					if s == 0 {
						starts = n - k
					}
					v.Add(v, new(big.Rat).Mul(laws[s].spread, laws[s].gain(starts)))
				}
				sum.Add(sum, v.Mul(v, Q[s][r]))
			}
		}
	}
	return exactSum(sum, "sum over the counts of starts and transitions")
}

// compositions returns how many ways there are to write n as a sum of the given
// number of terms >= 0, or a number above mostContexts.
func compositions(n, terms int) int {
	c := 1
	for i := 1; i < terms; i++ {
		if c = c * (n + i) / i; c > mostContexts {
			return c
		}
	}
	return c
}

// eachComposition calls f with all such sums and their multinomial coefficients,
// until it returns false.
func eachComposition(n, terms int, f func(counts []int, ways *big.Int) bool) {
	counts := make([]int, terms)
	var place func(i, left int, ways *big.Int) bool
	place = func(i, left int, ways *big.Int) bool {
		if i == terms-1 {
			counts[i] = left
			return f(counts, ways)
		}
		for k := 0; k <= left; k++ {
			counts[i] = k
			if !place(i+1, left-k, new(big.Int).Mul(ways, new(big.Int).Binomial(int64(left), int64(k)))) {
				return false
			}
		}
		return true
	}
	place(0, n, big.NewInt(1))
}

// sumOfStationary is Sum for two states with stationary starts and few contexts.
func (c *Contexts) sumOfStationary(ctx context.Context) (*ContextSum, error) {
	t := c.task
	const most = 300 // each with an integral over the square
	words := 1 << (t.Positions() + 1)
	if t.Context() == markov.Infinite || t.States() > 2 || t.Positions() > 6 || compositions(int(t.Context()), words) > most {
		return nil, nil
	}
	posterior := c.posterior.by.(*stationaryQuery)
	law := c.posterior.NewQueryLaw()
	chain := make([]markov.State, t.Positions()+1)
	var explained, total float64
	var err error
	eachComposition(int(t.Context()), words, func(counts []int, ways *big.Int) bool {
		if err = ctx.Err(); err != nil {
			return false
		}
		clear(law.counts.transitions)
		clear(law.counts.starts)
		law.counts.chains = float64(t.Context())
		for w, n := range counts {
			for i := range chain {
				chain[i] = markov.State(w >> (t.Positions() - i) & 1)
			}
			law.counts.add(c.posterior.b, chain, float64(n))
		}
		if err = posterior.query(&law.counts, law); err != nil {
			return false
		}
		law.unpack(c.posterior.b)
		weight, _ := new(big.Float).SetInt(ways).Float64()
		weight *= math.Exp(law.logMass)
		total += weight
		for i, x := range law.Theta() {
			explained += weight * x * law.L[i]
		}
		return true
	})
	return &ContextSum{Explained: explained / total, Method: "sum over the counts of words, with an integral each"}, err
}

package moment

import (
	"context"
	"math/big"
	"slices"

	"markovicl/markov"
)

// Linear regression: given the weights w, a column z = (x, y) is Gaussian with
// mean 0 and covariance
//
//	m2 = [[Lambda, v], [v', t]],  v = Lambda w,  t = w'Lambda w + s2,
//
// and its fourth moments are the sums over the three pairings of four
// coordinates (Isserlis 1918). With w ~ N(mu, Sigma) every number of the form is
// therefore a combination of E v_i, E v_i v_k, E t, E v_i t and E t^2, which are
// rational in Lambda, Sigma, mu and s2. The query's E[xx'] = Lambda does not
// depend on w: H = Lambda (x) E[gg'] (without a bias).

// powers is the greatest power of a coordinate in a monomial.
const powers = 4

// regressionBasis lists the products of the coordinates of (x, y): of these no
// two are the same. The function of "time" i is a power of coordinate i.
func regressionBasis(t markov.Task) *basis {
	b := &basis{
		d: t.Positions(), q: t.QueryDim(),
		products: make(map[[2]function]function),
		id:       make(map[monomial]int32),
	}
	power := func(p int) function { return one + function(p) } // one is power 0
	for i := 1; i < powers; i++ {
		for k := i; i+k <= powers; k++ {
			b.products[[2]function{power(i), power(k)}] = power(i + k)
		}
	}
	var z []monomial
	if t.Bias() {
		z = append(z, unit)
	}
	for i := range b.d + 1 {
		z = append(z, singleFactor(i, power(1)))
	}
	b.list(z)
	return b
}

// coordinates returns the coordinates of a monomial of a regression, each as
// often as its power.
func coordinates(m monomial) []int {
	var list []int
	for _, f := range m[:degree(m)] {
		for range f.fn - one {
			list = append(list, int(f.time))
		}
	}
	return list
}

// quadratic is a polynomial in the entries v_i and t of m2 of degree at most 2:
// its coefficients by sorted factors, where factor d is t.
type quadratic map[[2]int]*big.Rat

// none stands for a missing factor.
const none = -1

func (p quadratic) add(a, b int, c *big.Rat) {
	if a > b {
		a, b = b, a
	}
	key := [2]int{a, b}
	if p[key] == nil {
		p[key] = new(big.Rat)
	}
	p[key].Add(p[key], c)
}

// times returns the product of two polynomials of degree 2 together.
func (p quadratic) times(r quadratic) quadratic {
	out := make(quadratic)
	for f, x := range p {
		for g, y := range r {
			factors := slices.DeleteFunc([]int{f[0], f[1], g[0], g[1]}, func(i int) bool { return i == none })
			for len(factors) < 2 {
				factors = append(factors, none)
			}
			out.add(factors[0], factors[1], new(big.Rat).Mul(x, y))
		}
	}
	return out
}

// gaussian has the moments of a regression.
type gaussian struct {
	d      int
	lambda [][]*big.Rat
	moment map[[2]int]*big.Rat // E of products of v_i and t, keyed as in quadratic
}

func newGaussian(t markov.Task) *gaussian {
	r, d := t.Regression(), t.Positions()
	g := &gaussian{d: d, lambda: r.CovarianceRat(), moment: make(map[[2]int]*big.Rat)}
	sigma := r.WeightsRat()
	ls := product(g.lambda, sigma)       // Lambda Sigma
	lsl := product(ls, g.lambda)         // Cov(v)
	mean := apply(g.lambda, r.MeanRat()) // E v
	slow := apply(ls, mean)              // Lambda Sigma Lambda mu
	trace := new(big.Rat)                // of (Lambda Sigma)^2
	square := product(ls, ls)
	for i := range d {
		trace.Add(trace, square[i][i])
	}
	Et := r.LabelPowerRat()
	two := big.NewRat(2, 1)
	g.moment[[2]int{none, none}] = big.NewRat(1, 1)
	g.moment[[2]int{none, d}] = Et
	// Var(w'Lambda w) = 2 tr (Lambda Sigma)^2 + 4 mu'Lambda Sigma Lambda mu
	variance := new(big.Rat).Mul(two, trace)
	for i, m := range r.MeanRat() {
		variance.Add(variance, new(big.Rat).Mul(big.NewRat(4, 1), new(big.Rat).Mul(m, slow[i])))
	}
	g.moment[[2]int{d, d}] = variance.Add(variance, new(big.Rat).Mul(Et, Et))
	for i := range d {
		g.moment[[2]int{none, i}] = mean[i]
		// Cov(v, w'Lambda w) = 2 Lambda Sigma Lambda mu
		vt := new(big.Rat).Mul(mean[i], Et)
		g.moment[[2]int{i, d}] = vt.Add(vt, new(big.Rat).Mul(two, slow[i]))
		for k := i; k < d; k++ {
			vv := new(big.Rat).Mul(mean[i], mean[k])
			g.moment[[2]int{i, k}] = vv.Add(vv, lsl[i][k])
		}
	}
	return g
}

// pair returns E[z_a z_b | w] as a polynomial.
func (g *gaussian) pair(a, b int) quadratic {
	a, b = min(a, b), max(a, b)
	out := make(quadratic)
	if b < g.d {
		out.add(none, none, g.lambda[a][b])
	} else {
		out.add(none, a, big.NewRat(1, 1)) // v_a, or t
	}
	return out
}

// given returns the mean of a product of coordinates given w.
func (g *gaussian) given(list []int) quadratic {
	switch len(list) {
	case 0:
		return quadratic{{none, none}: big.NewRat(1, 1)}
	case 2:
		return g.pair(list[0], list[1])
	case 4:
		out := make(quadratic)
		for i := 1; i < 4; i++ { // the partner of the first
			var rest []int
			for k := 1; k < 4; k++ {
				if k != i {
					rest = append(rest, list[k])
				}
			}
			for f, x := range g.pair(list[0], list[i]).times(g.pair(rest[0], rest[1])) {
				out.add(f[0], f[1], x)
			}
		}
		return out
	}
	return nil // of odd degree
}

// mean returns the mean of a polynomial over w.
func (g *gaussian) mean(p quadratic) *big.Rat {
	sum, t := new(big.Rat), new(big.Rat)
	for f, x := range p {
		sum.Add(sum, t.Mul(x, g.moment[f]))
	}
	return sum
}

// regressionMeans are the means of a regression's form that do not depend on the
// query's features.
type regressionMeans struct {
	query []*big.Rat // [Kq] E[u_j u_k]
	m4    []*big.Rat // [monomials] E[M4]
	m22   []*big.Rat // [K2(K2+1)/2] E[m2 m2']
	h     []*big.Rat // [q*K2] E[q_y m2]
	c     *big.Rat
}

// newRegressionMeans computes them, some millions where d is 30; the error is that of ctx, if
// it ends before.
func newRegressionMeans(ctx context.Context, t markov.Task, b *basis) (out regressionMeans, err error) {
	g := newGaussian(t)
	pairs := make([]quadratic, len(b.pairID))
	for r, id := range b.pairID {
		pairs[r] = g.given(coordinates(b.monomials[id]))
	}
	for _, r := range b.queryID {
		out.query = append(out.query, g.mean(pairs[r]))
	}
	for _, m := range b.monomials {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		out.m4 = append(out.m4, g.mean(g.given(coordinates(m))))
	}
	for r, x := range pairs {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		for _, y := range pairs[r:] {
			out.m22 = append(out.m22, g.mean(x.times(y)))
		}
	}
	for _, id := range b.label {
		for _, y := range pairs {
			out.h = append(out.h, g.mean(pairs[id].times(y)))
		}
	}
	out.c = g.mean(pairs[b.power])
	return out, nil
}

// exactRegressionWork returns about how many operations on large integers
// exactRegression takes.
func exactRegressionWork(t markov.Task) float64 {
	q := float64(t.QueryDim())
	pairs := (q + 1) * (q + 2) / 2
	return q * q / 2 * (pairs*pairs/2 + pairs*pairs/6)
}

// exactRegression is ExactOf for a regression.
func exactRegression(ctx context.Context, t markov.Task) (*ExactMoments, error) {
	b := newBasis(t)
	means, err := newRegressionMeans(ctx, t, b)
	if err != nil {
		return nil, err
	}
	queryScale := commonDenominator(means.query)
	chainScale := commonDenominator(append(slices.Clone(means.m22), means.m4...))
	e := &ExactMoments{task: t, b: b, c: means.c}
	e.denominator = new(big.Int).Mul(queryScale, chainScale)
	e.labelDenominator = e.denominator
	query := scaledTo(means.query, queryScale)
	outer := func(xs []*big.Rat) []*big.Int {
		numerators := scaledTo(xs, chainScale)
		out := make([]*big.Int, 0, len(query)*len(xs))
		for _, Q := range query {
			if ctx.Err() != nil {
				break // which is said at the end
			}
			for _, x := range numerators {
				out = append(out, new(big.Int).Mul(Q, x))
			}
		}
		return out
	}
	e.h4, e.h22 = outer(means.m4), outer(means.m22)
	labelScale := commonDenominator(means.h)
	e.h = scaledTo(means.h, labelScale)
	// one denominator for all
	common := commonDenominator([]*big.Rat{new(big.Rat).SetFrac(big.NewInt(1), e.denominator), new(big.Rat).SetFrac(big.NewInt(1), labelScale)})
	raise := func(list []*big.Int, from *big.Int) {
		factor := new(big.Int).Quo(common, from)
		for _, x := range list {
			x.Mul(x, factor)
		}
	}
	raise(e.h4, e.denominator)
	raise(e.h22, e.denominator)
	raise(e.h, labelScale)
	e.denominator, e.labelDenominator = common, common
	return e, ctx.Err()
}

// regressionTables returns the tables of a regression as floats. The error is that of ctx, if
// it ends before.
func regressionTables(ctx context.Context, t markov.Task, b *basis) (tables, error) {
	means, err := newRegressionMeans(ctx, t, b)
	if err != nil {
		return tables{}, err
	}
	float := func(xs []*big.Rat) []float64 {
		out := make([]float64, len(xs))
		for i, x := range xs {
			out[i] = markov.Float(x)
		}
		return out
	}
	query := float(means.query)
	outer := func(xs []float64) []float64 {
		out := make([]float64, 0, len(query)*len(xs))
		for _, Q := range query {
			if ctx.Err() != nil {
				break // which is said at the end
			}
			for _, x := range xs {
				out = append(out, Q*x)
			}
		}
		return out
	}
	out := tables{h4: outer(float(means.m4)), h22: outer(float(means.m22)), h: float(means.h), c: markov.Float(means.c)}
	return out, ctx.Err()
}

// product returns the product of two square matrices.
func product(a, b [][]*big.Rat) [][]*big.Rat {
	out := make([][]*big.Rat, len(a))
	for i := range a {
		for k := range a {
			sum, t := new(big.Rat), new(big.Rat)
			for j := range a {
				sum.Add(sum, t.Mul(a[i][j], b[j][k]))
			}
			out[i] = append(out[i], sum)
		}
	}
	return out
}

// apply returns a matrix times a vector.
func apply(a [][]*big.Rat, x []*big.Rat) []*big.Rat {
	out := make([]*big.Rat, len(a))
	for i, row := range a {
		sum, t := new(big.Rat), new(big.Rat)
		for k, v := range row {
			sum.Add(sum, t.Mul(v, x[k]))
		}
		out[i] = sum
	}
	return out
}

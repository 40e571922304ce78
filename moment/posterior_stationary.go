package moment

import (
	"math"

	"markovicl/markov"
)

// stationaryQuery is the posterior of a binary kernel with stationary starts. With
// s = P(0 -> 1), t = P(1 -> 0), k0 and k1 chains that start in 0 and 1, N = k0+k1,
// and alpha plus the counts of transitions a01, a00, a10, a11 the density in the
// coordinates logit s, logit t is
//
//	s^(a01+k1) (1-s)^a00 t^(a10+k0) (1-t)^a11 (s+t)^(-N).
//
// Its logarithm is concave: state 0 is left at least k0 times and state 1 at least
// k1 times, so that the second derivative along logit s is at most
// -N s(1-s) t(1+t)/(s+t)^2, that along logit t likewise, and the mixed one is
// N s(1-s) t(1-t)/(s+t)^2. It is analytic in a strip and decays exponentially, so
// that the trapezoidal rule converges geometrically (Trefethen and Weideman 2014).
type stationaryQuery struct {
	b     *basis
	alpha [4]float64 // of 0->0, 0->1, 1->0, 1->1
}

func newStationaryQuery(t markov.Task, b *basis) *stationaryQuery {
	return &stationaryQuery{b: b, alpha: [4]float64(append(t.Prior().Alpha(0), t.Prior().Alpha(1)...))}
}

// vanishing is how far below the largest term, in logarithms, a term is left out.
const vanishing = 40

// density is the logarithm of a density above.
type density struct{ stay0, to1, to0, stay1, starts float64 }

func (q *stationaryQuery) density(c *chainCounts) density {
	a := q.alpha
	for i, n := range c.transitions {
		a[i] += n
	}
	return density{a[0], a[1] + c.starts[1], a[2] + c.starts[0], a[3], c.chains}
}

// logistic returns 1/(1+exp(-x)), 1 minus it, and their logarithms.
func logistic(x float64) (p, q, logP, logQ float64) {
	if x < 0 {
		q, p, logQ, logP = logistic(-x)
		return p, q, logP, logQ
	}
	e := math.Exp(-x)
	logP = -math.Log1p(e)
	return 1 / (1 + e), e / (1 + e), logP, logP - x
}

func (f density) at(x, y float64) float64 {
	s, _, logS, logStay0 := logistic(x)
	t, _, logT, logStay1 := logistic(y)
	sum := math.Log(s + t)
	if s+t < 1e-290 {
		sum = max(logS, logT) + math.Log1p(math.Exp(-math.Abs(logS-logT)))
	}
	return f.to1*logS + f.stay0*logStay0 + f.to0*logT + f.stay1*logStay1 - f.starts*sum
}

// slope returns the first and the negated second derivative of f along x.
func (f density) slope(x, y float64) (first, curvature float64) {
	s, r, _, _ := logistic(x)
	t, _, _, _ := logistic(y)
	first = f.to1*r - f.stay0*s - f.starts*s*r/(s+t)
	curvature = s * r * (f.to1 + f.stay0 + f.starts*((1-2*s)*t-s*s)/((s+t)*(s+t)))
	return first, curvature
}

// mirror exchanges the states.
func (f density) mirror() density { return density{f.stay1, f.to0, f.to1, f.stay0, f.starts} }

// climb returns the x in which f is largest for a given y, from a guess.
func (f density) climb(x, y float64) float64 {
	for range 100 {
		first, curvature := f.slope(x, y)
		step := max(-1, min(1, first/curvature))
		if math.IsNaN(step) {
			step = math.Copysign(1, first)
		}
		x += step
		if math.Abs(step) < 1e-6 {
			break
		}
	}
	return x
}

// mode returns the point where f is largest.
func (f density) mode() (x, y float64) {
	for range 200 {
		beforeX, beforeY := x, y
		x = f.climb(x, y)
		y = f.mirror().climb(y, x)
		if math.Abs(x-beforeX)+math.Abs(y-beforeY) < 1e-4 {
			break
		}
	}
	return x, y
}

// each calls node with the points of the trapezoidal rule, their logarithms less
// that of the mode, and returns the logarithm of the mode's density times the
// area of a cell.
func (f density) each(node func(x, y, log float64)) float64 {
	x0, y0 := f.mode()
	top := f.at(x0, y0)
	step := func(f density, x, y float64) float64 {
		_, curvature := f.slope(x, y)
		return min(0.4, 0.5/math.Sqrt(max(curvature, 1e-12)))
	}
	hx, hy := step(f, x0, y0), step(f.mirror(), y0, x0)
	row := func(y, guess float64) (x float64, alive bool) {
		x = f.climb(guess, y)
		start := x0 + hx*math.Round((x-x0)/hx) // all rows on one lattice
		for _, direction := range []float64{hx, -hx} {
			at := start
			if direction < 0 {
				at -= hx
			}
			for {
				log := f.at(at, y) - top
				if log < -vanishing {
					break
				}
				alive = true
				node(at, y, log)
				at += direction
			}
		}
		return x, alive
	}
	for _, direction := range []float64{hy, -hy} {
		y, guess, alive := y0, x0, true
		if direction < 0 {
			y -= hy
		}
		for alive {
			guess, alive = row(y, guess)
			y += direction
		}
	}
	return top + math.Log(hx*hy)
}

func (q *stationaryQuery) query(c *chainCounts, law *QueryLaw) error {
	clear(law.pairs)
	chain := newChain(q.b)
	means := make([]float64, len(q.b.monomials))
	kernel, start := make([]float64, 4), make([]float64, 2)
	var mass float64
	top := q.density(c).each(func(x, y, log float64) {
		s, stay0, logS, _ := logistic(x)
		t, stay1, logT, _ := logistic(y)
		kernel[0], kernel[1], kernel[2], kernel[3] = stay0, s, t, stay1
		start[1], start[0], _, _ = logistic(logS - logT) // s/(s+t)
		chain.kernel(kernel)
		chain.means(means, start)
		weight := math.Exp(log)
		mass += weight
		for r, id := range q.b.pairID {
			law.pairs[r] += weight * means[id]
		}
	})
	for r := range law.pairs {
		law.pairs[r] /= mass
	}
	law.logMass = top + math.Log(mass)
	return nil
}

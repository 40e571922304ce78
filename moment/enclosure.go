package moment

import "math/big"

// The nodes of a Gauss rule are the zeros of a polynomial, and its weights are
// reciprocals of a sum of squares of polynomials there. Newton's method finds
// them to many digits but proves none. Proof is cheap: n disjoint intervals at
// whose ends the polynomial of degree n has different signs hold all its zeros,
// one each, and interval arithmetic over each of them encloses the weight.

// The half-width of the interval round a node, relative to its distance to the
// nearer end of [0,1], and the precision of interval arithmetic, which must
// outlast the growth of intervals in recurrences: a few bits a step.
const (
	enclosureExponent = -160
	intervalBits      = 448
)

// interval is a set of numbers between lo and hi.
type interval struct{ lo, hi *big.Float }

func down() *big.Float { return new(big.Float).SetPrec(intervalBits).SetMode(big.ToNegativeInf) }
func up() *big.Float   { return new(big.Float).SetPrec(intervalBits).SetMode(big.ToPositiveInf) }

func intervalOf(x *big.Rat) interval { return interval{down().SetRat(x), up().SetRat(x)} }

func (x interval) minus(y interval) interval {
	return interval{down().Sub(x.lo, y.hi), up().Sub(x.hi, y.lo)}
}

func (x interval) plus(y interval) interval {
	return interval{down().Add(x.lo, y.lo), up().Add(x.hi, y.hi)}
}

// times multiplies the ends that the signs call for; where both hold 0, all of them.
func (x interval) times(y interval) interval {
	if y.sign() == 0 {
		x, y = y, x
	}
	switch sx, sy := x.sign(), y.sign(); {
	case sy > 0 && sx > 0:
		return interval{down().Mul(x.lo, y.lo), up().Mul(x.hi, y.hi)}
	case sy > 0 && sx < 0:
		return interval{down().Mul(x.lo, y.hi), up().Mul(x.hi, y.lo)}
	case sy > 0:
		return interval{down().Mul(x.lo, y.hi), up().Mul(x.hi, y.hi)}
	case sy < 0 && sx > 0:
		return interval{down().Mul(x.hi, y.lo), up().Mul(x.lo, y.hi)}
	case sy < 0 && sx < 0:
		return interval{down().Mul(x.hi, y.hi), up().Mul(x.lo, y.lo)}
	case sy < 0:
		return interval{down().Mul(x.hi, y.lo), up().Mul(x.lo, y.lo)}
	}
	out := interval{down().Mul(x.lo, y.lo), up().Mul(x.lo, y.lo)}
	for _, p := range [][2]*big.Float{{x.lo, y.hi}, {x.hi, y.lo}, {x.hi, y.hi}} {
		if v := down().Mul(p[0], p[1]); v.Cmp(out.lo) < 0 {
			out.lo = v
		}
		if v := up().Mul(p[0], p[1]); v.Cmp(out.hi) > 0 {
			out.hi = v
		}
	}
	return out
}

func (x interval) square() interval {
	out := x.times(x)
	if x.lo.Sign() <= 0 && x.hi.Sign() >= 0 {
		out.lo = down()
	} else if out.lo.Sign() < 0 {
		out.lo = down()
	}
	return out
}

// over returns x/y for y > 0 and x >= 0.
func (x interval) over(y interval) interval {
	return interval{down().Quo(x.lo, y.hi), up().Quo(x.hi, y.lo)}
}

// sign returns the sign that all of x has, or 0 if it holds 0.
func (x interval) sign() int {
	if x.lo.Sign() > 0 {
		return 1
	}
	if x.hi.Sign() < 0 {
		return -1
	}
	return 0
}

// enclosed reports whether the rule is proven to be the Gauss rule for the mean
// under Beta(a, b) but for the rounding of its numbers: every x, y and w is
// within (2^-53 + 2^-60) of its exact value, relative to that value.
func (ax *axis) enclosed(a, b *big.Rat) bool {
	n := len(ax.x)
	exactA, exactB := jacobiRecurrence(n, a, b)
	A, B := make([]interval, n), make([]interval, n)
	for k := range n {
		A[k], B[k] = intervalOf(exactA[k]), intervalOf(exactB[k])
	}
	one := intervalOf(big.NewRat(1, 1))
	// next is the monic p_(k+1) at x, of p_k and the one before it.
	next := func(k int, x, p, before interval) interval {
		return x.minus(A[k]).times(p).minus(B[k].times(before))
	}
	at := func(end *big.Float) int { // the sign of p_n
		x := interval{end, end}
		p, before := one, interval{down(), up()}
		for k := range n {
			p, before = next(k, x, p, before), p
		}
		return p.sign()
	}
	// squares returns sum_{k<n} p_k(x)^2/|p_k|^2.
	squares := func(x interval) interval {
		p, before, norm := one, interval{down(), up()}, one
		sum := interval{down(), up()}
		for k := range n {
			if k > 0 {
				norm = norm.times(B[k])
			}
			sum = sum.plus(p.square().over(norm))
			p, before = next(k, x, p, before), p
		}
		return sum
	}
	end := down() // of the last interval, 0 at first
	for i, x := range ax.precise {
		y := down().Sub(one.lo, x)
		if x.Sign() <= 0 || y.Sign() <= 0 {
			return false
		}
		nearer := x
		if y.Cmp(x) < 0 {
			nearer = y
		}
		half := down().SetMantExp(nearer, enclosureExponent)
		around := interval{down().Sub(x, half), up().Add(x, half)}
		if around.lo.Cmp(end) <= 0 || around.hi.Cmp(one.lo) >= 0 || at(around.lo)*at(around.hi) != -1 {
			return false
		}
		end = around.hi
		if !near(ax.x[i], around) || !near(ax.y[i], one.minus(around)) || !near(ax.w[i], one.over(squares(around))) {
			return false
		}
	}
	return true
}

// near reports whether the float differs from every number in the interval,
// which must be positive, by at most 2^-53 + 2^-60 of that number.
func near(float float64, x interval) bool {
	if x.sign() <= 0 {
		return false
	}
	v := new(big.Float).SetPrec(intervalBits).SetFloat64(float)
	ratio := interval{v, v}.over(x) // contains 1 + the relative error
	slack := new(big.Rat).Add(big.NewRat(1, 1<<53), big.NewRat(1, 1<<60))
	one := big.NewRat(1, 1)
	return ratio.lo.Cmp(down().SetRat(new(big.Rat).Sub(one, slack))) >= 0 &&
		ratio.hi.Cmp(up().SetRat(new(big.Rat).Add(one, slack))) <= 0
}

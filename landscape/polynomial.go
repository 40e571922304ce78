package landscape

import (
	"errors"
	"fmt"
	"math/big"

	"markovicl/moment"
)

// For d = 1 the best loss is exact. With b = (1, t) the matrix K(t) is 2 x 2 with
// quadratic entries and k(t) is linear, so that
//
//	v(t) = c - p(t)/e(t),  e = det K,  p = k' adj(K) k,
//
// are quotients of polynomials of degree four, e > 0. A number l is below every
// loss iff the polynomial (c-l) e - p has no negative value, which counting its
// real roots by Sturm's theorem decides in rational arithmetic. The other
// direction b = (0, 1) is t = infinity, by continuity.

// polynomial has the coefficient of t^i at i.
type polynomial []*big.Rat

func (p polynomial) trim() polynomial {
	for len(p) > 0 && p[len(p)-1].Sign() == 0 {
		p = p[:len(p)-1]
	}
	return p
}

func (p polynomial) mul(o polynomial) polynomial {
	if len(p) == 0 || len(o) == 0 {
		return nil
	}
	out := make(polynomial, len(p)+len(o)-1)
	for i := range out {
		out[i] = new(big.Rat)
	}
	t := new(big.Rat)
	for i, x := range p {
		for j, y := range o {
			out[i+j].Add(out[i+j], t.Mul(x, y))
		}
	}
	return out.trim()
}

// plus returns p + s o.
func (p polynomial) plus(s *big.Rat, o polynomial) polynomial {
	out := make(polynomial, max(len(p), len(o)))
	for i := range out {
		out[i] = new(big.Rat)
		if i < len(o) {
			out[i].Mul(s, o[i])
		}
		if i < len(p) {
			out[i].Add(out[i], p[i])
		}
	}
	return out.trim()
}

func (p polynomial) derivative() polynomial {
	if len(p) == 0 {
		return nil
	}
	out := make(polynomial, len(p)-1)
	for i := range out {
		out[i] = new(big.Rat).Mul(p[i+1], big.NewRat(int64(i+1), 1))
	}
	return out.trim()
}

// remainder returns p mod o.
func (p polynomial) remainder(o polynomial) polynomial {
	r := p.plus(new(big.Rat), nil)
	for len(r) >= len(o) {
		f := new(big.Rat).Quo(r[len(r)-1], o[len(o)-1])
		shift := len(r) - len(o)
		for i, x := range o {
			r[shift+i].Sub(r[shift+i], new(big.Rat).Mul(f, x))
		}
		r = r[:len(r)-1].trim()
	}
	return r
}

func (p polynomial) at(t *big.Rat) *big.Rat {
	sum := new(big.Rat)
	for i := len(p) - 1; i >= 0; i-- {
		sum.Mul(sum, t).Add(sum, p[i])
	}
	return sum
}

// sturm returns the Sturm sequence of p, each member divided by a positive
// number to keep it small.
func (p polynomial) sturm() []polynomial {
	sequence := []polynomial{p, p.derivative()}
	for len(sequence[len(sequence)-1]) > 0 {
		last := sequence[len(sequence)-1]
		r := sequence[len(sequence)-2].remainder(last)
		if len(r) == 0 {
			break
		}
		scale := new(big.Rat).Abs(r[len(r)-1])
		sequence = append(sequence, polynomial(nil).plus(new(big.Rat).Neg(scale.Inv(scale)), r))
	}
	return sequence
}

// changes counts the sign changes of a Sturm sequence at t, or at minus or plus
// infinity if t is nil.
func changes(sequence []polynomial, t *big.Rat, infinity int) int {
	count, last := 0, 0
	for _, p := range sequence {
		p = p.trim()
		if len(p) == 0 {
			continue
		}
		sign := 0
		if t != nil {
			sign = p.at(t).Sign()
		} else {
			sign = p[len(p)-1].Sign()
			if infinity < 0 && len(p)%2 == 0 {
				sign = -sign
			}
		}
		if sign != 0 {
			if last != 0 && sign != last {
				count++
			}
			last = sign
		}
	}
	return count
}

// realRoots returns the number of different real roots of p, which is not zero.
func (p polynomial) realRoots() int {
	s := p.sturm()
	return changes(s, nil, -1) - changes(s, nil, 1)
}

// positive reports whether p(t) > 0 for all real t, infinity included: an even
// degree, taken to be the given one, with a positive leading coefficient, and no
// real root.
func (p polynomial) positive(degree int) bool {
	return len(p) == degree+1 && p[degree].Sign() > 0 && p.realRoots() == 0
}

// circle holds the polynomials of v(t) = c - p/e for a form with q = 1.
type circle struct {
	c    *big.Rat
	p, e polynomial
}

// newCircle returns the polynomials of a form with q = 1.
func newCircle(form *moment.ExactForm) (*circle, error) {
	if form.Q != 1 {
		return nil, fmt.Errorf("the polynomial method is for one query feature; this form has %d", form.Q)
	}
	// Columns of S_b for b = (1, t): (1, t, 0) and (0, 1, t).
	one, zero := big.NewRat(1, 1), new(big.Rat)
	columns := [2][3]polynomial{
		{{one}, {zero, one}, nil},
		{nil, {one}, {zero, one}},
	}
	var K [2][2]polynomial
	var k [2]polynomial
	for r := range 2 {
		for i := range 3 {
			k[r] = k[r].plus(form.LAt(i), columns[r][i])
			for s := range 2 {
				for j := range 3 {
					K[r][s] = K[r][s].plus(form.HAt(i, j), columns[r][i].mul(columns[s][j]))
				}
			}
		}
	}
	minus, two := big.NewRat(-1, 1), big.NewRat(-2, 1)
	v := &circle{c: form.C}
	v.e = K[0][0].mul(K[1][1]).plus(minus, K[0][1].mul(K[0][1]))
	v.p = k[0].mul(k[0]).mul(K[1][1]).plus(one, k[1].mul(k[1]).mul(K[0][0])).
		plus(two, k[0].mul(k[1]).mul(K[0][1]))
	if !v.e.positive(4) {
		return nil, errors.New("H is not positive definite")
	}
	return v, nil
}

// below reports whether every loss is above l.
func (v *circle) below(l *big.Rat) bool {
	d := new(big.Rat).Sub(v.c, l)
	return polynomial(nil).plus(d, v.e).plus(big.NewRat(-1, 1), v.p).positive(4)
}

// bestLoss encloses the best loss: lower < f* <= upper, upper - lower at most
// the width. upper is c at worst, the loss of predicting 0.
func (v *circle) bestLoss(width *big.Rat) (lower, upper *big.Rat) {
	lower, upper = new(big.Rat), new(big.Rat).Set(v.c)
	half := big.NewRat(1, 2)
	for step := big.NewRat(1, 1); !v.below(lower); step.Add(step, step) {
		lower.Sub(lower, step)
	}
	for new(big.Rat).Sub(upper, lower).Cmp(width) > 0 {
		middle := new(big.Rat).Add(lower, upper)
		if middle.Mul(middle, half); v.below(middle) {
			lower = middle
		} else {
			upper = middle
		}
	}
	return lower, upper
}

package moment

import (
	"context"
	"fmt"
	"math/big"
	"strings"

	"markovicl/markov"
)

// Polynomial is a polynomial in p and 1/n with rational coefficients: entry
// [i][k] is that of p^i / n^k.
type Polynomial [][]*big.Rat

// At returns the value at p and n; 1/n is 0 for infinitely many chains.
func (f Polynomial) At(p *big.Rat, n markov.Context) *big.Rat {
	v := new(big.Rat)
	if n != markov.Infinite {
		v.SetFrac64(1, int64(n))
	}
	sum := new(big.Rat)
	for i := len(f) - 1; i >= 0; i-- { // Horner's rule in p, and in 1/n
		inner := new(big.Rat)
		for k := len(f[i]) - 1; k >= 0; k-- {
			inner.Add(inner.Mul(inner, v), f[i][k])
		}
		sum.Add(sum.Mul(sum, p), inner)
	}
	return sum
}

// String writes the polynomial's terms, such as "1/2 p^3 + 1/2 p/n - 1/2 p^3/n".
func (f Polynomial) String() string {
	var b strings.Builder
	for k := range 2 {
		for i := range f {
			if k >= len(f[i]) || f[i][k].Sign() == 0 {
				continue
			}
			c := f[i][k]
			switch {
			case b.Len() > 0 && c.Sign() < 0:
				b.WriteString(" - ")
			case b.Len() > 0:
				b.WriteString(" + ")
			case c.Sign() < 0:
				b.WriteString("-")
			}
			size, power := new(big.Rat).Abs(c).RatString(), ""
			switch i {
			case 0:
			case 1:
				power = "p"
			default:
				power = fmt.Sprintf("p^%d", i)
			}
			switch {
			case power == "":
				b.WriteString(size)
			case size == "1":
				b.WriteString(power)
			default:
				b.WriteString(size + " " + power)
			}
			if k == 1 {
				b.WriteString("/n")
			}
		}
	}
	if b.Len() == 0 {
		return "0"
	}
	return b.String()
}

// PolynomialForm is the loss of every task that differs from one only in p and
// n: a [Form] whose numbers are polynomials in p, the probability that a chain
// starts in state 1, and 1/n.
type PolynomialForm struct {
	Q int
	H []Polynomial // upper triangle, row-major, entry (i, k) at PairIndex(qm, i, k); degree at most 3 in p and 1 in 1/n
	L []Polynomial // [qm], degree at most 2 in p, without n
	C Polynomial   // degree at most 1 in p
}

// LemmaC1 returns the polynomials of the paper's Lemma C.1: d = 1, index
// embedding, chains that start by Bernoulli(p), uniform kernels. The order of
// the enlarged parameters is (xx, xy, yy).
func LemmaC1() *PolynomialForm {
	// once[i] is the coefficient of p^i/n, twice[i] that of r p^i, r = 1 - 1/n.
	entry := func(once, twice [4]*big.Rat) Polynomial {
		f := make(Polynomial, 4)
		for i := range f {
			f[i] = []*big.Rat{twice[i], new(big.Rat).Sub(once[i], twice[i])}
		}
		return f
	}
	R := big.NewRat
	O := new(big.Rat)
	return &PolynomialForm{
		Q: 1,
		H: []Polynomial{
			entry([4]*big.Rat{O, O, R(1, 1), O}, [4]*big.Rat{O, O, O, R(1, 1)}),        // xx,xx: p (p/n + r p^2)
			entry([4]*big.Rat{O, O, R(1, 2), O}, [4]*big.Rat{O, O, O, R(1, 2)}),        // xx,xy: p (p/2n + r p^2/2)
			entry([4]*big.Rat{O, O, R(1, 2), O}, [4]*big.Rat{O, O, R(1, 2), O}),        // xx,yy: p (p/2n + r p/2)
			entry([4]*big.Rat{O, O, R(1, 2), O}, [4]*big.Rat{O, O, O, R(1, 3)}),        // xy,xy: p (p/2n + r p^2/3)
			entry([4]*big.Rat{O, O, R(1, 2), O}, [4]*big.Rat{O, O, R(1, 4), R(1, 12)}), // xy,yy: p (p/2n + r p ((1-p)/4 + p/3))
			// yy,yy: p (1/2n + r ((1-p)^2/3 + p^2/3 + p(1-p)/2))
			entry([4]*big.Rat{O, R(1, 2), O, O}, [4]*big.Rat{O, R(1, 3), R(-1, 6), R(1, 6)}),
		},
		L: []Polynomial{
			{{O}, {O}, {R(1, 2)}},        // p^2/2
			{{O}, {O}, {R(1, 3)}},        // p^2/3
			{{O}, {R(1, 4)}, {R(1, 12)}}, // p^2/12 + p/4
		},
		C: Polynomial{{R(1, 2)}, {O}},
	}
}

// Polynomials returns the loss of a task as polynomials in p and 1/n: what Lemma
// C.1 says of d = 1, for any d, prior and embedding. The task must have two
// states and chains with independent starts; its own p and n do not matter.
//
// Every entry of H is a mean of products of one start of the query and at most
// two of other chains, so that its degree in p is at most 3, and four values of
// p determine it.
func Polynomials(ctx context.Context, t markov.Task) (*PolynomialForm, error) {
	if t.States() != 2 || t.Start().Kind() != markov.IIDStart {
		return nil, fmt.Errorf("polynomials in p are for 2 states and start bernoulli:p; this task has %d states and start %s", t.States(), t.Start())
	}
	var ps [4]*big.Rat
	var once, twice [4]*ExactForm // n = 1 is H4, n = infinity is H22
	for i := range ps {
		ps[i] = big.NewRat(int64(i), 3)
		start, err := markov.IIDStartOf([]*big.Rat{new(big.Rat).Sub(big.NewRat(1, 1), ps[i]), ps[i]})
		if err != nil {
			return nil, err
		}
		e, err := ExactOf(ctx, t.WithStart(start))
		if err != nil {
			return nil, err
		}
		once[i], twice[i] = e.At(1), e.At(markov.Infinite)
	}
	dim := twice[0].Dim()
	out := &PolynomialForm{Q: twice[0].Q}
	values := func(of func(i int) *big.Rat) []*big.Rat {
		v := make([]*big.Rat, len(ps))
		for i := range v {
			v[i] = of(i)
		}
		return interpolate(ps[:], v)
	}
	for i := range dim {
		for k := i; k < dim; k++ {
			limit := values(func(j int) *big.Rat { return twice[j].HAt(i, k) })
			excess := values(func(j int) *big.Rat {
				x := once[j].HAt(i, k)
				return x.Sub(x, twice[j].HAt(i, k))
			})
			f := make(Polynomial, len(limit))
			for j := range f {
				f[j] = []*big.Rat{limit[j], excess[j]}
			}
			out.H = append(out.H, f)
		}
		out.L = append(out.L, constantInN(values(func(j int) *big.Rat { return twice[j].LAt(i) })[:3]))
	}
	out.C = constantInN(values(func(j int) *big.Rat { return twice[j].C })[:2])
	return out, nil
}

func constantInN(coefficients []*big.Rat) Polynomial {
	f := make(Polynomial, len(coefficients))
	for i, c := range coefficients {
		f[i] = []*big.Rat{c}
	}
	return f
}

// interpolate returns the coefficients of the polynomial of degree below len(x)
// with the given values, by Newton's divided differences.
func interpolate(x, values []*big.Rat) []*big.Rat {
	n := len(x)
	c := make([]*big.Rat, n)
	for i := range c {
		c[i] = new(big.Rat).Set(values[i])
	}
	for order := 1; order < n; order++ {
		for i := n - 1; i >= order; i-- {
			c[i].Sub(c[i], c[i-1])
			c[i].Quo(c[i], new(big.Rat).Sub(x[i], x[i-order]))
		}
	}
	out := make([]*big.Rat, n)
	for i := range out {
		out[i] = new(big.Rat)
	}
	for i := n - 1; i >= 0; i-- { // out = out (p - x_i) + c_i
		for k := n - 1; k > 0; k-- {
			out[k] = new(big.Rat).Sub(out[k-1], new(big.Rat).Mul(out[k], x[i]))
		}
		out[0] = new(big.Rat).Sub(c[i], new(big.Rat).Mul(out[0], x[i]))
	}
	return out
}

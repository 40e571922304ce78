package moment

import (
	"context"
	"math/big"

	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
)

// ExactForm is a [Form] as fractions.
type ExactForm struct {
	Q     int        // q, the number of query features
	Scale *big.Int   // H and h are integers divided by Scale, which is positive
	H     []*big.Int // [dim(dim+1)/2] Scale*H, upper triangle, row-major: entry (i, k) at PairIndex(dim, i, k)
	L     []*big.Int // [dim] Scale*h
	C     *big.Rat   // E[y^2]
}

// reduce divides H, h and Scale by their greatest common divisor.
func (f *ExactForm) reduce() {
	g := new(big.Int).Set(f.Scale)
	one := big.NewInt(1)
	for _, list := range [][]*big.Int{f.H, f.L} {
		for _, v := range list {
			if v.Sign() != 0 && g.Cmp(one) != 0 {
				g.GCD(nil, nil, g, new(big.Int).Abs(v))
			}
		}
	}
	if g.Cmp(one) == 0 {
		return
	}
	f.Scale.Quo(f.Scale, g)
	for _, list := range [][]*big.Int{f.H, f.L} {
		for _, v := range list {
			v.Quo(v, g)
		}
	}
}

// Dim returns qm, the number of enlarged parameters.
func (f *ExactForm) Dim() int { return len(f.L) }

// HAt returns the entry (i, k) of H as a fraction.
func (f *ExactForm) HAt(i, k int) *big.Rat {
	return new(big.Rat).SetFrac(f.H[PairIndex(f.Dim(), min(i, k), max(i, k))], f.Scale)
}

// LAt returns the entry i of h as a fraction.
func (f *ExactForm) LAt(i int) *big.Rat { return new(big.Rat).SetFrac(f.L[i], f.Scale) }

// Loss returns f(X) = X'HX - 2h'X + c.
func (f *ExactForm) Loss(X []*big.Rat) *big.Rat {
	sum, t := new(big.Rat), new(big.Rat)
	for i := range f.L {
		row := new(big.Rat).Neg(f.LAt(i)) // (HX)_i - 2h_i
		row.Add(row, row)
		for k := range f.L {
			row.Add(row, t.Mul(f.HAt(i, k), X[k]))
		}
		sum.Add(sum, row.Mul(row, X[i]))
	}
	return sum.Add(sum, f.C)
}

// Float returns the form with every number rounded to the nearest float64, and
// what was rounded off as its low part.
func (f *ExactForm) Float() *Form {
	dim := f.Dim()
	out := &Form{
		Q: f.Q, C: markov.Float(f.C),
		H: mat.NewSymDense(dim, nil), HLow: mat.NewSymDense(dim, nil),
		L: make([]float64, dim), LLow: make([]float64, dim),
	}
	// Twice the working precision and some more, so that the high part is the
	// nearest float64 and the low part has all its digits.
	const bits = 160
	scale := new(big.Float).SetPrec(bits).SetInt(f.Scale)
	x, t := new(big.Float).SetPrec(bits), new(big.Float).SetPrec(bits)
	split := func(v *big.Int) (high, low float64) {
		if v.Sign() == 0 {
			return 0, 0
		}
		x.Quo(t.SetInt(v), scale)
		high = nearest(x)
		return high, nearest(x.Sub(x, t.SetFloat64(high)))
	}
	for i := range dim {
		out.L[i], out.LLow[i] = split(f.L[i])
		for k := i; k < dim; k++ {
			high, low := split(f.H[PairIndex(dim, i, k)])
			out.H.SetSym(i, k, high)
			out.HLow.SetSym(i, k, low)
		}
	}
	out.Errors = f.roundedErrors(out)
	out.fractions = func(context.Context, float64) (*ExactForm, error) { return f, nil }
	return out
}

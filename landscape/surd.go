package landscape

import "math/big"

// Surd is the number X + Y sqrt(r), r being the Root of the decision it is part
// of.
type Surd struct{ X, Y *big.Rat }

// field is the field of numbers x + y sqrt(root).
type field struct{ root *big.Rat }

func rational(x *big.Rat) Surd { return Surd{x, new(big.Rat)} }

func (f field) zero() Surd { return rational(new(big.Rat)) }

func (f field) add(a, b Surd) Surd {
	return Surd{new(big.Rat).Add(a.X, b.X), new(big.Rat).Add(a.Y, b.Y)}
}

func (f field) sub(a, b Surd) Surd {
	return Surd{new(big.Rat).Sub(a.X, b.X), new(big.Rat).Sub(a.Y, b.Y)}
}

func (f field) mul(a, b Surd) Surd {
	x := new(big.Rat).Mul(a.Y, b.Y)
	x.Mul(x, f.root).Add(x, new(big.Rat).Mul(a.X, b.X))
	y := new(big.Rat).Mul(a.X, b.Y)
	return Surd{x, y.Add(y, new(big.Rat).Mul(a.Y, b.X))}
}

// quo divides by a number that is not zero.
func (f field) quo(a, b Surd) Surd {
	conjugate := Surd{b.X, new(big.Rat).Neg(b.Y)}
	norm := f.mul(b, conjugate).X
	c := f.mul(a, conjugate)
	return Surd{c.X.Quo(c.X, norm), c.Y.Quo(c.Y, norm)}
}

// isZero reports whether a is zero; root must be 0 or no square of a rational.
func (f field) isZero(a Surd) bool {
	return a.X.Sign() == 0 && (a.Y.Sign() == 0 || f.root.Sign() == 0)
}

// Float returns the number in floating point.
func (a Surd) Float(root *big.Rat) float64 {
	const bits = 256
	r := new(big.Float).SetPrec(bits).SetRat(root)
	r.Sqrt(r).Mul(r, new(big.Float).SetPrec(bits).SetRat(a.Y))
	sum, _ := r.Add(r, new(big.Float).SetPrec(bits).SetRat(a.X)).Float64()
	return sum
}

// String writes the number as a reader would: 1/2+3*sqrt(5).
func (f field) string(a Surd) string {
	if f.root.Sign() == 0 || a.Y.Sign() == 0 {
		return a.X.RatString()
	}
	root := "sqrt(" + f.root.RatString() + ")"
	y := a.Y.RatString() + "*" + root
	if a.X.Sign() == 0 {
		return y
	}
	if a.Y.Sign() > 0 {
		y = "+" + y
	}
	return a.X.RatString() + y
}

// ratSqrt returns the root of a rational that is a square.
func ratSqrt(x *big.Rat) (*big.Rat, bool) {
	num, den := new(big.Int).Sqrt(x.Num()), new(big.Int).Sqrt(x.Denom())
	s := new(big.Rat).SetFrac(num, den)
	return s, new(big.Rat).Mul(s, s).Cmp(x) == 0
}

package hardness

import "math/big"

// expression is an affine function of the entries that are not fixed, in exact
// fractions, while a program is taken apart.
type expression struct {
	constant *big.Rat
	coef     map[int]*big.Rat
}

func newExpression() expression { return expression{new(big.Rat), map[int]*big.Rat{}} }

func (e expression) add(entry int, c *big.Rat) {
	if old, ok := e.coef[entry]; ok {
		old.Add(old, c)
		return
	}
	e.coef[entry] = new(big.Rat).Set(c)
}

// lcm sets x to the least common multiple of x and y, both positive.
func lcm(x, y *big.Int) {
	g := new(big.Int).GCD(nil, nil, x, y)
	x.Mul(x, new(big.Int).Quo(y, g))
}

// integral multiplies by the least positive number that makes all coefficients
// integers without a common divisor.
func (e expression) integral() affine {
	m := new(big.Int).Set(e.constant.Denom())
	for _, c := range e.coef {
		lcm(m, c.Denom())
	}
	g := new(big.Int)
	times := func(c *big.Rat) *big.Int {
		x := new(big.Rat).SetInt(m)
		n := new(big.Int).Set(x.Mul(x, c).Num())
		g.GCD(nil, nil, g, new(big.Int).Abs(n))
		return n
	}
	f := affine{times(e.constant), map[int]*big.Int{}}
	for i, c := range e.coef {
		f.coef[i] = times(c)
	}
	if g.Sign() > 0 {
		f.constant.Quo(f.constant, g)
		for _, c := range f.coef {
			c.Quo(c, g)
		}
	}
	return f
}

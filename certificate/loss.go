package certificate

import (
	"math"
	"math/big"

	"markovicl/moment"
)

// LossValue is the loss of given parameters with a bound of its error.
type LossValue struct {
	Value float64
	Error float64 // the loss lies within Value +- Error, unless Claim is Numeric
	Claim moment.Claim
}

// Upper returns a number that the loss does not exceed; +Inf where none is known.
func (l LossValue) Upper() float64 {
	if l.Claim != moment.Exact && l.Claim != moment.Proven {
		return math.Inf(1)
	}
	return l.Value + l.Error + 4*unitRoundoff*(math.Abs(l.Value)+l.Error)
}

// roundUp pays for the rounding of a few operations on what is exact before.
const roundUp = 1 + 1e-12

// exactPoint is a point X of the enlarged space without rounding: whole numbers times a
// power of two.
type exactPoint struct {
	X        []*big.Int
	exponent int
}

// exactPointOf returns the sum of phi(b, A) over heads, b [heads, D] and A [heads, D, q]
// row-major, without rounding. It returns false if a number is not finite.
func exactPointOf(b, A []float64, heads, D int) (exactPoint, bool) {
	q := D - 1
	wholeB, exponentB, okB := wholeNumbers(b)
	wholeA, exponentA, okA := wholeNumbers(A)
	if !okB || !okA {
		return exactPoint{}, false
	}
	m := moment.Pairs(D)
	p := exactPoint{X: make([]*big.Int, q*m), exponent: exponentB + exponentA}
	t := new(big.Int)
	for i := range p.X {
		p.X[i] = new(big.Int)
	}
	for h := range heads {
		b, A := wholeB[h*D:(h+1)*D], wholeA[h*D*q:(h+1)*D*q]
		for j := range q {
			for i := range D {
				for k := range D {
					x := p.X[j*m+moment.PairIndex(D, min(i, k), max(i, k))]
					x.Add(x, t.Mul(b[i], A[k*q+j]))
				}
			}
		}
	}
	return p, true
}

// wholeNumbers returns finite numbers as whole numbers times 2^exponent.
func wholeNumbers(xs []float64) (whole []*big.Int, exponent int, ok bool) {
	exponent = math.MaxInt
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, 0, false
		}
		if x != 0 {
			_, e := wholeNumber(x)
			exponent = min(exponent, e)
		}
	}
	if exponent == math.MaxInt {
		exponent = 0
	}
	whole = make([]*big.Int, len(xs))
	numbers, t := make([]big.Int, len(xs)), new(big.Int)
	for i, x := range xs {
		whole[i] = &numbers[i]
		if x != 0 {
			n, e := wholeNumber(x)
			whole[i].Lsh(t.SetInt64(n), uint(e-exponent))
		}
	}
	return whole, exponent, true
}

// loss returns f(X) in fractions.
func (p exactPoint) loss(f *moment.ExactForm) *big.Rat {
	n := len(p.X)
	square, linear := new(big.Int), new(big.Int)
	row, t := new(big.Int), new(big.Int)
	for i := range n {
		if p.X[i].Sign() == 0 {
			continue
		}
		row.SetInt64(0)
		for k := i; k < n; k++ {
			if p.X[k].Sign() == 0 {
				continue
			}
			t.Mul(f.H[moment.PairIndex(n, i, k)], p.X[k])
			if k > i {
				t.Lsh(t, 1)
			}
			row.Add(row, t)
		}
		square.Add(square, t.Mul(row, p.X[i]))
		linear.Add(linear, t.Mul(f.L[i], p.X[i]))
	}
	linear.Lsh(linear, 1)
	sum := new(big.Rat).SetFrac(square, f.Scale)
	shiftRat(sum, sum, 2*p.exponent)
	second := new(big.Rat).SetFrac(linear, f.Scale)
	shiftRat(second, second, p.exponent)
	return sum.Add(sum.Sub(sum, second), f.C)
}

// lossStored returns f(X) in fractions for a form of floating-point numbers, which are
// dyadic fractions: that of [Dyadic], whose whole numbers would take ten times the room
// of H.
func (p exactPoint) lossStored(f *moment.Form) *big.Rat {
	n := len(p.X)
	exponent := math.MaxInt // of the whole numbers that H and h are made
	lower := func(x float64) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			panic("certificate: a form with numbers that are not finite")
		}
		if x != 0 {
			_, e := wholeNumber(x)
			exponent = min(exponent, e)
		}
	}
	for i := range n {
		lower(f.L[i])
		for k := i; k < n; k++ {
			lower(f.H.At(i, k))
		}
	}
	if exponent == math.MaxInt {
		exponent = 0
	}
	square, linear := new(big.Int), new(big.Int)
	row, t := new(big.Int), new(big.Int)
	addTo := func(sum *big.Int, factor float64, twice uint, x *big.Int) { // factor x, or twice that
		if factor != 0 && x.Sign() != 0 {
			m, e := wholeNumber(factor)
			t.Mul(t.SetInt64(m), x)
			sum.Add(sum, t.Lsh(t, uint(e-exponent)+twice))
		}
	}
	for i := range n {
		if p.X[i].Sign() == 0 {
			continue
		}
		row.SetInt64(0)
		addTo(row, f.H.At(i, i), 0, p.X[i])
		for k := i + 1; k < n; k++ {
			addTo(row, f.H.At(i, k), 1, p.X[k])
		}
		square.Add(square, t.Mul(row, p.X[i]))
		addTo(linear, f.L[i], 1, p.X[i])
	}
	sum, second := new(big.Rat).SetInt(square), new(big.Rat).SetInt(linear)
	shiftRat(sum, sum, 2*p.exponent+exponent)
	shiftRat(second, second, p.exponent+exponent)
	return sum.Add(sum.Sub(sum, second), new(big.Rat).SetFloat64(f.C))
}

// norm returns an upper bound of |X|; false if it is not a finite number.
func (p exactPoint) norm() (float64, bool) {
	sum, t := new(big.Int), new(big.Int)
	for _, x := range p.X {
		sum.Add(sum, t.Mul(x, x))
	}
	f := new(big.Float).SetPrec(64).SetMode(big.ToPositiveInf).SetInt(sum)
	f.SetMantExp(f, 2*p.exponent)
	f.Sqrt(f)
	norm, _ := f.Float64()
	norm *= roundUp
	return norm, !math.IsInf(norm, 0)
}

// LossBound returns the loss of parameters (b [heads, D], A [heads, D, q]) on the
// exact form if that is given; else on the stored one, calculated without rounding,
// with what the errors of the form may add. exact may be nil.
func LossBound(form *moment.Form, exact *moment.ExactForm, b, A []float64, heads int) LossValue {
	none := LossValue{Value: math.NaN(), Claim: moment.Numeric}
	p, ok := exactPointOf(b, A, heads, form.Q+1)
	if !ok {
		return none
	}
	claim, charge := moment.Exact, 0.0
	var value *big.Rat
	if exact != nil {
		value = p.loss(exact)
	} else {
		value = p.lossStored(form)
		errs := form.Errors
		switch errs.Claim {
		case moment.Numeric:
			claim = moment.Numeric
		case moment.Proven:
			norm, ok := p.norm()
			if charge = errs.Charge(norm); !ok || math.IsInf(charge, 0) || math.IsNaN(charge) {
				claim, charge = moment.Numeric, 0
				break
			}
			claim = moment.Proven
		}
	}
	out := LossValue{Claim: claim}
	var same bool
	out.Value, same = value.Float64()
	if math.IsInf(out.Value, 0) {
		return none
	}
	out.Error = charge * roundUp
	if !same {
		out.Error += 2*unitRoundoff*math.Abs(out.Value) + math.SmallestNonzeroFloat64
	}
	return out
}

// Dyadic returns a form whose entries, being floating-point numbers, are
// dyadic fractions, exactly.
func Dyadic(form *moment.Form) *moment.ExactForm {
	n := form.Dim()
	numbers := make([]float64, 0, moment.Pairs(n)+n)
	for i := range n {
		for j := i; j < n; j++ {
			numbers = append(numbers, form.H.At(i, j))
		}
	}
	numbers = append(numbers, form.L...)
	whole, exponent, ok := wholeNumbers(numbers)
	if !ok {
		panic("certificate: a form with numbers that are not finite")
	}
	scale := big.NewInt(1)
	if exponent > 0 {
		for _, x := range whole {
			x.Lsh(x, uint(exponent))
		}
	} else {
		scale.Lsh(scale, uint(-exponent))
	}
	return &moment.ExactForm{
		Q: form.Q, Scale: scale, H: whole[:moment.Pairs(n)], L: whole[moment.Pairs(n):], C: new(big.Rat).SetFloat64(form.C),
	}
}

package moment

import (
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/mat"
)

// Claim says how much of a number is proven.
type Claim string

// The claims, from the strongest to none.
const (
	Exact   Claim = "exact"   // fractions, or floats that equal them
	Proven  Claim = "proven"  // floating point, every error charged
	Numeric Claim = "numeric" // no claim
)

// FormErrors bounds how far the float64 numbers of a [Form] are from the exact
// form of its task. The bounds hold if Claim is Exact (then they are 0) or
// Proven; if it is Numeric they are 0 and say nothing, and Reason says why
// there are none. The zero value says nothing either: it is that of a form that
// was not computed from a task.
type FormErrors struct {
	Claim  Claim
	H      float64 // of the spectral norm of the error of Form.H
	L      float64 // of the Euclidean norm of the error of Form.L
	C      float64 // of the absolute error of Form.C
	Reason string  // why there is no bound; "" if there is one
}

// Charge returns a bound for |f(X) - g(X)|, where f is the stored form and g
// the exact one, for every X with |X| <= radius (Euclidean norm): H radius^2 +
// 2 L radius + C, rounded up. It is +Inf where nothing is proven.
func (e FormErrors) Charge(radius float64) float64 {
	if e.Claim != Exact && e.Claim != Proven {
		return math.Inf(1)
	}
	if e.H == 0 && e.L == 0 && e.C == 0 {
		return 0
	}
	const up = 1 + 0x1p-49 // more than the roundings of this sum
	return up*(e.H*radius*radius+2*e.L*radius+e.C) + math.SmallestNonzeroFloat64
}

// unitRoundoff is the largest relative error of a float64 operation, rounded to
// nearest.
const unitRoundoff = 0x1p-53

// gamma returns a bound for the relative error that k roundings leave on a
// product or a term of a sum: k u/(1 - k u), rounded up (Higham, Accuracy and
// Stability of Numerical Algorithms, Lemma 3.1).
func gamma(k float64) float64 {
	ku := k * unitRoundoff
	if ku >= 0.5 {
		return math.Inf(1)
	}
	return ku / (1 - ku) * (1 + 0x1p-49)
}

// underflow bounds what underflow may add to the error of any entry: an
// operation whose result is below 2^-1022 loses at most 2^-1075, no table takes
// 2^60 operations, and no later factor is above 2^32.
const underflow = 0x1p-980

// roundedErrors bounds the errors of f = e.Float() from its low part: what
// rounding took off each number, known to 2^-158 of that number.
func (e *ExactForm) roundedErrors(f *Form) FormErrors {
	if e.dyadic(f) {
		return FormErrors{Claim: Exact}
	}
	norm := func(low, high float64) float64 {
		return (low + high*0x1p-104) * (1 + 0x1p-30)
	}
	var low, high float64
	for i, x := range f.LLow {
		low, high = math.Hypot(low, x), math.Hypot(high, f.L[i])
	}
	out := FormErrors{Claim: Proven, L: norm(low, high)}
	out.H = norm(frobenius(f.HLow), frobenius(f.H))
	missing := new(big.Rat).SetFloat64(f.C)
	missing.Sub(e.C, missing)
	c, _ := missing.Abs(missing).Float64()
	out.C = c * (1 + 0x1p-50)
	return out
}

// frobenius returns the Frobenius norm of S, to a relative error far below
// 2^-30.
func frobenius(S *mat.SymDense) float64 {
	n := S.SymmetricDim()
	raw := S.RawSymmetric()
	var largest float64
	for i := range n {
		for _, x := range raw.Data[i*raw.Stride+i : i*raw.Stride+n] {
			largest = max(largest, math.Abs(x))
		}
	}
	if largest == 0 {
		return 0
	}
	var sum float64
	for i := range n {
		row := raw.Data[i*raw.Stride+i : i*raw.Stride+n]
		var off float64
		for _, x := range row[1:] {
			x /= largest
			off += x * x
		}
		d := row[0] / largest
		sum += d*d + 2*off
	}
	return largest * math.Sqrt(sum)
}

// dyadic reports whether every number of e is a float64, and so f without
// error. H, h and Scale have no common divisor, so that no odd part of Scale
// can cancel in all entries.
func (e *ExactForm) dyadic(f *Form) bool {
	if new(big.Rat).SetFloat64(f.C).Cmp(e.C) != 0 {
		return false
	}
	if e.Scale.TrailingZeroBits()+1 != uint(e.Scale.BitLen()) {
		return false
	}
	for _, list := range [][]*big.Int{e.H, e.L} {
		for _, v := range list {
			if v.Sign() != 0 && v.BitLen()-int(v.TrailingZeroBits()) > 53 {
				return false
			}
		}
	}
	return e.Scale.BitLen() < 900
}

// errors bounds the errors of a form f that was combined from t: of sums of
// products whose factors together passed through t.roundings roundings. If no
// coordinate is negative, no term is, and the relative error of a number is at
// most gamma(t.roundings). Else the absolute values of the terms are charged:
// their weights are probabilities, so that they add up to no more than the
// largest product of coordinates.
func (t *tables) errors(b *basis, f *Form, unproven string) FormErrors {
	if unproven != "" {
		return FormErrors{Claim: Numeric, Reason: unproven}
	}
	if t.roundings == 0 {
		return FormErrors{Claim: Numeric, Reason: "the roundings of its moments were not counted"}
	}
	g := gamma(t.roundings)
	if g >= 0.5 {
		return FormErrors{Claim: Numeric, Reason: fmt.Sprintf("its numbers pass through %.0g roundings, too many for a bound", t.roundings)}
	}
	n := float64(f.Dim())
	var H, L, C float64
	if b.signed {
		square := b.size * b.size
		H, L, C = n*square*square*square, math.Sqrt(n)*square*square, square
	} else {
		H, L, C = frobenius(f.H), mat.Norm(mat.NewVecDense(len(f.L), f.L), 2), f.C
		g /= 1 - g // the exact numbers may be larger than the computed ones
	}
	const up = 1 + 0x1p-30 // more than the roundings of these norms
	return FormErrors{
		Claim: Proven,
		H:     up * (g*H + n*underflow),
		L:     up * (g*L + n*underflow),
		C:     up * (g*C + underflow),
	}
}

// combining is how many roundings a number passes through when the tables are
// combined to a form: 1/n has one, 1 - 1/n two, each product and the sum one.
const combining = 4

// countRoundings bounds the roundings of the terms that count adds up. The
// order in which a matrix product adds its n terms is not known: no term of it
// passes through more than n roundings, its own product included, and a term is
// added to a table with those of all starts.
func countRoundings(b *basis, starts, types int) float64 {
	laws := 5 + 3*(2*b.order-1) // probability of the first states, times a sum, for the query and two chains; its weight
	joint := 2*b.rows - 1       // moments of all rows, and their product
	return float64(laws + joint + 2*(types+1) + starts*types + 1 + combining)
}

// quadratureRoundings bounds the roundings of the terms that average adds up
// over a product rule, whose nodes and weights count as two each: they are the
// nearest floats of numbers known to 2^-60.
func quadratureRoundings(b *basis, starts, nodes int) float64 {
	S, d := b.states, b.d
	entry := 3 * (S - 1)                          // of a kernel: pieces of a stick, multiplied
	weight := 3*b.rows*(S-1) + 2                  // of a node, times that of a start
	mean := 1 + d*(entry+S) + S + 1 + 3*(S+1) + S // of a chain's monomial: start, powers of the kernel, four factors, last sum
	if b.order > 1 {
		mean = (d+1)*(entry+S+1) + 4 + b.rows + 1 // a step for each state, four factors, last sum
	}
	return float64(weight + 3*mean + 2 + starts*nodes + 1 + combining)
}

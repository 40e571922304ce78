package landscape

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"markovicl/moment"
)

// Proof is a proof in exact arithmetic that no one-layer transformer with one
// head has a loss below Lower.
//
// W holds dyadic fractions (every float64 is one) and is a combination of
// 2 x 2 minors, as in a Certificate; N and k repeat the entries of H and h. With
// the integers R (upper triangular), y, and the powers of two Scale_r:
//
//	Scale (N+W) Scale = s I + R'R/4^Bits + E,  |sum_t E_rt| <= s/2 in each row r,
//
// checked exactly, so that the left side is at least s/2 I, s = 2^-Shift; and
//
//	c - Lower - 2k'y + y'(N+W)y >= |Scale ((N+W)y - k)|^2 / (s/2).
//
// Shifting by y turns the bordered matrix of the Certificate into one of which
// this says that it is positive semidefinite.
type Proof struct {
	Lower *big.Rat
	W     []float64  // [n, n] row-major, n = q(q+1)^2
	Y     []*big.Rat // [n]
	Scale []int      // exponents of two
	Shift int
	Bits  int
	R     []int64 // [n, n] row-major
}

// proofBits is the number of binary digits after the point of R.
const proofBits = 50

// NewProof turns the W of a certificate into an exact proof for the rational
// form, of the largest lower bound with the given number of decimals. It returns
// an error if W has too little room for it.
func NewProof(form *moment.ExactForm, W []float64, decimals int) (*Proof, error) {
	floating := form.Float()
	if err := checkForm(floating); err != nil {
		return nil, err
	}
	S, k := bordered(floating, W)
	n := len(k)
	scale, err := unitScale(S, n)
	if err != nil {
		return nil, err
	}
	p := &Proof{W: W, Bits: proofBits, Scale: make([]int, n), Y: make([]*big.Rat, n), R: make([]int64, n*n)}
	for r, s := range scale {
		p.Scale[r] = int(math.Round(math.Log2(s)))
	}
	y, _ := solveScaled(S, k, scale)
	for r := range n {
		p.Y[r] = new(big.Rat).SetFloat64(y[r])
	}
	// The largest shift for which a factorisation exists with room to spare.
	C := make([]float64, n*n)
	for p.Shift = 4; ; p.Shift += 2 {
		if p.Shift > 44 {
			return nil, errors.New("N + W is too close to singular for an exact proof")
		}
		for r := range n {
			for t := range n {
				C[r*n+t] = S[r*n+t] * scale[r] * scale[t]
			}
			C[r*n+r] -= math.Exp2(-float64(p.Shift))
		}
		if _, ok := lapack64.Potrf(blas64.Symmetric{N: n, Stride: n, Data: C, Uplo: blas.Upper}); ok {
			break
		}
	}
	for r := range n {
		for t := r; t < n; t++ {
			p.R[r*n+t] = int64(math.RoundToEven(math.Ldexp(C[r*n+t], p.Bits)))
		}
	}
	best, err := p.bound(form)
	if err != nil {
		return nil, err
	}
	p.Lower = floorDecimal(best, decimals)
	return p, nil
}

// floorDecimal returns the largest fraction with the given number of decimals
// that is not above x.
func floorDecimal(x *big.Rat, decimals int) *big.Rat {
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	num := new(big.Int).Mul(x.Num(), ten)
	return new(big.Rat).SetFrac(num.Div(num, x.Denom()), ten) // Div rounds down
}

// Verify checks the proof for the rational form in exact arithmetic.
func (p *Proof) Verify(form *moment.ExactForm) error {
	bound, err := p.bound(form)
	if err != nil {
		return err
	}
	if p.Lower == nil || p.Lower.Cmp(bound) > 0 {
		return fmt.Errorf("the claimed lower bound %v is above what the proof gives, about %s", p.Lower, bound.FloatString(15))
	}
	return nil
}

// bound checks everything that does not depend on Lower and returns the largest
// Lower that is proven.
func (p *Proof) bound(form *moment.ExactForm) (*big.Rat, error) {
	q, D := form.Q, form.Q+1
	M := q * D
	n := D * M
	if len(p.W) != n*n || len(p.Y) != n || len(p.Scale) != n || len(p.R) != n*n {
		return nil, fmt.Errorf("the proof is not of the size %d that q = %d needs", n, q)
	}
	if p.Bits < 1 || p.Bits > 60 || p.Shift < 0 || p.Shift > 60 {
		return nil, errors.New("the proof's Bits and Shift must be at most 60")
	}
	for i := range D {
		for s := range M {
			for j := range D {
				for t := range M {
					x := p.W[(i*M+s)*n+j*M+t]
					if math.IsNaN(x) || math.IsInf(x, 0) || x != p.W[(j*M+t)*n+i*M+s] || x != -p.W[(i*M+t)*n+j*M+s] {
						return nil, fmt.Errorf("W[%d,%d] does not belong to a combination of 2 x 2 minors", i*M+s, j*M+t)
					}
				}
			}
		}
	}
	for i, x := range p.R {
		if x >= 1<<largestBits || x <= -1<<largestBits {
			return nil, fmt.Errorf("R[%d,%d] has more than %d binary digits", i/n, i%n, largestBits)
		}
	}
	place := make([]int, n)
	for i := range D {
		for j := range q {
			for k := range D {
				place[i*M+j*D+k] = j*moment.Pairs(D) + moment.PairIndex(D, min(i, k), max(i, k))
			}
		}
	}

	// Every |E_rt| is rounded up to a multiple of 2^-grid, so that the row sums
	// are sums of integers.
	const grid = 120
	limit := new(big.Int).Lsh(big.NewInt(1), uint(grid-p.Shift-1)) // s/2
	columns := make([]int64, n*n)                                  // R transposed: columns are contiguous
	for r := range n {
		for t := r; t < n; t++ {
			columns[t*n+r] = p.R[r*n+t]
		}
	}
	residual := make([]*big.Rat, n) // (N+W)y - k
	for r := range n {
		residual[r] = form.LAt(place[r])
		residual[r].Neg(residual[r])
	}
	sums := make([]big.Int, n)
	entry, scaled, product := new(big.Rat), new(big.Rat), new(big.Int)
	for r := range n {
		for t := r; t < n; t++ {
			entry.SetFloat64(p.W[r*n+t])
			entry.Add(entry, form.HAt(place[r], place[t]))
			if p.Y[t].Sign() != 0 {
				residual[r].Add(residual[r], scaled.Mul(entry, p.Y[t]))
			}
			if t > r && p.Y[r].Sign() != 0 {
				residual[t].Add(residual[t], scaled.Mul(entry, p.Y[r]))
			}
			shiftRat(scaled, entry, p.Scale[r]+p.Scale[t])
			if r == t {
				scaled.Sub(scaled, new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), uint(p.Shift))))
			}
			dotInt(product, columns[r*n:r*n+r+1], columns[t*n:t*n+r+1])
			scaled.Sub(scaled, new(big.Rat).SetFrac(product, new(big.Int).Lsh(big.NewInt(1), uint(2*p.Bits))))
			e := ceilGrid(scaled.Abs(scaled), grid)
			sums[r].Add(&sums[r], e)
			if t != r {
				sums[t].Add(&sums[t], e)
			}
		}
	}
	for r := range sums {
		if sums[r].Cmp(limit) > 0 {
			return nil, fmt.Errorf("row %d of N + W differs from its factorisation by more than the shift allows: N + W is not shown to be definite", r)
		}
	}

	// c - k'y + r'y - |Scale r|^2 / (s/2), r = (N+W)y - k.
	bound := new(big.Rat).Set(form.C)
	norm, term := new(big.Rat), new(big.Rat)
	for r := range n {
		term.Sub(residual[r], form.LAt(place[r]))
		bound.Add(bound, term.Mul(term, p.Y[r]))
		shiftRat(scaled, residual[r], p.Scale[r])
		norm.Add(norm, ceilRat(scaled.Mul(scaled, scaled), 200))
	}
	shiftRat(norm, norm, p.Shift+1)
	return bound.Sub(bound, norm), nil
}

// shiftRat sets z to x 2^k.
func shiftRat(z, x *big.Rat, k int) {
	power := new(big.Int).Lsh(big.NewInt(1), uint(max(k, -k)))
	if k >= 0 {
		z.Mul(x, new(big.Rat).SetInt(power))
	} else {
		z.Mul(x, new(big.Rat).SetFrac(big.NewInt(1), power))
	}
}

// ceilGrid returns the least integer not below x 2^bits, x >= 0.
func ceilGrid(x *big.Rat, bits uint) *big.Int {
	num := new(big.Int).Lsh(x.Num(), bits)
	quotient, remainder := new(big.Int).QuoRem(num, x.Denom(), new(big.Int))
	if remainder.Sign() > 0 {
		quotient.Add(quotient, big.NewInt(1))
	}
	return quotient
}

// ceilRat rounds x >= 0 up to a multiple of 2^-bits.
func ceilRat(x *big.Rat, bits uint) *big.Rat {
	return new(big.Rat).SetFrac(ceilGrid(x, bits), new(big.Int).Lsh(big.NewInt(1), bits))
}

// dotInt sets z to the inner product of two vectors of integers below
// 2^largestBits in absolute value, accumulated in 128 bits.
func dotInt(z *big.Int, x, y []int64) {
	var high, low uint64
	for i, a := range x {
		b := y[i]
		h, l := bits.Mul64(uint64(a), uint64(b))
		h -= uint64(a>>63&b) + uint64(b>>63&a) // from unsigned to signed
		var carry uint64
		low, carry = bits.Add64(low, l, 0)
		high, _ = bits.Add64(high, h, carry)
	}
	z.SetInt64(int64(high))
	z.Lsh(z, 64)
	z.Add(z, new(big.Int).SetUint64(low))
}

const largestBits = 52

package certificate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"markovicl/internal/cholesky"
	"markovicl/moment"
)

// Proof is a proof in exact arithmetic that no one-layer transformer with one
// head has a loss below Lower.
//
// W holds dyadic fractions (every float64 is one) and is admissible as in a
// Certificate; all else comes from H, h and c without rounding. At level 0, with the
// N and k of a Certificate, S = N+W, and with some y
//
//	c - Lower - 2k'y + y'Sy >= |Scale (Sy - k)|^2 / (s/2),
//
// which together with S >= s/2 Scale^-2 says that the Bordered matrix, shifted by y,
// is positive semidefinite: rounding to fractions and keeping a margin, as in Peyrl and
// Parrilo (2008). At level 1 (with a Multiplier) S is the whole matrix for
// l = Lower. That S is definite is the Factor's to show.
type Proof struct {
	Lower      *big.Rat
	W          []float64   // [n, n] row-major, n = q(q+1)^2 or, at level 1, D~(1+r)
	Y          []*big.Rat  // [n] at level 0, nil at level 1
	Multiplier *Multiplier // nil at level 0
	Factor     Factor
}

// Factor shows that a symmetric matrix S ([n, n]) of fractions is positive definite.
// With the integers R (upper triangular) and the powers of two Scale_r,
//
//	Scale S Scale = s I + R'R/4^Bits + E,  sum_t |E_rt| <= s/2 in each row r,
//
// so that the left side is at least s/2 I, s = 2^-Shift.
type Factor struct {
	Scale []int // [n] exponents of two
	Shift int
	Bits  int
	R     []int64 // [n, n] row-major
}

// proofBits is the number of binary digits after the point of R.
const proofBits = 50

// newFactor factorises a matrix of which S is the rounded one, with the largest s
// for which there is room to spare.
func newFactor(ctx context.Context, S []float64, n int) (Factor, error) {
	scale, err := unitScale(S, n)
	if err != nil {
		return Factor{}, err
	}
	f := Factor{Bits: proofBits, Scale: make([]int, n), R: make([]int64, n*n)}
	for r, s := range scale {
		f.Scale[r] = int(math.Round(math.Log2(s)))
	}
	C := make([]float64, n*n)
	for f.Shift = 4; ; f.Shift += 2 {
		if f.Shift > 44 {
			return Factor{}, errors.New("the matrix is too close to singular for an exact proof")
		}
		for r := range n {
			for t := range n {
				C[r*n+t] = S[r*n+t] * scale[r] * scale[t]
			}
			C[r*n+r] -= math.Exp2(-float64(f.Shift))
		}
		ok, err := cholesky.Factorise(ctx, blas64.Symmetric{N: n, Stride: n, Data: C, Uplo: blas.Upper})
		if err != nil {
			return Factor{}, err
		}
		if ok {
			break
		}
	}
	for r := range n {
		for t := r; t < n; t++ {
			f.R[r*n+t] = int64(math.RoundToEven(math.Ldexp(C[r*n+t], f.Bits)))
		}
	}
	return f, nil
}

// check checks the factor for a matrix of size n. entry returns S_rt, and is called
// once for each r <= t, row by row; what it returns may change at its next call.
func (f *Factor) check(ctx context.Context, n int, entry func(r, t int) *big.Rat) error {
	if len(f.Scale) != n || len(f.R) != n*n {
		return fmt.Errorf("the factor is not of the size %d", n)
	}
	if f.Bits < 1 || f.Bits > 60 || f.Shift < 0 || f.Shift > 60 {
		return errors.New("the factor's Bits and Shift must be at most 60")
	}
	for i, x := range f.R {
		if x >= 1<<largestBits || x <= -1<<largestBits {
			return fmt.Errorf("R[%d,%d] has more than %d binary digits", i/n, i%n, largestBits)
		}
	}
	// Every |E_rt| is rounded up to a multiple of 2^-grid, so that the row sums
	// are sums of integers.
	const grid = 120
	limit := new(big.Int).Lsh(big.NewInt(1), uint(grid-f.Shift-1)) // s/2
	s := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), uint(f.Shift)))
	power := new(big.Int).Lsh(big.NewInt(1), uint(2*f.Bits))
	columns := make([]int64, n*n) // R transposed: columns are contiguous
	for r := range n {
		for t := r; t < n; t++ {
			columns[t*n+r] = f.R[r*n+t]
		}
	}
	sums := make([]big.Int, n)
	scaled, product := new(big.Rat), new(big.Int)
	for r := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		for t := r; t < n; t++ {
			shiftRat(scaled, entry(r, t), f.Scale[r]+f.Scale[t])
			if r == t {
				scaled.Sub(scaled, s)
			}
			dotInt(product, columns[r*n:r*n+r+1], columns[t*n:t*n+r+1])
			scaled.Sub(scaled, new(big.Rat).SetFrac(product, power))
			e := ceilGrid(scaled.Abs(scaled), grid)
			sums[r].Add(&sums[r], e)
			if t != r {
				sums[t].Add(&sums[t], e)
			}
		}
	}
	for r := range sums {
		if sums[r].Cmp(limit) > 0 {
			return fmt.Errorf("row %d of the matrix differs from its factorisation by more than the shift allows: it is not shown to be definite", r)
		}
	}
	return nil
}

// NewProof turns a certificate into an exact proof for the rational form, of a lower
// bound with the given number of decimals: the largest that it proves at level 0, one
// close to the certificate's at level 1. It returns an error if W has too little room
// for it, or ctx's, which is looked at before every row.
func NewProof(ctx context.Context, form *moment.ExactForm, certificate *Certificate, decimals int) (*Proof, error) {
	floating := form.Float()
	if err := CheckForm(floating); err != nil {
		return nil, err
	}
	if certificate.Multiplier != nil {
		return newMultiplierProof(ctx, form, floating, certificate, decimals)
	}
	S, k, err := Bordered(ctx, floating, certificate.W)
	if err != nil {
		return nil, err
	}
	n := len(k)
	scale, err := unitScale(S, n)
	if err != nil {
		return nil, err
	}
	p := &Proof{W: certificate.W, Y: make([]*big.Rat, n)}
	y, _, err := solveScaled(ctx, S, k, scale)
	if err != nil {
		return nil, err
	}
	for r := range n {
		p.Y[r] = new(big.Rat).SetFloat64(y[r])
	}
	if p.Factor, err = newFactor(ctx, S, n); err != nil {
		return nil, err
	}
	best, err := p.bound(ctx, form)
	if err != nil {
		return nil, err
	}
	p.Lower = floorDecimal(best, decimals)
	return p, nil
}

// newMultiplierProof tries bounds a little below the certificate's until the matrix
// has room enough.
func newMultiplierProof(ctx context.Context, form *moment.ExactForm, floating *moment.Form, certificate *Certificate, decimals int) (*Proof, error) {
	p := &Proof{W: certificate.W, Multiplier: certificate.Multiplier}
	var failure error
	for _, less := range []float64{0, 1e-9, 1e-8, 1e-7} {
		lower := certificate.Lower * (1 - less)
		if lower < 0 {
			lower = certificate.Lower * (1 + less)
		}
		p.Lower = floorDecimal(new(big.Rat).SetFloat64(lower), decimals)
		S, err := multiplierMatrix(floating, p.W, p.Multiplier)
		if err != nil {
			return nil, err
		}
		rounded, _ := p.Lower.Float64()
		S.setLower(floating.C - rounded)
		if p.Factor, failure = newFactor(ctx, S.data, S.n); failure != nil {
			continue
		}
		if failure = p.Verify(ctx, form); failure == nil {
			return p, nil
		}
	}
	return nil, failure
}

// floorDecimal returns the largest fraction with the given number of decimals
// that is not above x.
func floorDecimal(x *big.Rat, decimals int) *big.Rat {
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	num := new(big.Int).Mul(x.Num(), ten)
	return new(big.Rat).SetFrac(num.Div(num, x.Denom()), ten) // Div rounds down
}

// Verify checks the proof for the rational form in exact arithmetic. The error says what is
// wrong with it, or is that of ctx, which is looked at before every row.
func (p *Proof) Verify(ctx context.Context, form *moment.ExactForm) error {
	if p.Lower == nil {
		return errors.New("the proof claims no lower bound")
	}
	if p.Multiplier != nil {
		return p.verifyMultiplier(ctx, form)
	}
	bound, err := p.bound(ctx, form)
	if err != nil {
		return err
	}
	if p.Lower.Cmp(bound) > 0 {
		return fmt.Errorf("the claimed lower bound %v is above what the proof gives, about %s", p.Lower, bound.FloatString(15))
	}
	return nil
}

// bound checks everything of level 0 that does not depend on Lower and returns the
// largest Lower that is proven.
func (p *Proof) bound(ctx context.Context, form *moment.ExactForm) (*big.Rat, error) {
	q, D := form.Q, form.Q+1
	M := q * D
	n := D * M
	if len(p.W) != n*n || len(p.Y) != n {
		return nil, fmt.Errorf("the proof is not of the size %d that q = %d needs", n, q)
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
	place := make([]int, n)
	for i := range D {
		for j := range q {
			for k := range D {
				place[i*M+j*D+k] = j*moment.Pairs(D) + moment.PairIndex(D, min(i, k), max(i, k))
			}
		}
	}
	residual := make([]*big.Rat, n) // (N+W)y - k
	for r := range n {
		residual[r] = form.LAt(place[r])
		residual[r].Neg(residual[r])
	}
	entry, term := new(big.Rat), new(big.Rat)
	err := p.Factor.check(ctx, n, func(r, t int) *big.Rat {
		entry.SetFloat64(p.W[r*n+t])
		entry.Add(entry, form.HAt(place[r], place[t]))
		if p.Y[t].Sign() != 0 {
			residual[r].Add(residual[r], term.Mul(entry, p.Y[t]))
		}
		if t > r && p.Y[r].Sign() != 0 {
			residual[t].Add(residual[t], term.Mul(entry, p.Y[r]))
		}
		return entry
	})
	if err != nil {
		return nil, err
	}

	// c - k'y + r'y - |Scale r|^2 / (s/2), r = (N+W)y - k.
	bound := new(big.Rat).Set(form.C)
	norm := new(big.Rat)
	for r := range n {
		term.Sub(residual[r], form.LAt(place[r]))
		bound.Add(bound, term.Mul(term, p.Y[r]))
		shiftRat(term, residual[r], p.Factor.Scale[r])
		norm.Add(norm, ceilRat(term.Mul(term, term), 200))
	}
	shiftRat(norm, norm, p.Factor.Shift+1)
	return bound.Sub(bound, norm), nil
}

// verifyMultiplier checks a proof of level 1: that H and h have the dependences U
// and G, that P is definite, that v'Wv = 0, and that the matrix is definite.
func (p *Proof) verifyMultiplier(ctx context.Context, form *moment.ExactForm) error {
	floating := form.Float()
	lower, _ := p.Lower.Float64()
	c := &Certificate{Lower: lower, W: p.W, Form: floating, Multiplier: p.Multiplier}
	if err := c.checkShapes(ctx); err != nil {
		return err
	}
	if err := checkPositive(ctx, p.Multiplier.P); err != nil {
		return err
	}
	places, E, err := p.Multiplier.Places(form.Q)
	if err != nil {
		return err
	}
	if err := checkDependencesAt(form, places, E); err != nil {
		return err
	}
	r := len(places)
	n := p.Multiplier.Entries() * (1 + r)
	gap := new(big.Rat).Sub(form.C, p.Lower)
	entry, term := new(big.Rat), new(big.Rat)
	return p.Factor.check(ctx, n, func(row, column int) *big.Rat {
		i, x := row/(1+r), row%(1+r)
		j, y := column/(1+r), column%(1+r)
		switch {
		case x == 0 && y == 0:
			entry.Set(gap)
		case x == 0:
			entry.Neg(form.LAt(places[y-1]))
		case y == 0:
			entry.Neg(form.LAt(places[x-1]))
		default:
			entry.Set(form.HAt(places[x-1], places[y-1]))
		}
		entry.Mul(entry, term.SetFloat64(p.Multiplier.P.At(i, j)))
		return entry.Add(entry, term.SetFloat64(p.W[row*n+column]))
	})
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

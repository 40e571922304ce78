package landscape

import (
	"context"
	"errors"
	"math/big"
	"math/bits"

	"markovicl/internal/each"
)

// Linear systems with large integers are solved by p-adic lifting (Dixon 1982):
// with the inverse of A modulo a prime p, each digit of the solution's p-adic
// expansion is one product of a matrix of residues with a vector, and the
// residual stays as small as A. When there are digits enough, fractions are
// recovered from them by Euclid's algorithm, and checked in the system.

// primes are primes just below 2^62. One is enough unless it divides a minor.
var primes = []uint64{1<<62 - 57, 1<<62 - 87, 1<<62 - 117}

// errUnlucky says that a matrix has a lower rank modulo the prime than it has.
var errUnlucky = errors.New("landscape: the prime divides a determinant")

// residues calculates modulo a prime p < 2^63.
type residues struct{ p uint64 }

func (r residues) mul(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return bits.Rem64(high, low, r.p)
}

func (r residues) add(a, b uint64) uint64 {
	a += b // below 2^64, since p < 2^63
	if a >= r.p {
		a -= r.p
	}
	return a
}

func (r residues) sub(a, b uint64) uint64 {
	if a < b {
		a += r.p
	}
	return a - b
}

func (r residues) inverse(a uint64) uint64 {
	p := new(big.Int).SetUint64(r.p)
	return p.ModInverse(new(big.Int).SetUint64(a), p).Uint64()
}

// matrix returns the residues of A.
func (r residues) matrix(A [][]*big.Int) [][]uint64 {
	p, t := new(big.Int).SetUint64(r.p), new(big.Int)
	M := make([][]uint64, len(A))
	for i, row := range A {
		M[i] = make([]uint64, len(row))
		for k, x := range row {
			M[i][k] = t.Mod(x, p).Uint64()
		}
	}
	return M
}

// subtract takes factor times x off y.
func (r residues) subtract(y []uint64, factor uint64, x []uint64) {
	for k, v := range x {
		y[k] = r.sub(y[k], r.mul(factor, v))
	}
}

// independentRows returns a largest set of rows of a symmetric matrix that are
// independent modulo p, and so independent. It fails if ctx ends.
func (r residues) independentRows(ctx context.Context, A [][]*big.Int) ([]int, error) {
	M := r.matrix(A)
	var pivots []int // columns; by symmetry the rows of the same numbers are independent too
	for c := range M {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row := len(pivots)
		i := row
		for i < len(M) && M[i][c] == 0 {
			i++
		}
		if i == len(M) {
			continue
		}
		M[row], M[i] = M[i], M[row]
		inverse := r.inverse(M[row][c])
		for i := row + 1; i < len(M); i++ {
			if M[i][c] != 0 {
				r.subtract(M[i][c:], r.mul(M[i][c], inverse), M[row][c:])
			}
		}
		pivots = append(pivots, c)
	}
	return pivots, nil
}

// lifting solves systems with one square matrix.
type lifting struct {
	residues
	A       [][]*big.Int
	inverse [][]uint64 // of A, modulo p
}

// newLifting prepares systems with A. It returns errUnlucky if A is singular
// modulo p, and fails if ctx ends.
func (r residues) newLifting(ctx context.Context, A [][]*big.Int) (*lifting, error) {
	n := len(A)
	M := r.matrix(A)
	for i := range M { // [A | I] becomes [I | inverse]
		M[i] = append(M[i], make([]uint64, n)...)
		M[i][n+i] = 1
	}
	for c := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		i := c
		for i < n && M[i][c] == 0 {
			i++
		}
		if i == n {
			return nil, errUnlucky
		}
		M[c], M[i] = M[i], M[c]
		inverse := r.inverse(M[c][c])
		for k := c; k < 2*n; k++ {
			M[c][k] = r.mul(M[c][k], inverse)
		}
		for i := range n {
			if i != c && M[i][c] != 0 {
				r.subtract(M[i][c:], M[i][c], M[c][c:])
			}
		}
	}
	for i := range M {
		M[i] = M[i][n:]
	}
	return &lifting{r, A, M}, nil
}

// solve returns the solution of AX = b.
func (s *lifting) solve(ctx context.Context, b []*big.Int) ([]*big.Rat, error) {
	n := len(b)
	p := new(big.Int).SetUint64(s.p)
	rest := make([]*big.Int, n) // b - A (digits so far), divided by p^digits
	for i := range rest {
		rest[i] = new(big.Int).Set(b[i])
	}
	X, power := make([]*big.Int, n), big.NewInt(1) // the solution modulo p^digits
	for i := range X {
		X[i] = new(big.Int)
	}
	next := 8
	var digits [][]uint64
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		digits = append(digits, s.digit(rest, p))
		if len(digits) < next {
			continue
		}
		// Take the new digits in, and see whether they are enough.
		chunk, t := big.NewInt(1), new(big.Int)
		values := make([]*big.Int, n)
		for i := range values {
			values[i] = new(big.Int)
		}
		for k := len(digits) - 1; k >= 0; k-- {
			for i := range values {
				values[i].Add(values[i].Mul(values[i], p), t.SetUint64(digits[k][i]))
			}
			chunk.Mul(chunk, p)
		}
		for i := range X {
			X[i].Add(X[i], values[i].Mul(values[i], power))
		}
		power.Mul(power, chunk)
		digits = digits[:0]
		next = max(8, (power.BitLen()/62)/3)
		if Y, denominator, ok := fractions(X, power); ok && isScaledSolution(s.A, Y, denominator, b) {
			out := make([]*big.Rat, n)
			for i := range out {
				out[i] = new(big.Rat).SetFrac(Y[i], denominator)
			}
			return out, nil
		}
	}
}

// digit returns the next p-adic digit of the solution, x = rest/A modulo p, and
// replaces rest by (rest - A x)/p.
func (s *lifting) digit(rest []*big.Int, p *big.Int) []uint64 {
	n := len(rest)
	r, x := make([]uint64, n), make([]uint64, n)
	t := new(big.Int)
	for i := range r {
		r[i] = t.Mod(rest[i], p).Uint64()
	}
	loop := each.Index
	if n < 32 { // too little to share
		loop = func(n int, work func(i int)) {
			for i := range n {
				work(i)
			}
		}
	}
	loop(n, func(i int) {
		var sum uint64
		for k, v := range s.inverse[i] {
			sum = s.add(sum, s.mul(v, r[k]))
		}
		x[i] = sum
	})
	loop(n, func(i int) {
		digit, t := new(big.Int), new(big.Int)
		for k, a := range s.A[i] {
			rest[i].Sub(rest[i], t.Mul(a, digit.SetUint64(x[k])))
		}
		rest[i].Quo(rest[i], p)
	})
	return x
}

// fractions returns integers Y and a denominator, all of at most half as many
// digits as M, with Y = denominator X modulo M.
func fractions(X []*big.Int, M *big.Int) (Y []*big.Int, denominator *big.Int, ok bool) {
	bound := new(big.Int).Sqrt(new(big.Int).Rsh(M, 1))
	half := new(big.Int).Rsh(M, 1)
	denominator = big.NewInt(1)
	for _, x := range X {
		// What the denominator so far leaves is often a small integer already.
		y := new(big.Int).Mul(x, denominator)
		y.Mod(y, M)
		if y.Cmp(half) > 0 {
			y.Sub(y, M)
		}
		if y.CmpAbs(bound) <= 0 {
			continue
		}
		y.Mod(y, M)
		factor := denominatorOf(y, M, bound)
		denominator.Mul(denominator, factor)
		if denominator.Cmp(bound) > 0 {
			return nil, nil, false
		}
	}
	Y = make([]*big.Int, len(X))
	for i, x := range X {
		y := new(big.Int).Mul(x, denominator)
		y.Mod(y, M)
		if y.Cmp(half) > 0 {
			y.Sub(y, M)
		}
		if y.CmpAbs(bound) > 0 {
			return nil, nil, false
		}
		Y[i] = y
	}
	return Y, denominator, true
}

// denominatorOf returns the denominator of the fraction that is x modulo M and
// whose numerator is at most bound: Euclid's algorithm for M and x, stopped half
// way (Wang 1981).
func denominatorOf(x, M, bound *big.Int) *big.Int {
	r0, r1 := new(big.Int).Set(M), new(big.Int).Set(x)
	t0, t1 := new(big.Int), big.NewInt(1)
	q, t := new(big.Int), new(big.Int)
	for r1.Cmp(bound) > 0 {
		q.QuoRem(r0, r1, t)
		r0, r1, t = r1, t, r0
		t.Mul(q, t1)
		t0.Sub(t0, t)
		t0, t1 = t1, t0
	}
	return t1.Abs(t1)
}

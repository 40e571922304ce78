package certificate

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"markovicl/internal/cholesky"
	"markovicl/moment"
)

const unitRoundoff = 0x1p-53

// What a proven bound is put together from carries the rounding of how that is done; it is
// paid for by a factor, many times over. Of a few products and roots of numbers that are
// not negative the relative error is some 1e-15, and a millionth part of up is enough;
// where sums over the entries of a vector are among them it is n times that, and upSum
// covers a billion entries.
const (
	up, down       = 1 + 1e-9, 1 - 1e-9
	upSum, downSum = 1 + 1e-6, 1 - 1e-6
)

// Gamma returns a bound of the relative error of sums of n products.
func Gamma(n int) float64 {
	x := float64(n) * unitRoundoff
	return x / (1 - x) * (1 + 8*unitRoundoff)
}

func RoundDown(x float64) float64 { return x - 4*unitRoundoff*math.Abs(x) }

// A product that underflows has an absolute error, not a relative one. So matrices whose
// diagonal is smaller than 1/largestScale^2 are not worked with, and every bound of a
// loss pays underflow, which exceeds all that products of numbers in what is left may
// lose.
const (
	largestScale = 0x1p200
	underflow    = 0x1p-500
)

// Bordered returns N + W ([n, n] row-major, rounded once an entry) and k. The error is that
// of ctx, if it ends before.
func Bordered(ctx context.Context, form *moment.Form, W []float64) (S, k []float64, err error) {
	q, D := form.Q, form.Q+1
	n := D * q * D
	place := make([]int, n)
	for i := range D {
		for j := range q {
			for l := range D {
				place[(i*q+j)*D+l] = j*moment.Pairs(D) + moment.PairIndex(D, min(i, l), max(i, l))
			}
		}
	}
	S, k = make([]float64, n*n), make([]float64, n)
	for r := range n {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		k[r] = form.L[place[r]]
		for t := range n {
			S[r*n+t] = form.H.At(place[r], place[t]) + W[r*n+t]
		}
	}
	return S, k, nil
}

// errTiny is returned where numbers are so small that rounding cannot be bounded.
var errTiny = fmt.Errorf("diagonal entries are smaller than %.0e, too small to bound rounding: choose other units", 1/(largestScale*largestScale))

// unitScale returns powers of two that bring the diagonal of S into [1/2, 2].
func unitScale(S []float64, n int) ([]float64, error) {
	scale := make([]float64, n)
	for r := range n {
		x := S[r*n+r]
		if !(x > 0) || math.IsInf(x, 0) {
			return nil, errIndefinite
		}
		scale[r] = math.Ldexp(1, -int(math.Round(math.Log2(x)/2)))
		if scale[r] > largestScale {
			return nil, errTiny
		}
	}
	return scale, nil
}

// provenDefinite returns a d > 0 such that every symmetric matrix that differs
// from S by one rounding (and diagonal entries by extra more, relatively), and
// after scaling by a matrix of norm change besides, is at least d*I after
// scaling; 0 if there is no proof. The error is that of ctx, if it ends before.
func provenDefinite(ctx context.Context, S []float64, n int, scale []float64, extra, change float64) (float64, error) {
	C := make([]float64, n*n)
	trace, rows := 0.0, 0.0
	for r := range n {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		row := 0.0
		for t := range n {
			x := S[r*n+t] * scale[r] * scale[t] // exact but for underflow
			C[r*n+t] = x
			row += math.Abs(x)
		}
		trace += C[r*n+r]
		rows = max(rows, row)
	}
	g := Gamma(2*n + 8)
	margin := g/(1-g)*trace + // of the factorisation
		(1+Gamma(n))*unitRoundoff*rows + // of the entries of S
		(2*extra+4*unitRoundoff)*2 + // of the diagonal, before and after the shift
		change +
		float64(n)*float64(n)*0x1p-1000 // underflow
	margin *= upSum
	for r := range n {
		C[r*n+r] -= 2 * margin
	}
	if ok, err := cholesky.Factorise(ctx, blas64.Symmetric{N: n, Stride: n, Data: C, Uplo: blas.Upper}); !ok {
		return 0, err
	}
	return margin, nil
}

// shiftedBound returns the bound c - 2k'y + y'Sy - |r|^2/definite, rounded down,
// at a y for which it is nearly largest, and how the quadratic grows away from that
// y; S carries the relative error of one rounding, and extra on its diagonal. The error
// is that of ctx, if it ends before.
func shiftedBound(ctx context.Context, S, k []float64, c float64, scale []float64, definite, extra float64) (float64, Growth, error) {
	n := len(k)
	y, residual, err := solveScaled(ctx, S, k, scale)
	if err != nil {
		return 0, Growth{}, err
	}
	magnitude := make([]float64, n) // |S||y| + |k|
	for r := range n {
		for t, x := range S[r*n : (r+1)*n] {
			magnitude[r] += math.Abs(x) * math.Abs(y[t])
		}
		magnitude[r] += math.Abs(k[r])
	}
	g := Gamma(2*n+8) + 4*extra + 4*unitRoundoff
	// t = c - k'y + r'y, r = Sy - k; errors of r count twice, once here.
	value, errors, norm := c, 4*unitRoundoff*math.Abs(c)+underflow, 0.0
	size, widest := 0.0, 0.0
	for r := range n {
		value += (residual[r] - k[r]) * y[r]
		errors += g * (2*magnitude[r] + math.Abs(residual[r]) + math.Abs(k[r])) * math.Abs(y[r])
		e := (math.Abs(residual[r]) + g*magnitude[r] + float64(n)*0x1p-1000) * scale[r]
		norm += e * e
		size += y[r] * y[r]
		widest = max(widest, scale[r])
	}
	// Half of the definiteness pays for r, the other half is left: |y| <= widest
	// times |y| after scaling, and |X|^2 <= 2|y|^2 for X of y.
	return RoundDown(value - (errors+norm/definite)*upSum), Growth{
		Bound:   RoundDown(value - (errors+2*norm/definite)*upSum),
		Rate:    definite / 2 / (widest * widest),
		Centre:  math.Sqrt(size) * upSum,
		Stretch: math.Sqrt2 * (1 + 1e-15),
	}, nil
}

// solveScaled returns an approximate solution of S y = k and S y - k; y = 0 where S is not
// definite. The error is that of ctx, if it ends before.
func solveScaled(ctx context.Context, S, k []float64, scale []float64) (y, residual []float64, err error) {
	n := len(k)
	C := make([]float64, n*n)
	for r := range n {
		for t := range n {
			C[r*n+t] = S[r*n+t] * scale[r] * scale[t]
		}
	}
	y, residual = make([]float64, n), make([]float64, n)
	ok, err := cholesky.Factorise(ctx, blas64.Symmetric{N: n, Stride: n, Data: C, Uplo: blas.Upper})
	if err != nil {
		return nil, nil, err
	}
	for r := range n {
		residual[r] = -k[r]
	}
	if !ok {
		return y, residual, nil
	}
	factor := blas64.Triangular{N: n, Stride: n, Data: C, Uplo: blas.Upper, Diag: blas.NonUnit}
	const refinements = 3
	for range refinements {
		step := make([]float64, n)
		for r := range n {
			step[r] = residual[r] * scale[r]
		}
		lapack64.Potrs(factor, blas64.General{Rows: n, Cols: 1, Stride: 1, Data: step})
		for r := range n {
			y[r] -= step[r] * scale[r]
		}
		for r := range n {
			residual[r] = dot(S[r*n:(r+1)*n], y) - k[r]
		}
	}
	return y, residual, nil
}

// leastRate is the least part of H's diagonal that is tried to be taken off it, as rounding
// leaves no less of a definite matrix to be proven.
const leastRate = 1e-14

// boundRadius returns a proven upper bound of |y|^2 over all y = vec(b a') with a
// loss of at most the given one. With any x and g = Hx - h, mu <= lambda_min(H):
// loss >= f(x) - 2|g||X-x| + mu|X-x|^2 bounds |X-x|, and |y|^2 <= 2|X|^2.
func boundRadius(ctx context.Context, form *moment.Form, loss float64) (float64, error) {
	n := form.Dim()
	H := make([]float64, n*n)
	for r := range n {
		for t := range n {
			H[r*n+t] = form.H.At(r, t)
		}
	}
	scale, err := unitScale(H, n)
	if err != nil {
		return 0, fmt.Errorf("H is not positive definite: %w", err)
	}
	// H >= d * diag(1/scale^2) after scaling; take a large d by bisection.
	low, high := 0.0, 1.0
	shifted := make([]float64, n*n)
	most := 0.0
	for _, s := range scale {
		most = max(most, s*s)
	}
	for range 30 {
		mu := math.Sqrt(max(low, leastRate) * high)
		copy(shifted, H)
		for r := range n {
			shifted[r*n+r] -= mu / (scale[r] * scale[r])
		}
		definite := 0.0
		if s, err := unitScale(shifted, n); err == nil {
			if definite, err = provenDefinite(ctx, shifted, n, s, 0, 0); err != nil {
				return 0, err
			}
		}
		if definite > 0 {
			low = mu
		} else {
			high = mu
		}
		if high < 2*max(low, leastRate) {
			break
		}
	}
	if low == 0 {
		return 0, errors.New("H is not positive definite to working precision")
	}
	mu := low / most * downSum
	x, residual, err := solveScaled(ctx, H, form.L, scale)
	if err != nil {
		return 0, err
	}
	// f(x) from below, |g| from above.
	g := Gamma(2*n + 8)
	value, errs, norm, size := form.C, 4*unitRoundoff*math.Abs(form.C)+underflow, 0.0, 0.0
	for r := range n {
		magnitude := math.Abs(form.L[r])
		for t := range n {
			magnitude += math.Abs(H[r*n+t]) * math.Abs(x[t])
		}
		value += (residual[r] - form.L[r]) * x[r]
		errs += g * (2*magnitude + math.Abs(residual[r]) + math.Abs(form.L[r])) * math.Abs(x[r])
		e := math.Abs(residual[r]) + g*magnitude
		norm += e * e
		size += x[r] * x[r]
	}
	norm, size = math.Sqrt(norm)*upSum+underflow, math.Sqrt(size)*upSum+underflow
	value -= errs * upSum
	distance := (norm + math.Sqrt(norm*norm+mu*max(0, loss-value))) / mu
	return 2 * (size + distance) * (size + distance) * upSum, nil
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

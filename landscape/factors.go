package landscape

import (
	"context"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"markovicl/internal/cholesky"
	"markovicl/internal/eigen"
	"markovicl/moment"
)

// byFactors finds the minimum by a Cholesky factorisation, and the extreme
// eigenvalues by the Lanczos method for H and for its inverse. Where that shows
// that H is singular, or nearly, a factorisation with pivots takes over.
func (o *Optimum) byFactors(ctx context.Context, f *moment.Form) error {
	n := o.Dimension
	start := mat.NewDense(n, min(n, lanczosBlock), nil)
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	start.Apply(func(int, int, float64) float64 { return rng.NormFloat64() }, start)
	H := f.H.RawSymmetric()
	var err error
	if o.LambdaMax, err = largestEigenvalue(ctx, start, func(x *mat.Dense) {
		blas64.Symm(blas.Left, 1, H, mat.DenseCopyOf(x).RawMatrix(), 0, x.RawMatrix())
	}); err != nil {
		return fmt.Errorf("landscape: the largest eigenvalue of H: %w", err)
	}
	if !(o.LambdaMax > 0) {
		return fmt.Errorf("landscape: H has no positive eigenvalue, the largest is %v", o.LambdaMax)
	}
	if err := ctx.Err(); err != nil {
		return err
	}

	// The lower triangle is H once more: its rows are what the factorisation
	// reads, so that nothing is strided.
	L := blas64.Triangular{Uplo: blas.Lower, Diag: blas.NonUnit, N: n, Stride: n, Data: make([]float64, n*n)}
	fillLower(L, H)
	definite, err := cholesky.Factorise(ctx, blas64.Symmetric{Uplo: blas.Lower, N: n, Stride: n, Data: L.Data})
	if err != nil {
		return err
	}
	if definite {
		largest, err := largestEigenvalue(ctx, start, func(x *mat.Dense) {
			blas64.Trsm(blas.Left, blas.NoTrans, 1, L, x.RawMatrix())
			blas64.Trsm(blas.Left, blas.Trans, 1, L, x.RawMatrix())
		})
		if err != nil {
			return fmt.Errorf("landscape: the smallest eigenvalue of H: %w", err)
		}
		if o.LambdaMin = 1 / largest; o.LambdaMin > RankTolerance*o.LambdaMax {
			o.Rank = n
			o.X = refine(f, func(dst *mat.VecDense, r mat.Vector) {
				dst.CopyVec(r)
				blas64.Trsv(blas.NoTrans, L, dst.RawVector())
				blas64.Trsv(blas.Trans, L, dst.RawVector())
			}).RawVector().Data
			return ctx.Err()
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	fillLower(L, H)
	return o.byPivots(ctx, f, L)
}

// fillLower writes the upper triangle of H to the lower triangle of L.
func fillLower(L blas64.Triangular, H blas64.Symmetric) {
	const tile = 64
	for i0 := 0; i0 < L.N; i0 += tile {
		for k0 := 0; k0 <= i0; k0 += tile {
			for i := i0; i < min(i0+tile, L.N); i++ {
				for k := k0; k <= min(k0+tile-1, i); k++ {
					L.Data[i*L.Stride+k] = H.Data[k*H.Stride+i]
				}
			}
		}
	}
}

// byPivots finds the minimiser of least norm from a Cholesky factorisation with
// pivots, H = F F' up to rounding, F [n, r] with its rows put back in order. The
// eigenvalues of H that are not 0 are those of the small matrix F'F = W D W', and
// X = F W D^-2 W'F'h. It fails if ctx ends.
func (o *Optimum) byPivots(ctx context.Context, f *moment.Form, L blas64.Triangular) error {
	n := o.Dimension
	var largest float64
	for i := range n {
		largest = max(largest, L.Data[i*L.Stride+i])
	}
	pivots, work := make([]int, n), make([]float64, 2*n)
	S := blas64.Symmetric{Uplo: blas.Lower, N: n, Stride: L.Stride, Data: L.Data}
	_, r, _ := lapack64.Pstrf(S, pivots, 2*float64(n)*unitRoundoff*largest, work)
	if err := ctx.Err(); err != nil {
		return err
	}
	F := mat.NewDense(n, r, nil)
	for i, row := range pivots {
		for k := range min(i+1, r) {
			F.Set(row, k, L.Data[i*L.Stride+k])
		}
	}
	var square mat.Dense
	square.Mul(F.T(), F)
	values, vectors, _, err := eigen.New(r).Lowest(ctx, square.RawMatrix().Data, func([]float64) int { return r }) // all
	if err != nil {
		return err
	}
	W := mat.NewDense(r, r, vectors)
	first := countBelow(values)
	o.Rank = r - first
	o.LambdaMin, o.LambdaMax = values[first], values[r-1]
	kept := W.Slice(0, r, first, r)
	o.X = refine(f, func(dst *mat.VecDense, x mat.Vector) {
		var y, z mat.VecDense
		y.MulVec(F.T(), x)
		z.MulVec(kept.T(), &y)
		for i := range o.Rank {
			z.SetVec(i, z.AtVec(i)/values[first+i]/values[first+i])
		}
		y.MulVec(kept, &z)
		dst.MulVec(F, &y)
	}).RawVector().Data
	return nil
}

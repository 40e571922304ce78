// Package cholesky factorises symmetric matrices of thousands of rows, which takes seconds
// to minutes, so that it can be interrupted:
//
//	ok, err := cholesky.Factorise(ctx, A) // A = U'U or LL' in its place; ok: A is positive definite
//
// It is LAPACK's dpotrf with a look at the context between its panels, and as fast: nearly
// all of the work is in products of matrices by the BLAS that gonum has.
package cholesky

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Panels are of width columns, and of wide where there are thousands: what is above a panel
// is read once for it, so that wide ones are multiplied faster, and looked at less often.
const width, wide, thousands = 256, 512, 4096

// Factorise replaces the triangle that A has by its factor: the upper one by U, A being
// U'U, the lower one by L, A being LL'. It reports whether A is positive definite; if it
// is not, or if ctx ends, whose error it then returns, the triangle is of no use.
func Factorise(ctx context.Context, A blas64.Symmetric) (ok bool, err error) {
	if A.N < thousands {
		return factorise(ctx, A, width)
	}
	return factorise(ctx, A, wide)
}

func factorise(ctx context.Context, A blas64.Symmetric, width int) (ok bool, err error) {
	part := func(i, k, rows, cols int) blas64.General {
		return blas64.General{Rows: rows, Cols: cols, Stride: A.Stride, Data: A.Data[i*A.Stride+k:]}
	}
	for j := 0; j < A.N; j += width {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		w := min(width, A.N-j)
		rest := A.N - j - w
		diagonal := blas64.Symmetric{Uplo: A.Uplo, N: w, Stride: A.Stride, Data: A.Data[j*A.Stride+j:]}
		if j > 0 && A.Uplo == blas.Upper {
			blas64.Syrk(blas.Trans, -1, part(0, j, j, w), 1, diagonal)
		} else if j > 0 {
			blas64.Syrk(blas.NoTrans, -1, part(j, 0, w, j), 1, diagonal)
		}
		factor, ok := lapack64.Potrf(diagonal)
		if !ok {
			return false, nil
		}
		if rest == 0 {
			break
		}
		if A.Uplo == blas.Upper {
			right := part(j, j+w, w, rest)
			if j > 0 {
				blas64.Gemm(blas.Trans, blas.NoTrans, -1, part(0, j, j, w), part(0, j+w, j, rest), 1, right)
			}
			blas64.Trsm(blas.Left, blas.Trans, 1, factor, right)
		} else {
			below := part(j+w, j, rest, w)
			if j > 0 {
				blas64.Gemm(blas.NoTrans, blas.Trans, -1, part(j+w, 0, rest, j), part(j, 0, w, j), 1, below)
			}
			blas64.Trsm(blas.Right, blas.Trans, 1, factor, below)
		}
	}
	return true, nil
}

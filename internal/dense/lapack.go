package dense

import (
	"gonum.org/v1/gonum/blas"
	gonumlapack "gonum.org/v1/gonum/lapack/gonum"
)

// LAPACK is gonum's LAPACK with a Cholesky factorisation by halves. Its other
// routines call the BLAS in use.
type LAPACK struct{ gonumlapack.Implementation }

// factorBase is the size of a matrix that is factorised entry by entry.
const factorBase = 48

// Dpotrf computes the Cholesky factor of a symmetric positive definite matrix, of
// which a triangle is given, in its place: A = U'U or A = LL'. It returns false if a
// pivot is not positive, or not a number.
func (impl LAPACK) Dpotrf(ul blas.Uplo, n int, a []float64, lda int) (ok bool) {
	which, ok := triangle(ul)
	if !ok || n <= factorBase || !fits(a, n, n, lda) {
		return impl.Implementation.Dpotrf(ul, n, a, lda)
	}
	half := n / 2
	if n > 2*factorBase {
		half = (half + factorBase - 1) / factorBase * factorBase
	}
	rest := n - half
	if !impl.Dpotrf(ul, half, a, lda) {
		return false
	}
	second := a[half*lda+half:]
	if which == upper {
		side := a[half:] // [half, rest]
		BLAS{}.Dtrsm(blas.Left, blas.Upper, blas.Trans, blas.NonUnit, half, rest, 1, a, lda, side, lda)
		BLAS{}.Dsyrk(blas.Upper, blas.Trans, rest, half, -1, side, lda, 1, second, lda)
	} else {
		side := a[half*lda:] // [rest, half]
		BLAS{}.Dtrsm(blas.Right, blas.Lower, blas.Trans, blas.NonUnit, rest, half, 1, a, lda, side, lda)
		BLAS{}.Dsyrk(blas.Lower, blas.NoTrans, rest, half, -1, side, lda, 1, second, lda)
	}
	return impl.Dpotrf(ul, rest, second, lda)
}

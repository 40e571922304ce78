package dense

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	gonumblas "gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Use puts [BLAS] and [LAPACK] in place of gonum's own for the whole program, so
// that everything of gonum's that ends in products of matrices, or in a Cholesky
// factor, runs on the vector instructions of this machine, on all cores. Where there
// are none, gonum stays as it is. It is for main packages, before they start
// anything: who uses a library keeps the gonum that they have.
func Use() {
	if kernels == plainGo {
		return
	}
	blas64.Use(BLAS{})
	lapack64.Use(LAPACK{})
}

// BLAS is gonum's BLAS with products of matrices (Dgemm, Dsyrk, Dsyr2k, Dsymm,
// Dtrmm, Dtrsm) from packed panels.
//
// It computes what gonum's does to rounding: a sum of k products has an error of at
// most k u/(1-ku) times the sum of their magnitudes, u = 2^-53, in whatever order
// they are added and whether or not a product is rounded before. Its bits depend on
// the kernel in use ([Kernels]) but not on the number of cores. As in the reference
// implementation nothing is read of C if beta is 0, nor of A and B if alpha is 0;
// beyond that no NaN or infinity is passed over, not even where it meets a zero,
// which gonum leaves out.
type BLAS struct{ gonumblas.Implementation }

// small products are left to gonum: packing them costs more than it saves.
func small(m, n, k int) bool {
	return m < 4 || n < 4 || k < 4 || float64(m)*float64(n)*float64(k) < 4096
}

// fits reports whether x holds a matrix of that shape.
func fits(x []float64, rows, cols, stride int) bool {
	return stride >= max(1, cols) && len(x) >= (rows-1)*stride+cols
}

func transposes(t blas.Transpose) bool { return t == blas.Trans || t == blas.ConjTrans }

// operand is the view of op(A), [rows, cols], and whether A is as it must be.
func operand(t blas.Transpose, rows, cols int, x []float64, stride int) (View[float64], bool) {
	switch {
	case t == blas.NoTrans:
		return Matrix(x, rows, cols, stride), fits(x, rows, cols, stride)
	case transposes(t):
		return Matrix(x, cols, rows, stride).T(), fits(x, cols, rows, stride)
	}
	return View[float64]{}, false
}

// scale multiplies the part of C by beta; it leaves C alone if beta is 0, for what
// is written then overwrites it.
func scale(c []float64, rows, cols, ldc int, which part, beta float64) {
	if beta == 0 || beta == 1 {
		return
	}
	for i := range rows {
		from, to := 0, cols
		switch which {
		case lower:
			to = min(cols, i+1)
		case upper:
			from = min(i, cols)
		}
		row := c[i*ldc+from : i*ldc+to]
		for j := range row {
			row[j] *= beta
		}
	}
}

// Dgemm computes C = alpha op(A) op(B) + beta C. Arguments that gonum refuses are
// given to gonum, whose panics say what is wrong; so in all methods here.
func (impl BLAS) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	A, okA := operand(tA, m, k, a, lda)
	B, okB := operand(tB, k, n, b, ldb)
	if !okA || !okB || alpha == 0 || small(m, n, k) || !fits(c, m, n, ldc) {
		impl.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	scale(c, m, n, ldc, whole, beta)
	p := product{alpha: alpha, a: A, b: B, c: c, ldc: ldc, add: beta != 0}
	p.run(cores())
}

// triangle is the part of a matrix that ul names.
func triangle(ul blas.Uplo) (part, bool) {
	switch ul {
	case blas.Lower:
		return lower, true
	case blas.Upper:
		return upper, true
	}
	return whole, false
}

// Dsyrk computes C = alpha op(A) op(A)' + beta C on a triangle of C; op(A) is
// [n, k].
func (impl BLAS) Dsyrk(ul blas.Uplo, t blas.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
	A, okA := operand(t, n, k, a, lda)
	which, okC := triangle(ul)
	if !okA || !okC || alpha == 0 || small(n, n, k) || !fits(c, n, n, ldc) {
		impl.Implementation.Dsyrk(ul, t, n, k, alpha, a, lda, beta, c, ldc)
		return
	}
	scale(c, n, n, ldc, which, beta)
	p := product{alpha: alpha, a: A, b: A.T(), c: c, ldc: ldc, part: which, add: beta != 0}
	p.run(cores())
}

// Dsyr2k computes C = alpha (op(A) op(B)' + op(B) op(A)') + beta C on a triangle of
// C; op(A) and op(B) are [n, k].
func (impl BLAS) Dsyr2k(ul blas.Uplo, t blas.Transpose, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	A, okA := operand(t, n, k, a, lda)
	B, okB := operand(t, n, k, b, ldb)
	which, okC := triangle(ul)
	if !okA || !okB || !okC || alpha == 0 || small(n, n, k) || !fits(c, n, n, ldc) {
		impl.Implementation.Dsyr2k(ul, t, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	scale(c, n, n, ldc, which, beta)
	p := product{alpha: alpha, a: A, b: B.T(), c: c, ldc: ldc, part: which, add: beta != 0}
	p.run(cores())
	p.a, p.b, p.add = B, A.T(), true
	p.run(cores())
}

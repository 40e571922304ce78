package dense

import (
	"gonum.org/v1/gonum/blas"
)

// Products with triangular and symmetric matrices go by halves: two of half the
// size and a full product between them. What is small enough, or of wrong shape, is
// left to gonum.

// base is the size of a triangle from which on it is halved.
const base = 32

// sub is the view of rows r to r+rows and columns c to c+cols.
func (v View[F]) sub(r, c, rows, cols int) View[F] {
	v.Data = v.Data[r*v.RowStride+c*v.ColStride:]
	v.Rows, v.Cols = rows, cols
	return v
}

// triangular is an operation with a triangular matrix A [n, n] on B, in place: B =
// op(A) B or B op(A), or the solution X of op(A) X = B or X op(A) = B. Whether op(A)
// is a lower or an upper matrix is all that the order of the halves depends on.
type triangular struct {
	side  blas.Side
	ul    blas.Uplo
	trans blas.Transpose
	diag  blas.Diag
	solve bool
	lda   int
	ldb   int
	gonum BLAS

	workers int // of the products between halves, where B is in one piece
}

// run works on a and on b with the given number of rows and columns; n is the size
// of a.
func (t *triangular) run(a []float64, n int, b []float64, rows, cols int) {
	if n <= base {
		if t.solve {
			t.solveSmall(a, n, b, rows, cols)
		} else {
			t.gonum.Implementation.Dtrmm(t.side, t.ul, t.trans, t.diag, rows, cols, 1, a, t.lda, b, t.ldb)
		}
		return
	}
	half := (n/2 + base/2) / base * base
	rest := n - half
	op := Matrix(a, n, n, t.lda)
	if t.trans != blas.NoTrans {
		op = op.T()
	}
	lowerOp := (t.ul == blas.Lower) == (t.trans == blas.NoTrans)
	second := a[half*t.lda+half:]
	b2, rows1, cols1, rows2, cols2 := b, rows, cols, rows, cols
	if t.side == blas.Left {
		b2, rows1, rows2 = b[half*t.ldb:], half, rest
	} else {
		b2, cols1, cols2 = b[half:], half, rest
	}
	doFirst := func() { t.run(a, half, b, rows1, cols1) }
	doSecond := func() { t.run(second, rest, b2, rows2, cols2) }
	B1, B2 := Matrix(b, rows1, cols1, t.ldb), Matrix(b2, rows2, cols2, t.ldb)

	// The part of B that the other one enters into, through the block of op(A)
	// beside the diagonal.
	intoSecond := lowerOp == (t.side == blas.Left)
	p := product{alpha: 1, ldc: t.ldb, add: true}
	if t.solve {
		p.alpha = -1
	}
	block := op.sub(0, half, half, rest) // upper
	if lowerOp {
		block = op.sub(half, 0, rest, half)
	}
	from := B2
	if p.c = b; intoSecond {
		from, p.c = B1, b2
	}
	if p.a, p.b = block, from; t.side == blas.Right {
		p.a, p.b = from, block
	}
	// A product needs the other part as it was, a solution as it becomes.
	if intoSecond == t.solve {
		doFirst()
		p.run(t.workers)
		doSecond()
		return
	}
	doSecond()
	p.run(t.workers)
	doFirst()
}

// runShared cuts B along the side that A does not act on and hands out the pieces.
func (t *triangular) runShared(a []float64, b []float64, m, n int) {
	size, across := m, n
	if t.side == blas.Right {
		size, across = n, m
	}
	workers := cores()
	if float64(size)*float64(size)*float64(across) < 2*together {
		workers = 1
	}
	width := across
	if workers > 1 {
		width = max(32, ((across+workers-1)/workers+15)/16*16)
	}
	pieces := (across + width - 1) / width
	if t.workers = 1; pieces == 1 {
		t.workers = workers
	}
	share(pieces, workers, func(i int) {
		from := i * width
		if count := min(width, across-from); t.side == blas.Left {
			t.run(a, size, b[from:], m, count)
		} else {
			t.run(a, size, b[from*t.ldb:], count, n)
		}
	})
}

// ready reports whether the arguments are such that the halves can be taken.
func (t *triangular) ready(m, n int, alpha float64, a, b []float64) bool {
	size := m
	if t.side == blas.Right {
		size = n
	}
	return (t.side == blas.Left || t.side == blas.Right) && (t.ul == blas.Lower || t.ul == blas.Upper) &&
		(t.trans == blas.NoTrans || transposes(t.trans)) && (t.diag == blas.Unit || t.diag == blas.NonUnit) &&
		m > 0 && n > 0 && alpha != 0 && size > base && fits(a, size, size, t.lda) && fits(b, m, n, t.ldb)
}

// Dtrmm computes B = alpha op(A) B or alpha B op(A) for a triangular A.
func (impl BLAS) Dtrmm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	t := triangular{side: s, ul: ul, trans: tA, diag: d, lda: lda, ldb: ldb}
	if !t.ready(m, n, alpha, a, b) {
		impl.Implementation.Dtrmm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
		return
	}
	t.runShared(a, b, m, n)
	scale(b, m, n, ldb, whole, alpha)
}

// Dtrsm replaces B by the X of op(A) X = alpha B or X op(A) = alpha B for a
// triangular A, by substitution throughout.
func (impl BLAS) Dtrsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	t := triangular{side: s, ul: ul, trans: tA, diag: d, solve: true, lda: lda, ldb: ldb}
	if !t.ready(m, n, alpha, a, b) {
		impl.Implementation.Dtrsm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
		return
	}
	scale(b, m, n, ldb, whole, alpha)
	t.runShared(a, b, m, n)
}

// Dsymm computes C = alpha A B + beta C or alpha B A + beta C for a symmetric A, of
// which a triangle is given.
func (impl BLAS) Dsymm(s blas.Side, ul blas.Uplo, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	size := m
	if s == blas.Right {
		size = n
	}
	which, ok := triangle(ul)
	if !ok || s != blas.Left && s != blas.Right || m <= 0 || n <= 0 || alpha == 0 || size <= 2*base ||
		!fits(a, size, size, lda) || !fits(b, m, n, ldb) || !fits(c, m, n, ldc) {
		impl.Implementation.Dsymm(s, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	half := size / 2
	rest := size - half
	block := Matrix(a[half*lda:], rest, half, lda) // [rest, half], left of the diagonal
	if which == upper {
		block = Matrix(a[half:], half, rest, lda).T()
	}
	at := func(x []float64, stride int) []float64 { // the second part
		if s == blas.Left {
			return x[half*stride:]
		}
		return x[half:]
	}
	b2, c2, a2 := at(b, ldb), at(c, ldc), a[half*lda+half:]
	if s == blas.Left {
		impl.Dsymm(s, ul, half, n, alpha, a, lda, b, ldb, beta, c, ldc)
		impl.Dsymm(s, ul, rest, n, alpha, a2, lda, b2, ldb, beta, c2, ldc)
		(&product{alpha: alpha, a: block, b: Matrix(b, half, n, ldb), c: c2, ldc: ldc, add: true}).run(cores())
		(&product{alpha: alpha, a: block.T(), b: Matrix(b2, rest, n, ldb), c: c, ldc: ldc, add: true}).run(cores())
		return
	}
	impl.Dsymm(s, ul, m, half, alpha, a, lda, b, ldb, beta, c, ldc)
	impl.Dsymm(s, ul, m, rest, alpha, a2, lda, b2, ldb, beta, c2, ldc)
	(&product{alpha: alpha, a: Matrix(b, m, half, ldb), b: block.T(), c: c2, ldc: ldc, add: true}).run(cores())
	(&product{alpha: alpha, a: Matrix(b2, m, rest, ldb), b: block, c: c, ldc: ldc, add: true}).run(cores())
}

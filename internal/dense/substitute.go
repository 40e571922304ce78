package dense

import (
	"sync"

	"gonum.org/v1/gonum/blas"
)

// strip is how many right sides of a small triangular system are worked on side by side.
const strip = 32

// substitute solves LX = B in place for a lower triangular L of n rows and strip right
// sides. L has its rows one after the other, each of base numbers, and in place of the
// diagonal the inverses of its numbers; x is [n, strip].
var substitute = substitutePlain

func substitutePlain(n int, l, x []float64) {
	for i := range n {
		xi := (*[strip]float64)(x[i*strip:])
		for k, c := range l[i*base : i*base+i] {
			xk := (*[strip]float64)(x[k*strip:])
			for j := range xi {
				xi[j] -= c * xk[j]
			}
		}
		for j, inverse := 0, l[i*base+i]; j < strip; j++ {
			xi[j] *= inverse
		}
	}
}

// substitution is the room for a small system: its matrix, and a strip of right sides.
type substitution struct {
	l [base * base]float64
	x [base * strip]float64
}

var substitutionPool = sync.Pool{New: func() any { return new(substitution) }}

// solveSmall solves op(A) X = B or X op(A) = B for an A of at most base rows, in place. It is
// always a lower triangular system from the left that is solved: the transpose of one from
// the right, and from the last row to the first what op(A) is upper for.
func (t *triangular) solveSmall(a []float64, n int, b []float64, rows, cols int) {
	room := substitutionPool.Get().(*substitution)
	defer substitutionPool.Put(room)
	op := Matrix(a, n, n, t.lda)
	if t.trans != blas.NoTrans {
		op = op.T()
	}
	lowerOp := (t.ul == blas.Lower) == (t.trans == blas.NoTrans)
	B := Matrix(b, rows, cols, t.ldb) // [n, right sides]
	if t.side == blas.Right {
		op, B, lowerOp = op.T(), B.T(), !lowerOp
	}
	place := func(i int) int { // of unknown i, in the order of elimination
		if lowerOp {
			return i
		}
		return n - 1 - i
	}
	for i := range n {
		row := room.l[i*base : i*base+i+1]
		at := op.Data[place(i)*op.RowStride:]
		for k := range i {
			row[k] = at[place(k)*op.ColStride]
		}
		if row[i] = 1; t.diag == blas.NonUnit {
			row[i] = 1 / at[place(i)*op.ColStride]
		}
	}
	x := room.x[:n*strip]
	for from := 0; from < B.Cols; from += strip {
		count := min(strip, B.Cols-from)
		if count < strip {
			clear(x)
		}
		if B.ColStride == 1 {
			for i := range n {
				copy(x[place(i)*strip:place(i)*strip+count], B.Data[i*B.RowStride+from:])
			}
			substitute(n, room.l[:], x)
			for i := range n {
				copy(B.Data[i*B.RowStride+from:i*B.RowStride+from+count], x[place(i)*strip:])
			}
			continue
		}
		// Each right side is contiguous.
		for j := range count {
			side := B.Data[(from+j)*B.ColStride:][:n]
			for i, y := range side {
				x[place(i)*strip+j] = y
			}
		}
		substitute(n, room.l[:], x)
		for j := range count {
			side := B.Data[(from+j)*B.ColStride:][:n]
			for i := range side {
				side[i] = x[place(i)*strip+j]
			}
		}
	}
}

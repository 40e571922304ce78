package relax

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// stretch makes the search of a multiplierSearch well scaled. In the directions
// u_i = e_i (x) (1, x*) the matrix Q(f*, 0) is smaller than elsewhere by far, of the
// size of the gap f* - f~*, and a search that looks at all eigenvalues alike takes
// long to settle these. So they are stretched: the eigenvalues are those of TQT with
// T = I + (1/sigma - 1) sum u_i u_i', and the search's steps are measured by
// |TWT|^2 = w'Mw rather than by |W|^2 = w'w. With the rows of B being the entries of
// the W u_i by w, in units of 1/sigma and more, M = I + B'B.
type stretch struct {
	m       *multiplierSearch
	U       blas64.General // [D, n] orthonormal rows u_i
	by      float64        // 1/sigma - 1
	B       blas64.General
	inverse mat.Cholesky // of I + BB'
}

// A stretch is by 1/leastStretch at the most, and is tried where B has no more than
// largestStretch entries.
const (
	leastStretch   = 1e-3
	largestStretch = 50_000_000
)

// newStretch returns the stretch for the search's (1, x*) at a gap f* - f~*; nil if
// it would be too large.
func newStretch(m *multiplierSearch, gap float64) *stretch {
	n, D, count := m.n, m.space.D, m.count()
	if n*D*count > largestStretch {
		return nil
	}
	u := append([]float64(nil), m.homogeneous...)
	length := normalise(u)
	sigma := min(0.9, max(leastStretch, math.Sqrt(max(0, gap))/length))
	s := &stretch{m: m, by: 1/sigma - 1, U: blas64.General{Rows: D, Cols: n, Stride: n, Data: make([]float64, D*n)}}
	for i := range D {
		copy(s.U.Data[i*n+i*len(u):], u)
	}
	kept := m.fixed.Rows
	s.B = blas64.General{Rows: n*D + kept, Cols: count, Stride: count, Data: make([]float64, (n*D+kept)*count)}
	// Entries of W u_i outside the span of the u count 1/sigma^2 - 1, twice since
	// W is symmetric; those inside 1/sigma^4 - 1. The directions in which the search
	// may not move count much more.
	light, heavy := math.Sqrt(2*(1/(sigma*sigma)-1)), math.Sqrt(1/math.Pow(sigma, 4)-1)
	inside := blas64.General{Rows: D, Cols: count, Stride: count, Data: make([]float64, D*count)}
	for i := range D {
		block := blas64.General{Rows: n, Cols: count, Stride: count, Data: s.B.Data[i*n*count : (i+1)*n*count]}
		for r := range n {
			m.productEntry(block.Data[r*count:(r+1)*count], r, s.U.Data[i*n:(i+1)*n])
		}
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, s.U, block, 0, inside)
		for k := range block.Data {
			block.Data[k] *= light
		}
		blas64.Gemm(blas.Trans, blas.NoTrans, heavy-light, s.U, inside, 1, block)
	}
	for k, x := range m.fixed.Data {
		s.B.Data[n*D*count+k] = 10 * heavy * x
	}
	gram := multiply(s.B, s.B, true)
	sum := mat.NewSymDense(gram.Rows, gram.Data)
	for i := range gram.Rows {
		sum.SetSym(i, i, 1+sum.At(i, i))
	}
	if !s.inverse.Factorize(sum) {
		return nil
	}
	return s
}

// precondition sets w to M^{-1} w within the directions in which the search moves.
func (s *stretch) precondition(w []float64) {
	removeAlong(w, s.m.fixed)
	part := mat.NewVecDense(s.B.Rows, nil)
	blas64.Gemv(blas.NoTrans, 1, s.B, vector(w), 0, part.RawVector())
	_ = s.inverse.SolveVecTo(part, part) // its error says that M is ill-conditioned, as it is
	blas64.Gemv(blas.Trans, -1, s.B, part.RawVector(), 1, vector(w))
	removeAlong(w, s.m.fixed)
}

// apply sets a symmetric S ([n, n]) to TST.
func (s *stretch) apply(S []float64) {
	square := blas64.General{Rows: s.m.n, Cols: s.m.n, Stride: s.m.n, Data: S}
	US := multiply(s.U, square, false) // [D, n]
	USU := multiply(US, s.U, true)     // [D, D]
	inner := multiply(USU, s.U, false)
	blas64.Gemm(blas.Trans, blas.NoTrans, s.by*s.by, s.U, inner, 1, square)
	blas64.Gemm(blas.Trans, blas.NoTrans, s.by, s.U, US, 1, square)
	blas64.Gemm(blas.Trans, blas.NoTrans, s.by, US, s.U, 1, square)
}

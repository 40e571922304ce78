package relax

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"markovicl/internal/cholesky"
)

// stretch makes the search of a multiplierSearch well scaled. In the directions
// u_i = e_i (x) (1, x*) the matrix Q(f*, 0) is smaller than elsewhere by far, of the
// size of the gap f* - f~*, and a search that looks at all eigenvalues alike takes
// long to settle these. So they are stretched: the eigenvalues are those of TQT with
// T = I + (1/sigma - 1) sum u_i u_i', and the search's steps are measured by
// |TWT|^2 = w'Mw rather than by |W|^2 = w'w. With the rows of B being the entries of
// the W u_i by w, in units of 1/sigma and more, M = I + B'B.
//
// B is never there as a matrix: it is a few combinations of products.
type stretch struct {
	m      *multiplierSearch
	U      blas64.General    // [D, n] orthonormal rows u_i
	by     float64           // 1/sigma - 1
	of     *products         // with the u_i, then with the v* of fixed
	light  float64           // what entries of the W u_i outside the span of the u count
	heavy  float64           // and what those inside do
	factor blas64.Triangular // U, U'U being I + BB'
}

// A stretch is by 1/leastStretch at the most, and is tried where B has no more than
// largestStretch rows.
const (
	leastStretch   = 1e-3
	largestStretch = 8000
)

// newStretch returns the stretch for the search's (1, x*) at a gap f* - f~*; nil if
// it would be too large, or if ctx ends.
func newStretch(ctx context.Context, m *multiplierSearch, gap float64) *stretch {
	n, D := m.n, m.space.D
	var vs [][]float64
	if m.fixed != nil {
		vs = m.fixed.of.vs
	}
	if n*(D+len(vs)) > largestStretch {
		return nil
	}
	u := append([]float64(nil), m.homogeneous...)
	length := normalise(u)
	sigma := min(0.9, max(leastStretch, math.Sqrt(max(0, gap))/length))
	s := &stretch{m: m, by: 1/sigma - 1, U: matrix(D, n)}
	all := make([][]float64, 0, D+len(vs))
	for i := range D {
		row := s.U.Data[i*n : (i+1)*n]
		copy(row[i*len(u):], u)
		all = append(all, row)
	}
	// Entries of W u_i outside the span of the u count 1/sigma^2 - 1, twice since
	// W is symmetric; those inside 1/sigma^4 - 1. The directions in which the search
	// may not move count much more.
	s.light, s.heavy = math.Sqrt(2*(1/(sigma*sigma)-1)), math.Sqrt(1/math.Pow(sigma, 4)-1)
	var err error
	if s.of, err = newProducts(ctx, m, append(all, vs...)); err != nil {
		return nil
	}
	gram, err := s.of.gram(ctx)
	if err != nil {
		return nil
	}
	raw := gram.RawSymmetric()
	for i := range raw.N {
		for k := range i {
			raw.Data[i*raw.Stride+k] = raw.Data[k*raw.Stride+i]
		}
	}
	half := s.combined(blas64.General{Rows: raw.N, Cols: raw.N, Stride: raw.Stride, Data: raw.Data})
	whole := s.combined(transposed(half))
	sum := blas64.Symmetric{Uplo: blas.Upper, N: whole.Rows, Stride: whole.Stride, Data: whole.Data}
	for i := range sum.N {
		sum.Data[i*sum.Stride+i]++
	}
	if ok, err := cholesky.Factorise(ctx, sum); err != nil || !ok {
		return nil
	}
	s.factor = upper(sum)
	return s
}

// combined returns the rows of B in terms of rows R of products: those with the u_i,
// [D*n, .], weighed, and those along the fixed directions.
func (s *stretch) combined(R blas64.General) blas64.General {
	n, D := s.m.n, s.m.space.D
	fixed := s.fixedRoots()
	out := matrix(D*n+fixed.Rows, R.Cols)
	rows := func(G blas64.General, first, count int) blas64.General {
		return blas64.General{Rows: count, Cols: G.Cols, Stride: G.Stride, Data: G.Data[first*G.Stride:]}
	}
	inside := matrix(D, R.Cols)
	for i := range D {
		from, to := rows(R, i*n, n), rows(out, i*n, n)
		for k, x := range from.Data[:n*R.Cols] {
			to.Data[k] = s.light * x
		}
		gemm(blas.NoTrans, blas.NoTrans, 1, s.U, from, 0, inside)
		gemm(blas.Trans, blas.NoTrans, s.heavy-s.light, s.U, inside, 1, to)
	}
	if fixed.Rows > 0 {
		gemm(blas.NoTrans, blas.NoTrans, 10*s.heavy, fixed, rows(R, D*n, R.Rows-D*n), 0, rows(out, D*n, fixed.Rows))
	}
	return out
}

func transposed(A blas64.General) blas64.General {
	out := matrix(A.Cols, A.Rows)
	const block = 32
	for i0 := 0; i0 < A.Rows; i0 += block {
		for k0 := 0; k0 < A.Cols; k0 += block {
			for i := i0; i < min(i0+block, A.Rows); i++ {
				for k := k0; k < min(k0+block, A.Cols); k++ {
					out.Data[k*out.Stride+i] = A.Data[i*A.Stride+k]
				}
			}
		}
	}
	return out
}

func (s *stretch) fixedRoots() blas64.General {
	if s.m.fixed == nil {
		return blas64.General{}
	}
	return s.m.fixed.roots
}

// precondition sets w to M^{-1} w within the directions in which the search moves.
func (s *stretch) precondition(w []float64) {
	n, D := s.m.n, s.m.space.D
	s.m.fixed.removeFrom(w)
	products := matrix(s.of.rows(), 1)
	s.of.times(products.Data, w)
	r := s.combined(products).Data
	blas64.Trsv(blas.Trans, s.factor, vector(r))
	blas64.Trsv(blas.NoTrans, s.factor, vector(r))
	// B' of it.
	inside := make([]float64, D)
	for i := range D {
		block := r[i*n : (i+1)*n]
		blas64.Gemv(blas.NoTrans, 1, s.U, vector(block), 0, vector(inside))
		blas64.Scal(-s.light, vector(block))
		blas64.Gemv(blas.Trans, -(s.heavy - s.light), s.U, vector(inside), 1, vector(block))
	}
	copy(products.Data, r[:D*n])
	if fixed := s.fixedRoots(); fixed.Rows > 0 {
		blas64.Gemv(blas.Trans, -10*s.heavy, fixed, vector(r[D*n:]), 0, vector(products.Data[D*n:]))
	}
	s.of.addTransposed(w, products.Data)
	s.m.fixed.removeFrom(w)
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

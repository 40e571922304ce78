package relax

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"markovicl/internal/cholesky"
)

// The admissible W of level 1 (see multiplier.go). In
//
//	v'Wv = sum W_(i0),(k0) b_i b_k + 2 sum W_(i0),(l,y) b_i e_y(a_l) + sum W_(l,x),(m,y) e_x(a_l) e_y(a_m),
//
// e_x for x = (i, t) being b_i times coordinate t of a column a_l of A, terms in
// different columns are different monomials: the first sum needs W = 0, the second
// a linear relation between the b_i e_y for each l, the third one between products
// of two e for each pair of columns. With l = m the matrix of such a relation is
// symmetric; with l < m it is the sum of such a symmetric one and one that is
// antisymmetric (exchange a_l and a_m).

// space is a linear space of matrices W in orthonormal coordinates: the relations
// in coordinates b = Tb b~, x = (Tu (x) Tg) x~, for each column or pair of columns.
// Coordinates are ordered mixed relations of column 0, 1, ..; symmetric ones of
// the pairs l <= m in row-major order; antisymmetric ones of the pairs l < m.
type space struct {
	D, units, grams int
	// Orthonormal bases, one element a row. Symmetric ones are packed: entries
	// x <= y, those off the diagonal times sqrt 2; antisymmetric ones likewise, x < y.
	mixed         blas64.General // [., D*N] for e_y of N = D*grams
	symmetric     blas64.General // [., N(N+1)/2]
	antisymmetric blas64.General // [., N(N-1)/2]
	place         [][]int        // [units][N] where e_x of column l is in v
}

// newSpace takes long for large matrices; if ctx ends, what it returns is of no use.
func newSpace(ctx context.Context, known *relations, D, units, grams int, Tb, Tg *mat.Dense) *space {
	s := &space{D: D, units: units, grams: grams, place: known.places(units)}
	N := known.count
	T := mat.NewDense(N, N, nil) // e = T e~
	T.Kronecker(Tb, Tg)
	// In the new coordinates the matrix B of a relation is T'BT.
	B := make([]float64, N*N)
	square := blas64.General{Rows: N, Cols: N, Stride: N, Data: B}
	transformed := func(r relation, sign float64) {
		clear(B)
		for _, t := range r {
			x, y := t.at/N, t.at%N
			c := float64(t.coefficient)
			blas64.Ger(c, vector(T.RawRowView(x)), vector(T.RawRowView(y)), square)
			blas64.Ger(sign*c, vector(T.RawRowView(y)), vector(T.RawRowView(x)), square)
		}
	}
	s.symmetric = orthonormal(ctx, len(known.symmetric), N*(N+1)/2, func(k int, row []float64) {
		transformed(known.symmetric[k], 1)
		at := 0
		for x := range N {
			row[at] = B[x*N+x]
			at++
			for y := x + 1; y < N; y++ {
				row[at] = math.Sqrt2 * B[x*N+y]
				at++
			}
		}
	})
	s.antisymmetric = orthonormal(ctx, len(known.antisymmetric), N*(N-1)/2, func(k int, row []float64) {
		transformed(known.antisymmetric[k], -1)
		at := 0
		for x := range N {
			at += copy(row[at:], B[x*N+x+1:(x+1)*N])
		}
	})
	s.mixed = orthonormal(ctx, len(known.mixed), D*N, func(k int, row []float64) {
		clear(row)
		for _, t := range known.mixed[k] {
			i, y := t.at/N, t.at%N
			blas64.Ger(float64(t.coefficient), vector(Tb.RawRowView(i)), vector(T.RawRowView(y)),
				blas64.General{Rows: D, Cols: N, Stride: N, Data: row})
		}
	})
	return s
}

// orthonormal returns a basis, as rows, of the span of rows of the given length, which
// must be independent. It is orthonormal up to orthogonality: what it is for is that the
// search's coordinates are well scaled. Cholesky's factorisation is fast and good enough
// if used once or, for worse conditions, twice, unless the rows are nearly dependent; then
// reflections are used.
func orthonormal(ctx context.Context, rows, length int, fill func(k int, row []float64)) blas64.General {
	B := blas64.General{Rows: rows, Cols: length, Stride: max(length, 1), Data: make([]float64, rows*length)}
	for k := range rows {
		row := B.Data[k*length : (k+1)*length]
		if ctx.Err() != nil {
			return B
		}
		fill(k, row)
		blas64.Scal(1/blas64.Nrm2(vector(row)), vector(row))
	}
	if rows == 0 {
		return B
	}
	for again := true; again; {
		if ctx.Err() != nil {
			return B
		}
		gram := blas64.Symmetric{Uplo: blas.Upper, N: rows, Stride: rows, Data: make([]float64, rows*rows)}
		if !gramMatrix(ctx, gram, B) {
			return B
		}
		condition, err := factorise(ctx, gram)
		if err != nil {
			return B
		}
		if condition > largestCondition {
			return orthonormalByReflections(B)
		}
		again = condition > orthogonality/0x1p-52
		U := upper(gram)
		width := panelOf(float64(rows) * float64(rows))
		for k := 0; k < length && ctx.Err() == nil; k += width { // columns do not meet
			blas64.Trsm(blas.Left, blas.Trans, 1, U, blas64.General{Rows: rows, Cols: min(width, length-k), Stride: B.Stride, Data: B.Data[k:]})
		}
	}
	return B
}

// factorise replaces the upper triangle of a symmetric matrix by its Cholesky factor U, and
// returns its condition, infinite if it is not definite. It fails if ctx ends.
func factorise(ctx context.Context, A blas64.Symmetric) (condition float64, err error) {
	norm := lapack64.Lansy(lapack.MaxRowSum, A, make([]float64, A.N))
	ok, err := cholesky.Factorise(ctx, A)
	if err != nil || !ok {
		return math.Inf(1), err
	}
	return 1 / lapack64.Pocon(A, norm, make([]float64, 3*A.N), make([]int, A.N)), nil
}

// upper is the upper triangle as a triangular matrix.
func upper(A blas64.Symmetric) blas64.Triangular {
	return blas64.Triangular{Uplo: blas.Upper, Diag: blas.NonUnit, N: A.N, Stride: A.Stride, Data: A.Data}
}

// orthogonality bounds what the products of different rows of a basis may be, and
// largestCondition the condition of the products of given rows up to which their
// Cholesky factor is near enough for a second one to set it right.
const (
	orthogonality    = 1e-6
	largestCondition = 1e13
)

// panel is how many rows or columns of a large matrix are worked on between two
// looks at the context.
const panel = 128

// panelOf is a wider panel, where the multiplications for each of its rows or columns
// allow it: wide panels are multiplied faster.
func panelOf(multiplications float64) int {
	const most, several = 1e10, 8
	return panel * max(1, min(several, int(most/multiplications/panel)))
}

// gramMatrix sets the upper triangle of G to that of BB', panel by panel; it reports
// whether it came to the end before the context did.
func gramMatrix(ctx context.Context, G blas64.Symmetric, B blas64.General) bool {
	width := panelOf(float64(G.N) * float64(B.Cols))
	for i := 0; i < G.N; i += width {
		if ctx.Err() != nil {
			return false
		}
		w := min(width, G.N-i)
		rows := blas64.General{Rows: w, Cols: B.Cols, Stride: B.Stride, Data: B.Data[i*B.Stride:]}
		blas64.Syrk(blas.NoTrans, 1, rows, 0, blas64.Symmetric{Uplo: blas.Upper, N: w, Stride: G.Stride, Data: G.Data[i*G.Stride+i:]})
		if right := G.N - i - w; right > 0 {
			rest := blas64.General{Rows: right, Cols: B.Cols, Stride: B.Stride, Data: B.Data[(i+w)*B.Stride:]}
			blas64.Gemm(blas.NoTrans, blas.Trans, 1, rows, rest, 0, blas64.General{Rows: w, Cols: right, Stride: G.Stride, Data: G.Data[i*G.Stride+i+w:]})
		}
	}
	return true
}

func orthonormalByReflections(B blas64.General) blas64.General {
	columns := blas64.General{Rows: B.Cols, Cols: B.Rows, Stride: B.Rows, Data: mat.DenseCopyOf(mat.NewDense(B.Rows, B.Cols, B.Data).T()).RawMatrix().Data}
	tau, size := make([]float64, B.Rows), make([]float64, 1)
	lapack64.Geqrf(columns, tau, size, -1)
	work := make([]float64, int(size[0]))
	lapack64.Geqrf(columns, tau, work, len(work))
	lapack64.Orgqr(columns, tau, size, -1)
	work = make([]float64, int(size[0]))
	lapack64.Orgqr(columns, tau, work, len(work))
	return mat.DenseCopyOf(mat.NewDense(B.Cols, B.Rows, columns.Data).T()).RawMatrix()
}

// sizes returns how many coordinates there are of each kind.
func (s *space) sizes() (mixed, symmetric, antisymmetric int) {
	return s.units * s.mixed.Rows, s.units * (s.units + 1) / 2 * s.symmetric.Rows, s.units * (s.units - 1) / 2 * s.antisymmetric.Rows
}

func (s *space) count() int {
	mixed, symmetric, antisymmetric := s.sizes()
	return mixed + symmetric + antisymmetric
}

// split returns the coordinates of each kind as matrices with a row for each
// column or pair of columns.
func (s *space) split(w []float64) (mixed, symmetric, antisymmetric blas64.General) {
	m, y, a := s.sizes()
	rows := func(w []float64, columns int) blas64.General {
		return blas64.General{Rows: len(w) / max(columns, 1), Cols: columns, Stride: max(columns, 1), Data: w}
	}
	return rows(w[:m], s.mixed.Rows), rows(w[m:m+y], s.symmetric.Rows), rows(w[m+y:m+y+a], s.antisymmetric.Rows)
}

// multiply returns w B or, with back, w B'.
func multiply(w, B blas64.General, back bool) blas64.General {
	transpose, columns := blas.NoTrans, B.Cols
	if back {
		transpose, columns = blas.Trans, B.Rows
	}
	out := blas64.General{Rows: w.Rows, Cols: columns, Stride: max(columns, 1), Data: make([]float64, w.Rows*columns)}
	if w.Rows > 0 && columns > 0 && w.Cols > 0 {
		blas64.Gemm(blas.NoTrans, transpose, 1, w, B, 0, out)
	}
	return out
}

// each calls a function for all coordinates of all blocks: entry of the matrix
// with a row for each column or pair, places r and t in W, and by what the entry
// counts in W at (r, t), which is also at (t, r). A place on the diagonal is given
// once.
func (s *space) each(mixed, symmetric, antisymmetric []float64, f func(x *float64, r, t int, weight float64)) {
	N, v := s.D*s.grams, 1+s.units*s.grams
	const half = 1 / math.Sqrt2
	at := 0
	for l := range s.units {
		for i := range s.D {
			for y := range N {
				f(&mixed[at], i*v, s.place[l][y], half)
				at++
			}
		}
	}
	at = 0
	for l := range s.units {
		for m := l; m < s.units; m++ {
			here, there := s.place[l], s.place[m]
			for x := range N {
				if l == m {
					f(&symmetric[at], here[x], there[x], 1)
				} else {
					f(&symmetric[at], here[x], there[x], half)
				}
				at++
				for y := x + 1; y < N; y++ {
					if l == m {
						f(&symmetric[at], here[x], there[y], half)
					} else {
						f(&symmetric[at], here[x], there[y], 0.5)
						f(&symmetric[at], here[y], there[x], 0.5)
					}
					at++
				}
			}
		}
	}
	at = 0
	for l := range s.units {
		for m := l + 1; m < s.units; m++ {
			here, there := s.place[l], s.place[m]
			for x := range N {
				for y := x + 1; y < N; y++ {
					f(&antisymmetric[at], here[x], there[y], 0.5)
					f(&antisymmetric[at], here[y], there[x], -0.5)
					at++
				}
			}
		}
	}
}

// add adds the matrix with coordinates w to S ([n, n], n = D(1+r)).
func (s *space) add(S, w []float64) {
	n := s.D * (1 + s.units*s.grams)
	mixed, symmetric, antisymmetric := s.split(w)
	s.each(multiply(mixed, s.mixed, false).Data, multiply(symmetric, s.symmetric, false).Data, multiply(antisymmetric, s.antisymmetric, false).Data,
		func(x *float64, r, t int, weight float64) {
			S[r*n+t] += weight * *x
			if r != t {
				S[t*n+r] += weight * *x
			}
		})
}

// project sets w to the inner products of the symmetric G ([n, n]) with the
// matrices of the coordinates.
func (s *space) project(w, G []float64) {
	n, N := s.D*(1+s.units*s.grams), s.D*s.grams
	pairs := s.units * (s.units + 1) / 2
	whole := func(rows int, B blas64.General) blas64.General {
		return blas64.General{Rows: rows, Cols: B.Cols, Stride: B.Stride, Data: make([]float64, rows*B.Cols)}
	}
	mixed, symmetric, antisymmetric := whole(s.units, s.mixed), whole(pairs, s.symmetric), whole(pairs-s.units, s.antisymmetric)
	mixed.Cols, symmetric.Cols, antisymmetric.Cols = s.D*N, N*(N+1)/2, N*(N-1)/2
	s.each(mixed.Data, symmetric.Data, antisymmetric.Data, func(x *float64, r, t int, weight float64) {
		if r != t {
			weight *= 2
		}
		*x += weight * G[r*n+t]
	})
	m, y, a := s.split(w)
	copy(m.Data, multiply(mixed, s.mixed, true).Data)
	copy(y.Data, multiply(symmetric, s.symmetric, true).Data)
	copy(a.Data, multiply(antisymmetric, s.antisymmetric, true).Data)
}

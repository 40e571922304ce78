package landscape

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// The certificate of level 1: not f - l but b'Pb (f - l) is written as a sum of
// squares, for a positive definite P. In the coordinates x of the reduced form,
// with v = (b_i, b_i x_t) of n = D(1+r) entries (a [Multiplier] says which is
// where),
//
//	Q(l, W) = P (x) [[c-l, -s'], [-s, R]] + W,  v'Wv = 0 for all b and A,
//
// must be positive semidefinite. The b_i x_t, rather than all b_i b_j a_s, are
// what lets the search end: parameters that do not change the loss give v the same
// value, so that Q need not be singular there. W = 0 and l < f~* is an interior
// point.
//
// The search is that of level 0: at a local minimum (b*, A*), v* = b* (x) (1, x*)
// and Q(f*, W) v* = 0 is kept exactly, and W moves until the rest is definite.
// What differs is the space of the W. In
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

func newSpace(known *relations, D, units, grams int, Tb, Tg *mat.Dense) (*space, error) {
	s := &space{D: D, units: units, grams: grams, place: known.places(units)}
	N := known.count
	T := mat.NewDense(N, N, nil) // e = T e~
	T.Kronecker(Tb, Tg)
	// In the new coordinates the matrix B of a relation is T'BT.
	var err error
	B := make([]float64, N*N)
	square := blas64.General{Rows: N, Cols: N, Stride: N, Data: B}
	transformed := func(r relation, sign float64) {
		zero(B)
		for _, t := range r {
			x, y := t.at/N, t.at%N
			c := float64(t.coefficient)
			blas64.Ger(c, vector(T.RawRowView(x)), vector(T.RawRowView(y)), square)
			blas64.Ger(sign*c, vector(T.RawRowView(y)), vector(T.RawRowView(x)), square)
		}
	}
	s.symmetric, err = orthonormal(len(known.symmetric), N*(N+1)/2, func(k int, row []float64) {
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
	if err != nil {
		return nil, err
	}
	s.antisymmetric, err = orthonormal(len(known.antisymmetric), N*(N-1)/2, func(k int, row []float64) {
		transformed(known.antisymmetric[k], -1)
		at := 0
		for x := range N {
			at += copy(row[at:], B[x*N+x+1:(x+1)*N])
		}
	})
	if err != nil {
		return nil, err
	}
	s.mixed, err = orthonormal(len(known.mixed), D*N, func(k int, row []float64) {
		zero(row)
		for _, t := range known.mixed[k] {
			i, y := t.at/N, t.at%N
			blas64.Ger(float64(t.coefficient), vector(Tb.RawRowView(i)), vector(T.RawRowView(y)),
				blas64.General{Rows: D, Cols: N, Stride: N, Data: row})
		}
	})
	return s, err
}

// orthonormal returns an orthonormal basis, as rows, of the span of rows of the
// given length. It orthogonalises twice by Cholesky's factorisation, which is as
// good as once by reflections unless the rows are nearly dependent.
func orthonormal(rows, length int, fill func(k int, row []float64)) (blas64.General, error) {
	B := blas64.General{Rows: rows, Cols: length, Stride: max(length, 1), Data: make([]float64, rows*length)}
	for k := range rows {
		row := B.Data[k*length : (k+1)*length]
		fill(k, row)
		blas64.Scal(1/blas64.Nrm2(vector(row)), vector(row))
	}
	if rows == 0 {
		return B, nil
	}
	for range 2 {
		gram := mat.NewSymDense(rows, nil)
		blas64.Syrk(blas.NoTrans, 1, B, 0, gram.RawSymmetric())
		var chol mat.Cholesky
		if !chol.Factorize(gram) {
			return B, errors.New("the relations between products of the parameters are dependent to working precision")
		}
		factor := chol.RawU()
		blas64.Trsm(blas.Left, blas.Trans, 1, factor.(*mat.TriDense).RawTriangular(), B)
	}
	return B, nil
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

// touching sets w to the coordinates of the matrix (e v' + v e')/2, e being the
// unit vector of place i: what project does for it, from its few entries.
func (s *space) touching(w []float64, i int, v []float64) {
	N, r := s.D*s.grams, 1+s.units*s.grams
	zero(w)
	mixed, symmetric, antisymmetric := s.split(w)
	const half = 1 / math.Sqrt2
	if i%r == 0 {
		for l := range s.units {
			for k := range mixed.Cols {
				row := s.mixed.Data[k*s.mixed.Stride+i/r*N:]
				for y, at := range s.place[l] {
					mixed.Data[l*mixed.Stride+k] += half * row[y] * v[at]
				}
			}
		}
		return
	}
	l, x := (i%r-1)/s.grams, i/r*s.grams+(i%r-1)%s.grams
	for k := range mixed.Cols {
		for b := range s.D {
			mixed.Data[l*mixed.Stride+k] += half * s.mixed.Data[k*s.mixed.Stride+b*N+x] * v[b*r]
		}
	}
	packed := func(x, y int) int { return x*N - x*(x-1)/2 + y - x } // x <= y
	for m := range s.units {
		low, high := min(l, m), max(l, m)
		pair := low*s.units - low*(low-1)/2 + high - low
		for k := range symmetric.Cols {
			row, sum := s.symmetric.Data[k*s.symmetric.Stride:(k+1)*s.symmetric.Stride], 0.0
			for y, at := range s.place[m] {
				weight := 0.5
				switch {
				case l == m && x == y:
					weight = 1
				case l == m || x == y:
					weight = half
				}
				sum += weight * v[at] * row[packed(min(x, y), max(x, y))]
			}
			symmetric.Data[pair*symmetric.Stride+k] = sum
		}
		if l == m {
			continue
		}
		pair -= low + 1 // pairs with l = m have no antisymmetric part
		for k := range antisymmetric.Cols {
			row, sum := s.antisymmetric.Data[k*s.antisymmetric.Stride:(k+1)*s.antisymmetric.Stride], 0.0
			for y, at := range s.place[m] {
				if x == y {
					continue
				}
				weight := 0.5
				if (x < y) != (l < m) {
					weight = -0.5
				}
				first := min(x, y)
				sum += weight * v[at] * row[packed(first, max(x, y))-first-1]
			}
			antisymmetric.Data[pair*antisymmetric.Stride+k] = sum
		}
	}
}

// multiplierSearch looks for a W of level 1 at a local minimum, in coordinates in
// which the average blocks of R are near the identity.
type multiplierSearch struct {
	form    *moment.Form
	reduced *reducedForm
	known   *relations
	space   *space
	Tb, Tx  *mat.Dense // b = Tb b~, (1, x) = Tx (1, x~)
	n       int
	Q       []float64      // [n, n] Q(f*, 0) + vv'
	start   []float64      // coordinates of a W with Q(f*, W) v = 0
	fixed   blas64.General // orthonormal rows: directions in which W v changes
	low     *lowSpectrum
	S, G    []float64
}

// largestMultiplier is the largest size n at which level 1 is tried: the basis of
// the W has some n^4/(4 units^2) numbers.
const largestMultiplier = 500

func newMultiplierSearch(form *moment.Form, reduced *reducedForm, minimum *LocalMinimum) (*multiplierSearch, error) {
	D := form.Q + 1
	units, _ := reduced.U.Dims()
	grams, _ := reduced.G.Dims()
	r := units * grams
	m := &multiplierSearch{form: form, reduced: reduced, n: D * (1 + r)}
	if m.n > largestMultiplier {
		return nil, fmt.Errorf("level 1 is tried up to matrices of size %d; here it needs %d", largestMultiplier, m.n)
	}
	// Coordinates: for x such that R is near the identity, for b such that the
	// sum of C_t C_t' is, the x being b'C_t a.
	Tu, Tg, err := (&lift{D: units, M: grams, N: reduced.R}).balance()
	if err != nil {
		return nil, err
	}
	var back mat.Dense
	if err := back.Inverse(Tg); err != nil {
		return nil, fmt.Errorf("the balanced coordinates of x are singular: %w", err)
	}
	C := bilinear(reduced.G, D)
	spread := mat.NewSymDense(D, nil)
	whole := make([]float64, D*D)
	for t := range grams {
		zero(whole)
		for k := range grams {
			for i, c := range C[k] {
				whole[i] += back.At(t, k) * float64(c)
			}
		}
		spread.SymRankK(spread, 1, mat.NewDense(D, D, whole))
	}
	if m.Tb, err = inverseRoot(spread); err != nil {
		return nil, err
	}
	norm := mat.Norm(m.Tb, 2)
	m.Tb.Scale(math.Sqrt(float64(D))/norm, m.Tb)
	if m.known, err = newRelations(C, D); err != nil {
		return nil, err
	}
	if m.space, err = newSpace(m.known, D, units, grams, m.Tb, Tg); err != nil {
		return nil, err
	}
	m.Tx = mat.NewDense(1+r, 1+r, nil)
	m.Tx.Set(0, 0, 1)
	m.Tx.Slice(1, 1+r, 1, 1+r).(*mat.Dense).Kronecker(Tu, Tg)

	// Q(f*, 0) and v* in these coordinates, in which P is the identity.
	core := make([]float64, (1+r)*(1+r))
	core[0] = form.C - minimum.Loss
	for x := range r {
		core[1+x], core[(1+x)*(1+r)] = -reduced.s[x], -reduced.s[x]
		copy(core[(1+x)*(1+r)+1:(2+x)*(1+r)], reduced.R[x*r:(x+1)*r])
	}
	core = congruence(core, identity(1), m.Tx)
	m.Q = make([]float64, m.n*m.n)
	for i := range D {
		for x := range 1 + r {
			copy(m.Q[(i*(1+r)+x)*m.n+i*(1+r):], core[x*(1+r):(x+1)*(1+r)])
		}
	}
	var E mat.Dense
	E.Kronecker(reduced.U, reduced.G)
	var b, x mat.VecDense
	x.MulVec(&E, mat.NewVecDense(len(minimum.X), minimum.X))
	one := mat.NewVecDense(1+r, append([]float64{1}, x.RawVector().Data...))
	if err := b.SolveVec(m.Tb, mat.NewVecDense(D, minimum.B)); err != nil {
		return nil, fmt.Errorf("the balanced coordinates of b are singular: %w", err)
	}
	var onex mat.VecDense
	if err := onex.SolveVec(m.Tx, one); err != nil {
		return nil, fmt.Errorf("the balanced coordinates of x are singular: %w", err)
	}
	v := make([]float64, 0, m.n)
	for i := range D {
		for t := range 1 + r {
			v = append(v, b.AtVec(i)*onex.AtVec(t))
		}
	}
	normalise(v)
	if err := m.fix(v); err != nil {
		return nil, err
	}
	// From here on v's own eigenvalue is 1.
	blas64.Ger(1, vector(v), vector(v), blas64.General{Rows: m.n, Cols: m.n, Stride: m.n, Data: m.Q})
	m.low = newLowSpectrum(m.n)
	m.S, m.G = make([]float64, m.n*m.n), make([]float64, m.n*m.n)
	return m, nil
}

// fix sets start to the coordinates of the least W with Q(f*, W) v = 0 and fixed
// to the directions in which W v changes. (A change of W along a direction whose
// product with v is e.g. the i-th unit vector's is the coordinates of (e v' + v e')/2.)
func (m *multiplierSearch) fix(v []float64) error {
	n, count := m.n, m.space.count()
	rows := blas64.General{Rows: n, Cols: count, Stride: count, Data: make([]float64, n*count)}
	for i := range n {
		m.space.touching(rows.Data[i*count:(i+1)*count], i, v)
	}
	gram := mat.NewSymDense(n, nil)
	blas64.Syrk(blas.NoTrans, 1, rows, 0, gram.RawSymmetric())
	values, vectors, err := eigenvectors(gram)
	if err != nil {
		return err
	}
	first := 0
	for first < n && values[first] <= 1e-9*values[n-1] {
		first++
	}
	kept := n - first
	scaled := mat.NewDense(kept, n, nil)
	for k := range kept {
		root := 1 / math.Sqrt(values[first+k])
		for i := range n {
			scaled.Set(k, i, root*vectors.At(i, first+k))
		}
	}
	m.fixed = multiply(scaled.RawMatrix(), rows, false)
	// W v = -Q v, W the least: in the directions fixed.
	target := make([]float64, n)
	blas64.Gemv(blas.NoTrans, -1, blas64.General{Rows: n, Cols: n, Stride: n, Data: m.Q}, vector(v), 0, vector(target))
	along := make([]float64, kept)
	blas64.Gemv(blas.NoTrans, 1, scaled.RawMatrix(), vector(target), 0, vector(along))
	m.start = make([]float64, count)
	blas64.Gemv(blas.Trans, 1, m.fixed, vector(along), 0, vector(m.start))
	reached := make([]float64, n)
	blas64.Gemv(blas.NoTrans, 1, rows, vector(m.start), 0, vector(reached))
	blas64.Axpy(-1, vector(target), vector(reached))
	if off := blas64.Nrm2(vector(reached)); !(off <= 1e-6*(1+blas64.Nrm2(vector(target)))) {
		return fmt.Errorf("the best transformer found is not stationary enough for a certificate of level 1 (off by %.1e)", off)
	}
	return nil
}

// penalty is that of Q(f*, W), v's own eigenvalue left aside.
func (m *multiplierSearch) penalty(w []float64, margin float64, gradient []float64) (F, least float64, err error) {
	copy(m.S, m.Q)
	m.space.add(m.S, w)
	F, least, err = m.low.penalty(m.S, margin, m.G)
	if err != nil {
		return 0, 0, err
	}
	for r := range m.n {
		for t := range r {
			m.G[r*m.n+t] = m.G[t*m.n+r]
		}
	}
	m.space.project(gradient, m.G)
	along := make([]float64, m.fixed.Rows)
	blas64.Gemv(blas.NoTrans, 1, m.fixed, vector(gradient), 0, vector(along))
	blas64.Gemv(blas.Trans, -1, m.fixed, vector(along), 1, vector(gradient))
	return F, least, nil
}

// multiplierMargins, like dualMargins, are tried one after the other.
var multiplierMargins = []float64{1e-3, 1e-4, 1e-5}

const (
	multiplierMost     = 2000 // evaluations for one margin
	multiplierPatience = 150  // evaluations in which F must fall by a tenth
)

// certifyMultiplier looks for a certificate of level 1 at a local minimum, and
// returns the best one it finds and what it proves.
func certifyMultiplier(ctx context.Context, form *moment.Form, reduced *reducedForm, minimum *LocalMinimum, evaluated func()) (*Certificate, *Verification, error) {
	m, err := newMultiplierSearch(form, reduced, minimum)
	if err != nil {
		return nil, nil, err
	}
	w := append([]float64(nil), m.start...)
	for _, margin := range multiplierMargins {
		reached, err := penalty(m.penalty).descend(ctx, w, margin, multiplierMost, multiplierPatience, evaluated)
		if err != nil {
			return nil, nil, err
		}
		if ctx.Err() != nil && !reached {
			return nil, nil, nil
		}
		if reached {
			break
		}
	}
	W := make([]float64, m.n*m.n)
	m.space.add(W, w)
	var backB, backX mat.Dense
	if err := backB.Inverse(m.Tb); err != nil {
		return nil, nil, fmt.Errorf("the balanced coordinates of b are singular: %w", err)
	}
	if err := backX.Inverse(m.Tx); err != nil {
		return nil, nil, fmt.Errorf("the balanced coordinates of x are singular: %w", err)
	}
	W = congruence(W, &backB, &backX)
	P := mat.NewSymDense(form.Q+1, nil) // the identity in the search's coordinates
	P.SymOuterK(1, backB.T())
	multiplier := &Multiplier{P: P, U: reduced.U, G: reduced.G}
	return bestMultiple(form, multiplier, func(share float64) []float64 { return m.known.exact(W, share, m.space.units) })
}

// attainedMultiplier is the certificate of level 1 that the enlarged optimum is a
// bound: W = 0.
func attainedMultiplier(form *moment.Form, reduced *reducedForm) (*Certificate, *Verification, error) {
	D := form.Q + 1
	multiplier := &Multiplier{P: mat.NewSymDense(D, identity(D).RawMatrix().Data), U: reduced.U, G: reduced.G}
	n := D * (1 + multiplier.size())
	W := make([]float64, n*n)
	v, err := multiplierBound(form, W, multiplier)
	if err != nil {
		return nil, nil, err
	}
	return &Certificate{W: W, Form: form, Multiplier: multiplier}, v, nil
}

// bestMultiple tries W and shares of it, since W = 0 is an interior point: where
// the search did not reach a definite matrix, some share is definite for an l
// between the enlarged optimum and the loss.
func bestMultiple(form *moment.Form, multiplier *Multiplier, W func(share float64) []float64) (*Certificate, *Verification, error) {
	var best *Verification
	var certificate *Certificate
	var failure error
	for shrink := 0x1p-40; shrink < 1; shrink *= 4 {
		share := 1 - shrink
		if shrink == 0x1p-40 {
			share = 1
		}
		w := W(share)
		v, err := multiplierBound(form, w, multiplier)
		if err != nil {
			failure = err
			continue
		}
		if best == nil || v.Bound > best.Bound {
			best, certificate = v, &Certificate{W: w, Form: form, Multiplier: multiplier}
		} else {
			break // the bound falls from here on
		}
	}
	if best == nil {
		return nil, nil, failure
	}
	return certificate, best, nil
}

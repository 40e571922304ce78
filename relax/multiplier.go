package relax

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"markovicl/internal/eigen"
)

// The certificate of level 1: not f - l but b'Pb (f - l) is written as a sum of
// squares, for a positive definite P. In the coordinates x of the reduced form,
// with v = (b_i, b_i x_t) of n = D(1+r) entries (a certificate.Multiplier says which is
// where),
//
//	Q(l, W) = P (x) [[c-l, -s'], [-s, R]] + W,  v'Wv = 0 for all b and A,
//
// must be positive semidefinite. The b_i x_t, rather than all b_i b_j a_s, are
// what lets the search end: parameters that do not change the loss add nothing to v,
// so that Q need not be singular there. W = 0 and l < f~* is an interior point.
//
// The search is that of level 0: at a local minimum (b*, A*), v* = b* (x) (1, x*)
// and Q(f*, W) v* = 0 is kept exactly, and W moves until the rest is definite.
// P moves along: in the search's coordinates it is I plus a matrix of trace 0, since
// a multiple of (P, W) proves the same. stretch.go makes the search well scaled, and
// space.go has the W.

// multiplierSearch looks for a W of level 1 at the global minimum, or at several
// minima of equal loss, in coordinates in which the average blocks of R are near
// the identity.
type multiplierSearch struct {
	known       *relations
	space       *space
	directions  [][]float64 // in which P moves, [D, D] each
	Tb, Tx      *mat.Dense  // b~ = Tb b, (1, x) = Tx (1, x of the search)
	n           int
	core        []float64 // [1+r, 1+r] the matrix [[c-l, -s'], [-s, R]]
	unit        float64   // the norm of core: the coordinates of P are in units of its inverse
	Q           []float64 // [n, n] Q(f*, 0), plus a projection onto the v* of the minima
	homogeneous []float64 // (1, x*) of the first minimum
	start       []float64 // coordinates of a W with Q(f*, W) v* = 0
	fixed       *fixed    // directions in which W v* changes; nil if it may
	low         *lowSpectrum
	S           []float64
}

// Level 1 is tried up to matrices of size largestMultiplier: the basis of the W has
// some n^4/(4 units^2) numbers. Of minima of equal loss largestTie are taken.
const (
	largestMultiplier = 1000
	largestTie        = 6
)

// newMultiplierSearch sets up the search at minima of equal loss, whose parameters
// are those of the entries that the reduced form keeps.
func newMultiplierSearch(ctx context.Context, reduced *Reduced, minima []Minimum) (*multiplierSearch, error) {
	units, _ := reduced.U.Dims()
	grams, _ := reduced.G.Dims()
	D, r := units+1, units*grams
	m := &multiplierSearch{n: D * (1 + r), directions: traceless(D)}
	if m.n > largestMultiplier {
		return nil, fmt.Errorf("it needs a matrix of size %d, and is tried up to %d", m.n, largestMultiplier)
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
		clear(whole)
		for k := range grams {
			for i, c := range C[k] {
				whole[i] += back.At(t, k) * float64(c)
			}
		}
		spread.SymRankK(spread, 1, mat.NewDense(D, D, whole))
	}
	if m.Tb, err = InverseRoot(spread); err != nil {
		return nil, err
	}
	m.Tb.Scale(math.Sqrt(float64(D))/mat.Norm(m.Tb, 2), m.Tb)
	if m.known, err = newRelations(ctx, C, D); err != nil {
		return nil, err
	}
	m.space = newSpace(ctx, m.known, D, units, grams, m.Tb, Tg)
	m.Tx = mat.NewDense(1+r, 1+r, nil)
	m.Tx.Set(0, 0, 1)
	m.Tx.Slice(1, 1+r, 1, 1+r).(*mat.Dense).Kronecker(Tu, Tg)

	// Q(f*, 0) in these coordinates, in which P is the identity.
	core := make([]float64, (1+r)*(1+r))
	core[0] = reduced.c - minima[0].Loss
	for x := range r {
		core[1+x], core[(1+x)*(1+r)] = -reduced.s[x], -reduced.s[x]
		copy(core[(1+x)*(1+r)+1:(2+x)*(1+r)], reduced.R[x*r:(x+1)*r])
	}
	m.core = congruence(core, identity(1), m.Tx)
	m.unit = blas64.Nrm2(vector(m.core))
	m.Q = make([]float64, m.n*m.n)
	m.addCore(m.Q, identity(D).RawMatrix().Data)
	var vs, basis [][]float64 // the v*, and an orthonormal basis of their span
	for _, minimum := range minima {
		v, homogeneous, err := m.at(&minimum, reduced.coordinates(minimum.X))
		if err != nil {
			return nil, err
		}
		if m.homogeneous == nil {
			m.homogeneous = homogeneous
		}
		u := append([]float64(nil), v...)
		for range 2 {
			for _, o := range basis {
				blas64.Axpy(-blas64.Dot(vector(o), vector(u)), vector(o), vector(u))
			}
		}
		// One minimum may be there twice, once less accurately.
		const apart = 0.01
		if normalise(u) > apart && len(vs) < largestTie {
			vs, basis = append(vs, v), append(basis, u)
		}
	}
	if err := m.fix(ctx, vs); err != nil {
		return nil, err
	}
	for _, u := range basis { // from here on the eigenvalue of the v* is 1
		blas64.Ger(1, vector(u), vector(u), blas64.General{Rows: m.n, Cols: m.n, Stride: m.n, Data: m.Q})
	}
	m.low = newLowSpectrum(m.n)
	m.S = make([]float64, m.n*m.n)
	return m, nil
}

// traceless are orthonormal symmetric [D, D] matrices of trace 0.
func traceless(D int) [][]float64 {
	var directions [][]float64
	for i := range D {
		for j := range i {
			S := make([]float64, D*D)
			S[i*D+j], S[j*D+i] = 1/math.Sqrt2, 1/math.Sqrt2
			directions = append(directions, S)
		}
		if i > 0 {
			S, norm := make([]float64, D*D), math.Sqrt(float64(i*(i+1)))
			for j := range i {
				S[j*D+j] = 1 / norm
			}
			S[i*D+i] = -float64(i) / norm
			directions = append(directions, S)
		}
	}
	return directions
}

// addCore adds P (x) core to S ([n, n]).
func (m *multiplierSearch) addCore(S, P []float64) {
	D, size := m.space.D, m.n/m.space.D
	for i := range D {
		for j := range D {
			if P[i*D+j] == 0 {
				continue
			}
			for x := range size {
				at := (i*size+x)*m.n + j*size
				blas64.Axpy(P[i*D+j], vector(m.core[x*size:(x+1)*size]), vector(S[at:at+size]))
			}
		}
	}
}

// count returns the number of coordinates: of W, then of P.
func (m *multiplierSearch) count() int { return m.space.count() + len(m.directions) }

// multiplierOf returns P ([D, D]) less the identity, in the search's coordinates.
func (m *multiplierSearch) multiplierOf(w []float64) []float64 {
	P := make([]float64, m.space.D*m.space.D)
	for k, x := range w[m.space.count():] {
		blas64.Axpy(x/m.unit, vector(m.directions[k]), vector(P))
	}
	return P
}

// add adds what the coordinates w add to Q(l, 0) to S ([n, n]).
func (m *multiplierSearch) add(S, w []float64) {
	m.space.add(S, w[:m.space.count()])
	m.addCore(S, m.multiplierOf(w))
}

// project sets w to the inner products of the symmetric G ([n, n]) with the
// matrices of the coordinates.
func (m *multiplierSearch) project(w, G []float64) {
	m.space.project(w[:m.space.count()], G)
	D, size := m.space.D, m.n/m.space.D
	inner := make([]float64, D*D)
	for i := range D {
		for j := range D {
			for x := range size {
				at := (i*size+x)*m.n + j*size
				inner[i*D+j] += blas64.Dot(vector(m.core[x*size:(x+1)*size]), vector(G[at:at+size]))
			}
		}
	}
	for k, S := range m.directions {
		w[m.space.count()+k] = dot(S, inner) / m.unit
	}
}

// at returns v*, of norm 1, and (1, x*) at a minimum in the coordinates of the
// search.
func (m *multiplierSearch) at(minimum *Minimum, x []float64) (v, homogeneous []float64, err error) {
	var b, lifted mat.VecDense
	if err := b.SolveVec(m.Tb, mat.NewVecDense(len(minimum.B), minimum.B)); err != nil {
		return nil, nil, fmt.Errorf("the balanced coordinates of b are singular: %w", err)
	}
	if err := lifted.SolveVec(m.Tx, mat.NewVecDense(1+len(x), append([]float64{1}, x...))); err != nil {
		return nil, nil, fmt.Errorf("the balanced coordinates of x are singular: %w", err)
	}
	homogeneous = lifted.RawVector().Data
	for i := range b.Len() {
		for _, xt := range homogeneous {
			v = append(v, b.AtVec(i)*xt)
		}
	}
	normalise(v)
	return v, homogeneous, nil
}

// fixed are the directions of coordinates in which the products of the matrix with the v*
// change: those of J', J being the map to these products. With JJ' = V E V', the rows of
// E^{-1/2} V' J are orthonormal, small eigenvalues left out.
type fixed struct {
	of    *products      // J
	roots blas64.General // [kept, rows of J] E^{-1/2} V'
}

// removeFrom takes off w its parts along the directions.
func (f *fixed) removeFrom(w []float64) {
	if f == nil || f.roots.Rows == 0 {
		return
	}
	along, change := make([]float64, f.roots.Rows), make([]float64, f.roots.Cols)
	f.of.times(change, w)
	blas64.Gemv(blas.NoTrans, 1, f.roots, vector(change), 0, vector(along))
	blas64.Gemv(blas.Trans, -1, f.roots, vector(along), 0, vector(change))
	f.of.addTransposed(w, change)
}

// dependentConditions is how small an eigenvalue of JJ' is, relative to the largest, whose
// condition on W follows from the others up to rounding; stationarity is what may be left
// of the conditions, relatively: rounding of a minimum leaves less.
const dependentConditions, stationarity = 1e-9, 1e-6

// fix sets start to the coordinates of the least W with Q(f*, W) v = 0 for all the
// given v, and fixed to the directions in which these W v change.
func (m *multiplierSearch) fix(ctx context.Context, vs [][]float64) error {
	n, equations := m.n, m.n*len(vs)
	of, err := newProducts(ctx, m, vs)
	if err != nil {
		return err
	}
	target := make([]float64, equations)
	for k, v := range vs {
		for i := range n {
			target[k*n+i] = -dot(m.Q[i*n:(i+1)*n], v)
		}
	}
	gram, err := of.gram(ctx)
	if err != nil {
		return err
	}
	minus := make([]float64, equations*equations) // whose lowest eigenvalues are wanted
	for i := range equations {
		for k := range equations {
			minus[i*equations+k] = -gram.At(i, k)
		}
	}
	values, V, _, err := eigen.New(equations).Lowest(ctx, minus, func(all []float64) (kept int) {
		for kept < equations && all[kept] < dependentConditions*all[0] {
			kept++
		}
		return kept
	})
	if err != nil {
		return fmt.Errorf("the conditions at the minima: %w", err)
	}
	kept := len(values)
	m.fixed = &fixed{of: of, roots: matrix(kept, equations)}
	for k, value := range values {
		root := 1 / math.Sqrt(-value)
		for i := range equations {
			m.fixed.roots.Data[k*equations+i] = root * V[i*kept+k]
		}
	}
	along, change := make([]float64, m.fixed.roots.Rows), make([]float64, equations)
	m.start = make([]float64, m.count())
	left := append([]float64(nil), target...)
	for range 2 { // once more for what rounding leaves
		blas64.Gemv(blas.NoTrans, 1, m.fixed.roots, vector(left), 0, vector(along))
		blas64.Gemv(blas.Trans, 1, m.fixed.roots, vector(along), 0, vector(change))
		of.addTransposed(m.start, change)
		of.times(change, m.start)
		for i, x := range target {
			left[i] = x - change[i]
		}
	}
	if off := blas64.Nrm2(vector(left)); !(off <= stationarity*(1+blas64.Nrm2(vector(target)))) {
		return fmt.Errorf("the best transformer found is not stationary enough (off by %.1e)", off)
	}
	return nil
}

// penalty is that of Q(f*, W), the eigenvalues of the v* left aside, or of TQT for
// a stretch that is not nil.
func (m *multiplierSearch) penalty(s *stretch) penalty {
	return func(ctx context.Context, w []float64, margin float64, gradient []float64) (F, least float64, err error) {
		copy(m.S, m.Q)
		m.add(m.S, w)
		if s != nil {
			s.apply(m.S)
		}
		F, least, G, err := m.low.penalty(ctx, func(S []float64) {
			for i := range m.n {
				copy(S[i*m.n+i:(i+1)*m.n], m.S[i*m.n+i:(i+1)*m.n])
			}
		}, margin)
		if err != nil {
			return 0, 0, err
		}
		for r := range m.n { // the lower triangle
			for t := range r {
				G[r*m.n+t] = G[t*m.n+r]
			}
		}
		if s != nil {
			s.apply(G)
		}
		m.project(gradient, G)
		m.fixed.removeFrom(gradient)
		return F, least, nil
	}
}

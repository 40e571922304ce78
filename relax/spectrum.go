package relax

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/gonum"
)

// lowSpectrum computes the eigenpairs of symmetric matrices below a bound. The
// matrix is reduced to tridiagonal form, all eigenvalues are found there (a
// square-root free QR iteration, cheap), and only the eigenvectors asked for are
// computed, by inverse iteration, and transformed back. At size 1211 with a fifth
// of the spectrum wanted this takes a tenth of the time of a complete
// eigendecomposition, in which rotating all eigenvectors dominates.
type lowSpectrum struct {
	n               int
	A               []float64 // [n, n] reduced matrix with the reflectors
	d, e, tau, work []float64
	values          []float64
	solver          tridiagonal
	before          *krylov // what nearly knows of the matrix before
}

func newLowSpectrum(n int) *lowSpectrum {
	s := &lowSpectrum{n: n, A: make([]float64, n*n)}
	s.d, s.e, s.tau = make([]float64, n), make([]float64, max(n-1, 0)), make([]float64, max(n-1, 0))
	s.work = make([]float64, max(64*n, 1))
	s.values = make([]float64, n)
	return s
}

// nearly is below, for a search: where the matrix before had few such eigenpairs, they are
// where an iteration begins (krylov.go), and good to some digits. That none is negative is
// said only if a factorisation says so too.
func (s *lowSpectrum) nearly(ctx context.Context, S []float64, bound float64) (values, V []float64, least float64, err error) {
	n := s.n
	if n < krylovSize {
		return s.below(ctx, S, bound)
	}
	if s.before == nil {
		s.before = &krylov{n: n}
	}
	if values, V, least, ok := s.before.below(ctx, s.A, S, bound); ok {
		return values, V, least, nil
	}
	values, V, least, err = s.below(ctx, S, bound)
	if err != nil {
		return nil, nil, 0, err
	}
	if k := len(values); k <= n/krylovPart {
		s.before.remember(V, k, least)
	} else {
		s.before.remember(nil, 0, least)
	}
	return values, V, least, nil
}

// below returns the eigenvalues of the symmetric S ([n, n] row-major, which is
// not changed) that are less than bound, ascending, the corresponding
// orthonormal eigenvectors as the columns of V ([n, len(values)] row-major), and
// the smallest eigenvalue whether below the bound or not. If ctx ends before, so
// does it, with the error of ctx.
func (s *lowSpectrum) below(ctx context.Context, S []float64, bound float64) (values, V []float64, least float64, err error) {
	return s.lowest(ctx, S, func(all []float64) (k int) {
		for k < len(all) && all[k] < bound {
			k++
		}
		return k
	})
}

// lowest is below for as many eigenvalues as count says, given all.
func (s *lowSpectrum) lowest(ctx context.Context, S []float64, count func(all []float64) int) (values, V []float64, least float64, err error) {
	n := s.n
	copy(s.A, S)
	impl := gonum.Implementation{}
	if err := s.reduce(ctx); err != nil {
		return nil, nil, 0, err
	}
	copy(s.values, s.d)
	if !impl.Dsterf(n, s.values, append([]float64(nil), s.e...)) {
		return nil, nil, 0, errors.New("the eigenvalues of a symmetric matrix did not converge")
	}
	k := count(s.values)
	values = append([]float64(nil), s.values[:k]...)
	if k == 0 {
		return nil, nil, s.values[0], nil
	}
	Z, err := s.tridiagonalVectors(ctx, values) // [k, n]
	if err != nil {
		return nil, nil, 0, err
	}
	V = make([]float64, n*k)
	for c := range k {
		for r := range n {
			V[r*k+c] = Z[c*n+r]
		}
	}
	if n > 1 {
		// S = Q T Q', Q = diag(1, Q') with the reflectors below the subdiagonal.
		for c := 0; c < k; c += panel {
			if err := ctx.Err(); err != nil {
				return nil, nil, 0, err
			}
			impl.Dormqr(blas.Left, blas.NoTrans, n-1, min(panel, k-c), n-1, s.A[n:], n, s.tau, V[k+c:], k, s.work, len(s.work))
		}
	}
	return values, V, s.values[0], nil
}

// reduce brings A to tridiagonal form by reflections: LAPACK's dsytrd, with a look at
// ctx before every panel, since at size 4000 the whole takes seconds.
func (s *lowSpectrum) reduce(ctx context.Context) error {
	n, impl := s.n, gonum.Implementation{}
	width := 32
	if n > 4000 {
		width = 8
	}
	i := 0
	for ; n-i > 4*width; i += width {
		if err := ctx.Err(); err != nil {
			return err
		}
		impl.Dlatrd(blas.Lower, n-i, width, s.A[i*n+i:], n, s.e[i:], s.tau[i:], s.work, width)
		// A less V W' + W V' of the panel's reflections.
		below := s.A[(i+width)*n+i:]
		blas64.Implementation().Dsyr2k(blas.Lower, blas.NoTrans, n-i-width, width, -1, below, n, s.work[width*width:], width, 1, below[width:], n)
		for j := i; j < i+width; j++ {
			s.A[(j+1)*n+j] = s.e[j]
			s.d[j] = s.A[j*n+j]
		}
	}
	impl.Dsytd2(blas.Lower, n-i, s.A[i*n+i:], n, s.d[i:], s.e[i:], s.tau[i:])
	return nil
}

// penalty returns F = 1/2 sum (margin - l_i)^2 over the eigenvalues l_i < margin
// of S ([n, n]), and the smallest eigenvalue, and sets G ([n, n], the upper
// triangle only) to the derivative of F by S.
func (s *lowSpectrum) penalty(ctx context.Context, S []float64, margin float64, G []float64) (F, least float64, err error) {
	values, V, least, err := s.nearly(ctx, S, margin)
	if err != nil {
		return 0, 0, err
	}
	k := len(values)
	for c, l := range values {
		F += (margin - l) * (margin - l) / 2
		root := math.Sqrt(margin - l)
		for r := range s.n {
			V[r*k+c] *= root
		}
	}
	if k == 0 {
		clear(G)
		return 0, least, nil
	}
	blas64.Syrk(blas.NoTrans, -1, blas64.General{Rows: s.n, Cols: k, Stride: k, Data: V}, 0,
		blas64.Symmetric{N: s.n, Stride: s.n, Data: G, Uplo: blas.Upper})
	return F, least, nil
}

// tridiagonalVectors returns, as rows, orthonormal eigenvectors of the
// tridiagonal matrix for its lowest eigenvalues, by inverse iteration; vectors of
// close eigenvalues are orthogonalised (as in LAPACK's dstein).
func (s *lowSpectrum) tridiagonalVectors(ctx context.Context, values []float64) ([]float64, error) {
	n, k := s.n, len(values)
	norm := 0.0
	for i := range n {
		row := math.Abs(s.d[i])
		if i > 0 {
			row += math.Abs(s.e[i-1])
		}
		if i < n-1 {
			row += math.Abs(s.e[i])
		}
		norm = max(norm, row)
	}
	const eps = 0x1p-52
	close, separation := 1e-3*norm, eps*norm
	Z := make([]float64, k*n)
	first := 0 // of the group of eigenvalues close to their neighbours
	previous := math.Inf(-1)
	for c, l := range values {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if c > 0 && l-values[c-1] > close {
			first = c
		}
		// Equal eigenvalues are pulled apart, lest they give the same vector.
		shift := max(l, previous+10*separation)
		if c == first {
			shift = l
		}
		previous = shift
		s.solver.factor(s.d, s.e, shift, separation)
		z := Z[c*n : (c+1)*n]
		r := rand.New(rand.NewPCG(uint64(n), uint64(c)))
		for i := range z {
			z[i] = r.Float64() - 0.5
		}
		const iterations = 3
		for range iterations {
			normalise(z)
			s.solver.solve(z)
			if top := math.Abs(z[blas64.Iamax(vector(z))]); math.IsInf(top, 0) || math.IsNaN(top) {
				break
			} else if top > 0 {
				blas64.Scal(1/top, vector(z))
			}
			for range 2 {
				for o := first; o < c; o++ {
					u := vector(Z[o*n : (o+1)*n])
					blas64.Axpy(-blas64.Dot(u, vector(z)), u, vector(z))
				}
			}
		}
		blas64.Scal(1/blas64.Nrm2(vector(z)), vector(z))
	}
	return Z, nil
}

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Data: x, Inc: 1} }

// tridiagonal is the LU factorisation with row exchanges of T - shift.
type tridiagonal struct {
	u0, u1, u2, low []float64
	swapped         []bool
}

func (t *tridiagonal) factor(d, e []float64, shift, tiny float64) {
	n := len(d)
	if len(t.u0) != n {
		t.u0, t.u1, t.u2, t.low = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		t.swapped = make([]bool, n)
	}
	a, b := d[0]-shift, 0.0 // the current row: a, b
	if n > 1 {
		b = e[0]
	}
	for i := range n - 1 {
		below, diagonal, above := e[i], d[i+1]-shift, 0.0
		if i+2 < n {
			above = e[i+1]
		}
		if math.Abs(a) >= math.Abs(below) {
			if a == 0 {
				a = tiny
			}
			f := below / a
			t.u0[i], t.u1[i], t.u2[i], t.low[i], t.swapped[i] = a, b, 0, f, false
			a, b = diagonal-f*b, above
		} else {
			f := a / below
			t.u0[i], t.u1[i], t.u2[i], t.low[i], t.swapped[i] = below, diagonal, above, f, true
			a, b = b-f*diagonal, -f*above
		}
	}
	if math.Abs(a) < tiny {
		a = math.Copysign(tiny, a)
	}
	t.u0[n-1] = a
}

func (t *tridiagonal) solve(x []float64) {
	n := len(x)
	for i := range n - 1 {
		if t.swapped[i] {
			x[i], x[i+1] = x[i+1], x[i]
		}
		x[i+1] -= t.low[i] * x[i]
	}
	x[n-1] /= t.u0[n-1]
	if n > 1 {
		x[n-2] = (x[n-2] - t.u1[n-2]*x[n-1]) / t.u0[n-2]
	}
	for i := n - 3; i >= 0; i-- {
		x[i] = (x[i] - t.u1[i]*x[i+1] - t.u2[i]*x[i+2]) / t.u0[i]
	}
}

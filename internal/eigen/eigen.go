// Package eigen computes the lowest eigenpairs of symmetric matrices.
//
// The matrix is reduced to tridiagonal form, all eigenvalues are found there (a
// square-root free QR iteration, cheap), and only the eigenvectors asked for are
// computed, by inverse iteration, and transformed back. At size 1211 with a fifth
// of the spectrum wanted this takes a tenth of the time of a complete
// eigendecomposition, in which rotating all eigenvectors dominates.
//
//	values, V, least, err := eigen.New(n).Below(ctx, S, 0) // the negative ones of S [n, n]
//
// Eigenpairs are those of LAPACK to rounding, and prove nothing. Where to read what:
//
//   - eigen.go: [Solver]
//   - tridiagonal.go: eigenvectors there
package eigen

import (
	"context"
	"errors"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack/gonum"

	"markovicl/internal/dense"
)

// panel is how many eigenvectors are transformed back between two looks at a context.
const panel = 128

// Solver finds the lowest eigenpairs of symmetric matrices of one size; it is for one
// goroutine at a time.
type Solver struct {
	n               int
	A               []float64 // [n, n]: above the diagonal the matrix, then the reflectors
	reduction       dense.Tridiagonal
	d, e, tau, work []float64
	values          []float64
	solver          tridiagonal
}

// New returns a solver for matrices of size n.
func New(n int) *Solver { return NewIn(n, make([]float64, n*n)) }

// NewIn is [New] with the room for the matrix, A ([n, n] row-major), of which it leaves
// alone what is below the diagonal.
func NewIn(n int, A []float64) *Solver {
	s := &Solver{n: n, A: A[:n*n]}
	s.d, s.e, s.tau = make([]float64, n), make([]float64, max(n-1, 0)), make([]float64, max(n-1, 0))
	s.work = make([]float64, max(64*n, 1))
	s.values = make([]float64, n)
	return s
}

// Scratch is the solver's room for the matrix, [n, n] row-major, which is free for any use
// between two calls: at large n one dense matrix less. A matrix that is written to its
// upper triangle needs no other place: the methods take nil for it.
func (s *Solver) Scratch() []float64 { return s.A }

// Tridiagonal reduces the symmetric S ([n, n] row-major, of which the upper triangle is read
// and nothing changed; nil if it is in [Solver.Scratch], which is) to a tridiagonal matrix
// with the same eigenvalues: the diagonal d and the n-1 numbers e beside it, which the next
// call overwrites.
func (s *Solver) Tridiagonal(ctx context.Context, S []float64) (d, e []float64, err error) {
	if S != nil {
		for i := range s.n {
			copy(s.A[i*s.n+i:(i+1)*s.n], S[i*s.n+i:(i+1)*s.n])
		}
	}
	err = s.reduction.Reduce(ctx, s.n, s.A, s.d, s.e, s.tau)
	return s.d, s.e, err
}

// Below returns the eigenvalues of the symmetric S (as for [Solver.Tridiagonal]) that are
// less than bound, ascending, the corresponding
// orthonormal eigenvectors as the columns of V ([n, len(values)] row-major), and
// the smallest eigenvalue whether below the bound or not. If ctx ends before, so
// does it, with the error of ctx.
func (s *Solver) Below(ctx context.Context, S []float64, bound float64) (values, V []float64, least float64, err error) {
	return s.Lowest(ctx, S, func(all []float64) (k int) {
		for k < len(all) && all[k] < bound {
			k++
		}
		return k
	})
}

// Lowest is [Solver.Below] for as many eigenvalues as count says, given all.
func (s *Solver) Lowest(ctx context.Context, S []float64, count func(all []float64) int) (values, V []float64, least float64, err error) {
	n := s.n
	impl := gonum.Implementation{}
	if _, _, err := s.Tridiagonal(ctx, S); err != nil {
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
		// S = Q T Q', Q = diag(1, Q') with the reflectors in rows beyond the diagonal.
		for c := 0; c < k; c += panel {
			if err := ctx.Err(); err != nil {
				return nil, nil, 0, err
			}
			impl.Dormlq(blas.Left, blas.Trans, n-1, min(panel, k-c), n-1, s.A[1:], n, s.tau, V[k+c:], k, s.work, len(s.work))
		}
	}
	return values, V, s.values[0], nil
}

package relax

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"markovicl/internal/eigen"
)

// lowSpectrum computes the eigenpairs of symmetric matrices below a bound: of one after
// the other, as a search comes upon them.
type lowSpectrum struct {
	*eigen.Solver
	n      int
	before *krylov // what nearly knows of the matrix before
}

func newLowSpectrum(n int) *lowSpectrum { return &lowSpectrum{Solver: eigen.New(n), n: n} }

// writer writes a symmetric matrix to the upper triangle of S ([n, n] row-major), and
// leaves alone what is below: what is destroyed by a factorisation is written again, for
// the matrix once more would be as large as all that a search needs.
type writer func(S []float64)

// nearly is Below, for a search: where the matrix before had few such eigenpairs, they are
// where an iteration begins (krylov.go), and good to some digits. That none is negative is
// said only if a factorisation says so too.
func (s *lowSpectrum) nearly(ctx context.Context, write writer, bound float64) (values, V []float64, least float64, err error) {
	n := s.n
	if n >= krylovSize {
		if s.before == nil {
			s.before = &krylov{n: n}
		}
		if values, V, least, ok := s.before.below(ctx, s.Scratch(), write, bound); ok {
			return values, V, least, nil
		}
	}
	write(s.Scratch())
	values, V, least, err = s.Below(ctx, nil, bound)
	if n < krylovSize {
		return values, V, least, err
	}
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

// penalty returns F = 1/2 sum (margin - l_i)^2 over the eigenvalues l_i < margin
// of a matrix, the smallest eigenvalue, and the derivative of F by the matrix ([n, n], the
// upper triangle only), which is in the solver's scratch.
func (s *lowSpectrum) penalty(ctx context.Context, write writer, margin float64) (F, least float64, G []float64, err error) {
	values, V, least, err := s.nearly(ctx, write, margin)
	if err != nil {
		return 0, 0, nil, err
	}
	G = s.Scratch()
	k := len(values)
	for c, l := range values {
		F += (margin - l) * (margin - l) / 2
		root := math.Sqrt(margin - l)
		for r := range s.n {
			V[r*k+c] *= root
		}
	}
	if k == 0 {
		for i := range s.n {
			clear(G[i*s.n+i : (i+1)*s.n])
		}
		return 0, least, G, nil
	}
	together := 8 * solveTogether(s.n) // of twice the work for each, at many times the speed
	for c := 0; c < k; c += together {
		if err := ctx.Err(); err != nil {
			return 0, 0, nil, err
		}
		blas64.Syrk(blas.NoTrans, -1, blas64.General{Rows: s.n, Cols: min(together, k-c), Stride: k, Data: V[c:]}, float64(min(c, 1)),
			blas64.Symmetric{N: s.n, Stride: s.n, Data: G, Uplo: blas.Upper})
	}
	return F, least, G, nil
}

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Data: x, Inc: 1} }

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

// nearly is Below, for a search: where the matrix before had few such eigenpairs, they are
// where an iteration begins (krylov.go), and good to some digits. That none is negative is
// said only if a factorisation says so too.
func (s *lowSpectrum) nearly(ctx context.Context, S []float64, bound float64) (values, V []float64, least float64, err error) {
	n := s.n
	if n < krylovSize {
		return s.Below(ctx, S, bound)
	}
	if s.before == nil {
		s.before = &krylov{n: n}
	}
	if values, V, least, ok := s.before.below(ctx, s.Scratch(), S, bound); ok {
		return values, V, least, nil
	}
	values, V, least, err = s.Below(ctx, S, bound)
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
// of S ([n, n]), the smallest eigenvalue, and the derivative of F by S ([n, n], the
// upper triangle only), which is in the solver's scratch.
func (s *lowSpectrum) penalty(ctx context.Context, S []float64, margin float64) (F, least float64, G []float64, err error) {
	values, V, least, err := s.nearly(ctx, S, margin)
	if err != nil {
		return 0, 0, nil, err
	}
	G = s.Scratch() // a large matrix more would be a tenth of the memory
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
		return 0, least, G, nil
	}
	blas64.Syrk(blas.NoTrans, -1, blas64.General{Rows: s.n, Cols: k, Stride: k, Data: V}, 0,
		blas64.Symmetric{N: s.n, Stride: s.n, Data: G, Uplo: blas.Upper})
	return F, least, G, nil
}

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Data: x, Inc: 1} }

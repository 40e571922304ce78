package eigen

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/gonum"
)

// reduce brings A to tridiagonal form by reflections: LAPACK's dsytrd, with a look at
// ctx before every panel, since at size 4000 the whole takes seconds.
func (s *Solver) reduce(ctx context.Context) error {
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

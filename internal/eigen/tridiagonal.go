package eigen

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// together is how many vectors are made orthogonal to those before at once.
const together = 32

// tridiagonalVectors returns, as rows, orthonormal eigenvectors of the tridiagonal
// matrix for its lowest eigenvalues, by inverse iteration. Vectors of close eigenvalues
// are orthogonalised: one by one during the iteration as in LAPACK's dstein, but only
// within a block, and the block against the others behind it, in products of matrices.
func (s *Solver) tridiagonalVectors(ctx context.Context, values []float64) ([]float64, error) {
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
	group, block := 0, 0 // first of the eigenvalues close to their neighbours, and of those in work
	previous := math.Inf(-1)
	for c, l := range values {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		alone := c == 0 || l-values[c-1] > close
		if alone || c-block == together {
			s.orthogonalise(Z, group, block, c)
			block = c
		}
		// Equal eigenvalues are pulled apart, lest they give the same vector.
		shift := max(l, previous+10*separation)
		if alone {
			group, shift = c, l
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
			leave(z, Z[block*n:c*n])
		}
		normalise(z)
	}
	s.orthogonalise(Z, group, block, k)
	return Z, nil
}

// orthogonalise makes the rows block to end of Z ([., n]), which are orthonormal,
// orthogonal to the rows group to block.
func (s *Solver) orthogonalise(Z []float64, group, block, end int) {
	n := s.n
	if group == block || block == end {
		return
	}
	rows := func(from, to int) blas64.General {
		return blas64.General{Rows: to - from, Cols: n, Stride: n, Data: Z[from*n:]}
	}
	before, these := rows(group, block), rows(block, end)
	along := blas64.General{Rows: these.Rows, Cols: before.Rows, Stride: before.Rows, Data: make([]float64, these.Rows*before.Rows)}
	for range 2 {
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, these, before, 0, along)
		blas64.Gemm(blas.NoTrans, blas.NoTrans, -1, along, before, 1, these)
		for c := block; c < end; c++ {
			z := Z[c*n : (c+1)*n]
			normalise(z)
			leave(z, Z[block*n:c*n])
			normalise(z)
		}
	}
}

// leave takes off z what it has along the orthonormal rows, twice, for rounding.
func leave(z, rows []float64) {
	for range 2 {
		for o := 0; o < len(rows); o += len(z) {
			u := vector(rows[o : o+len(z)])
			blas64.Axpy(-blas64.Dot(u, vector(z)), u, vector(z))
		}
	}
}

// normalise scales z to norm 1 unless it is zero.
func normalise(z []float64) {
	if norm := blas64.Nrm2(vector(z)); norm > 0 {
		blas64.Scal(1/norm, vector(z))
	}
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

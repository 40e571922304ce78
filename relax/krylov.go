package relax

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"markovicl/internal/cholesky"
	"markovicl/internal/eigen"
)

// The lowest eigenpairs of a matrix that is close to the one before. With S + shift I =
// U'U positive definite, eigenvalues of S below a bound are the largest of its inverse, and
// a block Krylov space of the inverse that begins with the eigenvectors of the matrix before
// holds them after a few steps: a step is two triangular systems with a few right sides, and
// the factorisation takes a fiftieth of the time of a reduction to tridiagonal form.
//
// What comes out is for a search only. An eigenpair may be missed, or be good to a few
// digits.

const (
	// krylovSize is the size of a matrix from which it pays, and krylovPart the part of
	// its eigenvalues that may be wanted.
	krylovSize, krylovPart = 300, 8
	// krylovSteps bounds the blocks, but for a space of less than one part in krylovRoom of
	// all, which costs next to nothing beside a reduction; krylovTolerance is how near to
	// an eigenvalue of the inverse, relatively, those of the space must be.
	krylovSteps, krylovRoom, krylovTolerance = 9, 32, 5e-3
	// nearBound is the square of the least that an eigenpair near the bound counts, and
	// dependentNoise makes columns that depend on others noise.
	nearBound, dependentNoise = 1e-6, 1e-13
)

// krylov remembers the lowest eigenvectors of the matrix before.
type krylov struct {
	n       int
	vectors *mat.Dense // [n, kept], nil if there are none
	least   float64    // the lowest eigenvalue
	Q, H    mat.Dense  // scratch of below
}

// remember keeps the lowest eigenvectors ([n, k] row-major) for the next matrix.
func (s *krylov) remember(V []float64, k int, least float64) {
	s.vectors, s.least = nil, least
	if k > 0 {
		s.vectors = mat.NewDense(s.n, k, append([]float64(nil), V[:s.n*k]...))
	}
}

// factor sets A ([n, n] row-major, above the diagonal) to the Cholesky factor of S + shift I
// for a shift that makes it definite, near to the smallest such if the lowest eigenvalue is
// near to that of the matrix before.
func (s *krylov) factor(ctx context.Context, A []float64, write writer, bound float64) (shift float64, ok bool) {
	n := s.n
	shift = max(bound, -1.3*s.least)
	for range 8 {
		write(A)
		for i := range n {
			A[i*n+i] += shift
		}
		ok, err := cholesky.Factorise(ctx, blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: A})
		if ok || err != nil {
			return shift, ok
		}
		shift *= 2
	}
	return 0, false
}

// above reports whether all eigenvalues of a matrix are above a number, by a factorisation
// in A.
func (s *krylov) above(ctx context.Context, A []float64, write writer, number float64) bool {
	n := s.n
	write(A)
	for i := range n {
		A[i*n+i] -= number
	}
	ok, err := cholesky.Factorise(ctx, blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: A})
	return ok && err == nil
}

// below is [eigen.Solver.Below], by what is known of the matrix before; it overwrites A
// ([n, n]) above the diagonal. It fails where that is too little, or where the space does
// not hold the
// eigenvectors soon.
func (s *krylov) below(ctx context.Context, A []float64, write writer, bound float64) (values, V []float64, least float64, ok bool) {
	n := s.n
	if s.vectors == nil {
		return nil, nil, 0, false
	}
	shift, ok := s.factor(ctx, A, write, bound)
	if !ok {
		return nil, nil, 0, false
	}
	U := blas64.Triangular{Uplo: blas.Upper, Diag: blas.NonUnit, N: n, Stride: n, Data: A}
	_, kept := s.vectors.Dims()
	const others = 4 // random directions, in case that something new has come down
	p := kept + others
	steps := max(krylovSteps, n/krylovRoom/p)
	Q, H := &s.Q, &s.H
	if p*steps > n/2 { // seldom: not worth keeping the room
		Q, H = new(mat.Dense), new(mat.Dense)
	}
	Q.Reset()
	Q.ReuseAs(n, p*steps) // orthonormal blocks
	H.Reset()
	H.ReuseAs(p*steps, p*steps)
	block := mat.NewDense(n, p, nil)
	block.Slice(0, n, 0, kept).(*mat.Dense).Copy(s.vectors)
	r := rand.New(rand.NewPCG(uint64(n), uint64(kept)))
	for i := range n {
		for c := kept; c < p; c++ {
			block.Set(i, c, r.NormFloat64())
		}
	}
	for step := range steps {
		if ctx.Err() != nil {
			return nil, nil, 0, false
		}
		m := step * p
		R, ok := orthonormalAgainst(Q.Slice(0, n, 0, max(m, 1)).(*mat.Dense), m, block)
		if !ok {
			return nil, nil, 0, false
		}
		if step > 1 {
			// With X_0..X_step-1 the space, and the rest X_step R outside of it.
			if values, V, ok := s.ritz(ctx, Q, H, R, m, p, shift, bound); ok {
				// A positive least eigenvalue ends the search: it has to be right.
				if s.least > 0 && !s.above(ctx, A, write, 0.9*s.least) {
					return nil, nil, 0, false
				}
				return values, V, s.least, true
			}
		}
		Q.Slice(0, n, m, m+p).(*mat.Dense).Copy(block)
		for c := 0; c < p; c += solveTogether(n) {
			if ctx.Err() != nil {
				return nil, nil, 0, false
			}
			W := block.Slice(0, n, c, min(c+solveTogether(n), p)).(*mat.Dense).RawMatrix()
			blas64.Trsm(blas.Left, blas.Trans, 1, U, W)
			blas64.Trsm(blas.Left, blas.NoTrans, 1, U, W)
		}
		var along mat.Dense // of the inverse, in the space
		along.Mul(Q.Slice(0, n, 0, m+p).T(), block)
		for i := range m + p {
			for c := range p {
				H.Set(i, m+c, along.At(i, c))
				H.Set(m+c, i, along.At(i, c))
			}
		}
	}
	return nil, nil, 0, false
}

// solveTogether is for how many right sides at once systems of size n are solved: not for
// longer than half a second, between two looks at a context.
func solveTogether(n int) int { return max(32, 4_000_000_000/(n*n)) }

// orthonormalAgainst makes the columns of a block orthonormal, and orthogonal to the first m
// of Q. It returns R ([p, p]) with the part outside of Q being the new block times R.
func orthonormalAgainst(Q *mat.Dense, m int, block *mat.Dense) (R *mat.Dense, ok bool) {
	_, p := block.Dims()
	R = identity(p)
	for range 2 {
		if m > 0 {
			var along, part mat.Dense
			along.Mul(Q.T(), block)
			part.Mul(Q, &along)
			block.Sub(block, &part)
		}
		// Columns are scaled first, so that small ones keep their digits.
		gram := mat.NewSymDense(p, nil)
		blas64.Syrk(blas.Trans, 1, block.RawMatrix(), 0, gram.RawSymmetric())
		scale := make([]float64, p)
		for c := range p {
			if scale[c] = math.Sqrt(gram.At(c, c)); !(scale[c] > 0) {
				return nil, false
			}
		}
		for c := range p {
			for d := c; d < p; d++ {
				x := gram.At(c, d) / (scale[c] * scale[d])
				if c == d {
					x += dependentNoise
				}
				gram.SetSym(c, d, x)
			}
		}
		factor, definite := lapack64.Potrf(gram.RawSymmetric())
		if !definite {
			return nil, false
		}
		raw := block.RawMatrix()
		for i := range raw.Rows {
			for c := range p {
				raw.Data[i*raw.Stride+c] /= scale[c]
			}
		}
		blas64.Trsm(blas.Right, blas.NoTrans, 1, factor, raw)
		step := mat.NewDense(p, p, nil)
		for c := range p {
			for d := c; d < p; d++ {
				step.Set(c, d, factor.Data[c*factor.Stride+d]*scale[d])
			}
		}
		R.Mul(step, mat.DenseCopyOf(R))
	}
	return R, true
}

// ritz takes the eigenpairs of S below the bound from the space of the first m columns of
// Q, in which the inverse is H; the last block of p of them leads out of the space by R. It
// fails if they are not good enough yet.
func (s *krylov) ritz(ctx context.Context, Q, H, R *mat.Dense, m, p int, shift, bound float64) (values, V []float64, ok bool) {
	minus := make([]float64, m*m) // whose lowest eigenvalues are wanted
	for i := range m {
		for j := range m {
			minus[i*m+j] = -(H.At(i, j) + H.At(j, i)) / 2
		}
	}
	value := func(theta float64) float64 { return -1/theta - shift } // of S
	k := 0
	// More than are wanted are kept for the next matrix.
	theta, Z, _, err := eigen.New(m).Lowest(ctx, minus, func(all []float64) int {
		for k < m && all[k] < 0 && value(all[k]) < bound {
			k++
		}
		return min(m, k+max(6, k/4))
	})
	if err != nil || k > m-p/2 {
		return nil, nil, false
	}
	more := len(theta)
	Y := mat.NewDense(m, more, Z)
	var outside mat.Dense
	outside.Mul(R, Y.Slice(m-p, m, 0, more))
	for c := range max(k, 1) {
		off := mat.Norm(outside.ColView(c), 2)
		// An eigenvalue is off by the square of this, and by how much it is below the bound
		// it counts in F.
		weight := math.Sqrt(min(1, max(nearBound, (bound-value(theta[c]))/(bound-value(theta[0])+1e-300))))
		if off*weight > krylovTolerance*-theta[c] {
			return nil, nil, false
		}
	}
	vectors := mat.NewDense(s.n, more, nil)
	vectors.Mul(Q.Slice(0, s.n, 0, m), Y)
	s.vectors, s.least = vectors, value(theta[0])
	V = make([]float64, s.n*k)
	for i := range s.n {
		copy(V[i*k:(i+1)*k], vectors.RawRowView(i))
	}
	for c := range k {
		values = append(values, value(theta[c]))
	}
	return values, V, true
}

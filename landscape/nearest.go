package landscape

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// The transformer nearest to a point X (Remark C.15) minimises |phi(b, A) - X|^2. That
// is a loss with H = I, for which varpro.go's equations become small: the
// columns a_j of A are independent of each other, and all have the same matrix
//
//	K = S_b'S_b = |b|^2 I + bb' - diag(b_i^2)   [D, D], eigenvalues at least |b|^2/2,
//
// so that an evaluation takes some D^3 operations in place of the D^5 of a loss.

// nearness is the squared distance of phi(b, A) from a point, at the best A for b. It
// holds the scratch space, so that each goroutine needs its own.
type nearness struct {
	q, D   int
	pair   []int     // [D, D] place of {i, k} in a block
	target []float64 // [qm] X
	size   float64   // |X|^2

	// Results of eval at the latest b.
	b     []float64
	A     *mat.Dense // [D, q], column j is K^{-1} S_b'X_j
	r     []float64  // [qm] X - phi(b, A)
	value float64

	K    *mat.SymDense // [D, D]
	k    *mat.Dense    // [D, q], column j is S_b'X_j
	chol mat.Cholesky
}

func newNearness(X []float64, q int) *nearness {
	D := q + 1
	return &nearness{
		q: q, D: D, pair: pairTable(D), target: X, size: dot(X, X),
		b: make([]float64, D), A: mat.NewDense(D, q, nil), r: make([]float64, len(X)),
		K: mat.NewSymDense(D, nil), k: mat.NewDense(D, q, nil),
	}
}

// block returns the part of x, ordered as X, that belongs to column j of A.
func (p *nearness) block(x []float64, j int) []float64 {
	m := len(x) / p.q
	return x[j*m : (j+1)*m]
}

// eval sets value, A and r for b.
func (p *nearness) eval(b []float64) float64 {
	copy(p.b, b)
	D := p.D
	square := dot(b, b)
	for i, x := range b {
		p.K.SetSym(i, i, square)
		for k := i + 1; k < D; k++ {
			p.K.SetSym(i, k, x*b[k])
		}
	}
	for j := range p.q {
		X := p.block(p.target, j)
		for k := range D {
			sum := 0.0
			for i, x := range b {
				sum += x * X[p.pair[i*D+k]]
			}
			p.k.Set(k, j, sum)
		}
	}
	if !p.chol.Factorize(p.K) { // only numbers out of range do that
		p.value = math.NaN()
		return p.value
	}
	_ = p.chol.SolveTo(p.A, p.k) // its error is of the condition, which is at most 4D
	copy(p.r, p.target)
	for j := range p.q {
		r := p.block(p.r, j)
		for k := range D {
			a := p.A.At(k, j)
			for i, x := range b {
				r[p.pair[i*D+k]] -= x * a
			}
		}
	}
	p.value = dot(p.r, p.r)
	return p.value
}

// gradient returns the gradient of the squared distance at the latest b.
func (p *nearness) gradient() []float64 {
	g := make([]float64, p.D)
	for j := range p.q {
		r := p.block(p.r, j)
		for i := range g {
			for k := range p.D {
				g[i] -= 2 * r[p.pair[i*p.D+k]] * p.A.At(k, j)
			}
		}
	}
	return g
}

// hessian returns the matrix of second derivatives at the latest b, 2 (G - T K^{-1} T')
// summed over the columns of A: with X_i = phi(e_i, a_j), G_il = X_i'X_l, and row i of T
// is S_b'X_i - r_{i.}.
func (p *nearness) hessian() *mat.SymDense {
	D := p.D
	S := mat.NewSymDense(D, nil)
	T, KT := mat.NewDense(D, D, nil), mat.NewDense(D, D, nil) // T', and K^{-1} T'
	for j := range p.q {
		r := p.block(p.r, j)
		a := mat.Col(nil, j, p.A)
		along, square := dot(p.b, a), dot(a, a)
		for i := range D {
			for k := range D {
				x := p.b[i] * a[k]
				if i == k {
					x = along
				}
				T.Set(k, i, x-r[p.pair[i*D+k]])
			}
		}
		_ = p.chol.SolveTo(KT, T)
		for i := range D {
			for l := i; l < D; l++ {
				G := a[i] * a[l]
				if i == l {
					G = square
				}
				fall := 0.0
				for k := range D {
					fall += T.At(k, i) * KT.At(k, l)
				}
				S.SetSym(i, l, S.At(i, l)+2*(G-fall))
			}
		}
	}
	return S
}

// parameters returns A ([D, q] row-major) of the latest b.
func (p *nearness) parameters() []float64 {
	return append([]float64(nil), p.A.RawMatrix().Data...)
}

// point returns phi(b, A) of the latest b.
func (p *nearness) point() []float64 { return Phi(p.b, p.parameters()) }

// nearestTransformer returns psi(X): the nearest point of the image of phi in
// the Euclidean norm of Eq. 8's coordinates, as far as local descents from the
// given number of random starts, and from X's own blocks, find it.
func nearestTransformer(ctx context.Context, X []float64, q, starts int, seed uint64) LocalMinimum {
	minima := localMinima(ctx, q+1, func() curve { return newNearness(X, q) }, [][]float64{unit(q+1, q)}, 0, starts, seed)
	return minima[0]
}

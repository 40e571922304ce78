package landscape

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// The best transformer by variable projection. For fixed b the point
// X = phi(b, A) is linear in a = vec(A) (by columns: entry j*D+k is A_kj),
// X = S_b a, so the best a solves a linear system:
//
//	v(b) = min_A f(b, A) = c - k'K^{-1}k,  K = S_b'H S_b,  k = S_b'h.
//
// v depends on the direction of b only. With r = h - HX at the best a, and g the
// D x qD matrix g_(i,(j,k)) = r_(j,{i,k}), the envelope theorem gives the gradient
// -2 g a, and the second derivatives are 2 (G - T K^{-1} T'), where
// X_i = phi(e_i, A), G_il = X_i'H X_l, and row i of T is S_b'H X_i - g_i.

// projected evaluates v(b) and its derivatives. It holds the scratch space, so
// that each goroutine needs its own.
type projected struct {
	form    *moment.Form
	D, M, n int       // D, qD, and qD(D+1)/2
	pair    []int     // [D, D] place of {i, k} in a block
	H       []float64 // [n, n] both triangles, shared between those of one form

	// Results of eval at the latest b.
	b     []float64 // [D]
	a     []float64 // [M]
	X, r  []float64 // [n] S_b a and h - HX
	value float64

	P      []float64 // [M, n] S_b'H
	K      *mat.SymDense
	k      []float64
	inv    func(dst, rhs *mat.Dense) // solves K dst = rhs
	loaded bool
	xs     []float64 // [D, n] X_i
	hxs    []float64 // [D, n] H X_i
}

func newProjected(form *moment.Form) *projected {
	return newProjectedOf(form, bothTriangles(form.H))
}

// bothTriangles returns the entries of a symmetric matrix, row-major, so that its columns
// can be read as rows.
func bothTriangles(S *mat.SymDense) []float64 {
	n := S.SymmetricDim()
	raw := S.RawSymmetric()
	whole := make([]float64, n*n)
	const block = 32
	for i0 := 0; i0 < n; i0 += block {
		for k0 := i0; k0 < n; k0 += block {
			for i := i0; i < min(i0+block, n); i++ {
				for k := max(i, k0); k < min(k0+block, n); k++ {
					x := raw.Data[i*raw.Stride+k]
					whole[i*n+k], whole[k*n+i] = x, x
				}
			}
		}
	}
	return whole
}

// newProjectedOf is newProjected, given both triangles of H.
func newProjectedOf(form *moment.Form, H []float64) *projected {
	D := form.Q + 1
	p := &projected{form: form, D: D, M: form.Q * D, n: form.Dim(), pair: pairTable(D), H: H}
	p.b, p.a, p.k = make([]float64, D), make([]float64, p.M), make([]float64, p.M)
	p.X, p.r = make([]float64, p.n), make([]float64, p.n)
	p.P = make([]float64, p.M*p.n)
	p.K = mat.NewSymDense(p.M, nil)
	p.xs, p.hxs = make([]float64, D*p.n), make([]float64, D*p.n)
	return p
}

// pairTable returns the place of {i, k} in a block, as a [D, D] table.
func pairTable(D int) []int {
	table := make([]int, D*D)
	for i := range D {
		for k := range D {
			table[i*D+k] = moment.PairIndex(D, min(i, k), max(i, k))
		}
	}
	return table
}

// addLift adds S_b a to X.
func (p *projected) addLift(X, b, a []float64) {
	m := p.n / p.form.Q
	for j := range p.form.Q {
		for k := range p.D {
			ak := a[j*p.D+k]
			for i, bi := range b {
				X[j*m+p.pair[i*p.D+k]] += bi * ak
			}
		}
	}
}

// addDrop adds S_b'x to out.
func (p *projected) addDrop(out, b, x []float64) {
	m := p.n / p.form.Q
	for j := range p.form.Q {
		for k := range p.D {
			for i, bi := range b {
				out[j*p.D+k] += bi * x[j*m+p.pair[i*p.D+k]]
			}
		}
	}
}

func zero(x []float64) {
	for i := range x {
		x[i] = 0
	}
}

// eval sets value, a, X and r for the unit vector b.
func (p *projected) eval(b []float64) float64 {
	copy(p.b, b)
	D, M, n, m := p.D, p.M, p.n, p.n/p.form.Q
	zero(p.P)
	for j := range p.form.Q {
		for k := range D {
			row := blas64.Vector{N: n, Data: p.P[(j*D+k)*n : (j*D+k+1)*n], Inc: 1}
			for i, bi := range b {
				at := (j*m + p.pair[i*D+k]) * n
				blas64.Axpy(bi, blas64.Vector{N: n, Data: p.H[at : at+n], Inc: 1}, row)
			}
		}
	}
	zero(p.k)
	p.addDrop(p.k, b, p.form.L)
	for s := range M {
		row := p.P[s*n : (s+1)*n]
		for t := s; t < M; t++ {
			j, k := t/D, t%D
			sum := 0.0
			for i, bi := range b {
				sum += bi * row[j*m+p.pair[i*D+k]]
			}
			p.K.SetSym(s, t, sum)
		}
	}
	p.solveInner()
	zero(p.X)
	p.addLift(p.X, b, p.a)
	copy(p.r, p.form.L)
	blas64.Gemv(blas.Trans, -1, blas64.General{Rows: M, Cols: n, Stride: n, Data: p.P},
		blas64.Vector{N: M, Data: p.a, Inc: 1}, 1, blas64.Vector{N: n, Data: p.r, Inc: 1})
	p.value = p.form.C - dot(p.form.L, p.X) - dot(p.r, p.X)
	p.loaded = false
	return p.value
}

// innerTolerance is the relative size below which an eigenvalue of K counts as
// zero when H is singular.
const innerTolerance = 1e-11

// solveInner sets a to K^{-1} k, or to the minimum-norm solution if K is
// singular. K is brought to unit diagonal first.
func (p *projected) solveInner() {
	M := p.M
	scale, unit := make([]float64, M), mat.NewSymDense(M, nil)
	for s := range M {
		scale[s] = 1
		if d := p.K.At(s, s); d > 0x1p-1000 {
			scale[s] = 1 / math.Sqrt(d)
		}
	}
	norm := 0.0 // the largest sum of magnitudes in a column
	columns := make([]float64, M)
	for s := range M {
		for t := s; t < M; t++ {
			x := p.K.At(s, t) * scale[s] * scale[t]
			unit.SetSym(s, t, x)
			columns[t] += math.Abs(x)
			if t > s {
				columns[s] += math.Abs(x)
			}
		}
	}
	for _, sum := range columns {
		norm = max(norm, sum)
	}
	var solve func(x *mat.Dense) // in place
	whole := mat.NewSymDense(M, nil)
	whole.CopySym(unit)
	if factor, ok := lapack64.Potrf(whole.RawSymmetric()); ok && wellConditioned(factor, norm) {
		solve = func(x *mat.Dense) {
			blas64.Trsm(blas.Left, blas.Trans, 1, factor, x.RawMatrix())
			blas64.Trsm(blas.Left, blas.NoTrans, 1, factor, x.RawMatrix())
		}
	} else {
		values, V := spectrumOrNaN(unit)
		solve = func(x *mat.Dense) {
			var t mat.Dense
			t.Mul(V.T(), x)
			t.Apply(func(i, j int, x float64) float64 {
				if values[i] <= innerTolerance*values[M-1] {
					return 0
				}
				return x / values[i]
			}, &t)
			x.Mul(V, &t)
		}
	}
	p.inv = func(dst, rhs *mat.Dense) {
		scaleRows(dst, rhs, scale)
		solve(dst)
		scaleRows(dst, dst, scale)
	}
	p.inv(mat.NewDense(M, 1, p.a), mat.NewDense(M, 1, p.k))
}

// scaleRows sets dst to x with its rows scaled.
func scaleRows(dst, x *mat.Dense, scale []float64) {
	for i, a := range scale {
		to := dst.RawRowView(i)
		for c, y := range x.RawRowView(i) {
			to[c] = a * y
		}
	}
}

// wellConditioned reports whether the condition of U'U is far from 1/innerTolerance, given
// the factor U of a matrix with unit diagonal and that norm. To estimate a condition takes
// as long as ten solutions, and is left out where the pivots are all of a size.
func wellConditioned(factor blas64.Triangular, norm float64) bool {
	const allOfASize = 1e-2 // the condition is at least the square of 1/this
	least := math.Inf(1)
	for i := range factor.N {
		least = min(least, factor.Data[i*factor.Stride+i])
	}
	if least > allOfASize {
		return true
	}
	U := blas64.Symmetric{Uplo: blas.Upper, N: factor.N, Stride: factor.Stride, Data: factor.Data}
	return 1/lapack64.Pocon(U, norm, make([]float64, 3*factor.N), make([]int, factor.N)) < 0.1/innerTolerance
}

// spectrumOrNaN returns the eigenvalues, ascending, and eigenvectors of a symmetric
// matrix. Where they do not converge, the numbers in it being out of range, they are
// NaN, as the loss is then.
func spectrumOrNaN(S *mat.SymDense) (values []float64, V *mat.Dense) {
	var es mat.EigenSym
	V = new(mat.Dense)
	if es.Factorize(S, true) {
		es.VectorsTo(V)
		return es.Values(nil), V
	}
	n := S.SymmetricDim()
	V.ReuseAs(n, n)
	V.Apply(func(int, int, float64) float64 { return math.NaN() }, V)
	return mat.Col(nil, 0, V), V
}

// gradient returns the gradient of v at the latest b.
func (p *projected) gradient() []float64 {
	g := make([]float64, p.D)
	m := p.n / p.form.Q
	for i := range g {
		for j := range p.form.Q {
			for k := range p.D {
				g[i] -= 2 * p.r[j*m+p.pair[i*p.D+k]] * p.a[j*p.D+k]
			}
		}
	}
	return g
}

// hessian returns the matrix of second derivatives of v at the latest b.
func (p *projected) hessian() *mat.SymDense {
	D, M, n, m := p.D, p.M, p.n, p.n/p.form.Q
	zero(p.xs)
	T := mat.NewDense(D, M, nil)
	for i := range D {
		x, hx := p.xs[i*n:(i+1)*n], p.hxs[i*n:(i+1)*n]
		zero(hx) // X_i has M entries other than 0 of n
		for j := range p.form.Q {
			for k := range D {
				at, ak := j*m+p.pair[i*D+k], p.a[j*D+k]
				x[at] = ak
				blas64.Axpy(ak, blas64.Vector{N: n, Data: p.H[at*n : (at+1)*n], Inc: 1}, blas64.Vector{N: n, Data: hx, Inc: 1})
			}
		}
		row := T.RawRowView(i)
		p.addDrop(row, p.b, hx)
		for j := range p.form.Q {
			for k := range D {
				row[j*D+k] -= p.r[j*m+p.pair[i*D+k]]
			}
		}
	}
	KT := mat.NewDense(M, D, nil)
	p.inv(KT, mat.DenseCopyOf(T.T()))
	var TKT mat.Dense
	TKT.Mul(T, KT)
	S := mat.NewSymDense(D, nil)
	for i := range D {
		for l := i; l < D; l++ {
			G := dot(p.xs[i*n:(i+1)*n], p.hxs[l*n:(l+1)*n])
			S.SetSym(i, l, 2*G-TKT.At(i, l)-TKT.At(l, i))
		}
	}
	return S
}

// parameters returns A ([D, q] row-major) of the latest b.
func (p *projected) parameters() []float64 {
	A := make([]float64, p.M)
	for j := range p.form.Q {
		for k := range p.D {
			A[k*p.form.Q+j] = p.a[j*p.D+k]
		}
	}
	return A
}

// point returns phi(b, A) of the latest b.
func (p *projected) point() []float64 { return append([]float64(nil), p.X...) }

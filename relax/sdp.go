package relax

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"markovicl/internal/eigen"
	"markovicl/moment"
)

// The semidefinite certificate. Write Y = b a' ([D, M], M = qD, a = vec(A) by
// columns), y = vec(Y) with Y_is at place i*M+s, X = L y the linear map behind
// Phi, N = L'HL and k = L'h, so that f(b, A) = y'Ny - 2k'y + c. A symmetric W with
//
//	W_(is),(jt) = -W_(it),(js)
//
// is a combination of 2 x 2 minors: y'Wy = 0 for every Y of rank one. Call such
// a W admissible. So
//
//	Q(l, W) = [[c-l, -k'], [-k, N+W]] positive semidefinite
//
// proves f(b, A) >= l for all b and A. Let Y* = b* a*' be a local minimum of loss
// f*. If (N+W) y* = k, then Q(f*, W) vanishes on (1, y*), so that only
//
//	N + W positive semidefinite
//
// is left to ask: then f(b, A) - f* = (y-y*)'(N+W)(y-y*) >= 0 for all b and A.

// lift is N and k of a form, in coordinates of one's choice.
type lift struct {
	D, M int
	N    []float64 // [D*M, D*M] symmetric, row-major, both triangles
	k    []float64 // [D*M]
	c    float64
}

func newLift(form *moment.Form) *lift {
	D := form.Q + 1
	l := &lift{D: D, M: form.Q * D, c: form.C}
	n := D * l.M
	place := liftPlaces(form.Q)
	l.k = make([]float64, n)
	l.N = make([]float64, n*n)
	for r, x := range place {
		l.k[r] = form.L[x]
		row := l.N[r*n : (r+1)*n]
		for t, y := range place {
			row[t] = form.H.At(x, y)
		}
	}
	return l
}

// liftPlaces returns, for each place of y, its place in X: L as a list. Entry
// (i, (j,k)) goes to block j, pair {i,k}.
func liftPlaces(q int) []int {
	D := q + 1
	m := moment.Pairs(D)
	place := make([]int, 0, D*q*D)
	for i := range D {
		for j := range q {
			for k := range D {
				place = append(place, j*m+moment.PairIndex(D, min(i, k), max(i, k)))
			}
		}
	}
	return place
}

func (l *lift) size() int { return l.D * l.M }

// balance returns Tb ([D, D]) and Ta ([M, M]) such that with b = Tb b~ and
// a = Ta a~ the averaged partial traces of N are near the identity: the search
// for W is then well scaled.
func (l *lift) balance() (Tb, Ta *mat.Dense, err error) {
	D, M, n := l.D, l.M, l.size()
	Tb, Ta = identity(D), identity(M)
	const alternations = 4
	for range alternations {
		var outer mat.Dense
		outer.Mul(Ta, Ta.T())
		weights := outer.RawMatrix().Data
		partial := mat.NewSymDense(D, nil)
		for i := range D {
			for j := i; j < D; j++ {
				sum := 0.0
				for s := range M {
					sum += dot(weights[s*M:(s+1)*M], l.N[(i*M+s)*n+j*M:(i*M+s)*n+(j+1)*M])
				}
				partial.SetSym(i, j, sum/float64(M))
			}
		}
		if Tb, err = InverseRoot(partial); err != nil {
			return nil, nil, err
		}
		outer.Reset()
		outer.Mul(Tb, Tb.T())
		average := mat.NewDense(M, M, nil)
		data := average.RawMatrix().Data
		for i := range D {
			for j := range D {
				w := outer.At(i, j) / float64(D)
				for s := range M {
					blas64.Axpy(w,
						blas64.Vector{N: M, Data: l.N[(i*M+s)*n+j*M : (i*M+s)*n+(j+1)*M], Inc: 1},
						blas64.Vector{N: M, Data: data[s*M : (s+1)*M], Inc: 1})
				}
			}
		}
		sym := mat.NewSymDense(M, nil)
		for s := range M {
			for t := s; t < M; t++ {
				sym.SetSym(s, t, (average.At(s, t)+average.At(t, s))/2)
			}
		}
		if Ta, err = InverseRoot(sym); err != nil {
			return nil, nil, err
		}
	}
	return Tb, Ta, nil
}

func identity(n int) *mat.Dense {
	I := mat.NewDense(n, n, nil)
	for i := range n {
		I.Set(i, i, 1)
	}
	return I
}

// leastScale is the least eigenvalue, relative to the largest, that InverseRoot goes by.
const leastScale = 1e-8

// InverseRoot returns S^{-1/2}; eigenvalues below leastScale times the largest are
// raised to that, since all that is wanted is a good scale.
func InverseRoot(S *mat.SymDense) (*mat.Dense, error) {
	var es mat.EigenSym
	if !es.Factorize(S, true) {
		return nil, errors.New("the eigenvalues of a partial trace of H did not converge")
	}
	values := es.Values(nil)
	n := len(values)
	if !(values[n-1] > 0) {
		return nil, errors.New("a partial trace of H is zero: the loss does not depend on the parameters")
	}
	var V, VD mat.Dense
	es.VectorsTo(&V)
	VD.Apply(func(i, j int, x float64) float64 {
		return x / math.Sqrt(max(values[j], leastScale*values[n-1]))
	}, &V)
	var R mat.Dense
	R.Mul(&VD, V.T())
	return &R, nil
}

// alignFirst returns T with its columns rotated such that T^{-1} x, which is
// also returned, is a positive multiple of the first axis.
func alignFirst(T *mat.Dense, x []float64) (rotated *mat.Dense, length float64, err error) {
	n := len(x)
	var y mat.VecDense
	if err := y.SolveVec(T, mat.NewVecDense(n, x)); err != nil {
		return nil, 0, err
	}
	u := append([]float64(nil), y.RawVector().Data...)
	length = normalise(u)
	if length == 0 {
		return T, 0, nil
	}
	// The Householder reflection that maps u to the first axis, with its sign
	// chosen for accuracy; a column is negated afterwards if need be.
	sign := 1.0
	if u[0] > 0 {
		sign = -1
	}
	u[0] -= sign
	normalise(u)
	R := identity(n)
	R.RankOne(R, -2, mat.NewVecDense(n, u), mat.NewVecDense(n, u))
	if sign < 0 {
		for i := range n {
			R.Set(i, 0, -R.At(i, 0))
		}
	}
	rotated = new(mat.Dense)
	rotated.Mul(T, R)
	return rotated, length, nil
}

// transformed returns the lift in the coordinates b = Tb b~, a = Ta a~.
func (l *lift) transformed(Tb, Ta *mat.Dense) *lift {
	t := &lift{D: l.D, M: l.M, c: l.c}
	t.N = congruence(l.N, Tb, Ta)
	k := mat.NewDense(l.D, l.M, append([]float64(nil), l.k...))
	var u, v mat.Dense
	u.Mul(Tb.T(), k)
	v.Mul(&u, Ta)
	t.k = v.RawMatrix().Data
	return t
}

// congruence returns (Tb (x) Ta)' S (Tb (x) Ta) for a symmetric S of size D*M,
// in n^2 (M + D) steps of arithmetic rather than n^3.
func congruence(S []float64, Tb, Ta *mat.Dense) []float64 {
	D, _ := Tb.Dims()
	M, _ := Ta.Dims()
	n := D * M
	half := func(in []float64) []float64 { // in (Tb (x) Ta), transposed
		out := make([]float64, n*n)
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1,
			blas64.General{Rows: n * D, Cols: M, Stride: M, Data: in}, Ta.RawMatrix(), 0,
			blas64.General{Rows: n * D, Cols: M, Stride: M, Data: out})
		mixed := make([]float64, n)
		for r := range n {
			row := out[r*n : (r+1)*n]
			blas64.Gemm(blas.Trans, blas.NoTrans, 1, Tb.RawMatrix(),
				blas64.General{Rows: D, Cols: M, Stride: M, Data: row}, 0,
				blas64.General{Rows: D, Cols: M, Stride: M, Data: mixed})
			copy(row, mixed)
		}
		transposeInPlace(out, n)
		return out
	}
	out := half(half(S))
	for r := range n { // exactly symmetric
		for t := r + 1; t < n; t++ {
			x := (out[r*n+t] + out[t*n+r]) / 2
			out[r*n+t], out[t*n+r] = x, x
		}
	}
	return out
}

// pairs calls f for each place above the diagonal and its mirror image, block by block,
// since one of the two goes down columns.
func pairs(n int, f func(above, below int)) {
	const block = 32
	for r0 := 0; r0 < n; r0 += block {
		for t0 := r0; t0 < n; t0 += block {
			for r := r0; r < min(r0+block, n); r++ {
				for t := max(t0, r+1); t < min(t0+block, n); t++ {
					f(r*n+t, t*n+r)
				}
			}
		}
	}
}

func transposeInPlace(S []float64, n int) {
	pairs(n, func(above, below int) { S[above], S[below] = S[below], S[above] })
}

// mirrorUp writes what is below the diagonal of S ([n, n]) above it, mirrorDown the
// other way.
func mirrorUp(S []float64, n int) {
	pairs(n, func(above, below int) { S[above] = S[below] })
}

func mirrorDown(S []float64, n int) {
	pairs(n, func(above, below int) { S[below] = S[above] })
}

// dualSearch looks for W such that N + W >= margin*I and (N+W) y* = k, in
// balanced coordinates in which y* lies along the first axis.
type dualSearch struct {
	form   *moment.Form
	lift   *lift // in these coordinates
	minors minors
	Tb, Ta *mat.Dense
	length float64   // |y*|
	start  []float64 // coordinates of the closed-form W
}

// newDualSearch sets up the search at a stationary point of loss f* with the
// given b and A ([D, q] row-major).
//
// The closed form: W0_(is),(jt) = (g_is Y*_jt + Y*_is g_jt - g_it Y*_js -
// Y*_it g_js)/|Y*|^2 with g = k - N y* as a [D, M] matrix is admissible, and
// W0 y* = g because stationarity says b*'g = 0 and g a* = 0. Along the axes its
// coordinates are g_jt/|Y*| for the minors that meet the place of y*, and zero
// for all others, which are the free ones.
func newDualSearch(form *moment.Form, b, A []float64) (*dualSearch, error) {
	plain := newLift(form)
	d := &dualSearch{form: form, minors: minors{plain.D, plain.M}}
	Tb, Ta, err := plain.balance()
	if err != nil {
		return nil, err
	}
	a := make([]float64, plain.M)
	for j := range form.Q {
		for k := range plain.D {
			a[j*plain.D+k] = A[k*form.Q+j]
		}
	}
	var lengthB, lengthA float64
	if d.Tb, lengthB, err = alignFirst(Tb, b); err != nil {
		return nil, err
	}
	if d.Ta, lengthA, err = alignFirst(Ta, a); err != nil {
		return nil, err
	}
	d.length = lengthA * lengthB
	if d.length == 0 {
		return nil, errors.New("the best transformer predicts zero: its parameters give the certificate no direction")
	}
	d.lift = plain.transformed(d.Tb, d.Ta)
	n := d.lift.size()
	d.start = make([]float64, d.minors.count())
	d.minors.fixed(func(at, j, t int) {
		r := j*d.lift.M + t
		d.start[at] = (d.lift.k[r] - d.lift.N[r*n]*d.length) / d.length
	})
	return d, nil
}

// penalty is that of N + W, by the free coordinates. It keeps N below the diagonal of
// where it stands and works above: from here on that is all there is of N.
func (d *dualSearch) penalty() penalty {
	n := d.lift.size()
	low := &lowSpectrum{Solver: eigen.NewIn(n, d.lift.N), n: n}
	diagonal := make([]float64, n)
	for i := range diagonal {
		diagonal[i] = d.lift.N[i*n+i]
	}
	return func(ctx context.Context, w []float64, margin float64, gradient []float64) (F, least float64, err error) {
		F, least, G, err := low.penalty(ctx, func(S []float64) {
			mirrorUp(S, n)
			for i, x := range diagonal {
				S[i*n+i] = x
			}
			d.minors.add(S, w)
		}, margin)
		if err != nil {
			return 0, 0, err
		}
		d.minors.project(gradient, G)
		d.minors.fixed(func(at, _, _ int) { gradient[at] = 0 })
		return F, least, nil
	}
}

// certificateMatrix returns the W of the original coordinates from its
// coordinates w in the search's.
func (d *dualSearch) certificateMatrix(w []float64) ([]float64, error) {
	var backB, backA mat.Dense
	if err := backB.Inverse(d.Tb); err != nil {
		return nil, fmt.Errorf("the balanced coordinates of b are singular: %w", err)
	}
	if err := backA.Inverse(d.Ta); err != nil {
		return nil, fmt.Errorf("the balanced coordinates of a are singular: %w", err)
	}
	return d.minors.matrix(d.minors.coordinates(congruence(d.minors.matrix(w), &backB, &backA))), nil
}

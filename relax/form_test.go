package relax

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
	"markovicl/moment/momenttest"
)

var gaussians, taskForm, randomForm = momenttest.Gaussians, momenttest.Form, momenttest.Random

// rankOf counts the eigenvalues of H that are more than rounding.
func rankOf(t testing.TB, form *moment.Form) int {
	t.Helper()
	var eigen mat.EigenSym
	if !eigen.Factorize(form.H, false) {
		t.Fatal("the eigenvalues of H did not converge")
	}
	rank, values := 0, eigen.Values(nil)
	for _, x := range values {
		if x > 1e-10*values[len(values)-1] {
			rank++
		}
	}
	return rank
}

// phi is Eq. 8 of the paper, product by product.
func phi(b, A []float64) []float64 {
	D, q := len(b), len(b)-1
	X := make([]float64, q*moment.Pairs(D))
	for j := range q {
		for i := range D {
			for k := range D {
				X[j*moment.Pairs(D)+moment.PairIndex(D, min(i, k), max(i, k))] += b[i] * A[k*q+j]
			}
		}
	}
	return X
}

// alternated descends from b, by turns to the best A for b and the best b for A, both
// of them least squares, until the loss stands still
// or at most so many times.
func alternated(form *moment.Form, b []float64, most int) Minimum {
	D := form.Q + 1
	n, size := form.Dim(), D*form.Q
	b, A := append([]float64(nil), b...), make([]float64, size)
	best := func(X *mat.Dense) []float64 { // argmin of f(Xz)
		var HX, K mat.Dense
		HX.Mul(form.H, X)
		K.Mul(X.T(), &HX)
		var k, z mat.VecDense
		k.MulVec(X.T(), mat.NewVecDense(n, form.L))
		var svd mat.SVD
		svd.Factorize(&K, mat.SVDThin)
		svd.SolveVecTo(&z, &k, svd.Rank(1e-12))
		return z.RawVector().Data
	}
	last, least, still := math.Inf(1), math.MaxFloat64, 0
	for range most {
		inA := mat.NewDense(n, size, nil)
		for s := range size {
			e := make([]float64, size)
			e[s] = 1
			inA.SetCol(s, phi(b, e))
		}
		A = best(inA)
		inB := mat.NewDense(n, D, nil)
		for i := range D {
			e := make([]float64, D)
			e[i] = 1
			inB.SetCol(i, phi(e, A))
		}
		b = best(inB)
		norm := normalise(b)
		for s := range A {
			A[s] *= norm
		}
		loss := form.Loss(phi(b, A))
		last = loss
		if still++; loss < least-1e-15*math.Abs(least) {
			least, still = loss, 0
		}
		if still > 20 {
			break
		}
	}
	return Minimum{Loss: last, B: b, A: A, X: phi(b, A)}
}

// lowest is the lowest of what a few descents from random b come to, followed to its end.
func lowest(r *rand.Rand, form *moment.Form, starts int) Minimum {
	best := Minimum{Loss: math.Inf(1)}
	for range starts {
		if m := alternated(form, gaussians(r, form.Q+1), 200); m.Loss < best.Loss {
			best = m
		}
	}
	return alternated(form, best.B, 2000)
}

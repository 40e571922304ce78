// Package momenttest makes forms for tests: those of tasks, and random ones.
//
//	form := momenttest.Form(t, markov.Spec{D: 2, N: "10"})
//	form = momenttest.Random(rand.New(rand.NewPCG(1, 1)), 3, 100)
//
// What is true of every form is tried on random ones, which no task has.
package momenttest

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
	"markovicl/markov/markovtest"
	"markovicl/moment"
)

// Form returns the form of a task, which must be valid, at its number of chains.
func Form(t testing.TB, spec markov.Spec) *moment.Form {
	t.Helper()
	task := markovtest.Task(t, spec)
	moments, err := moment.Of(t.Context(), task, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return moments.At(task.Context())
}

// Random returns a form for q features of the query whose H has eigenvalues down to
// 1/condition; its loss is at least 1.
func Random(r *rand.Rand, q int, condition float64) *moment.Form {
	n := q * moment.Pairs(q+1)
	form := &moment.Form{Q: q, H: mat.NewSymDense(n, nil)}
	form.H.SymOuterK(1/float64(n), mat.NewDense(n, n, Gaussians(r, n*n)))
	for i := range n {
		form.H.SetSym(i, i, form.H.At(i, i)+1/condition)
	}
	X := mat.NewVecDense(n, Gaussians(r, n))
	var h mat.VecDense
	h.MulVec(form.H, X)
	form.L = h.RawVector().Data
	form.C = 1 + mat.Dot(X, &h)
	return form
}

// Gaussians returns n numbers of the standard normal law.
func Gaussians(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

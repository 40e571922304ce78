package certificate

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// TestLossStored: the loss of a form of floating-point numbers is that of the same form
// in fractions, with entries of very different size, zeros, and none but zeros.
func TestLossStored(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 1))
	number := func(zeros float64) float64 {
		if rng.Float64() < zeros {
			return 0
		}
		return math.Ldexp(rng.NormFloat64(), rng.IntN(120)-60)
	}
	for draw := range 60 {
		q, heads := 1+draw%2, 1+draw%3
		D := q + 1
		n := q * moment.Pairs(D)
		zeros := []float64{0, 0.5, 1}[draw/2%3]
		form := &moment.Form{Q: q, H: mat.NewSymDense(n, nil), L: make([]float64, n), C: number(zeros)}
		for i := range n {
			form.L[i] = number(zeros)
			for k := i; k < n; k++ {
				form.H.SetSym(i, k, number(zeros))
			}
		}
		b, A := make([]float64, heads*D), make([]float64, heads*D*q)
		for i := range b {
			b[i] = number(0.2)
		}
		for i := range A {
			A[i] = number(0.2)
		}
		p, ok := exactPointOf(b, A, heads, D)
		if !ok {
			t.Fatal("finite parameters are refused")
		}
		if got, want := p.lossStored(form), p.loss(Dyadic(form)); got.Cmp(want) != 0 {
			t.Errorf("draw %d: %s, in fractions %s", draw, got, want)
		}
	}
}

package trace

import (
	"math"
	"math/rand/v2"
	"testing"

	"markovicl/markov"
)

func TestHessianAgreesWithFiniteDifferences(t *testing.T) {
	for i, spec := range []markov.Spec{{D: 1, N: "5"}, {D: 2, N: "7"}, {D: 3, N: "9", States: 3}, {D: 4, N: "20", Embedding: "sign"}} {
		task, prompt := drawPrompt(t, spec, uint64(i))
		q := task.QueryDim()
		o := NewObjectives(q)
		o.SetPrompt(task, prompt)
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		w := make([]float64, q)
		for k := range w {
			w[k] = rng.NormFloat64()
		}
		h := make([]float64, q*q)
		o.Hessian(h, w)
		gradient := func() []float64 {
			g1, g2 := make([]float64, (q+1)*q), make([]float64, (q+1)*q)
			o.Gradients(g1, g2, w)
			return g2[q*q:]
		}
		const step = 1e-5
		for k, at := range w {
			w[k] = at + step
			up := gradient()
			w[k] = at - step
			down := gradient()
			w[k] = at
			for l := range up {
				want := (up[l] - down[l]) / (2 * step)
				if math.Abs(h[k*q+l]-want) > 1e-8*(1+math.Abs(want)) { // the gradient is quadratic in w
					t.Errorf("%+v: entry %d, %d is %v, differences of the gradient say %v", spec, k, l, h[k*q+l], want)
				}
			}
		}
	}
}

// A column with x_q = 0: R = -(y - x_1 w_1)^2 w_2, at x = (1, 0), y = 1, w = (3, -2).
func TestHessianByHand(t *testing.T) {
	o := NewObjectives(2)
	if err := o.SetColumns([]float64{1, 0, 1}); err != nil {
		t.Fatal(err)
	}
	h := make([]float64, 4)
	o.Hessian(h, []float64{3, -2})
	for i, want := range []float64{4, -4, -4, 0} {
		if h[i] != want {
			t.Errorf("the Hessian is %v, want [4 -4 -4 0]", h)
			break
		}
	}
}

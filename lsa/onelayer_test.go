package lsa

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// TestOneLayer: the pass of one layer has the losses and gradients of the pass for any
// number of layers, whatever the part of the batch.
func TestOneLayer(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	for range 60 {
		D, heads, prompts := 2+rng.IntN(11), 1+rng.IntN(3), 1+rng.IntN(12*Lanes)
		b := NewBatch(D, prompts)
		G, u := make([]float64, D*D), make([]float64, D-1)
		for i := range prompts {
			for r := range D {
				for c := range r + 1 {
					G[r*D+c] = rng.NormFloat64()
					G[c*D+r] = G[r*D+c]
				}
			}
			for j := range u {
				u[j] = rng.NormFloat64()
			}
			b.Set(i, G, u, rng.NormFloat64(), rng.Float64())
		}
		p := NewStructured(1, heads, D)
		for _, part := range [][]float64{p.B, p.A} {
			for i := range part {
				part[i] = rng.NormFloat64() / float64(D)
			}
		}
		from := rng.IntN(b.Groups())
		to := from + 1 + rng.IntN(b.Groups()-from)
		one, layers := NewGradient(p), NewGradient(p)
		layers.one = nil
		loss, grad, err := one.Of(b, from, to)
		if err != nil {
			t.Fatal(err)
		}
		wantLoss, want, err := layers.Of(b, from, to)
		if err != nil {
			t.Fatal(err)
		}
		if alone, err := one.Loss(b, from, to); alone != loss || err != nil {
			t.Fatalf("loss %v alone, %v with the gradient, %v", alone, loss, err)
		}
		size := math.Abs(wantLoss)
		for _, x := range want {
			size = max(size, math.Abs(x))
		}
		if math.Abs(loss-wantLoss) > 1e-12*size {
			t.Fatalf("D = %d, %d heads: loss %v, want %v", D, heads, loss, wantLoss)
		}
		for i := range want {
			if math.Abs(grad[i]-want[i]) > 1e-12*size {
				t.Fatalf("D = %d, %d heads: gradient %d is %v, want %v", D, heads, i, grad[i], want[i])
			}
		}
		p.B[rng.IntN(len(p.B))] = math.NaN()
		var divergence *DivergenceError
		if _, _, err := one.Of(b, from, to); !errors.As(err, &divergence) || divergence.Layer != 0 {
			t.Fatalf("a parameter that is not a number: %v", err)
		}
	}
}

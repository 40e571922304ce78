package lbfgs_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"markovicl/internal/lbfgs"
)

// The minimum of (x-1)^2 + 10 (y-2)^2.
func ExampleMinimise() {
	x := []float64{0, 0}
	value, _, err := lbfgs.Minimise(x, 0.1, nil, 5, 100, func(x, gradient []float64) (float64, bool, error) {
		u, v := x[0]-1, x[1]-2
		gradient[0], gradient[1] = 2*u, 20*v
		return u*u + 10*v*v, math.Abs(u)+math.Abs(v) < 1e-9, nil
	})
	fmt.Printf("%.6f at %.6f, error %v\n", value, x, err)
	// Output: 0.000000 at [1.000000 2.000000], error <nil>
}

// A convex function with many scales is minimised, and a preconditioner that knows the
// scales takes fewer evaluations; the value never rises above that of the start, however
// few evaluations are allowed.
func TestMinimise(t *testing.T) {
	const n = 40
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 5))
		scale, best := make([]float64, n), make([]float64, n)
		for i := range n {
			scale[i], best[i] = math.Pow(10, 4*r.Float64()), r.NormFloat64()
		}
		evaluate := func(x, gradient []float64) (float64, bool, error) {
			F, most := 0.0, 0.0
			for i := range n {
				u := x[i] - best[i]
				F += scale[i] * (u*u/2 + u*u*u*u/4)
				gradient[i] = scale[i] * (u + u*u*u)
				most = max(most, math.Abs(u))
			}
			return F, most < 1e-7, nil
		}
		plain := make([]float64, n)
		_, without, err := lbfgs.Minimise(plain, 1e-4, nil, 20, 5000, evaluate)
		if err != nil {
			t.Fatal(err)
		}
		scaled := make([]float64, n)
		_, with, err := lbfgs.Minimise(scaled, 1, func(g []float64) {
			for i := range g {
				g[i] /= scale[i]
			}
		}, 20, 5000, evaluate)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if math.Abs(plain[i]-best[i]) > 1e-7 || math.Abs(scaled[i]-best[i]) > 1e-7 {
				t.Fatalf("seed %d: entry %d is %g, preconditioned %g, want %g", seed, i, plain[i], scaled[i], best[i])
			}
		}
		if with >= without {
			t.Errorf("seed %d: %d evaluations with a preconditioner, %d without", seed, with, without)
		}
		start, _, _ := evaluate(make([]float64, n), make([]float64, n))
		for most := 1; most < 6; most++ {
			x := make([]float64, n)
			value, evaluations, _ := lbfgs.Minimise(x, 1e-4, nil, 20, most, evaluate)
			if value > start || evaluations > most {
				t.Errorf("seed %d: %g after %d evaluations, started at %g with %d allowed", seed, value, evaluations, start, most)
			}
		}
	}
}

// An evaluation that was once too low by half, whose value no step can come below, does not
// end the descent.
func TestMinimiseFromAWrongValue(t *testing.T) {
	for wrong := 1; wrong <= 12; wrong++ {
		x, calls := []float64{3, -1, 2}, 0
		evaluate := func(x, gradient []float64) (float64, bool, error) {
			F := 0.0
			for i := range x {
				scale := math.Pow(4, float64(i))
				F += scale * x[i] * x[i] / 2
				gradient[i] = scale * x[i]
			}
			calls++
			if calls == wrong {
				return F / 2, false, nil
			}
			return F, F < 1e-12, nil
		}
		if F, _, err := lbfgs.Minimise(x, 0.02, nil, 5, 200, evaluate); err != nil || F > 1e-12 {
			t.Errorf("evaluation %d too low: ends at %g after %d, error %v", wrong, F, calls, err)
		}
	}
}

package landscape

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"markovicl/markov"
)

// Uniform kernels, p = 1/2, n = 10: computed by hand from Lemma C.1.
func TestHalf(t *testing.T) {
	o := minimise(t, newTask(t, markov.Spec{D: 1, N: "10"}))
	for i, want := range []float64{4. / 57, 52. / 57, 8. / 19} {
		if math.Abs(o.X[i]-want) > 1e-14 {
			t.Errorf("X[%d] = %v, want %v", i, o.X[i], want)
		}
	}
	if want := 121. / 342; math.Abs(o.Loss-want) > 1e-15 {
		t.Errorf("loss %v, want %v", o.Loss, want)
	}
	if _, _, ok := QuadraticFactors(o.X); !ok {
		t.Error("not realisable at n = 10")
	}
	if _, _, ok := QuadraticFactors(minimise(t, newTask(t, markov.Spec{D: 1, N: "5"})).X); ok {
		t.Error("realisable at n = 5")
	}
}

// What phi makes can be taken apart again, and what cannot has no parameters.
func TestQuadraticFactors(t *testing.T) {
	// Sixty orders of magnitude; a discriminant that underflows has no sign.
	number := rapid.OneOf(rapid.Map(rapid.Float64Range(-10, 10), func(x float64) float64 {
		if math.Abs(x) < 1e-60 {
			return 0
		}
		return x
	}), rapid.SampledFrom([]float64{0, 1, -1, 1e-9}))
	rapid.Check(t, func(t *rapid.T) {
		X := []float64{number.Draw(t, "xx"), number.Draw(t, "xy"), number.Draw(t, "yy")}
		b, A, ok := QuadraticFactors(X)
		var exact [3]*big.Rat
		for i, x := range X {
			exact[i] = new(big.Rat).SetFloat64(x)
		}
		square, product := new(big.Rat).Mul(exact[1], exact[1]), new(big.Rat).Mul(exact[0], exact[2])
		if ok != (square.Cmp(product.Mul(product, big.NewRat(4, 1))) >= 0) {
			t.Fatal("existence is not the sign of the discriminant")
		}
		if !ok {
			return
		}
		for i, x := range Phi(b, A) {
			if !(math.Abs(x-X[i]) <= 1e-14*(math.Abs(X[0])+math.Abs(X[1])+math.Abs(X[2]))) {
				t.Fatalf("phi(%v, %v) = %v, want %v", b, A, Phi(b, A), X)
			}
		}
	})
}

func ExampleQuadraticFactors() {
	b, A, ok := QuadraticFactors([]float64{2, 5, 2}) // 2t^2 + 5t + 2 = (2t + 1)(t + 2)
	fmt.Println(b, A, ok)
	_, _, ok = QuadraticFactors([]float64{1, 1, 1}) // t^2 + t + 1 has no real factors
	fmt.Println(ok)
	// Output:
	// [0.5 1] [4 2] true
	// false
}

package landscape

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// Whether a point is a transformer does not depend on its scale: a power of two
// changes no digit of the decision.
func TestDecideScale(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 8))
		D, q := 2+r.IntN(4), 1+r.IntN(4)
		X := phiAny(gaussians(r, D), gaussians(r, D*q), q)
		if seed%2 == 1 {
			for i := range X {
				X[i] += 0.1 * r.NormFloat64()
			}
		}
		want, err := Decide(X, q, D, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, exponent := range []int{-890, -600, -300, 300, 600, 990} {
			Y := make([]float64, len(X))
			for i, x := range X {
				Y[i] = math.Ldexp(x, exponent)
			}
			got, err := Decide(Y, q, D, 0)
			if err != nil {
				t.Fatalf("seed %d, times 2^%d: %v", seed, exponent, err)
			}
			if got.Verdict != want.Verdict || math.Ldexp(got.Residual, -exponent) != want.Residual || math.Ldexp(got.Distance, -exponent) != want.Distance {
				t.Errorf("seed %d, times 2^%d: %v, residual %g, distance %g; at 1 %v, %g, %g", seed, exponent, got.Verdict, got.Residual, got.Distance, want.Verdict, want.Residual, want.Distance)
			}
			if got.Verdict != Undecided {
				if err := got.Verify(Y, q); err != nil {
					t.Errorf("seed %d, times 2^%d: %v", seed, exponent, err)
				}
			}
		}
	}
}

// x^2 + 1 has no real factors at any scale that a file can hold.
func TestDecideTinyFile(t *testing.T) {
	for text, inRange := range map[string]bool{
		"1e-99/1e80,0,1e-99/1e80\n": true,
		"1e-100,0,1e-100\n":         true,
		"1e160,0,1e160\n":           true,
		"1e250,0,1e250\n":           true,
		"1e-300,0,1e-300\n":         false,
		"1e-400,0,1e-400\n":         false,
		"1e308,0,1e308\n":           false,
		"1e400,0,1e400\n":           false,
	} {
		X, q, D, err := ReadPoint("x.csv", []byte(text))
		if !inRange {
			if !errors.Is(err, ErrScale) {
				t.Errorf("%q: error %v, want that of the scale", text, err)
			}
		} else if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if d, err := Decide(X, q, D, 0); err != nil || d.Verdict != NotRealisable {
			t.Errorf("%q: %v, %v; x^2+1 has no real factors", text, d, err)
		}
		exact, q, D, err := ReadRationalPoint("x.csv", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if d, err := DecideExact(exact, q, D); err != nil || d.Verdict != NotRealisable {
			t.Errorf("%q exactly: %v, %v", text, d, err)
		}
	}
}

// Any numbers at all: a decision that passes its own check and agrees with the
// exact one where it is sure, or an error.
func FuzzDecide(f *testing.F) {
	f.Add(uint8(1), 1e-170, 0.0, 1e-170, 1.0, 0.0)
	f.Add(uint8(2), 1e300, 5e-324, -1e308, math.Inf(1), 1e-12)
	f.Add(uint8(2), 1.0, 2.0, 1.0, -0.0, math.NaN())
	f.Add(uint8(3), math.MaxFloat64, 1e200, 1.0, 1e-200, -1.0)
	f.Fuzz(func(t *testing.T, q uint8, a, b, c, e, precision float64) {
		Q, values := 1+int(q%3), []float64{a, b, c, e}
		X := make([]float64, Q*(Q+1)*(Q+2)/2)
		for i := range X {
			X[i] = values[(i*i+i/3)%4]
		}
		d, err := Decide(X, Q, Q+1, precision)
		if err != nil || d.Verdict == Undecided {
			return
		}
		if err := d.Verify(X, Q); err != nil {
			t.Fatalf("X = %g: %v: %v", X, d.Verdict, err)
		}
		if d.Verdict == NotRealisable {
			exact := make([]*big.Rat, len(X))
			for i, x := range X {
				exact[i] = new(big.Rat).SetFloat64(x)
			}
			if e, err := DecideExact(exact, Q, Q+1); err != nil || e.Verdict != NotRealisable {
				t.Fatalf("X = %g: not realisable in floats, exactly %v, %v", X, e.Verdict, err)
			}
		}
	})
}

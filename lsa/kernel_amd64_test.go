//go:build !purego

package lsa

import (
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/cpu"
)

// TestVectorKernelsArePlain checks that the vector kernels give the bits of the
// plain loops, for every small size, and touch nothing else.
func TestVectorKernelsArePlain(t *testing.T) {
	if !cpu.X86.HasAVX {
		t.Log("no AVX here: the plain loops run, there is nothing to compare")
		return
	}
	useAVX()
	rng := rand.New(rand.NewPCG(1, 2))
	vecs := func(n int) []vec {
		out := make([]vec, n)
		for i := range out {
			for lane := range out[i] {
				out[i][lane] = rng.NormFloat64()
			}
		}
		return out
	}
	const margin = 2 // vecs after dst that must not change
	check := func(name string, m, n, size int, plain, vector func(dst []vec)) {
		t.Helper()
		want := vecs(size + margin)
		got := append([]vec(nil), want...)
		plain(want[:size])
		vector(got[:size])
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s, m = %d, n = %d: entry %d is %v, want %v", name, m, n, i, got[i], want[i])
			}
		}
	}
	for n := 1; n <= 13; n++ {
		x := vecs(n)
		got, want := make([]float64, n), make([]float64, n)
		sums(got, x)
		sumsPlain(want, x)
		if !slices.Equal(got, want) {
			t.Fatalf("sums of %d vecs: %v, want %v", n, got, want)
		}
	}
	for n := 1; n <= 13; n++ {
		g, x, y, a := vecs(triangle(n)), vecs(n), vecs(n), rng.NormFloat64()
		check("symMulVec", n, n, n,
			func(dst []vec) { symMulVecPlain(dst, g, x) }, func(dst []vec) { symMulVec(dst, g, x) })
		check("addScaled", n, n, n,
			func(dst []vec) { addScaledPlain(dst, a, x) }, func(dst []vec) { addScaled(dst, a, x) })
		check("scaleBy", n, n, n,
			func(dst []vec) { scaleByPlain(dst, x, &y[0]) }, func(dst []vec) { scaleBy(dst, x, &y[0]) })
		check("addDot", n, n, 1,
			func(dst []vec) { addDotPlain(&dst[0], x, y) }, func(dst []vec) { addDot(&dst[0], x, y) })
		for m := 1; m <= 13; m++ {
			s, A := vecs(m), make([]float64, m*n)
			for i := range A {
				A[i] = rng.NormFloat64()
			}
			check("addTMul", m, n, n,
				func(dst []vec) { addTMulPlain(dst, s, A) }, func(dst []vec) { addTMul(dst, s, A) })
			check("mulScalar", m, n, m,
				func(dst []vec) { mulScalarPlain(dst, A, x) }, func(dst []vec) { mulScalar(dst, A, x) })
			for groups := 1; groups <= 5; groups++ {
				sStep, xStep := m+rng.IntN(3), n+rng.IntN(3)
				s, x := vecs((groups-1)*sStep+m), vecs((groups-1)*xStep+n)
				check("addOuters", m, n, m*n,
					func(dst []vec) { addOutersPlain(dst, s, x, m, n, groups, sStep, xStep) },
					func(dst []vec) { addOuters(dst, s, x, m, n, groups, sStep, xStep) })
			}
		}
	}
}

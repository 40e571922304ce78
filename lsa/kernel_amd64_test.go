//go:build !purego

package lsa

import (
	"math/rand/v2"
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
		g, x, y, a := vecs(triangle(n)), vecs(n), vecs(n), rng.NormFloat64()
		check("symMulVec", n, n, n,
			func(dst []vec) { symMulVecPlain(dst, g, x) }, func(dst []vec) { symMulVec(dst, g, x) })
		check("addScaled", n, n, n,
			func(dst []vec) { addScaledPlain(dst, a, x) }, func(dst []vec) { addScaled(dst, a, x) })
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
			check("addOuter", m, n, m*n,
				func(dst []vec) { addOuterPlain(dst, s, x) }, func(dst []vec) { addOuter(dst, s, x) })
		}
	}
}

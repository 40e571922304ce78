//go:build !purego

package lsa

import "golang.org/x/sys/cpu"

// On amd64 processors with AVX (all since about 2012) the operations of
// kernel.go run in kernel_amd64.s, four prompts to a register. They add and
// multiply in the order of the plain loops and do not fuse the two, so they give
// the same bits. Build with -tags purego to leave them out.

func init() {
	if cpu.X86.HasAVX {
		useAVX()
	}
}

func useAVX() {
	kernels = "AVX"
	symMulVec = func(dst, g, x []vec) {
		n := len(x)
		_, _ = dst[n-1], g[triangle(n)-1]
		symMulVecAVX(&dst[0], &g[0], &x[0], n)
	}
	addTMul = func(dst, s []vec, A []float64) {
		m, n := len(s), len(dst)
		_ = A[m*n-1]
		addTMulAVX(&dst[0], &s[0], &A[0], m, n)
	}
	mulScalar = func(dst []vec, A []float64, x []vec) {
		m, n := len(dst), len(x)
		_ = A[m*n-1]
		mulScalarAVX(&dst[0], &A[0], &x[0], m, n)
	}
	addOuter = func(dst, s, x []vec) {
		m, n := len(s), len(x)
		_ = dst[m*n-1]
		addOuterAVX(&dst[0], &s[0], &x[0], m, n)
	}
	addScaled = func(dst []vec, a float64, x []vec) {
		n := len(dst)
		_ = x[n-1]
		addScaledAVX(&dst[0], a, &x[0], n)
	}
	addDot = func(dst *vec, x, y []vec) {
		n := len(x)
		_ = y[n-1]
		addDotAVX(dst, &x[0], &y[0], n)
	}
}

// The matrices are as in kernel.go; every size is at least 1.

//go:noescape
func symMulVecAVX(dst, upper, x *vec, n int)

//go:noescape
func addTMulAVX(dst, s *vec, A *float64, m, n int)

//go:noescape
func mulScalarAVX(dst *vec, A *float64, x *vec, m, n int)

//go:noescape
func addOuterAVX(dst, s, x *vec, m, n int)

//go:noescape
func addScaledAVX(dst *vec, a float64, x *vec, n int)

//go:noescape
func addDotAVX(dst, x, y *vec, n int)

//go:build !purego

package lsa

import "golang.org/x/sys/cpu"

// On amd64 processors with AVX (all since about 2012) the operations of
// kernel.go run in kernel_amd64.s, four prompts to a register, one of them in
// kernel512_amd64.s where there is AVX-512. They add and
// multiply in the order of the plain loops and do not fuse the two, so they give
// the same bits. Build with -tags purego to leave them out.

func init() {
	if cpu.X86.HasAVX {
		useAVX()
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL {
		useAVX512()
	}
}

const vecBytes = 8 * Lanes

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
		matVecAVX(&dst[0], &s[0], &A[0], n, m, 8, 8*n, true)
	}
	mulScalar = func(dst []vec, A []float64, x []vec) {
		m, n := len(dst), len(x)
		_ = A[m*n-1]
		matVecAVX(&dst[0], &x[0], &A[0], m, n, 8*n, 8, false)
	}
	addOuters = func(dst, s, x []vec, m, n, groups, sStep, xStep int) {
		_, _, _ = dst[m*n-1], s[(groups-1)*sStep+m-1], x[(groups-1)*xStep+n-1]
		addOutersAVX(&dst[0], &s[0], &x[0], m, n, groups, sStep*vecBytes, xStep*vecBytes)
	}
	sums = func(dst []float64, x []vec) {
		_ = x[len(dst)-1]
		sumsAVX(&dst[0], &x[0], len(dst))
	}
	addScaled = func(dst []vec, a float64, x []vec) {
		n := len(dst)
		_ = x[n-1]
		addScaledAVX(&dst[0], a, &x[0], n)
	}
	scaleBy = func(dst, x []vec, e *vec) {
		n := len(dst)
		_ = x[n-1]
		scaleByAVX(&dst[0], &x[0], e, n)
	}
	addDot = func(dst *vec, x, y []vec) {
		n := len(x)
		_ = y[n-1]
		addDotAVX(dst, &x[0], &y[0], n)
	}
}

// useAVX512 puts the one operation in place that gains by more registers; the others run at
// the speed of the processor's multiplications with AVX.
func useAVX512() {
	kernels = "AVX-512"
	symMulVec = func(dst, g, x []vec) {
		n := len(x)
		_, _ = dst[n-1], g[triangle(n)-1]
		symMulVecAVX512(&dst[0], &g[0], &x[0], n)
	}
}

// The matrices are as in kernel.go; every size is at least 1.

//go:noescape
func symMulVecAVX(dst, upper, x *vec, n int)

//go:noescape
func matVecAVX(dst, x *vec, C *float64, m, n, row, column int, add bool)

//go:noescape
func addOutersAVX(dst, s, x *vec, m, n, groups, sStep, xStep int)

//go:noescape
func sumsAVX(dst *float64, x *vec, n int)

//go:noescape
func addScaledAVX(dst *vec, a float64, x *vec, n int)

//go:noescape
func addDotAVX(dst, x, y *vec, n int)

//go:noescape
func scaleByAVX(dst, x, e *vec, n int)

//go:noescape
func symMulVecAVX512(dst, upper, x *vec, n int)

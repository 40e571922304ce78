//go:build !purego

package dense

import "golang.org/x/sys/cpu"

func init() {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512DQ:
		useAVX512()
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		useAVX2()
	}
}

// useAVX2 puts the tiles of AVX2 in place, useAVX512 those of AVX-512; the
// element-wise operations are the same for both.
func useAVX2() {
	kernels = "AVX2"
	single = kernel[float32]{6, 16, func(k int, a []float32, rs, cs int, b, c []float32, ldc int, add bool) {
		_, _, _ = a[5*rs+(k-1)*cs], b[16*k-1], c[5*ldc+15]
		sgemmAVX2(k, &a[0], 4*rs, 4*cs, &b[0], &c[0], 4*ldc, add)
	}}
	double = kernel[float64]{6, 8, func(k int, a []float64, rs, cs int, b, c []float64, ldc int, add bool) {
		_, _, _ = a[5*rs+(k-1)*cs], b[8*k-1], c[5*ldc+7]
		dgemmAVX2(k, &a[0], 8*rs, 8*cs, &b[0], &c[0], 8*ldc, add)
	}}
	rows4 = func(n int, a []float64, lda int, x, y []float64, t, s *[4]float64) {
		_, _, _ = a[3*lda+n-1], x[n-1], y[n-1]
		rows4AVX2(n, &a[0], 8*lda, &x[0], &y[0], &t[0], &s[0])
	}
	add4 = func(n int, a []float64, lda int, t *[4]float64, y []float64) {
		whole := n &^ 3
		if whole > 0 {
			_, _ = a[3*lda+n-1], y[n-1]
			add4AVX2(whole, &a[0], 8*lda, &t[0], &y[0])
		}
		if whole < n {
			add4Plain(n-whole, a[whole:], lda, t, y[whole:])
		}
	}
	dots4 = func(n int, a []float64, lda int, x []float64, s *[4]float64) {
		whole := n &^ 3
		if whole > 0 {
			_, _ = a[3*lda+n-1], x[n-1]
			dots4AVX2(whole, &a[0], 8*lda, &x[0], &s[0])
		}
		if whole < n {
			dots4Plain(n-whole, a[whole:], lda, x[whole:], s)
		}
	}
	packRows = func(n int, a []float64, vs int, to []float64, step int, alpha float64) {
		whole := n &^ 3
		if whole > 0 {
			_, _ = a[3*vs+n-1], to[(n-1)*step+3]
			packRowsAVX2(whole, &a[0], 8*vs, &to[0], 8*step, alpha)
		}
		if whole < n {
			packRowsPlain(n-whole, a[whole:], vs, to[whole*step:], step, alpha)
		}
	}
	packRuns = func(n, count int, a []float64, ks int, to []float64, step int, alpha float64) {
		_, _ = a[(n-1)*ks+count-1], to[(n-1)*step+count-1]
		packRunsAVX2(n, count, &a[0], 8*ks, &to[0], 8*step, alpha)
	}
	substitute = func(n int, l, x []float64) {
		_, _ = l[(n-1)*(base+1)], x[n*strip-1]
		substituteAVX2(n, &l[0], &x[0])
	}
	useVectors()
}

func useAVX512() {
	useAVX2()
	substitute = func(n int, l, x []float64) {
		_, _ = l[(n-1)*(base+1)], x[n*strip-1]
		substituteAVX512(n, &l[0], &x[0])
	}
	kernels = "AVX-512"
	single = kernel[float32]{12, 32, func(k int, a []float32, rs, cs int, b, c []float32, ldc int, add bool) {
		_, _, _ = a[11*rs+(k-1)*cs], b[32*k-1], c[11*ldc+31]
		sgemmAVX512(k, &a[0], 4*rs, 4*cs, &b[0], &c[0], 4*ldc, add)
	}}
	double = kernel[float64]{12, 16, func(k int, a []float64, rs, cs int, b, c []float64, ldc int, add bool) {
		_, _, _ = a[11*rs+(k-1)*cs], b[16*k-1], c[11*ldc+15]
		dgemmAVX512(k, &a[0], 8*rs, 8*cs, &b[0], &c[0], 8*ldc, add)
	}}
}

// k is at least 1; strides are in bytes.

//go:noescape
func sgemmAVX2(k int, a *float32, rs, cs int, b, c *float32, ldc int, add bool)

//go:noescape
func sgemmAVX512(k int, a *float32, rs, cs int, b, c *float32, ldc int, add bool)

//go:noescape
func dgemmAVX2(k int, a *float64, rs, cs int, b, c *float64, ldc int, add bool)

//go:noescape
func dgemmAVX512(k int, a *float64, rs, cs int, b, c *float64, ldc int, add bool)

//go:noescape
func rows4AVX2(n int, a *float64, lda int, x, y, t, s *float64)

//go:noescape
func add4AVX2(n int, a *float64, lda int, t, y *float64)

//go:noescape
func dots4AVX2(n int, a *float64, lda int, x, s *float64)

//go:noescape
func packRowsAVX2(n int, a *float64, rs int, to *float64, step int, alpha float64)

//go:noescape
func packRunsAVX2(n, count int, a *float64, ks int, to *float64, step int, alpha float64)

//go:noescape
func substituteAVX2(n int, l, x *float64)

//go:noescape
func substituteAVX512(n int, l, x *float64)

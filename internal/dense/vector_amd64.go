//go:build !purego

package dense

import "math"

// constants are what vector_amd64.s needs, each eight times over; the macros
// there count them in rows of 32 bytes.
var constants = [...][8]float32{
	eight(80),                        // 0: exp is cut off here, far above what a logistic function needs
	eight(-87),                       // 1: below, exp is 0; further down its value would be subnormal
	eight(1.4426950408),              // 2: 1/log 2
	eight(0.693359375),               // 3: log 2 = 3 + 4, of which 3 has few digits
	eight(-2.12194440e-4),            // 4
	eight(1.9875691500e-4),           // 5..10: exp(x) on |x| <= log(2)/2 (Moshier, Cephes, expf)
	eight(1.3981999507e-3),           //
	eight(8.3334519073e-3),           //
	eight(4.1665795894e-2),           //
	eight(1.6666665459e-1),           //
	eight(5.0000001201e-1),           //
	eight(1),                         // 11
	eight(math.Float32frombits(127)), // 12: the exponent's bias, an integer
	eight(-geluTwice),                // 13
	eight(geluCubic),                 // 14
	eight(3 * geluCubic),             // 15
	eight(NormEpsilon),               // 16
	eight(geluTwice),                 // 17
}

func eight(x float32) (v [8]float32) {
	for i := range v {
		v[i] = x
	}
	return v
}

// useVectors puts the AVX2 versions in place. They take lengths that are multiples
// of eight: element by element the rest is done by the plain loops; a reduction
// over another length is theirs as a whole.
func useVectors() {
	softmax = func(x []float32, scale float32) {
		if len(x) == 0 || len(x)%8 != 0 {
			softmaxPlain(x, scale)
			return
		}
		softmaxAVX2(&x[0], len(x), scale)
	}
	softmaxBackward = func(d, p []float32, scale float32) {
		if len(p) == 0 || len(p)%8 != 0 {
			softmaxBackwardPlain(d, p, scale)
			return
		}
		_ = d[len(p)-1]
		softmaxBackwardAVX2(&d[0], &p[0], len(p), scale)
	}
	gelu = func(y, x []float32) {
		n := len(x) &^ 7
		if y = y[:len(x)]; n > 0 {
			geluAVX2(&y[0], &x[0], n)
		}
		geluPlain(y[n:], x[n:])
	}
	geluBackward = func(d, x []float32) {
		n := len(x) &^ 7
		if d = d[:len(x)]; n > 0 {
			geluBackwardAVX2(&d[0], &x[0], n)
		}
		geluBackwardPlain(d[n:], x[n:])
	}
	layerNorm = func(y, x, w, b []float32) (mean, rstd float32) {
		n := len(x)
		if n == 0 || n%8 != 0 {
			return layerNormPlain(y, x, w, b)
		}
		_, _, _ = y[n-1], w[n-1], b[n-1]
		return layerNormAVX2(&y[0], &x[0], &w[0], &b[0], n)
	}
	layerNormBackward = func(dx, dw, db, dy, x, w []float32, mean, rstd float32) {
		n := len(x)
		if n == 0 || n%8 != 0 {
			layerNormBackwardPlain(dx, dw, db, dy, x, w, mean, rstd)
			return
		}
		_, _, _, _, _ = dx[n-1], dw[n-1], db[n-1], dy[n-1], w[n-1]
		layerNormBackwardAVX2(&dx[0], &dw[0], &db[0], &dy[0], &x[0], &w[0], n, mean, rstd)
	}
	adam = func(p, m, v, g []float32, s *AdamStep) {
		n := len(g) &^ 7
		p, m, v = p[:len(g)], m[:len(g)], v[:len(g)]
		if n > 0 {
			adamAVX2(&p[0], &m[0], &v[0], &g[0], n, s)
		}
		adamPlain(p[n:], m[n:], v[n:], g[n:], s)
	}
	add = func(dst, x []float32) {
		n := len(x) &^ 7
		if dst = dst[:len(x)]; n > 0 {
			addAVX2(&dst[0], &x[0], n)
		}
		addPlain(dst[n:], x[n:])
	}
}

// n is a multiple of 8, at least 8.

//go:noescape
func softmaxAVX2(x *float32, n int, scale float32)

//go:noescape
func softmaxBackwardAVX2(d, p *float32, n int, scale float32)

//go:noescape
func geluAVX2(y, x *float32, n int)

//go:noescape
func geluBackwardAVX2(d, x *float32, n int)

//go:noescape
func layerNormAVX2(y, x, w, b *float32, n int) (mean, rstd float32)

//go:noescape
func layerNormBackwardAVX2(dx, dw, db, dy, x, w *float32, n int, mean, rstd float32)

//go:noescape
func adamAVX2(p, m, v, grad *float32, n int, s *AdamStep)

//go:noescape
func addAVX2(dst, x *float32, n int)

package dense

import (
	"math/rand/v2"
	"testing"
)

// TestPackVectors: panels have the numbers that the formula names, to the bit, and nothing
// is written beside them.
func TestPackVectors(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(18, 1))
		for range 300 {
			step := pick(rng, 4, 6, 8, 12, 16)
			count, n, alpha := 1+rng.IntN(step), 1+rng.IntN(30), pick(rng, 1.0, -1, 0.3)
			vs, ks := n+rng.IntN(4), 1
			if rng.IntN(2) == 0 {
				vs, ks = 1, count+rng.IntN(4)
			}
			if rng.IntN(4) == 0 {
				vs, ks = vs+1, ks+1
			}
			a := random[float64](rng, (count-1)*vs+(n-1)*ks+1)
			to := make([]float64, (n-1)*step+count)
			for i := range to {
				to[i] = 7
			}
			packVectors(to, step, count, n, a, vs, ks, alpha)
			for i, got := range to {
				want := 7.0
				if k, r := i/step, i%step; r < count {
					want = alpha * a[r*vs+k*ks]
				}
				if got != want {
					t.Fatalf("%d vectors of %d, strides %d and %d, to every %d: %v at %d, want %v", count, n, vs, ks, step, got, i, want)
				}
			}
		}
	})
}

// TestSubstitute: L times what comes out is what went in.
func TestSubstitute(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(19, 1))
		for n := 1; n <= base; n++ {
			l, b := random[float64](rng, base*base), random[float64](rng, n*strip)
			for i := range n {
				l[i*base+i] = 1 + rng.Float64() // the inverse of the diagonal's
			}
			x := append([]float64(nil), b...)
			substitute(n, l, x)
			got := make([]float64, len(b))
			for i := range n {
				for j := range strip {
					got[i*strip+j] = x[i*strip+j] / l[i*base+i]
					for k := range i {
						got[i*strip+j] += l[i*base+k] * x[k*strip+j]
					}
					size := 0.0
					for k := range i + 1 {
						size += max(1, l[i*base+k]*l[i*base+k]) * max(1, x[k*strip+j]*x[k*strip+j])
					}
					if off := got[i*strip+j] - b[i*strip+j]; off*off > 1e-26*size*size {
						t.Fatalf("n = %d: row %d is off by %g", n, i, off)
					}
				}
			}
		}
	})
}

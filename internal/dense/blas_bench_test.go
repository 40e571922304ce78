package dense

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	gonumblas "gonum.org/v1/gonum/blas/gonum"
	gonumlapack "gonum.org/v1/gonum/lapack/gonum"
)

func benchmarkSides(b *testing.B, flops float64, run func(b *testing.B, impl blas.Float64)) {
	for name, impl := range map[string]blas.Float64{"gonum": gonumblas.Implementation{}, "dense": BLAS{}} {
		b.Run(name, func(b *testing.B) {
			run(b, impl)
			b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GF/s")
		})
	}
}

func BenchmarkDgemm(b *testing.B) {
	for _, n := range []int{12, 16, 24, 48, 100, 200, 1211} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			benchmarkSides(b, 2*float64(n)*float64(n)*float64(n), func(b *testing.B, impl blas.Float64) {
				rng := rand.New(rand.NewPCG(1, 1))
				x, y, z := stored(rng, n, n, n), stored(rng, n, n, n), stored(rng, n, n, n)
				for b.Loop() {
					impl.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, x, n, y, n, 0, z, n)
				}
			})
		})
	}
}

// BenchmarkTridiagonal: gonum's Dsytrd, alone and on the products of this package,
// beside the reduction along rows.
func BenchmarkTridiagonal(b *testing.B) {
	for _, n := range []int{300, 648, 1211, 2028} {
		a := positive(rand.New(rand.NewPCG(1, 1)), n, n)
		x, d, e, tau, work := make([]float64, n*n), make([]float64, n), make([]float64, n-1), make([]float64, n-1), make([]float64, 64*n)
		defer blas64.Use(gonumblas.Implementation{})
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			benchmarkSides(b, 4.0/3*float64(n)*float64(n)*float64(n), func(b *testing.B, impl blas.Float64) {
				blas64.Use(impl)
				for b.Loop() {
					copy(x, a)
					gonumlapack.Implementation{}.Dsytrd(blas.Lower, n, x, n, d, e, tau, work, len(work))
				}
			})
			var t Tridiagonal
			b.Run("rows", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					copy(x, a)
					if err := t.Reduce(b.Context(), n, x, d, e, tau); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func BenchmarkDpotrf(b *testing.B) {
	for _, n := range []int{100, 1211, 3841} {
		a := positive(rand.New(rand.NewPCG(1, 1)), min(n, 1211), n)
		a = append(a, make([]float64, n*n-len(a))...)
		for i := 1211; i < n; i++ {
			a[i*n+i] = 1
		}
		x := make([]float64, n*n)
		for name, impl := range map[string]interface {
			Dpotrf(blas.Uplo, int, []float64, int) bool
		}{"gonum": gonumlapack.Implementation{}, "dense": LAPACK{}} {
			b.Run(fmt.Sprint(n, "/", name), func(b *testing.B) {
				for b.Loop() {
					copy(x, a)
					impl.Dpotrf(blas.Upper, n, x, n)
				}
			})
		}
	}
}

package dense

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"markovicl/internal/contexttest"
)

// upperOnly returns a random symmetric matrix ([n, n]), whole and with NaN below the
// diagonal.
func upperOnly(rng *rand.Rand, n int, scale float64) (whole, upper []float64) {
	whole, upper = make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		for j := i; j < n; j++ {
			whole[i*n+j] = scale * rng.NormFloat64()
			whole[j*n+i] = whole[i*n+j]
			upper[j*n+i] = math.NaN()
			upper[i*n+j] = whole[i*n+j]
		}
	}
	return whole, upper
}

// reflected returns Q T Q' ([n, n]) from what Reduce leaves, reflection by reflection.
func reflected(n int, a, d, e, tau []float64) []float64 {
	x := make([]float64, n*n)
	for i := range n {
		x[i*n+i] = d[i]
		if i+1 < n {
			x[i*n+i+1], x[(i+1)*n+i] = e[i], e[i]
		}
	}
	for i := n - 2; i >= 0; i-- {
		v := make([]float64, n)
		copy(v[i+2:], a[i*n+i+2:(i+1)*n])
		v[i+1] = 1
		for _, step := range []struct{ along, across int }{{n, 1}, {1, n}} { // from the left, from the right
			for c := range n {
				product := 0.0
				for r := range n {
					product += v[r] * x[r*step.along+c*step.across]
				}
				for r := range n {
					x[r*step.along+c*step.across] -= tau[i] * product * v[r]
				}
			}
		}
	}
	return x
}

// TestTridiagonal: the reflections take the tridiagonal matrix back to the one given,
// of which nothing below the diagonal was read, whatever its scale, and where rows
// have nothing to reflect.
func TestTridiagonal(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(31, 1))
		var reduction Tridiagonal
		for _, n := range []int{1, 2, 3, 4, 5, 32, 33, 66, 203} {
			for _, kind := range []string{"random", "tiny", "large", "zero", "blocks", "tridiagonal"} {
				if n > 100 && kind != "random" && kind != "tiny" {
					continue
				}
				scale := map[string]float64{"tiny": 1e-160, "large": 1e160, "zero": 0}[kind]
				if kind == "random" || scale == 0 && kind != "zero" {
					scale = 1
				}
				whole, a := upperOnly(rng, n, scale)
				for i := range n {
					for j := i + 1; j < n; j++ {
						if kind == "blocks" && i/3 != j/3 || kind == "tridiagonal" && j > i+1 {
							whole[i*n+j], whole[j*n+i], a[i*n+j] = 0, 0, 0
						}
					}
				}
				d, e, tau := make([]float64, n), make([]float64, n-1), make([]float64, n-1)
				if err := reduction.Reduce(t.Context(), n, a, d, e, tau); err != nil {
					t.Fatal(err)
				}
				got := reflected(n, a, d, e, tau)
				for i := range n {
					for j := range i {
						if !math.IsNaN(a[i*n+j]) {
							t.Fatalf("%s, n = %d: entry %d, %d below the diagonal was overwritten", kind, n, i, j)
						}
					}
				}
				for i := range got {
					if !(math.Abs(got[i]-whole[i]) <= 1e-14*float64(n)*scale) {
						t.Fatalf("%s, n = %d: entry %d, %d is %g, want %g", kind, n, i/n, i%n, got[i], whole[i])
					}
				}
			}
		}
	})
}

// TestTridiagonalBits: any number of cores gives the same bits.
func TestTridiagonalBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const n = 331
	var want []float64
	for _, cores := range []int{1, 2, 3, 7} {
		runtime.GOMAXPROCS(cores)
		_, a := upperOnly(rand.New(rand.NewPCG(32, 1)), n, 1)
		got := make([]float64, 3*n)
		if err := new(Tridiagonal).Reduce(t.Context(), n, a, got[:n], got[n:2*n-1], got[2*n:3*n-1]); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("with %d cores other bits than with one", cores)
		}
	}
}

// TestTridiagonalEnds: the context is looked at before every row.
func TestTridiagonalEnds(t *testing.T) {
	const n = 300
	for _, at := range []int{0, 1, 150, n - 1} {
		_, a := upperOnly(rand.New(rand.NewPCG(33, 1)), n, 1)
		ctx := contexttest.EndingAfter(t.Context(), at)
		d, e, tau := make([]float64, n), make([]float64, n-1), make([]float64, n-1)
		if err := new(Tridiagonal).Reduce(ctx, n, a, d, e, tau); !errors.Is(err, context.Canceled) || ctx.Left() != -1 {
			t.Errorf("after %d rows: %v, %d looks left", at, err, ctx.Left())
		}
	}
}

package dense

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// versions runs a test with every version of the loops that this machine has.
// Later entries come from the files for a processor.
var versions = map[string]func(){"plain Go": usePlain}

func usePlain() {
	kernels = plainGo
	single, double = kernel[float32]{4, 4, microPlain[float32]}, kernel[float64]{4, 4, microPlain[float64]}
	rows4, packRows, packRuns, substitute = rows4Plain, packRowsPlain, packRunsPlain, substitutePlain
	softmax, softmaxBackward, gelu, geluBackward = softmaxPlain, softmaxBackwardPlain, geluPlain, geluBackwardPlain
	layerNorm, layerNormBackward, adam, add = layerNormPlain, layerNormBackwardPlain, adamPlain, addPlain
}

func withVersions(t *testing.T, test func(t *testing.T)) {
	for name, use := range versions {
		t.Run(name, func(t *testing.T) {
			before := kernels
			defer func() { versions[before]() }()
			use()
			test(t)
		})
	}
}

func random[F Float](rng *rand.Rand, n int) []F {
	xs := make([]F, n)
	for i := range xs {
		xs[i] = F(rng.NormFloat64())
	}
	return xs
}

// TestMul compares products with the definition, in float64, over shapes at and
// around the edges of tiles and stretches, all four ways of transposing, views
// within larger matrices, and with what was in C before.
func TestMul(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		testMul[float32](t, 2e-6)
		testMul[float64](t, 4e-15)
	})
}

func testMul[F Float](t *testing.T, tolerance float64) {
	rng := rand.New(rand.NewPCG(1, 1))
	var w Work[F]
	var p Panels[F]
	for _, shape := range [][3]int{{1, 1, 1}, {6, 16, 3}, {12, 32, 256}, {13, 33, 257}, {5, 7, 600}, {101, 64, 101}, {37, 15, 5}, {64, 192, 40}} {
		m, n, k := shape[0], shape[1], shape[2]
		for way := range 8 {
			view := func(rows, cols int, transposed bool) View[F] {
				stride := cols + 3
				if transposed {
					return Matrix(random[F](rng, cols*(rows+3)), cols, rows, rows+3).T()
				}
				return Matrix(random[F](rng, rows*stride), rows, cols, stride)
			}
			a, b := view(m, k, way&1 > 0), view(k, n, way&2 > 0)
			ldc := n + 2
			c := random[F](rng, m*ldc)
			want := slices.Clone(c)
			add := way&4 > 0
			for i := range m {
				for j := range n {
					var sum float64
					for r := range k {
						sum += float64(a.Data[i*a.RowStride+r*a.ColStride]) * float64(b.Data[r*b.RowStride+j*b.ColStride])
					}
					if add {
						sum += float64(c[i*ldc+j])
					}
					want[i*ldc+j] = F(sum)
				}
			}
			p.Pack(b)
			w.Mul(Matrix(c, m, n, ldc), a, &p, add)
			scale := math.Sqrt(float64(k)) + 4
			for i, x := range c { // what lies between the rows must be as it was
				if math.Abs(float64(x-want[i])) > tolerance*scale {
					t.Fatalf("%d x %d x %d, way %d: entry %d is %v, want %v", m, n, k, way, i, x, want[i])
				}
			}
		}
	}
}

// TestMulPart: a part of B's rows and its first columns give what the full product
// with zeros in A gives.
func TestMulPart(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 5))
		var w Work[float32]
		var p Panels[float32]
		const m, n, k = 14, 70, 600
		p.Pack(Matrix(random[float32](rng, k*n), k, n, n))
		for _, rows := range [][2]int{{0, 1}, {0, 256}, {3, 259}, {255, 257}, {300, 600}, {512, 600}} {
			a := make([]float32, m*k)
			for i := range m {
				copy(a[i*k+rows[0]:i*k+rows[1]], random[float32](rng, rows[1]-rows[0]))
			}
			want := make([]float32, m*n)
			w.Mul(Matrix(want, m, n, n), Matrix(a, m, k, k), &p, false)
			for _, cols := range []int{1, 16, 33, 70} {
				part := p.Rows(rows[0], rows[1])
				got := make([]float32, m*cols)
				w.Mul(Matrix(got, m, cols, cols), Matrix(a[rows[0]:], m, rows[1]-rows[0], k), &part, false)
				for i := range m {
					near(t, fmt.Sprint(rows, cols), got[i*cols:(i+1)*cols], wide(want[i*n:i*n+cols]), 1e-6)
				}
			}
		}
	})
}

func TestMulWrongShapes(t *testing.T) {
	var p Panels[float32]
	p.Pack(Matrix(make([]float32, 6), 2, 3, 3))
	for name, call := range map[string]func(){
		"inner": func() {
			new(Work[float32]).Mul(Matrix(make([]float32, 6), 2, 3, 3), Matrix(make([]float32, 6), 2, 3, 3), &p, false)
		},
		"short": func() {
			new(Work[float32]).Mul(Matrix(make([]float32, 5), 2, 3, 3), Matrix(make([]float32, 4), 2, 2, 2), &p, false)
		},
		"view": func() { new(Panels[float32]).Pack(Matrix(make([]float32, 5), 2, 3, 3)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

// near fails unless got is want to a relative error, of the largest entry.
func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	var largest float64
	for _, x := range want {
		largest = max(largest, math.Abs(x))
	}
	for i := range want {
		if !(math.Abs(float64(got[i])-want[i]) <= tolerance*largest) {
			t.Errorf("%s: entry %d of %d is %v, want %v", what, i, len(want), got[i], want[i])
			return
		}
	}
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

var lengths = []int{1, 3, 8, 16, 21, 64, 104}

func TestSoftmax(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(2, 2))
		for _, n := range lengths {
			const scale = 0.7
			x := random[float32](rng, n)
			for i := range x {
				x[i] *= 30
			}
			if n > 8 {
				x[n-1] = float32(math.Inf(-1))
			}
			want := make([]float64, n)
			var sum float64
			for i, v := range x {
				want[i] = math.Exp(scale * float64(v-slices.Max(x)))
				sum += want[i]
			}
			for i := range want {
				want[i] /= sum
			}
			d := random[float32](rng, n)
			Softmax(x, scale)
			near(t, "softmax", x, want, 1e-6)
			if n > 8 && x[n-1] != 0 {
				t.Errorf("exp(-inf) is %v", x[n-1])
			}
			var dot float64
			for i, p := range want {
				dot += p * float64(d[i])
			}
			back := make([]float64, n)
			for i, p := range want {
				back[i] = scale * p * (float64(d[i]) - dot)
			}
			SoftmaxBackward(d, x, scale)
			for i := range back { // small against the terms that it is made of
				if math.Abs(float64(d[i])-back[i]) > 3e-6 {
					t.Errorf("backward, n = %d: entry %d is %v, want %v", n, i, d[i], back[i])
				}
			}
		}
	})
}

func TestGELU(t *testing.T) {
	f := func(x float64) float64 {
		return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}
	withVersions(t, func(t *testing.T) {
		var x []float32
		for v := float32(-12); v <= 12; v += 0.037 {
			x = append(x, v)
		}
		y, d := make([]float32, len(x)), make([]float32, len(x))
		for i := range d {
			d[i] = 2
		}
		GELU(y, x)
		GELUBackward(d, x)
		for i, v := range x {
			want := f(float64(v))
			if math.Abs(float64(y[i])-want) > 5e-7*(1+math.Abs(want)) {
				t.Errorf("GELU(%v) = %v, want %v", v, y[i], want)
			}
			const h = 1e-5
			slope := (f(float64(v)+h) - f(float64(v)-h)) / h // twice
			if math.Abs(float64(d[i])-slope) > 3e-6 {
				t.Errorf("2 GELU'(%v) = %v, want %v", v, d[i], slope)
			}
		}
		for _, v := range []float32{1e4, -1e4, 3e18, -3e18} {
			in := slices.Repeat([]float32{v}, 9)
			GELU(in, in)
			if want := max(v, 0); in[0] != want && !(math.Abs(float64(in[0])) < 1e-10) || in[8] != in[0] && !(math.Abs(float64(in[8])) < 1e-10) {
				t.Errorf("GELU(%v) = %v, %v", v, in[0], in[8])
			}
		}
	})
}

func TestLayerNorm(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 3))
		for _, n := range lengths[1:] {
			x, w, b, g := random[float32](rng, n), random[float32](rng, n), random[float32](rng, n), random[float32](rng, n)
			x[0] += 5
			loss := func(x, w, b []float64) float64 { // sum of g LayerNorm
				var mean, variance, sum float64
				for _, v := range x {
					mean += v / float64(n)
				}
				for _, v := range x {
					variance += (v - mean) * (v - mean) / float64(n)
				}
				for i, v := range x {
					sum += float64(g[i]) * (w[i]*(v-mean)/math.Sqrt(variance+NormEpsilon) + b[i])
				}
				return sum
			}
			y := make([]float32, n)
			mean, rstd := LayerNorm(y, x, w, b)
			var sum float64
			for i := range y {
				sum += float64(g[i]) * float64(y[i])
			}
			if want := loss(wide(x), wide(w), wide(b)); math.Abs(sum-want) > 1e-5*float64(n) {
				t.Errorf("n = %d: sum %v, want %v", n, sum, want)
			}
			start := random[float32](rng, n)
			dx, dw, db := slices.Clone(start), slices.Clone(start), slices.Clone(start)
			LayerNormBackward(dx, dw, db, g, x, w, mean, rstd)
			for k, grad := range [][]float32{dx, dw, db} {
				args := [][]float64{wide(x), wide(w), wide(b)}
				want := make([]float64, n)
				for i := range n {
					const h = 1e-5
					args[k][i] += h
					up := loss(args[0], args[1], args[2])
					args[k][i] -= 2 * h
					want[i] = (up-loss(args[0], args[1], args[2]))/(2*h) + float64(start[i])
					args[k][i] += h
				}
				near(t, fmt.Sprintf("gradient %d, n = %d", k, n), grad, want, 2e-5)
			}
		}
	})
}

func TestAdamAndAdd(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(4, 4))
		for _, n := range lengths {
			p, m, v, g := random[float32](rng, n), random[float32](rng, n), random[float32](rng, n), random[float32](rng, n)
			for i := range v {
				v[i] *= v[i]
			}
			s := &AdamStep{0.5, 0.9, 0.1, 0.95, 0.05, 1.5, 1e-8, 0.01, 0.999}
			var wantP, wantM, wantV, sum []float64
			for i := range n {
				gi := 0.5 * float64(g[i])
				mi, vi := 0.9*float64(m[i])+0.1*gi, 0.95*float64(v[i])+0.05*gi*gi
				wantM, wantV = append(wantM, mi), append(wantV, vi)
				wantP = append(wantP, 0.999*float64(p[i])-0.01*mi/(math.Sqrt(1.5*vi)+1e-8))
				sum = append(sum, float64(g[i])+wantP[i])
			}
			Adam(p, m, v, g, s)
			near(t, "p", p, wantP, 1e-6)
			near(t, "m", m, wantM, 1e-6)
			near(t, "v", v, wantV, 1e-6)
			Add(p, g)
			near(t, "sum", p, sum, 1e-6)
		}
	})
}

// TestNaN: a number that is lost stays lost, in a lane and in a tail.
func TestNaN(t *testing.T) {
	nan := float32(math.NaN())
	withVersions(t, func(t *testing.T) {
		for _, n := range []int{16, 19} {
			for at := range n {
				x := slices.Repeat([]float32{0.5}, n)
				x[at] = nan
				ones, y := slices.Repeat([]float32{1}, n), make([]float32, n)
				if GELU(y, x); y[at] == y[at] {
					t.Errorf("GELU hides NaN at %d of %d", at, n)
				}
				if LayerNorm(y, x, ones, ones); y[0] == y[0] {
					t.Errorf("LayerNorm hides NaN at %d of %d", at, n)
				}
				if Softmax(x, 1); x[0] == x[0] && x[at] == x[at] {
					t.Errorf("softmax hides NaN at %d of %d", at, n)
				}
			}
		}
	})
}

func BenchmarkMul(b *testing.B) {
	for _, shape := range [][3]int{{404, 64, 64}, {404, 256, 64}, {404, 64, 256}, {404, 1024, 256}, {256, 1024, 404}, {101, 101, 32}, {101, 32, 101}} {
		m, n, k := shape[0], shape[1], shape[2]
		for name, use := range versions {
			b.Run(fmt.Sprintf("%dx%dx%d/%s", m, n, k, name), func(b *testing.B) {
				before := kernels
				defer func() { versions[before]() }()
				use()
				var p Panels[float32]
				var w Work[float32]
				rng := rand.New(rand.NewPCG(1, 1))
				a, c := Matrix(random[float32](rng, m*k), m, k, k), Matrix(make([]float32, m*n), m, n, n)
				p.Pack(Matrix(random[float32](rng, k*n), k, n, n))
				b.ReportAllocs()
				for b.Loop() {
					w.Mul(c, a, &p, true)
				}
				b.ReportMetric(2*float64(m*n*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gflop/s")
			})
		}
	}
}

func BenchmarkVectors(b *testing.B) {
	const n = 1024
	rng := rand.New(rand.NewPCG(1, 1))
	x, y, w, v := random[float32](rng, n), random[float32](rng, n), random[float32](rng, n), make([]float32, n)
	s := &AdamStep{0.5, 0.9, 0.1, 0.95, 0.05, 1.5, 1e-8, 1e-9, 1}
	for what, run := range map[string]func(){
		"softmax":   func() { Softmax(y, 1) },
		"GELU":      func() { GELU(y, x) },
		"GELUback":  func() { copy(y, x); GELUBackward(y, x) },
		"norm":      func() { LayerNorm(y, x, w, w) },
		"norm back": func() { copy(y, x); LayerNormBackward(y, v, v, x, x, w, 0, 1) },
		"adam":      func() { Adam(w, y, v, x, s) },
	} {
		for name, use := range versions {
			b.Run(what+"/"+name, func(b *testing.B) {
				before := kernels
				defer func() { versions[before]() }()
				use()
				for b.Loop() {
					run()
				}
				b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/n, "ns/number")
			})
		}
	}
}

package dense

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	gonumblas "gonum.org/v1/gonum/blas/gonum"
	gonumlapack "gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// stored returns a random matrix with rows stride apart and NaN between them, which
// nobody may read.
func stored(rng *rand.Rand, rows, cols, stride int) []float64 {
	x := make([]float64, max(0, (rows-1)*stride+cols))
	for i := range x {
		x[i] = math.NaN()
		if i%stride < cols {
			x[i] = rng.NormFloat64()
		}
	}
	return x
}

// agree fails unless x is want to a tolerance that grows with the number of terms,
// NaN in the same places.
func agree(t *testing.T, what string, x, want []float64, terms int) {
	t.Helper()
	for i := range want {
		if math.IsNaN(x[i]) && math.IsNaN(want[i]) {
			continue
		}
		if !(math.Abs(x[i]-want[i]) <= 1e-14*float64(terms+4)) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, x[i], want[i])
		}
	}
}

var sizes = []int{0, 1, 3, 4, 5, 11, 12, 13, 16, 17, 31, 33, 64, 65, 100, 129, 193, 257, 300}

func pick[T any](rng *rand.Rand, from ...T) T { return from[rng.IntN(len(from))] }

// TestDgemm compares products with gonum's over random shapes, all ways of
// transposing, strides, alpha and beta.
func TestDgemm(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 1))
		for range 150 {
			m, n, k := pick(rng, sizes...), pick(rng, sizes...), pick(rng, sizes...)
			tA, tB := pick(rng, blas.NoTrans, blas.Trans), pick(rng, blas.NoTrans, blas.Trans, blas.ConjTrans)
			alpha, beta := pick(rng, 0.0, 1, -1, 0.5), pick(rng, 0.0, 1, -2, 0.25)
			stored := func(t blas.Transpose, rows, cols int) ([]float64, int) {
				if t != blas.NoTrans {
					rows, cols = cols, rows
				}
				stride := max(1, cols+rng.IntN(3))
				return stored(rng, rows, cols, stride), stride
			}
			a, lda := stored(tA, m, k)
			b, ldb := stored(tB, k, n)
			c, ldc := stored(blas.NoTrans, m, n)
			if beta == 0 {
				for i := range c {
					c[i] = math.NaN() // not read
				}
			}
			want := slices.Clone(c)
			gonumblas.Implementation{}.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc)
			BLAS{}.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
			agree(t, fmt.Sprint(tA, tB, m, n, k, alpha, beta), c, want, k)
		}
	})
}

// TestDgemmExact holds entries of a product against their sums in exact arithmetic
// and the bound that certificates rest on, gamma_(k+1) times the sum of magnitudes.
func TestDgemmExact(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(12, 1))
		for _, shape := range [][3]int{{13, 17, 5}, {29, 40, 256}, {12, 16, 700}, {65, 33, 1300}} {
			m, n, k := shape[0], shape[1], shape[2]
			a, b, c := make([]float64, m*k), make([]float64, k*n), make([]float64, m*n)
			for _, x := range [][]float64{a, b, c} {
				for i := range x { // of very different size, so that the order of summation tells
					x[i] = math.Ldexp(rng.NormFloat64(), rng.IntN(40)-20)
				}
			}
			got := slices.Clone(c)
			BLAS{}.Dgemm(blas.NoTrans, blas.NoTrans, m, n, k, -1, a, k, b, n, 1, got, n)
			u := float64(k+1) * 0x1p-53
			for range 60 {
				i, j := rng.IntN(m), rng.IntN(n)
				sum := new(big.Float).SetPrec(2000).SetFloat64(c[i*n+j])
				magnitude := math.Abs(c[i*n+j])
				for r := range k {
					x, y := new(big.Float).SetPrec(2000).SetFloat64(a[i*k+r]), new(big.Float).SetPrec(2000).SetFloat64(b[r*n+j])
					sum.Sub(sum, x.Mul(x, y))
					magnitude += math.Abs(a[i*k+r] * b[r*n+j])
				}
				sum.Sub(sum, new(big.Float).SetFloat64(got[i*n+j]))
				if e, _ := sum.Float64(); math.Abs(e) > u/(1-u)*magnitude {
					t.Errorf("%v: entry %d, %d has an error of %g, above %g", shape, i, j, e, u/(1-u)*magnitude)
				}
			}
		}
	})
}

// TestBLASNotANumber: what is not a number is not hidden by a zero beside it.
func TestBLASNotANumber(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		const n = 40
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			for _, at := range []int{0, 17*n + 5, n*n - 1} {
				a, b, c := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
				b[at] = bad
				BLAS{}.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, a, n, b, n, 0, c, n)
				for i := range c {
					if (i%n == at%n) != math.IsNaN(c[i]) {
						t.Fatalf("B has %v at %d, the product has %v at %d", bad, at, c[i], i)
					}
				}
				BLAS{}.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 0, a, n, b, n, 0, c, n)
				if c[at] != 0 {
					t.Errorf("0 A B is %v", c[at])
				}
			}
		}
	})
}

// TestSymmetricProducts compares Dsyrk, Dsyr2k and Dsymm with gonum's; the other
// triangle must not be read or written.
func TestSymmetricProducts(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 1))
		for range 120 {
			n, k := pick(rng, sizes...), pick(rng, sizes...)
			ul, tr := pick(rng, blas.Upper, blas.Lower), pick(rng, blas.NoTrans, blas.Trans)
			alpha, beta := pick(rng, 0.0, 1, -1, 0.5), pick(rng, 0.0, 1, -2)
			rows, cols := n, k
			if tr == blas.Trans {
				rows, cols = k, n
			}
			lda := max(1, cols+rng.IntN(3))
			a, b := stored(rng, rows, cols, lda), stored(rng, rows, cols, lda)
			ldc := n + 1
			c := stored(rng, n, n, ldc)
			for i := range n {
				for j := range n {
					if ul == blas.Upper && j < i || ul == blas.Lower && j > i {
						c[i*ldc+j] = math.NaN()
					}
				}
			}
			what := fmt.Sprint(string(ul), string(tr), n, k, alpha, beta)
			got, want := slices.Clone(c), slices.Clone(c)
			BLAS{}.Dsyrk(ul, tr, n, k, alpha, a, lda, beta, got, ldc)
			gonumblas.Implementation{}.Dsyrk(ul, tr, n, k, alpha, a, lda, beta, want, ldc)
			agree(t, "Dsyrk "+what, got, want, k)
			got, want = slices.Clone(c), slices.Clone(c)
			BLAS{}.Dsyr2k(ul, tr, n, k, alpha, a, lda, b, lda, beta, got, ldc)
			gonumblas.Implementation{}.Dsyr2k(ul, tr, n, k, alpha, a, lda, b, lda, beta, want, ldc)
			agree(t, "Dsyr2k "+what, got, want, 2*k)

			side, m, l := blas.Left, n, k
			if rng.IntN(2) == 0 {
				side, m, l = blas.Right, k, n
			}
			ldb := max(1, l+rng.IntN(3))
			x, y := stored(rng, m, l, ldb), stored(rng, m, l, ldb)
			want = slices.Clone(y)
			BLAS{}.Dsymm(side, ul, m, l, alpha, c, ldc, x, ldb, beta, y, ldb)
			gonumblas.Implementation{}.Dsymm(side, ul, m, l, alpha, c, ldc, x, ldb, beta, want, ldb)
			agree(t, fmt.Sprint("Dsymm ", string(side), what), y, want, n)
		}
	})
}

// TestTriangular compares Dtrmm and Dtrsm with gonum's.
func TestTriangular(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(14, 1))
		for range 200 {
			n, across := pick(rng, sizes...), pick(rng, sizes...)
			side, ul := pick(rng, blas.Left, blas.Right), pick(rng, blas.Upper, blas.Lower)
			tr, diag := pick(rng, blas.NoTrans, blas.Trans), pick(rng, blas.Unit, blas.NonUnit)
			alpha := pick(rng, 0.0, 1, -2, 0.5)
			lda := n + 1
			a := stored(rng, n, n, lda)
			for i := range n {
				for j := range n {
					switch {
					case i == j:
						a[i*lda+j] = 1 + rng.Float64()
						if diag == blas.Unit {
							a[i*lda+j] = math.NaN() // not read
						}
					case ul == blas.Upper && j < i, ul == blas.Lower && j > i:
						a[i*lda+j] = math.NaN()
					default:
						a[i*lda+j] /= float64(n) // well conditioned
					}
				}
			}
			rows, cols := n, across
			if side == blas.Right {
				rows, cols = across, n
			}
			ldb := max(1, cols+rng.IntN(3))
			b := stored(rng, rows, cols, ldb)
			what := fmt.Sprint(string(side), string(ul), string(tr), string(diag), rows, cols, alpha)
			got, want := slices.Clone(b), slices.Clone(b)
			BLAS{}.Dtrmm(side, ul, tr, diag, rows, cols, alpha, a, lda, got, ldb)
			gonumblas.Implementation{}.Dtrmm(side, ul, tr, diag, rows, cols, alpha, a, lda, want, ldb)
			agree(t, "Dtrmm "+what, got, want, n)
			got, want = slices.Clone(b), slices.Clone(b)
			BLAS{}.Dtrsm(side, ul, tr, diag, rows, cols, alpha, a, lda, got, ldb)
			gonumblas.Implementation{}.Dtrsm(side, ul, tr, diag, rows, cols, alpha, a, lda, want, ldb)
			agree(t, "Dtrsm "+what, got, want, n)
		}
	})
}

// TestDsymv compares with gonum's, over strides of all three.
func TestDsymv(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(18, 1))
		for range 100 {
			n, ul := pick(rng, append(sizes, 399, 400, 403, 811)...), pick(rng, blas.Upper, blas.Lower)
			alpha, beta := pick(rng, 0.0, 1, -2), pick(rng, 0.0, 1, -0.5)
			lda, incX, incY := n+1, 1+rng.IntN(3), 1+rng.IntN(3)
			a := stored(rng, n, n, lda)
			for i := range n {
				for j := range n {
					if ul == blas.Upper && j < i || ul == blas.Lower && j > i {
						a[i*lda+j] = math.NaN()
					}
				}
			}
			x, y := stored(rng, n, 1, incX), stored(rng, n, 1, incY)
			if beta == 0 {
				for i := range y {
					y[i] = math.NaN()
				}
			}
			want := slices.Clone(y)
			gonumblas.Implementation{}.Dsymv(ul, n, alpha, a, lda, x, incX, beta, want, incY)
			BLAS{}.Dsymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
			agree(t, fmt.Sprint(string(ul), n, alpha, beta, incX, incY), y, want, n)
		}
	})
}

// positive returns a random positive definite matrix.
func positive(rng *rand.Rand, n, stride int) []float64 {
	x := stored(rng, n, n, n)
	a := make([]float64, n*stride)
	gonumblas.Implementation{}.Dgemm(blas.NoTrans, blas.Trans, n, n, n, 1/float64(n), x, n, x, n, 0, a, stride)
	for i := range n {
		a[i*stride+i] += 0.1
	}
	return a
}

// TestDpotrf: the factor is gonum's to rounding and multiplies back to the matrix
// within the bound of Rump's check of definiteness; what is not definite is refused.
func TestDpotrf(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(15, 1))
		for _, n := range []int{1, 20, 48, 49, 96, 97, 130, 301} {
			for _, ul := range []blas.Uplo{blas.Upper, blas.Lower} {
				lda := n + 2
				a := positive(rng, n, lda)
				got, want := slices.Clone(a), slices.Clone(a)
				if !(LAPACK{}).Dpotrf(ul, n, got, lda) || !(gonumlapack.Implementation{}).Dpotrf(ul, n, want, lda) {
					t.Fatalf("n = %d: refused", n)
				}
				agree(t, fmt.Sprint(string(ul), n), got, want, 30*n)
				back := func(i, j int) (sum float64) {
					for k := range min(i, j) + 1 {
						if ul == blas.Upper {
							sum = math.FMA(got[k*lda+i], got[k*lda+j], sum)
						} else {
							sum = math.FMA(got[i*lda+k], got[j*lda+k], sum)
						}
					}
					return sum
				}
				u := 2 * float64(n+2) * 0x1p-53 // of the factor, and of back itself
				for i := range n {
					for j := range n {
						if e := math.Abs(back(i, j) - a[i*lda+j]); e > u*math.Sqrt(a[i*lda+i]*a[j*lda+j]) {
							t.Fatalf("n = %d: LL' differs by %g at %d, %d", n, e, i, j)
						}
					}
				}
				for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1} {
					at := rng.IntN(n)
					broken := slices.Clone(a)
					broken[at*lda+at] = bad
					if bad > 0 { // beside the diagonal an infinity is enough
						other := rng.IntN(n)
						if other == at {
							continue
						}
						broken = slices.Clone(a)
						broken[at*lda+other], broken[other*lda+at] = bad, bad
					}
					if (LAPACK{}).Dpotrf(ul, n, broken, lda) {
						t.Errorf("n = %d: %v at %d passes for definite", n, bad, at)
					}
				}
			}
		}
	})
}

// TestCores: the bits do not depend on the number of cores.
func TestCores(t *testing.T) {
	withVersions(t, func(t *testing.T) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
		var want []float64
		for _, cores := range []int{1, 2, 3, 7} {
			runtime.GOMAXPROCS(cores)
			rng := rand.New(rand.NewPCG(16, 1))
			const m, n, k = 211, 307, 290
			a, b, c := stored(rng, m, k, k), stored(rng, k, n, n), stored(rng, m, n, n)
			BLAS{}.Dgemm(blas.NoTrans, blas.NoTrans, m, n, k, 0.5, a, k, b, n, 2, c, n)
			got := slices.Clone(c)
			for _, ul := range []blas.Uplo{blas.Upper, blas.Lower} {
				spd := positive(rand.New(rand.NewPCG(17, 1)), 333, 333)
				LAPACK{}.Dpotrf(ul, 333, spd, 333)
				got = append(got, spd...)
				const n = 523
				square, product := stored(rng, n, n, n), make([]float64, n)
				BLAS{}.Dsymv(ul, n, 1, square, n, square, 1, 0, product, 1)
				got = append(got, product...)
			}
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("with %d cores other bits than with one", cores)
			}
		}
	})
}

// TestUse: without vector instructions gonum stays as it is, with them it goes.
func TestUse(t *testing.T) {
	defer blas64.Use(gonumblas.Implementation{})
	defer lapack64.Use(gonumlapack.Implementation{})
	withVersions(t, func(t *testing.T) {
		blas64.Use(gonumblas.Implementation{})
		Use()
		_, ours := blas64.Implementation().(BLAS)
		if ours != (kernels != plainGo) {
			t.Errorf("with %s gonum's BLAS is %T", kernels, blas64.Implementation())
		}
	})
}

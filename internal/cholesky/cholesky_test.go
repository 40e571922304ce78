package cholesky

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

func ExampleFactorise() {
	A := blas64.Symmetric{Uplo: blas.Upper, N: 2, Stride: 2, Data: []float64{4, 2, 0, 5}}
	ok, err := Factorise(context.Background(), A)
	fmt.Println(ok, err, A.Data)
	// Output: true <nil> [2 1 0 2]
}

// A factorisation by panels gives the matrix back and leaves the other triangle alone; it
// tells what is not definite, and can be interrupted.
func TestFactorise(t *testing.T) {
	for _, n := range []int{1, width - 1, width, width + 1, 2*width + 70} {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		F := mat.NewDense(n, n, nil)
		F.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, F)
		var S mat.Dense
		S.Mul(F, F.T())
		for i := range n {
			S.Set(i, i, S.At(i, i)+1)
		}
		for _, uplo := range []blas.Uplo{blas.Upper, blas.Lower} {
			inside := func(i, k int) bool { return uplo == blas.Upper && i <= k || uplo == blas.Lower && i >= k }
			A := mat.NewDense(n, n, nil) // 7 in the other triangle
			A.Apply(func(i, k int, _ float64) float64 {
				if inside(i, k) {
					return S.At(i, k)
				}
				return 7
			}, A)
			indefinite := mat.DenseCopyOf(A)
			factorise := func(A *mat.Dense, ctx context.Context) (bool, error) {
				return Factorise(ctx, blas64.Symmetric{Uplo: uplo, N: n, Stride: n, Data: A.RawMatrix().Data})
			}
			if ok, err := factorise(A, t.Context()); !ok || err != nil {
				t.Fatalf("n = %d: %v, %v", n, ok, err)
			}
			factor := mat.NewDense(n, n, nil)
			factor.Apply(func(i, k int, x float64) float64 {
				if inside(i, k) {
					return x
				}
				if x != 7 {
					t.Fatalf("n = %d: the other triangle has become %v", n, x)
				}
				return 0
			}, A)
			var back mat.Dense
			if back.Mul(factor.T(), factor); uplo == blas.Lower {
				back.Reset()
				back.Mul(factor, factor.T())
			}
			if !mat.EqualApprox(&back, &S, 1e-12*float64(n)) {
				t.Errorf("n = %d: the factor is not that of the matrix", n)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := factorise(A, ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("n = %d: a cancelled context gave %v", n, err)
			}
			indefinite.Set(n-1, n-1, -1)
			if ok, err := factorise(indefinite, t.Context()); ok || err != nil {
				t.Errorf("n = %d: an indefinite matrix gave %v, %v", n, ok, err)
			}
		}
	}
}

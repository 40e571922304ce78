package relax

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// The basis of more rows than fit a panel is orthonormal and spans the rows; it ends
// with the context.
func TestOrthonormalPanels(t *testing.T) {
	const rows, length = 2*panel + 37, 3*panel + 5
	r := rand.New(rand.NewPCG(1, 2))
	given := mat.NewDense(rows, length, gaussians(r, rows*length))
	fill := func(k int, row []float64) { copy(row, given.RawRowView(k)) }
	B := orthonormal(context.Background(), rows, length, fill)
	Q := mat.NewDense(rows, length, B.Data)
	var gram, along, back mat.Dense
	gram.Mul(Q, Q.T())
	for i := range rows {
		gram.Set(i, i, gram.At(i, i)-1)
	}
	along.Mul(given, Q.T())
	back.Mul(&along, Q)
	back.Sub(&back, given)
	if off, left := mat.Norm(&gram, math.Inf(1)), mat.Norm(&back, math.Inf(1)); off > orthogonality || left > 1e-9 {
		t.Errorf("BB' - I is %g, and %g of the rows is left", off, left)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if B := orthonormal(ctx, rows, length, fill); B.Rows != rows {
		t.Errorf("%d rows", B.Rows)
	}
}

// A basis of many rows is given up where the context ends: at any row, panel of products or
// panel of the factor.
func TestOrthonormalIsInterrupted(t *testing.T) {
	const rows, length = 40, 60
	fill := func(k int, row []float64) {
		for i := range row {
			row[i] = math.Sin(float64(i*(k+1)) + float64(k))
		}
	}
	whole := orthonormal(t.Context(), rows, length, fill)
	var gram mat.Dense
	B := mat.NewDense(rows, length, whole.Data)
	if gram.Mul(B, B.T()); !mat.EqualApprox(&gram, identity(rows), orthogonality) {
		t.Fatal("the rows are not orthonormal")
	}
	ctx, cancel := context.WithCancel(t.Context())
	filled := 0
	orthonormal(ctx, rows, length, func(k int, row []float64) {
		fill(k, row)
		if filled++; filled == 10 {
			cancel()
		}
	})
	if filled != 10 {
		t.Errorf("%d rows were made, and the context had ended after 10", filled)
	}
	if _, err := factorise(ctx, blas64.Symmetric{Uplo: blas.Upper, N: 1, Stride: 1, Data: []float64{1}}); !errors.Is(err, context.Canceled) {
		t.Errorf("the factor of an ended context: %v", err)
	}
	if condition, err := factorise(t.Context(), blas64.Symmetric{Uplo: blas.Upper, N: 2, Stride: 2, Data: []float64{1, 2, 0, 1}}); !math.IsInf(condition, 1) || err != nil {
		t.Errorf("an indefinite matrix has the condition %v, %v", condition, err)
	}
}

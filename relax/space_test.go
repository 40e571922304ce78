package relax

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

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

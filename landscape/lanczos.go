package landscape

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"markovicl/internal/eigen"
)

// lanczosBlock is how many vectors largestEigenvalue multiplies at once. What limits it is
// reading the matrix, which a block does once, and eigenvalues close to the largest hold it
// up only where there are more of them than that.
const lanczosBlock = 4

// largestEigenvalue returns the largest eigenvalue of a symmetric positive
// definite operator by the block Lanczos method from start vectors ([n, p]), every
// new vector made orthogonal to all before. multiply replaces vectors ([n, p]) by the
// operator's images.
func largestEigenvalue(ctx context.Context, start *mat.Dense, multiply func(x *mat.Dense)) (float64, error) {
	n, p := start.Dims()
	const accuracy, close = 1e-10, 1e-13 // relative: of a bound, and of what is usual
	const most, looks = 300, 5           // blocks in all, and from one look at the result to the next
	var basis [][]float64
	// orthogonal appends what v adds to the basis, if it is more than rounding, and returns
	// its coefficients there.
	orthogonal := func(v []float64) (along []float64) {
		size := floats.Norm(v, 2)
		along = make([]float64, len(basis), len(basis)+1)
		for range 2 { // twice is enough (Kahan and Parlett)
			for i, u := range basis {
				c := floats.Dot(v, u)
				floats.AddScaled(v, -c, u)
				along[i] += c
			}
		}
		if norm := floats.Norm(v, 2); norm > float64(n)*unitRoundoff*size {
			floats.Scale(1/norm, v)
			basis = append(basis, v)
			along = append(along, norm)
		}
		return along
	}
	for c := range p {
		orthogonal(mat.Col(nil, c, start))
	}
	var columns [][]float64 // of the operator in the basis
	for step := 1; ; step++ {
		done := len(columns)
		block := mat.NewDense(n, len(basis)-done, nil)
		for c, u := range basis[done:] {
			block.SetCol(c, u)
		}
		multiply(block)
		for c := range len(basis) - done {
			columns = append(columns, orthogonal(mat.Col(nil, c, block)))
		}
		if whole := len(columns) == len(basis); whole || step < looks || step%looks == 0 {
			value, gap, residual, err := ritz(ctx, columns)
			if err != nil {
				return 0, err
			}
			// The error is at most the residual, and its square over the distance of the next
			// eigenvalue (Parlett 1998, section 11.7), which is as well known.
			if residual <= accuracy*value || residual*residual <= close*value*gap || whole {
				return value, nil
			}
		}
		if step == most {
			return 0, fmt.Errorf("it did not converge in %d steps", most)
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
	}
}

// ritz returns the largest eigenvalue of an operator on the space of the first vectors of
// a basis, its distance from the next, and the norm of its residual, given their images'
// coefficients in the basis.
func ritz(ctx context.Context, columns [][]float64) (value, gap, residual float64, err error) {
	m := len(columns)
	minus := make([]float64, m*m)
	for k, column := range columns {
		for i, x := range column[:k+1] {
			minus[i*m+k], minus[k*m+i] = -x, -x
		}
	}
	if size := floats.Norm(minus, 1); math.IsNaN(size) || math.IsInf(size, 0) {
		return 0, 0, 0, errors.New("its matrix holds numbers that are not finite")
	}
	wanted := min(m, 2)
	values, vectors, _, err := eigen.New(m).Lowest(ctx, minus, func([]float64) int { return wanted })
	if err != nil {
		return 0, 0, 0, err
	}
	outside := make([]float64, max(m, len(columns[m-1])))
	for k, column := range columns {
		for i := m; i < len(column); i++ {
			outside[i] += column[i] * vectors[k*wanted]
		}
	}
	return -values[0], values[wanted-1] - values[0], floats.Norm(outside[m:], 2), nil
}

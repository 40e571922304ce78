package eigen_test

import (
	"context"
	"fmt"

	"markovicl/internal/eigen"
)

// The eigenvalues below 2 of a chain of springs.
func ExampleSolver_Below() {
	S := []float64{
		2, -1, 0,
		-1, 2, -1,
		0, -1, 2,
	}
	values, _, _, err := eigen.New(3).Below(context.Background(), S, 1.9)
	fmt.Printf("%.6f %v\n", values, err)
	// Output: [0.585786] <nil>
}

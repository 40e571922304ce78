package dense_test

import (
	"fmt"

	"markovicl/internal/dense"
)

// A product with a matrix that is packed once, and one with its transpose.
func ExampleWork_Mul() {
	b := dense.Matrix([]float64{
		1, 2, 3,
		4, 5, 6,
	}, 2, 3, 3)
	var packed, transposed dense.Panels[float64]
	packed.Pack(b)
	transposed.Pack(b.T())

	var work dense.Work[float64]
	a := dense.Matrix([]float64{1, 10}, 1, 2, 2)
	c := dense.Matrix(make([]float64, 3), 1, 3, 3)
	work.Mul(c, a, &packed, false)
	fmt.Println(c.Data)

	d := dense.Matrix(make([]float64, 2), 1, 2, 2)
	work.Mul(d, c, &transposed, false) // a B B'
	fmt.Println(d.Data)
	// Output:
	// [41 52 63]
	// [334 802]
}

package momenttest_test

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment/momenttest"
)

// The least loss of a random form, at HX = h, is 1.
func ExampleRandom() {
	form := momenttest.Random(rand.New(rand.NewPCG(1, 1)), 2, 100)
	var X mat.VecDense
	if err := X.SolveVec(form.H, mat.NewVecDense(len(form.L), form.L)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d numbers, loss %.6f\n", len(form.L), form.Loss(X.RawVector().Data))
	// Output: 12 numbers, loss 1.000000
}

package certificate_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
	"markovicl/moment"
)

// The loss (X_xx - 1)^2 + X_xy^2 + X_yy^2 of d = 1 is 0 for b = (1, 0), A = (1, 0). That
// none is below -1/100 needs little more than W = 0.
func Example() {
	form := &moment.Form{Q: 1, H: mat.NewSymDense(3, []float64{1, 0, 0, 0, 1, 0, 0, 0, 1}), L: []float64{1, 0, 0}, C: 1}
	W := make([]float64, 16)
	// A quarter of the one 2 x 2 minor: N + W is definite then.
	W[0*4+3], W[3*4+0], W[1*4+2], W[2*4+1] = 0.25, 0.25, -0.25, -0.25
	c := certificate.Certificate{Form: form, W: W, Lower: -0.1}
	check, err := c.Check(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s, about %s: no loss is below %.3f\n", check.Bound.Claim, check.About, check.Bound.Value)
	// Output: proven, about the H, h and c in the file: no loss is below -0.067
}

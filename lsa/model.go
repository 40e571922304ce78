package lsa

import (
	"fmt"
	"math"
)

// Model is an LSA of either kind.
type Model interface {
	// Size returns the numbers of layers and heads and D, the number of rows of
	// the prompt matrix; q = D-1.
	Size() (layers, heads, dim int)

	// Parts returns the parameters as views: B and A, or P and Q.
	Parts() [][]float64

	// Like returns a model of the same kind and size, all zero.
	Like() Model

	// NewForward returns a forward pass of the model with memory of its own. It
	// sees later changes of the parameters; it is for one goroutine at a time.
	NewForward() Forward
}

// Forward is a forward pass through the Gram matrix of a prompt. Its methods
// allocate nothing unless they fail; they fail with a *DivergenceError if a
// number is no longer finite.
type Forward interface {
	// Theta returns the vector theta, length q, with which the model predicts
	// theta'u after a context with Gram matrix G, flat [D*D]. The slice is valid
	// until the next call.
	Theta(G []float64) ([]float64, error)

	// Predict returns the prediction for a query with features u, length q,
	// after a context with Gram matrix G, flat [D*D].
	Predict(G, u []float64) (float64, error)
}

// DivergenceError says that a forward pass has left the floating-point numbers.
type DivergenceError struct {
	Layer int // the first layer, from 0, whose output is not finite
}

func (e *DivergenceError) Error() string {
	return fmt.Sprintf("layer %d: the output is not a finite number; the parameters are too large for this depth", e.Layer)
}

// predict returns theta'u.
func predict(f Forward, G, u []float64) (float64, error) {
	theta, err := f.Theta(G)
	if err != nil {
		return 0, err
	}
	if len(u) != len(theta) {
		panic(fmt.Sprintf("lsa: query of %d features for a model with q = %d", len(u), len(theta)))
	}
	return dot(theta, u), nil
}

func finite(xs []float64) bool {
	for _, x := range xs {
		if math.IsNaN(x - x) {
			return false
		}
	}
	return true
}

func dot(x, y []float64) float64 {
	y = y[:len(x)]
	var sum float64
	for i, xi := range x {
		sum += xi * y[i]
	}
	return sum
}

// axpy adds a x to y.
func axpy(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += a * x[i]
	}
}

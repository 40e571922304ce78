package landscape

import (
	"fmt"
	"math"
)

// Discriminant returns X_xy^2 - 4 X_xx X_yy of a point of the enlarged space
// of d = 1 without bias, X in the order (xx, xy, yy). X is phi of some
// parameters exactly if it is not negative (paper, Theorem 3.3). The sign is
// right also where the two terms nearly cancel, unless they underflow.
func Discriminant(X []float64) float64 {
	if len(X) != 3 {
		panic(fmt.Sprintf("landscape: the discriminant of %d numbers; it takes 3", len(X)))
	}
	square, product := X[1]*X[1], 4*X[0]*X[2]
	return (square - product) + (math.FMA(X[1], X[1], -square) - math.FMA(4*X[0], X[2], -product))
}

// atBoundary reports whether the discriminant of a point of d = 1, whose entries
// are near 1 in size, may be negative within the precision: its block may change by
// that in the Frobenius norm, so that xx and yy change by as much and xy, twice an
// entry of the block, by sqrt(2) times it.
func atBoundary(X []float64, precision float64) bool {
	if len(X) != 3 {
		return false
	}
	size := math.Abs(X[0]) + math.Abs(X[1]) + math.Abs(X[2])
	change := 4*precision*size + 6*precision*precision
	return Discriminant(X) <= change+16*unitRoundoff*size*size
}

// QuadraticFactors returns parameters b [2], A [2, 1] with phi(b, A) = X for d = 1
// (paper, Theorem 3.3), and whether there are any: X_xx t^2 + X_xy t + X_yy must
// be the product (b_x t + b_y)(A_x t + A_y) of real factors, which it is exactly
// if its discriminant is not negative. The larger entry of b is 1.
func QuadraticFactors(X []float64) (b, A []float64, ok bool) {
	// A power of two takes X to the size of 1, where nothing underflows.
	var largest float64
	for _, x := range X {
		largest = max(largest, math.Abs(x))
	}
	_, exponent := math.Frexp(largest)
	scaled := make([]float64, len(X))
	for i, x := range X {
		scaled[i] = math.Ldexp(x, -exponent)
	}
	discriminant := Discriminant(scaled)
	if discriminant < 0 {
		return nil, nil, false
	}
	xx, xy, yy := scaled[0], scaled[1], scaled[2]
	// s = -(xy + sign(xy) sqrt(discriminant))/2 loses no digits; the factors are
	// (xx t - s) and (t - yy/s).
	s := -(xy + math.Copysign(math.Sqrt(discriminant), xy)) / 2
	switch {
	case s == 0 && xx != 0: // xy = 0 and xx yy = 0: one square, or nothing
		b, A = []float64{1, 0}, []float64{xx, 0}
	case s == 0:
		b, A = []float64{0, 1}, []float64{0, yy}
	case math.Abs(xx) >= math.Abs(s):
		b, A = []float64{1, -s / xx}, []float64{xx, -xx * yy / s}
	default:
		b, A = []float64{-xx / s, 1}, []float64{-s, yy}
	}
	for i, a := range A {
		A[i] = math.Ldexp(a, exponent)
	}
	return b, A, true
}

package relax

import "gonum.org/v1/gonum/mat"

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

// normalise scales x to norm 1, unless it is zero, and returns its norm.
func normalise(x []float64) float64 {
	norm := mat.Norm(mat.NewVecDense(len(x), x), 2)
	if norm > 0 {
		for i := range x {
			x[i] /= norm
		}
	}
	return norm
}

package landscape

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// A curve is a function v(b) = min_A f(b, A) of the direction of b with its derivatives,
// with room for one b at a time.
type curve interface {
	eval(b []float64) float64
	// Of the latest b:
	gradient() []float64    // [D]
	hessian() *mat.SymDense // [D, D]
	parameters() []float64  // the best A, [D, q] row-major
	point() []float64       // phi(b, A)
}

// descend minimises v from b by Newton's method in a trust region of projective
// space, and leaves the curve at the minimum. It returns v there and the number of
// evaluations.
func descend(p curve, b []float64) (minimum []float64, least float64, evaluations int) {
	const (
		most     = 200
		rounding = 1e-15 // relative: of a value, below which no decrease can be seen
		tiny     = 1e-9  // radius: values at less apart differ by the square of it
		helped   = 1e-4  // part of the decrease predicted from which on a step is taken
	)
	hopeless := func(predicted, value float64) bool {
		return predicted <= rounding*(math.Abs(value)+leastNumber*leastNumber*leastNumber)
	}
	b = append([]float64(nil), b...)
	normalise(b)
	value := p.eval(b)
	evaluations = 1
	radius := 0.5
	for evaluations < most && radius > tiny {
		g, S := p.gradient(), p.hessian()
		e, predicted := trustRegionStep(b, g, S, radius)
		if e == nil || hopeless(predicted, value) {
			break
		}
		for evaluations < most {
			next := make([]float64, len(b))
			for i := range b {
				next[i] = b[i] + e[i]
			}
			normalise(next)
			trial := p.eval(next)
			evaluations++
			if gain := (value - trial) / predicted; gain > helped {
				if gain > 0.75 {
					radius = min(1, 2*radius)
				} else if gain < 0.25 {
					radius /= 2
				}
				b, value = next, trial
				break
			}
			radius = min(radius, math.Sqrt(dot(e, e))) / 4
			if e, predicted = trustRegionStep(b, g, S, radius); e == nil || radius < tiny || hopeless(predicted, value) {
				return b, p.eval(b), evaluations + 1
			}
		}
	}
	return b, p.eval(b), evaluations + 1
}

// tangentSpectrum returns the eigenvalues (ascending) and eigenvectors (columns)
// of S on the hyperplane orthogonal to the unit vector b.
func tangentSpectrum(b []float64, S *mat.SymDense) (values []float64, vectors *mat.Dense) {
	D := len(b)
	R := restricted(S, b)
	// Push b's own direction above every other eigenvalue.
	top := 1 + 2*mat.Norm(S, 2)
	R.SymRankOne(R, top, mat.NewVecDense(D, b))
	values, V := spectrumOrNaN(R)
	return values[:D-1], mat.DenseCopyOf(V.Slice(0, D, 0, D-1))
}

// trustRegionStep minimises g'e + e'Se/2 over e orthogonal to b with
// |e| <= radius, and returns the decrease that it predicts; nil for D = 1.
func trustRegionStep(b, g []float64, S *mat.SymDense, radius float64) (e []float64, predicted float64) {
	D := len(b)
	if D < 2 {
		return nil, 0
	}
	values, V := tangentSpectrum(b, S)
	if sum := floats.Sum(values) + floats.Sum(g); math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, 0
	}
	gv := make([]float64, D-1)
	for c := range gv {
		for i := range D {
			gv[c] += V.At(i, c) * g[i]
		}
	}
	step := func(shift float64) (y []float64, norm float64) {
		y = make([]float64, D-1)
		for c, l := range values {
			y[c] = -gv[c] / (l + shift)
			norm += y[c] * y[c]
		}
		return y, math.Sqrt(norm)
	}
	const flat = 1e-13 // relative: a curvature that is rounding
	floor := flat * max(math.Abs(values[0]), math.Abs(values[D-2]))
	low := max(0, -values[0]+floor)
	if low == 0 && values[0] <= floor {
		low = floor - values[0]
	}
	y, norm := step(low)
	if norm > radius {
		high := low + 1
		for {
			if _, n := step(high); n <= radius {
				break
			}
			high *= 4
		}
		for range 60 {
			middle := (low + high) / 2
			if _, n := step(middle); n > radius {
				low = middle
			} else {
				high = middle
			}
		}
		y, _ = step(high)
	} else if values[0] < -floor {
		// The hard case: go on along the direction of negative curvature.
		y[0] += math.Copysign(math.Sqrt(radius*radius-norm*norm), y[0])
	}
	e = make([]float64, D)
	for c, l := range values {
		predicted -= gv[c]*y[c] + l*y[c]*y[c]/2
		for i := range D {
			e[i] += y[c] * V.At(i, c)
		}
	}
	return e, predicted
}

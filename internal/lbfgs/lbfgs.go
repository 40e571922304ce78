// Package lbfgs minimises smooth functions by the limited-memory BFGS method (Liu and
// Nocedal 1989), with a preconditioner, which gonum/optimize has not. [Minimise] is all
// of it: it is given a start, which it changes, and a function that sets the gradient and
// may end the descent:
//
//	value, evaluations, err := lbfgs.Minimise(x, 1, nil, 20, 1000, func(x, gradient []float64) (float64, bool, error) {
//		for i, y := range x {
//			gradient[i] = 2 * (y - 1)
//		}
//		return distanceFromOnes(x), ctx.Err() != nil, nil
//	})
//
// Memory is a few times the length of x for each step remembered.
package lbfgs

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
)

// doubts is how many shorter steps may fail before the value that they are compared with
// is evaluated anew.
const doubts = 4

// Minimise minimises a smooth convex function by the limited-memory BFGS method.
// evaluate sets the gradient and reports whether x is good enough to stop at.
// scale is the first guess of the inverse curvature, times what precondition makes
// of a gradient, in place, if that is not nil. It changes x in place and returns the
// last value. It stops when evaluate says so, after the given
// number of evaluations, or when no step decreases the value. Where evaluate is not exact
// and finds a larger value at the same x later, that one is gone on with.
func Minimise(x []float64, scale float64, precondition func(g []float64), memory, most int, evaluate func(x, gradient []float64) (value float64, stop bool, err error)) (value float64, evaluations int, err error) {
	n := len(x)
	g := make([]float64, n)
	value, stop, err := evaluate(x, g)
	evaluations = 1
	if err != nil || stop {
		return value, evaluations, err
	}
	type pair struct {
		s, y []float64
		rho  float64
	}
	var pairs []pair
	if precondition == nil {
		precondition = func([]float64) {}
	}
	direction, trial, gTrial := make([]float64, n), make([]float64, n), make([]float64, n)
	alphas := make([]float64, memory)
descent:
	for evaluations < most {
		copy(direction, g)
		for i := len(pairs) - 1; i >= 0; i-- {
			p := pairs[i]
			alphas[i] = p.rho * blas64.Dot(vector(p.s), vector(direction))
			blas64.Axpy(-alphas[i], vector(p.y), vector(direction))
		}
		h := scale
		if l := len(pairs); l > 0 {
			p := pairs[l-1]
			copy(trial, p.y)
			precondition(trial)
			h = 1 / (p.rho * blas64.Dot(vector(p.y), vector(trial)))
		}
		precondition(direction)
		blas64.Scal(h, vector(direction))
		for i, p := range pairs {
			beta := p.rho * blas64.Dot(vector(p.y), vector(direction))
			blas64.Axpy(alphas[i]-beta, vector(p.s), vector(direction))
		}
		slope := -blas64.Dot(vector(g), vector(direction))
		if !(slope < 0) {
			if len(pairs) == 0 {
				return value, evaluations, nil
			}
			pairs = nil
			continue
		}
		step, next := 1.0, 0.0
		for shorter := 0; ; shorter++ {
			if shorter == doubts {
				// An evaluation that is good to a few digits may know more by now.
				var again float64
				again, stop, err = evaluate(x, g)
				evaluations++
				if err != nil || stop {
					return again, evaluations, err
				}
				if again > value {
					value, pairs = again, nil
					continue descent
				}
				value = again
			}
			copy(trial, x)
			blas64.Axpy(-step, vector(direction), vector(trial))
			next, stop, err = evaluate(trial, gTrial)
			evaluations++
			if err != nil {
				return value, evaluations, err
			}
			if stop || next <= value+1e-4*step*slope {
				break
			}
			if evaluations >= most || step < 1e-10 {
				return value, evaluations, nil
			}
			// The minimum of the parabola through what is known, safeguarded.
			q := -slope * step * step / (2 * (next - value - slope*step))
			step = math.Min(0.5*step, math.Max(0.1*step, q))
		}
		var p pair
		if len(pairs) == memory {
			p = pairs[0]
			copy(pairs, pairs[1:])
			pairs = pairs[:memory-1]
		} else {
			p = pair{s: make([]float64, n), y: make([]float64, n)}
		}
		for i := range n {
			p.s[i], p.y[i] = trial[i]-x[i], gTrial[i]-g[i]
		}
		copy(x, trial)
		copy(g, gTrial)
		value = next
		if stop {
			return value, evaluations, nil
		}
		if sy := blas64.Dot(vector(p.s), vector(p.y)); sy > 0 {
			p.rho = 1 / sy
			pairs = append(pairs, p)
		}
	}
	return value, evaluations, nil
}

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Data: x, Inc: 1} }

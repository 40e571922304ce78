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
	steps := &history{scale: scale, precondition: precondition, memory: memory, alphas: make([]float64, memory)}
	direction, trial, gTrial := make([]float64, n), make([]float64, n), make([]float64, n)
descent:
	for evaluations < most {
		steps.downhill(direction, g)
		slope := -blas64.Dot(vector(g), vector(direction))
		if !(slope < 0) {
			if len(steps.pairs) == 0 {
				return value, evaluations, nil
			}
			steps.pairs = nil
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
					value, steps.pairs = again, nil
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
			if stop || next <= value+enough*step*slope {
				break
			}
			if evaluations >= most || step < shortest {
				return value, evaluations, nil
			}
			// The minimum of the parabola through what is known, safeguarded.
			q := -slope * step * step / (2 * (next - value - slope*step))
			step = math.Min(0.5*step, math.Max(0.1*step, q))
		}
		steps.remember(x, trial, g, gTrial)
		copy(x, trial)
		copy(g, gTrial)
		value = next
		if stop {
			return value, evaluations, nil
		}
	}
	return value, evaluations, nil
}

// enough is the part of the decrease that the slope promises which a step has to make, and
// shortest the shortest step that is tried.
const enough, shortest = 1e-4, 1e-10

// history is the latest steps, oldest first, and what they tell of the curvature.
type history struct {
	scale           float64
	precondition    func(g []float64) // or nil
	memory          int
	pairs           []pair
	alphas, scratch []float64
}

// pair is a step s and the change y of the gradient along it; rho is 1/s'y.
type pair struct {
	s, y []float64
	rho  float64
}

// downhill sets direction to the inverse curvature times the gradient g.
func (h *history) downhill(direction, g []float64) {
	copy(direction, g)
	for i := len(h.pairs) - 1; i >= 0; i-- {
		p := h.pairs[i]
		h.alphas[i] = p.rho * blas64.Dot(vector(p.s), vector(direction))
		blas64.Axpy(-h.alphas[i], vector(p.y), vector(direction))
	}
	scale := h.scale
	if l := len(h.pairs); l > 0 {
		p := h.pairs[l-1]
		conditioned := p.y
		if h.precondition != nil {
			h.scratch = append(h.scratch[:0], p.y...)
			conditioned = h.scratch
			h.precondition(conditioned)
		}
		scale = 1 / (p.rho * blas64.Dot(vector(p.y), vector(conditioned)))
	}
	if h.precondition != nil {
		h.precondition(direction)
	}
	blas64.Scal(scale, vector(direction))
	for i, p := range h.pairs {
		beta := p.rho * blas64.Dot(vector(p.y), vector(direction))
		blas64.Axpy(h.alphas[i]-beta, vector(p.s), vector(direction))
	}
}

// remember takes a step from x to next with the gradients there, in place of the oldest
// where there are too many; one along which the function is not convex tells nothing.
func (h *history) remember(x, next, g, gNext []float64) {
	var p pair
	if len(h.pairs) == h.memory {
		p = h.pairs[0]
		copy(h.pairs, h.pairs[1:])
		h.pairs = h.pairs[:h.memory-1]
	} else {
		p = pair{s: make([]float64, len(x)), y: make([]float64, len(x))}
	}
	for i := range x {
		p.s[i], p.y[i] = next[i]-x[i], gNext[i]-g[i]
	}
	if sy := blas64.Dot(vector(p.s), vector(p.y)); sy > 0 {
		p.rho = 1 / sy
		h.pairs = append(h.pairs, p)
	}
}

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Data: x, Inc: 1} }

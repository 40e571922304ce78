package train

import (
	"fmt"
	"math"
)

// optimizer updates parameters by gradients. Its state is named slices as long
// as the parameters, so that a checkpoint can hold them; step counts from 0.
type optimizer interface {
	update(params, grad []float64, rate float64, step int)
	state() (names []string, slices [][]float64)
}

func newOptimizer(c Config, size int) optimizer {
	switch c.Optimizer {
	case "sgd":
		return &sgd{c.Momentum, make([]float64, size)}
	case "adam":
		return &adam{c.Beta1, c.Beta2, c.Epsilon, 0, make([]float64, size), make([]float64, size)}
	case "adamw":
		return &adam{c.Beta1, c.Beta2, c.Epsilon, c.WeightDecay, make([]float64, size), make([]float64, size)}
	}
	panic(fmt.Sprintf("train: no optimizer %q", c.Optimizer))
}

// sgd is gradient descent with momentum (Polyak 1964).
type sgd struct {
	momentum float64
	velocity []float64
}

func (o *sgd) update(params, grad []float64, rate float64, _ int) {
	for i, g := range grad {
		o.velocity[i] = o.momentum*o.velocity[i] + g
		params[i] -= rate * o.velocity[i]
	}
}

func (o *sgd) state() ([]string, [][]float64) {
	return []string{"velocity"}, [][]float64{o.velocity}
}

// adam is Adam (Kingma and Ba 2015), with decay > 0 AdamW (Loshchilov and Hutter
// 2019).
type adam struct {
	beta1, beta2, epsilon, decay float64
	m, v                         []float64
}

func (o *adam) update(params, grad []float64, rate float64, step int) {
	// The corrections of both moments for their start at 0.
	c1 := 1 / (1 - math.Pow(o.beta1, float64(step+1)))
	c2 := 1 / (1 - math.Pow(o.beta2, float64(step+1)))
	shrink := 1 - rate*o.decay
	for i, g := range grad {
		o.m[i] = o.beta1*o.m[i] + (1-o.beta1)*g
		o.v[i] = o.beta2*o.v[i] + (1-o.beta2)*g*g
		params[i] = shrink*params[i] - rate*c1*o.m[i]/(math.Sqrt(c2*o.v[i])+o.epsilon)
	}
}

func (o *adam) state() ([]string, [][]float64) {
	return []string{"adam_m", "adam_v"}, [][]float64{o.m, o.v}
}

// clip scales grad so that its norm is at most bound, if that is > 0, and
// returns the norm before.
func clip(grad []float64, bound float64) float64 {
	var sum float64
	for _, g := range grad {
		sum += g * g
	}
	norm := math.Sqrt(sum)
	if bound > 0 && norm > bound {
		scale := bound / norm
		for i := range grad {
			grad[i] *= scale
		}
	}
	return norm
}

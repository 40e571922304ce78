package train

import "math"

// rate returns the step size of a step, counted from 0: a linear rise over
// WarmUp steps, then constant or half a cosine that would reach 0 at Steps.
func (c Config) rate(step int) float64 {
	if step < c.WarmUp {
		return c.Rate * float64(step+1) / float64(c.WarmUp+1)
	}
	if c.Schedule == "constant" {
		return c.Rate
	}
	done := float64(step-c.WarmUp) / float64(max(1, c.Steps-c.WarmUp))
	return c.Rate * (1 + math.Cos(math.Pi*done)) / 2
}

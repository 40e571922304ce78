package landscape

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"markovicl/certificate"
	"markovicl/internal/each"
	"markovicl/moment"
)

// The surface v(b) = min_A f(b, A) itself, for pictures and for a look around:
// recovery needs its minima only.

// Minima returns the distinct local minima of v that descents from random starts
// find, lowest first. They prove nothing about what was not found.
func Minima(ctx context.Context, form *moment.Form, starts int, seed uint64) ([]LocalMinimum, error) {
	if err := certificate.CheckForm(form); err != nil {
		return nil, err
	}
	if starts < 1 {
		return nil, fmt.Errorf("a search needs at least one start, got %d", starts)
	}
	minima := minimaOf(ctx, form, nil, 0, starts, seed)
	return minima, ctx.Err()
}

// Descend returns the local minimum of v at which a descent from b ([D], not zero)
// ends.
func Descend(form *moment.Form, b []float64) (LocalMinimum, error) {
	if err := certificate.CheckForm(form); err != nil {
		return LocalMinimum{}, err
	}
	b, err := directionOf(form, b)
	if err != nil {
		return LocalMinimum{}, err
	}
	return *minimumFrom(newProjected(form), b), nil
}

// directionOf returns b as a unit vector.
func directionOf(form *moment.Form, b []float64) ([]float64, error) {
	if len(b) != form.Q+1 {
		return nil, fmt.Errorf("b has %d entries, want %d", len(b), form.Q+1)
	}
	b = slices.Clone(b)
	if norm := normalise(b); norm == 0 || math.IsNaN(norm) || math.IsInf(norm, 0) {
		return nil, errors.New("b must be finite and not zero")
	}
	return b, nil
}

// Along returns v at many directions ([D] each, not zero), in order.
func Along(ctx context.Context, form *moment.Form, directions [][]float64) ([]float64, error) {
	if err := certificate.CheckForm(form); err != nil {
		return nil, err
	}
	units := make([][]float64, len(directions))
	for i, b := range directions {
		var err error
		if units[i], err = directionOf(form, b); err != nil {
			return nil, fmt.Errorf("direction %d: %w", i, err)
		}
	}
	values := make([]float64, len(directions))
	err := each.Do(ctx, len(units), each.Settings{}, func(int) func(int) error {
		p := newProjected(form)
		return func(i int) error {
			values[i] = p.eval(units[i])
			return nil
		}
	})
	return values, err
}

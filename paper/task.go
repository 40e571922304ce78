package paper

import (
	"context"
	"strconv"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// momentsOf returns the moments of the task that spec describes, for every n.
func momentsOf(ctx context.Context, spec markov.Spec) (*moment.Moments, error) {
	task, err := markov.NewTask(spec)
	if err != nil {
		return nil, err
	}
	return moment.Of(ctx, task, moment.Options{})
}

// hundredths writes k/100 as a decimal fraction, which a task takes as exactly
// that number.
func hundredths(k int) string { return strconv.FormatFloat(float64(k)/100, 'f', 2, 64) }

// recoverForm returns the best one-layer transformer for the form. Unlike
// landscape.Recover it fails when the context ends: half-proven bounds depend on
// time and are no result.
func recoverForm(ctx context.Context, form *moment.Form) (*landscape.Recovery, error) {
	r, err := landscape.Recover(ctx, form, landscape.Settings{Seed: 1})
	if err == nil {
		err = ctx.Err()
	}
	return r, err
}

package paper

import (
	"context"
	"fmt"
	"math/big"
	"strconv"
	"strings"

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

// provenBound returns the proven lower bound, nil where there is none.
func provenBound(r *landscape.Recovery) *float64 {
	if !r.LowerBound.Proven() {
		return nil
	}
	return &r.LowerBound.Value
}

// floats rounds fractions to the nearest float64.
func floats(xs []*big.Rat) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = markov.Float(x)
	}
	return out
}

// exactOptimum returns the enlarged optimum in fractions, and whether it is a
// transformer.
func exactOptimum(ctx context.Context, form *moment.ExactForm) (*landscape.ExactOptimum, bool, error) {
	o, err := landscape.MinimiseExact(ctx, form)
	if err != nil {
		return nil, false, err
	}
	if !o.Unique {
		return nil, false, fmt.Errorf("H has rank %d of %d; the closed form needs a unique minimiser", o.Rank, o.Dimension)
	}
	decision, err := landscape.DecideExact(o.X, form.Q, form.Q+1)
	if err != nil {
		return nil, false, err
	}
	return o, decision.Verdict == landscape.Realisable, nil
}

// listed writes numbers as a sentence does: 2, 3 and 4.
func listed[T any](list []T) string {
	words := make([]string, len(list))
	for i, x := range list {
		words[i] = fmt.Sprint(x)
	}
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

package landscape

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"markovicl/certificate"
	"markovicl/markov"
	"markovicl/moment"
)

// lasting is a context that ends after it has been looked at so many times.
type lasting struct {
	context.Context
	looks int
}

func (c *lasting) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}

// A check that is interrupted, wherever that is, says so: it neither accepts nor rejects, and
// finds no other bound than one that is not.
func TestInterruptedChecks(t *testing.T) {
	spec := markov.Spec{D: 2, N: "10"}
	form, exact := taskForm(t, spec), exactForm(t, spec)
	level0 := certified(t, spec).Certificate
	task := &moment.Form{Q: form.Q, H: form.H, L: form.L, C: form.C, Errors: moment.FormErrors{Claim: moment.Proven, H: 1e-14, L: 1e-14, C: 1e-14}}
	oneHot := exactForm(t, biased(1, "10"))
	r, err := Recover(t.Context(), oneHot.Float(), Settings{Level: 1})
	if err != nil || r.Certificate == nil || r.Certificate.Level() != 1 {
		t.Fatal(err, r)
	}
	level1 := r.Certificate
	proof0, err := certificate.NewProof(t.Context(), exact, level0, 12)
	if err != nil {
		t.Fatal(err)
	}
	proof1, err := certificate.NewProof(t.Context(), oneHot, level1, 12)
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(context.Context) (any, error){
		"check":        func(ctx context.Context) (any, error) { return level0.Check(ctx) },
		"about a task": func(ctx context.Context) (any, error) { return level0.CheckTask(ctx, task) },
		"with a slack": func(ctx context.Context) (any, error) {
			return certificate.Prove(ctx, form, make([]float64, 18*18), true)
		},
		"level 1":         func(ctx context.Context) (any, error) { return level1.Check(ctx) },
		"growth":          func(ctx context.Context) (any, error) { return certificate.GrowthOf(ctx, form) },
		"an exact proof":  func(ctx context.Context) (any, error) { return certificate.NewProof(ctx, exact, level0, 12) },
		"another":         func(ctx context.Context) (any, error) { return certificate.NewProof(ctx, oneHot, level1, 12) },
		"its check":       func(ctx context.Context) (any, error) { return nil, proof0.Verify(ctx, exact) },
		"that of another": func(ctx context.Context) (any, error) { return nil, proof1.Verify(ctx, oneHot) },
	} {
		want, err := run(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		interrupted := 0
		for looks := 0; ; looks++ {
			ctx := &lasting{t.Context(), looks}
			got, err := run(ctx)
			if err == nil && ctx.looks >= 0 {
				break // it came to its end
			}
			interrupted++
			if !errors.Is(err, context.Canceled) && !(err == nil && reflect.DeepEqual(got, want)) {
				t.Errorf("%s, interrupted at look %d: %v, %v", name, looks, got, err)
			}
		}
		if interrupted == 0 {
			t.Errorf("%s cannot be interrupted", name)
		}
	}
}

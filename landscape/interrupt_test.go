package landscape

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"markovicl/certificate"
	"markovicl/internal/contexttest"
	"markovicl/markov"
	"markovicl/moment"
)

// What takes long at thousands of unknowns looks at its context at every row or panel, and
// ends with its error wherever it is told to.
func TestLongStepsLookAtTheContext(t *testing.T) {
	singular := taskForm(t, markov.Spec{D: 3, Bias: true})
	fractions := exactForm(t, markov.Spec{D: 3, Bias: true})
	for name, c := range map[string]struct {
		do    func(ctx context.Context) error
		least int // looks
	}{
		"fractions": {func(ctx context.Context) error {
			_, err := MinimiseExact(ctx, fractions)
			return err
		}, fractions.Dim()},
		"pivots": {func(ctx context.Context) error {
			o, H := &Optimum{Dimension: singular.Dim()}, singular.H.RawSymmetric()
			L := blas64.Triangular{Uplo: blas.Lower, Diag: blas.NonUnit, N: H.N, Stride: H.N, Data: make([]float64, H.N*H.N)}
			fillLower(L, H)
			return o.byPivots(ctx, singular, L)
		}, 20},
	} {
		const many = 1 << 30
		all := contexttest.EndingAfter(t.Context(), many)
		if err := c.do(all); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		taken := many - all.Left()
		if taken < c.least {
			t.Errorf("%s: the context was looked at %d times, want %d", name, taken, c.least)
		}
		for k := 0; k < taken; k += 1 + taken/40 {
			if err := c.do(contexttest.EndingAfter(t.Context(), k)); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, ended at the look %d of %d: %v", name, k, taken, err)
			}
		}
	}
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
			ctx := contexttest.EndingAfter(t.Context(), looks)
			got, err := run(ctx)
			if err == nil && ctx.Left() >= 0 {
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

package landscape

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"markovicl/markov"
)

// looks is a context that ends when it has been looked at so many times.
type looks struct {
	context.Context
	left int
}

func (c *looks) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

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
		all := &looks{t.Context(), many}
		if err := c.do(all); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		taken := many - all.left
		if taken < c.least {
			t.Errorf("%s: the context was looked at %d times, want %d", name, taken, c.least)
		}
		for k := 0; k < taken; k += 1 + taken/40 {
			if err := c.do(&looks{t.Context(), k}); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, ended at the look %d of %d: %v", name, k, taken, err)
			}
		}
	}
}

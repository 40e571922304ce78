package moment

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/internal/each"
)

// randomDraw draws Gram matrices, of which the lower triangle is NaN, features and
// labels at random.
func randomDraw(D int) func() (Draw, error) {
	return func() (Draw, error) {
		return func(i int, G, u []float64) (float64, error) {
			r := rand.New(rand.NewPCG(3, uint64(i)))
			for a := range D {
				for b := range D {
					G[a*D+b] = math.NaN()
					if b >= a {
						G[a*D+b] = r.NormFloat64()
					}
				}
			}
			for j := range u {
				u[j] = r.NormFloat64()
			}
			return r.NormFloat64(), nil
		}, nil
	}
}

// The form at any point is the mean squared error of the enlarged model on the
// prompts, computed prompt by prompt.
func TestFromPrompts(t *testing.T) {
	const D, q = 3, 2
	for _, prompts := range []int{1, 7, promptBlock, 2*promptBlock + 5} {
		f, err := FromPrompts(t.Context(), D, prompts, each.Settings{}, randomDraw(D))
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		X := make([]float64, f.Dim())
		for k := range X {
			X[k] = r.NormFloat64()
		}
		var want float64
		draw, _ := randomDraw(D)()
		G, u := make([]float64, D*D), make([]float64, q)
		for i := range prompts {
			y, _ := draw(i, G, u)
			k := 0
			for _, uj := range u {
				for a := range D {
					for b := a; b < D; b++ {
						y -= X[k] * uj * G[a*D+b]
						k++
					}
				}
			}
			want += y * y / float64(prompts)
		}
		if got := f.Loss(X); math.Abs(got-want) > 1e-12*(1+want) {
			t.Errorf("%d prompts: loss %.15g, prompt by prompt %.15g", prompts, got, want)
		}
		for _, workers := range []int{1, 3} {
			again, err := FromPrompts(t.Context(), D, prompts, each.Settings{Workers: workers}, randomDraw(D))
			if err != nil {
				t.Fatal(err)
			}
			if again.C != f.C || !slices.Equal(again.L, f.L) || !mat.Equal(again.H, f.H) {
				t.Errorf("%d prompts: other bits with %d workers", prompts, workers)
			}
		}
	}
}

func TestFromPromptsErrors(t *testing.T) {
	if _, err := FromPrompts(t.Context(), 3, 0, each.Settings{}, randomDraw(3)); err == nil {
		t.Error("no prompts gave a form")
	}
	broken := errors.New("prompt 300")
	_, err := FromPrompts(t.Context(), 3, 1000, each.Settings{}, func() (Draw, error) {
		return func(i int, _, _ []float64) (float64, error) {
			if i >= 300 {
				return 0, broken
			}
			return 0, nil
		}, nil
	})
	if err != broken {
		t.Errorf("error %v", err)
	}
}

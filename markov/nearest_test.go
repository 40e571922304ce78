package markov

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestNearest(t *testing.T) {
	binary := mustTask(t, Spec{D: 1})
	for _, c := range []struct {
		prediction float64
		want       State
	}{
		{-7, 0}, {0, 0}, {0.5, 0}, {0.5 + 1e-10, 0}, {0.5 - 1e-10, 0}, {0.5 + 1e-8, 1}, {1, 1}, {9, 1}, {math.Inf(-1), 0}, {math.Inf(1), 1},
	} {
		if got := binary.Nearest(c.prediction); got != c.want {
			t.Errorf("%v is nearest to %d, want %d", c.prediction, got, c.want)
		}
	}
	// Away from ties it is what a search of all labels finds.
	r := rand.New(rand.NewPCG(1, 1))
	for _, spec := range []Spec{{D: 1}, {D: 2, Embedding: "sign"}, {States: 5, D: 1}, {States: 4, D: 2, Embedding: "onehot"}} {
		task := mustTask(t, spec)
		label := task.Embedding().Label
		for range 1000 {
			x := label(0) + (label(State(task.States()-1))-label(0))*(2*r.Float64()-0.5)
			best := State(0)
			for s := range State(task.States()) {
				if math.Abs(x-label(s)) < math.Abs(x-label(best)) {
					best = s
				}
			}
			if got := task.Nearest(x); got != best {
				t.Errorf("%v: %v is nearest to %d, found %d", task, x, best, got)
			}
		}
	}
}

package moment_test

import (
	"math"
	"testing"

	"markovicl/markov"
	"markovicl/moment"
)

// TestKernelsAverage checks E[p01^2 p11] under Beta(2, 5) for both.
func TestKernelsAverage(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{D: 1, Prior: markov.PriorSpec{Text: "beta:2,5"}})
	if err != nil {
		t.Fatal(err)
	}
	stationary, err := markov.ParseTask([]byte("prior: beta:2,5\nstart: stationary"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		task  markov.Task
		nodes int
	}{{task, 2}, {stationary, 16}} {
		kernels, weights, err := moment.Kernels(c.task, c.nodes)
		if err != nil {
			t.Fatal(err)
		}
		var mean, total float64
		for i, P := range kernels {
			mean += weights[i] * P[1] * P[1] * P[3]
			total += weights[i]
		}
		const want = (2.0 * 3) / (7 * 8) * 2 / 7
		if math.Abs(mean-want) > 1e-15 || math.Abs(total-1) > 1e-14 {
			t.Errorf("%v: mean %v, want %v; weights sum to %v", c.task, mean, want, total)
		}
	}
}

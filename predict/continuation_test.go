package predict

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"markovicl/markov"
)

// TestContinueGreedy: after 0 comes 1 and after 1 comes 0 in the context, so
// the query alternates.
func TestContinueGreedy(t *testing.T) {
	task := newTask(t, markov.Spec{D: 2, N: "3"})
	prompt := &markov.Prompt{Context: states("010101010"), Query: states("10")}
	for _, p := range []Predictor{NewBigram(task), NewBayes(task)} {
		got, err := Continue(task, p, prompt, 5, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, states("10101")) {
			t.Errorf("%s: got %v", p.Name(), got)
		}
	}
	if !slices.Equal(prompt.Query, states("10")) {
		t.Errorf("the prompt's query has become %v", prompt.Query)
	}
}

// TestChooseFrequencies: sampled states have the predicted mean, with a
// distribution and without, also where the expectation lies outside the labels.
func TestChooseFrequencies(t *testing.T) {
	task := newTask(t, markov.Spec{D: 1, States: 3})
	rng := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		out  Prediction
		want float64
	}{
		{Prediction{1.1, []float64{0.2, 0.5, 0.3}}, 1.1},
		{Prediction{1.3, nil}, 1.3},
		{Prediction{-4, nil}, 0},
		{Prediction{7, nil}, 2},
	} {
		const n = 20000
		var sum float64
		for range n {
			sum += float64(choose(task, &c.out, rng))
		}
		if math.Abs(sum/n-c.want) > 0.025 {
			t.Errorf("%v: mean %v, want %v", c.out, sum/n, c.want)
		}
	}
}

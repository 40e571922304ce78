package markov

import (
	"slices"
	"testing"
)

// The prompts of a source are those that the sampler of Gram matrices draws: their Gram
// matrix, features and label have the same bits, for every way in which chains are packed.
func TestGramSource(t *testing.T) {
	for _, spec := range []Spec{
		{D: 2, N: "3"},
		{D: 1, N: "70", P: "0.3"},
		{D: 1, N: "64", P: "0.3"},
		{D: 3, N: "140", Prior: PriorSpec{Text: "beta:2,0.5"}},
		{D: 2, N: "65", Start: "stationary"},
		{D: 2, N: "130", Start: "correlated:0.4,0.2,0.9"},
		{D: 2, N: "4", Embedding: "sign", Bias: true},
		{States: 3, D: 2, N: "129", Start: "stationary", Prior: PriorSpec{Text: "dirichlet:0.5"}},
		{States: 4, D: 1, N: "64", Embedding: "onehot", Bias: true, Start: "probs:0.1,0.2,0.3,0.4"},
		{States: 10, D: 1, N: "3"},
		{D: 3, N: "5", Order: 2},
		{Family: RegressionFamily, D: 3, N: "5"},
	} {
		task := mustTask(t, spec)
		sampler, err := NewGramSampler(task, 7)
		if err != nil {
			t.Fatal(err)
		}
		source, err := NewGramSource(task, 7)
		if err != nil {
			t.Fatal(err)
		}
		D := task.Dim()
		G, u := make([]float64, D*D), make([]float64, D-1)
		got, features := make([]float64, D*D), make([]float64, D-1)
		var p Prompt
		for _, i := range []uint64{0, 5, 1, 999, 5} { // in any order, and again
			y, err := sampler.Draw(i, G, u)
			if err != nil {
				t.Fatal(err)
			}
			if err := source.Prompt(&p, i); err != nil {
				t.Fatal(err)
			}
			task.Gram(got, &p)
			if label := task.Query(features, &p); label != y || !slices.Equal(features, u) || !slices.Equal(got, G) {
				t.Errorf("%v, prompt %d: %v, %v, %v; want %v, %v, %v", task, i, label, features, got, y, u, G)
			}
		}
	}
	if _, err := NewGramSource(mustTask(t, Spec{N: "inf"}), 1); err == nil {
		t.Error("prompts with n = inf")
	}
}

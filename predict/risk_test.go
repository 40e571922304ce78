package predict

import (
	"context"
	"math"
	"testing"

	"markovicl/markov"
)

// TestRiskByHand: d = 1, p = 1/2, uniform kernels, one chain. With probability
// 1/2 it starts where the query does, and the posterior mean is then 1/3 or
// 2/3, variance 2/9; else the variance is 1/4.
func TestRiskByHand(t *testing.T) {
	for _, c := range []struct {
		spec markov.Spec
		want float64
	}{
		{markov.Spec{D: 1, N: "1"}, (2.0/9 + 1.0/4) / 2},
		{markov.Spec{D: 1, N: "1", Embedding: "sign"}, 4 * (2.0/9 + 1.0/4) / 2},
		{markov.Spec{D: 1, N: "inf"}, 1.0 / 6},
		{markov.Spec{D: 1, N: "inf", Prior: markov.PriorSpec{Text: "dirichlet:1/2"}}, 1.0 / 8},
		{markov.Spec{D: 1, N: "1", Start: "correlated:1/2,0,0"}, (2.0/9 + 1.0/4) / 2},
		{markov.Spec{D: 1, N: "inf", Start: "correlated:1/2,0,0"}, (1.0/6 + 1.0/4) / 2},
		{markov.Spec{D: 1, N: "1", Start: "correlated:1/2,0,1"}, 2.0 / 9},
	} {
		task := newTask(t, c.spec)
		r, err := BayesRisk(context.Background(), task, 1, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.Mean-c.want) > 1e-14 || !r.Exact || r.SE != 0 {
			t.Errorf("%v: got %v, want %v", task, r, c.want)
		}
	}
}

// TestRiskAgainstSimulation compares sums with the mean posterior variance of
// simulated prompts, and that with the squared error of Bayes on others.
func TestRiskAgainstSimulation(t *testing.T) {
	for _, spec := range []markov.Spec{
		{N: "100"},
		{N: "7", P: "0.15", Prior: markov.PriorSpec{Text: "beta:2,1/2"}},
		{N: "9", Start: "correlated:0.3,0.2,0.9"},
		{N: "4", Start: "stationary"},
		{N: "3", Start: "stationary", Prior: markov.PriorSpec{Text: "beta:1/2,2"}},
		{States: 3, N: "12", Start: "probs:1/2,1/2,0", Prior: markov.PriorSpec{Text: "dirichlet:1/3"}},
		{States: 3, N: "5", D: 2},
		{N: "inf", D: 3},
	} {
		task := newTask(t, spec)
		prompts := 2000
		if task.Start().Kind() == markov.StationaryStart {
			prompts = 200 // each takes integrals
		}
		r, err := BayesRisk(context.Background(), task, 1, Settings{Prompts: prompts})
		if err != nil {
			t.Fatal(err)
		}
		if want := task.Positions() == 1; r.Exact != want {
			t.Errorf("%v: exact is %v", task, r.Exact)
		}
		sampled, err := riskBySampling(context.Background(), task, 2, Settings{Prompts: prompts})
		if err != nil {
			t.Fatal(err)
		}
		if diff := math.Abs(r.Mean - sampled.Mean); diff > 4.5*math.Hypot(r.SE, sampled.SE) {
			t.Errorf("%v: %v by %s, %v by simulation", task, r.Metric, r.Method, sampled.Metric)
		}
		if task.Context() == markov.Infinite {
			continue
		}
		sampler, err := markov.NewSampler(task, 3)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Evaluate(context.Background(), task, sampler, []Predictor{NewBayes(task)}, Settings{Prompts: prompts})
		if err != nil {
			t.Fatal(err)
		}
		if diff := math.Abs(r.Mean - e.Scores[0].MSE.Mean); diff > 4.5*math.Hypot(r.SE, e.Scores[0].MSE.SE) {
			t.Errorf("%v: risk %v, squared error of Bayes %v", task, r.Metric, e.Scores[0].MSE)
		}
	}
}

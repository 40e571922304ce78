package train

import (
	"context"
	"math/rand/v2"
	"testing"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// No trained model of any depth, kind and number of heads is below the floor by
// more than sampling error; of one layer none is below the enlarged optimum
// either, and the floor is below both.
func TestFloorHolds(t *testing.T) {
	mixed := markov.PriorSpec{Mixture: &markov.MixtureSpec{Kernels: [][][]string{{{"0.8", "0.2"}, {"0.3", "0.7"}}, {{"0.1", "0.9"}, {"0.6", "0.4"}}}}}
	specs := []markov.Spec{
		{D: 1, N: "5"}, {D: 2, N: "5"}, {D: 2, N: "10", Bias: true}, {D: 3, N: "10", Prior: markov.PriorSpec{Text: "dirichlet:0.2"}},
		{D: 2, N: "5", States: 3, Prior: markov.PriorSpec{Text: "dirichlet:0.1"}}, {D: 2, N: "5", Order: 2}, {D: 2, N: "10", Prior: mixed},
		{D: 2, N: "5", Start: "correlated:0.4,0.1,0.9"}, {Family: "regression", D: 2, N: "4", Noise: "0.5"}, {Family: "regression", D: 2, N: "3", Mean: "1", Bias: true},
	}
	each := 3 // models of a task
	if testing.Short() {
		each = 2
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, spec := range specs {
		task := mustTask(t, spec)
		moments, err := moment.Of(context.Background(), task, moment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		form := moments.At(task.Context())
		o, err := landscape.Minimise(context.Background(), form)
		if err != nil {
			t.Fatal(err)
		}
		contexts, err := moment.NewContexts(task, 1)
		if err != nil {
			t.Fatal(err)
		}
		floor, err := landscape.FloorOf(context.Background(), contexts, form, o, landscape.FloorSettings{})
		if err != nil {
			t.Fatal(err)
		}
		best, err := landscape.Recover(context.Background(), form, landscape.Settings{Seed: 1, Starts: 6})
		if err != nil {
			t.Fatal(err)
		}
		if !(floor.Value <= o.Loss+1e-12 && o.Loss <= best.Loss+1e-9) {
			t.Errorf("%s: floor %v, optimum %v, best transformer %v", task, floor.Value, o.Loss, best.Loss)
		}
		below := 0
		for seed := range uint64(each) {
			c := Defaults()
			c.Layers, c.Heads, c.Dense = 1+rng.IntN(4), 1+rng.IntN(2), rng.IntN(2) == 0
			c.Steps, c.Batch, c.EvalPrompts = 150+rng.IntN(200), 200, 8000
			r, err := Run(context.Background(), Problem{Task: task, Config: c, Seed: seed}, Settings{})
			if err != nil {
				continue // it diverged
			}
			if lower := floor.Value - 4*floor.SE; r.Fresh.MSE.Mean+4*r.Fresh.MSE.SE < lower {
				t.Errorf("%s: %d layers have the loss %v (%.2g), the floor is %v (%.2g)", task, c.Layers, r.Fresh.MSE.Mean, r.Fresh.MSE.SE, floor.Value, floor.SE)
			}
			if c.Layers == 1 {
				loss, err := PopulationLoss(form, r.Model)
				if err != nil {
					t.Fatal(err)
				}
				if loss < o.Loss-1e-12 {
					t.Errorf("%s: one layer has the loss %v, the optimum is %v", task, loss, o.Loss)
				}
			} else if r.Fresh.MSE.Mean < o.Loss {
				below++
			}
		}
		t.Logf("%s: floor %.4f, optimum %.4f, %d of %d models below the optimum", task, floor.Value, o.Loss, below, each)
	}
}

package transformer

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"markovicl/markov"
)

// train takes some steps and returns the parameters.
func train(t *testing.T, m *Model, task markov.Task, steps, workers int) []float32 {
	t.Helper()
	n := int(task.Context())
	const batch = 9
	r, err := NewTrainer(m, task, batch, workers)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	list := prompts(t, task, 8, batch*steps)
	for step := range steps {
		if err := r.Start(n - step%2); err != nil {
			t.Fatal(err)
		}
		for i := range batch {
			r.Set(i, &list[step*batch+i])
		}
		_, norm, err := r.Gradient()
		if err != nil {
			t.Fatal(err)
		}
		r.Update(step, min(1, 1/norm), Adam{Rate: 1e-3, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8, WeightDecay: 0.1})
	}
	return m.params
}

func TestSameBitsForAnyWorkers(t *testing.T) {
	task := taskOf(t, markov.Spec{D: 3, N: "30"})
	for name, c := range shapes {
		one := train(t, modelOf(t, c, task, 30, 9), task, 6, 1)
		for _, workers := range []int{2, 3, 8} {
			if !slices.Equal(one, train(t, modelOf(t, c, task, 30, 9), task, 6, workers)) {
				t.Errorf("%s: %d workers give other bits than one", name, workers)
			}
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	task := taskOf(t, markov.Spec{D: 3, N: "30"})
	c, err := Preset("gpt2-tiny")
	if err != nil {
		t.Fatal(err)
	}
	m := modelOf(t, c, task, 30, 10)
	r, err := NewTrainer(m, task, 4, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	list := prompts(t, task, 10, 4)
	step := 0
	// A worker makes its room when it first gets a part of a batch, which for some is
	// not in the first step: over a hundred steps that is less than one a step.
	allocations := testing.AllocsPerRun(100, func() {
		if err := r.Start(30); err != nil {
			t.Fatal(err)
		}
		for i := range list {
			r.Set(i, &list[i])
		}
		if _, _, err := r.Gradient(); err != nil {
			t.Fatal(err)
		}
		r.Update(step, 1, Adam{Rate: 1e-5, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8})
		step++
	})
	if allocations != 0 {
		t.Errorf("a step allocates %v times", allocations)
	}
}

func TestDivergence(t *testing.T) {
	task := taskOf(t, markov.Spec{D: 3, N: "12"})
	c := shapes["no norm"]
	m := modelOf(t, c, task, 12, 11)
	for i := range m.tensors.blocks[1].down.w {
		m.tensors.blocks[1].down.w[i] = 3e38
	}
	r, err := NewTrainer(m, task, 4, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	list := prompts(t, task, 11, 4)
	if err := r.Start(12); err != nil {
		t.Fatal(err)
	}
	for i := range list {
		r.Set(i, &list[i])
	}
	_, _, err = r.Gradient()
	var diverged *DivergenceError
	if !errors.As(err, &diverged) || diverged.Block != 1 {
		t.Errorf("error %v, want a divergence at block 1", err)
	}
	shared, _ := Share(m, task)
	if _, err := shared.NewPredictor().Predict(&list[0]); !errors.As(err, &diverged) {
		t.Errorf("prediction: error %v", err)
	}
}

func BenchmarkStep(b *testing.B) {
	for _, size := range Presets() {
		b.Run(size, func(b *testing.B) {
			const batch, n = 64, 50
			task := taskOf(b, markov.Spec{D: 5, N: fmt.Sprint(n)})
			c, err := Preset(size)
			if err != nil {
				b.Fatal(err)
			}
			m, err := New(c.For(task, n))
			if err != nil {
				b.Fatal(err)
			}
			m.Draw(rand.New(rand.NewPCG(1, 1)))
			r, err := NewTrainer(m, task, batch, 2)
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close()
			list := prompts(b, task, 1, batch)
			b.ReportAllocs()
			step := 0
			for b.Loop() {
				if err := r.Start(n); err != nil {
					b.Fatal(err)
				}
				for i := range list {
					r.Set(i, &list[i])
				}
				if _, _, err := r.Gradient(); err != nil {
					b.Fatal(err)
				}
				r.Update(step, 1, Adam{Rate: 1e-4, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8})
				step++
			}
			b.ReportMetric(float64(batch*c.Tokens(n)*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

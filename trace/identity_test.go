package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"markovicl/lsa"
	"markovicl/markov"
)

// Theorem 4.1 on 1,000 random prompts of every embedding, d = 1..8, with random
// models of 1..10 layers and 1..3 heads.
func TestTheorem41(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 1))
	kinds := []markov.Spec{
		{}, {Bias: true}, {Embedding: "sign"}, {Embedding: "onehot"}, {States: 3}, {States: 3, Embedding: "onehot", Bias: true},
		{Start: "stationary"}, {Start: "correlated:0.4,0.1,0.8"},
	}
	var worst float64
	for i := range 1000 {
		spec := kinds[i%len(kinds)]
		spec.D = 1 + i%8
		if i%3 == 0 {
			spec.D = 1 + rng.IntN(8)
		}
		spec.N = strconv.Itoa(1 + rng.IntN(12))
		task, p := drawPrompt(t, spec, uint64(i))
		layers, heads := 1+rng.IntN(10), 1+rng.IntN(3)
		if i%4 != 0 {
			heads = 1
		}
		model, s := Random(task, layers, heads, uint64(i))
		for k := range model.B { // louder than a random model need be: |w| up to some tens
			model.B[k] *= 2
		}
		deviation, err := IdentityError(model, task.Z0(p))
		if err != nil {
			t.Fatalf("%v, %d layers, %d heads, s = %v: %v", task, layers, heads, s, err)
		}
		if deviation > 1e-10 {
			t.Errorf("%v, %d layers, %d heads: deviation %v", task, layers, heads, deviation)
		}
		worst = max(worst, deviation)
	}
	if worst == 0 {
		t.Error("no rounding at all in 1,000 prompts: nothing was compared")
	}
	t.Logf("largest deviation %.1e", worst)
}

// A deviation must be seen where the theorem does not hold: with another
// definition of the case x_q = 0, or with the paper's sign of w.
func TestStepSeesEveryPart(t *testing.T) {
	task, p := drawPrompt(t, markov.Spec{D: 3, N: "10"}, 3)
	model, _ := Random(task, 4, 2, 9)
	o := NewObjectives(task.QueryDim())
	o.SetPrompt(task, p)
	forward := lsa.NewStructuredForward(model)
	if _, err := forward.Theta(o.Gram()); err != nil {
		t.Fatal(err)
	}
	q, D := task.QueryDim(), task.Dim()
	minus := func(theta []float64) []float64 {
		w := make([]float64, q)
		for k := range w {
			w[k] = -theta[k]
		}
		return w
	}
	g1, g2, next := make([]float64, D*q), make([]float64, D*q), make([]float64, q)
	w, after := minus(forward.Layer(2)), minus(forward.Layer(3))
	o.Gradients(g1, g2, w)
	Step(next, w, g1, g2, model, 2)
	if d := stepDeviation(after, next); d > 1e-14 {
		t.Errorf("the step deviates by %v", d)
	}
	// Every entry of grad R1 and every derivative by w_q of R2 matters, and the
	// other derivatives of R2 do not.
	for i := range D * q {
		for name, g := range map[string][]float64{"R1": g1, "R2": g2} {
			g[i] += 0.1
			Step(next, w, g1, g2, model, 2)
			g[i] -= 0.1
			matters := stepDeviation(after, next) > 1e-6
			if want := name == "R1" || i%q == q-1; matters != want {
				t.Errorf("derivative %d by w_%d of %s: matters %v, want %v", i/q+1, i%q+1, name, matters, want)
			}
		}
	}
	// The paper's sign.
	o.Gradients(g1, g2, forward.Layer(2))
	Step(next, forward.Layer(2), g1, g2, model, 2)
	if d := stepDeviation(forward.Layer(3), next); d < 1e-3 {
		t.Errorf("with w = theta the step deviates by %v only", d)
	}
}

func TestIdentityErrorOfDivergence(t *testing.T) {
	task, p := drawPrompt(t, markov.Spec{D: 2, N: "5"}, 1)
	model, _ := Random(task, 10, 1, 1)
	for i := range model.A {
		model.A[i] *= 1e6
		model.B[i%len(model.B)] = 1e6
	}
	if d, err := IdentityError(model, task.Z0(p)); err == nil {
		t.Errorf("deviation %v of a pass that leaves the floating-point numbers", d)
	}
}

// Random promises that w stays of order 1 whatever the depth and the width.
func TestRandomStaysBounded(t *testing.T) {
	for _, spec := range []markov.Spec{{D: 1}, {D: 8}, {D: 4, States: 10}, {D: 3, States: 4, Embedding: "onehot"}} {
		for _, layers := range []int{1, 10, 100} {
			for _, heads := range []int{1, 8} {
				for seed := range uint64(5) {
					task, p := drawPrompt(t, spec, seed)
					model, s := Random(task, layers, heads, seed)
					gram := make([]float64, task.Dim()*task.Dim())
					task.Gram(gram, p)
					theta, err := lsa.NewStructuredForward(model).Theta(gram)
					if err != nil {
						t.Fatal(err)
					}
					if norm(theta) > 5 {
						t.Errorf("%v, %d layers, %d heads, s = %v: |w| = %v", task, layers, heads, s, norm(theta))
					}
				}
			}
		}
	}
}

func TestRandomHasItsSpread(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{D: 8})
	if err != nil {
		t.Fatal(err)
	}
	model, s := Random(task, 50, 2, 3)
	var square float64
	for _, a := range model.A {
		square += a * a
	}
	if got := math.Sqrt(square / float64(len(model.A))); math.Abs(got/s-1) > 0.05 {
		t.Errorf("entries of A have standard deviation %v, want %v", got, s)
	}
}

func ExampleIdentityError() {
	task, err := markov.NewTask(markov.Spec{D: 3, N: "20"})
	if err != nil {
		panic(err)
	}
	sampler, err := markov.NewSampler(task, 1)
	if err != nil {
		panic(err)
	}
	var prompt markov.Prompt
	if err := sampler.Prompt(&prompt, 0); err != nil {
		panic(err)
	}
	model, _ := Random(task, 10, 1, 1)
	deviation, err := IdentityError(model, task.Z0(&prompt))
	if err != nil {
		panic(err)
	}
	fmt.Println("ten layers are ten steps of Theorem 4.1:", deviation < 1e-12)
	// Output:
	// ten layers are ten steps of Theorem 4.1: true
}

package predict

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"pgregory.net/rapid"

	"markovicl/markov"
	"markovicl/markov/markovtest"
)

var newTask = markovtest.Task

// states reads binary states such as "0110".
func states(text string) []markov.State {
	out := make([]markov.State, len(text))
	for i, c := range text {
		out[i] = markov.State(c - '0')
	}
	return out
}

func predictWith(t testing.TB, p Predictor, prompt *markov.Prompt) Prediction {
	t.Helper()
	var out Prediction
	if err := p.Predict(prompt, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestReference compares with scikit-learn 1.2 on the prompts of a file that
// states the settings and the tolerances.
func TestReference(t *testing.T) {
	data, err := os.ReadFile("testdata/baselines.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tolerance map[string]float64
		Prompts   []struct {
			D, N         int
			Chains       []string
			Query        string
			Linear       float64
			Logistic     float64
			KNN3         float64  `json:"knn3"`
			SVMObjective *float64 `json:"svm_objective"`
			OneClass     *int     `json:"one_class"`
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Prompts) < 30 {
		t.Fatalf("only %d prompts", len(file.Prompts))
	}
	for i, want := range file.Prompts {
		task := newTask(t, markov.Spec{D: want.D, N: fmt.Sprint(want.N)})
		prompt := &markov.Prompt{Query: states(want.Query)}
		for _, chain := range want.Chains {
			prompt.Context = append(prompt.Context, states(chain)...)
		}
		check := func(name string, got, want float64) {
			t.Helper()
			if math.IsNaN(got) || math.Abs(got-want) > file.Tolerance[name] {
				t.Errorf("prompt %d, %s: got %.12g, want %.12g", i, name, got, want)
			}
		}
		check("linear", predictWith(t, NewLinear(task), prompt).Expected, want.Linear)
		logistic := predictWith(t, NewLogistic(task), prompt)
		check("logistic", logistic.Distribution[1], want.Logistic)
		check("logistic", logistic.Expected, want.Logistic)
		check("knn3", predictWith(t, NewNeighbours(task), prompt).Expected, want.KNN3)
		svm := predictWith(t, NewSVM(task), prompt).Expected
		if want.OneClass != nil {
			if svm != float64(*want.OneClass) {
				t.Errorf("prompt %d, svm: got %v for the single class %d", i, svm, *want.OneClass)
			}
			continue
		}
		m := newMachine(newPairs(task, prompt), 0, 1)
		if err := m.solve(); err != nil {
			t.Fatal(err)
		}
		check("svm_objective", m.objective(), *want.SVMObjective)
		if answer := indicator(m.decision(newBitset(want.D, newPairs(task, prompt).features(prompt.Query))) > 1e-7); answer != svm {
			t.Errorf("prompt %d: the machine answers %v, the predictor %v", i, answer, svm)
		}
	}
}

// drawPrompt draws a prompt of uniform states, which no prior would prefer.
func drawPrompt(t *rapid.T) (markov.Task, *markov.Prompt) {
	S := rapid.IntRange(2, 4).Draw(t, "S")
	d := rapid.IntRange(1, 4).Draw(t, "d")
	n := rapid.IntRange(1, 25).Draw(t, "n")
	task, err := markov.NewTask(markov.Spec{States: S, D: d, N: fmt.Sprint(n)})
	if err != nil {
		t.Fatal(err)
	}
	state := rapid.Custom(func(t *rapid.T) markov.State { return markov.State(rapid.IntRange(0, S-1).Draw(t, "state")) })
	return task, &markov.Prompt{
		Context: rapid.SliceOfN(state, n*(d+1), n*(d+1)).Draw(t, "context"),
		Query:   rapid.SliceOfN(state, d, d).Draw(t, "query"),
	}
}

// TestOrderOfChains checks that equal pairs may be merged: the order of the
// chains changes nothing.
func TestOrderOfChains(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		task, prompt := drawPrompt(rt)
		d, n := task.Positions(), len(prompt.Context)/(task.Positions()+1)
		order := rand.New(rand.NewPCG(1, uint64(n))).Perm(n)
		other := &markov.Prompt{Query: prompt.Query}
		for _, i := range order {
			other.Context = append(other.Context, prompt.Context[i*(d+1):(i+1)*(d+1)]...)
		}
		for _, p := range Classical(task) {
			a, b := predictWith(t, p, prompt), predictWith(t, p, other)
			if math.Abs(a.Expected-b.Expected) > 1e-7 {
				rt.Fatalf("%s: %v and %v", p.Name(), a.Expected, b.Expected)
			}
		}
	})
}

// TestDistributions checks that every distribution is one, and that its mean is
// the expectation.
func TestDistributions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		task, prompt := drawPrompt(rt)
		for _, p := range Classical(task) {
			out := predictWith(t, p, prompt)
			if len(out.Distribution) == 0 {
				continue
			}
			var sum, mean float64
			for s, q := range out.Distribution {
				if !(q >= 0 && q <= 1+1e-12) {
					rt.Fatalf("%s: %v", p.Name(), out.Distribution)
				}
				sum += q
				mean += q * float64(s)
			}
			if math.Abs(sum-1) > 1e-12 || math.Abs(mean-out.Expected) > 1e-12 {
				rt.Fatalf("%s: %v with expectation %v", p.Name(), out.Distribution, out.Expected)
			}
		}
	})
}

// TestLinearIsProjection checks the normal equations at the prompt's own pairs:
// residuals are orthogonal to the features and to the constant. Both shapes of
// the problem, more pairs than features and fewer, are drawn.
func TestLinearIsProjection(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		task, prompt := drawPrompt(rt)
		p := newPairs(task, prompt)
		gradient := make([]float64, p.q+1)
		for i, x := range p.x {
			at := &markov.Prompt{Context: prompt.Context, Query: x}
			r := p.weight[i] * (float64(p.y[i]) - predictWith(t, NewLinear(task), at).Expected)
			for _, k := range p.active[i] {
				gradient[k] += r
			}
			gradient[p.q] += r
		}
		if norm(gradient) > 1e-8 {
			rt.Fatalf("the normal equations leave %v", gradient)
		}
	})
}

// TestLogisticIsOptimal checks the gradient of the objective by differences
// and that the minimum is not above nearby points.
func TestLogisticIsOptimal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		task, prompt := drawPrompt(rt)
		m := newSoftmax(newPairs(task, prompt))
		if len(m.w) == 0 {
			return
		}
		rng := rand.New(rand.NewPCG(2, 2))
		w, v := make([]float64, len(m.w)), make([]float64, len(m.w))
		at := func(h float64) []float64 {
			x := make([]float64, len(w))
			for i := range x {
				x[i] = w[i] + h*v[i]
			}
			return x
		}
		for i := range w {
			w[i], v[i] = rng.NormFloat64(), rng.NormFloat64()
		}
		g, Hv := make([]float64, len(w)), make([]float64, len(w))
		const h = 1e-5
		fPlus, fMinus := m.objective(at(h)), m.objective(at(-h))
		f := m.objective(w)
		m.gradient(g, w)
		m.hessian(Hv, v)
		if slope := (fPlus - fMinus) / (2 * h); math.Abs(slope-dot(g, v)) > 1e-6*(1+math.Abs(f)) {
			rt.Fatalf("slope %v, gradient says %v", slope, dot(g, v))
		}
		if curvature := (fPlus - 2*f + fMinus) / (h * h); math.Abs(curvature-dot(v, Hv)) > 1e-3*(1+math.Abs(f)) {
			rt.Fatalf("curvature %v, Hessian says %v", curvature, dot(v, Hv))
		}
		if err := m.minimise(); err != nil {
			rt.Fatal(err)
		}
		best := m.objective(m.w)
		copy(w, m.w)
		if near := m.objective(at(1e-3)); near < best {
			rt.Fatalf("%v at the minimum, %v near it", best, near)
		}
	})
}

// TestSVMDuality checks that the primal objective at the answer equals the
// dual objective: both are then optimal.
func TestSVMDuality(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		task, prompt := drawPrompt(rt)
		p := newPairs(task, prompt)
		if len(p.classes) < 2 {
			return
		}
		m := newMachine(p, p.classes[0], p.classes[1])
		if err := m.solve(); err != nil {
			rt.Fatal(err)
		}
		var dual float64
		for i, a := range m.a {
			dual -= a * (m.g[i] - 1) / 2
		}
		if gap := m.objective() - dual; math.Abs(gap) > 1e-6 {
			rt.Fatalf("primal minus dual is %v", gap)
		}
	})
}

// TestNeighboursByHand pins the rule for ties.
func TestNeighboursByHand(t *testing.T) {
	task := newTask(t, markov.Spec{D: 2, N: "4"})
	// Distances from 00: 0, 1, 1, 2. One vote is the first's; two are left for
	// the two at distance 1.
	prompt := &markov.Prompt{Context: states("001010101111")[:12], Query: states("00")}
	if got := predictWith(t, NewNeighbours(task), prompt).Expected; math.Abs(got-2.0/3) > 1e-15 {
		t.Errorf("got %v, want 2/3", got)
	}
}

// TestNeighboursOfRegression finds the nearest pairs by sorting every pair of pairs.
func TestNeighboursOfRegression(t *testing.T) {
	for _, n := range []string{"1", "2", "3", "9"} {
		task := newTask(t, markov.Spec{Family: "regression", D: 3, N: n, Noise: "1"})
		sampler, err := markov.NewSampler(task, 5)
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(20) {
			var prompt markov.Prompt
			if err := sampler.Prompt(&prompt, i); err != nil {
				t.Fatal(err)
			}
			p := prompt.Real
			square := func(i int) (sum float64) {
				for k, x := range p.Input(i) {
					sum += (x - p.Input(p.Len())[k]) * (x - p.Input(p.Len())[k])
				}
				return sum
			}
			var want, votes float64
			for i := range p.Len() {
				nearer := 0
				for k := range p.Len() {
					if square(k) < square(i) {
						nearer++
					}
				}
				if nearer < 3 {
					want += p.Labels[i]
					votes++
				}
			}
			if got := predictWith(t, NewNeighbours(task), &prompt).Expected; !(math.Abs(got-want/votes) < 1e-12) {
				t.Errorf("n = %s: got %v, want %v", n, got, want/votes)
			}
		}
	}
}

package lsa_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"markovicl/lsa"
	"markovicl/markov"
)

// fill draws the parameters of m from N(0, scale^2).
func fill(m lsa.Model, scale float64, seed uint64) {
	rng := rand.New(markov.Stream(seed, 0))
	for _, part := range m.Parts() {
		for i := range part.Data {
			part.Data[i] = scale * rng.NormFloat64()
		}
	}
}

// drawModel draws a model for prompt matrices of dim rows, with a scale at
// which up to ten layers neither vanish nor overflow.
func drawModel(t *rapid.T, dim int) lsa.Model {
	layers := rapid.IntRange(1, 10).Draw(t, "layers")
	heads := rapid.IntRange(1, 3).Draw(t, "heads")
	var m lsa.Model = lsa.NewStructured(layers, heads, dim)
	if rapid.Bool().Draw(t, "dense") {
		m = lsa.NewDense(layers, heads, dim)
	}
	scale := rapid.Float64Range(0.05, 1).Draw(t, "scale") / math.Sqrt(float64(dim))
	fill(m, scale, rapid.Uint64().Draw(t, "parameter seed"))
	return m
}

// drawTask draws a task whose prompts can be drawn.
func drawTask(t *rapid.T) markov.Task {
	states := rapid.IntRange(2, 3).Draw(t, "states")
	task, err := markov.NewTask(markov.Spec{
		States:    states,
		D:         rapid.IntRange(1, 10/(states-1)).Draw(t, "d"),
		N:         strconv.Itoa(rapid.IntRange(1, 200).Draw(t, "n")),
		Embedding: rapid.SampledFrom([]string{"index", "onehot"}).Draw(t, "embedding"),
		Bias:      rapid.Bool().Draw(t, "bias"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func explicit(m lsa.Model, Z0 *mat.Dense, visit func(int, *mat.Dense)) float64 {
	if p, ok := m.(*lsa.Structured); ok {
		return p.Explicit(Z0, visit)
	}
	return m.(*lsa.Dense).Explicit(Z0, visit)
}

// prompt draws prompt i of a task and returns it with its Gram matrix and query
// features.
func prompt(t testing.TB, task markov.Task, seed, i uint64) (p markov.Prompt, G, u []float64) {
	t.Helper()
	sampler, err := markov.NewSampler(task, seed)
	if err != nil {
		t.Fatal(err)
	}
	if err := sampler.Prompt(&p, i); err != nil {
		t.Fatal(err)
	}
	G = make([]float64, task.Dim()*task.Dim())
	u = make([]float64, task.QueryDim())
	task.Gram(G, &p)
	task.Features(u, p.Query)
	return p, G, u
}

// TestForwardIsExplicit holds the Gram-compressed passes against the paper's
// definition on random prompts.
func TestForwardIsExplicit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		task := drawTask(rt)
		m := drawModel(rt, task.Dim())
		p, G, u := prompt(t, task, rapid.Uint64().Draw(rt, "prompt seed"), 0)

		size := 1.0 // of the numbers on the way
		var labels [][]float64
		want := explicit(m, task.Z0(&p), func(_ int, Z *mat.Dense) {
			size = max(size, mat.Max(Z), -mat.Min(Z))
			labels = append(labels, mat.Row(nil, task.Dim()-1, Z))
		})
		f := m.NewForward()
		got, err := f.Predict(G, u)
		if math.IsInf(size, 0) || size > 1e100 {
			// For a query of zeros the prediction is 0 however large the rest is.
			if err == nil && math.Abs(got) < 1e50 && !(math.Abs(want) < 1e50) && slices.ContainsFunc(u, func(x float64) bool { return x != 0 }) {
				rt.Fatalf("tokens of size %g and label %g, but Gram compression predicts %g", size, want, got)
			}
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		if math.Abs(got-want) > 1e-10*size {
			rt.Fatalf("predicts %v, explicit tokens %v, size %g", got, want, size)
		}
		if f, ok := f.(*lsa.StructuredForward); ok {
			checkLayers(rt, f, task, &p, labels, 1e-10*size)
		}
	})
}

// checkLayers verifies that after layer l every label is y_i + theta_l'x_i.
func checkLayers(t *rapid.T, f *lsa.StructuredForward, task markov.Task, p *markov.Prompt, labels [][]float64, tol float64) {
	Z0 := task.Z0(p)
	q := task.QueryDim()
	for l := range labels {
		theta := f.Layer(l)
		for i, got := range labels[l] {
			want := Z0.At(q, i)
			for k := range q {
				want += theta[k] * Z0.At(k, i)
			}
			if math.Abs(got-want) > tol {
				t.Fatalf("layer %d, column %d: label %v, theta gives %v", l, i, got, want)
			}
		}
	}
}

// TestStructuredIsDense checks that both recursions agree, also on a Gram
// matrix that no finite set of tokens has: the limit n = infinity.
func TestStructuredIsDense(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		D := rapid.IntRange(2, 8).Draw(rt, "D")
		p := lsa.NewStructured(rapid.IntRange(1, 6).Draw(rt, "layers"), rapid.IntRange(1, 3).Draw(rt, "heads"), D)
		fill(p, 0.3, rapid.Uint64().Draw(rt, "seed"))
		rng := rand.New(markov.Stream(rapid.Uint64().Draw(rt, "gram seed"), 0))
		root := make([]float64, D*D)
		for i := range root {
			root[i] = rng.NormFloat64()
		}
		G := make([]float64, D*D)
		mat.NewDense(D, D, G).Mul(mat.NewDense(D, D, root), mat.NewDense(D, D, root).T())
		sparse, err := p.NewForward().Theta(G)
		full, err2 := p.Dense().NewForward().Theta(G)
		if (err == nil) != (err2 == nil) {
			rt.Fatalf("structured: %v, dense: %v", err, err2)
		}
		if err != nil {
			return
		}
		size := mat.Norm(mat.NewVecDense(D-1, sparse), 2)
		for j := range sparse {
			if math.Abs(sparse[j]-full[j]) > 1e-8*(1+size) {
				rt.Fatalf("theta %v, dense %v", sparse, full)
			}
		}
	})
}

// TestByHand is d = 1, one layer: TF = (b'G a) u with a the only column of A.
func TestByHand(t *testing.T) {
	p := lsa.NewStructured(1, 1, 2)
	copy(p.B, []float64{2, 3})
	copy(p.A, []float64{5, 7})
	G := []float64{0.5, 0.25, 0.25, 1} // b'G = (1.75, 3.5), b'G a = 33.25
	got, err := p.NewForward().Predict(G, []float64{2})
	if err != nil || got != 66.5 {
		t.Fatalf("got %v, %v; want 66.5", got, err)
	}
}

func TestDivergenceNamesTheLayer(t *testing.T) {
	for _, m := range []lsa.Model{lsa.NewStructured(4, 1, 3), lsa.NewDense(4, 1, 3)} {
		fill(m, 1e60, 1)
		_, err := m.NewForward().Predict([]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, []float64{1, 1})
		div, ok := err.(*lsa.DivergenceError)
		if !ok || div.Layer < 1 || div.Layer > 2 {
			t.Errorf("%T: error %v, want a divergence in layer 1 or 2", m, err)
		}
	}
}

func TestForwardAllocatesNothing(t *testing.T) {
	G, u := []float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, []float64{1, 1}
	for _, m := range []lsa.Model{lsa.NewStructured(4, 2, 3), lsa.NewDense(4, 2, 3)} {
		f := m.NewForward()
		if n := testing.AllocsPerRun(10, func() { f.Predict(G, u) }); n != 0 {
			t.Errorf("%T: %v allocations in Predict", m, n)
		}
	}
}

func Example() {
	// The one-layer transformer that predicts y from the in-context mean of x y.
	p := lsa.NewStructured(1, 1, 2)
	b, A := p.Head(0, 0)
	copy(b, []float64{0, 1}) // look at the label row
	copy(A, []float64{1, 0}) // weigh a token by x times the query

	task, _ := markov.NewTask(markov.Spec{D: 1, N: "4"})
	prompt := markov.Prompt{Context: []markov.State{1, 1, 1, 0, 0, 1, 1, 1}, Query: []markov.State{1}}
	G := make([]float64, 4)
	task.Gram(G, &prompt)
	prediction, err := p.NewForward().Predict(G, []float64{1})
	fmt.Println(prediction, err)
	fmt.Println(p.Explicit(task.Z0(&prompt), nil))
	// Output:
	// 0.5 <nil>
	// 0.5
}

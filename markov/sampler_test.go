package markov_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"markovicl/markov"
)

func newSampler(t testing.TB, spec markov.Spec, seed uint64) *markov.Sampler {
	t.Helper()
	task, err := markov.NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	s, err := markov.NewSampler(task, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ExampleSampler() {
	task, _ := markov.NewTask(markov.Spec{D: 3, N: "2"})
	sampler, _ := markov.NewSampler(task, 1)
	var prompt markov.Prompt
	if err := sampler.Prompt(&prompt, 0); err != nil {
		fmt.Println(err)
	}
	fmt.Println("chains", prompt.Context, "query", prompt.Query, "label", prompt.Label)
	fmt.Println(mat.Formatted(task.Z0(&prompt)))
	// Output:
	// chains [1 0 0 0 1 1 1 1] query [0 0 0] label 0
	// ⎡1  1  0⎤
	// ⎢0  1  0⎥
	// ⎢0  1  0⎥
	// ⎣0  1  0⎦
}

// The stream of prompts is part of what users rely on: results name a seed.
func TestSamplerStreamIsPinned(t *testing.T) {
	s := newSampler(t, markov.Spec{States: 3, D: 4, N: "2", Prior: markov.PriorSpec{Text: "dirichlet:0.5"}, Start: "stationary"}, 7)
	var got string
	var p markov.Prompt
	for i := range uint64(3) {
		if err := s.Prompt(&p, i); err != nil {
			t.Fatal(err)
		}
		got += fmt.Sprint(p.Context, p.Query, p.Label, ";")
	}
	const want = "[2 0 1 2 1 2 0 2 0 2] [1 2 0 2] 0;[0 0 0 0 0 0 0 2 0 0] [0 0 0 0] 0;[0 0 0 0 0 0 0 0 0 0] [0 0 0 0] 0;"
	if got != want {
		t.Errorf("the stream of prompts changed:\n got %s\nwant %s", got, want)
	}
}

func TestPromptDependsOnSeedAndIndexOnly(t *testing.T) {
	spec := markov.Spec{States: 3, D: 4, N: "5"}
	s := newSampler(t, spec, 3)
	var p, q markov.Prompt
	if err := s.Prompt(&p, 41); err != nil {
		t.Fatal(err)
	}
	for i := range uint64(50) {
		if err := s.Prompt(&q, i); err != nil {
			t.Fatal(err)
		}
		same := slices.Equal(p.Context, q.Context) && slices.Equal(p.Query, q.Query) && slices.Equal(p.Kernel.Row(0), q.Kernel.Row(0))
		if same != (i == 41) {
			t.Errorf("prompt %d equals prompt 41: %v", i, same)
		}
	}
	other := newSampler(t, spec, 4)
	if err := other.Prompt(&q, 41); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(p.Kernel.Row(0), q.Kernel.Row(0)) {
		t.Error("seeds 3 and 4 draw the same kernel")
	}
}

// TestSamplerLaw compares frequencies with the probabilities that the task
// names; each deviation is within 5 standard errors.
func TestSamplerLaw(t *testing.T) {
	const prompts = 20000
	within := func(t *testing.T, what string, got, want, variance float64) {
		t.Helper()
		if se := math.Sqrt(variance / prompts); math.Abs(got-want) > 5*se {
			t.Errorf("%s: %.4f, want %.4f within 5 standard errors of %.4f", what, got, want, se)
		}
	}
	for _, c := range []struct {
		spec          markov.Spec
		p01mean, p11m float64 // means of the kernel's entries 01 and 11 under the prior
		query, chain  float64 // probabilities that the query, a chain, starts in state 1
	}{
		{markov.Spec{D: 2, N: "1", P: "0.3"}, 0.5, 0.5, 0.3, 0.3},
		{markov.Spec{D: 2, N: "1", Prior: markov.PriorSpec{Text: "beta:2,5"}}, 2. / 7, 2. / 7, 0.5, 0.5},
		{markov.Spec{D: 2, N: "1", Prior: markov.PriorSpec{Rows: [][]string{{"0.1", "0.3"}, {"3", "1"}}}}, 0.75, 0.25, 0.5, 0.5},
		{markov.Spec{D: 2, N: "1", Start: "correlated:0.4,0.2,0.7"}, 0.5, 0.5, 0.4, 0.6*0.2 + 0.4*0.7},
		{markov.Spec{D: 2, N: "1", Start: "stationary"}, 0.5, 0.5, 0.5, 0.5},
		{markov.Spec{States: 3, D: 2, N: "1", Start: "probs:0.2,0.3,0.5"}, 1. / 3, 1. / 3, 0.3, 0.3},
	} {
		s := newSampler(t, c.spec, 11)
		t.Run(s.Task().String(), func(t *testing.T) {
			var p01, p11, query, chain, step, stepWant float64
			var p markov.Prompt
			for i := range uint64(prompts) {
				if err := s.Prompt(&p, i); err != nil {
					t.Fatal(err)
				}
				p01 += p.Kernel.Row(0)[1]
				p11 += p.Kernel.Row(1)[1]
				query += indicator(p.Query[0] == 1)
				chain += indicator(p.Context[0] == 1)
				// a step of the query and of the chain follows the kernel
				step += indicator(p.Label == 1) - p.Kernel.Row(p.Query[1])[1]
				stepWant += indicator(p.Context[1] == 1) - p.Kernel.Row(p.Context[0])[1]
			}
			within(t, "mean of p01", p01/prompts, c.p01mean, 0.25)
			within(t, "mean of p11", p11/prompts, c.p11m, 0.25)
			within(t, "query starts in 1", query/prompts, c.query, 0.25)
			within(t, "chain starts in 1", chain/prompts, c.chain, 0.25)
			within(t, "query step", step/prompts, 0, 0.25)
			within(t, "chain step", stepWant/prompts, 0, 0.25)
		})
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// A Beta(a,b) kernel entry has variance ab/((a+b)^2 (a+b+1)), also where a and
// b are so small that Gamma variates underflow.
func TestTinyAlpha(t *testing.T) {
	const prompts = 20000
	s := newSampler(t, markov.Spec{D: 1, N: "1", Prior: markov.PriorSpec{Text: "dirichlet:0.001"}, Start: "stationary"}, 5)
	var p markov.Prompt
	var sum, sum2 float64
	for i := range uint64(prompts) {
		if err := s.Prompt(&p, i); err != nil {
			t.Fatal(err)
		}
		x := p.Kernel.Row(0)[1]
		if math.IsNaN(x) {
			t.Fatalf("prompt %d: NaN in the kernel", i)
		}
		sum += x
		sum2 += x * x
	}
	mean, variance := sum/prompts, sum2/prompts-sum*sum/prompts/prompts
	if want := 0.25 / 1.002; math.Abs(variance-want) > 0.01 || math.Abs(mean-0.5) > 0.02 {
		t.Errorf("Beta(0.001,0.001): mean %.4f, variance %.4f; want 0.5, %.4f", mean, variance, want)
	}
}

func TestInfiniteContextCannotBeDrawn(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{N: "inf"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := markov.NewSampler(task, 1); err == nil {
		t.Error("NewSampler accepts n = inf")
	}
}

// Gram is (1/n) Z M Z' for every task.
func TestGramIsZMZ(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		states := rapid.IntRange(2, 5).Draw(t, "states")
		embeddings := []string{"index", "onehot"}
		if states == 2 {
			embeddings = append(embeddings, "sign")
		}
		n := rapid.IntRange(1, 20).Draw(t, "n")
		task, err := markov.NewTask(markov.Spec{
			States: states, D: rapid.IntRange(1, 6).Draw(t, "d"), N: strconv.Itoa(n),
			Embedding: rapid.SampledFrom(embeddings).Draw(t, "embedding"), Bias: rapid.Bool().Draw(t, "bias"),
		})
		if err != nil {
			t.Fatal(err)
		}
		s, err := markov.NewSampler(task, 1)
		if err != nil {
			t.Fatal(err)
		}
		var p markov.Prompt
		if err := s.Prompt(&p, rapid.Uint64().Draw(t, "i")); err != nil {
			t.Fatal(err)
		}
		D := task.Dim()
		z := task.Z0(&p)
		if z.At(D-1, n) != 0 {
			t.Fatalf("the query's label is not hidden: %v", z.At(D-1, n))
		}
		context := z.Slice(0, D, 0, n)
		var want mat.Dense
		want.Mul(context, context.T())
		want.Scale(1/float64(n), &want)
		got := mat.NewDense(D, D, nil)
		task.Gram(got.RawMatrix().Data, &p)
		if !mat.EqualApprox(got, &want, 1e-14) {
			t.Fatalf("Gram\n%v\nwant\n%v", mat.Formatted(got), mat.Formatted(&want))
		}
	})
}

// The stationary law is invariant, and for two states it is
// p01/(p01 + 1 - p11) to the last digits even in the corner.
func TestStationary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		S := rapid.IntRange(2, 6).Draw(t, "S")
		p := make([]float64, S*S)
		for s := range S {
			row := p[s*S : (s+1)*S]
			var sum float64
			for j := range row {
				row[j] = math.Pow(10, rapid.Float64Range(-8, 0).Draw(t, "log"))
				sum += row[j]
			}
			for j := range row {
				row[j] /= sum
			}
		}
		k, err := markov.NewKernel(S, p)
		if err != nil {
			t.Fatal(err)
		}
		mu := make([]float64, S)
		if err := k.Stationary(mu); err != nil {
			t.Fatal(err)
		}
		for j := range S {
			var next float64
			for s := range S {
				next += mu[s] * k.Row(markov.State(s))[j]
			}
			if math.Abs(next-mu[j]) > 1e-14 {
				t.Fatalf("state %d: %v after a step, %v before", j, next, mu[j])
			}
		}
	})
	mu := make([]float64, 2)
	if err := markov.BinaryKernel(1e-12, 1-0x1p-40).Stationary(mu); err != nil {
		t.Fatal(err)
	}
	if want := 1e-12 / (1e-12 + 0x1p-40); math.Abs(mu[1]-want) > 1e-15 {
		t.Errorf("stationary law %v, want %v", mu[1], want)
	}
	if err := markov.BinaryKernel(0, 1).Stationary(mu); err == nil {
		t.Error("two absorbing states have no unique stationary law, but no error says so")
	}
}

func TestNewKernelErrors(t *testing.T) {
	for _, p := range [][]float64{{1, 0, -0.1, 1.1}, {0.5, 0.4, 0, 1}, {math.NaN(), 1, 0, 1}} {
		if _, err := markov.NewKernel(2, p); err == nil {
			t.Errorf("NewKernel accepts %v", p)
		}
	}
}

func BenchmarkSampler(b *testing.B) {
	for _, n := range []int{10, 100} {
		b.Run(fmt.Sprintf("d=5/n=%d", n), func(b *testing.B) {
			s := newSampler(b, markov.Spec{D: 5, N: strconv.Itoa(n)}, 1)
			var p markov.Prompt
			b.ReportAllocs()
			for i := range uint64(b.N) {
				if err := s.Prompt(&p, i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

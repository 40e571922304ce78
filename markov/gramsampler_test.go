package markov

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func mustTask(t testing.TB, spec Spec) Task {
	t.Helper()
	task, err := NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// chiSquare returns the probability that two samples of counts of the same law
// differ by at least as much as a and b do. Cells with few counts are pooled.
func chiSquare(a, b []float64) float64 {
	var totalA, totalB float64
	for i := range a {
		totalA += a[i]
		totalB += b[i]
	}
	var statistic float64
	cells := 0
	var restA, restB float64
	add := func(x, y float64) {
		shareA, shareB := totalA/(totalA+totalB), totalB/(totalA+totalB)
		ea, eb := (x+y)*shareA, (x+y)*shareB
		statistic += (x-ea)*(x-ea)/ea + (y-eb)*(y-eb)/eb
		cells++
	}
	for i := range a {
		if a[i]+b[i] < 10 {
			restA += a[i]
			restB += b[i]
			continue
		}
		add(a[i], b[i])
	}
	if restA+restB > 0 {
		add(restA, restB)
	}
	if cells < 2 {
		return 1
	}
	return distuv.ChiSquared{K: float64(cells - 1)}.Survival(statistic)
}

// TestSamplersHaveOneLaw compares the bit-sliced sampler with the plain one,
// prompt against prompt, over many kernels: the joint law of query and label,
// and the law of each scaled Gram entry, are the same.
func TestSamplersHaveOneLaw(t *testing.T) {
	for _, spec := range []Spec{
		{D: 2, N: "3"},
		{D: 1, N: "70", P: "0.3"},
		{D: 1, N: "64", P: "0.3"},
		{D: 1, N: "140", P: "0.3"},
		{D: 3, N: "5", Prior: PriorSpec{Text: "beta:2,0.5"}},
		{D: 2, N: "4", Start: "stationary"},
		{D: 2, N: "4", Start: "correlated:0.4,0.2,0.9"},
		{D: 2, N: "4", Embedding: "sign"},
		{States: 3, D: 2, N: "3"},
		{States: 3, D: 2, N: "3", Start: "stationary", Prior: PriorSpec{Text: "dirichlet:0.5"}},
		{States: 4, D: 1, N: "5", Embedding: "onehot", Bias: true, Start: "probs:0.1,0.2,0.3,0.4"},
		{States: 10, D: 1, N: "3"},
	} {
		task := mustTask(t, spec)
		t.Run(task.String(), func(t *testing.T) {
			const prompts = 6000
			D := task.Dim()
			plain, err := NewSampler(task, 11)
			if err != nil {
				t.Fatal(err)
			}
			fast, err := NewGramSampler(task, 12)
			if err != nil {
				t.Fatal(err)
			}
			var p Prompt
			G, u := make([]float64, D*D), make([]float64, D-1)
			var keys [2]map[string]int
			samples := [2][]map[float64]int{}
			for k := range 2 {
				keys[k] = map[string]int{}
				samples[k] = make([]map[float64]int, D*D)
				for e := range samples[k] {
					samples[k][e] = map[float64]int{}
				}
				for i := range uint64(prompts) {
					var label float64
					if k == 0 {
						if err := plain.Prompt(&p, i); err != nil {
							t.Fatal(err)
						}
						task.Gram(G, &p)
						label = task.Query(u, &p)
					} else if label, err = fast.Draw(i, G, u); err != nil {
						t.Fatal(err)
					}
					// The first entry of the label row ties query and context.
					keys[k][fmt.Sprint(u, label, math.Round(G[D*D-1]*float64(task.n)/4))]++
					for e, x := range G {
						samples[k][e][math.Round(x*float64(task.n))]++
					}
				}
			}
			tests := float64(D*D + 1)
			if prob := compare(keys[0], keys[1]); prob < 1e-4/tests {
				t.Errorf("query, label and label count differ in law: probability %.2g", prob)
			}
			for e := range G {
				if prob := compare(samples[0][e], samples[1][e]); prob < 1e-4/tests {
					t.Errorf("Gram entry %d, %d differs in law: probability %.2g", e/D, e%D, prob)
				}
			}
		})
	}
}

func compare[K comparable](a, b map[K]int) float64 {
	var x, y []float64
	for key, count := range a {
		x, y = append(x, float64(count)), append(y, float64(b[key]))
	}
	for key, count := range b {
		if _, seen := a[key]; !seen {
			x, y = append(x, 0), append(y, float64(count))
		}
	}
	return chiSquare(x, y)
}

// TestTransitionCounts checks, for many kernels one by one, that the sliced
// chains make their transitions with the kernel's probabilities.
func TestTransitionCounts(t *testing.T) {
	for _, states := range []int{2, 3, 5} {
		task := mustTask(t, Spec{States: states, D: 4, N: "1000"})
		g, err := NewGramSampler(task, 5)
		if err != nil {
			t.Fatal(err)
		}
		G, u := make([]float64, task.Dim()*task.Dim()), make([]float64, task.QueryDim())
		const kernels = 200
		worst := 1.0
		for i := range uint64(kernels) {
			if _, err := g.Draw(i, G, u); err != nil {
				t.Fatal(err)
			}
			var statistic float64
			freedom := 0
			for s := range states {
				from := 0.0
				to := make([]float64, states)
				for j := 1; j <= 4; j++ {
					for r := range states {
						for w := range g.words {
							both := g.masks[((j-1)*states+s)*g.words+w] & g.masks[(j*states+r)*g.words+w]
							to[r] += float64(bits.OnesCount64(both))
						}
					}
				}
				for _, c := range to {
					from += c
				}
				row := g.kernel.Row(State(s))
				if from*slices.Min(row) < 5 {
					continue
				}
				for r, c := range to {
					e := from * row[r]
					statistic += (c - e) * (c - e) / e
				}
				freedom += states - 1
			}
			if freedom > 0 {
				worst = min(worst, distuv.ChiSquared{K: float64(freedom)}.Survival(statistic))
			}
		}
		if worst < 1e-4/kernels {
			t.Errorf("%d states: transitions do not have the kernel's probabilities: %.2g", states, worst)
		}
	}
}

// TestGramOfMasks checks the counts against the chains written out.
func TestGramOfMasks(t *testing.T) {
	for _, spec := range []Spec{
		{D: 3, N: "130"}, {D: 4, N: "100"}, {D: 3, N: "128"}, {D: 3, N: "64", Embedding: "sign", Bias: true}, {States: 4, D: 2, N: "7"},
		{States: 3, D: 2, N: "65", Embedding: "onehot", Bias: true}, {States: 3, D: 2, N: "1", Embedding: "onehot"},
	} {
		task := mustTask(t, spec)
		g, err := NewGramSampler(task, 3)
		if err != nil {
			t.Fatal(err)
		}
		D, d, n := task.Dim(), task.Positions(), int(task.Context())
		G, u := make([]float64, D*D), make([]float64, D-1)
		if _, err := g.Draw(4, G, u); err != nil {
			t.Fatal(err)
		}
		var p Prompt
		for chain := range n {
			for j := 0; j <= d; j++ {
				for s := range task.states {
					if g.masks[(j*task.states+s)*g.words+chain/64]>>(chain%64)&1 == 1 {
						p.Context = append(p.Context, State(s))
					}
				}
			}
		}
		if len(p.Context) != n*(d+1) {
			t.Fatalf("%v: the masks hold %d states, want %d", task, len(p.Context), n*(d+1))
		}
		want := make([]float64, D*D)
		task.Gram(want, &p)
		for e := range want {
			if math.Abs(G[e]-want[e]) > 1e-14 {
				t.Errorf("%v: Gram entry %d, %d is %v, want %v", task, e/D, e%D, G[e], want[e])
			}
		}
	}
}

// TestThreshold checks the binary digits of probabilities of all sizes.
func TestThreshold(t *testing.T) {
	for _, p := range []float64{0, 1, 0.5, 0.75, 1.0 / 3, 1e-5, 1e-19, 3e-40, 1e-300, math.SmallestNonzeroFloat64, math.Nextafter(1, 0)} {
		th := newThreshold(p)
		var sum float64
		more := false
		for k := lastDigit; k >= 1; k-- {
			if th.digit(k) != 0 {
				sum += math.Ldexp(1, -k)
				more = more || k > 64
			}
			if k <= 64 && th.digit(k) != -(th.digits>>(64-k)&1) {
				t.Errorf("%g has two values of digit %d", p, k)
			}
		}
		if sum != p || more != th.more {
			t.Errorf("the digits of %g add up to %g; more than 64: %v, want %v", p, sum, th.more, more)
		}
	}
}

// TestGramSamplerStream pins what a seed means, so that nobody changes it by
// accident.
func TestGramSamplerStream(t *testing.T) {
	g, err := NewGramSampler(mustTask(t, Spec{D: 1, N: "10"}), 1)
	if err != nil {
		t.Fatal(err)
	}
	G, u := make([]float64, 4), make([]float64, 1)
	var got []float64
	for _, i := range []uint64{0, 1, 2, 0} {
		label, err := g.Draw(i, G, u)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, G[0], G[1], G[3], u[0], label)
	}
	want := []float64{
		0.4, 0.4, 0.4, 0, 0,
		0.6, 0.6, 0.8, 0, 0,
		0.6, 0.1, 0.2, 1, 0,
		0.4, 0.4, 0.4, 0, 0,
	}
	if !slices.Equal(got, want) {
		t.Errorf("the stream is\n%#v\nwant\n%#v", got, want)
	}
}

func BenchmarkGramSampler(b *testing.B) {
	for _, spec := range []Spec{{D: 10, N: "100"}, {D: 10, N: "1000"}, {States: 3, D: 5, N: "100"}, {D: 10, N: "100", Prior: PriorSpec{Text: "beta:2,3"}}} {
		task := mustTask(b, spec)
		G, u := make([]float64, task.Dim()*task.Dim()), make([]float64, task.QueryDim())
		b.Run("sliced/"+task.String(), func(b *testing.B) {
			g, err := NewGramSampler(task, 1)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for i := uint64(0); b.Loop(); i++ {
				g.Draw(i, G, u)
			}
		})
		b.Run("plain/"+task.String(), func(b *testing.B) {
			s, err := NewSampler(task, 1)
			if err != nil {
				b.Fatal(err)
			}
			var p Prompt
			b.ReportAllocs()
			for i := uint64(0); b.Loop(); i++ {
				s.Prompt(&p, i)
				task.Gram(G, &p)
			}
		})
	}
}

package moment

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
	"markovicl/markov/markovtest"
)

var newTask = markovtest.Task

func of(t testing.TB, task markov.Task, opts Options) *Moments {
	t.Helper()
	m, err := Of(t.Context(), task, opts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// enumerate returns the loss of a task by adding up all configurations of its
// n+1 chains. The mean over kernels of a product of transitions is a ratio of
// rising factorials of alpha for each row; starts must not be stationary.
func enumerate(task markov.Task, n int) *Form {
	S, d, D := task.States(), task.Positions(), task.Dim()
	q := D - 1
	length := (n + 1) * (d + 1)
	f := &Form{Q: q, H: mat.NewSymDense(q*Pairs(D), nil), L: make([]float64, q*Pairs(D))}
	states := make([]markov.State, length)
	z, u, g, ug := make([]float64, D), make([]float64, q), make([]float64, Pairs(D)), make([]float64, len(f.L))
	for {
		query := states[n*(d+1):]
		probability := task.Start().Query()[query[0]]
		counts := make([]int, S*S)
		for i := 0; i < length; i += d + 1 {
			chain := states[i : i+d+1]
			if i < n*(d+1) {
				probability *= task.Start().Context(query[0])[chain[0]]
			}
			for j := range d {
				counts[int(chain[j])*S+int(chain[j+1])]++
			}
		}
		for s := range S {
			var sum, total float64
			for j, a := range task.Prior().Alpha(s) {
				for k := range counts[s*S+j] {
					probability *= a + float64(k)
				}
				sum += a
				total += float64(counts[s*S+j])
			}
			for k := range int(total) {
				probability /= sum + float64(k)
			}
		}
		clear(g)
		for i := range n {
			task.Column(z, states[i*(d+1):(i+1)*(d+1)])
			r := 0
			for a := range D {
				for b := a; b < D; b++ {
					g[r] += z[a] * z[b] / float64(n)
					r++
				}
			}
		}
		task.Features(u, query[:d])
		y := task.Embedding().Label(query[d])
		for j, x := range u {
			for r, v := range g {
				ug[j*len(g)+r] = x * v
			}
		}
		for i, x := range ug {
			f.L[i] += probability * y * x
			for k := i; k < len(ug); k++ {
				f.H.SetSym(i, k, f.H.At(i, k)+probability*x*ug[k])
			}
		}
		f.C += probability * y * y

		i := 0
		for ; i < length; i++ {
			states[i]++
			if int(states[i]) < S {
				break
			}
			states[i] = 0
		}
		if i == length {
			return f
		}
	}
}

// difference returns the largest difference of two forms' numbers, relative to
// the largest number of its kind.
func difference(a, b *Form) float64 {
	var dh, h, dH, H float64
	for i := range b.L {
		dh, h = max(dh, math.Abs(a.L[i]-b.L[i])), max(h, math.Abs(b.L[i]))
		for k := i; k < len(b.L); k++ {
			dH, H = max(dH, math.Abs(a.H.At(i, k)-b.H.At(i, k))), max(H, math.Abs(b.H.At(i, k)))
		}
	}
	worst := 0.0
	for _, x := range [][2]float64{{math.Abs(a.C - b.C), math.Abs(b.C)}, {dh, h}, {dH, H}} {
		if x[1] > 0 {
			x[0] /= x[1]
		}
		worst = max(worst, x[0])
	}
	return worst
}

var enumerated = []markov.Spec{
	{D: 1, P: "0.3"},
	{D: 2, Prior: markov.PriorSpec{Text: "beta:2,0.5"}},
	{D: 2, Start: "correlated:0.4,0.2,0.9"},
	{D: 2, Embedding: "sign", Bias: true, P: "1/3"},
	{D: 1, Start: "correlated:1/2,0,1", Embedding: "onehot"},
	{D: 2, Prior: markov.PriorSpec{Rows: [][]string{{"1", "2"}, {"0.3", "4"}}}, Bias: true},
	{D: 1, States: 3, Prior: markov.PriorSpec{Rows: [][]string{{"1", "2", "1"}, {"0.3", "4", "2"}, {"1", "1/3", "1"}}}, Start: "probs:0,0.25,0.75"},
	{D: 1, States: 3, Embedding: "onehot", Bias: true, Start: "probs:0.5,0.25,0.25"},
	{D: 2, States: 3, Prior: markov.PriorSpec{Text: "dirichlet:0.5"}},
}

func TestEnumeration(t *testing.T) {
	for _, spec := range enumerated {
		task := newTask(t, spec)
		for n := 1; n <= 3; n++ {
			if n*task.Positions()*task.States() > 6 {
				break // too many configurations
			}
			want := enumerate(task, n)
			for _, rule := range []string{GaussJacobi, DirichletCounts} {
				m := of(t, task, Options{Rule: rule})
				if d := difference(m.At(markov.Context(n)), want); !(d < 1e-14) {
					t.Errorf("%s, n %d, %s: differs by %.2g", task, n, rule, d)
				}
			}
		}
	}
}

// An exact rule gains nothing from more nodes, and loses digits with fewer.
func TestNodes(t *testing.T) {
	for _, spec := range []markov.Spec{{D: 1}, {D: 4, P: "0.3"}, {D: 7}, {D: 3, Prior: markov.PriorSpec{Text: "beta:0.1,5"}}} {
		task := newTask(t, spec)
		exact := of(t, task, Options{Rule: GaussJacobi})
		more := of(t, task, Options{Rule: GaussJacobi, Nodes: 2 * exactNodes(task)})
		fewer := of(t, task, Options{Rule: GaussJacobi, Nodes: exactNodes(task) - 1})
		if !exact.Rule().Exact || !more.Rule().Exact || fewer.Rule().Exact {
			t.Error("a rule does not know whether it is exact")
		}
		for _, n := range []markov.Context{1, 10, markov.Infinite} {
			if d := difference(more.At(n), exact.At(n)); !(d < 1e-14) {
				t.Errorf("%s, n %s: twice the nodes change %.2g", task, n, d)
			}
			// A single chain takes 2d-1 steps with the query, not 3d-1.
			if d := difference(fewer.At(n), exact.At(n)); n > 1 && !(d > 1e-14) {
				t.Errorf("%s, n %s: one node fewer changes only %.2g", task, n, d)
			}
		}
	}
}

// The rule for stationary starts has converged where it says so.
func TestStationaryConverged(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 1}, {D: 5}, {D: 2, Prior: markov.PriorSpec{Text: "beta:0.5,0.2"}}, {D: 3, Bias: true, Prior: markov.PriorSpec{Text: "beta:3.5,8"}},
	} {
		spec.Start = "stationary"
		task := newTask(t, spec)
		m := of(t, task, Options{})
		if m.Rule().Exact || m.Rule().Change > 1e-13 {
			t.Errorf("%s: %+v", task, m.Rule())
		}
		nodes := int(math.Sqrt(float64(m.Rule().Nodes) / 5))
		twice := of(t, task, Options{Nodes: 2 * nodes})
		for _, n := range []markov.Context{1, 10, markov.Infinite} {
			if d := difference(twice.At(n), m.At(n)); !(d < 1e-13) {
				t.Errorf("%s, n %s: twice the nodes change %.2g", task, n, d)
			}
		}
	}
}

// Two exact rules, or an exact one and random shifts, agree.
func TestRules(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 5, Prior: markov.PriorSpec{Text: "beta:0.3,2"}},
		{D: 2, States: 3, Embedding: "onehot", Bias: true},
		{D: 3, Start: "correlated:0.3,0.2,0.9", Embedding: "sign"},
	} {
		task := newTask(t, spec)
		gauss, counts := of(t, task, Options{Rule: GaussJacobi}), of(t, task, Options{Rule: DirichletCounts})
		for _, n := range []markov.Context{1, 10, markov.Infinite} {
			if d := difference(gauss.At(n), counts.At(n)); !(d < 1e-14) {
				t.Errorf("%s, n %s: rules differ by %.2g", task, n, d)
			}
		}
	}
	for _, spec := range []markov.Spec{
		{D: 2}, {D: 2, Start: "stationary", Prior: markov.PriorSpec{Text: "beta:2,0.5"}}, {D: 1, States: 3, Embedding: "onehot"},
		{D: 2, States: 3, Prior: markov.PriorSpec{Text: "dirichlet:0.5"}},
	} {
		task := newTask(t, spec)
		exact, random := of(t, task, Options{}), of(t, task, Options{Rule: QuasiMonteCarlo, Points: 256, Seed: 1})
		count := float64(random.Rule().Replicates)
		within := func(what string, get func(f *Form) float64) {
			var square float64
			mean := get(random.At(10))
			for r := range random.Rule().Replicates {
				x := get(random.LeaveOut(r, 10)) - mean
				square += x * x
			}
			se := math.Sqrt(square * (count - 1) / count)
			if want := get(exact.At(10)); !(math.Abs(mean-want) <= 5*se+1e-14) || !(se < 1e-3*(1+want)) {
				t.Errorf("%s: %s is %v, random shifts give %v, standard error %.2g", task, what, want, mean, se)
			}
		}
		within("c", func(f *Form) float64 { return f.C })
		for i := 0; i < len(exact.At(10).L); i += 3 {
			within(fmt.Sprintf("h[%d]", i), func(f *Form) float64 { return f.L[i] })
			within(fmt.Sprintf("H[%d,%d]", i, i/2), func(f *Form) float64 { return f.H.At(i, i/2) })
		}
	}
	if _, err := Of(t.Context(), newTask(t, markov.Spec{D: 1, Start: "stationary"}), Options{Rule: GaussJacobi}); err == nil {
		t.Error("a rule was used that does not apply")
	}
}

// Prompts drawn from the task have these moments, within five standard errors.
func TestMonteCarlo(t *testing.T) {
	const prompts = 20_000
	for _, spec := range []markov.Spec{
		{D: 2, N: "5", P: "0.4"},
		{D: 2, N: "3", Start: "correlated:0.4,0.2,0.9", Prior: markov.PriorSpec{Text: "beta:2,1"}},
		{D: 2, N: "3", States: 3, Bias: true},
	} {
		task := newTask(t, spec)
		f := of(t, task, Options{}).At(task.Context())
		sampler, err := markov.NewSampler(task, 1)
		if err != nil {
			t.Fatal(err)
		}
		n, d, D := int(task.Context()), task.Positions(), task.Dim()
		dim := f.Dim()
		sum, square := make([]float64, dim*dim+dim+1), make([]float64, dim*dim+dim+1)
		z, u, ug := make([]float64, D), make([]float64, D-1), make([]float64, dim)
		var p markov.Prompt
		for i := range prompts {
			if err := sampler.Prompt(&p, uint64(i)); err != nil {
				t.Fatal(err)
			}
			clear(ug)
			task.Features(u, p.Query)
			for i := range n {
				task.Column(z, p.Context[i*(d+1):(i+1)*(d+1)])
				for j, x := range u {
					for a := range D {
						for b := a; b < D; b++ {
							ug[j*Pairs(D)+PairIndex(D, a, b)] += x * z[a] * z[b] / float64(n)
						}
					}
				}
			}
			add := func(i int, x float64) {
				sum[i] += x
				square[i] += x * x
			}
			y := task.Embedding().Label(p.Label)
			for i, x := range ug {
				for k, v := range ug {
					add(i*dim+k, x*v)
				}
				add(dim*dim+i, y*x)
			}
			add(dim*dim+dim, y*y)
		}
		check := func(name string, i int, want float64) {
			mean := sum[i] / prompts
			se := math.Sqrt((square[i]/prompts - mean*mean) / prompts)
			if !(math.Abs(mean-want) <= 5*se+1e-12) {
				t.Errorf("%s: %s is %v, %d prompts gave %v (standard error %v)", task, name, want, prompts, mean, se)
			}
		}
		for i := range dim {
			for k := i; k < dim; k++ {
				check(fmt.Sprintf("H[%d,%d]", i, k), i*dim+k, f.H.At(i, k))
			}
			check(fmt.Sprintf("h[%d]", i), dim*dim+i, f.L[i])
		}
		check("c", dim*dim+dim, f.C)
	}
}

// The same bits for any number of workers.
func TestWorkers(t *testing.T) {
	for _, test := range []struct {
		spec markov.Spec
		rule string
	}{{markov.Spec{D: 8}, GaussJacobi}, {markov.Spec{D: 4, States: 3}, DirichletCounts}, {markov.Spec{D: 1, States: 3, Start: "stationary"}, QuasiMonteCarlo}} {
		task := newTask(t, test.spec)
		opts := Options{Rule: test.rule, Workers: 1, Points: 256, Replicates: 2}
		want := of(t, task, opts).At(10)
		for _, workers := range []int{2, 3, 8} {
			opts.Workers = workers
			got := of(t, task, opts).At(10)
			if !mat.Equal(got.H, want.H) || !mat.Equal(mat.NewVecDense(len(got.L), got.L), mat.NewVecDense(len(want.L), want.L)) || got.C != want.C {
				t.Errorf("%s, %s: %d workers give other bits than one", task, test.rule, workers)
			}
		}
	}
}

func TestTooLarge(t *testing.T) {
	for _, spec := range []markov.Spec{{D: 1000}, {D: 10, States: 256, Embedding: "onehot"}} {
		if _, err := Of(t.Context(), newTask(t, spec), Options{}); err == nil {
			t.Errorf("%+v was accepted", spec)
		}
	}
}

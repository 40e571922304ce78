package landscape

import (
	"context"
	"math"
	"testing"

	"pgregory.net/rapid"

	"markovicl/markov"
	"markovicl/markov/markovtest"
	"markovicl/moment"
)

func floorOf(t testing.TB, task markov.Task, contexts int, seed uint64) (Floor, *Optimum) {
	t.Helper()
	m, err := moment.Of(context.Background(), task, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := m.At(task.Context())
	o, err := Minimise(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	c, err := moment.NewContexts(task, seed)
	if err != nil {
		t.Fatal(err)
	}
	floor, err := FloorOf(context.Background(), c, f, o, FloorSettings{Contexts: contexts})
	if err != nil {
		t.Fatal(err)
	}
	return floor, o
}

// Another program's floors: sums to 1e-12, sampled ones to four standard errors.
func TestFloorReferences(t *testing.T) {
	seen := 0
	for _, r := range references(t) {
		if r.Floor == 0 {
			continue
		}
		seen++
		task := r.task(t)
		floor, o := floorOf(t, task, 2000, 1)
		if r.Kind == "floor" {
			if !(math.Abs(floor.Value-r.Floor) < 1e-12) || floor.SE != 0 || floor.Claim != moment.Exact {
				t.Errorf("%s: floor %+v, want %.16g", task, floor, r.Floor)
			}
			if r.FloorExact != "" && floor.Exact.RatString() != r.FloorExact {
				t.Errorf("%s: floor %s, want %s", task, floor.Exact.RatString(), r.FloorExact)
			}
			continue
		}
		if se := math.Hypot(floor.SE, r.StandardError); !(math.Abs(floor.Value-r.Floor) <= 4*se) || !(floor.SE > 0 && floor.SE < 5e-4) {
			t.Errorf("%s: floor %.6f (%.1g), want %.6f (%.1g)", task, floor.Value, floor.SE, r.Floor, r.StandardError)
		}
		if !(math.Abs(o.Loss-r.OneLayer) < 1e-6) {
			t.Errorf("%s: optimum %v, want %v", task, o.Loss, r.OneLayer)
		}
	}
	if seen != 9 {
		t.Errorf("%d floors", seen)
	}
}

// enumerated returns the floor of a task with chains of the given kernels' law by
// adding up all words of the context and the query: no posterior, no Dirichlet
// moment, no sampling. The kernels and their weights are a rule for the prior.
func enumerated(t testing.TB, task markov.Task, kernels [][]float64, weights []float64) float64 {
	t.Helper()
	S, d, q := task.States(), task.Positions(), task.QueryDim()
	n := int(task.Context())
	words := int(math.Round(math.Pow(float64(S), float64(d+1))))
	letters := func(w int) []markov.State {
		out := make([]markov.State, d+1)
		for i := d; i >= 0; i-- {
			out[i] = markov.State(w % S)
			w /= S
		}
		return out
	}
	// the probability of a word given the kernel and the law of its first states
	probability := func(P []float64, start []float64, w []markov.State) float64 {
		p := 1.0
		for i, s := range w {
			if i < task.Order() {
				p *= start[s]
				continue
			}
			row := 0
			for _, r := range w[i-task.Order() : i] {
				row = row*S + int(r)
			}
			p *= P[row*S+int(s)]
		}
		return p
	}
	floor := 0.0
	contexts := int(math.Round(math.Pow(float64(words), float64(n))))
	u := make([]float64, q)
	power := 0.0
	for number := range contexts {
		law := &moment.QueryLaw{K: make([]float64, q*q), L: make([]float64, q)}
		for k, P := range kernels {
			stationary := make([]float64, S)
			if task.Start().Kind() == markov.StationaryStart {
				leave0, leave1 := P[1], P[2] // two states
				stationary[0], stationary[1] = leave1/(leave0+leave1), leave0/(leave0+leave1)
			}
			for w := range words {
				query := letters(w)
				queryStart, contextStart := stationary, stationary
				if task.Start().Kind() != markov.StationaryStart {
					queryStart, contextStart = task.Start().Query(), task.Start().Context(query[0])
				}
				p := weights[k] * probability(P, queryStart, query)
				rest := number
				for range n {
					p *= probability(P, contextStart, letters(rest%words))
					rest /= words
				}
				task.Features(u, query[:d])
				y := task.Embedding().Label(query[d])
				for i, x := range u {
					law.L[i] += p * x * y
					for j, z := range u {
						law.K[i*q+j] += p * x * z
					}
				}
				power += p * y * y
			}
		}
		theta := law.Theta()
		for i, x := range theta {
			// Theta solves the system
			row := law.L[i]
			for j, z := range theta {
				row -= law.K[i*q+j] * z
			}
			if !(math.Abs(row) < 1e-9) {
				t.Errorf("%s: a system is off by %.2g", task, row)
			}
			floor -= x * law.L[i]
		}
	}
	return floor + power
}

// The floor by sums, and by sampling, against all words, for every family, start
// and embedding.
func TestFloorByWords(t *testing.T) {
	kernels := markov.MixtureSpec{
		Kernels: [][][]string{{{"0.8", "0.2"}, {"0.3", "0.7"}}, {{"0.1", "0.9"}, {"0.6", "0.4"}}, {{"0.5", "0.5"}, {"0", "1"}}},
		Weights: []string{"1", "2", "1"},
	}
	mixed := markov.PriorSpec{Mixture: &kernels}
	for _, test := range []struct {
		spec  markov.Spec
		exact bool
	}{
		{markov.Spec{D: 1, N: "1"}, true},
		{markov.Spec{D: 1, N: "3", P: "0.3", Prior: markov.PriorSpec{Text: "beta:2,0.5"}}, true},
		{markov.Spec{D: 1, N: "2", Bias: true, Embedding: "sign"}, true},
		{markov.Spec{D: 1, N: "2", Bias: true, Embedding: "onehot"}, true},
		{markov.Spec{D: 1, N: "2", States: 3, Bias: true, Start: "probs:0.5,0.25,0.25"}, true},
		{markov.Spec{D: 1, N: "3", Start: "correlated:0.4,0.2,0.9"}, true},
		{markov.Spec{D: 1, N: "3", Start: "correlated:0.4,0.2,0.9", Bias: true}, true},
		{markov.Spec{D: 1, N: "3", Prior: mixed}, true},
		{markov.Spec{D: 2, N: "2", Prior: mixed, Bias: true}, true},
		{markov.Spec{D: 2, N: "2", Prior: mixed, Start: "stationary"}, true},
		{markov.Spec{D: 2, N: "1", Prior: mixed, Start: "correlated:0.4,0.2,0.9"}, true},
		{markov.Spec{D: 1, N: "1", Start: "stationary"}, false},
		{markov.Spec{D: 1, N: "2", Start: "stationary", Prior: markov.PriorSpec{Text: "beta:2,3"}, Bias: true}, false},
		{markov.Spec{D: 2, N: "2"}, false},
		{markov.Spec{D: 2, N: "2", Bias: true, P: "0.3"}, false},
		{markov.Spec{D: 2, N: "2", Embedding: "onehot"}, false},
		{markov.Spec{D: 2, N: "2", Order: 2}, false},
		{markov.Spec{D: 3, N: "1", Order: 2, Bias: true}, false},
		{markov.Spec{D: 2, N: "2", Start: "correlated:0.4,0.2,0.9"}, false},
	} {
		task := newTask(t, test.spec)
		nodes := 8
		if task.Order() > 1 || task.States() > 2 {
			nodes = 3
		}
		if task.Start().Kind() == markov.StationaryStart {
			nodes = 60
		}
		P, weights, err := moment.Kernels(task, nodes)
		if err != nil {
			t.Fatal(err)
		}
		want := enumerated(t, task, P, weights)
		floor, o := floorOf(t, task, 4000, 1)
		if !(floor.Value <= o.Loss) {
			t.Errorf("%s: floor %v above the optimum %v", task, floor.Value, o.Loss)
		}
		tolerance := 1e-12
		if task.Start().Kind() == markov.StationaryStart && task.Prior().Mixture() == nil {
			tolerance = 1e-10
		}
		if floor.Contexts > 0 {
			tolerance = 4 * floor.SE
		}
		if !(math.Abs(floor.Value-want) <= tolerance) || test.exact != (floor.Exact != nil) {
			t.Errorf("%s: floor %.15g (%.2g, %s), want %.15g", task, floor.Value, floor.SE, floor.Method, want)
		}
	}
}

// Known values: stationary starts, where the starts tell about the kernel; a bias
// at d = 1 and n = infinity, where the floor is the oracle's risk; regression,
// where it is the Bayes risk.
func TestFloorKnown(t *testing.T) {
	for _, test := range []struct {
		spec markov.Spec
		want float64
		to   float64
	}{
		{markov.Spec{D: 1, N: "1", Start: "stationary"}, 0.313131, 1e-6},
		{markov.Spec{D: 1, N: "inf", Bias: true}, 1. / 6, 1e-14},
		{markov.Spec{D: 1, N: "inf", Embedding: "onehot"}, 1. / 6, 1e-14},
		{markov.Spec{Family: "regression", D: 2, N: "inf", Noise: "0.3"}, 0.3, 1e-15},
		{markov.Spec{Family: "regression", D: 3, N: "3"}, 0, 0},
		// w ~ N(0, 1), x = +-, one pair without noise at d = 1 tells w
		{markov.Spec{Family: "regression", D: 1, N: "1", Mean: "2"}, 0, 0},
	} {
		floor, _ := floorOf(t, newTask(t, test.spec), 0, 1)
		if !(math.Abs(floor.Value-test.want) <= test.to) || floor.SE != 0 {
			t.Errorf("%+v: floor %+v, want %v", test.spec, floor, test.want)
		}
	}
	// Without noise and isotropic, n < d pairs tell n of the d directions.
	for n, want := range map[string]float64{"1": 4, "2": 3, "4": 1} {
		floor, _ := floorOf(t, newTask(t, markov.Spec{Family: "regression", D: 5, N: n}), 20_000, 1)
		if !(math.Abs(floor.Value-want) <= 4*floor.SE) || !(floor.SE < 0.05) {
			t.Errorf("regression, d 5, n %s: floor %+v, want %v", n, floor, want)
		}
	}
	// d = 1 with noise: E 1/(1 + x^2/s2) by quadrature in x.
	floor, _ := floorOf(t, newTask(t, markov.Spec{Family: "regression", D: 1, N: "1", Noise: "0.5"}), 20_000, 1)
	var want float64
	const h = 1e-3
	for x := -10.0; x <= 10; x += h {
		want += h * math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) / (1 + x*x/0.5)
	}
	if want += 0.5; !(math.Abs(floor.Value-want) <= 4*floor.SE) {
		t.Errorf("regression with noise: floor %+v, want %v", floor, want)
	}
}

// No floor is above the enlarged optimum, and none depends on the number of
// workers; the best transformer is not below the optimum.
func TestFloorOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		task := markovtest.Tasks(markovtest.Limits{States: 3, Positions: 3, Order: 2, Kernels: 3, QueryDim: 5}).Draw(r, "task")
		stationary := task.Start().Kind() == markov.StationaryStart
		if stationary && task.Prior().Mixture() == nil {
			r.Skip("slow, and tested by words")
		}
		m, err := moment.Of(r.Context(), task, moment.Options{})
		if err != nil {
			r.Fatal(err)
		}
		f := m.At(task.Context())
		if f.C == 0 {
			r.Skip("the label is always 0")
		}
		o, err := Minimise(r.Context(), f)
		if err != nil {
			r.Fatal(err)
		}
		c, err := moment.NewContexts(task, 1)
		if err != nil {
			r.Fatal(err)
		}
		floor, err := FloorOf(r.Context(), c, f, o, FloorSettings{Contexts: 50, Workers: 1})
		if err != nil {
			r.Fatal(err)
		}
		again, err := FloorOf(r.Context(), c, f, o, FloorSettings{Contexts: 50, Workers: 3})
		if err != nil {
			r.Fatal(err)
		}
		if floor.Value != again.Value || floor.SE != again.SE {
			r.Errorf("%s: floors %v and %v by one and three workers", task, floor, again)
		}
		// A difference is a mean of squares, so not even sampling puts it above.
		if !(floor.Value <= o.Loss+1e-12) {
			r.Errorf("%s: floor %v above the optimum %v", task, floor.Value, o.Loss)
		}
	})
}

// The largest floor that is promised: a standard error of 1e-4 of the loss.
func BenchmarkFloor(b *testing.B) {
	task := newTask(b, markov.Spec{D: 10, N: "100"})
	m, err := moment.Of(b.Context(), task, moment.Options{})
	if err != nil {
		b.Fatal(err)
	}
	f := m.At(task.Context())
	o, err := Minimise(b.Context(), f)
	if err != nil {
		b.Fatal(err)
	}
	c, err := moment.NewContexts(task, 1)
	if err != nil {
		b.Fatal(err)
	}
	const contexts = 2000
	b.ReportAllocs()
	for b.Loop() {
		floor, err := FloorOf(b.Context(), c, f, o, FloorSettings{Contexts: contexts})
		if err != nil {
			b.Fatal(err)
		}
		// contexts for the promised error
		ratio := floor.SE / (1e-4 * o.Loss)
		b.ReportMetric(contexts*ratio*ratio, "contexts-needed")
	}
}

package predict

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// TestBayesByHand: row 0 has one transition to 0 and two to 1 (one of them in
// the query's past), so with alpha = 1 the next state is 1 with probability
// (2+1)/(3+2).
func TestBayesByHand(t *testing.T) {
	task := newTask(t, markov.Spec{D: 3, N: "1"})
	prompt := &markov.Prompt{Context: states("0011"), Query: states("010")}
	if got := predictWith(t, NewBayes(task), prompt); math.Abs(got.Expected-0.6) > 1e-15 || math.Abs(got.Distribution[0]-0.4) > 1e-15 {
		t.Errorf("got %v, want 0.6", got)
	}
	// Beta(2,5) for p01: (2+2)/(3+7).
	task = newTask(t, markov.Spec{D: 3, N: "1", Prior: markov.PriorSpec{Text: "beta:2,5"}})
	if got := predictWith(t, NewBayes(task), prompt).Expected; math.Abs(got-0.4) > 1e-15 {
		t.Errorf("got %v, want 0.4", got)
	}
}

// allPrompts calls visit with every prompt of a task, label 0.
func allPrompts(t markov.Task, visit func(p *markov.Prompt)) {
	S, d, n := t.States(), t.Positions(), int(t.Context())
	total := n*(d+1) + d
	cells := 1
	for range total {
		cells *= S
	}
	for code := range cells {
		all := make([]markov.State, total)
		for i, c := 0, code; i < total; i, c = i+1, c/S {
			all[i] = markov.State(c % S)
		}
		visit(&markov.Prompt{Context: all[:n*(d+1)], Query: all[n*(d+1):]})
	}
}

// squareRule integrates over p01 and p11. A stationary law is not smooth where
// a kernel never moves; with s = p01 and 1-p11 = s v, and the mirror image, it
// is.
func squareRule(f func(p01, p11 float64) float64) float64 {
	const nodes = 24
	x, w := make([]float64, nodes), make([]float64, nodes)
	quad.Legendre{}.FixedLocations(x, w, 0, 1)
	var sum float64
	for i, s := range x {
		for j, v := range x {
			sum += w[i] * w[j] * s * (f(s, 1-s*v) + f(s*v, 1-s))
		}
	}
	return sum
}

// TestBayesAgainstEnumeration compares with the posterior mean by quadrature
// over the kernel, for each prompt of small tasks and each kind of start.
func TestBayesAgainstEnumeration(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 1, N: "2"},
		{D: 2, N: "1", Start: "correlated:1/3,1/4,4/5"},
		{D: 1, N: "3", Start: "stationary"},
		{D: 2, N: "2", Start: "stationary"},
		{D: 2, N: "1", Start: "stationary", Prior: markov.PriorSpec{Text: "beta:2,3"}, Embedding: "sign"},
	} {
		task := newTask(t, spec)
		bayes := NewBayes(task)
		alpha := task.Prior().Alpha(0) // of both rows
		density := func(x float64) float64 { return math.Pow(1-x, alpha[0]-1) * math.Pow(x, alpha[1]-1) }
		allPrompts(task, func(p *markov.Prompt) {
			var mass, mean float64
			for label := range markov.State(2) {
				p.Label = label
				m := squareRule(func(p01, p11 float64) float64 {
					return density(p01) * density(p11) * probabilityOf(task, p, markov.BinaryKernel(p01, p11))
				})
				mass += m
				mean += m * task.Embedding().Label(label)
			}
			got := predictWith(t, bayes, p).Expected
			if math.Abs(got-mean/mass) > 1e-11 {
				t.Fatalf("%v, context %v, query %v: got %.14f, want %.14f", task, p.Context, p.Query, got, mean/mass)
			}
		})
	}
}

// probabilityOf returns the probability of a prompt, label included, given the
// kernel.
func probabilityOf(t markov.Task, p *markov.Prompt, k markov.Kernel) float64 {
	d := t.Positions()
	stationary := make([]float64, t.States())
	prob := 1.0
	chain := func(start []float64, states []markov.State) {
		if start == nil {
			if k.Stationary(stationary) != nil {
				prob = 0
				return
			}
			start = stationary
		}
		prob *= start[states[0]]
		for i := 1; i < len(states); i++ {
			prob *= k.Row(states[i-1])[states[i]]
		}
	}
	for at := 0; at < len(p.Context); at += d + 1 {
		chain(t.Start().Context(p.Query[0]), p.Context[at:at+d+1])
	}
	chain(t.Start().Query(), append(append([]markov.State(nil), p.Query...), p.Label))
	return prob
}

// TestStationaryMass checks the normalising constant, and with it the tails,
// over parameters from tiny to large: the masses of the two labels of one
// more transition add up to the mass without it.
func TestStationaryMass(t *testing.T) {
	for _, c := range []counts{
		{1, 1, 1, 1}, {0.001, 0.001, 0.001, 0.001}, {0.1, 0.1, 0.1, 0.1}, {500, 0.1, 0.1, 300}, {0.1, 300, 500, 0.1},
		{1000, 1, 1, 1000}, {300, 250, 200, 350}, {1e4, 1e4, 1e4, 1e4}, {2, 1e4, 1e-3, 3}, {1e-3, 50, 1e4, 1e-3},
	} {
		for _, k := range [][]float64{{1, 1}, {2, 0}, {0, 11}, {60, 41}, {500, 501}} {
			post := stationaryPosterior(c, k)
			for row := range 2 {
				for label := range 2 {
					next := append(counts(nil), c...)
					next[2*row+label]++
					want := post.mean[row]
					if label == 0 {
						want = 1 - want
					}
					got := math.Exp(stationaryPosterior(next, k).logMass - post.logMass)
					if math.Abs(got-want) > 1e-11 {
						t.Errorf("counts %v, starts %v, row %d: P(%d) is %.15f by the masses, %.15f by the mean", c, k, row, label, got, want)
					}
				}
			}
		}
	}
}

// TestWeightedPosterior compares the average over weighted kernels, which
// serves more than two states, with the integral for two.
func TestWeightedPosterior(t *testing.T) {
	c, k := counts{14, 9, 6, 5}, []float64{7, 4}
	post := stationaryPosterior(c, k)
	for from := range 2 {
		got := make([]float64, 2)
		if err := weightedPosterior(got, c, k, from); err != nil {
			t.Fatal(err)
		}
		if math.Abs(got[1]-post.mean[from]) > 5*0.11/math.Sqrt(weightedDraws) {
			t.Errorf("row %d: got %v, want %v", from, got[1], post.mean[from])
		}
	}
}

// TestBayesIsBest checks on simulated prompts of many tasks that nothing that
// does not see the kernel beats Bayes by more than 4 standard errors of the
// difference, and that the oracle is not beaten by Bayes.
func TestBayesIsBest(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 1, N: "5"},
		{D: 3, N: "20", Prior: markov.PriorSpec{Text: "beta:2,5"}},
		{D: 5, N: "40", P: "0.2"},
		{D: 2, N: "10", Start: "correlated:0.4,0.1,0.9"},
		{D: 1, N: "6", Start: "stationary", Prior: markov.PriorSpec{Text: "dirichlet:0.1"}},
		{D: 2, N: "8", Start: "stationary", Embedding: "sign"},
		{States: 3, D: 2, N: "10", Prior: markov.PriorSpec{Text: "dirichlet:0.5"}},
		{D: 2, N: "15", Bias: true, Prior: markov.PriorSpec{Text: "beta:20,30"}},
		{States: 3, D: 1, N: "4", Start: "stationary"},
		{States: 4, D: 3, N: "15", Prior: markov.PriorSpec{Rows: [][]string{{"1", "2", "3", "4"}, {"1", "1", "1", "9"}, {"5", "1", "1", "1"}, {"1/2", "2", "1", "1"}}}, Embedding: "onehot"},
	} {
		task := newTask(t, spec)
		sampler, err := markov.NewSampler(task, 7)
		if err != nil {
			t.Fatal(err)
		}
		prompts := 4000
		if task.Start().Kind() == markov.StationaryStart { // each takes integrals, or many kernels
			prompts = 300 / task.States()
		}
		predictors := append([]Predictor{NewBayes(task), NewOracle(task), optimumOf(t, task)}, Classical(task)...)
		e, err := Evaluate(context.Background(), task, sampler, predictors, Settings{Prompts: prompts})
		if err != nil {
			t.Fatal(err)
		}
		for i, score := range e.Scores[1:] {
			d := e.Difference(0, i+1) // Bayes minus the other
			if score.Name == "oracle" {
				d.Mean = -d.Mean
			}
			if d.Mean > 4*d.SE {
				t.Errorf("%v: bayes minus %s is %v", task, score.Name, d)
			}
		}
	}
}

// optimumOf returns the enlarged optimum of a task.
func optimumOf(t testing.TB, task markov.Task) Predictor {
	t.Helper()
	// Where a task has no exact rule 2^10 points are enough to make a predictor.
	moments, err := moment.Of(context.Background(), task, moment.Options{Points: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	best, err := landscape.Minimise(context.Background(), moments.At(task.Context()))
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewEnlarged("optimum", task, best.X)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func Example() {
	task, _ := markov.NewTask(markov.Spec{D: 2, N: "3"})
	prompt := &markov.Prompt{
		Context: []markov.State{0, 1, 1 /**/, 1, 1, 0 /**/, 0, 1, 1},
		Query:   []markov.State{0, 1},
	}
	var out Prediction
	for _, p := range []Predictor{NewBayes(task), NewBigram(task), NewNeighbours(task)} {
		if err := p.Predict(prompt, &out); err != nil {
			fmt.Println(err)
		}
		fmt.Printf("%s: %.3f\n", p.Name(), out.Expected)
	}
	// Output:
	// bayes: 0.667
	// bigram: 0.750
	// knn3: 0.667
}

// TestTailSum adds the terms one by one, far beyond the last that counts.
func TestTailSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		rate, power, h := math.Exp(6*rng.Float64()-3), math.Exp(8*rng.Float64()-3), 0.05+0.25*rng.Float64()
		lambda := math.Exp(8*rng.Float64()-3) * float64(1-2*rng.IntN(2))
		if rng.IntN(4) == 0 {
			lambda = -power // the first coefficient is 0
		}
		u := (0.2 + 0.8*rng.Float64()) / (8 * (1 + math.Abs(lambda) + power))
		want := 0.0
		for k := 1.0; rate*k*h < 50; k++ {
			v := u * math.Exp(-k*h)
			want += math.Exp(-rate*k*h - power*math.Log1p(v) - lambda*v/(1+v))
		}
		if got := tailSum(rate, power, lambda, u, h); math.Abs(got-want) > 1e-13*want {
			t.Errorf("rate %v, power %v, lambda %v, u %v, h %v: got %.15g, want %.15g", rate, power, lambda, u, h, got, want)
		}
	}
}

// Mass and mean of a tilted beta density are confluent hypergeometric functions: after Kummer's
// transformation, series of positive terms. Parameters are small and large, the rate of the tilt
// is often a+b, where a coefficient of the tail is 0.
func TestTiltedBeta(t *testing.T) {
	kummer := func(b, c, lambda float64) float64 { // 1F1(b; c; lambda) exp(-lambda)
		sum, term := 0.0, math.Exp(-lambda)
		for k := 0.0; k < lambda || term > 1e-18*sum; k++ {
			sum += term
			term *= (b + k) / (c + k) * lambda / (k + 1)
		}
		return sum
	}
	lgamma := func(x float64) float64 {
		y, _ := math.Lgamma(x)
		return y
	}
	rng := rand.New(rand.NewPCG(3, 5))
	for i := range 3000 {
		a, b := math.Exp(26*rng.Float64()-23), math.Exp(26*rng.Float64()-23) // 1e-10 to 20
		lambda := 60 * rng.Float64()
		switch i % 3 {
		case 1:
			lambda = a + b
		case 2:
			lambda = math.Exp(26*rng.Float64() - 22)
		}
		base := kummer(b, a+b, lambda)
		mass, mean := tiltedBeta(a, b, lambda)
		if want := lgamma(a) + lgamma(b) - lgamma(a+b) + math.Log(base); math.Abs(mass-want) > 1e-11*(1+math.Abs(want)) {
			t.Errorf("a %v, b %v, lambda %v: log mass %.15g, want %.15g", a, b, lambda, mass, want)
		}
		if want := a / (a + b) * kummer(b, a+b+1, lambda) / base; math.Abs(mean-want) > 1e-11*want {
			t.Errorf("a %v, b %v, lambda %v: mean %.15g, want %.15g", a, b, lambda, mean, want)
		}
	}
}

// A row that has not been seen leaves the Jeffreys prior as it is: the tilt begins at a + b = 1.
func TestStationaryJeffreys(t *testing.T) {
	post := stationaryPosterior(counts{.5, .5, .5, .5}, []float64{1, 0})
	if want := 0.3633802276; math.Abs(post.mean[0]-want) > 1e-10 { // by another quadrature
		t.Errorf("mean %.12g, want %.12g", post.mean[0], want)
	}
}

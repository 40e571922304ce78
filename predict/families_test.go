package predict

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/markov/markovtest"
	"markovicl/moment"
)

// bruteForce returns the law of the query's next state as the ratio of the
// probabilities of everything that was seen with each next state: by Polya's urn
// for a Dirichlet prior, kernel by kernel for a mixture.
func bruteForce(task markov.Task, p *markov.Prompt) []float64 {
	S, d, order := task.States(), task.Positions(), task.Order()
	context := func(chain []markov.State, i int) int {
		row := 0
		for _, s := range chain[i-order : i] {
			row = row*S + int(s)
		}
		return row
	}
	law, sum := make([]float64, S), 0.0
	for y := range S {
		chains := [][]markov.State{append(append([]markov.State(nil), p.Query...), markov.State(y))}
		for at := 0; at < len(p.Context); at += d + 1 {
			chains = append(chains, p.Context[at:at+d+1])
		}
		m := task.Prior().Mixture()
		if m == nil {
			urns := map[int][]float64{}
			law[y] = 1
			for _, chain := range chains {
				for i := order; i < len(chain); i++ {
					row := context(chain, i)
					if urns[row] == nil {
						urns[row] = task.Prior().Alpha(row)
					}
					var all float64
					for _, a := range urns[row] {
						all += a
					}
					law[y] *= urns[row][chain[i]] / all
					urns[row][chain[i]]++
				}
			}
		} else {
			for k := range m.Len() {
				likelihood := m.Weights()[k]
				for _, chain := range chains {
					if task.Start().Kind() == markov.StationaryStart {
						mu, err := m.StationaryRat(k)
						if err != nil {
							panic(err)
						}
						likelihood *= markov.Float(mu[chain[0]])
					}
					for i := order; i < len(chain); i++ {
						likelihood *= markov.Float(m.KernelRat(k)[context(chain, i)*S+int(chain[i])])
					}
				}
				law[y] += likelihood
			}
		}
		sum += law[y]
	}
	for y := range law {
		law[y] /= sum
	}
	return law
}

func TestBayesOfFamilies(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		spec := markovtest.Specs(markovtest.Limits{States: 3, Positions: 4, Order: 3, Kernels: 4}).Draw(r, "task")
		spec.N = rapid.SampledFrom([]string{"1", "4"}).Draw(r, "chains")
		task, err := markov.NewTask(spec)
		if err != nil {
			r.Fatal(err)
		}
		if task.Prior().Mixture() == nil && task.Start().Kind() == markov.StationaryStart {
			r.Skip("has a test of its own")
		}
		sampler, err := markov.NewSampler(task, 1)
		if err != nil {
			r.Fatal(err)
		}
		bayes, oracle := NewBayes(task), NewOracle(task)
		var p markov.Prompt
		var out Prediction
		for i := range uint64(20) {
			if err := sampler.Prompt(&p, i); err != nil {
				r.Fatal(err)
			}
			want := bruteForce(task, &p)
			if err := bayes.Predict(&p, &out); err != nil {
				r.Fatal(err)
			}
			for s, x := range want {
				if !(math.Abs(out.Distribution[s]-x) < 1e-12) {
					r.Fatalf("%s, prompt %d: %v, want %v", task, i, out.Distribution, want)
				}
			}
			if err := oracle.Predict(&p, &out); err != nil {
				r.Fatal(err)
			}
			if row := p.Kernel.Next(p.Query[len(p.Query)-task.Order():]); row[0] != out.Distribution[0] {
				r.Fatalf("%s, prompt %d: the oracle says %v, want %v", task, i, out.Distribution, row)
			}
		}
	})
}

// A prompt that no kernel of a mixture allows, as a file may hold, is still
// answered.
func TestImpossiblePrompt(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{D: 1, N: "1", Prior: markov.PriorSpec{Mixture: &markov.MixtureSpec{Kernels: [][][]string{{{"1", "0"}, {"0.5", "0.5"}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	var out Prediction
	if err := NewBayes(task).Predict(&markov.Prompt{Context: []markov.State{0, 1}, Query: []markov.State{1}}, &out); err != nil {
		t.Fatal(err)
	}
	if out.Distribution[0] != 0.5 {
		t.Errorf("%v", out.Distribution)
	}
}

// The posterior mean of the weights by the kernel formula, with an n x n system:
// mu + Sigma X'(X Sigma X' + s2 I)^-1 (y - X mu).
func TestBayesOfRegression(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 3, N: "5", Noise: "0.3", Mean: "1,2,-1"},
		{D: 3, N: "2", Noise: "0.01", Weights: markov.MatrixSpec{Rows: [][]string{{"2", "1", "0"}, {"1", "2", "1"}, {"0", "1", "2"}}}, Covariance: markov.MatrixSpec{Text: "diag:1,4,0.5"}, Bias: true},
		{D: 4, N: "2", Mean: "0.5"}, // without noise and n < d
	} {
		spec.Family = "regression"
		task, err := markov.NewTask(spec)
		if err != nil {
			t.Fatal(err)
		}
		r, d, n := task.Regression(), task.Positions(), int(task.Context())
		sigma := mat.NewDense(d, d, nil)
		for i, row := range r.WeightsRat() {
			for k, x := range row {
				sigma.Set(i, k, markov.Float(x))
			}
		}
		mu := mat.NewVecDense(d, nil)
		for i, x := range r.MeanRat() {
			mu.SetVec(i, markov.Float(x))
		}
		sampler, err := markov.NewSampler(task, 3)
		if err != nil {
			t.Fatal(err)
		}
		bayes := NewBayes(task)
		var p markov.Prompt
		var out Prediction
		for i := range uint64(20) {
			if err := sampler.Prompt(&p, i); err != nil {
				t.Fatal(err)
			}
			X := mat.NewDense(n, d, p.Real.Inputs[:n*d])
			y := mat.NewVecDense(n, append([]float64(nil), p.Real.Labels[:n]...))
			var xs, kernel, gain mat.Dense
			xs.Mul(X, sigma)
			kernel.Mul(&xs, X.T())
			for k := range n {
				kernel.Set(k, k, kernel.At(k, k)+markov.Float(r.NoiseRat()))
			}
			var fitted, right, w mat.VecDense
			fitted.MulVec(X, mu)
			y.SubVec(y, &fitted)
			if err := right.SolveVec(&kernel, y); err != nil {
				t.Fatal(err)
			}
			gain.Mul(sigma, X.T())
			w.MulVec(&gain, &right)
			w.AddVec(&w, mu)
			want := mat.Dot(&w, mat.NewVecDense(d, p.Real.Input(n)))
			if err := bayes.Predict(&p, &out); err != nil {
				t.Fatal(err)
			}
			if !(math.Abs(out.Expected-want) < 1e-9*(1+math.Abs(want))) || len(out.Distribution) > 0 {
				t.Errorf("%s, prompt %d: %v, want %v", task, i, out.Expected, want)
			}
		}
	}
}

// The risk of linear-posterior is the floor, within the errors of both, for every
// family; bayes is below, the optimum above.
func TestLinearPosteriorRisk(t *testing.T) {
	mixed := markov.PriorSpec{Mixture: &markov.MixtureSpec{Kernels: [][][]string{{{"0.8", "0.2"}, {"0.3", "0.7"}}, {{"0.1", "0.9"}, {"0.6", "0.4"}}}}}
	for _, spec := range []markov.Spec{
		{D: 3, N: "10"}, {D: 3, N: "10", Order: 2, Bias: true}, {D: 3, N: "10", Prior: mixed}, {D: 2, N: "5", Start: "correlated:0.4,0.2,0.9"},
		{D: 2, N: "3", States: 3, Embedding: "onehot"}, {D: 2, N: "3", Start: "stationary"},
		{Family: "regression", D: 3, N: "4", Noise: "0.5", Mean: "1"}, {Family: "regression", D: 3, N: "4", Noise: "0.5", Mean: "1", Bias: true},
	} {
		task, err := markov.NewTask(spec)
		if err != nil {
			t.Fatal(err)
		}
		prompts := 12_000
		if task.Start().Kind() == markov.StationaryStart && task.Regression() == nil {
			prompts = 200
		}
		m, err := moment.Of(context.Background(), task, moment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f := m.At(task.Context())
		o, err := landscape.Minimise(context.Background(), f)
		if err != nil {
			t.Fatal(err)
		}
		contexts, err := moment.NewContexts(task, 7)
		if err != nil {
			t.Fatal(err)
		}
		floor, err := landscape.FloorOf(context.Background(), contexts, f, o, landscape.FloorSettings{})
		if err != nil {
			t.Fatal(err)
		}
		linear, err := NewLinearPosterior(task)
		if err != nil {
			t.Fatal(err)
		}
		optimum, err := NewEnlarged("optimum", task, o.X)
		if err != nil {
			t.Fatal(err)
		}
		sampler, err := markov.NewSampler(task, 8)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Evaluate(context.Background(), task, sampler, []Predictor{NewBayes(task), linear, optimum, NewOracle(task)}, Settings{Prompts: prompts})
		if err != nil {
			t.Fatal(err)
		}
		if s := e.Scores[1].MSE; !(math.Abs(s.Mean-floor.Value) <= 4*math.Hypot(s.SE, floor.SE)) {
			t.Errorf("%s: linear-posterior has %.5f (%.5f), the floor is %.5f (%.5f)", task, s.Mean, s.SE, floor.Value, floor.SE)
		}
		if s := e.Scores[2].MSE; !(math.Abs(s.Mean-o.Loss) <= 4*s.SE) {
			t.Errorf("%s: the optimum has %.5f (%.5f), its loss is %.5f", task, s.Mean, s.SE, o.Loss)
		}
		for i := range 2 {
			if d := e.Difference(i, i+1); !(d.Mean <= 4*d.SE) {
				t.Errorf("%s: %s is worse than %s by %.5f (%.5f)", task, e.Scores[i].Name, e.Scores[i+1].Name, d.Mean, d.SE)
			}
		}
		if d := e.Difference(3, 0); !(d.Mean <= 4*d.SE) {
			t.Errorf("%s: the oracle is worse than bayes by %.5f (%.5f)", task, d.Mean, d.SE)
		}
		risk, err := BayesRisk(context.Background(), task, 9, Settings{Prompts: prompts})
		if err != nil {
			t.Fatal(err)
		}
		if s := e.Scores[0].MSE; !(math.Abs(s.Mean-risk.Mean) <= 4*math.Hypot(s.SE, risk.SE)) {
			t.Errorf("%s: bayes has %.5f (%.5f), the Bayes risk is %.5f (%.5f)", task, s.Mean, s.SE, risk.Mean, risk.SE)
		}
	}
}

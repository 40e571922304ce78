package predict

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
)

// fixed answers the same for every prompt.
type fixed struct {
	expected float64
	law      []float64
}

func (fixed) Name() string { return "fixed" }
func (f fixed) Predict(_ *markov.Prompt, out *Prediction) error {
	out.Expected = f.expected
	out.Distribution = append(out.Distribution[:0], f.law...)
	return nil
}

// labels is a source whose prompts have the given labels and nothing else.
type labels []markov.State

func (l labels) Prompt(p *markov.Prompt, i uint64) error {
	p.Label = l[i]
	return nil
}

func TestMetricsByHand(t *testing.T) {
	task := newTask(t, markov.Spec{D: 1})
	e, err := Evaluate(context.Background(), task, labels{0, 1, 1, 1}, []Predictor{
		fixed{0.5, []float64{0, 1}}, // a tie: the nearest state is 0, the mode is 1
		fixed{0.75, nil},
	}, Settings{Prompts: 4})
	if err != nil {
		t.Fatal(err)
	}
	first, second := e.Scores[0], e.Scores[1]
	near := func(name string, got Metric, mean, se float64) {
		t.Helper()
		if math.Abs(got.Mean-mean) > 1e-12 || math.Abs(got.SE-se) > 1e-12 {
			t.Errorf("%s: got %v, want %v +- %v", name, got, mean, se)
		}
	}
	quarter := math.Sqrt(3.0/4/3) / 2 // standard error of the mean of 0,1,1,1 or of 1,0,0,0
	near("mse", first.MSE, 0.25, 0)
	near("accuracy", first.Accuracy, 0.25, quarter)
	near("accuracy_mode", *first.AccuracyMode, 0.75, quarter)
	near("log_loss", *first.LogLoss, -(math.Log(1e-15)+3*math.Log(1-1e-15))/4, -math.Log(1e-15)*quarter+math.Log(1-1e-15)*quarter)
	near("mse", second.MSE, (0.5625+3*0.0625)/4, 0.5*quarter)
	near("difference", e.Difference(1, 0), -0.0625, 0.5*quarter)
	if second.AccuracyMode != nil || second.LogLoss != nil {
		t.Error("a predictor without a distribution has metrics of one")
	}
}

func TestNearestAndMode(t *testing.T) {
	index := newTask(t, markov.Spec{D: 1, States: 4})
	sign := newTask(t, markov.Spec{D: 1, Embedding: "sign"})
	for _, c := range []struct {
		task     markov.Task
		expected float64
		want     markov.State
	}{
		{index, -7, 0}, {index, 0.5, 0}, {index, 0.5 + 1e-15, 0}, {index, 0.51, 1}, {index, 1.5, 1}, {index, 2.49, 2}, {index, 9, 3},
		{sign, 0, 0}, {sign, 0.01, 1}, {sign, -3, 0}, {sign, 3, 1},
	} {
		if got := Nearest(c.task, c.expected); got != c.want {
			t.Errorf("%v: the state nearest to %v is %d, want %d", c.task, c.expected, got, c.want)
		}
	}
	if got := Mode([]float64{0.3, 0.35, 0.35}); got != 1 {
		t.Errorf("got mode %d, want the lower of the two", got)
	}
}

func TestWorkersChangeNothing(t *testing.T) {
	task := newTask(t, markov.Spec{D: 3, N: "12", Start: "stationary"})
	sampler, err := markov.NewSampler(task, 3)
	if err != nil {
		t.Fatal(err)
	}
	predictors := append(Classical(task), NewBayes(task), NewOracle(task))
	var scores [][]Score
	for _, workers := range []int{1, 3, 16} {
		last := 0
		e, err := Evaluate(context.Background(), task, sampler, predictors, Settings{
			Prompts: 100, Workers: workers, Progress: func(done int) { last = done },
		})
		if err != nil {
			t.Fatal(err)
		}
		if last != 100 {
			t.Errorf("%d workers: progress ended at %d", workers, last)
		}
		scores = append(scores, e.Scores)
	}
	for _, s := range scores[1:] {
		if diff := cmp.Diff(scores[0], s); diff != "" {
			t.Error(diff)
		}
	}
}

func TestEvaluationErrors(t *testing.T) {
	task := newTask(t, markov.Spec{D: 1})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Evaluate(ctx, task, labels{0, 1}, nil, Settings{Prompts: 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	for want, predictors := range map[string][]Predictor{
		"answers NaN":             {fixed{math.NaN(), nil}},
		"leave the range":         {fixed{1e200, nil}},
		"the oracle needs":        {NewOracle(task)},
		"takes at least 1 prompt": nil,
	} {
		set := Settings{Prompts: 2}
		if predictors == nil {
			set.Prompts = -1
		}
		if _, err := Evaluate(context.Background(), task, labels{0, 1}, predictors, set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestAttention checks that a point of the enlarged space predicts as the
// transformer it comes from, and both as the explicit tokens do.
func TestAttention(t *testing.T) {
	task := newTask(t, markov.Spec{States: 3, D: 2, N: "6", Embedding: "onehot", Bias: true})
	rng := rand.New(rand.NewPCG(1, 1))
	params := lsa.NewStructured(1, 2, task.Dim())
	for _, part := range params.Parts() {
		for i := range part.Data {
			part.Data[i] = rng.NormFloat64()
		}
	}
	b, a := params.Head(0, 0)
	X := landscape.Phi(b, a)
	b, a = params.Head(0, 1)
	landscape.AddPhi(X, b, a)
	enlarged, err := NewEnlarged("optimum", task, X)
	if err != nil {
		t.Fatal(err)
	}
	model, err := NewLSA("lsa", task, params)
	if err != nil {
		t.Fatal(err)
	}
	sampler, err := markov.NewSampler(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	var p markov.Prompt
	for i := range uint64(20) {
		if err := sampler.Prompt(&p, i); err != nil {
			t.Fatal(err)
		}
		want := params.Explicit(task.Z0(&p), nil)
		for _, predictor := range []Predictor{enlarged, model} {
			if got := predictWith(t, predictor, &p).Expected; math.Abs(got-want) > 1e-11 {
				t.Errorf("prompt %d: %s predicts %v, the tokens %v", i, predictor.Name(), got, want)
			}
		}
	}
	if _, err := NewEnlarged("optimum", task, X[1:]); err == nil {
		t.Error("X of the wrong length is taken")
	}
	if _, err := NewLSA("lsa", newTask(t, markov.Spec{D: 1}), params); err == nil {
		t.Error("parameters of the wrong size are taken")
	}
}

// BenchmarkEvaluate is all predictors on 1280 prompts, n = 100, d = 10.
func BenchmarkEvaluate(b *testing.B) {
	task := newTask(b, markov.Spec{D: 10, N: "100"})
	X := make([]float64, 660)
	for i := range X {
		X[i] = 0.01
	}
	enlarged, err := NewEnlarged("optimum", task, X)
	if err != nil {
		b.Fatal(err)
	}
	model, err := NewLSA("lsa", task, lsa.NewStructured(4, 1, task.Dim()))
	if err != nil {
		b.Fatal(err)
	}
	sampler, err := markov.NewSampler(task, 1)
	if err != nil {
		b.Fatal(err)
	}
	all := append(Classical(task), NewBayes(task), NewOracle(task), enlarged, model)
	run := func(name string, task markov.Task, source Source, predictors ...Predictor) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Evaluate(context.Background(), task, source, predictors, Settings{Prompts: 1280}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("all", task, sampler, all...)
	for _, p := range all {
		run(p.Name(), task, sampler, p)
	}
	stationary := newTask(b, markov.Spec{D: 10, N: "100", Start: "stationary"})
	source, err := markov.NewSampler(stationary, 1)
	if err != nil {
		b.Fatal(err)
	}
	run("bayes-stationary", stationary, source, NewBayes(stationary))
}

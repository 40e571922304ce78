package predict

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"markovicl/chainfile"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

func windows(t testing.TB, text string, d int) *chainfile.Windows {
	t.Helper()
	s, err := chainfile.Read(strings.NewReader(text), "test.txt", chainfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Windows(d, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestFitWindows(t *testing.T) {
	// Four chains of two states, two stretches of two: 0->0 0->1 and 0->0 1->1.
	w := windows(t, "00\n01\n00\n11\n", 1)
	fit, err := FitWindows(w, 1)
	if err != nil {
		t.Fatal(err)
	}
	want, err := FitPrior(2, [][]int{{1, 1, 0, 0}, {1, 0, 0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if fit.LogLikelihood != want.LogLikelihood || fit.Units != 2 {
		t.Errorf("got %+v, want %+v", fit, want)
	}
	prior, err := fit.Prior()
	if err != nil {
		t.Fatal(err)
	}
	for s, row := range fit.Alpha {
		for r, a := range prior.Alpha(s) {
			if math.Abs(a-row[r]) > 1e-5*a {
				t.Errorf("prior row %d: %v, fitted %v", s, prior.Alpha(s), row)
			}
		}
	}
	if _, err := FitWindows(w, 3); err == nil || !strings.Contains(err.Error(), "at least 2") {
		t.Errorf("one stretch: got %v", err)
	}
	if _, err := FromWindows(w, 4, 1); err == nil {
		t.Error("five chains of four are drawn")
	}
}

// TestEmpiricalForm compares the estimate with the exact moments, and its loss
// with the squared error on the very prompts it was made of.
func TestEmpiricalForm(t *testing.T) {
	ctx := context.Background()
	task := newTask(t, markov.Spec{D: 2, N: "6", Embedding: "sign", Bias: true})
	sampler, err := markov.NewSampler(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	const prompts = 1500
	form, err := EmpiricalForm(ctx, task, sampler, Settings{Prompts: prompts, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	again, err := EmpiricalForm(ctx, task, sampler, Settings{Prompts: prompts, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	moments, err := moment.Of(ctx, task, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	exact := moments.At(task.Context())
	for i := range form.L {
		if math.Abs(form.L[i]-exact.L[i]) > 5/math.Sqrt(prompts) { // all products are within [-1, 1]
			t.Errorf("h[%d]: estimate %v, exact %v", i, form.L[i], exact.L[i])
		}
		for k := range form.L {
			if math.Abs(form.H.At(i, k)-exact.H.At(i, k)) > 5/math.Sqrt(prompts) {
				t.Errorf("H[%d,%d]: estimate %v, exact %v", i, k, form.H.At(i, k), exact.H.At(i, k))
			}
			if form.H.At(i, k) != again.H.At(i, k) {
				t.Fatal("the number of workers changes H")
			}
		}
	}
	best, err := landscape.Minimise(ctx, form)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewEnlarged("optimum", task, best.X)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Evaluate(ctx, task, sampler, []Predictor{p}, Settings{Prompts: prompts})
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Scores[0].MSE.Mean; math.Abs(got-best.Loss) > 1e-9 {
		t.Errorf("loss of the estimate %v, squared error on its prompts %v", best.Loss, got)
	}
}

// TestEnlargedOptimumHasItsLoss checks the exact optimum on simulated prompts.
func TestEnlargedOptimumHasItsLoss(t *testing.T) {
	ctx := context.Background()
	task := newTask(t, markov.Spec{D: 3, N: "20"})
	moments, err := moment.Of(ctx, task, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	best, err := landscape.Minimise(ctx, moments.At(task.Context()))
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewEnlarged("optimum", task, best.X)
	if err != nil {
		t.Fatal(err)
	}
	sampler, err := markov.NewSampler(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Evaluate(ctx, task, sampler, []Predictor{p}, Settings{Prompts: 20000})
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Scores[0].MSE; math.Abs(got.Mean-best.Loss) > 4.5*got.SE {
		t.Errorf("squared error %v, loss %v", got, best.Loss)
	}
}

// TestGenome checks on the example genome, in two alphabets, that no predictor
// is better than Bayes by two standard errors of the difference: with the flat
// prior and, on the second half, with the prior fitted to the first.
func TestGenome(t *testing.T) {
	ctx := context.Background()
	classes, err := chainfile.ParseClasses("purine=AG,pyrimidine=CT")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		opts chainfile.Options
		d, n int
		fit  bool
	}{
		{chainfile.Options{Classes: classes}, 2, 10, false},
		{chainfile.Options{Classes: classes}, 4, 40, true},
		{chainfile.Options{}, 1, 10, false},
		{chainfile.Options{}, 3, 50, true},
	} {
		file, err := os.Open("../examples/lambda_phage.fa")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		sequences, err := chainfile.Read(file, "lambda_phage.fa", c.opts)
		if err != nil {
			t.Fatal(err)
		}
		w, err := sequences.Windows(c.d, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		task := newTask(t, markov.Spec{States: len(sequences.Labels), D: c.d, N: fmt.Sprint(c.n)})
		if c.fit {
			var training *chainfile.Windows
			training, w = w.Halves()
			fit, err := FitWindows(training, c.n)
			if err != nil {
				t.Fatal(err)
			}
			prior, err := fit.Prior()
			if err != nil {
				t.Fatal(err)
			}
			task = task.WithPrior(prior)
		}
		task = task.WithStart(w.StartLaw())
		source, err := FromWindows(w, c.n, 1)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Evaluate(ctx, task, source, append(Classical(task), optimumOf(t, task), NewBayes(task)), Settings{Prompts: 1000})
		if err != nil {
			t.Fatal(err)
		}
		bayes := len(e.Scores) - 1
		for i, score := range e.Scores {
			if d := e.Difference(bayes, i); d.Mean > 2*d.SE {
				t.Errorf("%d states, d %d, n %d: bayes minus %s is %v", task.States(), c.d, c.n, score.Name, d)
			}
		}
	}
}

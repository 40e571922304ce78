package landscape

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"markovicl/markov"
	"markovicl/markov/markovtest"
	"markovicl/moment"
)

// small keeps each optimum at milliseconds; stationary starts of more than two
// states are sampled, and tested below.
var small = markovtest.Limits{States: 2, Positions: 2, QueryDim: 4}

func momentsOf(t *rapid.T, spec markov.Spec) (*moment.Moments, markov.Context) {
	task, err := markov.NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	m, err := moment.Of(t.Context(), task, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m, task.Context()
}

func optimumOf(t *rapid.T, spec markov.Spec) *Optimum {
	m, n := momentsOf(t, spec)
	o, err := Minimise(t.Context(), m.At(n))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

const slack = 1e-10 // of a loss, for rounding

func threeStates(t *rapid.T) markov.Spec {
	limits := small
	if rapid.Bool().Draw(t, "three states") {
		limits = markovtest.Limits{States: 3, Positions: 1, QueryDim: 4, Without: []string{"stationary"}}
	}
	return markovtest.Specs(limits).Draw(t, "task")
}

func TestLossFallsWithContext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := threeStates(t)
		moments, _ := momentsOf(t, spec)
		before := math.Inf(1)
		for _, n := range []markov.Context{1, 2, 7, 100, markov.Infinite} {
			o, err := Minimise(t.Context(), moments.At(n))
			if err != nil {
				t.Fatal(err)
			}
			if !(o.Loss <= before+slack) {
				t.Fatalf("the loss rises from %v to %v at n = %v", before, o.Loss, n)
			}
			before = o.Loss
		}
	})
}

func TestLossFallsWithFeatures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := threeStates(t)
		spec.Bias = false
		without := optimumOf(t, spec)
		spec.Bias = true
		if with := optimumOf(t, spec); !(with.Loss <= without.Loss+slack) {
			t.Fatalf("bias raises the loss from %v to %v", without.Loss, with.Loss)
		}
		spec.Bias, spec.Embedding = false, "index"
		index := optimumOf(t, spec)
		spec.Embedding = "onehot"
		if onehot := optimumOf(t, spec); !(onehot.Loss <= index.Loss+slack) {
			t.Fatalf("one-hot inputs raise the loss from %v to %v", index.Loss, onehot.Loss)
		}
	})
}

// Reversing the states of a task with a symmetric prior and one-hot inputs
// turns the label y into S-1-y, which the model can turn back.
func TestReversal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := threeStates(t)
		spec.Embedding = "onehot"
		spec.Prior = markov.PriorSpec{Text: "dirichlet:" + rapid.SampledFrom([]string{"0.3", "1", "4"}).Draw(t, "alpha")}
		weights := []string{"0.2", "0.8"}
		if spec.States == 3 {
			weights = []string{"0.2", "0.1", "0.7"}
		}
		spec.Start = "probs:" + strings.Join(weights, ",")
		loss := optimumOf(t, spec).Loss
		slices.Reverse(weights)
		spec.Start = "probs:" + strings.Join(weights, ",")
		if reversed := optimumOf(t, spec).Loss; !(math.Abs(loss-reversed) <= slack) {
			t.Fatalf("reversing the states takes the loss from %v to %v", loss, reversed)
		}
	})
}

func TestPositiveSemidefinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, n := momentsOf(t, threeStates(t))
		var eigen mat.EigenSym
		if !eigen.Factorize(m.At(n).H, false) {
			t.Fatal("no eigenvalues")
		}
		values := eigen.Values(nil)
		if largest := values[len(values)-1]; !(values[0] >= -1e-14*largest) {
			t.Fatalf("eigenvalues from %v to %v", values[0], largest)
		}
	})
}

// Random shifts and an exact rule agree within five standard errors, in every
// number that is reported.
func TestStandardErrors(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 2}, {D: 1, States: 3, Embedding: "onehot", N: "100"}, {D: 2, Start: "stationary", Prior: markov.PriorSpec{Text: "beta:2,3"}},
		{D: 2, States: 3, N: "3"},
	} {
		task := newTask(t, spec)
		want := minimise(t, task)
		m, err := moment.Of(t.Context(), task, moment.Options{Rule: moment.QuasiMonteCarlo, Points: 512, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		o, err := Minimise(t.Context(), m.At(task.Context()))
		if err != nil {
			t.Fatal(err)
		}
		e, err := StandardErrors(t.Context(), m, task.Context())
		if err != nil {
			t.Fatal(err)
		}
		if o.Rank != want.Rank {
			t.Errorf("%s: rank %d, exactly %d", task, o.Rank, want.Rank)
		}
		check := func(name string, got, want, se float64) {
			if !(math.Abs(got-want) <= 5*se+1e-12) || !(se <= 0.02*(1+math.Abs(want))) {
				t.Errorf("%s: %s = %v, standard error %.2g; exactly %v", task, name, got, se, want)
			}
		}
		check("loss", o.Loss, want.Loss, e.Loss)
		check("largest eigenvalue", o.LambdaMax, want.LambdaMax, e.LambdaMax)
		check("smallest eigenvalue", o.LambdaMin, want.LambdaMin, e.LambdaMin)
		check("condition", o.Condition, want.Condition, e.Condition)
		for i := range o.X {
			check("X", o.X[i], want.X[i], e.X[i])
		}
	}
	m, err := moment.Of(t.Context(), newTask(t, markov.Spec{D: 1}), moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := StandardErrors(t.Context(), m, 10); e != nil || err != nil {
		t.Errorf("exact moments have standard errors %v, %v", e, err)
	}
}

package landscape

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"markovicl/markov"
	"markovicl/moment"
)

func checkChain(t interface{ Errorf(string, ...any) }, name string, r *Recovery) {
	slack := 1e-10 * math.Abs(r.Loss)
	if !(r.LossEnlarged <= r.Loss+slack) || !(r.Loss <= r.ProjectionLoss+slack) {
		t.Errorf("%s: f~* = %.12g, f* = %.12g, f(psi(X*)) = %.12g are not in order", name, r.LossEnlarged, r.Loss, r.ProjectionLoss)
	}
	if r.LowerBound.Proven() && (r.LowerBound.Value > r.LossBounds.Upper() || r.LowerBound.Value < r.Enlarged.Bound.Value) {
		t.Errorf("%s: lower bound %.15g of the loss %.15g, enlarged %.15g", name, r.LowerBound.Value, r.LossBounds.Upper(), r.Enlarged.Bound.Value)
	}
	if !r.LowerBound.Proven() && (r.LowerBound.Reason == "" || r.Certified() || !math.IsInf(r.LowerBound.Value, -1)) {
		t.Errorf("%s: no bound, %+v, certified %v", name, r.LowerBound, r.Certified())
	}
	if r.Certificate != nil {
		if _, err := r.Certificate.Verify(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecoverReference(t *testing.T) {
	for _, c := range readReference(t) {
		r, err := Recover(context.Background(), c.form(t), Settings{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if r.Loss > c.Best+1e-7 || math.Abs(r.LossEnlarged-c.LossEnlarged) > 1e-9 {
			t.Errorf("%v: loss %.12g, want at most %.12g; enlarged %.12g, want %.12g", c.Flags, r.Loss, c.Best, r.LossEnlarged, c.LossEnlarged)
		}
		if !r.Certified() {
			t.Errorf("%v: not certified, relative gap %g, status %v", c.Flags, r.RelativeGap(), r.Status)
		}
		if (r.Realisable == Realisable) != (c.Best-c.LossEnlarged < 1e-9) || r.Realisable == Undecided {
			t.Errorf("%v: %v", c.Flags, r.Realisable)
		}
		checkChain(t, "reference", r)
	}
}

// Over random definite forms of every condition the bounds are in order; for
// those of moderate condition they meet.
func TestRecoverRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.IntRange(1, 3).Draw(t, "q")
		exponent := rapid.Float64Range(1, 7).Draw(t, "log10 of the condition")
		seed := rapid.Uint64().Draw(t, "seed")
		form := randomForm(rand.New(rand.NewPCG(seed, 5)), q, math.Pow(10, exponent))
		r, err := Recover(context.Background(), form, Settings{Starts: 8, Boxes: 300})
		if err != nil {
			t.Fatal(err)
		}
		checkChain(t, "random form", r)
		if exponent < 3 && !r.Certified() {
			t.Errorf("condition 1e%.1f: relative gap %g left", exponent, r.RelativeGap())
		}
	})
}

// A well-conditioned task on which the certificate of level 0 is not tight: level 1
// proves the transformer best.
func TestNotTight(t *testing.T) {
	form := taskForm(t, markov.Spec{D: 2, N: "1", P: "0.68", Prior: markov.PriorSpec{Text: "beta:2.7,0.8"}})
	relaxed, err := Recover(context.Background(), form, Settings{Boxes: -1, Level: -1})
	if err != nil {
		t.Fatal(err)
	}
	if gap := relaxed.RelativeGap(); gap < 1e-5 || gap > 1e-3 {
		t.Errorf("the certificate leaves the gap %g, expected about 1e-4", gap)
	}
	checkChain(t, "not tight", relaxed)
	r, err := Recover(context.Background(), form, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Certified() || r.Method != BySDP || r.Certificate.Level() != 1 {
		t.Errorf("gap %g by %s", r.RelativeGap(), r.Method)
	}
	checkChain(t, "not tight", r)
}

// The chain holds for random tasks; those with d <= 2 and a moderate condition
// are certified, by one method or another.
func TestRecoverRandomTasks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		percent := func(name string) string {
			return fmt.Sprintf("%d/100", rapid.IntRange(15, 85).Draw(t, name))
		}
		spec := markov.Spec{
			D: rapid.SampledFrom([]int{1, 2, 2, 2, 3}).Draw(t, "d"),
			N: fmt.Sprint(rapid.SampledFrom([]int{1, 2, 5, 10, 40, 100, 1000}).Draw(t, "n")),
			P: percent("p"),
			Prior: markov.PriorSpec{Text: fmt.Sprintf("beta:%d/10,%d/10",
				rapid.IntRange(8, 30).Draw(t, "a"), rapid.IntRange(8, 30).Draw(t, "b"))},
		}
		task, err := markov.NewTask(spec)
		if err != nil {
			t.Fatal(err)
		}
		moments, err := moment.Of(context.Background(), task, moment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		form := moments.At(task.Context())
		optimum, err := Minimise(context.Background(), form)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Recover(context.Background(), form, Settings{Boxes: 3000})
		if err != nil {
			t.Fatal(err)
		}
		checkChain(t, task.String(), r)
		if !r.Certified() && task.Positions() <= 2 && optimum.Condition < 1e4 {
			t.Errorf("%v: relative gap %g, condition %.1e", task, r.RelativeGap(), optimum.Condition)
		}
	})
}

// Other priors, starts, embeddings and numbers of states are certified as well.
func TestRecoverTasks(t *testing.T) {
	for _, c := range []struct {
		spec       markov.Spec
		realisable Verdict
	}{
		{markov.Spec{States: 3, D: 2}, NotRealisable},
		{markov.Spec{States: 4, D: 2}, NotRealisable},
		{markov.Spec{D: 3, Start: "correlated:0.5,0.3,0.7"}, NotRealisable},
		{markov.Spec{D: 4, Prior: markov.PriorSpec{Text: "beta:0.1,0.1"}}, NotRealisable},
		{markov.Spec{D: 2, N: "inf"}, NotRealisable},
		{markov.Spec{D: 2, Embedding: "sign"}, Realisable}, // singular H, attained
		{markov.Spec{D: 1, Bias: true}, Realisable},        // likewise
		{markov.Spec{D: 4, Order: 2}, NotRealisable},
		{markov.Spec{D: 3, Prior: markov.PriorSpec{Mixture: &markov.MixtureSpec{Kernels: [][][]string{
			{{"0.9", "0.1"}, {"0.2", "0.8"}}, {{"0.5", "0.5"}, {"0.7", "0.3"}}, {{"0.1", "0.9"}, {"0.6", "0.4"}},
			{{"1/3", "2/3"}, {"1", "0"}}, {{"0.25", "0.75"}, {"0.4", "0.6"}},
		}}}}, NotRealisable},
		{markov.Spec{Family: "regression", D: 2, Mean: "1"}, NotRealisable},
		{markov.Spec{Family: "regression", D: 3, Covariance: markov.MatrixSpec{Text: "diag:1,2,3"}}, Realisable},
	} {
		r, err := Recover(context.Background(), taskForm(t, c.spec), Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Certified() || r.Realisable != c.realisable {
			t.Errorf("%+v: gap %g, %v", c.spec, r.RelativeGap(), r.Realisable)
		}
		checkChain(t, fmt.Sprintf("%+v", c.spec), r)
	}
	// The moments of a stationary start are not proven: about the task nothing is
	// claimed, about the form as it is stored the certificate says what it says.
	stationary, err := Recover(context.Background(), taskForm(t, markov.Spec{D: 3, Start: "stationary"}), Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if stationary.Certified() || stationary.Realisable != Undecided || stationary.LowerBound.Proven() ||
		!(stationary.StoredBound.Value > stationary.Loss*(1-CertifiedGap)) {
		t.Errorf("stationary: certified %v, %v, %+v, stored %+v", stationary.Certified(), stationary.Realisable, stationary.LowerBound, stationary.StoredBound)
	}
	checkChain(t, "stationary", stationary)
	// With a bias and d = 2 no proof is known: the answer says so.
	r, err := Recover(context.Background(), taskForm(t, markov.Spec{D: 2, Bias: true}), Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Certified() || r.Realisable != Undecided || r.Reason == "" || r.LowerBound != r.Enlarged.Bound || r.Status != Exhausted {
		t.Errorf("bias, d = 2: certified %v, %v, %q, bound %g", r.Certified(), r.Realisable, r.Reason, r.LowerBound.Value)
	}
}

// Whenever the context ends, the bounds are true and the status says so.
func TestRecoverInterrupted(t *testing.T) {
	form := taskForm(t, markov.Spec{D: 3})
	full, err := Recover(context.Background(), form, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	reports := 0
	for stop := range 6 {
		ctx, cancel := context.WithCancel(context.Background())
		count := 0
		upper, lower := math.Inf(1), math.Inf(-1)
		if stop == 0 {
			cancel()
		}
		r, err := Recover(ctx, form, Settings{Progress: func(u, l float64) {
			if u > upper || l < lower {
				t.Errorf("bounds got worse: %g, %g after %g, %g", u, l, upper, lower)
			}
			upper, lower = u, l
			reports++
			if count++; count == stop {
				cancel()
			}
		}})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		checkChain(t, "interrupted", r)
		if r.LowerBound.Value > full.Loss+1e-12 || r.Loss < full.LowerBound.Value-1e-12 {
			t.Errorf("stop %d: bounds %g, %g contradict %g, %g", stop, r.LowerBound.Value, r.Loss, full.LowerBound.Value, full.Loss)
		}
		if r.Certified() != (r.Status == Certified) || stop < 2 && r.Status != Interrupted {
			t.Errorf("stop %d: certified %v, status %v", stop, r.Certified(), r.Status)
		}
	}
	if reports < 10 {
		t.Errorf("%d progress reports", reports)
	}
}

// The result is the same for any number of processors.
func TestRecoverDeterministic(t *testing.T) {
	form := taskForm(t, markov.Spec{D: 4})
	var losses, bounds []float64
	for _, cores := range []int{1, 2, 4} {
		before := runtime.GOMAXPROCS(cores)
		r, err := Recover(context.Background(), form, Settings{Starts: 16})
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		losses, bounds = append(losses, r.Loss, r.ProjectionLoss), append(bounds, r.LowerBound.Value)
	}
	if losses[0] != losses[2] || losses[0] != losses[4] || losses[1] != losses[3] || losses[1] != losses[5] ||
		bounds[0] != bounds[1] || bounds[0] != bounds[2] {
		t.Errorf("losses %v and bounds %v depend on the number of processors", losses, bounds)
	}
}

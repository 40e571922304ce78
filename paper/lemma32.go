package paper

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
)

var lemma32 = Item{
	ID:        "lemma3.2",
	Title:     "The enlarged optimum for any d and any number of states",
	Source:    "Lemma 3.2",
	Question:  "Is X* = H⁻¹h the optimum of the enlarged model, with H and h averaged how, for d > 1 and more than two states?",
	Statement: "The enlarged loss is X'HX - 2h'X + c, with the optimum X* = H⁻¹h and its value c - h'X*.",
	Revision:  3,
	Run:       runLemma32,
}

// lemma32Case is one task.
type lemma32Case struct {
	states, d, prompts int // the number of prompts for Monte Carlo
}

// row32 is what the two readings of Lemma 3.2 give for a task.
type row32 struct {
	States     int      `column:"states"`
	D          int      `column:"d"`
	Dimension  int      `column:"dimension"`
	Rule       string   `column:"rule"`
	Joint      float64  `column:"loss_joint"`
	MCJoint    estimate `column:"mc_joint"`
	ZJoint     float64  `column:"z_joint"`
	Separate   float64  `column:"loss_separate"`
	MCSeparate estimate `column:"mc_separate"`
	ZSeparate  float64  `column:"z_separate"`
	Predicted  float64  `column:"predicted_separate"` // what the separate reading expects
	Prompts    int      `column:"prompts"`
}

const lemma32Context = 100 // in-context chains

func runLemma32(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	cases := []lemma32Case{
		{2, 1, 20_000}, {2, 2, 20_000}, {2, 3, 20_000}, {2, 5, 20_000},
		{3, 1, 10_000}, {3, 2, 10_000}, {4, 1, 10_000},
	}
	if !s.Quick {
		cases = nil
		for d := 1; d <= 10; d++ {
			cases = append(cases, lemma32Case{2, d, 400_000})
		}
		for d := 1; d <= 4; d++ {
			cases = append(cases, lemma32Case{3, d, 200_000})
		}
		cases = append(cases, lemma32Case{4, 1, 200_000}, lemma32Case{4, 2, 200_000}, lemma32Case{5, 1, 200_000})
	}
	return lemma32Of(ctx, cases, s.Seed, progress)
}

// lemma32Of computes, for each task, the optimum from moments without chance and
// its loss on fresh prompts. The expectation of uu' (x) gg' is over kernels,
// given which query and context are independent: it can be read as the mean of
// the products or as the product of the means, and both are tried.
func lemma32Of(ctx context.Context, cases []lemma32Case, seed uint64, progress func(done, total int)) (*Result, error) {
	total, done := 0, 0
	for _, c := range cases {
		total += c.prompts
	}
	joint, separate := figure.Series{Name: "joint average"}, figure.Series{Name: "separate averages"}
	measured := figure.Series{Name: "on fresh prompts", Kind: figure.Points}
	worst := 0.0
	var rows []row32
	var last row32 // of two states
	for _, c := range cases {
		report := func(n int) { progress(done+n, total) }
		report(0)
		row, err := readings32(ctx, c, seed, report)
		if err != nil {
			return nil, err
		}
		done += c.prompts
		rows = append(rows, row)
		worst = math.Max(worst, math.Max(math.Abs(row.ZJoint), math.Abs(row.ZSeparate)))
		if c.states == 2 {
			joint.Add(float64(c.d), row.Joint)
			separate.Add(float64(c.d), row.Separate)
			for _, mc := range []estimate{row.MCJoint, row.MCSeparate} {
				measured.AddBand(float64(c.d), mc.Mean, mc.Mean-2*mc.SE, mc.Mean+2*mc.SE)
			}
			last = row
		}
	}
	progress(total, total)
	result := &Result{
		Setup: fmt.Sprintf("n = %d, uniform kernels and starts; %d tasks with up to %d states; exact moments, and %d to %d fresh prompts each (seed %d).",
			lemma32Context, len(cases), maxStates(cases), minPrompts(cases), cases[0].prompts, seed),
		Why: fmt.Sprintf("X* = H⁻¹h is the optimum for every d and number of states tried, and its loss agrees with simulation (all within %.1f standard errors), if H is the mean over kernels of the product uu' ⊗ gg'; averaging E[uu'] and E[gg'] separately, as the proof can be read, makes no difference for d = 1, but does beyond (two states, d = %d: true loss %.4f against %.4f)",
			worst, last.D, separate.Last(), joint.Last()),
		Expected: number(0), Ours: number(last.MCJoint.Mean - last.Joint), StandardError: number(last.MCJoint.SE),
		Quantity: fmt.Sprintf("loss of X* on fresh prompts less c - h'X*, two states, d = %d", last.D),
		Tables: []Table{TableOf("optimum",
			fmt.Sprintf("joint: H is the mean over kernels of E[uu'] (x) E[gg'] given the kernel. separate: E[uu'] and E[gg'] are averaged over kernels first, h as before. loss_..: the true loss of the minimiser; mc_.. with its standard error: its mean squared error over fresh prompts, the same for both; z: their difference in standard errors. predicted_separate is the loss that the separate reading expects of its own minimiser. n = %d, uniform kernels and starts.", lemma32Context), rows)},
		Plots: []figure.Plot{{
			Name: "readings", Title: fmt.Sprintf("Two readings of the average over kernels (two states, n = %d)", lemma32Context),
			Caption: fmt.Sprintf("True loss of the minimiser by d (lines), and its mean squared error on fresh prompts, %d for each point, with bars of two standard errors. Exact moments.", last.Prompts),
			X:       figure.Axis{Label: "d"}, Y: figure.Axis{Label: "loss"},
			Series: []figure.Series{joint, separate, measured},
		}},
	}
	result.judge(verdictLemma32(worst, joint.Last(), separate.Last()), "")
	if result.Verdict == Differs {
		result.Why = fmt.Sprintf("formula and simulation differ by %.1f standard errors", worst)
	}
	return result, nil
}

// readings32 finds the optimum of a task in both readings, and tries them on fresh prompts.
func readings32(ctx context.Context, c lemma32Case, seed uint64, report func(prompts int)) (row row32, err error) {
	spec := markov.Spec{States: c.states, D: c.d, N: fmt.Sprint(lemma32Context)}
	moments, err := momentsOf(ctx, spec)
	if err != nil {
		return row, err
	}
	if !moments.Rule().Exact {
		return row, fmt.Errorf("%d states, d = %d: the rule %s is not exact", c.states, c.d, moments.Rule().Name)
	}
	form := moments.At(lemma32Context)
	parts, err := separateForm(ctx, spec, form)
	if err != nil {
		return row, err
	}
	o, err := landscape.Minimise(ctx, form)
	if err != nil {
		return row, err
	}
	apart, err := landscape.Minimise(ctx, parts)
	if err != nil {
		return row, err
	}
	task := moments.Task()
	sampler, err := markov.NewSampler(task, seed)
	if err != nil {
		return row, err
	}
	var predictors []predict.Predictor
	for _, X := range [][]float64{o.X, apart.X} {
		p, err := predict.NewEnlarged("", task, X)
		if err != nil {
			return row, err
		}
		predictors = append(predictors, p)
	}
	e, err := predict.Evaluate(ctx, task, sampler, predictors, predict.Settings{Prompts: c.prompts, Progress: report})
	if err != nil {
		return row, err
	}
	row = row32{
		States: c.states, D: c.d, Dimension: o.Dimension, Rule: moments.Rule().Name, Prompts: c.prompts,
		Joint: o.Loss, MCJoint: e.Scores[0].MSE,
		Separate: form.Loss(apart.X), MCSeparate: e.Scores[1].MSE, Predicted: apart.Loss,
	}
	row.ZJoint = (row.MCJoint.Mean - row.Joint) / row.MCJoint.SE
	row.ZSeparate = (row.MCSeparate.Mean - row.Separate) / row.MCSeparate.SE
	return row, nil
}

// separateForm returns the form whose H is the product of the means E[uu'] and
// E[gg'] over kernels. Both are read off the form of the same task with a
// constant coordinate: its entries with u_0 = 1, or with g_00 = 1, are the means
// of one factor alone.
func separateForm(ctx context.Context, spec markov.Spec, form *moment.Form) (*moment.Form, error) {
	spec.Bias = true
	moments, err := momentsOf(ctx, spec)
	if err != nil {
		return nil, err
	}
	withOne := moments.At(lemma32Context)
	q, m, pairs := form.Q, moment.Pairs(form.Q+1), moment.Pairs(form.Q+2)
	var inner []int // places of the pairs without the constant coordinate
	for i := 1; i <= q+1; i++ {
		for k := i; k <= q+1; k++ {
			inner = append(inner, moment.PairIndex(q+2, i, k))
		}
	}
	out := &moment.Form{Q: q, H: mat.NewSymDense(q*m, nil), L: form.L, C: form.C}
	for j := range q {
		for l := j; l < q; l++ {
			uu := withOne.H.At((j+1)*pairs, (l+1)*pairs)
			for r := range m {
				for s := range m {
					if row, col := j*m+r, l*m+s; row <= col {
						out.H.SetSym(row, col, uu*withOne.H.At(inner[r], inner[s]))
					}
				}
			}
		}
	}
	return out, nil
}

func maxStates(cases []lemma32Case) int {
	most := 0
	for _, c := range cases {
		most = max(most, c.states)
	}
	return most
}

func minPrompts(cases []lemma32Case) int {
	least := cases[0].prompts
	for _, c := range cases {
		least = min(least, c.prompts)
	}
	return least
}

package paper

import (
	"math"
	"testing"
)

func TestFigure5(t *testing.T) {
	t.Parallel()
	size := figure5Size{
		positions: []int{1, 3, 5}, batch: 250, steps: 500, freshBatch: 50, freshSteps: 200, seeds: 3, prompts: 2000, recovered: 3,
	}
	r, err := figure5Of(t.Context(), 1, size, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if r.Verdict != HoldsOnTraining {
		t.Errorf("verdict %q: %s", r.Verdict, r.Why)
	}
	accuracy, loss, gap := table(t, r, "accuracy"), table(t, r, "loss"), table(t, r, "gap")
	for _, row := range accuracy.Rows {
		at := map[string]any{"d": row[0], "model": row[1], "fitted_to": row[2]}
		fresh, se := cell(t, accuracy, "fresh_prompts", at).(float64), cell(t, accuracy, "fresh_prompts_se", at).(float64)
		if bayes := cell(t, accuracy, "bayes", at).(float64); fresh > bayes+4*se {
			t.Errorf("%v: accuracy %v ± %v on fresh prompts, Bayes %v", at, fresh, se, bayes)
		}
		if exact, optimum := cell(t, loss, "fresh_prompts", at).(float64), cell(t, loss, "enlarged_optimum", at).(float64); exact < optimum-1e-12 {
			t.Errorf("%v: loss %v below the enlarged optimum %v", at, exact, optimum)
		}
	}
	// 105 parameters on 250 prompts: far better on them than on others, and there
	// worse than the model with 36.
	fit := map[string]any{"d": 5, "fitted_to": "least squares"}
	for _, at := range []Table{accuracy, loss} {
		seen, se := cell(t, at, "training_prompts", fit).(float64), cell(t, at, "training_prompts_se", fit).(float64)
		fresh := cell(t, at, "fresh_prompts", fit).(float64)
		if math.Abs(seen-fresh) < 4*se || (seen > fresh) != (at.Name == "accuracy") {
			t.Errorf("%s of least squares: %v ± %v on its batch, %v on fresh prompts", at.Name, seen, se, fresh)
		}
	}
	trained := map[string]any{"d": 5, "fitted_to": "one batch"}
	if a, b := cell(t, loss, "fresh_prompts", fit).(float64), cell(t, loss, "fresh_prompts", trained).(float64); a < b {
		t.Errorf("loss on fresh prompts %v with least squares, %v with trained attention", a, b)
	}
	// On the batch that both are fitted to nothing is better than least squares,
	// and for d = 1, where the fit is a transformer, training finds it.
	for _, row := range gap.Rows {
		if g := cell(t, gap, "batch_gap", map[string]any{"d": row[0]}).(float64); g < -1e-9 {
			t.Errorf("d = %v: trained attention is better than least squares on the batch, by %v", row[0], -g)
		}
	}
	near(t, "batch gap, d = 1", cell(t, gap, "batch_gap", map[string]any{"d": 1}), 0, 1e-4)
	// Known values.
	near(t, "optimum, d = 3", cell(t, gap, "enlarged_optimum", map[string]any{"d": 3}), 0.2068, 5e-5)
	near(t, "gap, d = 1", cell(t, gap, "gap", map[string]any{"d": 1}), 0, 1e-9)
	near(t, "gap, d = 3", cell(t, gap, "gap", map[string]any{"d": 3}), 0.0031, 1e-4)
	if cell(t, gap, "gap", map[string]any{"d": 5}) != nil {
		t.Error("a gap where no best transformer was asked for")
	}
}

func TestCrossed(t *testing.T) {
	// Two seeds, three prompts: means 2 and 4 by seed, 1, 3, 5 by prompt.
	got := crossed([][]float64{{0, 2, 4}, {2, 4, 6}})
	near(t, "mean", got.Mean, 3, 1e-15)
	near(t, "standard error", got.SE, math.Sqrt(1+4.0/3), 1e-15)
	if one := crossed([][]float64{{0, 2, 4}}); one.Mean != 2 || math.Abs(one.SE-2/math.Sqrt(3)) > 1e-15 {
		t.Errorf("one seed: %v", one)
	}
}

package paper

import (
	"testing"

	"markovicl/predict"
)

func TestNonlinear(t *testing.T) {
	t.Parallel()
	size := nonlinearSize{d: 1, n: 6, ladder: ladder(30, 8, 16), prompts: 500, contexts: 100, seeds: []uint64{1, 2}}
	r, err := nonlinearOf(t.Context(), 1, size, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	rows := table(t, r, "ladder")
	if len(rows.Rows) != len(size.ladder) {
		t.Fatalf("%d rows, want %d", len(rows.Rows), len(size.ladder))
	}
	for _, model := range []string{"one layer", "bias", "gpt2"} {
		at := map[string]any{"model": model}
		above, se := cell(t, rows, "above_bayes", at).(float64), cell(t, rows, "above_bayes_se", at).(float64)
		if above < -3*se {
			t.Errorf("%s is below Bayes: %v ± %v", model, above, se)
		}
	}
	// The constant coordinate lowers the floor of linear models: at d = 1 to Bayes.
	if a, b := cell(t, rows, "floor", map[string]any{"model": "one layer"}).(float64), cell(t, rows, "floor", map[string]any{"model": "bias"}).(float64); !(b < a) {
		t.Errorf("floor %v, with bias %v", a, b)
	}
}

// TestJudgeLadder: a linear model below its floor is a contradiction and is called
// one; a nonlinear one below it is what was asked for.
func TestJudgeLadder(t *testing.T) {
	models := ladder(1, 1, 16)
	rows := func(linear, nonlinear float64) []rungRow {
		var list []rungRow
		for _, r := range models {
			loss := linear
			if !r.linear() {
				loss = nonlinear
			}
			list = append(list, rungRow{Model: r.name, Loss: predict.Metric{Mean: loss, SE: 0.001}, Floor: predict.Metric{Mean: 0.2, SE: 0.001}})
		}
		return list
	}
	for _, c := range []struct {
		linear, nonlinear float64
		want              Verdict
	}{{0.21, 0.18, Holds}, {0.21, 0.21, Undecided}, {0.18, 0.18, Differs}} {
		r := &Result{}
		if r.judgeLadder(rows(c.linear, c.nonlinear), models); r.Verdict != c.want {
			t.Errorf("%+v: %s: %s", c, r.Verdict, r.Why)
		}
	}
}

package paper

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// figure3Small is figure 3 in a size for tests.
var figure3Small = figure3Size{
	priors: []string{"1", "0.1"}, states: []int{2, 3}, layers: 2,
	fixedBatch: 32, fixedSteps: 1000, freshBatch: 64, freshSteps: 200, seeds: 2, prompts: 1500,
}

// TestFigure3 checks what the figure is about: a batch is memorised, and no
// model beats the Bayes predictor on prompts that it has not seen.
func TestFigure3(t *testing.T) {
	t.Parallel()
	r, err := figure3Of(t.Context(), 1, figure3Small, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if r.Verdict != HoldsOnTraining {
		t.Errorf("verdict %q: %s", r.Verdict, r.Why)
	}
	accuracy, loss := table(t, r, "accuracy"), table(t, r, "loss")
	for _, alpha := range figure3Small.priors {
		for _, states := range figure3Small.states {
			for layers := 1; layers <= figure3Small.layers; layers++ {
				for _, way := range []string{"one batch", "new prompts"} {
					at := map[string]any{"alpha": alpha, "states": states, "layers": layers, "trained_on": way}
					get := func(table Table, column string) float64 { return cell(t, table, column, at).(float64) }
					seen, fresh, se := get(accuracy, "training_prompts"), get(accuracy, "fresh_prompts"), get(accuracy, "fresh_prompts_se")
					nearest, mode := get(accuracy, "ceiling_nearest"), get(accuracy, "ceiling_mode")
					if nearest > mode {
						t.Errorf("%v: the state nearest to the Bayes mean is right more often (%v) than the most likely one (%v)", at, nearest, mode)
					}
					if fresh > mode+4*se {
						t.Errorf("%v: accuracy %v ± %v on fresh prompts above the ceiling %v", at, fresh, se, mode)
					}
					if floor := get(loss, "floor"); get(loss, "fresh_prompts") < floor-4*get(loss, "floor_se") {
						t.Errorf("%v: a loss below the floor %v", at, floor)
					}
					if risk := get(loss, "bayes_risk"); get(loss, "fresh_prompts") < risk-4*get(loss, "bayes_risk_se") {
						t.Errorf("%v: loss %v on fresh prompts below the Bayes risk %v", at, get(loss, "fresh_prompts"), risk)
					}
					if way == "one batch" && layers == 2 && (seen < fresh+4*se || get(loss, "training_prompts") > get(loss, "fresh_prompts")/4) {
						t.Errorf("%v: accuracy %v on the batch, %v ± %v on fresh prompts", at, seen, fresh, se)
					}
				}
			}
		}
	}
	if got := cell(t, accuracy, "fresh_prompts", map[string]any{"alpha": "1", "states": 3, "layers": 2, "trained_on": "new prompts"}); got != *r.Ours {
		t.Errorf("ours is %v, the table has %v", *r.Ours, got)
	}
	if len(r.Plots) != 2 || len(r.Plots[0].Panels) != 2 {
		t.Errorf("%d plots", len(r.Plots))
	}
}

// TestFigure3CeilingOfUniformKernels compares with the ceilings known for three
// states: 0.47 for the state nearest to the mean, 0.60 for the most likely one.
func TestFigure3CeilingOfUniformKernels(t *testing.T) {
	t.Parallel()
	size := figure3Small
	size.priors, size.states, size.layers, size.seeds, size.prompts = []string{"1"}, []int{3}, 1, 1, 20_000
	run := func() *Result {
		r, err := figure3Of(t.Context(), 5, size, func(int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := run()
	at := map[string]any{"trained_on": "one batch"}
	near(t, "nearest", cell(t, table(t, r, "accuracy"), "ceiling_nearest", at), 0.47, 0.015)
	near(t, "mode", cell(t, table(t, r, "accuracy"), "ceiling_mode", at), 0.60, 0.015)
	if diff := cmp.Diff(r, run()); diff != "" {
		t.Errorf("equal settings, different results: %s", diff)
	}
	if !strings.Contains(r.Why, "three states") {
		t.Error(r.Why)
	}
}

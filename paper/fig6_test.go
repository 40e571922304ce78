package paper

import (
	"strings"
	"testing"

	"markovicl/predict"
)

func TestFigure6(t *testing.T) {
	t.Parallel()
	size := figure6Size{d: 2, context: 10, contexts: []int{1, 3, 10}, prompts: 1000, steps: 300, batch: 300, evaluation: 2000}
	r, err := figure6Of(t.Context(), 1, size, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if r.Verdict != Holds || !strings.Contains(r.Why, "smoothed bigram from n = 1") {
		t.Errorf("verdict %q: %s", r.Verdict, r.Why)
	}
	models, at := table(t, r, "models"), map[string]any{"starts": "independent"}
	near(t, "the optimum at n = inf", cell(t, models, "loss_enlarged_infinite", at), 0.230134, 2e-4)
	near(t, "the enlarged optimum", cell(t, models, "loss_enlarged", at), 0.244422, 1e-6)
	near(t, "the best transformer", cell(t, models, "loss_best", at), 0.254605, 1e-6)
	for _, row := range models.Rows {
		if enlarged, best, trained := row[2].(float64), row[4].(float64), row[5].(float64); enlarged > best || best > trained || trained > best+0.02 {
			t.Errorf("%v starts: not in order: %v <= %v <= %v (nearly equal)", row[0], enlarged, best, trained)
		}
	}

	curves := table(t, r, "curves")
	if want := 2 * 3 * (len(predictors6) - 3); len(curves.Rows) != want {
		t.Fatalf("%d rows, want %d", len(curves.Rows), want)
	}
	for _, row := range curves.Rows {
		name, mse, low, high := row[1].(string), row[3].(float64), row[4].(float64), row[5].(float64)
		if !(low < mse && mse < high) {
			t.Errorf("%v: %v is not within its band", row[:3], mse)
		}
		se := (high - low) / 3.3 // of a 90% interval
		if exact, ok := row[9].(float64); ok && (mse < exact-4.5*se || mse > exact+4.5*se) {
			t.Errorf("%v: squared error %v ± %v, exact %v", row[:3], mse, se, exact)
		}
		bayes := cell(t, curves, "mse", map[string]any{"starts": row[0], "predictor": "bayes", "n": row[2]}).(float64)
		if name != "oracle" && mse < bayes-se {
			t.Errorf("%v: squared error %v ± %v is below that of Bayes, %v", row[:3], mse, se, bayes)
		}
	}
}

// TestFigure6Transformers trains a minute model: the comparisons are there, on the
// same prompts as far as they go, and the verdict speaks of them.
func TestFigure6Transformers(t *testing.T) {
	t.Parallel()
	configs, err := transformers6(Settings{Quick: true, Models: "tiny"})
	if err != nil {
		t.Fatal(err)
	}
	configs[0].Width, configs[0].Batch, configs[0].Steps, configs[0].Curriculum = 16, 8, 60, "6:31"
	size := figure6Size{d: 2, context: 30, contexts: []int{3, 30}, prompts: 300, steps: 100, batch: 100, evaluation: 2000, transformers: configs}
	r, err := figure6Of(t.Context(), 1, size, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(r.Quantity, "gpt2-tiny less the floor") || r.Ours == nil || !strings.Contains(r.Setup, "reduced to width 16 and 2 blocks, trained for each law") {
		t.Errorf("%s\n%s\n%s", r.Quantity, r.Why, r.Setup)
	}
	duels := table(t, r, "comparisons")
	if want := 2 * 2 * 5; len(duels.Rows) != want { // starts, n = 10 and 30, others
		t.Errorf("%d comparisons, want %d", len(duels.Rows), want)
	}
	// Bayes is ahead of everybody.
	loss := cell(t, duels, "loss", map[string]any{"starts": "independent", "against": "bayes", "n": 30}).(float64)
	if loss <= 0 {
		t.Errorf("a minute model is ahead of Bayes by %v", -loss)
	}
	if r.Verdict != Undecided {
		t.Errorf("reduced models decide: %q", r.Verdict)
	}
	if _, err := transformers6(Settings{Models: "huge"}); err == nil || !strings.Contains(err.Error(), "gpt2-tiny") {
		t.Errorf("an unknown size: %v", err)
	}
}

func TestOvertakes(t *testing.T) {
	curve := func(mse ...float64) predict.Curve {
		var c predict.Curve
		for i, x := range mse {
			c.Points = append(c.Points, predict.CurvePoint{N: 10 * (i + 1), MSE: predict.Band{Mean: x}})
		}
		return c
	}
	c := &curves6{curves: map[string]predict.Curve{"optimum": curve(3, 3, 3, 3), "linear": curve(2, 4, 1, 2), "logistic": curve(1, 1, 1, 3), "knn3": curve(2, 2, 2, 2), "bigram-smoothed": curve(4, 4, 4, 4)}}
	if got, want := c.overtaking(), "linear from n = 30, 3 neighbours from n = 10"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The three models in their own size, all of which train, on few and small batches: after
// two steps they are no company for anybody, and the sentence does not hold.
func TestFigure6AllModels(t *testing.T) {
	t.Parallel()
	configs, err := transformers6(Settings{Models: "tiny,small,standard"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range configs {
		configs[i].Batch, configs[i].Steps, configs[i].Curriculum = 1, 2, "3:6"
	}
	size := figure6Size{d: 2, context: 10, contexts: []int{10}, prompts: 12, steps: 20, batch: 50, evaluation: 500, transformers: configs}
	r, err := figure6Of(t.Context(), 1, size, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if r.Verdict == Holds {
		t.Errorf("verdict %q after two steps: %s", r.Verdict, r.Why)
	}
	for _, name := range []string{"gpt2-tiny", "gpt2-small", "gpt2-standard"} {
		cell(t, table(t, r, "comparisons"), "loss", map[string]any{"starts": "correlated", "model": name, "against": "bayes", "n": 10})
		if !strings.Contains(r.Setup, name+" trained for each law of the starts by Adam at 0.001, 2 steps") {
			t.Errorf("%s is not in the setup: %s", name, r.Setup)
		}
	}
}

// Differences are pooled over starts and n, their errors not below the mean of theirs.
func TestStandings(t *testing.T) {
	row := func(model, against, starts string, n int, mean, se float64) duel6 {
		return duel6{Model: model, Against: against, Starts: starts, N: n, Accuracy: estimate{Mean: mean, SE: se}}
	}
	got := standings([]duel6{
		row("a", "knn3", "independent", 10, 0.1, 0.02), row("a", "svm", "independent", 10, 1, 1), row("b", "knn3", "independent", 10, -1, 1),
		row("a", "knn3", "correlated", 30, 0.3, 0.04),
	})
	if len(got) != 3 || got[0].model != "a" || got[0].against != "knn3" {
		t.Fatalf("%+v", got)
	}
	near(t, "the mean", got[0].accuracy.Mean, 0.2, 1e-15)
	near(t, "its error", got[0].accuracy.SE, 0.03, 1e-15)
}

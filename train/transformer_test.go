package train

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"markovicl/markov"
	"markovicl/transformer"
)

// quickTransformer is a small model and few steps.
func quickTransformer() Config {
	c := DefaultsOf(CustomModel)
	c.Width, c.Steps, c.Batch, c.WarmUp, c.EvalPrompts, c.CheckpointEvery = 16, 30, 8, 5, 200, 10
	c.Curriculum = "5:13"
	return c
}

// sameResult compares results, of the models their parameters.
func sameResult(a, b *Result) string {
	if diff := cmp.Diff(a.Transformer.Parts(), b.Transformer.Parts()); diff != "" {
		return diff
	}
	return cmp.Diff(a, b, cmpopts.IgnoreFields(Result{}, "Transformer"))
}

func TestTransformerResumesToTheSameBits(t *testing.T) {
	task := mustTask(t, markov.Spec{D: 2, N: "12"})
	for name, change := range map[string]func(*Config){
		"adam":  func(c *Config) {},
		"adamw": func(c *Config) { c.Optimizer, c.WeightDecay = "adamw", 0.1 },
		"fixed": func(c *Config) { c.Data, c.Curriculum = Fixed, "" },
		"full":  func(c *Config) { c.Joined, c.Full = true, true },
	} {
		c := quickTransformer()
		change(&c)
		p := Problem{Task: task, Config: c, Seed: 3}
		want := mustRun(t, p, Settings{Workers: 1})
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		half, err := Run(ctx, p, Settings{Workers: 2, Checkpoints: Folder(dir), Progress: func(at Progress) {
			if at.Step == 17 {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if half.Status != Interrupted || half.Steps != 17 {
			t.Errorf("%s: %v after %d steps, want interrupted after 17", name, half.Status, half.Steps)
		}
		got := mustRun(t, p, Settings{Workers: 3, Checkpoints: Folder(dir), Resume: true})
		if diff := sameResult(want, got); diff != "" {
			t.Errorf("%s: (-uninterrupted +resumed)\n%s", name, diff)
		}
		p.Config.Rate *= 2
		if _, err := Run(t.Context(), p, Settings{Checkpoints: Folder(dir), Resume: true}); !errors.Is(err, ErrOtherProblem) {
			t.Errorf("%s: another problem: %v", name, err)
		}
	}
}

// TestTransformerLearns: a minute model comes below the variance of the label, 1/4,
// which is as far as one gets without the context.
func TestTransformerLearns(t *testing.T) {
	c := quickTransformer()
	c.Steps, c.Batch, c.Width, c.HeadsPerBlock, c.Rate, c.Curriculum, c.EvalPrompts = 300, 32, 16, 2, 3e-3, "", 2000
	r := mustRun(t, Problem{Task: mustTask(t, markov.Spec{D: 1, N: "12"}), Config: c, Seed: 1}, Settings{})
	if r.Fresh.MSE.Mean > 0.237 || r.History[0].Loss < 0.3 {
		t.Errorf("loss %v on fresh prompts, started from %v; want less than 0.237 from more than 0.3", r.Fresh.MSE.Mean, r.History[0].Loss)
	}
	if r.Train.Prompts != 32 || r.Fresh.MSE.SE <= 0 || r.Fresh.Accuracy.Mean < 0.6 {
		t.Errorf("scores %+v, %+v", r.Train, r.Fresh)
	}
}

func TestTransformerDiverges(t *testing.T) {
	c := quickTransformer()
	c.Rate, c.Clip, c.NoNorm, c.WarmUp, c.Steps = 1e6, 0, true, 0, 200
	_, err := Run(t.Context(), Problem{Task: mustTask(t, markov.Spec{D: 1, N: "12"}), Config: c, Seed: 1}, Settings{})
	diverged, ok := errors.AsType[*DivergedError](err)
	if !ok || diverged.Step < 1 || diverged.Layer < 0 || diverged.Layer > 1 {
		t.Errorf("error %v, want a divergence with step and layer", err)
	}
	c.LossBound, c.Rate = 1e-9, 1e-3
	_, err = Run(t.Context(), Problem{Task: mustTask(t, markov.Spec{D: 1, N: "12"}), Config: c, Seed: 1}, Settings{})
	if diverged, ok := errors.AsType[*DivergedError](err); !ok || diverged.Step != 0 || math.IsNaN(diverged.Loss) {
		t.Errorf("error %v, want a loss beyond the bound at step 0", err)
	}
}

func TestCurriculum(t *testing.T) {
	c := quickTransformer()
	c.Curriculum, c.Steps = "26:101", 1000
	from, to, err := c.curriculum(100)
	if err != nil || from != 25 || to != 100 {
		t.Fatalf("26:101 at n = 100 goes from %d to %d (%v)", from, to, err)
	}
	last := 0
	for step := range 1000 {
		n := c.chains(step, from, to)
		if n < last || n > 100 || step == 0 && n != 25 || step >= 500 && n != 100 {
			t.Fatalf("step %d shows %d chains after %d", step, n, last)
		}
		last = n
	}
	if from, to, err := (Config{}).curriculum(7); from != 7 || to != 7 || err != nil {
		t.Errorf("no curriculum goes from %d to %d (%v)", from, to, err)
	}
}

func TestWrongTransformers(t *testing.T) {
	finite, infinite := mustTask(t, markov.Spec{D: 2, N: "12"}), mustTask(t, markov.Spec{D: 2, N: "inf"})
	for want, change := range map[string]func(*Config){
		"no multiple of 3":            func(c *Config) { c.HeadsPerBlock = 3 },
		"population":                  func(c *Config) { c.Data = Population },
		"by adam or adamw":            func(c *Config) { c.Optimizer = "sgd" },
		"dense is for linear models":  func(c *Config) { c.Dense = true },
		"curriculum must be FROM:TO":  func(c *Config) { c.Curriculum = "5:14" },
		`got "x"`:                     func(c *Config) { c.Curriculum = "x" },
		"for joined columns":          func(c *Config) { c.Full = true },
		"model \"gpt4\" is not known": func(c *Config) { c.Model = "gpt4" },
		"are for transformers":        func(c *Config) { c.Model = "" },
	} {
		c := quickTransformer()
		change(&c)
		if err := (Problem{Task: finite, Config: c, Seed: 1}).Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if err := (Problem{Task: infinite, Config: quickTransformer(), Seed: 1}).Check(); err == nil || !strings.Contains(err.Error(), "n = inf") {
		t.Errorf("n = inf: %v", err)
	}
	for _, name := range transformer.Presets() {
		c := DefaultsOf(name)
		shape, err := c.transformer(finite)
		preset, _ := transformer.Preset(name)
		if err != nil || shape.Width != preset.Width || shape.Blocks != preset.Blocks || shape.Heads != preset.Heads || shape.Positions != 25 || shape.Features != 2 {
			t.Errorf("%s: %+v (%v)", name, shape, err)
		}
	}
}

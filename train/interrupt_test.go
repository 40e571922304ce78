package train

import (
	"context"
	"errors"
	"strings"
	"testing"

	"markovicl/internal/contexttest"
	"markovicl/markov"
)

// A context that ends at any moment, the first evaluation of L-BFGS included, leaves
// a run interrupted, with a checkpoint.
func TestInterruptAtOnce(t *testing.T) {
	task := mustTask(t, markov.Spec{D: 2, N: "20"})
	for name, c := range everyKind() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		dir := t.TempDir()
		r, err := Run(ctx, Problem{Task: task, Config: c, Seed: 3}, Settings{Checkpoints: Folder(dir)})
		if c.Data == Population && errors.Is(err, context.Canceled) {
			continue // the moments were not had
		}
		if err != nil || r.Status != Interrupted {
			t.Errorf("%s: %+v, %v; want an interrupted run", name, r, err)
		} else if _, err := Folder(dir).Load(3); err != nil {
			t.Errorf("%s: no checkpoint: %v", name, err)
		}
	}
}

func TestInterruptLBFGS(t *testing.T) {
	task := mustTask(t, markov.Spec{D: 2, N: "20"})
	c := Defaults()
	c.Optimizer, c.Data, c.Batch, c.EvalPrompts = "lbfgs", Fixed, 50, 0
	for left := range 12 {
		r, err := Run(contexttest.EndingAfter(t.Context(), left), Problem{Task: task, Config: c, Seed: 3}, Settings{Checkpoints: Folder(t.TempDir())})
		if err != nil || r.Status != Interrupted {
			t.Errorf("interrupted at check %d: %+v, %v", left, r, err)
		}
	}
}

// A million seeds that are not begun take no time to end.
func TestInterruptSeeds(t *testing.T) {
	c := Defaults()
	c.Steps, c.Batch, c.EvalPrompts = 1, 10, 0
	ctx, cancel := context.WithCancel(context.Background())
	const seeds = 1_000_000
	study, err := RunSeeds(ctx, Problem{Task: mustTask(t, markov.Spec{D: 1}), Config: c, Seed: 1}, seeds, Settings{Workers: 2, Progress: func(p Progress) {
		if p.Seed == 5 {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(study.Results); n < 1 || n > 1000 || study.Missing+n != seeds {
		t.Errorf("%d results, %d missing of %d", n, study.Missing, seeds)
	}
}

func TestResumeNamesDifferences(t *testing.T) {
	task := mustTask(t, markov.Spec{D: 2, N: "20"})
	c := Defaults()
	c.Steps, c.Batch, c.EvalPrompts = 12, 20, 0
	dir := Folder(t.TempDir())
	mustRun(t, Problem{Task: task, Config: c, Seed: 3}, Settings{Checkpoints: dir})

	other := c
	other.Rate, other.Layers, other.Steps = 0.02, 2, 6
	_, err := Run(context.Background(), Problem{Task: mustTask(t, markov.Spec{D: 2, N: "21"}), Config: other, Seed: 3}, Settings{Checkpoints: dir, Resume: true})
	if !errors.Is(err, ErrOtherProblem) {
		t.Fatalf("got %v, want another problem", err)
	}
	for _, want := range []string{
		"config.layers is 2, in the checkpoint 1", "config.lr is 0.02, in the checkpoint 0.01",
		"config.steps is 6, in the checkpoint 12", "task.n is 21, in the checkpoint 20",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "batch") {
		t.Errorf("what is equal is named: %v", err)
	}

	// More steps go on where the run ended.
	more := c
	more.Steps = 20
	first := -1
	r, err := Run(context.Background(), Problem{Task: task, Config: more, Seed: 3}, Settings{Checkpoints: dir, Resume: true, Progress: func(p Progress) {
		if first < 0 {
			first = p.Step
		}
	}})
	if err != nil || r.Steps != 20 || first != 13 {
		t.Errorf("resumed with more steps: began at step %d, %+v, %v", first, r, err)
	}
}

func TestConfigWithoutContent(t *testing.T) {
	base := Defaults()
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "# a\n\n# b"} {
		if c, err := ParseConfig([]byte(text), base); err != nil || c != base {
			t.Errorf("%q: %+v, %v; want the defaults", text, c, err)
		}
	}
	if c, err := ParseConfig([]byte("lr: 0.5\n"), base); err != nil || c.Rate != 0.5 || c.Batch != base.Batch {
		t.Errorf("%+v, %v", c, err)
	}
	for _, text := range []string{"clip:\n", "lr: 0.1\neval-prompts: null\n"} {
		if _, err := ParseConfig([]byte(text), base); err == nil || !strings.Contains(err.Error(), "has no value") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Any text is settings or an error.
func FuzzConfig(f *testing.F) {
	f.Add([]byte("layers: 2\nlr: 1e-400\nclip: .inf\n"))
	f.Add([]byte("batch: 99999999999999999999\noptimizer: [1]\n"))
	f.Add([]byte("- a\n- b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ParseConfig(data, Defaults()); err == nil && c.Validate() == nil && !(c.Rate > 0 && c.Layers > 0) {
			t.Fatalf("%q: %+v", data, c)
		}
	})
}

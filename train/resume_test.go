package train

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"markovicl/internal/tensorfile"
	"markovicl/lsa"
	"markovicl/markov"
)

// TestResume interrupts runs and checks that the resumed run ends with the bits
// of the uninterrupted one.
func TestResume(t *testing.T) {
	task := mustTask(t, markov.Spec{D: 2, N: "20"})
	for name, c := range everyKind() {
		c.CheckpointEvery = 7
		p := Problem{Task: task, Config: c, Seed: 3}
		want := mustRun(t, p, Settings{})
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		half, err := Run(ctx, p, Settings{Checkpoints: Folder(dir), Progress: func(at Progress) {
			if at.Step == 16 {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if c.Optimizer != "lbfgs" && (half.Status != Interrupted || half.Steps != 16) {
			t.Errorf("%s: %v after %d steps, want interrupted after 16", name, half.Status, half.Steps)
		}
		if _, err := lsa.Load(Folder(dir).File(p.Seed)); err != nil {
			t.Errorf("%s: the checkpoint is no parameter file: %v", name, err)
		}
		got := mustRun(t, p, Settings{Checkpoints: Folder(dir), Resume: true})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-uninterrupted +resumed)\n%s", name, diff)
		}
	}
}

// killedProblem is the run that TestResumeAfterKill kills, of a linear model or of
// a transformer.
func killedProblem(t testing.TB, model string) Problem {
	c := DefaultsOf(model)
	c.Layers, c.Steps, c.Batch, c.EvalPrompts, c.CheckpointEvery = 3, 300, 50, 0, 10
	if model != "" {
		c.Width, c.Batch = 8, 4
	}
	return Problem{Task: mustTask(t, markov.Spec{D: 2, N: "20"}), Config: c, Seed: 4}
}

// TestMain lets the test binary be the process that TestResumeAfterKill kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("TRAIN_UNTIL_KILLED"); dir != "" {
		_, err := Run(context.Background(), killedProblem(&testing.T{}, os.Getenv("TRAIN_MODEL")), Settings{Checkpoints: Folder(dir), Progress: func(Progress) {
			time.Sleep(time.Millisecond) // so that the kill comes in the middle
		}})
		fmt.Fprintln(os.Stderr, "the run was not killed:", err)
		os.Exit(1)
	}
	debug.SetGCPercent(400) // heaps are small
	os.Exit(m.Run())
}

// TestResumeAfterKill kills a training process with SIGKILL at an arbitrary
// moment and resumes.
func TestResumeAfterKill(t *testing.T) {
	for _, model := range []string{"", CustomModel} {
		t.Run("model "+model, func(t *testing.T) { testResumeAfterKill(t, model) })
	}
}

func testResumeAfterKill(t *testing.T, model string) {
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, p := t.TempDir(), killedProblem(t, model)
	process := exec.Command(executable)
	process.Env = append(os.Environ(), "TRAIN_UNTIL_KILLED="+dir, "TRAIN_MODEL="+model)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	// The second checkpoint replaces the first: wait until one is past step 0.
	for stepOf(Folder(dir).File(p.Seed)) < 20 {
		time.Sleep(time.Millisecond)
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	process.Wait()
	if at := stepOf(Folder(dir).File(p.Seed)); at < 20 || at >= p.Config.Steps {
		t.Fatalf("the checkpoint is at step %d, not in the middle", at)
	}
	want, got := mustRun(t, p, Settings{}), mustRun(t, p, Settings{Checkpoints: Folder(dir), Resume: true})
	if model != "" {
		if diff := sameResult(want, got); diff != "" {
			t.Errorf("(-uninterrupted +resumed)\n%s", diff)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-uninterrupted +resumed)\n%s", diff)
	}
}

// stepOf returns the step of a checkpoint, -1 if there is none.
func stepOf(path string) int {
	data, err := os.ReadFile(path)
	if err != nil {
		return -1
	}
	_, metadata, err := tensorfile.Decode(data)
	if err != nil {
		return -1
	}
	step := -1
	fmt.Sscan(metadata["step"], &step)
	return step
}

func TestResumeRefusesAnotherProblem(t *testing.T) {
	dir := t.TempDir()
	p := Problem{Task: mustTask(t, markov.Spec{D: 2, N: "20"}), Config: quick(), Seed: 3}
	mustRun(t, p, Settings{Checkpoints: Folder(dir)})
	p.Config.Rate = 0.02
	if _, err := Run(context.Background(), p, Settings{Checkpoints: Folder(dir), Resume: true}); err == nil || !strings.Contains(err.Error(), "another problem") {
		t.Errorf("error %v, want one that says it is another problem", err)
	}
	if err := os.WriteFile(Folder(dir).File(p.Seed), []byte("no"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), p, Settings{Checkpoints: Folder(dir), Resume: true}); err == nil || !strings.Contains(err.Error(), "not a safetensors file") {
		t.Errorf("error %v, want one that says that the file is damaged", err)
	}
}

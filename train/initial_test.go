package train

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"markovicl/lsa"
	"markovicl/markov"
)

// A run that begins with the parameters of another one begins at the loss at which
// that one ended; a dense one at that of a structured one.
func TestInitialParameters(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{D: 2, N: "20"})
	if err != nil {
		t.Fatal(err)
	}
	c := Defaults()
	c.Data, c.Steps, c.EvalPrompts = Population, 40, 0
	first, err := Run(context.Background(), Problem{Task: task, Config: c, Seed: 1}, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if first.Train.MSE.Mean >= first.History[0].Loss {
		t.Fatal("nothing was learnt, so that the test says nothing")
	}
	for _, dense := range []bool{false, true} {
		c.Dense = dense
		next, err := Run(context.Background(), Problem{Task: task, Config: c, Seed: 2, Initial: &Initial{Model: first.Model}}, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := next.History[0].Loss, first.Train.MSE.Mean; math.Abs(got-want) > 1e-12 || !dense && got != want {
			t.Errorf("dense %v: begins at %v, want %v", dense, got, want)
		}
	}
}

// The same of a transformer: steps that are too small to change a number leave the
// parameters that it began with.
func TestInitialTransformer(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{D: 1, N: "4"})
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultsOf(CustomModel)
	c.Width, c.HeadsPerBlock, c.Batch, c.Steps, c.WarmUp, c.EvalPrompts = 4, 1, 4, 3, 0, 0
	first, err := Run(context.Background(), Problem{Task: task, Config: c, Seed: 1}, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	c.Rate = 1e-30
	next, err := Run(context.Background(), Problem{Task: task, Config: c, Seed: 2, Initial: &Initial{Transformer: first.Transformer}}, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for k, part := range next.Transformer.Parts() {
		for i, x := range part.Data {
			if want := first.Transformer.Parts()[k].Data[i]; math.Abs(float64(x-want)) > 1e-25 {
				t.Fatalf("%s[%d] is %v, want %v", part.Name, i, x, want)
			}
		}
	}
}

func TestWrongInitialParameters(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{D: 1, N: "4"})
	if err != nil {
		t.Fatal(err)
	}
	c := Defaults()
	c.Steps, c.Batch, c.EvalPrompts = 2, 4, 0
	for _, w := range []struct {
		model lsa.Model
		want  string
	}{
		{lsa.NewStructured(2, 1, 2), `"b" of shape [2, 1, 2] where the model to train has "b" of shape [1, 1, 2]`},
		{lsa.NewStructured(1, 1, 3), `"b" of shape [1, 1, 3] where`},
		{lsa.NewDense(1, 1, 2), `"P" of shape [1, 1, 2, 2] where the model to train has "b"`},
		{nil, "initial parameters are of a transformer"},
	} {
		err := Problem{Task: task, Config: c, Initial: &Initial{Model: w.model}}.Check()
		if err == nil || !strings.Contains(err.Error(), w.want) {
			t.Errorf("error %v, want one with %s", err, w.want)
		}
	}
	// A run that began elsewhere is another run.
	p := Problem{Task: task, Config: c, Seed: 1, Initial: &Initial{Model: lsa.NewStructured(1, 1, 2)}}
	settings := Settings{Checkpoints: Folder(t.TempDir()), Resume: true}
	for range 2 { // once anew, once from the checkpoint
		if _, err := Run(context.Background(), p, settings); err != nil {
			t.Fatal(err)
		}
	}
	p.Initial = nil
	if _, err := Run(context.Background(), p, settings); !errors.Is(err, ErrOtherProblem) || !strings.Contains(err.Error(), "init is null") {
		t.Errorf("resumed with other initial parameters: %v", err)
	}
}

package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"markovicl/lsa"
	"markovicl/train"
)

// score answers a question about the file m.json or x.csv with this content.
func score(t *testing.T, question, content string) ScoreAnswer {
	t.Helper()
	env := Env{Open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
	answer, err := Ask(context.Background(), parse(t, question), env)
	if err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	return answer.(ScoreAnswer)
}

func near(t *testing.T, name string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: got %.15g, want %.15g within %.2g", name, got, want, within)
	}
}

// TestScoreOfTheBest scores what recover and optimum find: their own losses.
func TestScoreOfTheBest(t *testing.T) {
	answer, err := Ask(context.Background(), parse(t, `{"command":"recover","d":2,"n":10}`), Env{})
	if err != nil {
		t.Fatal(err)
	}
	best := answer.(Results[RecoverAnswer])[0]
	params, err := json.Marshal(best.Parameters)
	if err != nil {
		t.Fatal(err)
	}
	s := score(t, `{"command":"score","params":"m.json","n":10,"prompts":20000}`, string(params))
	near(t, "loss", s.Loss, best.Loss, 1e-12)
	near(t, "best", *s.Best, best.Loss, 1e-12)
	near(t, "above best", *s.AboveBest, 0, 1e-11)
	if s.LossSE != 0 || !*s.Certified || s.Task.Positions() != 2 || !(*s.BayesRisk < s.Loss) || !(*s.Accuracy > 0.5) {
		t.Errorf("got %+v", s)
	}
	// The same as a deep model, whose second layer does nothing, on prompts.
	two := fmt.Sprintf(`{"layers":[%s,{"heads":[{"b":[0,0,0],"A":[[0,0],[0,0],[0,0]]}]}]}`, params)
	deep := score(t, `{"command":"score","params":"m.json","n":10,"prompts":20000}`, two)
	if deep.Model.Layers != 2 || deep.LossSE == 0 {
		t.Errorf("a deep model: got %+v", deep.Model)
	}
	near(t, "sampled loss", deep.Loss, best.Loss, 5*deep.LossSE)
	near(t, "accuracy of the same predictions", *deep.Accuracy, *s.Accuracy, 0)

	answer, err = Ask(context.Background(), parse(t, `{"command":"optimum","d":2,"n":10}`), Env{})
	if err != nil {
		t.Fatal(err)
	}
	o := answer.(Results[OptimumAnswer])[0]
	var rows strings.Builder
	for block := range 2 {
		for i, x := range o.X[6*block : 6*block+6] {
			if i > 0 {
				rows.WriteByte(',')
			}
			fmt.Fprint(&rows, x)
		}
		rows.WriteByte('\n')
	}
	s = score(t, `{"command":"score","x":"x.csv","n":10,"prompts":2000}`, rows.String())
	near(t, "loss of X*", s.Loss, o.Loss, 1e-12)
	near(t, "enlarged optimum", *s.LossEnlarged, o.Loss, 1e-14)
	if !(*s.AboveBest < 0) || s.Model.Kind != "enlarged" {
		t.Errorf("X*: got %+v", s)
	}
}

// TestScoreAgainstSums holds the loss of arbitrary parameters against the sum over
// all prompts (d = 1), and at n = inf against the integral over kernels.
func TestScoreAgainstSums(t *testing.T) {
	const params = `{"heads":[{"b":[0.3,-0.7],"A":[[1.1],[-0.4]]},{"b":[-0.2,0.5],"A":[[0.6],[0.9]]}]}`
	model, err := lsa.DecodeJSON([]byte(params))
	if err != nil {
		t.Fatal(err)
	}
	s := score(t, `{"command":"score","params":"m.json","n":7,"prior":"beta:2,3","p":0.3,"prompts":50000}`, params)
	want, err := train.ExactRisk(s.Task, model.NewForward().Predict)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss at n = 7", s.Loss, want, 1e-12)
	s = score(t, `{"command":"score","params":"m.json","n":"inf","p":0.3}`, params)
	if want, err = train.InfiniteLoss(s.Task, model); err != nil {
		t.Fatal(err)
	}
	near(t, "loss at n = inf", s.Loss, want, 1e-12)
	if s.Accuracy != nil || s.Prompts != 0 || len(s.Notes) == 0 {
		t.Errorf("n = inf has an accuracy: %+v", s)
	}
}

func TestScoreErrors(t *testing.T) {
	for _, c := range []struct{ question, content, field, message string }{
		{`{"command":"score"}`, "", "params", "nothing to score"},
		{`{"command":"score","params":"m.json","x":"x.csv"}`, "", "x", "give one of them"},
		{`{"command":"score","params":"m.json"}`, "{", "params", "m.json"},
		{`{"command":"score","params":"m.json","d":2}`, `{"heads":[{"b":[1,1],"A":[[1],[1]]}]}`, "d", "2 rows, and those of the task have 3"},
		{`{"command":"score","params":"m.json","n":"inf","states":3}`, `{"layers":[{"heads":[{"b":[1,1],"A":[[1],[1]]}]},{"heads":[{"b":[1,1],"A":[[1],[1]]}]}]}`, "n", "n = inf"},
		{`{"command":"score","x":"x.csv"}`, "1,2,3\n4,5,6\n", "x", "want 1"},
		{`{"command":"score","x":"x.csv"}`, "1e200,2,1e200\n", "x", "not a finite number"},
		{`{"command":"score","params":"m.json","prompts":1}`, "", "prompts", "at least 2"},
	} {
		env := Env{Open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(c.content)), nil }}
		_, err := Ask(context.Background(), parse(t, c.question), env)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Kind != Input || e.Field != c.field || !strings.Contains(e.Message, c.message) {
			t.Errorf("%s with %q: got %v, want the field %q and %q", c.question, c.content, err, c.field, c.message)
		}
	}
}

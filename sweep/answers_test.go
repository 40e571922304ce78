package sweep

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"markovicl/ask"
)

// Answers are those of the questions one by one, in the order of the grid.
func TestAnswers(t *testing.T) {
	q, err := ask.Parse([]byte(`{"command":"optimum","prior":"beta:2,5"}`))
	if err != nil {
		t.Fatal(err)
	}
	var told []int64
	env := ask.Env{Progress: func(p ask.Progress) { told = append(told, p.Done, p.Total) }}
	axes, answers, err := Answers(context.Background(), q, []string{"d=1..2", "--n=5,inf"}, env)
	if err != nil || len(axes) != 2 || axes[1].Name != "n" || len(answers) != 4 || len(told) != 8 || told[7] != 4 {
		t.Fatalf("%v %v %v: %v", axes, answers, told, err)
	}
	for i, want := range []string{`"d":1,"n":"5"`, `"d":1,"n":"inf"`, `"d":2,"n":"5"`, `"d":2,"n":"inf"`} {
		q, err := ask.Parse([]byte(`{"command":"optimum","prior":"beta:2,5",` + want + `}`))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := ask.Ask(context.Background(), q, ask.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if got := answers[i].Answer.(ask.Results[ask.OptimumAnswer])[0].Loss; got != answer.(ask.Results[ask.OptimumAnswer])[0].Loss {
			t.Errorf("%s: %v", want, got)
		}
	}
}

// A question that fails ends the rest, and names itself; what was answered is there.
func TestAnswersThatFail(t *testing.T) {
	for over, want := range map[string]string{
		"d":                "write NAME=VALUES",
		"=1":               "write NAME=VALUES",
		"d=":               "empty value",
		"planets=1,2":      "planets",
		"d=1,1":            "same value twice",
		"seed=1..20000":    "is the most",
		"prior=uniform,no": "question 2 of the grid (prior = no)",
	} {
		q, err := ask.Parse([]byte(`{"command":"optimum","d":1}`))
		if err != nil {
			t.Fatal(err)
		}
		if over == "d=1,1" || over == "d" || over == "d=" {
			if q, err = ask.New("optimum"); err != nil {
				t.Fatal(err)
			}
		}
		_, answers, err := Answers(context.Background(), q, []string{over}, ask.Env{})
		e, ok := errors.AsType[*ask.Error](err)
		if !ok || e.Kind != ask.Input || !strings.Contains(e.Message, want) || len(answers) > 1 {
			t.Errorf("%s: %v, %d answers", over, err, len(answers))
		}
	}
}

// Standard input can be read once, and every question has it.
func TestAnswersFromStandardInput(t *testing.T) {
	q, err := ask.Parse([]byte(`{"command":"predict","file":"-","predictors":"bigram"}`))
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	env := ask.Env{Open: func(name string) (io.ReadCloser, error) {
		if opened++; name != "-" || opened > 1 {
			t.Errorf("%s is opened", name)
		}
		return io.NopCloser(strings.NewReader(strings.Repeat("AABABBA", 40))), nil
	}}
	_, answers, err := Answers(context.Background(), q, []string{"d=1,2"}, env)
	if err != nil || len(answers) != 2 {
		t.Errorf("%d answers: %v", len(answers), err)
	}
}

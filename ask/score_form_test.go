package ask

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"markovicl/markov"
	"markovicl/moment"
)

// Under the form of a task, given as a file, parameters score as under the task; the
// best transformer has its proof.
func TestScoreOfGivenForm(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{D: 2})
	if err != nil {
		t.Fatal(err)
	}
	const (
		layer = `{"heads":[{"b":[0.3,-0.7,1],"A":[[1.1,0.2],[-0.4,0.1],[0.5,0.6]]}]}`
		deep  = `{"layers":[` + layer + `,` + layer + `]}`
		small = `{"heads":[{"b":[1,1],"A":[[1],[1]]}]}`
	)
	env := files(map[string][]byte{
		"form.npz": formFile(t, task), "m.json": []byte(layer), "deep.json": []byte(deep), "small.json": []byte(small),
		"x.csv": []byte("1,2,0,1,2,3\n0,1,1,0.5,0,1\n"),
	})
	for _, model := range []string{`"params":"m.json"`, `"x":"x.csv"`} {
		want := mustAsk(t, env, `{"command":"score","prompts":100,`+model+`}`).(ScoreAnswer)
		got := mustAsk(t, env, `{"command":"score","form":"form.npz",`+model+`}`).(ScoreAnswer)
		near(t, "loss", got.Loss, want.Loss, 1e-12)
		near(t, "enlarged optimum", *got.LossEnlarged, *want.LossEnlarged, 1e-12)
		near(t, "best", *got.Best, *want.Best, 1e-10)
		if !*got.Certified || got.Claim == moment.Numeric || *got.LowerBound > *got.Best || got.Floor != nil || got.Accuracy != nil || got.BayesRisk != nil || len(got.Notes) != 1 {
			t.Errorf("%s: %+v", model, got)
		}
	}
	for question, want := range map[string][2]string{
		`{"command":"score","form":"form.npz","params":"deep.json"}`:         {"params", "2 layers"},
		`{"command":"score","form":"form.npz","params":"small.json"}`:        {"form", "2 rows, and those of the form have 3"},
		`{"command":"score","prompt-file":"form.npz","params":"small.json"}`: {"prompt-file", "form.npz"},
		`{"command":"score","form":"form.npz","d":2,"params":"m.json"}`:      {"form", "leave out its other fields"},
		`{"command":"score","average":true,"d":3,"params":"m.json"}`:         {"d", "3 rows, and those of the task have 4"},
	} {
		q, err := Parse([]byte(question))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Ask(t.Context(), q, env)
		if e, ok := errors.AsType[*Error](err); !ok || e.Field != want[0] || !strings.Contains(e.Message, want[1]) {
			t.Errorf("%s: got %v, want the field %q and %q", question, err, want[0], want[1])
		}
	}
}

// Averages over n are means of what is said at each n: the loss of given parameters and
// the floor, which at d = 1 is a fraction.
func TestAverages(t *testing.T) {
	for _, d := range []int{1, 2} {
		params := `{"heads":[{"b":[0.3,0.9],"A":[[0.8],[0.5]]}]}`
		if d == 2 {
			params = `{"heads":[{"b":[0.1,0.2,0.9],"A":[[0.8,0.1],[0.5,0],[0.2,0.3]]}]}`
		}
		env := files(map[string][]byte{"m.json": []byte(params)})
		got := mustAsk(t, env, `{"command":"score","params":"m.json","n":"2..4","average":true}`).(ScoreAnswer)
		if got.Task.Positions() != d || !*got.Certified {
			t.Errorf("d %d: %+v", d, got)
		}
		optimum := mustAsk(t, env, fmt.Sprintf(`{"command":"optimum","d":%d,"n":"2..4","average":true,"floor":true,"contexts":6000}`, d)).(Results[OptimumAnswer])[0]
		near(t, "enlarged optimum", *got.LossEnlarged, optimum.Loss, 1e-13)
		trained := mustAsk(t, env, fmt.Sprintf(`{"command":"train","population":true,"d":%d,"n":"2..4","average":true,"steps":3}`, d)).(TrainAnswer)
		var loss, floor, square float64
		for _, n := range []int{2, 3, 4} {
			one := mustAsk(t, env, fmt.Sprintf(`{"command":"score","params":"m.json","n":%d,"prompts":2}`, n)).(ScoreAnswer)
			at := mustAsk(t, env, fmt.Sprintf(`{"command":"optimum","d":%d,"n":%d,"floor":true,"contexts":6000,"seed":9}`, d, n)).(Results[OptimumAnswer])[0]
			loss += one.Loss / 3
			floor += *at.Floor / 3
			square += *at.FloorSE * *at.FloorSE / 9
		}
		near(t, "loss", got.Loss, loss, 1e-13)
		for _, a := range []FloorAnswer{got.FloorAnswer, *optimum.FloorAnswer, trained.FloorAnswer} {
			near(t, "floor", *a.Floor, floor, 1e-14+4*math.Sqrt(square+*a.FloorSE**a.FloorSE))
			if d == 1 && (*a.FloorSE != 0 || *a.FloorClaim != moment.Exact) {
				t.Errorf("the floor is a sum, got %+v", a)
			}
			if !(*a.Floor < optimum.Loss) {
				t.Errorf("floor %v, optimum %v", *a.Floor, optimum.Loss)
			}
		}
	}
	// In fractions the mean is of fractions.
	one := mustAsk(t, Env{}, `{"command":"optimum","d":1,"n":"2,10","average":true,"floor":true,"exact":true}`).(Results[OptimumAnswer])[0]
	each := mustAsk(t, Env{}, `{"command":"optimum","d":1,"n":"2,10","floor":true,"exact":true}`).(Results[OptimumAnswer])
	var text []string
	for _, a := range each {
		text = append(text, a.FloorExact)
	}
	rat := func(text string) *big.Rat {
		x, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%q is no fraction", text)
		}
		return x
	}
	sum, mean := rat(text[0]), rat(one.FloorExact)
	sum.Add(sum, rat(text[1]))
	if mean.Add(mean, mean); sum.Cmp(mean) != 0 {
		t.Errorf("%s is not the mean of %s", one.FloorExact, text)
	}
}

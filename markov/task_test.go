package markov_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"markovicl/markov"
)

func ExampleNewTask() {
	task, err := markov.NewTask(markov.Spec{D: 3, N: "100", Prior: markov.PriorSpec{Text: "beta:2,5"}, P: "0.3"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(task)
	fmt.Println("alpha of row 0:", task.Prior().Alpha(0))
	// Output:
	// states 2, d 3, n 100, prior beta:2,5, start bernoulli:0.3, embedding index
	// alpha of row 0: [5 2]
}

func TestTaskDefaults(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"states":2,"d":2,"n":10,"prior":"uniform","start":"bernoulli:0.5","embedding":"index","bias":false}`
	if string(got) != want {
		t.Errorf("defaults:\n got %s\nwant %s", got, want)
	}
}

func TestNewTaskErrors(t *testing.T) {
	prior := func(text string) markov.PriorSpec { return markov.PriorSpec{Text: text} }
	for _, c := range []struct {
		spec markov.Spec
		want string
	}{
		{markov.Spec{States: 1}, "states must be from 2 to 256, got 1"},
		{markov.Spec{D: -1}, "d must be from 1 to 1000, got -1"},
		{markov.Spec{N: "0"}, `n must be a whole number from 1 to 1000000000, or inf; got "0"`},
		{markov.Spec{N: "1.5"}, `got "1.5"`},
		{markov.Spec{Prior: prior("beta:0,1")}, "a and b must be > 0"},
		{markov.Spec{Prior: prior("beta:1")}, "beta takes two values"},
		{markov.Spec{Prior: prior("beta:x,1")}, `"x" is not a number`},
		{markov.Spec{States: 3, Prior: prior("beta:1,1")}, "beta is for 2 states, this task has 3"},
		{markov.Spec{Prior: prior("dirichlet:-1")}, "alpha must be > 0, got -1"},
		{markov.Spec{Prior: prior("gamma:1")}, `prior "gamma:1" is not known`},
		{markov.Spec{Prior: markov.PriorSpec{Rows: [][]string{{"1", "1"}, {"1", "-1"}}}}, "alpha must be > 0, got -1 in row 1, column 1"},
		{markov.Spec{Prior: markov.PriorSpec{Rows: [][]string{{"1", "1"}}}}, "prior has 1 rows, want 2"},
		{markov.Spec{Prior: markov.PriorSpec{Rows: [][]string{{"1"}, {"1", "1"}}}}, "prior row 0 has 1 entries, want 2"},
		{markov.Spec{P: "0"}, "write bernoulli:p with 0 < p < 1"},
		{markov.Spec{P: "1"}, "write bernoulli:p with 0 < p < 1"},
		{markov.Spec{P: "0.5", Start: "uniform"}, "say the same thing"},
		{markov.Spec{Start: "probs:0.5,0.4"}, "sum to 0.9, not to 1"},
		{markov.Spec{Start: "probs:1"}, "has 1 probabilities, want 2"},
		{markov.Spec{Start: "probs:-1,2"}, "the probability of state 0 is -1"},
		{markov.Spec{States: 3, Start: "bernoulli:0.5"}, "is for 2 states, this task has 3"},
		{markov.Spec{States: 3, Start: "correlated:0.5,0.1,0.2"}, "is for 2 states, this task has 3"},
		{markov.Spec{Start: "correlated:0.5,0.1"}, "write correlated:p,g0,g1"},
		{markov.Spec{Start: "stationary:1"}, "stationary takes no values"},
		{markov.Spec{Start: "nowhere"}, `start "nowhere" is not known`},
		{markov.Spec{States: 3, Embedding: "sign"}, "embedding sign is for 2 states, this task has 3"},
		{markov.Spec{Embedding: "cube"}, `embedding "cube" is not known`},
	} {
		_, err := markov.NewTask(c.spec)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("NewTask(%+v): error %v, want one with %q", c.spec, err, c.want)
		}
	}
}

func TestParseTask(t *testing.T) {
	task, err := markov.ParseTask([]byte("states: 3\nd: 2\nn: inf\nprior: {rows: [[1, 0.1, 1/3], [2, 2, 2], [1, 1, 1]]}\nstart: probs:1/3,1/3,1/3\nembedding: onehot\nbias: true\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := task.Prior().AlphaRat(0)[1], big.NewRat(1, 10); got.Cmp(want) != 0 {
		t.Errorf("alpha 0.1 was read as %v, want 1/10", got)
	}
	if task.Context() != markov.Infinite || task.QueryDim() != 7 || task.Dim() != 8 {
		t.Errorf("n %v, q %d, D %d; want inf, 7, 8", task.Context(), task.QueryDim(), task.Dim())
	}
	for _, c := range []struct{ yaml, want string }{
		{"stats: 3\n", "stats"},
		{"d: 0\n", "d must be from 1"},
		{"states: two\n", "[1:9]"}, // line and column
		{"prior: {rowz: [[1]]}\n", "rowz"},
		{"prior: [1, 2]\n", "prior"},
		{"n: [1, 2]\n", "[1:"},
	} {
		_, err := markov.ParseTask([]byte(c.yaml))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseTask(%q): error %v, want one with %q", c.yaml, err, c.want)
		}
	}
}

func FuzzParseTask(f *testing.F) {
	f.Add([]byte("states: 2\nd: 3\nn: 100\nprior: beta:2,5\nstart: bernoulli:0.3\n"))
	f.Add([]byte("states: 3\nprior: {rows: [[1, 1, 1], [1, 1/2, 1], [1, 1, 1e-3]]}\nstart: stationary\nembedding: onehot\nbias: true\n"))
	f.Add([]byte("start: correlated:0.4,0.2,0.7\nn: inf\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		task, err := markov.ParseTask(data)
		if err != nil {
			return
		}
		encoded, err := json.Marshal(task)
		if err != nil {
			t.Fatalf("a valid task cannot be written: %v", err)
		}
		again, err := markov.ParseTask(encoded) // JSON is YAML
		if err != nil {
			t.Fatalf("a task's own JSON is refused: %v\n%s", err, encoded)
		}
		if task.String() != again.String() {
			t.Fatalf("a task changes when it is written and read:\n%s\n%s", task, again)
		}
	})
}

func TestParseRatExact(t *testing.T) {
	for text, want := range map[string]*big.Rat{
		"0.1": big.NewRat(1, 10), "1/3": big.NewRat(1, 3), ".5/2": big.NewRat(1, 4), "2e-3": big.NewRat(1, 500), "-7": big.NewRat(-7, 1),
	} {
		if got, err := markov.ParseRat(text); err != nil || got.Cmp(want) != 0 {
			t.Errorf("ParseRat(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "1/0", "1//2", "NaN", "Inf", "1e999999999", "0x10", "1_000"} {
		if got, err := markov.ParseRat(text); err == nil {
			t.Errorf("ParseRat(%q) = %v, want an error", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := big.NewRat(rapid.Int64Range(-1000, 1000).Draw(t, "a"), rapid.Int64Range(1, 1000).Draw(t, "b"))
		if y, err := markov.ParseRat(markov.FormatRat(x)); err != nil || x.Cmp(y) != 0 {
			t.Fatalf("%v is written as %q and read as %v, %v", x, markov.FormatRat(x), y, err)
		}
	})
}

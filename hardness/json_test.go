package hardness

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJSON(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	program, _ := Reduce(RandomUnknown(rng, 3, 4, 5).Separation)
	program.Rows[0].Terms[0].Coef = big.NewRat(1, 3)
	program.B[2] = Domain{big.NewRat(-1, 7), big.NewRat(1, 7)}
	program.B[3] = Domain{Upper: big.NewRat(5, 1)}
	system, err := LSASystem(1, []float64{0.1, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*BilinearProgram{program, program.Equations(), system} {
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var q BilinearProgram
		if err := json.Unmarshal(text, &q); err != nil {
			t.Fatal(err)
		}
		rat := cmp.Comparer(func(a, b *big.Rat) bool {
			return (a == nil) == (b == nil) && (a == nil || a.Cmp(b) == 0)
		})
		if diff := cmp.Diff(p.Rows, q.Rows, rat); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(p.Objective.Column, q.Objective.Column); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(p.Objective.Terms, q.Objective.Terms, rat); diff != "" && len(p.Objective.Terms) > 0 {
			t.Error(diff)
		}
		if diff := cmp.Diff(p.B, q.B, rat); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(p.A, q.A, rat); diff != "" {
			t.Error(diff)
		}
	}
}

func TestJSONErrors(t *testing.T) {
	for _, text := range []string{
		`{"d":0}`,
		`{"d":1,"b":["free"],"A":[["free"],["free"]],"rows":[]}`,
		`{"d":1,"b":["free","free"],"A":[["free"],["free","free"]],"rows":[]}`,
		`{"d":1,"b":["free","maybe"],"A":[["free"],["free"]],"rows":[]}`,
		`{"d":1,"b":["free","[2,1]"],"A":[["free"],["free"]],"rows":[]}`,
		`{"d":1,"b":["free","free"],"A":[["free"],["free"]],"rows":[{"column":1,"terms":[]}]}`,
		`{"d":1,"b":["free","free"],"A":[["free"],["free"]],"rows":[{"column":0,"terms":[{"i":2,"k":0,"coef":"1"}]}]}`,
		`{"d":1,"b":["free","free"],"A":[["free"],["free"]],"rows":[{"column":0,"terms":[{"i":0,"k":0,"coef":"1e999999999"}]}]}`,
		`{"d":1,"b":["free","free"],"A":[["free"],["free"]],"rows":[{"column":0,"terms":[],"lower":"1","upper":"0"}]}`,
		`{"d":1,"b":["free","free"],"A":[["free"],["free"]],"objective":{"column":0,"terms":[{"i":0,"k":0,"coef":"1/0"}]},"rows":[]}`,
	} {
		var p BilinearProgram
		if err := json.Unmarshal([]byte(text), &p); err == nil {
			t.Errorf("accepted %s", text)
		}
	}
}

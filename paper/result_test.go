package paper

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"markovicl/figure"
)

func TestCheck(t *testing.T) {
	nan := math.NaN()
	line := func(x, y figure.Numbers) figure.Plot {
		return figure.Plot{Name: "p", Series: []figure.Series{{X: x, Y: y}}}
	}
	rows := func(rows ...[]any) func(*Result) {
		return func(r *Result) { r.Tables = []Table{{Name: "t", Columns: []string{"a"}, Rows: rows}} }
	}
	for name, good := range map[string]func(*Result){
		"as it is": func(*Result) {},
		"table":    rows([]any{1}, []any{1.5}, []any{"x"}, []any{nil}, []any{true}, []any{uint64(1)}),
		"same names": func(r *Result) {
			rows([]any{1})(r)
			r.Plots = []figure.Plot{line(figure.Numbers{1}, figure.Numbers{1})}
			r.Plots[0].Name = "t"
		},
		"paper alone": func(r *Result) { r.Ours, r.Paper = nil, number(1) },
	} {
		r := fine()
		good(r)
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string]func(*Result){
		"no verdict":           func(r *Result) { r.Verdict = "maybe" },
		"no setup":             func(r *Result) { r.Setup = "" },
		"no sentence":          func(r *Result) { r.Why = "" },
		"no quantity":          func(r *Result) { r.Quantity = "" },
		"NaN":                  func(r *Result) { r.Ours = &nan },
		"error without number": func(r *Result) { r.Ours, r.StandardError = nil, number(1) },
		"negative error":       func(r *Result) { r.StandardError = number(-1) },
		"cell NaN":             rows([]any{nan}),
		"cell of another type": rows([]any{[]int{1}}),
		"row too long":         rows([]any{1, 2}),
		"table without name":   func(r *Result) { r.Tables = []Table{{}} },
		"name with slash":      func(r *Result) { r.Tables = []Table{{Name: "../x"}} },
		"two of a name":        func(r *Result) { r.Tables = []Table{{Name: "x"}, {Name: "x"}} },
		"table named result":   func(r *Result) { r.Tables = []Table{{Name: "result"}} },
		"empty plot":           func(r *Result) { r.Plots = []figure.Plot{{Name: "p"}} },
	} {
		r := fine()
		bad(r)
		if r.Check() == nil {
			t.Errorf("%s: nothing was found wrong", name)
		}
	}
}

// A result that was kept as JSON gives the same CSV and the same JSON: what an
// interrupted run kept equals what an uninterrupted run has in memory.
func TestResultSurvivesJSON(t *testing.T) {
	number := rapid.Float64Range(-1e30, 1e30)
	cell := rapid.Custom(func(t *rapid.T) any {
		return rapid.OneOf(
			rapid.Map(number, func(x float64) any { return x }),
			rapid.Map(rapid.IntRange(-1<<53, 1<<53), func(x int) any { return x }),
			rapid.Map(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1e6, 1e20, 1e21, 1e-7, 5e-324}), func(x float64) any { return x }),
			rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.Bool(), func(b bool) any { return b }),
			rapid.Just(any(nil)),
		).Draw(t, "cell")
	})
	rapid.Check(t, func(t *rapid.T) {
		table := Table{Name: "t", Columns: []string{"a", "b"}}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			table.Rows = append(table.Rows, []any{cell.Draw(t, "a"), cell.Draw(t, "b")})
		}
		r := fine()
		r.Tables = []Table{table}
		r.Plots = []figure.Plot{{Name: "p", Series: []figure.Series{{X: figure.Numbers{1, math.Inf(1)}, Y: figure.Numbers{number.Draw(t, "y"), 0}}}}}
		first, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back Result
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatal(err)
		}
		second, err := json.Marshal(back)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Fatalf("%s became %s", first, second)
		}
		var csv, csvBack bytes.Buffer
		if err := table.WriteCSV(&csv); err != nil {
			t.Fatal(err)
		}
		if err := back.Tables[0].WriteCSV(&csvBack); err != nil {
			t.Fatal(err)
		}
		if csv.String() != csvBack.String() {
			t.Fatalf("CSV %q became %q", csv.String(), csvBack.String())
		}
	})
}

func TestWriteCSV(t *testing.T) {
	table := Table{Name: "t", Columns: []string{"n", "loss"}, Rows: [][]any{{10, 0.1}, {"inf", nil}}}
	var out bytes.Buffer
	if err := table.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	if want := "n,loss\n10,0.1\ninf,\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

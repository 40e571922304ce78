package paper

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestCheck(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	line := func(x, y Numbers) Plot { return Plot{Name: "p", Series: []Series{{X: x, Y: y}}} }
	log := Axis{Log: true}
	heat := func(z ...Numbers) Plot {
		return Plot{Name: "p", Heat: &Heat{X: Numbers{0, 1}, Y: Numbers{0, 1}, Z: z}}
	}
	plots := func(p ...Plot) func(*Result) { return func(r *Result) { r.Plots = p } }
	rows := func(rows ...[]any) func(*Result) {
		return func(r *Result) { r.Tables = []Table{{Name: "t", Columns: []string{"a"}, Rows: rows}} }
	}
	for name, good := range map[string]func(*Result){
		"as it is": func(*Result) {},
		"table":    rows([]any{1}, []any{1.5}, []any{"x"}, []any{nil}, []any{true}, []any{uint64(1)}),
		"line":     plots(line(Numbers{1, inf}, Numbers{1, 2})),
		"heat":     plots(heat(Numbers{1, nan}, Numbers{1, 1})),
		"panels":   plots(Plot{Name: "p", Panels: []Plot{line(Numbers{1}, Numbers{1})}}),
		"same names": func(r *Result) {
			rows([]any{1})(r)
			r.Plots = []Plot{line(Numbers{1}, Numbers{1})}
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
		"no verdict":                func(r *Result) { r.Verdict = "maybe" },
		"no setup":                  func(r *Result) { r.Setup = "" },
		"no sentence":               func(r *Result) { r.Why = "" },
		"no quantity":               func(r *Result) { r.Quantity = "" },
		"NaN":                       func(r *Result) { r.Ours = &nan },
		"error without number":      func(r *Result) { r.Ours, r.StandardError = nil, number(1) },
		"negative error":            func(r *Result) { r.StandardError = number(-1) },
		"cell NaN":                  rows([]any{nan}),
		"cell of another type":      rows([]any{[]int{1}}),
		"row too long":              rows([]any{1, 2}),
		"table without name":        func(r *Result) { r.Tables = []Table{{}} },
		"name with slash":           func(r *Result) { r.Tables = []Table{{Name: "../x"}} },
		"two of a name":             func(r *Result) { r.Tables = []Table{{Name: "x"}, {Name: "x"}} },
		"table named result":        func(r *Result) { r.Tables = []Table{{Name: "result"}} },
		"empty plot":                plots(Plot{Name: "p"}),
		"y NaN":                     plots(line(Numbers{1}, Numbers{nan})),
		"y infinite":                plots(line(Numbers{1}, Numbers{inf})),
		"x minus infinity":          plots(line(Numbers{math.Inf(-1)}, Numbers{1})),
		"lengths":                   plots(line(Numbers{1, 2}, Numbers{1})),
		"zero on a log axis":        plots(Plot{Name: "p", X: log, Series: []Series{{X: Numbers{0}, Y: Numbers{1}}}}),
		"band upside down":          plots(Plot{Name: "p", Series: []Series{{X: Numbers{0}, Y: Numbers{1}, Low: []float64{2}, High: []float64{1}}}}),
		"half a band":               plots(Plot{Name: "p", Series: []Series{{X: Numbers{0}, Y: Numbers{1}, Low: []float64{2}}}}),
		"level NaN":                 plots(Plot{Name: "p", Levels: []Level{{Y: nan}}, Series: []Series{{X: Numbers{0}, Y: Numbers{1}}}}),
		"axis upside down":          plots(Plot{Name: "p", X: Axis{Min: number(1), Max: number(0)}, Series: []Series{{X: Numbers{0}, Y: Numbers{1}}}}),
		"one band":                  func(r *Result) { h := heat(Numbers{1, 2}, Numbers{1, 2}); h.Heat.Bands = 1; r.Plots = []Plot{h} },
		"empty heat":                plots(heat(Numbers{nan, nan}, Numbers{nan, nan})),
		"ragged heat":               plots(heat(Numbers{1}, Numbers{1, 2})),
		"infinite heat":             plots(heat(Numbers{1, inf}, Numbers{1, 2})),
		"panel in a panel":          plots(Plot{Name: "p", Panels: []Plot{{Panels: []Plot{line(Numbers{1}, Numbers{1})}}}}),
		"panels and more":           plots(Plot{Name: "p", Panels: []Plot{line(Numbers{1}, Numbers{1})}, Levels: []Level{{}}}),
		"categories on a log":       plots(Plot{Name: "p", X: Axis{Log: true, Categories: []string{"a"}}, Series: []Series{{X: Numbers{1}, Y: Numbers{1}}}}),
		"x that goes back":          plots(line(Numbers{2, 1}, Numbers{1, 1})),
		"heat columns that go back": plots(Plot{Name: "p", Heat: &Heat{X: Numbers{1, 0}, Y: Numbers{0, 1}, Z: []Numbers{{1, 1}, {1, 1}}}}),
	} {
		r := fine()
		bad(r)
		if r.Check() == nil {
			t.Errorf("%s: nothing was found wrong", name)
		}
	}
}

func TestAddRefusesOtherShapes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a row that is too short was added")
		}
	}()
	table := Table{Columns: []string{"a", "b"}}
	table.Add(1)
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
			table.Add(cell.Draw(t, "a"), cell.Draw(t, "b"))
		}
		r := fine()
		r.Tables = []Table{table}
		r.Plots = []Plot{{Name: "p", Series: []Series{{X: Numbers{1, math.Inf(1)}, Y: Numbers{number.Draw(t, "y"), 0}}}}}
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

func TestNumbersJSON(t *testing.T) {
	v := Numbers{1, 0.1, math.Inf(1), math.Inf(-1), math.NaN()}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if want := `[1,0.1,"inf","-inf",null]`; string(data) != want {
		t.Errorf("%s, want %s", data, want)
	}
	var back Numbers
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, back, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`["x"]`, `[true]`, `1`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s was taken for numbers", bad)
		}
	}
}

func TestWriteCSV(t *testing.T) {
	table := Table{Name: "t", Columns: []string{"n", "loss"}}
	table.Add(10, 0.1)
	table.Add("inf", nil)
	var out bytes.Buffer
	if err := table.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	if want := "n,loss\n10,0.1\ninf,\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

package report

import (
	"math"
	"testing"

	"markovicl/paper"
)

func TestProse(t *testing.T) {
	for text, want := range map[string]string{
		"above 1e-11 times, 1.5e+3":             "above 10<sup>−11</sup> times, 1.5·10<sup>3</sup>",
		"X'HX - 2h'X + c, the model's":          "X′HX − 2h′X + c, the model&#39;s",
		"E[uu'] (x) E[gg']":                     "E[uu′] ⊗ E[gg′]",
		"at -w, from -1 to 1, gpt2-tiny":        "at −w, from −1 to 1, gpt2-tiny",
		"g0 = 1/4, c1, R1":                      "<i>g</i><sub>0</sub> = 1/4, <i>c</i><sub>1</sub>, R1",
		"best_transformer, w_0, X_xy":           "<em>best transformer</em>, <i>w</i><sub>0</sub>, <i>X</i><sub>xy</sub>",
		"label -<w_l, x_{n+1}> where x < 3":     "label −⟨<i>w</i><sub>l</sub>, <i>x</i><sub>n+1</sub>⟩ where x &lt; 3",
		"f~* <= f*":                             "f̃* ≤ f*",
		"run `markovicl optimum --d 1e-3 - x'`": "run <code>markovicl optimum --d 1e-3 - x&#39;</code>",
	} {
		if got := string(prose(text)); got != want {
			t.Errorf("%s\n%s\nwant %s", text, got, want)
		}
	}
}

func TestSentences(t *testing.T) {
	for text, want := range map[string]string{
		"it holds; there is more (a; b), though; n = 3 is enough": "It holds. There is more (a; b), though. n = 3 is enough.",
		"X* is one; gpt2-tiny is not.":                            "X* is one. gpt2-tiny is not.",
		"":                                                        "",
	} {
		if got := sentences(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A number and its standard error are one cell, with digits to match; powers of ten are
// printed as such.
func TestShownTable(t *testing.T) {
	table := paper.Table{Name: "scores", Columns: []string{"smallest_n", "loss", "loss_se", "X_xy"}}
	table.Rows = [][]any{{"inf", 0.21712, 0.00199, 1.66533e-16}, {10.0, 0.5, 0.0, -math.Pi}}
	shown := newShownTable(table, "")
	want := [][]string{{"∞", "0.2171 ± 0.0020", "1.7·10<sup>−16</sup>"}, {"10", "0.5", "−3.14159"}}
	for i, row := range want {
		for j, cell := range row {
			if got := string(shown.Rows[i][j]); got != cell {
				t.Errorf("row %d, column %d: %q, want %q", i, j, got, cell)
			}
		}
	}
	if len(shown.Columns) != 3 || shown.Columns[0].Name != "smallest n" || shown.Columns[2].Name != "<i>X</i><sub>xy</sub>" || !shown.Columns[1].Numeric {
		t.Errorf("columns %+v", shown.Columns)
	}
}

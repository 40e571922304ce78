package figure

import (
	"math"
	"strings"
	"testing"
)

func TestRounded(t *testing.T) {
	for _, c := range []struct {
		x        float64
		digits   string
		exponent int
	}{
		{0.20338750958, "0.203388", 0}, {-0.5, "−0.5", 0}, {12, "12", 0}, {1.66533e-16, "1.66533", -16}, {-2.5e-7, "−2.5", -7},
		{123456.789, "123457", 0}, {1234567890.5, "1.23457", 9}, {9.9999999, "10", 0}, {0, "0", 0}, {0.00012345, "0.00012345", 0},
	} {
		if digits, exponent := Rounded(c.x, 6); digits != c.digits || exponent != c.exponent {
			t.Errorf("%v: %s, %d", c.x, digits, exponent)
		}
	}
}

// What is smaller than rounding has two digits.
func TestForReaders(t *testing.T) {
	for x, want := range map[float64]string{1.66533e-16: "1.7", -4.30041e-13: "−4.3", 1.66533e-9: "1.66533"} {
		if digits, _ := ForReaders(x); digits != want {
			t.Errorf("%v: %s, want %s", x, digits, want)
		}
	}
}

// A standard error that is the rounding of equal values is 0.
func TestErrorThatIsRounding(t *testing.T) {
	table := Table{Columns: []string{"loss", "loss_se"}, Rows: [][]any{{math.Ln2, 9.5e-17}, {0.7, 0.02}}}
	for j, want := range [][]string{{"0.693147", "0.700"}, {"0", "0.020"}} {
		for i, cell := range table.Readable(j) {
			if cell.Digits != want[i] || cell.Exponent != 0 {
				t.Errorf("row %d, column %d: %+v, want %s", i, j, cell, want[i])
			}
		}
	}
}

func TestTableForReaders(t *testing.T) {
	table := Table{Name: "t", Caption: "50 % of it", Columns: []string{"name", "loss", "loss_se", "n", "bound"}}
	table.Rows = [][]any{{"a_b & c", 0.2171216, 0.001987, "inf", 0.25}, {"d|e", 0.2, nil, 10.0, 0.203388}}
	want := map[string]string{
		"csv": "name,loss,loss_se,n,bound\na_b & c,0.2171216,0.001987,inf,0.25\nd|e,0.2,,10,0.203388\n",
		"markdown": "| name | loss | loss se | n | bound |\n| --- | --: | --: | --: | --: |\n" +
			"| a\\_b & c | 0.2171 | 0.0020 | ∞ | 0.250000 |\n| d\\|e | 0.2 | – | 10 | 0.203388 |\n",
		"latex": "% 50 % of it\n% \\usepackage{booktabs}\n\\begin{tabular}{lrrrr}\n\\toprule\nname & loss & loss se & n & bound \\\\\n\\midrule\n" +
			"a\\_b \\& c & 0.2171 & 0.0020 & $\\infty$ & 0.250000 \\\\\nd$|$e & 0.2 & -- & 10 & 0.203388 \\\\\n\\bottomrule\n\\end{tabular}\n",
	}
	for _, format := range TableFormats {
		var b strings.Builder
		if err := table.Write(&b, format); err != nil || b.String() != want[format] {
			t.Errorf("%s: %v\n%s", format, err, b.String())
		}
	}
	var b strings.Builder
	if err := table.Write(&b, "html"); err == nil {
		t.Error("a format that is not known was written")
	}
	table.Rows = append(table.Rows, []any{1})
	for _, format := range TableFormats {
		if err := table.Write(&b, format); err == nil && format != "csv" {
			t.Errorf("%s: a ragged table was written", format)
		}
	}
}

package paper

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"

	"markovicl/figure"
)

// Result is what an item found.
type Result struct {
	Setup         string        `json:"setup"` // the sizes, priors and counts that were used
	Verdict       Verdict       `json:"verdict"`
	Condition     string        `json:"condition,omitempty"` // of HoldsUnder, in three words
	Why           string        `json:"why"`                 // one sentence
	Quantity      string        `json:"quantity"`            // what Paper and Ours are
	Paper         *float64      `json:"paper"`               // the number that the paper prints; nil where it prints none
	Expected      *float64      `json:"expected"`            // what theory says it is; nil where it does not
	Ours          *float64      `json:"ours"`                // ours for the same quantity
	StandardError *float64      `json:"standard_error"`      // of ours; 0 where it is exact
	Tables        []Table       `json:"tables"`
	Plots         []figure.Plot `json:"plots"`
}

// Check says what is wrong with the form of a result: what is missing, what is
// not a finite number, what does not fit together.
func (r *Result) Check() error {
	if !slices.Contains(verdicts, r.Verdict) {
		return fmt.Errorf("there is no verdict %q", r.Verdict)
	}
	if words := len(strings.Fields(r.Condition)); (r.Verdict == HoldsUnder) != (words > 0) || words > 3 {
		return fmt.Errorf("the condition %q of a result that %s", r.Condition, r.Verdict)
	}
	if r.Setup == "" || r.Why == "" {
		return errors.New("a result needs a setup and a sentence why")
	}
	if (r.Paper != nil || r.Expected != nil || r.Ours != nil) && r.Quantity == "" {
		return errors.New("a result with a number needs its quantity")
	}
	if r.StandardError != nil && (r.Ours == nil || *r.StandardError < 0) {
		return errors.New("a standard error belongs to our number and is not negative")
	}
	for _, x := range []*float64{r.Paper, r.Expected, r.Ours, r.StandardError} {
		if x != nil && !finite(*x) {
			return fmt.Errorf("the number for %s is %v", r.Quantity, *x)
		}
	}
	names := map[string]bool{"result": true} // result.json
	for _, t := range r.Tables {
		if err := checkName(names, t.Name); err != nil {
			return err
		}
		if err := t.check(); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	names = map[string]bool{}
	for _, p := range r.Plots {
		if err := checkName(names, p.Name); err != nil {
			return err
		}
		if err := p.Check(); err != nil {
			return fmt.Errorf("plot %s: %w", p.Name, err)
		}
	}
	return nil
}

var fileName = regexp.MustCompile(`^[a-z0-9]+([-_.][a-z0-9]+)*$`)

func checkName(taken map[string]bool, name string) error {
	if !fileName.MatchString(name) {
		return fmt.Errorf("%q cannot be the name of a table or plot: use small letters, digits and hyphens", name)
	}
	if taken[name] {
		return fmt.Errorf("the name %q is taken", name)
	}
	taken[name] = true
	return nil
}

// Table is a table of results. A cell is a string, a bool, a number, or nil
// where there is no value; numbers are finite, and an infinite n is "inf".
type Table struct {
	Name    string   `json:"name"` // file name without extension
	Caption string   `json:"caption"`
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
}

// Add appends a row.
func (t *Table) Add(cells ...any) {
	if len(cells) != len(t.Columns) {
		panic(fmt.Sprintf("paper: table %s has %d columns, a row has %d cells", t.Name, len(t.Columns), len(cells)))
	}
	t.Rows = append(t.Rows, cells)
}

func (t *Table) check() error {
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("row %d has %d cells for %d columns", i, len(row), len(t.Columns))
		}
		for j, cell := range row {
			if _, err := cellText(cell); err != nil {
				return fmt.Errorf("row %d, column %s: %w", i, t.Columns[j], err)
			}
		}
	}
	return nil
}

// WriteCSV writes the table with a header. Floats have all their digits.
func (t *Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(t.Columns); err != nil {
		return err
	}
	record := make([]string, len(t.Columns))
	for i, row := range t.Rows {
		for j, cell := range row {
			var err error
			if record[j], err = cellText(cell); err != nil {
				return fmt.Errorf("table %s, row %d, column %s: %w", t.Name, i, t.Columns[j], err)
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cellText writes a number as JSON does, where a float64 and an int of the same
// value look the same: a table that was read back from JSON, where all numbers
// are float64, gives the same CSV.
func cellText(cell any) (string, error) {
	switch x := cell.(type) {
	case nil:
		return "", nil
	case string:
		return x, nil
	case bool, float64, int, int64, uint64:
		text, err := json.Marshal(x)
		return string(text), err
	}
	return "", fmt.Errorf("a cell cannot be of type %T", cell)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// number is for the optional numbers of a Result and of an Axis.
func number(x float64) *float64 {
	if !finite(x) {
		panic("paper: a result that is not a finite number")
	}
	return &x
}

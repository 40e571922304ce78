package paper

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Verdict is what comes of a claim.
type Verdict string

// The verdicts.
const (
	Agrees              Verdict = "agrees"
	AgreesWithCondition Verdict = "agrees with a condition"
	Differs             Verdict = "differs"
)

// Result is what an item found.
type Result struct {
	Setup         string   `json:"setup"` // the sizes, priors and counts that were used
	Verdict       Verdict  `json:"verdict"`
	Why           string   `json:"why"`            // one sentence
	Quantity      string   `json:"quantity"`       // what Paper and Ours are
	Paper         *float64 `json:"paper"`          // the paper's number; nil where the claim has none
	Ours          *float64 `json:"ours"`           // ours for the same quantity
	StandardError *float64 `json:"standard_error"` // of ours; 0 where it is exact
	Tables        []Table  `json:"tables"`
	Plots         []Plot   `json:"plots"`
}

// Table is a table of results. A cell is a string, a bool, a number, or nil
// where there is no value; numbers are finite.
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

// WriteCSV writes the table with a header. Floats have all their digits.
func (t *Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(t.Columns); err != nil {
		return err
	}
	record := make([]string, len(t.Columns))
	for _, row := range t.Rows {
		for j, cell := range row {
			switch x := cell.(type) {
			case nil:
				record[j] = ""
			case float64:
				record[j] = strconv.FormatFloat(x, 'g', -1, 64)
			default:
				record[j] = fmt.Sprint(x)
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Plot is a plot as data: what is drawn, not how.
type Plot struct {
	Name    string   `json:"name"` // file name without extension
	Title   string   `json:"title"`
	Caption string   `json:"caption"`
	X       Axis     `json:"x"`
	Y       Axis     `json:"y"`
	Series  []Series `json:"series"`
	Levels  []Level  `json:"levels,omitempty"` // horizontal lines: floors and ceilings
}

// Axis is the label of an axis and its scale.
type Axis struct {
	Label string   `json:"label"`
	Log   bool     `json:"log,omitempty"`
	Min   *float64 `json:"min,omitempty"` // nil: from the data
	Max   *float64 `json:"max,omitempty"`
}

// Series is one line, or points, with an optional band.
type Series struct {
	Name string    `json:"name"`
	X    []float64 `json:"x"`
	Y    []float64 `json:"y"`
	Low  []float64 `json:"low,omitempty"` // the band, one for each point
	High []float64 `json:"high,omitempty"`
	Kind Kind      `json:"kind,omitempty"`
}

// Kind says how the points of a series belong together.
type Kind string

// The kinds of series.
const (
	Line   Kind = ""       // points joined by straight lines, marked
	Curve  Kind = "curve"  // many points of a smooth function, not marked
	Points Kind = "points" // points that are not joined
	Steps  Kind = "steps"  // a step function
)

// Level is a horizontal line with a name.
type Level struct {
	Name string  `json:"name"`
	Y    float64 `json:"y"`
}

func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		panic("paper: a result that is not a finite number")
	}
	return &x
}

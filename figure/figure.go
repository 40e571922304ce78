// Package figure holds plots as data: axes, series with bands, level lines, heat maps,
// small multiples; and tables.
//
//	loss := figure.Series{Name: "trained"}
//	loss.AddBand(10, 0.31, 0.30, 0.32)
//	p := figure.Plot{Name: "loss", X: figure.Axis{Label: "n", Log: true}, Y: figure.Axis{Label: "loss"}, Series: []figure.Series{loss}}
//	svg, err := draw.Render(p, "svg") // package figure/draw
//
// A Plot says what is shown; package figure/draw makes a picture of it, and [Plot.Check]
// says what keeps it from being one. [Palette] says which colour means what. Plots are
// written to JSON with their NaN and infinities ([Numbers]), so that what a run has
// computed can be drawn later, elsewhere, or by something else. A [Table] is written as
// CSV, Markdown or LaTeX.
package figure

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Plot is a plot as data: what is drawn, not how. It shows, from back to front,
// a heat map, bars, level lines, and the other series over common axes; or it is a
// row of panels.
type Plot struct {
	Name    string   `json:"name"`    // file name without extension; a panel needs none
	Title   string   `json:"title"`   // may be empty
	Caption string   `json:"caption"` // says what bands and bars of error are
	X       Axis     `json:"x"`
	Y       Axis     `json:"y"`
	Heat    *Heat    `json:"heat,omitempty"`
	Levels  []Level  `json:"levels,omitempty"` // floors and ceilings
	Series  []Series `json:"series,omitempty"`

	// Panels are small multiples, filled row by row. A plot with panels has a
	// name, title and caption and nothing else of its own.
	Panels  []Plot `json:"panels,omitempty"`
	Columns int    `json:"columns,omitempty"` // panels in a row; 0: up to two
}

// Axis is the label of an axis and its scale.
type Axis struct {
	Label      string   `json:"label"`
	Log        bool     `json:"log,omitempty"`
	Min        *float64 `json:"min,omitempty"`        // nil: from the data
	Max        *float64 `json:"max,omitempty"`        // nil: from the data
	Categories []string `json:"categories,omitempty"` // names of the positions 0, 1, ...
}

// Series is one line, or points, or bars, with an optional band.
type Series struct {
	Name string    `json:"name"` // drawn beside it; may be empty
	X    Numbers   `json:"x"`    // ascending, but for points; +Inf is a place of its own right of the others
	Y    Numbers   `json:"y"`
	Low  []float64 `json:"low,omitempty"` // the band, or bars of error, one for each point
	High []float64 `json:"high,omitempty"`
	Kind Kind      `json:"kind,omitempty"`

	Quantity Quantity `json:"quantity,omitempty"` // what it shows, which gives it its colour
}

// Add appends a point.
func (s *Series) Add(x, y float64) {
	s.X, s.Y = append(s.X, x), append(s.Y, y)
}

// AddBand appends a point with its band.
func (s *Series) AddBand(x, y, low, high float64) {
	s.Add(x, y)
	s.Low, s.High = append(s.Low, low), append(s.High, high)
}

// At returns the value at x, which must be one of the points.
func (s *Series) At(x float64) float64 {
	i := slices.Index(s.X, x)
	if i < 0 {
		panic(fmt.Sprintf("figure: series %s has no point at %v", s.Name, x))
	}
	return s.Y[i]
}

// Last returns the value of the last point.
func (s *Series) Last() float64 { return s.Y[len(s.Y)-1] }

// Kind says how the points of a series belong together.
type Kind string

// The kinds of series.
const (
	Line   Kind = ""       // points joined by straight lines, marked
	Curve  Kind = "curve"  // many points of a smooth function, not marked
	Points Kind = "points" // points that are not joined; a single one is labelled where it is
	Steps  Kind = "steps"  // a step function
	Bars   Kind = "bars"   // bars from 0; those of several series at one x stand side by side
	Rows   Kind = "rows"   // points in the rows of a y axis with categories, named at their row; the band is along x
)

// Level is a horizontal line with a name.
type Level struct {
	Name     string   `json:"name"`
	Y        float64  `json:"y"`
	Quantity Quantity `json:"quantity,omitempty"` // what it shows, which gives it its colour
}

// Heat is a function on a grid, shown by colour.
type Heat struct {
	Label string    `json:"label"` // of the colour bar
	Log   bool      `json:"log,omitempty"`
	Bands int       `json:"bands,omitempty"` // of equal colour, with contours between them; 0: colours change smoothly
	X     Numbers   `json:"x"`               // centres of the columns, ascending
	Y     Numbers   `json:"y"`               // centres of the rows, ascending
	Z     []Numbers `json:"z"`               // Z[i][j] at (X[j], Y[i]); NaN where the function is not defined
}

// Numbers are written to JSON with null for NaN, and "inf" and "-inf".
type Numbers []float64

// MarshalJSON implements json.Marshaler.
func (v Numbers) MarshalJSON() ([]byte, error) {
	list := make([]any, len(v))
	for i, x := range v {
		switch {
		case math.IsNaN(x):
		case math.IsInf(x, 1):
			list[i] = "inf"
		case math.IsInf(x, -1):
			list[i] = "-inf"
		default:
			list[i] = x
		}
	}
	return json.Marshal(list)
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *Numbers) UnmarshalJSON(data []byte) error {
	var list []any
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*v = make(Numbers, len(list))
	for i, x := range list {
		switch x := x.(type) {
		case nil:
			(*v)[i] = math.NaN()
		case float64:
			(*v)[i] = x
		case string:
			infinite, ok := map[string]float64{"inf": math.Inf(1), "-inf": math.Inf(-1)}[x]
			if !ok {
				return fmt.Errorf("%q is not a number", x)
			}
			(*v)[i] = infinite
		default:
			return fmt.Errorf("%v is not a number", x)
		}
	}
	return nil
}

// Check says what is wrong with the form of a plot.
func (p *Plot) Check() error {
	if len(p.Panels) > 0 {
		if p.Series != nil || p.Heat != nil || p.Levels != nil {
			return errors.New("a plot with panels shows nothing of its own")
		}
		for i := range p.Panels {
			if len(p.Panels[i].Panels) > 0 {
				return errors.New("a panel has no panels")
			}
			if err := p.Panels[i].Check(); err != nil {
				return fmt.Errorf("panel %d: %w", i+1, err)
			}
		}
		return nil
	}
	if err := p.X.check(); err != nil {
		return fmt.Errorf("x axis: %w", err)
	}
	if err := p.Y.check(); err != nil {
		return fmt.Errorf("y axis: %w", err)
	}
	points := 0
	for i := range p.Series {
		points += len(p.Series[i].X)
		if err := p.Series[i].check(p.X, p.Y); err != nil {
			return fmt.Errorf("series %q: %w", p.Series[i].Name, err)
		}
	}
	for _, l := range p.Levels {
		if _, known := Palette[l.Quantity]; !known && l.Quantity != "" {
			return fmt.Errorf("level %q: there is no quantity %q", l.Name, l.Quantity)
		}
		if !finite(l.Y) || p.Y.Log && l.Y <= 0 {
			return fmt.Errorf("level %q is at %v", l.Name, l.Y)
		}
	}
	if p.Heat != nil {
		return p.Heat.check(p.X, p.Y)
	}
	if points == 0 {
		return errors.New("there is nothing to show")
	}
	return nil
}

func (a Axis) check() error {
	for _, end := range []*float64{a.Min, a.Max} {
		if end != nil && (!finite(*end) || a.Log && *end <= 0) {
			return fmt.Errorf("it cannot end at %v", *end)
		}
	}
	if a.Min != nil && a.Max != nil && *a.Min >= *a.Max {
		return fmt.Errorf("it runs from %v to %v", *a.Min, *a.Max)
	}
	if a.Log && a.Categories != nil {
		return errors.New("categories are not on a log scale")
	}
	return nil
}

func (s *Series) check(x, y Axis) error {
	if _, known := Palette[s.Quantity]; !known && s.Quantity != "" {
		return fmt.Errorf("there is no quantity %q", s.Quantity)
	}
	if len(s.X) != len(s.Y) || s.Low != nil && len(s.Low) != len(s.X) || len(s.Low) != len(s.High) {
		return fmt.Errorf("there are %d x, %d y and a band of %d and %d", len(s.X), len(s.Y), len(s.Low), len(s.High))
	}
	for i := range s.X {
		if !finite(s.X[i]) && !math.IsInf(s.X[i], 1) || x.Log && s.X[i] <= 0 {
			return fmt.Errorf("x[%d] = %v", i, s.X[i])
		}
		if i > 0 && s.X[i] < s.X[i-1] && s.Kind != Points && s.Kind != Rows {
			return fmt.Errorf("x goes back from %v to %v", s.X[i-1], s.X[i])
		}
		if !finite(s.Y[i]) || y.Log && s.Y[i] <= 0 {
			return fmt.Errorf("y[%d] = %v", i, s.Y[i])
		}
		if s.Low == nil {
			continue
		}
		if !finite(s.Low[i]) || !finite(s.High[i]) || s.Low[i] > s.High[i] || s.Kind != Rows && y.Log && s.Low[i] <= 0 || s.Kind == Rows && x.Log && s.Low[i] <= 0 {
			return fmt.Errorf("the band at %d is [%v, %v]", i, s.Low[i], s.High[i])
		}
	}
	return nil
}

func (h *Heat) check(x, y Axis) error {
	if len(h.X) < 2 || len(h.Y) < 2 || len(h.Z) != len(h.Y) {
		return fmt.Errorf("the heat map has %d columns, %d rows and %d rows of values", len(h.X), len(h.Y), len(h.Z))
	}
	for _, side := range []struct {
		at  Numbers
		log bool
	}{{h.X, x.Log}, {h.Y, y.Log}} {
		for i, v := range side.at {
			if !finite(v) || side.log && v <= 0 || i > 0 && v <= side.at[i-1] {
				return errors.New("the columns and rows of a heat map must ascend")
			}
		}
	}
	if h.Bands < 0 || h.Bands == 1 {
		return fmt.Errorf("a heat map cannot have %d bands", h.Bands)
	}
	defined := false
	for i, row := range h.Z {
		if len(row) != len(h.X) {
			return fmt.Errorf("row %d of the heat map has %d values for %d columns", i, len(row), len(h.X))
		}
		for _, z := range row {
			if math.IsInf(z, 0) || h.Log && z <= 0 {
				return fmt.Errorf("a value of the heat map in row %d is %v", i, z)
			}
			defined = defined || finite(z)
		}
	}
	if !defined {
		return errors.New("the heat map has no value")
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

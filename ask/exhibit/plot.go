package exhibit

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"markovicl/ask"
	"markovicl/figure"
	"markovicl/train"
)

// Plot returns the picture of the answers. Its error names the field plot.
func (e *Exhibit) Plot() (figure.Plot, error) {
	if len(e.singles) == 0 {
		return figure.Plot{}, refused("there is no answer to draw")
	}
	if len(e.singles) == 1 {
		return e.one(&e.singles[0]), nil
	}
	axes := e.axes()
	switch len(axes) {
	case 1:
		p := e.curves(e.singles, axes[0])
		p.Name, p.Title = "curves", e.title()
		return p, p.Check()
	case 2:
		return e.panels(axes)
	}
	return figure.Plot{}, tooMany(e.names)
}

func tooMany(names []string) error {
	return refused("`plot` draws answers over one or two flags, not over %s; leave one out, or see the heat maps of markovicl sweep", strings.Join(names, ", "))
}

func refused(format string, args ...any) error {
	return &ask.Error{Kind: ask.Input, Field: "plot", Message: fmt.Sprintf(format, args...)}
}

// axis is something that is swept.
type axis struct {
	index  int // of the name
	name   string
	values []string // that differ, in their order
}

// axes returns what is swept over more than one value.
func (e *Exhibit) axes() (axes []axis) {
	for i, name := range e.names {
		a := axis{index: i, name: name}
		for _, s := range e.singles {
			if !slices.Contains(a.values, s.at[i]) {
				a.values = append(a.values, s.at[i])
			}
		}
		if len(a.values) > 1 {
			axes = append(axes, a)
		}
	}
	return axes
}

// mostPanels is how many values the flag may have that is not the x axis.
const mostPanels = 12

// panels draws curves over the flag with the most numbers, and a panel for each value of
// the other.
func (e *Exhibit) panels(axes []axis) (figure.Plot, error) {
	x, by := axes[1], axes[0]
	_, numeric := places(x)
	if _, other := places(by); other && (!numeric || len(by.values) > len(x.values)) {
		x, by = by, x
	}
	if len(by.values) > mostPanels {
		return figure.Plot{}, refused("`plot` draws a panel for each %s, of %d at most, and there are %d; see the heat maps of markovicl sweep", by.name, mostPanels, len(by.values))
	}
	p := figure.Plot{Name: "curves", Title: e.title()}
	for _, v := range by.values {
		var part []single
		for _, s := range e.singles {
			if s.at[by.index] == v {
				part = append(part, s)
			}
		}
		panel := e.curves(part, x)
		panel.Title = by.name + " = " + v
		p.Panels = append(p.Panels, panel)
	}
	// Over the same losses panels can be compared.
	low, high := math.Inf(1), math.Inf(-1)
	for _, panel := range p.Panels {
		for _, s := range panel.Series {
			low, high = min(low, slices.Min(slices.Concat(s.Low, s.Y))), max(high, slices.Max(slices.Concat(s.High, s.Y)))
		}
	}
	if room := 0.04 * (high - low); room > 0 {
		low, high = low-room, high+room
		for i := range p.Panels {
			p.Panels[i].Y.Min, p.Panels[i].Y.Max = &low, &high
		}
	}
	return p, p.Check()
}

// axisLabels are the names of swept flags in words.
var axisLabels = map[string]string{"n": "in-context chains n", "d": "input positions d", "p": "probability p of state 1 at the start", "states": "states", "layers": "layers"}

// places returns where on an axis values are; numeric is false where they are names, which
// have the places 0, 1, ..
func places(a axis) (at map[string]float64, numeric bool) {
	at = map[string]float64{}
	for _, v := range a.values {
		x, ok := numberOf(v)
		if !ok {
			for i, v := range a.values {
				at[v] = float64(i)
			}
			return at, false
		}
		at[v] = x
	}
	return at, true
}

func numberOf(text string) (float64, bool) {
	if text == "inf" {
		return math.Inf(1), true
	}
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	f, _ := x.Float64()
	return f, true
}

// smooth is from how many points on a curve has no marks.
const smooth = 40

// curves draws the losses of answers over one axis.
func (e *Exhibit) curves(singles []single, a axis) figure.Plot {
	at, numeric := places(a)
	label := axisLabels[a.name]
	if label == "" {
		label = a.name
	}
	p := figure.Plot{X: figure.Axis{Label: label}, Y: figure.Axis{Label: "loss (mean squared error)"},
		Caption: "Bands and bars of error: one standard error."}
	kind := figure.Line
	switch {
	case !numeric:
		p.X.Categories, kind = a.values, figure.Points
	case len(a.values) > smooth:
		kind = figure.Curve
	}
	low, high := math.Inf(1), 0.0
	for _, x := range at {
		if !math.IsInf(x, 1) {
			low, high = min(low, x), max(high, x)
		}
	}
	p.X.Log = numeric && low > 0 && high/low >= 20
	if numeric {
		singles = slices.Clone(singles)
		slices.SortStableFunc(singles, func(s, t single) int {
			x, y := at[s.at[a.index]], at[t.at[a.index]]
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		})
	}
	var series []*figure.Series
	banded := map[string]bool{}
	for _, s := range singles {
		for _, v := range s.values() {
			if v.bare {
				continue
			}
			i := slices.IndexFunc(series, func(s *figure.Series) bool { return s.Name == v.name })
			if i < 0 {
				i = len(series)
				series = append(series, &figure.Series{Name: v.name, Kind: kind, Quantity: v.quantity})
			}
			series[i].AddBand(at[s.at[a.index]], v.y, v.y-v.se, v.y+v.se)
			banded[v.name] = banded[v.name] || v.se > 0
		}
		if _, ok := s.answer.(ask.PredictionAnswer); ok {
			p.Y.Label = "expected next state"
		}
	}
	for _, s := range series {
		if !banded[s.Name] {
			s.Low, s.High = nil, nil
		}
		p.Series = append(p.Series, *s)
	}
	return p
}

// one draws a single answer.
func (e *Exhibit) one(s *single) figure.Plot {
	switch a := s.answer.(type) {
	case ask.TrainAnswer:
		if p := history(&a); p != nil {
			p.Title = e.title()
			return *p
		}
	case ask.EvaluationAnswer:
		return evaluation(&a, e.title())
	case ask.PredictionAnswer:
		return prediction(&a, e.title())
	}
	p := rows(s.values(), "loss (mean squared error)")
	p.Name, p.Title = "losses", e.title()
	return p
}

// rows draws values in rows, the first on top, with their numbers beside them.
func rows(values []value, label string) figure.Plot {
	p := figure.Plot{X: figure.Axis{Label: label}, Caption: "Bars of error: one standard error."}
	for i, v := range slices.Backward(values) {
		row := float64(len(values) - 1 - i)
		p.Y.Categories = append(p.Y.Categories, v.name)
		series := figure.Series{Name: withError(v.y, v.se), Kind: figure.Rows, Quantity: v.quantity, X: figure.Numbers{v.y}, Y: figure.Numbers{row}}
		if v.se > 0 {
			series.Low, series.High = []float64{v.y - v.se}, []float64{v.y + v.se}
		}
		p.Series = append(p.Series, series)
	}
	return p
}

// withError writes a number to the digits that its standard error has, or to six.
func withError(x, se float64) string {
	decimals := 6
	if se > 0 {
		decimals = figure.ErrorDecimals(se)
		return strings.ReplaceAll(fmt.Sprintf("%.*f ± %.*f", decimals, x, decimals, se), "-", "−")
	}
	return strings.ReplaceAll(fmt.Sprintf("%.*f", decimals, x), "-", "−")
}

// evaluation draws the squared error of all predictors and, where there is one, the log
// loss of those that have a distribution.
func evaluation(a *ask.EvaluationAnswer, title string) figure.Plot {
	squared := rows(predictors(a, func(s *ask.PredictorScore) (*float64, *float64) { return &s.MSE, &s.MSESE }), "squared error")
	logs := predictors(a, func(s *ask.PredictorScore) (*float64, *float64) { return s.LogLoss, s.LogLossSE })
	if len(logs) == 0 {
		squared.Name, squared.Title = "predictors", title
		return squared
	}
	squared.Title = "squared error"
	byLog := rows(logs, "log loss")
	byLog.Title = "log loss"
	return figure.Plot{Name: "predictors", Title: title, Panels: []figure.Plot{squared, byLog}, Columns: 1, Caption: squared.Caption}
}

// mostStates is how many states the picture of a prediction has; what it expects is drawn
// in place of more.
const mostStates = 6

// prediction draws what each predictor thinks of each state, or what it expects.
func prediction(a *ask.PredictionAnswer, title string) figure.Plot {
	states := a.Source.States
	known := false
	for _, p := range a.Predictions {
		known = known || p.Distribution != nil
	}
	query := "after " + a.QueryText
	if !known || len(states) > mostStates || len(states) == 2 {
		label := "expected " + query
		var values []value
		for _, p := range a.Predictions {
			v := value{p.Name, quantityOf[p.Name], p.Expected, 0, false}
			if known && len(states) == 2 { // one probability says all
				label = fmt.Sprintf("probability of %s %s", states[1], query)
				if p.Distribution == nil {
					continue
				}
				v.y = p.Distribution[states[1]]
			}
			values = append(values, v)
		}
		p := rows(values, label)
		p.Name, p.Title, p.Caption = "prediction", title, ""
		return p
	}
	zero, one := 0.0, 1.0
	plot := figure.Plot{Name: "prediction", Title: title, X: figure.Axis{Label: "probability of the next state, " + query, Min: &zero, Max: &one}}
	series := make([]figure.Series, len(states))
	for i, state := range states {
		series[i] = figure.Series{Name: state, Kind: figure.Points}
	}
	for _, p := range slices.Backward(a.Predictions) {
		if p.Distribution == nil {
			continue
		}
		row := float64(len(plot.Y.Categories))
		plot.Y.Categories = append(plot.Y.Categories, p.Name)
		for i, state := range states {
			series[i].Add(p.Distribution[state], row)
		}
	}
	plot.Series = series
	return plot
}

// windows is into about how many windows a loss curve is cut.
const windows = 100

// history draws the loss of training by step, the mean over seeds and windows of steps,
// beside what bounds it; nil if there are no two steps to draw.
func history(a *ask.TrainAnswer) *figure.Plot {
	results := a.Results()
	steps := math.MaxInt
	for _, r := range results {
		steps = min(steps, len(r.History))
	}
	if len(results) == 0 || steps < 2 {
		return nil
	}
	width := max(1, steps/windows)
	curve := figure.Series{Name: "in training", Kind: figure.Curve, Quantity: figure.Trained}
	for from := 0; from+width <= steps; from += width {
		low, high, sum := math.Inf(1), math.Inf(-1), 0.0
		for _, r := range results {
			loss := meanLoss(r.History[from : from+width])
			low, high, sum = min(low, loss), max(high, loss), sum+loss
		}
		middle := (results[0].History[from].Step + results[0].History[from+width-1].Step) / 2
		curve.AddBand(float64(middle+1), sum/float64(len(results)), low, high)
	}
	p := &figure.Plot{Name: "training", X: figure.Axis{Label: "step"}, Y: figure.Axis{Label: "loss (mean squared error)"},
		Caption: fmt.Sprintf("The loss of the batches in training, means over %d steps; band: lowest and highest of %d seeds.", width, len(results))}
	// The first losses, of random parameters, would hide what comes after them.
	if top := curve.High[len(curve.High)/20]; len(curve.High) >= 20 {
		p.Y.Max = &top
	}
	if len(results) == 1 {
		curve.Low, curve.High = nil, nil
	}
	p.Series = []figure.Series{curve}
	single := single{answer: *a}
	for _, v := range single.values() {
		if v.quantity != figure.Trained {
			p.Levels = append(p.Levels, figure.Level{Name: v.name, Y: v.y, Quantity: v.quantity})
			continue
		}
		p.Levels = append(p.Levels, figure.Level{Name: "on fresh prompts", Y: v.y, Quantity: v.quantity})
		if p.Y.Max != nil && *p.Y.Max < v.y {
			top := v.y
			p.Y.Max = &top
		}
	}
	return p
}

func meanLoss(rows []train.Row) float64 {
	var sum float64
	for _, r := range rows {
		sum += r.Loss
	}
	return sum / float64(len(rows))
}

// Package exhibit makes of the answers of package ask what goes into a paper: a plot and a
// table, as data of package figure, which draws and writes them.
//
//	e, err := exhibit.Of(question, nil, []exhibit.Point{{Answer: answer}})
//	plot, err := e.Plot()
//	err = e.Table().Write(os.Stdout, "latex")
//
// One answer gives a picture of itself: losses side by side, the curve of a training run
// with what bounds it, the scores of predictors. Several, for several values of n or of
// any flag, give curves over what is swept, and over two swept flags a panel for each
// value of one of them. exhibit.go has what is shown, plot.go how, and table.go the
// tables.
package exhibit

import (
	"fmt"
	"slices"
	"strings"

	"markovicl/ask"
	"markovicl/figure"
	"markovicl/markov"
)

// Point is an answer and the values of the swept flags that it is for.
type Point struct {
	At     []string
	Answer ask.Answer
}

// Exhibit is what is shown of answers to one question.
type Exhibit struct {
	names   []string // of what is swept: flags, then p and n where one question has several
	singles []single
}

// single is one answer, of those that a question may have several of.
type single struct {
	at     []string
	task   markov.Task
	answer any
}

// value is a number of an answer, with its standard error if it has one.
type value struct {
	name     string
	quantity figure.Quantity
	y        float64
	se       float64
	bare     bool // it is far from the others: not among curves
}

// Check returns an error if there is no picture of the answers to a question that is swept
// over some flags.
func Check(q ask.Question, names []string) error {
	refuse := func(what string) error { return refused("there is no picture of %s", what) }
	switch q := q.(type) {
	case *ask.Recover:
		if q.Verify != "" || q.X != "" {
			return refuse("the decision about a point or a certificate; leave out `plot`")
		}
	case *ask.Predict:
		if q.Each || q.Transitions {
			return refuse("predictions for each sequence or of transitions; leave out `plot`")
		}
	case *ask.Optimum, *ask.Train:
	default:
		return refuse("the answer of " + q.Command())
	}
	if len(names) > 2 {
		return tooMany(names)
	}
	return nil
}

// Of returns what is shown of answers to a question, swept over the flags with these
// names.
func Of(q ask.Question, names []string, points []Point) (*Exhibit, error) {
	e := &Exhibit{names: slices.Clone(names)}
	bySweep, byContext := false, false
	if o, ok := q.(*ask.Optimum); ok {
		bySweep = o.SweepP != ""
	}
	for _, p := range points {
		switch results := p.Answer.(type) {
		case ask.Results[ask.OptimumAnswer]:
			for _, r := range results {
				byContext = byContext || r.Task.ContextText() != results[0].Task.ContextText()
				e.singles = append(e.singles, single{p.At, r.Task, r})
			}
		case ask.Results[ask.RecoverAnswer]:
			for _, r := range results {
				byContext = byContext || r.Task.ContextText() != results[0].Task.ContextText()
				e.singles = append(e.singles, single{p.At, r.Task, r})
			}
		case ask.TrainAnswer:
			e.singles = append(e.singles, single{p.At, results.Task, results})
		case ask.EvaluationAnswer:
			e.singles = append(e.singles, single{p.At, results.Task, results})
		case ask.PredictionAnswer:
			e.singles = append(e.singles, single{p.At, results.Task, results})
		case ask.EachAnswer:
			e.singles = append(e.singles, single{p.At, results.Task, results})
		case ask.TransitionsAnswer:
			e.singles = append(e.singles, single{at: p.At, answer: results})
		default:
			return nil, fmt.Errorf("there is no table and no picture of an answer of %s", q.Command())
		}
	}
	if bySweep {
		e.names = append(e.names, "p")
	}
	if byContext {
		e.names = append(e.names, "n")
	}
	for i, s := range e.singles {
		at := slices.Clone(s.at)
		if bySweep {
			at = append(at, markov.FormatRat(s.task.Start().QueryRat()[1]))
		}
		if byContext {
			at = append(at, s.task.ContextText())
		}
		e.singles[i].at = at
	}
	return e, nil
}

// Results returns the single answers, as JSON {"results": [..]} where there are several.
func (e *Exhibit) Results() ask.Results[any] {
	var all ask.Results[any]
	for _, s := range e.singles {
		all = append(all, s.answer)
	}
	return all
}

// values returns the losses of an answer, from the largest that is meant to be compared
// to the smallest.
func (s *single) values() []value {
	switch a := s.answer.(type) {
	case ask.OptimumAnswer:
		values := []value{{"predicting 0", figure.Zero, a.LabelPower, 0, true}, {"enlarged optimum", figure.Enlarged, a.Loss, a.StandardError, false}}
		return append(values, floors(a.FloorAnswer, nil, nil)...)
	case ask.RecoverAnswer:
		var values []value
		if a.ProjectionLoss != nil && *a.ProjectionLoss > a.Loss {
			values = append(values, value{"projection of X*", "", *a.ProjectionLoss, 0, true})
		}
		values = append(values, value{"best transformer", figure.Best, a.Loss, 0, false})
		if a.LowerBound != nil && !a.Certified {
			values = append(values, value{"proven lower bound", "", *a.LowerBound, 0, false})
		}
		return append(values, value{"enlarged optimum", figure.Enlarged, a.LossEnlarged, a.StandardError, false})
	case ask.TrainAnswer:
		var values []value
		if loss, se := trained(&a); loss != nil {
			values = append(values, value{"trained", figure.Trained, *loss, se, false})
		}
		if a.EnlargedOptimum != nil {
			values = append(values, value{"enlarged optimum", figure.Enlarged, *a.EnlargedOptimum, 0, false})
		}
		return append(values, floors(&a.FloorAnswer, a.BayesRisk, a.BayesRiskSE)...)
	case ask.EvaluationAnswer:
		return predictors(&a, func(s *ask.PredictorScore) (*float64, *float64) { return &s.MSE, &s.MSESE })
	case ask.PredictionAnswer:
		var values []value
		for _, p := range a.Predictions {
			values = append(values, value{p.Name, quantityOf[p.Name], p.Expected, 0, false})
		}
		return values
	}
	panic(fmt.Sprintf("exhibit: an answer of type %T", s.answer))
}

// trained returns the mean loss of the seeds on fresh prompts and its standard error, over
// seeds, or of one seed over prompts; nil where there is none.
func trained(a *ask.TrainAnswer) (loss *float64, se float64) {
	if a.Mean == nil {
		return nil, 0
	}
	switch {
	case a.SE != nil:
		se = *a.SE
	case a.Seeds[0].LossFreshSE != nil:
		se = *a.Seeds[0].LossFreshSE
	}
	return a.Mean, se
}

// floors returns the floor of every depth and the Bayes risk, as far as they are there.
func floors(f *ask.FloorAnswer, bayes, bayesSE *float64) (values []value) {
	number := func(x *float64) float64 {
		if x == nil {
			return 0
		}
		return *x
	}
	if f != nil && f.Floor != nil {
		values = append(values, value{"floor of every depth", figure.Floor, *f.Floor, number(f.FloorSE), false})
	}
	if bayes != nil {
		values = append(values, value{"Bayes risk", figure.Bayes, *bayes, number(bayesSE), false})
	}
	return values
}

// quantityOf says which predictors are one of the quantities of the project.
var quantityOf = map[string]figure.Quantity{
	"bayes": figure.Bayes, "linear-posterior": figure.Floor, "optimum": figure.Enlarged, "best-lsa": figure.Best,
	"lsa": figure.Trained, "transformer": figure.Trained,
}

// predictors returns one metric of all predictors that have it, the worst first.
func predictors(a *ask.EvaluationAnswer, metric func(*ask.PredictorScore) (mean, se *float64)) (values []value) {
	for i := range a.Predictors {
		s := &a.Predictors[i]
		if mean, se := metric(s); mean != nil {
			values = append(values, value{s.Name, quantityOf[s.Name], *mean, *se, false})
		}
	}
	slices.SortStableFunc(values, func(a, b value) int {
		switch {
		case a.y > b.y:
			return -1
		case a.y < b.y:
			return 1
		}
		return 0
	})
	return values
}

// title says what all answers share: the task, without what is swept.
func (e *Exhibit) title() string {
	if t, ok := e.singles[0].answer.(ask.TransitionsAnswer); ok {
		return t.Summary
	}
	parts := strings.Split(e.singles[0].task.String(), ", ")
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool {
		name, _, _ := strings.Cut(part, " ")
		if name == "start" && (slices.Contains(e.names, "p") || len(part) > 30) { // the frequencies of a file's states
			return true
		}
		return name == "embedding" || name == "states" && part == "states 2" || slices.Contains(e.names, name)
	}), ", ")
}

package exhibit

import (
	"fmt"
	"slices"
	"strings"

	"markovicl/ask"
	"markovicl/figure"
)

// Table returns the table of the answers: first a column for each swept flag.
func (e *Exhibit) Table() figure.Table {
	t := figure.Table{Name: "table"}
	if len(e.singles) == 0 {
		return t
	}
	t.Caption = e.title()
	for _, s := range e.singles {
		for _, row := range e.rows(&s) {
			cells := slices.Clone(row)
			for i, name := range e.names {
				cells = slices.Insert(cells, i, cell{name, coordinate(s.at[i])})
			}
			add(&t, cells)
		}
	}
	for j := range slices.Backward(t.Columns) { // columns without any value
		if slices.ContainsFunc(t.Rows, func(row []any) bool { return row[j] != nil }) {
			continue
		}
		t.Columns = slices.Delete(t.Columns, j, j+1)
		for i := range t.Rows {
			t.Rows[i] = slices.Delete(t.Rows[i], j, j+1)
		}
	}
	return t
}

// cell is a value under the name of its column.
type cell struct {
	column string
	value  any
}

// add appends a row; a column that a later answer is the first to have is added.
func add(t *figure.Table, cells []cell) {
	for k, c := range cells {
		if slices.Contains(t.Columns, c.column) {
			continue
		}
		at := len(t.Columns)
		if k > 0 {
			at = slices.Index(t.Columns, cells[k-1].column) + 1
		}
		t.Columns = slices.Insert(t.Columns, at, c.column)
		for i := range t.Rows {
			t.Rows[i] = slices.Insert(t.Rows[i], at, any(nil))
		}
	}
	row := make([]any, len(t.Columns))
	for _, c := range cells {
		row[slices.Index(t.Columns, c.column)] = c.value
	}
	t.Rows = append(t.Rows, row)
}

// coordinate is the value of a swept flag as a cell.
func coordinate(text string) any {
	if x, ok := numberOf(text); ok && text != "inf" {
		return x
	}
	return text
}

// optional is a cell that may have no value.
func optional[T any](x *T) any {
	if x == nil {
		return nil
	}
	return *x
}

// errorCell is a standard error as a cell: none where nothing was sampled.
func errorCell(se float64) any {
	if se == 0 {
		return nil
	}
	return se
}

func realisable(r *bool) any {
	if r == nil {
		return "undecided"
	}
	return *r
}

// rows returns the rows of one answer.
func (e *Exhibit) rows(s *single) [][]cell {
	switch a := s.answer.(type) {
	case ask.OptimumAnswer:
		row := []cell{{"loss", a.Loss}}
		if a.ExactOptimum != nil {
			row = append(row, cell{"loss_exact", a.LossExact})
		}
		row = append(row, cell{"standard_error", errorCell(a.StandardError)})
		if f := a.FloorAnswer; f != nil {
			row = append(row, cell{"floor", optional(f.Floor)}, cell{"floor_se", errorCell(*f.FloorSE)})
		}
		return [][]cell{append(row, cell{"predicting_0", a.LabelPower}, cell{"rank", a.Rank}, cell{"parameters", a.Dimension}, cell{"condition", a.Condition}, cell{"realisable", realisable(a.Realisable)})}
	case ask.RecoverAnswer:
		return [][]cell{{{"best_transformer", a.Loss}, {"lower_bound", optional(a.LowerBound)}, {"relative_gap", optional(a.RelativeGap)}, {"certified", a.Certified},
			{"enlarged_optimum", a.LossEnlarged}, {"projection", optional(a.ProjectionLoss)}, {"realisable", realisable(a.Realisable)}}}
	case ask.TrainAnswer:
		if len(e.singles) == 1 {
			return seeds(&a)
		}
		row := []cell{}
		loss, se := trained(&a)
		row = append(row, cell{"loss", optional(loss)}, cell{"standard_error", errorCell(se)}, cell{"enlarged_optimum", optional(a.EnlargedOptimum)})
		return [][]cell{append(row, cell{"floor", optional(a.Floor)}, cell{"floor_se", optional(a.FloorSE)}, cell{"bayes_risk", optional(a.BayesRisk)}, cell{"bayes_risk_se", optional(a.BayesRiskSE)})}
	case ask.EvaluationAnswer:
		var all [][]cell
		for _, p := range a.Predictors {
			all = append(all, []cell{{"predictor", p.Name}, {"squared_error", p.MSE}, {"squared_error_se", p.MSESE}, {"accuracy", optional(p.Accuracy)}, {"accuracy_se", optional(p.AccuracySE)},
				{"accuracy_by_mode", optional(p.AccuracyMode)}, {"accuracy_by_mode_se", optional(p.AccuracyModeSE)}, {"log_loss", optional(p.LogLoss)}, {"log_loss_se", optional(p.LogLossSE)}})
		}
		return all
	case ask.PredictionAnswer:
		var all [][]cell
		for _, p := range a.Predictions {
			row := []cell{{"predictor", p.Name}, {"most_likely", optional(p.Mode)}, {"expected", p.Expected}, {"nearest", optional(p.Nearest)}}
			for _, state := range a.Source.States {
				var probability any
				if p.Distribution != nil {
					probability = p.Distribution[state]
				}
				row = append(row, cell{"p(" + state + ")", probability})
			}
			all = append(all, row)
		}
		return all
	}
	return sequences(s.answer)
}

// sequences returns the rows of the answers about each sequence of a file and about its
// transitions.
func sequences(answer any) (all [][]cell) {
	switch a := answer.(type) {
	case ask.EachAnswer:
		for _, one := range a.Each {
			row := []cell{{"id", one.ID}, {"query", strings.Join(one.Query, " ")}, {"state", one.State}}
			for _, state := range a.Source.States {
				row = append(row, cell{"p(" + state + ")", one.Distribution[state]})
			}
			all = append(all, row)
		}
	case ask.TransitionsAnswer:
		t := &a.Transitions
		for i, from := range t.States {
			for j, to := range t.States {
				all = append(all, []cell{{"from", from}, {"to", to}, {"count", t.Counts[i][j]}, {"probability", t.Probabilities[i][j]}, {"standard_error", t.StandardErrors[i][j]}})
			}
		}
	default:
		panic(fmt.Sprintf("exhibit: an answer of type %T", answer))
	}
	return all
}

// seeds returns a row for each seed of a training run, then what bounds them.
func seeds(a *ask.TrainAnswer) (all [][]cell) {
	for _, s := range a.Seeds {
		all = append(all, []cell{{"model", fmt.Sprintf("seed %d", s.Seed)}, {"steps", s.Steps}, {"loss_training", s.LossTrain}, {"loss", optional(s.LossFresh)},
			{"standard_error", optional(s.LossFreshSE)}, {"loss_exact", optional(s.LossPopulation)}, {"accuracy", optional(s.AccuracyFresh)}})
	}
	single := single{answer: *a}
	for _, v := range single.values() {
		if v.quantity != figure.Trained {
			all = append(all, []cell{{"model", v.name}, {"loss", v.y}, {"standard_error", errorCell(v.se)}})
		} else if len(a.Seeds) > 1 {
			all = append(all, []cell{{"model", "mean of seeds"}, {"loss", v.y}, {"standard_error", errorCell(v.se)}})
		}
	}
	return all
}

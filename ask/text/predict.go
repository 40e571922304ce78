package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"markovicl/ask"
	"markovicl/internal/plural"
	"markovicl/markov"
	"markovicl/predict"
)

func printEvaluation(p *printer, answer *ask.EvaluationAnswer) error {
	describe(p, answer.Task, answer.Source, answer.PriorFit)
	switch {
	case answer.Source.File == "":
		fmt.Fprintf(p, "%s drawn from the task, seed %d\n", plural.Of(answer.Prompts, "prompt"), answer.Seed)
	case answer.PriorFit != nil || answer.Fit != nil:
		fmt.Fprintf(p, "%s from the last %s of %d states, seed %d\n", plural.Of(answer.Prompts, "prompt"), plural.Of(answer.Source.Chains, "chain"), answer.Task.Positions()+1, answer.Seed)
	default:
		fmt.Fprintf(p, "%s from %s of %d states, seed %d\n", plural.Of(answer.Prompts, "prompt"), plural.Of(answer.Source.Chains, "chain"), answer.Task.Positions()+1, answer.Seed)
	}
	if fit := answer.Fit; fit != nil {
		fmt.Fprintf(p, "optimum and best-lsa from %d training prompts (loss there: %.6f", fit.Prompts, fit.LossEnlarged)
		if fit.Loss != nil {
			fmt.Fprintf(p, " and %.6f; best-lsa proven best: %s", *fit.Loss, yesNo(*fit.Certified))
		}
		fmt.Fprintln(p, ")")
	}
	fmt.Fprintln(p)
	w := p.table()
	nominal := answer.File != nil && !answer.Ordered
	head := "predictor\tsquared error\t\taccuracy\t\tby mode\t\tlog loss\t"
	if nominal {
		head = "predictor\tlog loss\t\taccuracy by mode\t\tsquared error\t"
	}
	fmt.Fprintln(w, head)
	for _, s := range ranked(answer) {
		squared := fmt.Sprintf("%.5f\t± %.5f", s.MSE, s.MSESE)
		if nominal {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Name, metricCells(s.LogLoss, s.LogLossSE), metricCells(s.AccuracyMode, s.AccuracyModeSE), squared)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Name, squared, metricCells(s.Accuracy, s.AccuracySE), metricCells(s.AccuracyMode, s.AccuracyModeSE), metricCells(s.LogLoss, s.LogLossSE))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(p, "\n%s\n", Flags(answer.Advice))
	return nil
}

// ranked returns the scores in their ranking, then those that have no part in it.
func ranked(answer *ask.EvaluationAnswer) []ask.PredictorScore {
	scores := slices.Clone(answer.Predictors)
	place := func(s ask.PredictorScore) int {
		if i := slices.Index(answer.Ranking, s.Name); i >= 0 {
			return i
		}
		return len(answer.Ranking)
	}
	slices.SortStableFunc(scores, func(x, y ask.PredictorScore) int { return cmp.Compare(place(x), place(y)) })
	return scores
}

func metricCells(mean, se *float64) string {
	if mean == nil {
		return "-\t"
	}
	return fmt.Sprintf("%.4f\t± %.4f", *mean, *se)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// describe says what was read and what the task is.
func describe(p *printer, task markov.Task, source ask.PromptSource, prior *ask.PriorFit) {
	w := p
	if source.File != "" {
		fmt.Fprintln(w, source.Summary)
	}
	fmt.Fprintf(w, "task: %v\n", task)
	if prior == nil {
		return
	}
	fmt.Fprintf(w, "prior fitted to %s in %d stretches:\n", plural.Of(prior.Chains, "chain"), prior.Units)
	labels := source.States
	for s, row := range prior.Alpha {
		fmt.Fprintf(w, "  after %s: alpha = %s\n", labels[s], strings.Trim(fmt.Sprintf("%.4g", row), "[]"))
	}
	if n := len(prior.AtBound); n > 0 {
		first := prior.AtBound[0]
		why := "the stretches differ no more than chance makes them differ"
		if first.Alpha == predict.LeastAlpha {
			why = "the transition is all but absent"
		}
		fmt.Fprintf(w, "  at a bound: %d of %d, the first %s -> %s = %g (%s)\n", n, len(labels)*len(labels), labels[first.Row], labels[first.Column], first.Alpha, why)
	}
}

// printPrediction prints what follows a query, which is the user's own or the end of
// the file.
func printPrediction(p *printer, answer *ask.PredictionAnswer, own bool) error {
	describe(p, answer.Task, answer.Source, answer.PriorFit)
	query := answer.QueryText
	switch {
	case answer.Task.Regression() != nil:
		return printNumbers(p, answer)
	case answer.Source.File == "":
		fmt.Fprintf(p, "query: %s, after %d simulated chains; what came next was %s\n\n", query, answer.Context, answer.Label)
	case own:
		fmt.Fprintf(p, "query: %s, after the last %s of the file\n\n", query, plural.Of(answer.Context, "chain"))
	default:
		fmt.Fprintf(p, "query: %s, the last %s of the file, after the %s before them\n\n", query, states(answer.Task.Positions()), plural.Of(answer.Context, "chain"))
	}
	w := p.table()
	nominal := answer.Predictions[0].Nearest == nil
	head := "predictor\tmost likely\texpected\tnearest\tdistribution"
	if nominal {
		head = "predictor\tmost likely\tdistribution"
	}
	fmt.Fprintln(w, head)
	for _, x := range answer.Predictions {
		mode := "-"
		if x.Mode != nil {
			mode = *x.Mode
		}
		fmt.Fprintf(w, "%s\t%s\t", x.Name, mode)
		if !nominal {
			fmt.Fprintf(w, "%.5f\t%s\t", x.Expected, *x.Nearest)
		}
		fmt.Fprintln(w, distribution(answer.Source.States, x.Distribution))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if answer.Steps == 0 {
		return nil
	}
	how := fmt.Sprintf("drawn with seed %d", *answer.Seed)
	if *answer.Greedy {
		how = "the most likely state each time"
	}
	fmt.Fprintf(p, "\n%s on, %s:\n\n", plural.Of(answer.Steps, "step"), how)
	w = p.table()
	for _, x := range answer.Continuations {
		fmt.Fprintf(w, "%s\t%s\n", x.Name, x.Text)
	}
	return w.Flush()
}

// printNumbers prints what follows the query of a regression.
func printNumbers(p *printer, answer *ask.PredictionAnswer) error {
	fmt.Fprintf(p, "query: x = (%s), after %d simulated pairs; its label is %s\n\n", answer.QueryText, answer.Context, answer.Label)
	w := p.table()
	fmt.Fprintln(w, "predictor\tpredicted label")
	for _, x := range answer.Predictions {
		fmt.Fprintf(w, "%s\t%.5f\n", x.Name, x.Expected)
	}
	return w.Flush()
}

// distribution writes the likeliest states, in the order of the states if all
// fit.
func distribution(states []string, law map[string]float64) string {
	if law == nil {
		return "-"
	}
	const most = 6
	labels := slices.Clone(states)
	more := ""
	if len(labels) > most {
		slices.SortStableFunc(labels, func(x, y string) int { return cmp.Compare(law[y], law[x]) })
		labels, more = labels[:most], " .."
	}
	var words []string
	for _, label := range labels {
		words = append(words, fmt.Sprintf("%s %.4f", label, law[label]))
	}
	return strings.Join(words, "  ") + more
}

func states(n int) string {
	if n == 1 {
		return "state"
	}
	return fmt.Sprintf("%d states", n)
}

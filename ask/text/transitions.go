package text

import (
	"fmt"
	"slices"
	"strings"

	"markovicl/ask"
	"markovicl/predict"
)

// printEach prints a prediction for each sequence.
func printEach(p *printer, answer *ask.EachAnswer) error {
	describe(p, answer.Task, answer.Source, answer.PriorFit)
	fmt.Fprintf(p, "what follows each sequence, by %s\n\n", answer.Predictor)
	w := p.table()
	fmt.Fprintln(w, "sequence\tlast states\tmost likely\tdistribution")
	for _, e := range answer.Each {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.ID, e.QueryText, e.State, distribution(answer.Source.States, e.Distribution))
	}
	return w.Flush()
}

// printTransitions prints the matrix of transitions.
func printTransitions(p *printer, answer *ask.TransitionsAnswer) error {
	t := &answer.Transitions
	fmt.Fprintf(p, "%s\n\ncounts of transitions, from the state of the row to that of the column\n\n", answer.Summary)
	matrix := func(cell func(i, j int) string) error {
		w := p.table()
		fmt.Fprintf(w, "from\t%s\n", strings.Join(t.States, "\t"))
		for i, from := range t.States {
			cells := make([]string, len(t.States))
			for j := range cells {
				cells[j] = cell(i, j)
			}
			fmt.Fprintf(w, "%s\t%s\n", from, strings.Join(cells, "\t"))
		}
		return w.Flush()
	}
	if err := matrix(func(i, j int) string { return fmt.Sprint(t.Counts[i][j]) }); err != nil {
		return err
	}
	fmt.Fprintf(p, "\nprobabilities ± standard errors, of the posterior under the prior %s\n\n", answer.Prior)
	err := matrix(func(i, j int) string {
		return fmt.Sprintf("%.4f ± %.4f", t.Probabilities[i][j], t.StandardErrors[i][j])
	})
	if err != nil {
		return err
	}
	if answer.Stationary != nil {
		var words []string
		for _, s := range t.States {
			words = append(words, fmt.Sprintf("%s %.4f", s, answer.Stationary[s]))
		}
		fmt.Fprintf(p, "\nstationary law of the frequencies: %s\n", strings.Join(words, "  "))
	} else {
		fmt.Fprintf(p, "\nno stationary law: %s\n", answer.WhyNot)
	}
	return printOrder(p, &answer.Order)
}

// printOrder prints the test of the order of a chain.
func printOrder(p *printer, o *ask.OrderAnswer) error {
	fmt.Fprintf(p, "\norder, on the %d positions with two states before them\n\n", o.Positions)
	w := p.table()
	fmt.Fprintln(w, "order\tlog likelihood\tparameters\tBIC\tlikelihood ratio to the order before\tp")
	for _, m := range o.Models {
		ratio := "\t"
		if i := slices.IndexFunc(o.Tests, func(t predict.OrderComparison) bool { return t.Alternative == m.Order }); i >= 0 {
			ratio = fmt.Sprintf("%.2f at %d degrees of freedom\t%.3g", o.Tests[i].Statistic, o.Tests[i].Freedom, o.Tests[i].P)
		}
		fmt.Fprintf(w, "%d\t%.2f\t%d\t%.2f\t%s\n", m.Order, m.LogLikelihood, m.Parameters, m.BIC, ratio)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(p, "\n%s\n", o)
	return nil
}

package text

import (
	"fmt"
	"strings"

	"markovicl/ask"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

func printOptimum(p *printer, q *ask.Optimum, results ask.Results[ask.OptimumAnswer]) error {
	first := results[0]
	if len(results) == 1 {
		fmt.Fprintf(p, "task: %s\n", first.Task)
	} else {
		fmt.Fprintf(p, "the first of %d tasks: %s\n", len(results), first.Task)
	}
	moments := "the form as given"
	if !first.Task.Given() {
		moments = fmt.Sprintf("moments by %s at %d %s", first.Rule, first.Nodes, nodesWord(first.Rule))
	}
	fmt.Fprintf(p, "enlarged parameters: %d, %s\n\n", first.Dimension, moments)
	sampled, swept := first.StandardErrors != nil, q.SweepP != ""
	w := p.table()
	if swept {
		fmt.Fprint(w, "p\t")
	}
	fmt.Fprint(w, "n\tloss")
	if sampled {
		fmt.Fprint(w, "\tstandard error")
	}
	fmt.Fprintln(w, "\trank\tcondition\tresidual\tpredicting 0\trealisable")
	for _, r := range results {
		if swept {
			fmt.Fprintf(w, "%s\t", markov.FormatRat(r.Task.Start().QueryRat()[1]))
		}
		fmt.Fprintf(w, "%s\t%.12f", r.Task.ContextText(), r.Loss)
		if sampled {
			fmt.Fprintf(w, "\t%.1e", r.StandardError)
		}
		fmt.Fprintf(w, "\t%d of %d\t%.4g\t%.1e\t%.8f\t%s\n", r.Rank, r.Dimension, r.Condition, r.Residual, r.LabelPower, realisableWord(r.Realisable))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(p, "\npredicting 0: the loss of always predicting 0\nrealisable: is there a one-layer LSA (b, A) that attains the loss?")
	for _, r := range results {
		if r.FloorAnswer != nil {
			printFloor(p, r)
		}
	}
	if len(results) == 1 {
		explainOptimum(p, &first)
	} else if q.Exact {
		for _, r := range results {
			fmt.Fprintf(p, "n = %s, start %s: loss %s\n", r.Task.ContextText(), r.Task.Start(), r.LossExact)
		}
	}
	return nil
}

// printFloor says in a line what depth could gain.
func printFloor(p *printer, r ask.OptimumAnswer) {
	value := fmt.Sprintf("%.12f", *r.Floor)
	switch {
	case r.FloorExact != "":
		value += " = " + r.FloorExact
	case *r.FloorSE > 0:
		value = fmt.Sprintf("%.6f ± %.1e", *r.Floor, *r.FloorSE)
	}
	fmt.Fprintf(p, "n = %s: floor of every depth %s; layers and heads can gain at most %.2f %%\n", r.Task.ContextText(), value, 100**r.FloorGain)
}

func nodesWord(rule string) string {
	switch rule {
	case moment.DirichletCounts:
		return "types of chains"
	case moment.Isserlis:
		return "monomials"
	}
	return "kernels"
}

func realisableWord(realisable *bool) string {
	switch {
	case realisable == nil:
		return "undecided"
	case *realisable:
		return "yes"
	}
	return "no"
}

// explainOptimum says in a few lines what the answer for a single task rests on.
func explainOptimum(p *printer, r *ask.OptimumAnswer) {
	if !r.Unique {
		fmt.Fprintf(p, "H is singular (rank %d of %d): X is the minimiser of least norm, not the only one.\n", r.Rank, r.Dimension)
	}
	switch {
	case r.Realisable == nil:
		fmt.Fprintf(p, "Undecided: %s.\n", strings.TrimSuffix(Flags(r.Reason), "."))
	case *r.Realisable:
		h := r.Parameters.Heads[0]
		fmt.Fprintf(p, "Yes: b = %.10g, A = %.10g\n", h.B, h.A)
	case r.Obstruction != nil:
		fmt.Fprintf(p, "No: %s\n", obstructionSentence(r.Obstruction))
	default:
		fmt.Fprintln(p, "No: in fractions X is not phi(b, A) for any b and A.")
	}
	const few = 12
	if e := r.ExactOptimum; e != nil {
		fmt.Fprintf(p, "Exactly: loss = %s", e.LossExact)
		if len(e.XExact) <= few {
			fmt.Fprintf(p, ", X = [%s]", strings.Join(e.XExact, " "))
		}
		fmt.Fprintln(p)
		if e.DiscriminantExact != "" {
			fmt.Fprintf(p, "X_xy^2 - 4 X_xx X_yy = %s, which must be >= 0 for a transformer (Theorem 3.3).\n", e.DiscriminantExact)
		}
	}
	if len(r.X) <= few {
		fmt.Fprintf(p, "X = %.10g\n", r.X)
	} else {
		fmt.Fprintf(p, "X has %d entries; --json prints them.\n", len(r.X))
	}
}

func obstructionSentence(o *landscape.Obstruction) string {
	switch o.Kind {
	case landscape.RankObstruction:
		return fmt.Sprintf("block %d of X has rank above 2 (eigenvalues %.3g), and a transformer's blocks have rank at most 2.", o.Block, o.Eigenvalues)
	case landscape.SignObstruction:
		return fmt.Sprintf("block %d of X has two eigenvalues of the same sign (%.3g), and a transformer's block of rank 2 has one of each.", o.Block, o.Eigenvalues)
	}
	return fmt.Sprintf("block %d of X leaves two candidates for b, and each fails at another block.", o.Block)
}

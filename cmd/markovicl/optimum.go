package main

import (
	"context"
	"fmt"
	"strings"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

type optimumCmd struct {
	taskFlags
	JSON bool `name:"json" help:"Print one JSON object and nothing else."`
}

func (optimumCmd) Help() string {
	return `Example: markovicl optimum --d 2 --n 10,100,inf

The loss of a one-layer LSA is a quadratic form in an enlarged set of parameters
X = phi(b, A). Its minimum bounds the loss of every transformer from below;
"realisable" says whether some transformer attains it.`
}

// optimumAnswer is the answer for one task.
type optimumAnswer struct {
	Task          markov.Task `json:"task"`
	Dimension     int         `json:"dimension"`
	Rank          int         `json:"rank"`
	Loss          float64     `json:"loss"`
	LabelPower    float64     `json:"label_power"`
	X             []float64   `json:"x"`
	LambdaMin     float64     `json:"lambda_min"`
	LambdaMax     float64     `json:"lambda_max"`
	Condition     float64     `json:"condition"`
	Residual      float64     `json:"residual"`
	Unique        bool        `json:"unique"`
	Rule          string      `json:"rule"`
	Nodes         int         `json:"nodes"`
	StandardError float64     `json:"standard_error"`
	realisability
}

func (c *optimumCmd) Run(a *app) error {
	tasks, err := c.tasks()
	if err != nil {
		return err
	}
	moments, err := moment.Of(a.ctx, tasks[0], moment.Options{})
	if err != nil {
		return badInput(err)
	}
	results := make([]optimumAnswer, len(tasks))
	for i, task := range tasks {
		if results[i], err = optimum(a.ctx, moments, task); err != nil {
			return err
		}
	}
	if c.JSON {
		return answers(a, results)
	}
	return c.print(a, results)
}

// optimum answers for one task, whose moments, the same for every n, are given.
func optimum(ctx context.Context, moments *moment.Moments, task markov.Task) (optimumAnswer, error) {
	form := moments.At(task.Context())
	o, err := landscape.Minimise(ctx, form)
	if err != nil {
		return optimumAnswer{}, err
	}
	answer := optimumAnswer{
		Task: task, Dimension: o.Dimension, Rank: o.Rank, Loss: o.Loss, LabelPower: form.C, X: o.X,
		LambdaMin: o.LambdaMin, LambdaMax: o.LambdaMax, Condition: o.Condition, Residual: o.Residual, Unique: o.Unique,
		Rule: moments.Rule().Name, Nodes: moments.Rule().Nodes,
	}
	answer.realisability, err = decideRealisability(form, o)
	return answer, err
}

func (c *optimumCmd) print(a *app, results []optimumAnswer) error {
	first := results[0]
	fmt.Fprintf(a.stdout, "task: %s\n", first.Task)
	fmt.Fprintf(a.stdout, "enlarged parameters: %d, moments by %s at %d kernels\n", first.Dimension, first.Rule, first.Nodes)
	fmt.Fprintf(a.stdout, "loss of predicting 0: %.10f\n\n", first.LabelPower)

	w := a.table()
	fmt.Fprintln(w, "n\tloss\trank\tcondition\tresidual\trealisable")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%.12f\t%d of %d\t%.4g\t%.1e\t%s\n",
			r.Task.Context(), r.Loss, r.Rank, r.Dimension, r.Condition, r.Residual, r.word())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, "\nrealisable: is there a one-layer LSA (b, A) that attains this loss?")
	if len(results) == 1 {
		first.explain(a)
	}
	return nil
}

func (r realisability) word() string {
	switch {
	case r.Realisable == nil:
		return "undecided"
	case *r.Realisable:
		return "yes"
	}
	return "no"
}

// explain says in a few lines what the answer for a single task rests on.
func (r optimumAnswer) explain(a *app) {
	if !r.Unique {
		fmt.Fprintf(a.stdout, "H is singular (rank %d of %d): X is the minimiser of least norm, not the only one.\n", r.Rank, r.Dimension)
	}
	switch {
	case r.Realisable == nil:
		fmt.Fprintf(a.stdout, "Undecided: %s.\n", strings.TrimSuffix(r.Reason, "."))
	case *r.Realisable:
		h := r.Parameters.Heads[0]
		fmt.Fprintf(a.stdout, "Yes: b = %.10g, A = %.10g\n", h.B, h.A)
	default:
		fmt.Fprintf(a.stdout, "No: %s\n", obstructionSentence(r.Certificate))
	}
	const few = 12
	if len(r.X) <= few {
		fmt.Fprintf(a.stdout, "X = %.10g\n", r.X)
	} else {
		fmt.Fprintf(a.stdout, "X has %d entries; --json prints them.\n", len(r.X))
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

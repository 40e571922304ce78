package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"

	"markovicl/internal/atomicfile"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

type optimumCmd struct {
	taskFlags
	SweepP string `name:"sweep-p" placeholder:"FROM:TO:STEP" help:"Answer for every start bernoulli:p with p from FROM to TO, both included (2 states)."`
	Exact  bool   `help:"Solve in fractions: the entries of X, the loss, c and h exactly."`
	Out    string `placeholder:"DIR" help:"With --exact: write the matrix H, in fractions, to DIR/H_exact.csv."`
	Rule   string `placeholder:"NAME" help:"How kernels are averaged: gauss-jacobi, gauss-jacobi-split, dirichlet-counts or quasi-monte-carlo; by default the cheapest exact one."`
	Seed   uint64 `default:"1" help:"Seed of quasi-monte-carlo."`
	JSON   bool   `name:"json" help:"Print one JSON object and nothing else."`
}

func (optimumCmd) Help() string {
	return `Examples:

    markovicl optimum --d 2 --n 10,100,inf
    markovicl optimum --d 1 --n 10 --exact
    markovicl optimum --d 1 --n 5,10 --sweep-p 0.1:0.9:0.1

The loss of a one-layer LSA is a quadratic form in an enlarged set of parameters
X = phi(b, A). Its minimum bounds the loss of every transformer from below;
"realisable" says whether some transformer attains it.`
}

// optimumAnswer is the answer for one task.
type optimumAnswer struct {
	Task           markov.Task              `json:"task"`
	Dimension      int                      `json:"dimension"`
	Rank           int                      `json:"rank"`
	Loss           float64                  `json:"loss"`
	LabelPower     float64                  `json:"label_power"`
	X              []float64                `json:"x"`
	LambdaMin      float64                  `json:"lambda_min"`
	LambdaMax      float64                  `json:"lambda_max"`
	Condition      float64                  `json:"condition"`
	Residual       float64                  `json:"residual"`
	Unique         bool                     `json:"unique"`
	Rule           string                   `json:"rule"`
	Nodes          int                      `json:"nodes"`
	StandardError  float64                  `json:"standard_error"`            // of the loss
	StandardErrors *landscape.OptimumErrors `json:"standard_errors,omitempty"` // of the other numbers, where moments are sampled
	*exactAnswer
	realisability
}

// exactAnswer holds numbers as fractions "a/b".
type exactAnswer struct {
	XExact    []string `json:"x_exact"`
	LossExact string   `json:"loss_exact"`
	CExact    string   `json:"c_exact"`
	HExact    []string `json:"h_exact"` // the vector h

	// DiscriminantExact is X_xy^2 - 4 X_xx X_yy for d = 1 without bias: X is a
	// transformer exactly if it is not negative (paper, Theorem 3.3).
	DiscriminantExact string `json:"discriminant_exact,omitempty"`
}

func (c *optimumCmd) Run(a *app) error {
	tasks, err := c.tasks()
	if err != nil {
		return err
	}
	sweep, err := c.sweep(tasks)
	if err != nil {
		return err
	}
	if c.Out != "" && (!c.Exact || len(sweep)*len(tasks) != 1) {
		return badInputf("--out is for a single answer with --exact")
	}
	set, end := a.progress("optimum", int64(len(sweep)*len(tasks)))
	defer end()
	var results []optimumAnswer
	for _, task := range sweep {
		solve, err := c.solver(a, task)
		if err != nil {
			return err
		}
		for _, t := range tasks {
			answer, err := solve(task.WithContext(t.Context()))
			if err != nil {
				return err
			}
			results = append(results, answer)
			set(int64(len(results)))
		}
	}
	end()
	if c.JSON {
		return answers(a, results)
	}
	return c.print(a, results)
}

// sweep returns the tasks whose moments are needed, one for each start law.
func (c *optimumCmd) sweep(tasks []markov.Task) ([]markov.Task, error) {
	if c.SweepP == "" {
		return tasks[:1], nil
	}
	if c.P != "" || c.Start != "" {
		return nil, badInputf("--sweep-p sets the start law; leave out --p and --start")
	}
	values, err := sweepValues("--sweep-p", c.SweepP)
	if err != nil {
		return nil, err
	}
	if tasks[0].States() != 2 {
		return nil, badInputf("--sweep-p is for 2 states, this task has %d", tasks[0].States())
	}
	var sweep []markov.Task
	for _, text := range values {
		p, err := markov.ParseRat(text)
		if err != nil {
			return nil, badInput(err)
		}
		one := big.NewRat(1, 1)
		if p.Sign() <= 0 || p.Cmp(one) >= 0 {
			return nil, badInputf("--sweep-p %q: p = %s does not lie between 0 and 1", c.SweepP, text)
		}
		start, err := markov.IIDStartOf([]*big.Rat{one.Sub(one, p), p})
		if err != nil {
			return nil, badInput(err)
		}
		sweep = append(sweep, tasks[0].WithStart(start))
	}
	return sweep, nil
}

// solver computes the moments of a task and returns what answers for every n.
func (c *optimumCmd) solver(a *app, task markov.Task) (func(markov.Task) (optimumAnswer, error), error) {
	moments, err := moment.Of(a.ctx, task, moment.Options{Rule: c.Rule, Seed: c.Seed})
	if err != nil {
		return nil, inputUnlessEnded(a, err)
	}
	var exact *moment.ExactMoments
	if c.Exact {
		if exact, err = moment.ExactOf(a.ctx, task); err != nil {
			return nil, inputUnlessEnded(a, err)
		}
	}
	return func(task markov.Task) (optimumAnswer, error) {
		answer, err := optimum(a.ctx, moments, task)
		if err == nil && exact != nil {
			err = c.solveExactly(a, exact.At(task.Context()), &answer)
		}
		return answer, err
	}, nil
}

// inputUnlessEnded blames the input for an error, unless the user interrupted.
func inputUnlessEnded(a *app, err error) error {
	if a.ctx.Err() != nil {
		return err
	}
	return badInput(err)
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
	if answer.StandardErrors, err = landscape.StandardErrors(ctx, moments, task.Context()); err != nil {
		return optimumAnswer{}, err
	}
	if answer.StandardErrors != nil {
		answer.StandardError = answer.StandardErrors.Loss
		answer.Reason = "the moments are sampled, so that X is not known well enough to tell"
		return answer, nil
	}
	answer.realisability, err = decideRealisability(form, o)
	return answer, err
}

// solveExactly adds fractions to an answer, and what they decide.
func (c *optimumCmd) solveExactly(a *app, f *moment.ExactForm, answer *optimumAnswer) error {
	o, err := landscape.MinimiseExact(a.ctx, f)
	if err != nil {
		return err
	}
	e := &exactAnswer{LossExact: o.Loss.RatString(), CExact: f.C.RatString()}
	for i, x := range o.X {
		answer.X[i] = markov.Float(x)
		e.XExact = append(e.XExact, x.RatString())
		e.HExact = append(e.HExact, f.LAt(i).RatString())
	}
	answer.exactAnswer = e
	answer.Loss, answer.Rank, answer.Unique = markov.Float(o.Loss), o.Rank, o.Unique
	answer.StandardError, answer.StandardErrors = 0, nil
	if f.Q == 1 {
		d := new(big.Rat).Mul(o.X[0], o.X[2])
		d.Sub(new(big.Rat).Mul(o.X[1], o.X[1]), d.Mul(d, big.NewRat(4, 1)))
		e.DiscriminantExact = d.RatString()
	}
	if o.Unique {
		decision, err := landscape.DecideExact(o.X, f.Q, f.Q+1)
		if err != nil {
			return err
		}
		realisable := decision.Verdict == landscape.Realisable
		answer.Realisable, answer.Reason = &realisable, ""
		if !realisable {
			answer.Parameters = nil
		} else {
			answer.Certificate = nil
			b, A := make([]float64, len(decision.B)), make([]float64, len(decision.A))
			for i, x := range decision.B {
				b[i] = x.Float(decision.Root)
			}
			for i, x := range decision.A {
				A[i] = x.Float(decision.Root)
			}
			answer.Parameters = &transformer{Heads: []head{newHead(b, A)}}
		}
	}
	if c.Out == "" {
		return nil
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	rows := make([][]string, f.Dim())
	for i := range rows {
		for k := range rows {
			rows[i] = append(rows[i], f.HAt(i, k).RatString())
		}
	}
	var data bytes.Buffer
	if err := csv.NewWriter(&data).WriteAll(rows); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(c.Out, "H_exact.csv"), data.Bytes())
}

func (c *optimumCmd) print(a *app, results []optimumAnswer) error {
	first := results[0]
	if len(results) == 1 {
		fmt.Fprintf(a.stdout, "task: %s\n", first.Task)
	} else {
		fmt.Fprintf(a.stdout, "the first of %d tasks: %s\n", len(results), first.Task)
	}
	fmt.Fprintf(a.stdout, "enlarged parameters: %d, moments by %s at %d %s\n\n", first.Dimension, first.Rule, first.Nodes, nodesWord(first.Rule))
	sampled, swept := first.StandardErrors != nil, c.SweepP != ""
	w := a.table()
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
		fmt.Fprintf(w, "%s\t%.12f", r.Task.Context(), r.Loss)
		if sampled {
			fmt.Fprintf(w, "\t%.1e", r.StandardError)
		}
		fmt.Fprintf(w, "\t%d of %d\t%.4g\t%.1e\t%.8f\t%s\n", r.Rank, r.Dimension, r.Condition, r.Residual, r.LabelPower, r.word())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, "\npredicting 0: the loss of always predicting 0\nrealisable: is there a one-layer LSA (b, A) that attains the loss?")
	if len(results) == 1 {
		first.explain(a)
	} else if c.Exact {
		for _, r := range results {
			fmt.Fprintf(a.stdout, "n = %s, start %s: loss %s\n", r.Task.Context(), r.Task.Start(), r.LossExact)
		}
	}
	return nil
}

func nodesWord(rule string) string {
	if rule == moment.DirichletCounts {
		return "types of chains"
	}
	return "kernels"
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
	case r.Certificate != nil:
		fmt.Fprintf(a.stdout, "No: %s\n", obstructionSentence(r.Certificate))
	default:
		fmt.Fprintln(a.stdout, "No: in fractions X is not phi(b, A) for any b and A.")
	}
	const few = 12
	if e := r.exactAnswer; e != nil {
		fmt.Fprintf(a.stdout, "Exactly: loss = %s", e.LossExact)
		if len(e.XExact) <= few {
			fmt.Fprintf(a.stdout, ", X = [%s]", strings.Join(e.XExact, " "))
		}
		fmt.Fprintln(a.stdout)
		if e.DiscriminantExact != "" {
			fmt.Fprintf(a.stdout, "X_xy^2 - 4 X_xx X_yy = %s, which must be >= 0 for a transformer (Theorem 3.3).\n", e.DiscriminantExact)
		}
	}
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

package main

import (
	"errors"

	"markovicl/ask"
	"markovicl/internal/atomicfile"
)

type hardnessCmd struct {
	ask.Hardness
	Program string `placeholder:"FILE" help:"Also write the bilinear program to this file, as JSON with exact numbers."`
	JSON    bool   `name:"json" help:"Print one JSON object and nothing else."`
}

func (hardnessCmd) Help() string {
	return `Example: markovicl hardness --inside A.csv --outside B.csv

Are there two planes such that every inside point x has w'x >= gamma+1 for both, and every outside point
w'x <= gamma-1 for at least one? The question, which is NP-complete, is reduced to a bilinear program over
transformer-shaped variables (b, A) and that program is solved exactly: its minimum is 0 if and only if
the answer is yes.

With --matrix M.csv --weights W.csv it is weighted rank-one approximation, which is NP-hard too, by way of
the best transformer of a form whose H is diagonal: both sides are searched and compared.`
}

func (c *hardnessCmd) Run(a *app) error {
	if c.Program != "" && c.Matrix != "" {
		return badInputf("--program writes the bilinear program of two sets of points; leave it out with --matrix")
	}
	if c.Program != "" {
		if err := atomicfile.Check(c.Program); err != nil {
			return badInput(err)
		}
	}
	given, err := a.ask(&c.Hardness)
	if given == nil {
		return err
	}
	if answer, ok := given.(ask.RankOneAnswer); ok {
		if c.JSON {
			return a.writeJSON(answer)
		}
		return printRankOne(a, &answer)
	}
	answer := given.(ask.HardnessAnswer)
	if c.Program != "" {
		files, failed := answer.Files()
		if failed == nil {
			failed = atomicfile.Write(c.Program, files[0].Data)
		}
		err = errors.Join(err, failed)
	}
	return errors.Join(err, a.show(&c.Hardness, answer, c.JSON))
}

func printRankOne(a *app, answer *ask.RankOneAnswer) error {
	r, f := answer.RankOne, answer.Form
	fmt.Fprintf(a.stdout, "weighted rank-one approximation of a %d x %d matrix; (u, v) = 0 has %.9g\n", r.Rows, r.Columns, r.Power)
	fmt.Fprintf(a.stdout, "least value found    %.12g\n", r.Value)
	if r.LowerBound != nil {
		fmt.Fprintf(a.stdout, "proven lower bound   %.12g\n", *r.LowerBound)
	}
	fmt.Fprintf(a.stdout, "u                    %s\nv                    %s\n\n", numbers(r.U, 6), numbers(r.V, 6))
	fmt.Fprintf(a.stdout, "the form: q = %d, D = %d, gauge of weight %s\n", f.Q, f.D, f.Lambda)
	fmt.Fprintf(a.stdout, "best transformer     %.12g\n", f.Value)
	if f.Within != nil {
		fmt.Fprintf(a.stdout, "which bounds the least value of the approximation by %.12g\n", *f.Within)
	}
	fmt.Fprintf(a.stdout, "b                    %s\n", numbers(f.B, 6))
	_, err := fmt.Fprintf(a.stdout, "it maps back to      %.12g, u = %s, v = %s\n", f.BackValue, numbers(f.U, 6), numbers(f.V, 6))
	return err
}

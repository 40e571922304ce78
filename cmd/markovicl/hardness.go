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
	if c.Program != "" {
		answer := given.(ask.HardnessAnswer)
		files, failed := answer.Files()
		if failed == nil {
			failed = atomicfile.Write(c.Program, files[0].Data)
		}
		err = errors.Join(err, failed)
	}
	return errors.Join(err, a.show(&c.Hardness, given, c.JSON))
}

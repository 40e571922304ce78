package main

import (
	"markovicl/ask"
	"markovicl/internal/atomicfile"
)

type optimumCmd struct {
	ask.Optimum
	exhibits
	Out string `placeholder:"DIR" help:"With --exact: write the matrix H, in fractions, to DIR/H_exact.csv."`
}

func (optimumCmd) Help() string {
	return `Examples:

    markovicl optimum --d 2 --n 10,100,inf
    markovicl optimum --d 1 --n 10 --exact
    markovicl optimum --d 1 --n 5,10 --sweep-p 0.1:0.9:0.1
    markovicl optimum --d 3 --n 1..100 --floor --plot losses.pdf
    markovicl optimum --over d=1..6 --over n=10,100 --format latex

The loss of a one-layer LSA is a quadratic form in an enlarged set of parameters
X = phi(b, A). Its minimum bounds the loss of every transformer from below;
"realisable" says whether some transformer attains it.`
}

func (c *optimumCmd) Run(a *app) error {
	if err := c.single(map[string]bool{"--out": c.Out != ""}); err != nil {
		return err
	}
	if c.Out != "" {
		if !c.Exact || c.SweepP != "" || len(c.N) > 1 {
			return badInputf("--out is for a single answer with --exact")
		}
		if err := atomicfile.CheckFolder(c.Out); err != nil { // now rather than after the work
			return badInput(err)
		}
	}
	return c.answer(a, &c.Optimum, a.env(), func(answer *ask.Answer) error {
		if c.Out == "" {
			return nil
		}
		return save(c.Out, (*answer).(ask.Results[ask.OptimumAnswer])[0].Files)
	})
}

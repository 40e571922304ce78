package main

import (
	"markovicl/ask"
)

type scoreCmd struct {
	ask.Score
	JSON bool `name:"json" help:"Print one JSON object and nothing else."`
}

func (scoreCmd) Help() string {
	return `Examples:

    markovicl score --params run/params.safetensors --n 100
    markovicl score --x point.csv --n 10
    markovicl score --x point.csv --form form.npz

How good are parameters that I already have? Their loss, exact for one layer, beside the least that any
one-layer model could have, the best one-layer transformer with a proven bound, and the Bayes risk. Under a form or
prompts of one's own, and on average over n, it is about one layer.

A layer is Z + (1/n) P Z M (Z'QZ), where Z has a column for each chain, the query's with 0 in place of its label, and M leaves
out the query. A file has arrays P and Q [layers, heads, D, D], or b, the last row of P, and A, the first D-1 columns of Q.`
}

func (c *scoreCmd) Run(a *app) error {
	answer, err := a.ask(&c.Score)
	if err != nil {
		return err
	}
	return a.show(&c.Score, answer, c.JSON)
}

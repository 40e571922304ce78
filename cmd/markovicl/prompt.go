package main

import (
	"markovicl/ask"
)

type promptCmd struct {
	ask.Prompt
	JSON bool `name:"json" help:"Print one JSON object and nothing else."`
}

func (promptCmd) Help() string {
	return `Example: markovicl prompt --d 2 --n 5

Draws one prompt of a task and shows it: the in-context chains, the query, the transitions seen, the Gram
matrix, which is all that linear attention sees of the context, and what each predictor makes of it.`
}

func (c *promptCmd) Run(a *app) error {
	answer, err := a.ask(&c.Prompt)
	if err != nil {
		return err
	}
	return a.show(&c.Prompt, answer, c.JSON)
}

package main

import (
	"errors"

	"markovicl/ask"
	"markovicl/figure"
	"markovicl/internal/atomicfile"
	"markovicl/paper"
)

type traceCmd struct {
	ask.Trace
	Out  string `placeholder:"DIR" help:"Write layers.csv and the panels of Figure 2 (layers.svg, layers.png) to this folder."`
	JSON bool   `name:"json" help:"Print one JSON object and nothing else."`
}

func (traceCmd) Help() string {
	return `Example: markovicl trace --random 10 --d 5 --n 100 --prompts 100 --pareto --out out

By Theorem 4.1 every layer of a structured model is a preconditioned descent step, from w_0 = 0, of 2(q+1)
objectives R1(w), R2(w) that belong to the prompt; its prediction is -w'u for a query with features u. For
each layer the table has the squared error of the query if that layer were the last, the objectives, and the
cosine of the layer's step with minus the gradient of each: positive where the step descends.`
}

func (c *traceCmd) Run(a *app) error {
	if c.Out != "" { // fail now rather than after the work
		if err := atomicfile.CheckFolder(c.Out); err != nil {
			return badInput(err)
		}
	}
	given, err := a.ask(&c.Trace)
	if err != nil {
		return err
	}
	answer := given.(ask.TraceAnswer)
	var failed error
	if c.Out != "" {
		r := answer.Result()
		answer.Files, failed = writeFigures(c.Out, "layers", paper.LayerTable(r), figure.Plot{Name: "layers", Panels: paper.LayerPlots(r)})
	}
	return errors.Join(a.show(&c.Trace, answer, c.JSON), failed)
}

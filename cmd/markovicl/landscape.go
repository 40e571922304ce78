package main

import (
	"markovicl/ask"
)

type landscapeCmd struct {
	ask.Landscape
	JSON bool `name:"json" help:"Print one JSON object and nothing else."`
}

func (landscapeCmd) Help() string {
	return `Example: markovicl landscape --d 2 --n 10 --at 0.1,1,-0.2

For each direction of b there is a best A; its loss, v(b), is a landscape over the directions. This lists the
local minima that a search from random starts finds, and what is at a point. --points with --json samples it.
recover proves which minimum is the best, and --picture of recover draws it.`
}

func (c *landscapeCmd) Run(a *app) error {
	answer, err := a.ask(&c.Landscape)
	if err != nil {
		return err
	}
	return a.show(&c.Landscape, answer, c.JSON)
}

package main

import (
	"fmt"

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
	answered, err := a.ask(&c.Landscape)
	if err != nil {
		return err
	}
	answer := answered.(ask.LandscapeAnswer)
	if c.JSON {
		return a.writeJSON(answer)
	}
	fmt.Fprintf(a.stdout, "task: %v\nenlarged optimum: %.12g\n\n", answer.Task, answer.LossEnlarged)
	w := a.table()
	fmt.Fprintln(w, "local minimum\tstarts\tb")
	for _, m := range answer.Minima {
		fmt.Fprintf(w, "%.12g\t%d\t%s\n", m.Loss, m.Hits, numbers(m.B, 6))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if p := answer.At; p != nil {
		fmt.Fprintf(a.stdout, "\nat b = %s the best A has loss %.12g\n", numbers(p.B, 6), p.Loss)
		for i, row := range p.A {
			fmt.Fprintf(a.stdout, "A[%d] = %s\n", i, numbers(row, 6))
		}
		fmt.Fprintf(a.stdout, "a descent from there ends at %.12g, b = %s\n", p.Descended.Loss, numbers(p.Descended.B, 6))
	}
	return nil
}

package main

import (
	"fmt"
	"strings"

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
	answered, err := a.ask(&c.Prompt)
	if err != nil {
		return err
	}
	p := answered.(ask.PromptAnswer)
	if c.JSON {
		return a.writeJSON(p)
	}
	fmt.Fprintf(a.stdout, "task: %v\nprompt %d of seed %d\n\n", p.Task, c.Index, c.Seed)
	for _, chain := range p.Context {
		fmt.Fprintf(a.stdout, "    %s\n", spaced(chain))
	}
	fmt.Fprintf(a.stdout, "    %s ?   it came out as %d; the kernel says %s\n\n", spaced(p.Query), p.Label, numbers(p.Oracle, 4))
	fmt.Fprintln(a.stdout, "transitions seen, from row to column:")
	w := a.table()
	for s, row := range p.Counts {
		fmt.Fprintf(w, "    %d:\t%s\n", s, strings.ReplaceAll(spaced(row), " ", "\t"))
	}
	fmt.Fprint(w, "\nGram matrix")
	for _, r := range p.Rows {
		fmt.Fprintf(w, "\t%s", r.Name)
	}
	fmt.Fprintln(w)
	for i, row := range p.Gram {
		fmt.Fprintf(w, "%s\t%s\n", p.Rows[i].Name, strings.ReplaceAll(numbers(row, 4), " ", "\t"))
	}
	fmt.Fprintln(w, "\npredictor\texpects\tprobabilities")
	for _, x := range p.Predicted {
		law := "-"
		if x.Distribution != nil {
			law = numbers(x.Distribution, 4)
		}
		fmt.Fprintf(w, "%s\t%.6g\t%s\n", x.Name, x.Expected, law)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, note := range p.Notes {
		fmt.Fprintf(a.stdout, "note: %s\n", note)
	}
	return nil
}

func spaced(states []int) string {
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = fmt.Sprint(s)
	}
	return strings.Join(words, " ")
}

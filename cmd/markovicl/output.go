package main

import (
	"text/tabwriter"

	"markovicl/ask"
)

// writeJSON prints one JSON object and nothing else.
func (a *app) writeJSON(answer ask.Answer) error {
	a.answered = true
	return ask.Encode(a.stdout, answer)
}

// table returns a writer that lines up columns separated by tabs; call Flush at
// the end.
func (a *app) table() *tabwriter.Writer {
	return tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
}

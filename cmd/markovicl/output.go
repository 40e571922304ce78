package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
)

// writeJSON prints one JSON object and nothing else. NaN and Inf are refused by
// the encoder: they are bugs, never answers.
func (a *app) writeJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("the result cannot be written as JSON: %w", err)
	}
	return nil
}

// answers prints a single answer as it is, and several as {"results": [..]}.
func answers[T any](a *app, results []T) error {
	if len(results) == 1 {
		return a.writeJSON(results[0])
	}
	return a.writeJSON(struct {
		Results []T `json:"results"`
	}{results})
}

// table returns a writer that lines up columns separated by tabs; call Flush at
// the end.
func (a *app) table() *tabwriter.Writer {
	return tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
}

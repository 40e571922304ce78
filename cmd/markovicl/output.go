package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"text/tabwriter"
)

// numberArray is an array of numbers as json.MarshalIndent writes it, a line
// for each.
var numberArray = regexp.MustCompile(`\[\s+[-+0-9.eE,\s]+?\s+\]`)

// writeJSON prints one JSON object and nothing else, an array of numbers on one
// line. NaN and Inf are refused by the encoder: they are bugs, never answers.
func (a *app) writeJSON(v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("the result cannot be written as JSON: %w", err)
	}
	data = numberArray.ReplaceAllFunc(data, func(array []byte) []byte {
		return bytes.ReplaceAll(bytes.Join(bytes.Fields(array), nil), []byte(","), []byte(", "))
	})
	_, err = a.stdout.Write(append(data, '\n'))
	return err
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

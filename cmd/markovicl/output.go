package main

import (
	"fmt"
	"slices"

	"markovicl/ask"
	"markovicl/ask/text"
)

// show prints the answer to a question: as text, and its notes on stderr, or as JSON.
func (a *app) show(q ask.Question, answer ask.Answer, asJSON bool) error {
	a.note(answer)
	if asJSON {
		return a.writeJSON(answer)
	}
	a.answered = true
	return text.Write(a.stdout, q, answer)
}

// note prints the notes of an answer on stderr: those about its file first.
func (a *app) note(answer ask.Answer) {
	var notes []string
	file := &ask.FileReport{}
	switch answer := answer.(type) {
	case ask.EvaluationAnswer:
		notes, file = answer.Notes, answer.File
	case ask.PredictionAnswer:
		notes, file = answer.Notes, answer.File
	case ask.EachAnswer:
		notes, file = answer.Notes, answer.File
	case ask.TransitionsAnswer:
		file = &answer.File
	case ask.ScoreAnswer:
		notes = answer.Notes
	case ask.TraceAnswer:
		notes = answer.Notes
	}
	if file != nil {
		notes = append(slices.Clone(file.Notes), notes...)
	}
	if a.quiet {
		notes = nil
	}
	for _, note := range notes {
		fmt.Fprintln(a.stderr, "note:", text.Flags(note))
	}
}

// aside tells on stderr what is wrong and stops nothing.
func (a *app) aside(err error) {
	if !a.quiet {
		fmt.Fprintln(a.stderr, "note:", err)
	}
}

// writeJSON prints one JSON object and nothing else.
func (a *app) writeJSON(answer ask.Answer) error {
	a.answered = true
	return ask.Encode(a.stdout, answer)
}

package main

import (
	"fmt"

	"markovicl/ask"
	"markovicl/ask/text"
)

// show prints the answer to a question: as text, and its notes on stderr, or as JSON.
func (a *app) show(q ask.Question, answer ask.Answer, asJSON bool) error {
	var notes []string
	switch answer := answer.(type) {
	case ask.EvaluationAnswer:
		notes = answer.Notes
	case ask.PredictionAnswer:
		notes = answer.Notes
	case ask.ScoreAnswer:
		notes = answer.Notes
	}
	for _, note := range notes {
		fmt.Fprintln(a.stderr, "note:", text.Flags(note))
	}
	if asJSON {
		return a.writeJSON(answer)
	}
	a.answered = true
	return text.Write(a.stdout, q, answer)
}

// writeJSON prints one JSON object and nothing else.
func (a *app) writeJSON(answer ask.Answer) error {
	a.answered = true
	return ask.Encode(a.stdout, answer)
}

package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"markovicl/ask"
	"markovicl/ask/text"
	"markovicl/internal/atomicfile"
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

// note prints the notes of an answer on stderr.
func (a *app) note(answer ask.Answer) {
	for _, note := range ask.Notes(answer) {
		a.tell("note: %s", text.Flags(note))
	}
}

// tell writes a line on stderr, unless that is to be quiet.
func (a *app) tell(format string, args ...any) {
	if !a.quiet {
		a.say(fmt.Sprintf(format, args...))
	}
}

// say writes lines on stderr, so that they fit there.
func (a *app) say(lines string) { fmt.Fprintln(a.stderr, text.Fit(lines, stderrWidth())) }

// aside tells what is wrong and stops nothing.
func (a *app) aside(err error) { a.tell("note: %v", err) }

// save writes the files of an answer to a folder.
func save(dir string, files func() ([]ask.File, error)) error {
	list, err := files()
	for _, f := range list {
		err = errors.Join(err, atomicfile.Write(filepath.Join(dir, f.Name), f.Data))
	}
	return err
}

// writeJSON prints one JSON object and nothing else.
func (a *app) writeJSON(answer ask.Answer) error {
	a.answered = true
	return ask.Encode(a.stdout, answer)
}

package chainfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Report says what was read, what was left out, what was put in order and what
// was guessed, so that nothing of a file vanishes silently.
type Report struct {
	Format    string         `json:"format"`    // text, fasta, fastq, csv or json
	Reading   string         `json:"reading"`   // how the file was read, in words
	Sequences int            `json:"sequences"` // runs of states between cuts
	Symbols   int            `json:"symbols"`   // states in all of them
	ID        *string        `json:"id"`        // columns that name the sequences, joined by commas; null if none does
	Time      *string        `json:"time"`      // column that orders the rows; null if none does
	Skipped   map[string]int `json:"skipped"`   // what is not among the states: see the constants below
	Notes     []string       `json:"notes"`     // sentences about the above and about what was guessed
}

// What is skipped, and how a note words it.
const (
	SkippedComments   = "comments"   // lines
	SkippedMissing    = "missing"    // symbols that stand for a missing value; sequences are cut there
	SkippedUnknown    = "unknown"    // symbols outside of the states; sequences are cut there
	SkippedCharacters = "characters" // characters in no class; their neighbours become neighbours
	SkippedColumns    = "columns"    // columns of a table that are neither names, times nor states
	SkippedRows       = "rows"       // rows of a table without a state
)

var skippedWords = []struct{ kind, one, many string }{
	{SkippedMissing, "1 missing value; the sequence is cut there", "%d missing values; sequences are cut there"},
	{SkippedUnknown, "1 unknown symbol; the sequence is cut there", "%d unknown symbols; sequences are cut there"},
	{SkippedCharacters, "1 character is in no class and was removed", "%d characters are in no class and were removed"},
	{SkippedComments, "1 line is a comment", "%d lines are comments"},
}

// note is a sentence with a remedy, as in [Error].
type note struct{ detail, remedy string }

func (s *Sequences) note(remedy, format string, args ...any) {
	s.notes = append(s.notes, note{fmt.Sprintf(format, args...), remedy})
}

// Report returns the report on the file, options named by the caller as in
// [Error.Say]; nil names them between back quotes.
func (s *Sequences) Report(name func(option string) string) Report {
	if name == nil {
		name = quoted
	}
	r := Report{
		Format: s.Format.String(), Reading: s.Reading, Sequences: len(s.List), Symbols: s.Len(),
		Skipped: map[string]int{}, Notes: []string{},
	}
	if s.id != "" {
		r.ID = &s.id
	}
	if s.time != "" {
		r.Time = &s.time
	}
	maps.Copy(r.Skipped, s.skipped)
	for _, w := range skippedWords {
		if n := s.skipped[w.kind]; n == 1 {
			r.Notes = append(r.Notes, w.one)
		} else if n > 1 {
			r.Notes = append(r.Notes, fmt.Sprintf(w.many, n))
		}
	}
	for _, n := range s.notes {
		r.Notes = append(r.Notes, join(n.detail, n.remedy, name))
	}
	return r
}

// listed writes the first few of some names for a note.
func listed(names []string) string {
	const most = 6
	more := ""
	if len(names) > most {
		names, more = names[:most], fmt.Sprintf(" and %d more", len(names)-most)
	}
	quoted := slices.Clone(names)
	for i, name := range quoted {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ") + more
}

package sweep

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	asktext "markovicl/ask/text"
	"markovicl/internal/plural"
)

// Plan says in words what is to be done, of the Progress before any work.
func (p Progress) Plan() string {
	text := fmt.Sprintf("%s, %d of them answered already", plural.Of(p.Questions, "question"), p.Kept)
	if p.Left > 0 {
		text += fmt.Sprintf("; the others take %s by the size of their tasks", roughly(p.Left))
	}
	return text
}

// State says in words how a run comes along, behind how many questions are done.
func (p Progress) State() string {
	return fmt.Sprintf("%d failed, %.3g/s, %s left ", p.Failed, p.Rate, roughly(p.Left))
}

// roughly says a time that is an estimate.
func roughly(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d > 365*day:
		return "more than a year"
	case d > 2*day:
		return fmt.Sprintf("about %d days", int(d.Round(day)/day))
	case d > time.Hour:
		return "about " + strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	case d > time.Second:
		return "about " + d.Round(time.Second).String()
	}
	return "under a second"
}

// Write writes the summary for a terminal; out is the folder of the sweep.
func (s *Summary) Write(w io.Writer, out string) error {
	fmt.Fprintf(w, "questions  %d\ndone       %d\nfailed     %d\n", s.Questions, s.Done, s.Failures)
	for i, f := range s.Failed {
		if i == 5 {
			fmt.Fprintf(w, "  .. and %d more\n", s.Failures-i)
			break
		}
		line, _, _ := strings.Cut(f.Message, "\n")
		fmt.Fprintf(w, "  %s: %s\n", strings.Join(f.Point, " "), asktext.Flags(line))
	}
	if s.Name != "" {
		fmt.Fprintf(w, "name       %s\n", s.Name)
	}
	if s.Table != "" {
		_, err := fmt.Fprintf(w, "table      %s\n", filepath.Join(out, s.Table))
		return err
	}
	when := "it is written with the last answer, or by markovicl sweep export"
	if s.Name != "" {
		when = asktext.Flags("markovicl sweep export with `db` and `out` writes it")
	}
	_, err := fmt.Fprintln(w, "table      not yet: "+when)
	return err
}

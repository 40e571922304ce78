package report

import (
	"fmt"
	"io"

	"markovicl/ask/text"
)

// WriteVerdicts writes the table of verdicts for a terminal, and with why a paragraph on
// each; what failed has one anyway.
func WriteVerdicts(w io.Writer, entries []Entry, why bool) error {
	table := text.NewColumns(w)
	fmt.Fprintln(table, "item\tverdict\tpaper\texpected\tours\tseconds")
	for _, e := range entries {
		seconds := "–"
		if e.Seconds != nil && e.Status == Done {
			seconds = fmt.Sprintf("%.1f", *e.Seconds)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.State(), e.PaperText(), e.ExpectedText(), e.OursText(), seconds)
	}
	err := table.Flush()
	for _, e := range entries {
		paragraph := e.Why
		switch {
		case e.Status == Interrupted || e.Error == "" && !why:
			continue
		case e.Error != "":
			paragraph = e.Error
		case e.Quantity != "":
			paragraph += " (numbers: " + e.Quantity + ")"
		}
		if err == nil {
			_, err = fmt.Fprintf(w, "\n%s\n", text.Wrap(e.ID+": "+paragraph, text.WidthOf(w, 78)))
		}
	}
	return err
}

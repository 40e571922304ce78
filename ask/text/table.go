package text

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"markovicl/figure"
)

// Table prints a table of results with the digits that a person reads.
func Table(w io.Writer, t figure.Table) error {
	paragraphs := NewParagraphs(w)
	p := &printer{w: paragraphs}
	if t.Caption != "" {
		fmt.Fprintf(p, "%s\n\n", t.Caption)
	}
	lines := p.table()
	line := func(cell func(j int) string) {
		cells := make([]string, len(t.Columns))
		for j := range cells {
			cells[j] = cell(j)
		}
		fmt.Fprintln(lines, strings.Join(cells, "\t"))
	}
	line(func(j int) string { return strings.ReplaceAll(t.Columns[j], "_", " ") })
	columns := make([][]figure.Number, len(t.Columns))
	for j := range columns {
		columns[j] = t.Readable(j)
	}
	for i := range t.Rows {
		line(func(j int) string {
			if c := columns[j][i]; c.Exponent != 0 {
				return fmt.Sprintf("%se%d", c.Digits, c.Exponent)
			}
			return columns[j][i].Digits
		})
	}
	return errors.Join(lines.Flush(), paragraphs.Flush())
}

package report

import (
	"html/template"
	"slices"
	"strings"

	"markovicl/paper"
)

// longTable is the number of rows from which on a table is folded, and
// shownRows the number of those that the page shows; the CSV has all.
const longTable, shownRows = 8, 200

// shownTable is a table as the page shows it: a number and its standard error are one
// cell.
type shownTable struct {
	Title   string
	Caption string
	File    string // the CSV
	Columns []shownColumn
	Rows    [][]template.HTML
	Count   int // rows of the table
	Folded  bool
	Hidden  int // rows that only the CSV has
}

type shownColumn struct {
	Name    template.HTML
	Label   string // the name as plain text
	Numeric bool
}

func newShownTable(t paper.Table, file string) shownTable {
	shown := shownTable{Title: strings.ReplaceAll(t.Name, "-", " "), Caption: t.Caption, File: file, Count: len(t.Rows), Folded: len(t.Rows) >= longTable}
	if shown.Hidden = len(t.Rows) - shownRows; shown.Hidden > 0 {
		t.Rows = t.Rows[:shownRows]
	}
	shown.Rows = make([][]template.HTML, len(t.Rows))
	for j, name := range t.Columns {
		if t.IsError(j) {
			continue
		}
		shown.Columns = append(shown.Columns, shownColumn{prose(heading(name)), heading(name), t.Numeric(j)})
		cells := t.Readable(j)
		for i, row := range t.Rows {
			cell := number(cells[i].Digits, cells[i].Exponent)
			if text, ok := row[j].(string); ok && text != "inf" {
				cell = prose(text)
			}
			if t.IsError(j+1) && row[j+1] != nil {
				se := t.Readable(j + 1)[i]
				if x, ok := row[j+1].(float64); !ok || x != 0 {
					cell += " ± " + number(se.Digits, se.Exponent)
				}
			}
			shown.Rows[i] = append(shown.Rows[i], cell)
		}
	}
	return shown
}

// heading is the name of a column as a reader would write it: symbols keep what stands
// below them.
func heading(column string) string {
	if script().MatchString(column) {
		return column
	}
	return strings.ReplaceAll(column, "_", " ")
}

// tally is a verdict and the items that have it.
type tally struct {
	Verdict string
	Mark    string
	Class   string
	Items   []Entry
}

// summary counts the verdicts, in the order of this list.
func summary(entries []Entry) (all []tally) {
	order := []string{string(paper.Holds), string(paper.HoldsUnder), string(paper.HoldsOnTraining), string(paper.ProofGap), string(paper.Differs), string(paper.Undecided)}
	for _, e := range entries {
		name := e.Verdict
		if e.Status != Done {
			name = e.Status
		}
		i := slices.IndexFunc(all, func(t tally) bool { return t.Verdict == name })
		if i < 0 {
			i = len(all)
			all = append(all, tally{Verdict: name, Mark: markOf(e), Class: e.Class()})
		}
		all[i].Items = append(all[i].Items, e)
	}
	place := func(t tally) int {
		if i := slices.Index(order, t.Verdict); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(all, func(a, b tally) int { return place(a) - place(b) })
	return all
}

// Class is the class of an entry's verdict, which gives it its colour.
func (e Entry) Class() string {
	switch {
	case e.Status != Done:
		return "failed"
	case e.Verdict == string(paper.Holds):
		return "holds"
	case e.Verdict == string(paper.Differs):
		return "differs"
	}
	return "condition"
}

// PaperNumber, ExpectedNumber and OursNumber are the numbers of an entry as they are
// printed on the page.
func (e Entry) PaperNumber() template.HTML    { return prose(e.PaperText()) }
func (e Entry) ExpectedNumber() template.HTML { return prose(e.ExpectedText()) }
func (e Entry) OursNumber() template.HTML     { return prose(e.OursText()) }

// Number reports whether an entry has any number to show.
func (e Entry) Number() bool { return e.Paper != nil || e.Expected != nil || e.Ours != nil }

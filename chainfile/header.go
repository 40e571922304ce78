package chainfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Header says whether the first row of a table names its columns.
type Header int

// What can be said about the first row.
const (
	HeaderAuto Header = iota // a header is recognised, see type table
	HeaderYes
	HeaderNo
)

var headerWords = []string{"auto", "yes", "no"}

// String returns auto, yes or no.
func (h Header) String() string { return headerWords[h] }

// UnmarshalText reads auto, yes or no.
func (h *Header) UnmarshalText(text []byte) error {
	i := slices.Index(headerWords, string(text))
	if i < 0 {
		return fmt.Errorf("header %q is not known; choose one of %s", text, strings.Join(headerWords, ", "))
	}
	*h = Header(i)
	return nil
}

// shortHeader reports whether the first row is a header as R's write.table has
// it: one cell short, because the column of row names has no name. No cell of it
// occurs below, and no two row names are equal.
func (t *table) shortHeader() bool {
	if t.count() < 2 {
		return false
	}
	wide := len(t.row(0)) + 1
	seen, names := map[string]bool{}, map[string]bool{}
	for i := 1; i < t.count(); i++ {
		row := t.row(i)
		if len(row) != wide || names[row[0]] {
			return false
		}
		names[row[0]] = true
		for _, cell := range row[1:] {
			seen[cell] = true
		}
	}
	return !slices.ContainsFunc(t.row(0), func(cell string) bool { return seen[cell] || cell == "" })
}

// headed reports whether the first row looks like a header.
func (t *table) headed(opts Options) bool {
	if t.count() < 2 {
		return false
	}
	top := t.row(0)
	if t.namedHeader() {
		return true
	}
	isState := func(column int) bool { return true }
	if k, err := strconv.Atoi(opts.Column); err == nil {
		isState = func(column int) bool { return column == k-1 }
	} else if k, err := strconv.Atoi(opts.ID); err == nil {
		isState = func(column int) bool { return column != k-1 }
	}
	// Numbers in equal steps are a header if they are not all symbols. The
	// first cell may stand over a column of names.
	for skip := range 2 {
		seen := t.symbolsBelow(func(column int) bool { return column >= skip && isState(column) })
		if !isState(0) || !isState(len(top)-1) {
			break
		}
		if skip == 1 {
			if _, err := number(top[0]); err == nil {
				break
			}
		}
		if equalSteps(top[skip:]) && slices.ContainsFunc(top[skip:], func(cell string) bool { return !seen(cell) }) {
			return true
		}
	}
	// Otherwise no cell of a header is a symbol, and numbers head only words.
	below := t.symbolsBelow(isState)
	allNumbers, named := true, map[string]bool{}
	for column, cell := range top {
		if !isState(column) {
			continue
		}
		if below(cell) || cell == "" && column > 0 || named[cell] || t.missing[cell] && column > 0 {
			return false
		}
		named[cell] = true
		if _, err := number(cell); err != nil {
			allNumbers = false
		}
	}
	if !allNumbers {
		return t.known != nil || !t.sameDates(top)
	}
	for i := 1; i < t.count(); i++ {
		for column, cell := range t.row(i) {
			if _, err := number(cell); isState(column) && err == nil {
				return false
			}
		}
	}
	return len(named) > 0
}

// namedHeader reports whether a cell of the first row is the name of a column of
// names, times or states that does not occur below it, while no cell of that row
// occurs below it.
func (t *table) namedHeader() bool {
	top, known := t.row(0), false
	for column, cell := range top {
		if cell == "" || len(cell) < 2 {
			continue
		}
		if isIDName(cell) || isTimeName(cell) || isStateName(cell) && len(top) > 1 {
			known = true
		}
		for i := 1; i < t.count(); i++ {
			if t.cell(i, column) == cell {
				return false
			}
		}
	}
	return known
}

// sameDates reports whether a cell of the first row is a date like those below
// it, so that the row is data.
func (t *table) sameDates(top []string) bool {
	for column, cell := range top {
		if dated([]string{cell}) && dated([]string{t.cell(1, column)}) {
			return true
		}
	}
	return false
}

// symbolsBelow returns the test whether a cell is a symbol: of the alphabet if
// that is given, else of the chosen columns below the first row.
func (t *table) symbolsBelow(choose func(column int) bool) func(cell string) bool {
	if t.known != nil {
		return t.known
	}
	seen := map[string]bool{}
	for i := 1; i < t.count(); i++ {
		for column, cell := range t.row(i) {
			if choose(column) {
				seen[cell] = true
			}
		}
	}
	return func(cell string) bool { return cell != "" && seen[cell] }
}

// equalSteps reports whether the cells are at least three numbers that grow in
// equal steps.
func equalSteps(cells []string) bool {
	if len(cells) < 3 {
		return false
	}
	var previous, step float64
	for i, cell := range cells {
		x, err := number(cell)
		if err != nil || i > 0 && x <= previous || i > 1 && x-previous != step {
			return false
		}
		previous, step = x, x-previous
	}
	return true
}

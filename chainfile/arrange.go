package chainfile

import (
	"fmt"
	"slices"
	"strings"

	"markovicl/internal/plural"
)

// checkStates refuses columns of dates or names among the states, unless an
// option named them.
func (t *table) checkStates(opts Options) error {
	if t.known != nil || opts.Column != "" {
		return nil
	}
	const few = 5 // rows of which nothing can be said
	if t.column >= 0 {
		cells := t.below(t.column)
		if t.width > 1 && dated(cells) {
			return t.notStates(t.column, "dates, not states", "give it as `time`, and the states as `column`")
		}
		if n := different(cells, t.missing); len(cells) > 2*few && 10*n > 9*len(cells) {
			return t.notStates(t.column, fmt.Sprintf("%d different values in %d rows, too many for states", n, len(cells)), "group them into few states, or name another column with `column`, or this one if it is right")
		}
		return nil
	}
	columns := t.states
	if columns == nil {
		columns = t.rest()
	}
	if opts.Columns != "" || len(columns) < 2 {
		return nil
	}
	for _, k := range columns {
		cells := t.below(k)
		if dated(cells) && !t.overlapAny(k, columns) {
			return t.notStates(k, "dates, not states", "give it as `time` with the states as `column`, as `id` if it names the rows, or name the states with `columns` FROM:TO")
		}
		if n := different(cells, t.missing); len(cells) >= few && 10*n > 9*len(cells) && !t.overlapAny(k, columns) && t.otherwiseFew(k, columns) {
			return t.notStates(k, fmt.Sprintf("%d different values in %d rows that occur in no other column: names, not states", n, len(cells)), "give it as `id`, or name the states with `columns` FROM:TO")
		}
	}
	return nil
}

func (t *table) notStates(column int, what, remedy string) error {
	line, place := t.place(t.rows[0] + min(column, len(t.row(0))-1))
	return &Error{File: t.file, Line: line, Column: place, Err: ErrColumns,
		Detail: fmt.Sprintf("column %s holds %s", t.title(column), what), Remedy: remedy}
}

func (t *table) overlapAny(column int, columns []int) bool {
	return slices.ContainsFunc(columns, func(k int) bool { return k != column && t.overlap(k, column) })
}

// otherwiseFew reports whether another column has values that come again.
func (t *table) otherwiseFew(column int, columns []int) bool {
	return slices.ContainsFunc(columns, func(k int) bool { return k != column && !t.distinct(k) })
}

// different counts the different values that are not missing.
func different(cells []string, missing map[string]bool) int {
	seen := map[string]bool{}
	for _, cell := range cells {
		if !missing[cell] {
			seen[cell] = true
		}
	}
	return len(seen)
}

// arrange puts the rows of series in order: by their names, each in the order of
// its first row, and within a name by their times.
func (t *table) arrange(s *Sequences, opts Options) error {
	if t.column < 0 {
		return nil
	}
	t.grouped = len(t.id) > 0 && (opts.ID != "" && len(t.id) > 1 || t.repeats())
	var names []string // in the order of their first rows
	rows := map[string][]int{}
	for i := t.first; i < t.count(); i++ {
		var key strings.Builder
		if t.grouped {
			for _, k := range t.id {
				key.WriteString(t.cell(i, k) + "\x00")
			}
		}
		name := key.String()
		if rows[name] == nil {
			names = append(names, name)
		}
		rows[name] = append(rows[name], i)
	}
	if t.time >= 0 {
		if err := t.sort(s, rows, opts); err != nil {
			return err
		}
	}
	for _, name := range names {
		t.order = append(t.order, rows[name])
	}
	return nil
}

// sort puts the rows of each name in the order of their times, and notes what
// that changed.
func (t *table) sort(s *Sequences, rows map[string][]int, opts Options) error {
	clock, bad := newClock(t.below(t.time))
	if clock == nil {
		if opts.Time == "" { // recognised by its name only: steps in words
			t.time = -1
			return nil
		}
		row := t.first + bad
		line, column := t.place(t.rows[row] + min(t.time, len(t.row(row))-1))
		return &Error{File: t.file, Line: line, Column: column, Err: ErrTime,
			Detail: fmt.Sprintf("%s in column %s is no time like the others: a number, or a date such as 2024-03-01T10:00:05", quoteSymbol(t.cell(row, t.time)), t.title(t.time)),
			Remedy: "mend it, or give `time` none to keep the order of the file"}
	}
	if clock.guess != "" {
		s.note("", "%s", clock.guess)
	}
	var moved, equal int
	for _, list := range rows {
		changed, ties := clock.sorted(shift(list, -t.first))
		if changed {
			moved++
		}
		equal += ties
		shift(list, t.first)
	}
	if moved > 0 {
		what := "the rows were"
		if t.grouped {
			what = fmt.Sprintf("the rows of %d of %s were", moved, plural.Of(len(rows), "name"))
		}
		s.note("`time` none keeps the order of the file", "%s put in the order of column %s", what, t.title(t.time))
	}
	if equal > 0 {
		s.note("", "%s the time of the row before, column %s; rows of equal times keep the order of the file", hasHave(equal, "row"), t.title(t.time))
	}
	return nil
}

// shift adds a number to each of a list in place, for the clock counts the rows
// under the header.
func shift(rows []int, by int) []int {
	for i := range rows {
		rows[i] += by
	}
	return rows
}

func hasHave(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " has"
	}
	return fmt.Sprintf("%d %ss have", n, noun)
}

// roles says what the columns were taken for.
func (t *table) roles() string {
	var parts []string
	if len(t.id) > 0 {
		parts = append(parts, "names in "+t.titles(t.id))
	}
	if t.time >= 0 {
		parts = append(parts, "times in "+t.title(t.time))
	}
	if t.column >= 0 {
		parts = append(parts, "states in "+t.title(t.column))
	}
	return strings.Join(parts, ", ")
}

// remember tells the report about names, times, and columns that were left out.
func (t *table) remember(s *Sequences) {
	bare := func(column int) string { return strings.Trim(t.title(column), `"`) }
	if t.column < 0 || t.grouped {
		var names []string
		for _, k := range t.id {
			names = append(names, bare(k))
		}
		s.id = strings.Join(names, ",")
	}
	if t.time >= 0 && t.column >= 0 {
		s.time = bare(t.time)
	}
	var left []string
	for k := range t.width {
		used := k == t.column || k == t.time && t.column >= 0 || k == t.rowNames || slices.Contains(t.id, k) && s.id != ""
		if t.column < 0 {
			used = used || t.states == nil && k != t.time || slices.Contains(t.states, k)
		}
		if !used {
			left = append(left, bare(k))
		}
	}
	if len(left) > 0 {
		s.skipped[SkippedColumns] = len(left)
		verb := "columns were not used: "
		if len(left) == 1 {
			verb = "column was not used: "
		}
		s.note("", "%d %s%s", len(left), verb, listed(left))
	}
}

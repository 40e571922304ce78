package chainfile

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// clock puts the cells of a column of times in order.
type clock struct {
	words   string                   // what the times are, for notes
	dates   bool                     // not plain numbers
	compare func(row, other int) int // rows by their times
	guess   string                   // a note about a guess, or ""
}

// isoLayouts are dates as ISO 8601 and programs write them; a column may have
// some with seconds and some without. Fractions of a second are read after any
// second.
var isoLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04",
	"2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05 Z0700", "2006-01-02T15:04:05 MST",
	"2006-01-02", "2006/01/02T15:04:05", "2006/01/02T15:04", "2006/01/02", "2006-01-02T15", "2006-01", "20060102T150405", "15:04:05", "15:04",
}

// otherLayouts are tried each on a whole column, in this order; those with day
// and month before the year twice.
var otherLayouts = []string{
	"2/1/2006 15:04:05", "1/2/2006 15:04:05", "2/1/2006 15:04", "1/2/2006 15:04", "2/1/2006", "1/2/2006",
	"1/2/2006 3:04:05 PM", "2/1/2006 3:04:05 PM", "1/2/2006 3:04 PM", "2/1/2006 3:04 PM",
	"2.1.2006 15:04:05", "2.1.2006 15:04", "2.1.2006", "2-1-2006 15:04:05", "2-1-2006 15:04", "2-1-2006", "2/1/06", "1/2/06", "2.1.06",
	"2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2 Jan 2006", "2 January 2006", "2-Jan-2006", "2-Jan-06", "Jan 2, 2006", "January 2, 2006", "Jan 2006",
	"02/Jan/2006:15:04:05 -0700", "Mon Jan 2 15:04:05 2006", "Mon, 02 Jan 2006 15:04:05 MST", "Mon, 02 Jan 2006 15:04:05 -0700", "3:04:05 PM", "3:04 PM",
}

// isoTime reads a date as ISO 8601 writes it.
func isoTime(text string) (time.Time, bool) {
	if len(text) < 5 || text[0] < '0' || text[0] > '9' || !strings.ContainsAny(text[:min(len(text), 9)], "-/:T") {
		return time.Time{}, false
	}
	if len(text) > 10 && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	text = strings.Replace(text, ",", ".", 1)
	for _, layout := range isoLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// newClock reads a column of times: numbers, dates of ISO 8601, or dates of one
// other layout. bad is the first cell that none of these reads, or -1.
func newClock(cells []string) (c *clock, bad int) {
	if integers, ok := readAll(cells, func(s string) (int64, bool) { x, err := strconv.ParseInt(s, 10, 64); return x, err == nil }); ok < 0 {
		return &clock{words: "numbers", compare: func(i, j int) int { return cmp.Compare(integers[i], integers[j]) }}, -1
	}
	numbers, bad := readAll(cells, func(s string) (float64, bool) { x, err := number(s); return x, err == nil })
	if bad < 0 {
		return &clock{words: "numbers", compare: func(i, j int) int { return cmp.Compare(numbers[i], numbers[j]) }}, -1
	}
	dates, badDate := readAll(cells, isoTime)
	if badDate < 0 {
		return &clock{words: "dates", dates: true, compare: func(i, j int) int { return dates[i].Compare(dates[j]) }}, -1
	}
	var found *clock
	var first []time.Time
	for _, layout := range otherLayouts {
		times, at := readAll(cells, func(s string) (time.Time, bool) { t, err := time.Parse(layout, s); return t, err == nil })
		if at >= 0 {
			badDate = max(badDate, at)
			continue
		}
		next := &clock{words: "dates", dates: true, compare: func(i, j int) int { return times[i].Compare(times[j]) }}
		if found == nil {
			found, first = next, times
			continue
		}
		if slices.EqualFunc(first, times, time.Time.Equal) {
			continue
		}
		// Day and month can be told apart by the order of the rows only.
		found.guess = "day and month of the dates can be read either way; they were read as day/month"
		if disorder(next, len(cells)) < disorder(found, len(cells)) {
			next.guess = "day and month of the dates can be read either way; they were read as month/day, which leaves more rows in order"
			found = next
		}
		break
	}
	if found != nil {
		return found, -1
	}
	return nil, max(bad, badDate)
}

// readAll reads every cell, or returns the first that cannot be read.
func readAll[T any](cells []string, read func(string) (T, bool)) (values []T, bad int) {
	values = make([]T, len(cells))
	for i, cell := range cells {
		x, ok := read(cell)
		if !ok {
			return nil, i
		}
		values[i] = x
	}
	return values, -1
}

// disorder counts the rows that come before the row before them.
func disorder(c *clock, rows int) int {
	n := 0
	for i := 1; i < rows; i++ {
		if c.compare(i-1, i) > 0 {
			n++
		}
	}
	return n
}

// sorted puts rows in the order of their times, rows of equal times in the order
// they have, and says whether that changed anything and how many were equal.
func (c *clock) sorted(rows []int) (moved bool, equal int) {
	moved = !slices.IsSortedFunc(rows, c.compare)
	if moved {
		slices.SortStableFunc(rows, c.compare)
	}
	for i := 1; i < len(rows); i++ {
		if c.compare(rows[i-1], rows[i]) == 0 {
			equal++
		}
	}
	return moved, equal
}

// dated reports whether cells look like dates or times of a day: all that are not
// empty, and at least one.
func dated(cells []string) bool {
	seen := false
	for _, cell := range cells {
		if cell == "" {
			continue
		}
		if _, ok := isoTime(cell); !ok && !otherDate(cell) {
			return false
		}
		seen = true
	}
	return seen
}

func otherDate(cell string) bool {
	if len(cell) < 6 || !strings.ContainsAny(cell, "0123456789") {
		return false
	}
	for _, layout := range otherLayouts {
		if _, err := time.Parse(layout, cell); err == nil {
			return true
		}
	}
	return false
}

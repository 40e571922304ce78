package chainfile

import (
	"slices"
	"strconv"
	"strings"
)

// positions reports whether the headers of columns are places in a trajectory:
// numbered names, numbers in equal steps, or numbers and times that grow.
func (t *table) positions(columns []int) bool {
	if t.first == 0 {
		return false
	}
	var heads []string
	stems := map[string]bool{}
	digits := true
	for _, k := range columns {
		head := strings.ToLower(t.row(0)[k])
		heads = append(heads, head)
		stem := strings.TrimRight(head, "0123456789")
		stems[stem] = true
		digits = digits && stem != head
	}
	if digits && len(stems) == 1 || equalSteps(heads) {
		return true
	}
	return len(heads) > 1 && dated(heads)
}

// share reports whether every one of some columns has a symbol in common with
// another.
func (t *table) share(columns []int) bool {
	in := map[string][]int{}
	for _, k := range columns {
		for _, cell := range t.below(k) {
			if list := in[cell]; !t.missing[cell] && (len(list) == 0 || list[len(list)-1] != k) {
				in[cell] = append(list, k)
			}
		}
	}
	sharing := map[int]bool{}
	for _, list := range in {
		if len(list) > 1 {
			for _, k := range list {
				sharing[k] = true
			}
		}
	}
	return len(sharing) == len(columns)
}

// longPattern recognises names, times and states by what two or three columns
// hold, where no header says it: names that come again, times that are numbers
// or dates, differ for each name and come again for others, and states of which
// none is a name. Without times in common two columns may as well be two series.
func (t *table) longPattern() (id []int, time, state int, ok bool) {
	rest := t.rest()
	if t.known != nil || t.first == 1 && t.positions(rest) {
		return nil, 0, 0, false
	}
	rest = append(rest, t.id...)
	if t.time >= 0 {
		rest = append(rest, t.time)
	}
	slices.Sort(rest)
	if len(rest) > 3 || t.count()-t.first < 4 || t.anyLongRow() {
		return nil, 0, 0, false
	}
	apart := func(a, b int) bool { return !t.overlap(a, b) }
	if len(rest) == 2 {
		a, b := rest[0], rest[1]
		if len(t.id) == 0 && t.time < 0 && apart(a, b) && t.runs(a) && !t.distinct(b) {
			return []int{a}, -1, b, true
		}
		return nil, 0, 0, false
	}
	for _, p := range [][3]int{{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {2, 0, 1}, {1, 2, 0}, {2, 1, 0}} {
		name, when, what := rest[p[0]], rest[p[1]], rest[p[2]]
		if t.time >= 0 && when != t.time || len(t.id) > 0 && name != t.id[0] {
			continue
		}
		if t.distinct(name) || t.constant(name) || t.distinct(what) || !apart(name, what) || !apart(when, what) && !t.counts(name, when) {
			continue
		}
		if c, _ := newClock(t.below(when)); c == nil {
			continue
		}
		pairs, times := map[[2]string]bool{}, map[string]bool{}
		for i := t.first; i < t.count(); i++ {
			pairs[[2]string{t.cell(i, name), t.cell(i, when)}] = true
			times[t.cell(i, when)] = true
		}
		if rows := t.count() - t.first; len(pairs) == rows && len(times) < rows && 2*len(times) >= t.longestGroup(name) {
			return []int{name}, when, what, true
		}
	}
	return nil, 0, 0, false
}

// counts reports whether a column counts the rows of each name: 0,1,2.. or
// 1,2,3.. in any order.
func (t *table) counts(name, column int) bool {
	steps := map[string][]int{}
	for i := t.first; i < t.count(); i++ {
		k, err := strconv.Atoi(t.cell(i, column))
		if err != nil {
			return false
		}
		steps[t.cell(i, name)] = append(steps[t.cell(i, name)], k)
	}
	for _, list := range steps {
		slices.Sort(list)
		for k, step := range list {
			if step != list[0]+k || list[0] != 0 && list[0] != 1 {
				return false
			}
		}
	}
	return true
}

func (t *table) longestGroup(column int) int {
	longest, counts := 0, map[string]int{}
	for _, cell := range t.below(column) {
		counts[cell]++
		longest = max(longest, counts[cell])
	}
	return longest
}

// runs reports whether equal cells of a column stand together, some at least
// twice.
func (t *table) runs(column int) bool {
	seen, last := map[string]bool{}, ""
	for i, cell := range t.below(column) {
		if (i == 0 || cell != last) && seen[cell] || cell == "" {
			return false
		}
		seen[cell], last = true, cell
	}
	return len(seen) > 1 && 2*len(seen) <= t.count()-t.first
}

// overlap reports whether two columns have a symbol in common.
func (t *table) overlap(a, b int) bool {
	seen := map[string]bool{}
	for _, cell := range t.below(a) {
		seen[cell] = !t.missing[cell]
	}
	return slices.ContainsFunc(t.below(b), func(cell string) bool { return seen[cell] })
}

// identifies reports whether the first column holds names and not states, by
// what it holds.
func (t *table) identifies() bool {
	if t.rowNames >= 0 {
		return true
	}
	if t.first == 1 {
		if t.row(0)[0] == "" {
			return true
		}
		// t0,t1,t2 are positions of a trajectory, and so are 0,1,2 and 0,0.5,1.
		stem := func(cell string) string { return strings.TrimRight(strings.ToLower(cell), "0123456789") }
		if equalSteps(t.row(0)) || t.width > 1 && stem(t.row(0)[0]) == stem(t.row(0)[1]) {
			return false
		}
	}
	if t.count()-t.first < 2 || !t.distinct(0) {
		return false
	}
	elsewhere := t.known
	if elsewhere == nil {
		seen := map[string]bool{}
		for i := t.first; i < t.count(); i++ {
			for _, cell := range t.row(i)[1:] {
				seen[cell] = true
			}
		}
		elsewhere = func(cell string) bool { return seen[cell] }
	}
	var symbols int
	numbered := true // 0,1,2.. or 1,2,3..
	start := 0.0
	for i := t.first; i < t.count(); i++ {
		cell := t.row(i)[0]
		x, err := number(cell)
		if i == t.first {
			start = x
		}
		if err != nil || start != 0 && start != 1 || x != start+float64(i-t.first) {
			numbered = false
		}
		if elsewhere(cell) {
			symbols++
		}
	}
	rows := t.count() - t.first
	return symbols == 0 || numbered && symbols < rows && rows > 2
}

// distinct reports whether no two cells of a column are equal.
func (t *table) distinct(column int) bool {
	seen := map[string]bool{}
	for _, cell := range t.below(column) {
		if seen[cell] {
			return false
		}
		seen[cell] = true
	}
	return true
}

func (t *table) constant(column int) bool {
	cells := t.below(column)
	return !slices.ContainsFunc(cells, func(cell string) bool { return cell != cells[0] })
}

// repeats reports whether the names of two rows are equal.
func (t *table) repeats() bool {
	seen := map[string]bool{}
	for i := t.first; i < t.count(); i++ {
		var key strings.Builder
		for _, k := range t.id {
			key.WriteString(t.cell(i, k) + "\x00")
		}
		if seen[key.String()] {
			return true
		}
		seen[key.String()] = true
	}
	return false
}

func (t *table) anyLongRow() bool {
	for i := range t.lines {
		if len(t.row(i)) > t.width {
			return true
		}
	}
	return false
}

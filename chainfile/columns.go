package chainfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// understand finds out what the rows and columns of a table are: type table has
// the rules.
func (t *table) understand(s *Sequences, opts Options, symbols *symbols) error {
	t.time, t.column = -1, -1
	t.missing = opts.missing()
	if symbols != nil {
		t.known = func(cell string) bool { return symbols.lookup(cell) >= 0 }
	}
	named := func(column string) bool { _, err := strconv.Atoi(column); return column != "" && err != nil }
	header := t.converted || t.rowNames >= 0 || opts.Header == HeaderYes || opts.Header == HeaderAuto &&
		(named(opts.Column) || named(opts.ID) && !digits(opts.ID) || named(opts.Time) && opts.Time != "none" || !digits(opts.Columns) || t.headed(opts))
	if header && t.count() > 0 && (opts.Header != HeaderNo || t.rowNames >= 0) {
		t.first = 1
	}
	if t.count() == t.first { // nothing but a header; that it holds no symbols is said later
		t.states = []int{}
		return nil
	}
	if err := t.refuseSpells(); err != nil {
		return err
	}
	if err := t.namedColumns(opts); err != nil {
		return err
	}
	if opts.Column != "" {
		t.besideColumn(opts)
	} else if opts.Columns != "" {
		t.besideRange(opts)
	} else if err := t.findColumns(s, opts); err != nil {
		return err
	}
	if err := t.checkStates(opts); err != nil {
		return err
	}
	if err := t.arrange(s, opts); err != nil {
		return err
	}
	t.remember(s)
	return nil
}

// digits reports whether a list of columns has numbers only, or is empty.
func digits(list string) bool { return strings.Trim(list, "0123456789,: ") == "" }

func (t *table) refuseSpells() error {
	if t.first == 0 {
		return nil
	}
	begin, end, ok := spellColumns(t.row(0))
	if !ok || t.width > 6 {
		return nil
	}
	return &Error{File: t.file, Line: t.lines[0], Err: ErrSpells,
		Detail: fmt.Sprintf("the columns %q and %q say that each row is a spell: a state with its beginning and end, not a step", begin, end),
		Remedy: "write one row for each step, as TraMineR's seqformat(from = \"SPELL\", to = \"STS\") does, or name the states with `column` if each spell shall count as one step"}
}

// namedColumns looks up the columns that the options name.
func (t *table) namedColumns(opts Options) (err error) {
	if opts.Column != "" {
		if t.column, err = t.find("column", opts.Column); err != nil {
			return err
		}
	}
	if opts.ID != "" {
		if t.id, err = t.findList("id", opts.ID, false); err != nil {
			return err
		}
	}
	if opts.Time != "" && opts.Time != "none" {
		if t.time, err = t.find("time", opts.Time); err != nil {
			return err
		}
	}
	if opts.Columns != "" {
		if opts.Column != "" {
			return &OptionError{"columns", "`column` names the column of a series and `columns` those of trajectories; give one of them"}
		}
		if t.states, err = t.findList("columns", opts.Columns, true); err != nil {
			return err
		}
	}
	twice := func(option string, column int) error {
		return &Error{File: t.file, Line: t.lines[0], Err: ErrNoColumn,
			Detail: fmt.Sprintf("column %s is named twice, the second time as %s", t.title(column), option), Remedy: "name another one with `" + option + "`"}
	}
	if slices.Contains(t.id, t.column) && t.column >= 0 {
		return twice("column", t.column)
	}
	if t.time >= 0 && (t.time == t.column || slices.Contains(t.id, t.time)) {
		return twice("time", t.time)
	}
	for _, column := range t.states {
		if slices.Contains(t.id, column) || column == t.time {
			return twice("columns", column)
		}
	}
	return nil
}

// find returns the column that an option names.
func (t *table) find(option, name string) (int, error) {
	if t.first == 1 {
		if i := slices.Index(t.row(0), name); i >= 0 {
			return i, nil
		}
		if i := slices.IndexFunc(t.row(0), func(cell string) bool { return strings.EqualFold(cell, name) }); i >= 0 {
			return i, nil
		}
	}
	if k, err := strconv.Atoi(name); err == nil && 1 <= k && k <= t.width {
		return k - 1, nil
	}
	remedy := fmt.Sprintf("the file has no header, so give `%s` as a number from 1 to %d", option, t.width)
	if t.first == 1 {
		remedy = fmt.Sprintf("give `%s` as one of %s or a number from 1 to %d", option, listed(t.row(0)), t.width)
	}
	return 0, &Error{File: t.file, Line: t.lines[0], Err: ErrNoColumn, Detail: fmt.Sprintf("there is no column %q", name), Remedy: remedy}
}

// findList returns the columns of a list of names and, if ranges are allowed, of
// ranges FROM:TO. A name may have a comma or colon in it.
func (t *table) findList(option, list string, ranges bool) (columns []int, err error) {
	if k, err := t.find(option, list); err == nil {
		return []int{k}, nil
	}
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		from, to, isRange := strings.Cut(part, ":")
		if k, err := t.find(option, part); err == nil {
			columns = append(columns, k)
			continue
		} else if !isRange || !ranges {
			return nil, err
		}
		first, last := 0, t.width-1
		if from != "" {
			if first, err = t.find(option, from); err != nil {
				return nil, err
			}
		}
		if to != "" {
			if last, err = t.find(option, to); err != nil {
				return nil, err
			}
		}
		if last < first {
			return nil, &Error{File: t.file, Line: t.lines[0], Err: ErrNoColumn, Detail: fmt.Sprintf("column %q comes after column %q", from, to), Remedy: "give `columns` as FROM:TO in the order of the file"}
		}
		for k := first; k <= last; k++ {
			columns = append(columns, k)
		}
	}
	return columns, nil
}

// byHeader returns the columns whose header a test accepts, those in use apart.
func (t *table) byHeader(test func(string) bool) (columns []int) {
	if t.first == 0 {
		return nil
	}
	for k, cell := range t.row(0) {
		if test(cell) && k != t.column && k != t.time && k != t.rowNames && !slices.Contains(t.id, k) && !slices.Contains(t.states, k) {
			columns = append(columns, k)
		}
	}
	return columns
}

// besideColumn finds the names and times beside a column of states that is
// named: names that come again, so that each has a series.
func (t *table) besideColumn(opts Options) {
	t.findTime(opts)
	if opts.ID == "" {
		for _, k := range t.byHeader(isIDName) {
			if !t.distinct(k) && !t.constant(k) {
				t.id = append(t.id, k)
			}
		}
	}
}

// besideRange finds the names beside columns of states that are named.
func (t *table) besideRange(opts Options) {
	if opts.ID != "" {
		return
	}
	if t.rowNames >= 0 && !slices.Contains(t.states, t.rowNames) {
		t.id = []int{t.rowNames}
	} else if ids := t.byHeader(isIDName); len(ids) > 0 {
		t.id = ids[:1]
	}
}

// findTime finds a column of times by its header, or of dates.
func (t *table) findTime(opts Options) {
	if opts.Time != "" {
		return
	}
	for _, k := range t.byHeader(isTimeName) {
		if c, _ := newClock(t.below(k)); c != nil && !t.numbered(k) {
			t.time = k
			return
		}
	}
	for k := range t.width {
		if k != t.column && k != t.rowNames && !slices.Contains(t.id, k) && !slices.Contains(t.states, k) && dated(t.below(k)) {
			t.time = k
			return
		}
	}
}

// numbered reports whether the header of a column is one of several that differ
// in a number at the end, such as t0,t1,t2 or day1,day2.
func (t *table) numbered(column int) bool {
	head := strings.ToLower(t.row(0)[column])
	stem := strings.TrimRight(head, "0123456789")
	for k, other := range t.row(0) {
		if other = strings.ToLower(other); k != column && stem != other && stem != head && strings.TrimRight(other, "0123456789") == stem {
			return true
		}
	}
	return false
}

// findColumns finds names, times and states where no option names the states.
func (t *table) findColumns(s *Sequences, opts Options) error {
	named := opts.ID == ""
	if named {
		for _, k := range t.byHeader(isIDName) {
			if t.width > 1 && !t.numbered(k) {
				t.id = append(t.id, k)
			}
		}
	}
	if t.width > 1 {
		t.findTime(opts)
	}
	rest := t.rest()
	if named && len(rest) > 1 && (len(t.id) == 0 || t.time < 0) {
		if id, time, state, ok := t.longPattern(); ok {
			t.id, t.time, t.column = id, time, state
			s.note("`column` or `columns` names them otherwise", "names, times and states were recognised by what the columns hold: %s", t.roles())
			return nil
		}
		if len(t.id) == 0 && t.time < 0 && t.identifies() {
			t.id = []int{0}
			rest = t.rest()
		}
	}
	if len(rest) == 0 { // names and times only: what is called so last holds the states
		switch {
		case t.time >= 0 && len(t.id) == 0 && opts.Time == "":
			t.column, t.time = t.time, -1
		case len(t.id) > 0 && opts.ID == "":
			t.column, t.id = t.id[len(t.id)-1], t.id[:len(t.id)-1]
		default:
			return t.doubtful(nil, "no column is left for the states", "name it with `column`")
		}
		return nil
	}
	if len(rest) == 1 && t.count()-t.first > 1 && !t.anyLongRow() {
		t.column = rest[0]
		return t.rowNumbers(opts)
	}
	return t.manyColumns(rest, opts)
}

// rowNumbers leaves out names that tell nothing apart, beside one column of
// states: as many as there are rows.
func (t *table) rowNumbers(opts Options) error {
	if opts.ID != "" {
		return nil
	}
	var repeated []int
	for _, k := range t.id {
		if !t.distinct(k) {
			repeated = append(repeated, k)
		}
	}
	t.id = repeated
	return nil
}

// manyColumns decides between trajectories in rows and series in one of several
// columns.
func (t *table) manyColumns(rest []int, opts Options) error {
	rows := t.count() - t.first
	repeats := len(t.id) > 0 && t.repeats()
	if t.positions(rest) || rows < 2 {
		return nil
	}
	if t.time < 0 && !repeats {
		return nil
	}
	var states []int
	for _, k := range rest {
		if t.first == 1 && isStateName(t.row(0)[k]) {
			states = append(states, k)
		}
	}
	if len(states) == 1 {
		t.column = states[0]
		return t.rowNumbers(opts)
	}
	if t.time < 0 && t.share(rest) { // a name with several trajectories
		return nil
	}
	why := "the rows have times, so each is a step"
	if t.time < 0 {
		why = "names repeat, so each row is a step"
	}
	if t.time >= 0 {
		why = fmt.Sprintf("column %s holds times, so each row is a step", t.title(t.time))
	}
	return t.doubtful(rest, why+", and several columns could hold the states: "+t.titles(rest),
		"name one with `column` (and with `id` what names the sequences), or with `columns` FROM:TO those of a trajectory in each row")
}

func (t *table) doubtful(columns []int, detail, remedy string) error {
	e := &Error{File: t.file, Line: t.lines[0], Err: ErrColumns, Detail: detail, Remedy: remedy}
	if len(columns) > 0 {
		e.Line, e.Column = t.place(t.rows[0] + min(columns[0], len(t.row(0))-1))
	}
	return e
}

// rest returns the columns that are neither names nor times.
func (t *table) rest() (columns []int) {
	for k := range t.width {
		if k != t.time && k != t.rowNames && !slices.Contains(t.id, k) {
			columns = append(columns, k)
		}
	}
	return columns
}

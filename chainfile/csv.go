package chainfile

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Header says whether the first row of a CSV file names its columns.
type Header int

// What can be said about the first row.
const (
	HeaderAuto Header = iota // a header is recognised, see below
	HeaderYes
	HeaderNo
)

var headerNames = []string{"auto", "yes", "no"}

// String returns auto, yes or no.
func (h Header) String() string { return headerNames[h] }

// UnmarshalText reads auto, yes or no.
func (h *Header) UnmarshalText(text []byte) error {
	i := slices.Index(headerNames, string(text))
	if i < 0 {
		return fmt.Errorf("header %q is not known; choose one of %s", text, strings.Join(headerNames, ", "))
	}
	*h = Header(i)
	return nil
}

// table is a CSV file. Fields are separated by commas, tabs or semicolons,
// whichever the first row has most of, and may be quoted (RFC 4180). In a file
// that is not named .csv and has none of these, blanks separate them.
//
// Rows are trajectories, in which empty cells at the end say that a trajectory
// is shorter than others. If there is but one column of states, or if one is
// named, the rows are the steps of a series; if a column of names goes with it
// in which a name comes twice, then of one series for each name.
//
// The first row is a header if a column was named by a word, or if none of its
// cells occurs as a symbol below it, or if its cells are numbers in equal steps
// (0,1,2.. or 1,2,3..) of which one does not occur below.
//
// The first column holds names, not states, if its header says so (id, name,
// time, ..), or if no two of its cells are equal and none of them occurs in
// another column, or if they are 0,1,2.. or 1,2,3.. (three at least) and one does
// not occur in another column. Not so if its header is one of a row of headers
// that are numbered, such as t0,t1,t2.
type table struct {
	data     string
	comma    rune
	comments bool
	cells    []string // all cells, row after row
	rows     []int    // [number of rows + 1] where each row begins in cells
	lines    []int    // [number of rows] line of each row
	width    int      // cells of the first row
	first    int      // first row after the header
	id       int      // column of names, or -1
	column   int      // column of a series, or -1 for trajectories in rows
	grouped  bool     // a series for each name
	known    func(cell string) bool
}

// newTable reads the rows of a CSV file and finds out what its columns are.
// The symbols are nil if the file decides about them.
func newTable(data, name string, opts Options, symbols *symbols) (*table, error) {
	t := &table{data: data, comments: opts.comments(), id: -1, column: -1}
	t.comma = t.delimiter(name)
	if t.comma == 0 {
		t.comma = ','
		if t.blankSeparated(name) {
			t.comma = ' '
		}
	}
	if err := t.read(name, opts.Ragged); err != nil {
		return nil, err
	}
	if symbols != nil {
		t.known = func(cell string) bool { return symbols.lookup(cell) >= 0 }
	}
	named := func(column string) bool { _, err := strconv.Atoi(column); return column != "" && err != nil }
	header := opts.Header == HeaderYes ||
		opts.Header == HeaderAuto && (named(opts.Column) || named(opts.ID) || t.headed(opts))
	if header && t.count() > 0 {
		t.first = 1
	}
	var err error
	if opts.Column != "" {
		if t.column, err = t.find(name, "--column", opts.Column); err != nil {
			return nil, err
		}
	}
	if opts.ID != "" {
		if t.id, err = t.find(name, "--id", opts.ID); err != nil {
			return nil, err
		}
		if t.id == t.column {
			return nil, &Error{File: name, Line: 1, Err: ErrNoColumn,
				Detail: fmt.Sprintf("--id and --column both name column %d; they must differ", t.id+1)}
		}
	} else if t.column < 0 && t.width > 1 && t.identifies() {
		t.id = 0
	}
	if t.column < 0 { // a single column of states is a series
		if states := t.width - min(1, t.id+1); states == 1 && (t.count()-t.first > 1) && !t.anyLongRow() {
			t.column = 0
			if t.id == 0 {
				t.column = 1
			}
		}
	}
	t.grouped = t.column >= 0 && t.id >= 0 && !t.distinct(t.id)
	return t, nil
}

// delimiter finds what separates the fields: whichever of comma, tab and
// semicolon the first row has most of outside quotes, 0 if it has none.
func (t *table) delimiter(name string) rune {
	if strings.HasSuffix(strings.ToLower(name), ".tsv") {
		return '\t'
	}
	for line := range lines(t.data) {
		if strings.TrimSpace(line.text) == "" || t.comments && line.text[0] == '#' {
			continue
		}
		counts := map[rune]int{}
		quoted := false
		for _, r := range line.text {
			if r == '"' {
				quoted = !quoted
			} else if !quoted {
				counts[r]++
			}
		}
		most := slices.MaxFunc([]rune{',', '\t', ';'}, func(a, b rune) int { return cmp.Compare(counts[a], counts[b]) })
		if counts[most] > 0 {
			return most
		}
		break
	}
	return 0
}

// blankSeparated reports whether a file not named .csv has the same number of
// words, two or more, on every line.
func (t *table) blankSeparated(name string) bool {
	if strings.EqualFold(filepath.Ext(name), ".csv") {
		return false
	}
	width := 0
	for line := range lines(t.data) {
		n := len(strings.Fields(line.text))
		if n == 0 || t.comments && line.text[0] == '#' {
			continue
		}
		if n < 2 || width > 0 && n != width {
			return false
		}
		width = n
	}
	return width > 0
}

func (t *table) reader() *csv.Reader {
	r := csv.NewReader(strings.NewReader(t.data))
	r.Comma = t.comma
	if t.comments {
		r.Comment = '#'
	}
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = t.comma != '\t'
	r.ReuseRecord = true
	return r
}

// read fills cells, rows and lines.
func (t *table) read(name string, ragged bool) error {
	r := t.reader()
	t.rows = []int{0}
	for {
		record, err := r.Read()
		if err == io.EOF {
			return nil
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			line, column := t.character(parse.Line, parse.Column)
			return &Error{File: name, Line: line, Column: column, Err: parse.Err,
				Detail: strings.TrimPrefix(parse.Err.Error(), "csv: ") + `; write a quote inside quotes as ""`}
		}
		if err != nil {
			return &Error{File: name, Detail: err.Error(), Err: err}
		}
		line, _ := r.FieldPos(0)
		if blankRow(record) && len(record) == 1 {
			continue
		}
		if t.comma == ' ' && record[len(record)-1] == "" { // blanks at the end of the line
			record = record[:len(record)-1]
		}
		if len(t.lines) == 0 {
			t.width = len(record)
		} else if len(record) != t.width && !ragged {
			at, column := r.FieldPos(min(len(record)-1, t.width))
			at, column = t.character(at, column)
			return &Error{File: name, Line: at, Column: column, Err: ErrRagged,
				Detail: fmt.Sprintf("the row has %s, the first row has %d; fill up short rows with empty cells, or add --ragged", count(len(record), "cell"), t.width)}
		}
		for _, cell := range record {
			t.cells = append(t.cells, strings.TrimSpace(cell))
		}
		t.rows = append(t.rows, len(t.cells))
		t.lines = append(t.lines, line)
	}
}

func blankRow(record []string) bool {
	return !slices.ContainsFunc(record, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// character turns a column that counts bytes, as package csv has it, into one
// that counts characters.
func (t *table) character(line, column int) (int, int) {
	for l := range lines(t.data) {
		if l.number == line {
			return placeOf(t.data, l.start+min(column-1, len(l.text)))
		}
	}
	return line, column
}

func (t *table) count() int { return len(t.lines) }

func (t *table) row(i int) []string { return t.cells[t.rows[i]:t.rows[i+1]] }

func (t *table) anyLongRow() bool {
	for i := range t.lines {
		if len(t.row(i)) > t.width {
			return true
		}
	}
	return false
}

// headed reports whether the first row looks like a header.
func (t *table) headed(opts Options) bool {
	if t.count() < 2 {
		return false
	}
	top := t.row(0)
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
		if below(cell) || cell == "" && column > 0 || named[cell] {
			return false
		}
		named[cell] = true
		if _, err := number(cell); err != nil {
			allNumbers = false
		}
	}
	if !allNumbers {
		return true
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

// idNames are headers of columns that hold names or times, not states.
var idNames = []string{"", "id", "name", "key", "index", "label", "row", "record", "sequence", "trajectory", "chain",
	"sample", "subject", "patient", "user", "person", "animal", "time", "date", "t", "#"}

// identifies reports whether the first column holds names and not states.
func (t *table) identifies() bool {
	if t.first == 1 {
		head := strings.ToLower(t.row(0)[0])
		if slices.Contains(idNames, head) || strings.HasSuffix(head, "_id") || strings.HasSuffix(head, " id") {
			return true
		}
		// t0,t1,t2 are positions of a trajectory, and so are 0,1,2 and 0,0.5,1.
		stem := func(cell string) string { return strings.TrimRight(cell, "0123456789") }
		if equalSteps(t.row(0)) || t.width > 1 && stem(head) == stem(strings.ToLower(t.row(0)[1])) {
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
	for i := t.first; i < t.count(); i++ {
		cell := t.cell(i, column)
		if seen[cell] {
			return false
		}
		seen[cell] = true
	}
	return true
}

// cell returns a cell, "" where a ragged row has none.
func (t *table) cell(row, column int) string {
	if cells := t.row(row); column < len(cells) {
		return cells[column]
	}
	return ""
}

// find returns the column that a flag names.
func (t *table) find(file, flag, name string) (int, error) {
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
	if t.count() == 0 {
		return -1, nil // an empty file has an error of its own
	}
	have := fmt.Sprintf("the file has no header; give a number from 1 to %d", t.width)
	if t.first == 1 {
		have = fmt.Sprintf("the first row has %q; give one of these or a number from 1 to %d", t.row(0), t.width)
	}
	return 0, &Error{File: file, Line: t.lines[0], Err: ErrNoColumn, Detail: fmt.Sprintf("there is no column %q (%s): %s", name, flag, have)}
}

func (t *table) walk(begin func(string), symbol func(string, int, int) error) error {
	step := func(row int) error {
		at := min(t.column, len(t.row(row))-1) // a ragged row may have no such cell
		return symbol(t.cell(row, t.column), t.lines[row], t.rows[row]+at)
	}
	switch {
	case t.grouped:
		var names []string // in the order of their first rows
		rows := map[string][]int{}
		for i := t.first; i < t.count(); i++ {
			name := t.cell(i, t.id)
			if rows[name] == nil {
				names = append(names, name)
			}
			rows[name] = append(rows[name], i)
		}
		for _, name := range names {
			begin(name)
			for _, row := range rows[name] {
				if err := step(row); err != nil {
					return err
				}
			}
		}
	case t.column >= 0:
		begin("")
		for i := t.first; i < t.count(); i++ {
			if err := step(i); err != nil {
				return err
			}
		}
	default:
		for i := t.first; i < t.count(); i++ {
			name := ""
			if t.id >= 0 {
				name = t.cell(i, t.id)
			}
			begin(name)
			cells := t.row(i)
			end := len(cells)
			for end > 0 && (cells[end-1] == "" || end-1 == t.id) {
				end--
			}
			for k, cell := range cells[:end] {
				if k == t.id {
					continue
				}
				if err := symbol(cell, t.lines[i], t.rows[i]+k); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// place reads the file again up to a cell, which only an error needs.
func (t *table) place(ref int) (line, column int) {
	row, exact := slices.BinarySearch(t.rows, ref)
	if !exact {
		row--
	}
	r := t.reader()
	for range row + 1 {
		for {
			record, err := r.Read()
			if err != nil {
				return t.lines[row], 0
			}
			if !(blankRow(record) && len(record) == 1) {
				break
			}
		}
	}
	return t.character(r.FieldPos(ref - t.rows[row]))
}

func (t *table) size() int { return len(t.cells) }

func (t *table) reading() (words string, strict bool) {
	words = "CSV"
	if t.first == 1 {
		words += " with a header"
	}
	column := func(i int) string {
		if t.first == 1 && t.row(0)[i] != "" {
			return strconv.Quote(t.row(0)[i])
		}
		return strconv.Itoa(i + 1)
	}
	switch {
	case t.grouped:
		return fmt.Sprintf("%s, a series in column %s for each name in column %s", words, column(t.column), column(t.id)), false
	case t.column >= 0:
		return fmt.Sprintf("%s, one series in column %s", words, column(t.column)), false
	case t.id >= 0:
		return fmt.Sprintf("%s, one trajectory a row, names in column %s", words, column(t.id)), true
	}
	return words + ", one trajectory a row", true
}

package chainfile

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"markovicl/internal/plural"
)

// table is a table of cells: a CSV file, or objects of JSON. Cells are separated
// by commas, tabs, semicolons or bars, whichever the first row has most of, or by
// what a first line "sep=;" says, and may be quoted (RFC 4180). In a file that is
// not named .csv and has none of these, blanks separate them.
//
// # Header
//
// The first row is a header if a column was named by a word, or if it holds a
// name of a column of names, times or states (names.go lists them) and nothing
// that occurs below it, or if none of its cells occurs as a symbol below it, or if
// its cells are numbers in equal steps (0,1,2.. or 1,2,3..) of which one does not
// occur below; it is one, too, if it is a cell short, as R's write.table writes
// it.
//
// # Columns
//
// Columns of names (id) and of times are those whose header says so, and columns
// of dates are times. Without such a header the first column holds names if no
// two of its cells are equal and none of them occurs in another column, or if
// they are 0,1,2.. or 1,2,3.. (three at least) and one does not occur in another
// column, but not if its header is one of a row of headers that are numbered, such
// as t0,t1,t2. Row numbers are names, too.
//
// If one column is left, it holds the states: the rows of equal names are one
// series, in the order of their times. If several are left, rows are
// trajectories; but where rows have times, or the names repeat, and one of the
// columns is called state, status, event or alike, that one holds the states.
// What remains doubtful is refused with the names of the columns: times beside
// several columns, dates or names among states.
type table struct {
	file      string
	data      string
	comma     rune
	hashes    bool
	skipped   int        // lines that are comments
	cells     []string   // all cells, row after row
	at        []position // [len(cells)] where each stands
	rows      []int      // [number of rows + 1] where each row begins in cells
	lines     []int      // [number of rows] line of each row
	breaks    []bool     // [number of rows] a blank line stands before it
	width     int        // cells of the first row
	first     int        // first row after the header
	rowNames  int        // column of R's row names, or -1
	id        []int      // columns of names
	time      int        // column of times, or -1
	column    int        // column of a series, or -1 for trajectories in rows
	states    []int      // columns of a trajectory in rows
	grouped   bool       // a series for each name
	clock     *clock
	known     func(cell string) bool // symbols of the alphabet or of classes; nil if the file decides
	missing   map[string]bool
	order     [][]int // [series][] the rows of each in their order; nil for trajectories in rows
	converted bool    // the table was JSON
	offsets   []int   // [len(cells)] where each cell stands in JSON
}

// position is where a cell stands, in bytes.
type position struct{ line, column int32 }

// newTable reads the rows of a CSV file and finds out what its columns are.
// The symbols are nil if the file decides about them.
func newTable(data string, s *Sequences, opts Options, symbols *symbols) (*table, error) {
	if err := checkUTF8(data, s.File); err != nil {
		return nil, err
	}
	t := &table{file: s.File, data: data, hashes: opts.hashes()}
	if err := t.dialect(opts); err != nil {
		return nil, err
	}
	if err := t.read(opts.Ragged); err != nil {
		return nil, err
	}
	return t, t.understand(s, opts, symbols)
}

// dialect finds what separates the cells.
func (t *table) dialect(opts Options) error {
	for line := range lines(t.data) { // Excel's first line
		if r := separatorLine(line.text); r != 0 {
			t.comma = r
			t.data = strings.Repeat(" ", len(line.text)) + t.data[len(line.text):]
		}
		break
	}
	if opts.Separator != "" {
		r := []rune(separatorOf(opts.Separator))
		if len(r) != 1 || r[0] == '"' || r[0] == '\n' || r[0] == '\r' {
			return &OptionError{"separator", fmt.Sprintf("%q cannot separate the cells of a table; give one character, or tab, blank, comma, semicolon or bar", opts.Separator)}
		}
		t.comma = r[0]
	}
	if t.comma == 0 {
		t.comma = t.delimiter()
	}
	if t.comma == 0 {
		t.comma = ','
		if t.blankSeparated() {
			t.comma = ' '
		}
	}
	return nil
}

// delimiters are tried in this order where a row has as many of each.
var delimiters = []rune{',', '\t', ';', '|'}

// delimiter finds what separates the fields: whichever of comma, tab, semicolon
// and bar the first row has most of outside quotes, 0 if it has none.
func (t *table) delimiter() rune {
	switch extension(t.file) {
	case ".tsv", ".tab":
		return '\t'
	case ".psv":
		return '|'
	}
	for line := range lines(t.data) {
		if strings.TrimSpace(line.text) == "" || t.hashes && commentAt(line.text, 0) {
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
		best := rune(0)
		for _, r := range delimiters {
			if counts[r] > counts[best] {
				best = r
			}
		}
		return best
	}
	return 0
}

// blankSeparated reports whether a file not named .csv has the same number of
// words, two or more, on every line; the first may have one less.
func (t *table) blankSeparated() bool {
	if extension(t.file) == ".csv" {
		return false
	}
	first, width, rows := 0, 0, 0
	for line := range lines(t.data) {
		n := len(strings.Fields(line.text))
		if n == 0 || t.hashes && commentAt(line.text, 0) {
			continue
		}
		rows++
		if rows == 1 {
			first = n
			continue
		}
		if width > 0 && n != width {
			return false
		}
		width = n
	}
	if rows == 1 {
		return first > 1
	}
	return width > 1 && (first == width || first == width-1)
}

// withoutComments returns the text with its comment lines empty, so that lines
// keep their numbers, and which lines these are.
func (t *table) withoutComments() (data string, lineIs map[int]bool) {
	if !t.hashes || !strings.HasPrefix(t.data, "#") && !strings.Contains(t.data, "\n#") {
		return t.data, nil
	}
	var b strings.Builder
	lineIs = map[int]bool{}
	quoted, end := false, 0
	for line := range lines(t.data) {
		if !quoted && line.text != "" && commentAt(line.text, 0) {
			b.WriteString(t.data[end:line.start])
			end = line.start + len(line.text)
			lineIs[line.number] = true
			continue
		}
		if strings.Count(line.text, `"`)%2 == 1 {
			quoted = !quoted
		}
	}
	b.WriteString(t.data[end:])
	t.skipped = len(lineIs)
	return b.String(), lineIs
}

// read fills cells, rows and lines.
func (t *table) read(ragged bool) error {
	data, commentLines := t.withoutComments()
	r := csv.NewReader(strings.NewReader(data))
	r.Comma = t.comma
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = t.comma != '\t'
	r.ReuseRecord = true
	t.rows = []int{0}
	blank := t.blankLines(commentLines)
	uneven := -1
	for {
		from := r.InputOffset()
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			line, column := t.character(parse.Line, parse.Column)
			return &Error{File: t.file, Line: line, Column: column, Err: parse.Err,
				Detail: strings.TrimPrefix(parse.Err.Error(), "csv: "), Remedy: `write a quote inside quotes as ""`}
		}
		if err != nil {
			return &Error{File: t.file, Detail: err.Error(), Err: err}
		}
		line, _ := r.FieldPos(0)
		if len(record) == 1 && strings.TrimSpace(record[0]) == "" && !strings.Contains(data[from:r.InputOffset()], `"`) {
			continue
		}
		if t.comma == ' ' && record[len(record)-1] == "" { // blanks at the end of the line
			record = record[:len(record)-1]
		}
		if len(t.lines) == 0 {
			t.width = len(record)
		} else if len(record) != t.width && uneven < 0 {
			uneven = len(t.lines)
		}
		for k, cell := range record {
			t.cells = append(t.cells, strings.TrimSpace(cell))
			l, c := r.FieldPos(k)
			t.at = append(t.at, position{int32(l), int32(c)})
		}
		t.rows = append(t.rows, len(t.cells))
		t.lines = append(t.lines, line)
		t.breaks = append(t.breaks, blank(line))
	}
	t.rowNames = -1
	if uneven == 1 && t.shortHeader() {
		t.lengthenHeader()
		return nil
	}
	if uneven >= 0 && !ragged {
		n := len(t.row(uneven))
		line, column := t.place(t.rows[uneven] + min(n-1, t.width))
		return &Error{File: t.file, Line: line, Column: column, Err: ErrRagged,
			Detail: fmt.Sprintf("the row has %s, the first row has %d", plural.Of(n, "cell"), t.width),
			Remedy: "fill up short rows with empty cells, or add `ragged`"}
	}
	return nil
}

// lengthenHeader gives R's header a name for the row names, "".
func (t *table) lengthenHeader() {
	t.cells = slices.Insert(t.cells, 0, "")
	t.at = slices.Insert(t.at, 0, t.at[0])
	for i := 1; i < len(t.rows); i++ {
		t.rows[i]++
	}
	t.width++
	t.rowNames = 0
}

// blankLines returns a function that tells whether a blank line stands right
// before a record, comments aside. It must be asked in the order of the lines.
func (t *table) blankLines(commentLines map[int]bool) func(line int) bool {
	var blank []int
	for line := range lines(t.data) {
		if strings.TrimSpace(line.text) == "" && !commentLines[line.number] && !(line.number == 1 && len(line.text) > 0) {
			blank = append(blank, line.number)
		}
	}
	return func(line int) bool {
		before := false
		for len(blank) > 0 && blank[0] < line {
			before, blank = true, blank[1:]
		}
		return before
	}
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

// cell returns a cell, "" where a ragged row has none.
func (t *table) cell(row, column int) string {
	if cells := t.row(row); column < len(cells) {
		return cells[column]
	}
	return ""
}

// below returns the cells of a column under the header.
func (t *table) below(column int) []string {
	cells := make([]string, 0, t.count())
	for i := t.first; i < t.count(); i++ {
		cells = append(cells, t.cell(i, column))
	}
	return cells
}

func (t *table) place(ref int) (line, column int) {
	if t.converted {
		return placeOf(t.data, t.offsets[ref])
	}
	at := t.at[ref]
	return t.character(int(at.line), int(at.column))
}

func (t *table) size() int { return len(t.cells) }

func (t *table) running() bool { return false }

func (t *table) comments() int { return t.skipped }

// title names a column for people.
func (t *table) title(column int) string {
	if t.first == 1 && column < len(t.row(0)) && t.row(0)[column] != "" {
		return strconv.Quote(t.row(0)[column])
	}
	return strconv.Itoa(column + 1)
}

func (t *table) titles(columns []int) string {
	var list []string
	for _, c := range columns {
		list = append(list, t.title(c))
	}
	return strings.Join(list, " and ")
}

func (t *table) reading() (words string, strict bool) {
	words = "CSV"
	switch {
	case t.converted:
		words = "JSON objects"
	case t.first == 1:
		words += " with a header"
	}
	ordered := ""
	if t.column >= 0 && t.time >= 0 {
		ordered = fmt.Sprintf(", in the order of column %s", t.title(t.time))
	}
	names := "column"
	if len(t.id) > 1 {
		names = "columns"
	}
	switch {
	case t.grouped:
		return fmt.Sprintf("%s, a series in column %s for each name in %s %s%s", words, t.title(t.column), names, t.titles(t.id), ordered), false
	case t.column >= 0:
		return fmt.Sprintf("%s, one series in column %s%s", words, t.title(t.column), ordered), false
	case len(t.id) > 0:
		return fmt.Sprintf("%s, one trajectory a row, names in %s %s", words, names, t.titles(t.id)), true
	}
	return words + ", one trajectory a row", true
}

// Package chainfile reads the files in which people keep sequences of states,
// cuts chains from them, and says what it made of them.
//
// [Read] turns a file (FASTA, a text with one chain a line, a table) into
// [Sequences]; [Sequences.Windows] cuts them into chains of d+1 states, from
// which [Windows.Prompt] draws prompts. An [Error] names the place in the file
// and the remedy.
//
// Where to read what:
//
//   - chainfile.go: Options, Read, Sequences, errors, and lines of text
//   - csv.go, fasta.go: the other formats
//   - symbols.go: what is a state
//   - window.go: chains cut from sequences, and prompts drawn from them
package chainfile

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"markovicl/markov"
)

// Format is the format of a chain file.
type Format int

// The formats of chain files.
const (
	FormatAuto  Format = iota // recognised as Read says
	FormatText                // one chain a line
	FormatFASTA               // records that begin with a line ">name"
	FormatCSV                 // one trajectory a row, or a series in a column
)

var formatNames = []string{"auto", "text", "fasta", "csv"}

// String returns the format's name: auto, text, fasta or csv.
func (f Format) String() string { return formatNames[f] }

// UnmarshalText reads a format's name.
func (f *Format) UnmarshalText(text []byte) error {
	i := slices.Index(formatNames, string(text))
	if i < 0 {
		return fmt.Errorf("format %q is not known; choose one of %s", text, strings.Join(formatNames, ", "))
	}
	*f = Format(i)
	return nil
}

// Options says how a chain file is read. The zero value recognises the
// format and finds the states in the file.
type Options struct {
	Format Format

	// Alphabet lists the states in order; nil finds them in the file. Any other
	// symbol is an error. Not together with Classes.
	Alphabet []string

	// Classes maps single characters to states, in the order of the classes.
	// Characters in no class are removed and their neighbours become neighbours.
	// Nothing is a comment then (but the header lines of FASTA remain headers).
	Classes []Class

	// SkipUnknown cuts a sequence at unknown and missing symbols where there
	// would be an error otherwise.
	SkipUnknown bool

	// JoinLines reads a text as one sequence, for prose whose lines are broken
	// at a margin. Without it every line is a chain of its own.
	JoinLines bool

	// Ragged accepts rows of a CSV file that differ in length, and leaves out
	// lines and rows that are too short for a chain; see [Sequences.Windows].
	Ragged bool

	// Column names the column of a CSV file that holds a series, by its header
	// or by its number from 1; empty for trajectories in rows.
	Column string

	// ID names the column of a CSV file that holds the names of trajectories,
	// by its header or by its number from 1; empty finds it. With Column the
	// rows of equal ID make up a series each.
	ID string

	// Header says whether the first row of a CSV file names its columns.
	Header Header
}

// Sequences is what a chain file holds: the names of the states and sequences
// of states, none of them empty.
type Sequences struct {
	File    string     // name of the file, for messages
	Format  Format     // never FormatAuto
	Reading string     // how the file was read, in words
	Labels  []string   // [S] name of each state
	List    []Sequence // in the order of the file

	symbols *symbols
	strict  bool // a sequence too short for a chain is an error
}

// Sequence is one run of states of a chain file: a FASTA record, a line, a row,
// a series, or a piece of one that was cut at an unknown symbol.
type Sequence struct {
	Name   string         // name of the record or trajectory, "" if it has none
	Line   int            // line of the first state, from 1
	States []markov.State // at least one
}

// Len returns the number of states in all sequences together.
func (s *Sequences) Len() int {
	var n int
	for _, q := range s.List {
		n += len(q.States)
	}
	return n
}

// String says in one line what was read, and how.
func (s *Sequences) String() string {
	return fmt.Sprintf("%s: %s; %s with %s of %s %s", s.File, s.Reading,
		count(len(s.List), "sequence"), count(s.Len(), "symbol"), count(len(s.Labels), "state"), s.symbols.show())
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// The causes of a [Error]; ask for them with [errors.Is]. Bad quotes in a
// CSV file have the causes of package encoding/csv.
var (
	ErrEmpty         = errors.New("no symbols")
	ErrUnknownSymbol = errors.New("unknown symbol")
	ErrNotText       = errors.New("not text")
	ErrRagged        = errors.New("rows of unequal length")
	ErrNoColumn      = errors.New("no such column")
	ErrOneState      = errors.New("only one state")
	ErrManyStates    = errors.New("too many states")
	ErrShort         = errors.New("too short for a chain")
	ErrFewChains     = errors.New("too few chains")
)

// Error says what is wrong with a chain file, where, and what to do about
// it. [Read] and the methods of [Sequences] and [Windows] return it as
// *Error.
type Error struct {
	File   string
	Line   int    // from 1; 0 where the whole file is at fault
	Column int    // in characters, from 1; 0 where the whole line is at fault
	Detail string // a sentence, with the remedy after a semicolon
	Err    error  // the cause, one of the values above or of encoding/csv, or an error of the reader
}

// Error returns "FILE, line L, column C: DETAIL".
func (e *Error) Error() string {
	place := e.File
	if e.Line > 0 {
		place += fmt.Sprintf(", line %d", e.Line)
	}
	if e.Column > 0 {
		place += fmt.Sprintf(", column %d", e.Column)
	}
	return place + ": " + e.Detail
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Read reads a chain file from r. The name stands in messages, and its
// ending tells CSV. Errors about the file are of type [*Error].
//
// Three formats are read. FASTA is recognised by '>' as the first character:
// the lines of a record are joined, and case does not matter. If the letters
// look like nucleotides, only A, C, G and T (or U) are states, and N is an
// error; else, as in proteins, the letters and digits that occur are.
//
//	>NC_001416.1 Enterobacteria phage lambda
//	GGGCGGCGACCTCGCGGGTTTTCGCTATTTATGAAAATTTTCC
//	GGTTTAAGGCGTTTCCG
//
// Text has one chain a line. If there is a blank, tab or comma between symbols
// anywhere in the file, these separate symbols; else each character is one. If
// no line holds more than one symbol, the lines are the steps of one series.
//
//	sun sun rain sun     # a comment
//	rain, rain, sun
//
// CSV is recognised by the name (.csv, .tsv) or by the options Column and ID.
// It has one trajectory a row, or one series in a column; a header and a column
// of names are recognised, and empty cells at the end of a row mean nothing.
//
//	id,monday,tuesday,wednesday        time,weather
//	Paris,sun,sun,rain                 0,sun
//	London,rain,rain,                  1,rain
//
// In all of them lines end in LF, CR LF or CR, a byte order mark is skipped,
// blank lines mean nothing, and '#' begins a comment at the start of a line and,
// in text, after a blank. The text is UTF-8. States are the symbols that occur,
// in the order of their numbers if all are numbers, else of their bytes, unless
// an alphabet or classes of characters say otherwise.
func Read(r io.Reader, name string, opts Options) (*Sequences, error) {
	symbols, err := opts.symbols()
	if err != nil {
		return nil, err
	}
	data, err := readText(r, name)
	if err != nil {
		return nil, err
	}
	s := &Sequences{File: name, Format: opts.format(name, data), symbols: symbols}

	var src source
	switch s.Format {
	case FormatFASTA:
		src = newFASTA(data, opts)
	case FormatCSV:
		src, err = newTable(data, name, opts, symbols)
	default:
		src = newLines(data, opts)
	}
	if err != nil {
		return nil, err
	}
	if symbols == nil {
		if s.symbols, err = findSymbols(src, name); err != nil {
			return nil, err
		}
	} else if s.Format == FormatFASTA {
		s.symbols.fold()
	}
	s.Labels = s.symbols.labels
	s.Reading, s.strict = src.reading()
	s.strict = s.strict && !opts.Ragged && !opts.SkipUnknown && opts.Classes == nil
	if err := s.collect(src, opts); err != nil {
		return nil, err
	}
	return s, s.check()
}

// format decides the format of a file. Options come first, then the name, then
// the contents.
func (o Options) format(name, data string) Format {
	if o.Format != FormatAuto {
		return o.Format
	}
	ext := strings.ToLower(filepath.Ext(name))
	if o.Column != "" || o.ID != "" || ext == ".csv" || ext == ".tsv" {
		return FormatCSV
	}
	for line := range lines(data) {
		text := strings.TrimSpace(line.text)
		if text == "" || o.Classes == nil && (text[0] == '#' || text[0] == ';') {
			continue
		}
		if text[0] == '>' {
			return FormatFASTA
		}
		break
	}
	return FormatText
}

// readText reads a whole file. Sequences of states take as much memory as the
// text itself, so nothing is gained by reading it in parts.
func readText(r io.Reader, name string) (string, error) {
	var b strings.Builder
	if _, err := io.Copy(&b, r); err != nil {
		return "", &Error{File: name, Detail: err.Error(), Err: err}
	}
	data := b.String()
	var kind, remedy string
	switch {
	case strings.HasPrefix(data, "\x1f\x8b"):
		kind, remedy = "a gzip archive", "unpack it first"
	case strings.HasPrefix(data, "\xff\xfe"), strings.HasPrefix(data, "\xfe\xff"):
		kind, remedy = "UTF-16", "convert it to UTF-8"
	case strings.HasPrefix(data, "PK\x03\x04"):
		kind, remedy = "a zip archive or a spreadsheet", "unpack it, or save the sheet as CSV"
	}
	if kind != "" {
		return "", &Error{File: name, Line: 1, Column: 1, Err: ErrNotText,
			Detail: fmt.Sprintf("the file is %s, not text; %s", kind, remedy)}
	}
	data = strings.TrimPrefix(data, "\ufeff")
	if strings.Contains(data, "\r") && !strings.Contains(data, "\n") {
		data = strings.ReplaceAll(data, "\r", "\n")
	}
	return data, nil
}

// source is a chain file taken apart into symbols. It is walked twice where
// the states have to be found first.
type source interface {
	// walk calls begin at the start of each sequence and then symbol for each
	// of its symbols ("" where one is missing), in the order of the file, until
	// an error comes back. A ref is what place turns into line and column.
	walk(begin func(name string), symbol func(text string, line, ref int) error) error
	place(ref int) (line, column int)

	size() int                            // an upper bound for the number of symbols
	reading() (words string, strict bool) // how the file is read; whether sequences must be long enough for a chain
}

// span is one line of a file without its end, and where it is.
type span struct {
	text          string
	number, start int // line number from 1, offset of the first byte
}

// lines yields the lines of a text.
func lines(data string) func(yield func(span) bool) {
	return func(yield func(span) bool) {
		for number, start := 1, 0; start < len(data); number++ {
			end := strings.IndexByte(data[start:], '\n')
			next := start + end + 1
			if end < 0 {
				end, next = len(data)-start, len(data)
			}
			text := strings.TrimSuffix(data[start:start+end], "\r")
			if !yield(span{text, number, start}) {
				return
			}
			start = next
		}
	}
}

// placeOf returns line and column of the byte at an offset.
func placeOf(data string, offset int) (line, column int) {
	before := data[:offset]
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}

// textLines is a text file with one chain a line.
type textLines struct {
	data      string
	separated bool // symbols stand between blanks and commas; else each character is one
	series    bool // the lines hold one symbol each, which make up one sequence
	joined    bool // the file is one sequence
	comments  bool
	classes   bool
}

// newLines finds out how the symbols of a text are separated.
func newLines(data string, opts Options) *textLines {
	t := &textLines{data: data, joined: opts.JoinLines, comments: opts.comments(), classes: opts.Classes != nil}
	var filled int
	several := false // symbols on one line
	for line := range lines(data) {
		text := strings.Trim(t.strip(line.text), blanks)
		if text == "" {
			continue
		}
		filled++
		if t.classes || !strings.ContainsAny(text, separators) {
			several = several || utf8.RuneCountInString(text) > 1 && !t.separated
		} else {
			if !t.separated { // what looked like several characters before were one symbol
				t.separated, several = true, false
			}
			several = several || strings.ContainsAny(strings.TrimRight(text, separators), separators)
		}
		if several && (t.separated || t.classes) {
			break
		}
	}
	t.series = filled > 1 && !several
	return t
}

const (
	blanks     = " \t\v\f"
	separators = blanks + ","
)

// strip removes a comment from a line.
func (t *textLines) strip(line string) string {
	if !t.comments {
		return line
	}
	for at := 0; ; at++ {
		i := strings.IndexByte(line[at:], '#')
		if i < 0 {
			return line
		}
		at += i
		if at == 0 || strings.IndexByte(blanks, line[at-1]) >= 0 {
			return line[:at]
		}
	}
}

func (t *textLines) walk(begin func(string), symbol func(string, int, int) error) error {
	join := t.series || t.joined
	if join {
		begin("")
	}
	each := characters
	switch {
	case t.separated:
		each = separatedSymbols
	case t.classes:
		each = allCharacters
	}
	for line := range lines(t.data) {
		if !join {
			begin("")
		}
		line.text = t.strip(line.text)
		if err := each(line, symbol); err != nil {
			return err
		}
	}
	return nil
}

// characters takes each character of a line as a symbol, except blanks.
func characters(line span, symbol func(string, int, int) error) error {
	for i := 0; i < len(line.text); {
		width := 1
		if c := line.text[i]; c >= utf8.RuneSelf {
			_, width = utf8.DecodeRuneInString(line.text[i:])
		} else if c == ' ' || '\t' <= c && c <= '\f' {
			i++
			continue
		}
		if err := symbol(line.text[i:i+width], line.number, line.start+i); err != nil {
			return err
		}
		i += width
	}
	return nil
}

// allCharacters takes each character of a line as a symbol, blanks too: a class
// may list them.
func allCharacters(line span, symbol func(string, int, int) error) error {
	for i := 0; i < len(line.text); {
		_, width := utf8.DecodeRuneInString(line.text[i:])
		if err := symbol(line.text[i:i+width], line.number, line.start+i); err != nil {
			return err
		}
		i += width
	}
	return nil
}

// separatedSymbols takes the words between blanks and commas as symbols. A
// comma with no symbol before it stands for a missing one; a comma at the end
// of the line does not.
func separatedSymbols(line span, symbol func(string, int, int) error) error {
	wanted := true // a symbol must come before the next comma
	for i := 0; i < len(line.text); {
		switch c := line.text[i]; {
		case c == ',':
			if wanted {
				if err := symbol("", line.number, line.start+i); err != nil {
					return err
				}
			}
			wanted = true
			i++
		case strings.IndexByte(blanks, c) >= 0:
			i++
		default:
			width := strings.IndexAny(line.text[i:], separators)
			if width < 0 {
				width = len(line.text) - i
			}
			if err := symbol(line.text[i:i+width], line.number, line.start+i); err != nil {
				return err
			}
			wanted = false
			i += width
		}
	}
	return nil
}

func (t *textLines) place(ref int) (line, column int) { return placeOf(t.data, ref) }

func (t *textLines) size() int {
	if t.separated {
		return len(t.data)/2 + 1
	}
	return len(t.data)
}

func (t *textLines) reading() (words string, strict bool) {
	symbols := "each character a symbol"
	if t.separated {
		symbols = "symbols between blanks or commas"
	}
	switch {
	case t.series:
		return "text, one symbol a line, read as one series", false
	case t.joined:
		return "text, lines joined, " + symbols, false
	}
	return "text, one chain a line, " + symbols, true
}

// collect turns the symbols of a source into states.
func (s *Sequences) collect(src source, opts Options) error {
	states := make([]markov.State, 0, src.size())
	var ends []int // where the sequences of s.List end in states
	var name string
	from, line := 0, 0
	finish := func() {
		if len(states) > from {
			s.List = append(s.List, Sequence{Name: name, Line: line})
			ends = append(ends, len(states))
			from = len(states)
		}
	}
	stop := -1 // ref of a '*' that must be the last symbol of its FASTA record
	begin := func(next string) {
		finish()
		name, stop = next, -1
	}
	symbol := func(text string, at, ref int) error {
		if stop >= 0 {
			return s.unknown(src, "*", stop)
		}
		state := s.symbols.lookup(text)
		switch {
		case state >= 0:
			if len(states) == from {
				line = at
			}
			states = append(states, markov.State(state))
		case state == removedSymbol:
		case opts.SkipUnknown:
			finish()
		case s.Format == FormatFASTA && text == "*":
			stop = ref
		default:
			return s.unknown(src, text, ref)
		}
		return nil
	}
	if err := src.walk(begin, symbol); err != nil {
		return err
	}
	finish()
	for i, begin := 0, 0; i < len(ends); i++ {
		s.List[i].States = states[begin:ends[i]:ends[i]]
		begin = ends[i]
	}
	return nil
}

// unknown returns the error for a symbol that is no state.
func (s *Sequences) unknown(src source, text string, ref int) error {
	line, column := src.place(ref)
	return &Error{File: s.File, Line: line, Column: column, Err: ErrUnknownSymbol,
		Detail: s.symbols.complaint(text) + "; add --skip-unknown to cut chains there"}
}

// check refuses files that no chain can come from.
func (s *Sequences) check() error {
	if len(s.List) == 0 {
		detail := "the file holds no symbols"
		if s.symbols.classes {
			detail = "no character of the file is in a class; name the characters in --classes"
		} else if len(s.Labels) > 0 {
			detail = "the file holds no symbol of the alphabet " + s.symbols.show()
		}
		return &Error{File: s.File, Line: 1, Column: 1, Detail: detail, Err: ErrEmpty}
	}
	first := s.List[0].States[0]
	for _, q := range s.List {
		for _, state := range q.States {
			if state != first {
				return nil
			}
		}
	}
	detail := fmt.Sprintf("every symbol is %s; there is nothing to predict with a single state", quoteSymbol(s.Labels[first]))
	if s.symbols.classes {
		detail = fmt.Sprintf("every character that is in a class is in %q; there is nothing to predict with a single state", s.Labels[first])
	}
	return &Error{File: s.File, Line: s.List[0].Line, Err: ErrOneState, Detail: detail}
}

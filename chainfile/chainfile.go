// Package chainfile reads the files in which people keep sequences of states,
// cuts chains from them, and says what it made of them.
//
// [Read] turns a file into [Sequences] and remembers what it skipped, cut,
// sorted and guessed ([Sequences.Report]); [Sequences.Windows] cuts them into
// chains of d+1 states, from which [Windows.Prompt] draws prompts; [Count]
// counts transitions and holds no more of a long text than a block. An [Error]
// names the place in the file and the remedy.
//
//	file, err := os.Open("genome.fa")
//	sequences, err := chainfile.Read(file, "genome.fa", chainfile.Options{})
//	chains, err := sequences.Windows(3, 0, 0) // of d+1 = 4 states, one after the other
//	report := sequences.Report(nil)           // what was skipped and guessed
//
// These layouts are read, each recognised by what it holds:
//
//	FASTA                text                  CSV, wide               CSV, long
//	>chr1                sun sun rain sun      id,mon,tue,wed          user,time,page
//	ACGTTA               rain rain sun         ann,sun,sun,rain        u1,10:00,home
//	GGCA                                       bob,rain,rain,          u1,10:02,list
//
//	FASTQ                text, a series        JSON lines
//	@read1               sun                   {"id":"u1","page":"home"}
//	ACGTTA               rain                  {"id":"u1","page":"list"}
//	+                    sun
//	IIIIII
//
// Where to read what:
//
//   - chainfile.go: Options, Read, Sequences
//   - open.go: gzip, byte order marks, encodings; sniff.go: which format
//   - text.go: lines of text, and layout.go how their symbols are separated;
//     fasta.go, fastq.go, json.go
//   - table.go: rows and cells; header.go: whether the first row names the
//     columns; columns.go: which of them are names, times and states, by
//     evidence.go and the words of names.go; times.go: times, arrange.go: rows in
//     their order; series.go: the table as sequences
//   - symbols.go: what is a state, labels.go: those that a file shows;
//     classes.go: alphabets, classes and merging as users write them
//   - count.go: transition counts; stream.go, pieces.go: in bounded memory
//   - window.go: chains cut from sequences; draw.go: prompts drawn from them
//   - report.go, error.go: what is said about a file
package chainfile

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"markovicl/internal/plural"
	"markovicl/markov"
)

// Format is the format of a chain file.
type Format int

// The formats of chain files.
const (
	FormatAuto  Format = iota // recognised as Read says
	FormatText                // one chain a line, or one symbol a line
	FormatFASTA               // records that begin with a line ">name"
	FormatCSV                 // a table: one trajectory a row, or series in a column
	FormatFASTQ               // records "@name", sequence, "+", qualities
	FormatJSON                // JSON, or JSON lines
)

var formatNames = []string{"auto", "text", "fasta", "csv", "fastq", "json"}

// String returns the format's name: auto, text, fasta, csv, fastq or json.
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

// Options say how a chain file is read. The zero value recognises the
// format and finds the states in the file. Columns are named by their header or
// by their number from 1.
type Options struct {
	Format Format

	// Alphabet lists the states in order; nil finds them in the file. Any other
	// symbol is an error. Not together with Classes.
	Alphabet []string

	// Classes maps single characters to states, in the order of the classes.
	// Characters in no class are removed and their neighbours become neighbours.
	// Nothing is a comment then (but the header lines of FASTA remain headers).
	Classes []Class

	// Merge puts several states under one name. An Alphabet names the states
	// after merging. Not together with Classes.
	Merge []Merge

	// Missing lists the symbols that stand for a missing value, at which a
	// sequence is cut; nil is [DefaultMissing], an empty list none. In texts of
	// single characters every character is data. A state of the Alphabet is never
	// missing.
	Missing []string

	// SkipUnknown cuts a sequence at unknown symbols where there would be an
	// error otherwise.
	SkipUnknown bool

	// Separator stands between the symbols of a line of text or the cells of a
	// table; "" finds it. The words tab, blank, comma, semicolon and bar are
	// separators too, and "characters" makes each character of a text a symbol.
	Separator string

	// JoinLines reads a text as one sequence, for prose whose lines are broken
	// at a margin. Without it every line is a chain of its own.
	JoinLines bool

	// Ragged accepts rows of a table that differ in length, and leaves out
	// lines and rows that are too short for a chain; see [Sequences.Windows].
	Ragged bool

	// Column names the column of a table that holds series of states; empty
	// finds it, or takes rows as trajectories. In a text it takes each line as a
	// symbol.
	Column string

	// Columns names the columns of a table whose rows are trajectories:
	// FROM:TO, or several names and ranges with commas between them.
	Columns string

	// ID names the column of a table that holds the names of trajectories,
	// several with commas between them; empty finds it. Where states stand in
	// one column, the rows of equal ID make up a series each.
	ID string

	// Time names the column of a table by which rows are put in order, within
	// each ID; empty finds it, "none" keeps the order of the file.
	Time string

	// Header says whether the first row of a table names its columns.
	Header Header
}

// DefaultMissing lists what stands for a missing value where [Options] do not
// say it. An empty cell always does.
var DefaultMissing = []string{"NA", "NaN", "nan", "null", "NULL", "None", "N/A", "#N/A", "", "?", ".", "-"}

// Sequences is what a chain file holds: the names of the states and sequences
// of states, none of them empty.
type Sequences struct {
	File    string     // name of the file, for messages
	Format  Format     // never FormatAuto
	Reading string     // how the file was read, in words
	Labels  []string   // [S] name of each state
	Ordered bool       // the states have an order that means something: numbers, or an alphabet that was given
	List    []Sequence // in the order of the file

	symbols  *symbols
	strict   bool // a sequence too short for a chain is an error
	id, time string
	skipped  map[string]int
	notes    []note
}

// Sequence is one run of states of a chain file: a FASTA record, a line, a row,
// a series, or a piece of one that was cut at a missing or unknown symbol.
type Sequence struct {
	Name   string         // name of the record or trajectory, "" if it has none
	Number int            // of the sequence in the file, from 1; pieces of one that was cut have the same
	Line   int            // line of the first state, from 1
	Cut    bool           // a piece of a sequence that was cut
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
		plural.Of(len(s.List), "sequence"), plural.Of(s.Len(), "symbol"), plural.Of(len(s.Labels), "state"), s.symbols.show())
}

// Read reads a chain file from r. The name stands in messages, and its ending
// tells tables and JSON from text. Errors about the file are of type [*Error],
// errors about the options of type [*OptionError].
//
// FASTA is recognised by '>' as the first character: the lines of a record are
// joined, and case does not matter. If the letters look like nucleotides, only
// A, C, G and T (or U) are states, and N is an error; else, as in proteins, the
// letters and digits that occur are. FASTQ is read the same way, without its
// qualities.
//
// Text has one chain a line. If there is a blank, tab or comma between symbols
// anywhere in the file, these separate symbols, or semicolons or bars if every
// line has these; else each character is one. If no line holds more than one
// symbol, the lines are the steps of one series, and blank lines begin a new
// one; so are lines of several characters that come again and again, such as
// "sun", "rain", or numbers of several digits (layout.go has the rule).
//
// Tables are recognised by the name (.csv, .tsv, .psv), by options that name
// columns, by a first line "sep=;" or by a header such as id,time,state. Rows
// are trajectories, or steps of series where one column holds states. Type table
// has the rules about headers, names, times and states.
//
// JSON and JSON lines are recognised by the name (.json, .jsonl, .ndjson) or by
// their first bracket: strings and numbers are steps of a series, a list in a
// list or on a line of its own is a sequence, and objects are rows of a table.
//
// In all of them lines end in LF, CR LF or CR, a byte order mark is skipped, and
// '#' begins a comment at the start of a line (in text also after a blank) when a
// blank, '#', '!' or the end of the line follows it. The text is UTF-8 and may be
// compressed by gzip. States are the symbols that occur, in the order of their
// numbers if all are numbers (1 and 1.0 are one state), else of their bytes,
// unless an alphabet or classes of characters say otherwise.
func Read(r io.Reader, name string, opts Options) (*Sequences, error) {
	known, err := opts.symbols()
	if err != nil {
		return nil, err
	}
	data, err := readText(r, name)
	if err != nil {
		return nil, err
	}
	return read(data, name, opts, known)
}

// read reads the text of a chain file.
func read(data, name string, opts Options, known *symbols) (*Sequences, error) {
	s := &Sequences{File: name, Format: opts.format(name, data), symbols: known, skipped: map[string]int{}}
	s.Ordered = opts.Alphabet != nil
	var src source
	var err error
	switch s.Format {
	case FormatFASTA:
		src = newFASTA(data, opts)
	case FormatFASTQ:
		src, err = newFASTQ(data, name)
	case FormatCSV:
		src, err = newTable(data, s, opts, known)
	case FormatJSON:
		src, err = newJSON(data, s, opts, known)
	default:
		src, err = newLines(data, s, opts)
	}
	if err != nil {
		return nil, err
	}
	if known == nil {
		if err := s.findSymbols(src, opts); err != nil {
			return nil, err
		}
	} else if s.Format == FormatFASTA || s.Format == FormatFASTQ {
		s.symbols.fold()
	}
	if !src.running() {
		s.symbols.missing = opts.missing()
	}
	s.Labels = s.symbols.labels
	s.Reading, s.strict = src.reading()
	s.strict = s.strict && !opts.Ragged && !opts.SkipUnknown && opts.Classes == nil
	if err := s.collect(src, opts); err != nil {
		return nil, err
	}
	return s, s.check()
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
	running() bool                        // symbols are single characters of running text, none of which stands for a missing value
	comments() int                        // lines that are comments
	reading() (words string, strict bool) // how the file is read; whether sequences must be long enough for a chain
}

// collect turns the symbols of a source into states.
func (s *Sequences) collect(src source, opts Options) error {
	states := make([]markov.State, 0, src.size())
	var ends []int // where the sequences of s.List end in states
	var name string
	from, line, cut := 0, 0, false
	number, fresh := 0, true // of the sequence at hand, of which no piece has ended yet
	finish := func() {
		if len(states) > from {
			if fresh {
				number, fresh = number+1, false
			}
			s.List = append(s.List, Sequence{Name: name, Number: number, Line: line, Cut: cut})
			ends = append(ends, len(states))
			from = len(states)
		}
	}
	split := func() {
		cut = true
		finish()
	}
	var removed, missing, unknown int
	stop := -1 // ref of a '*' that must be the last symbol of its FASTA record
	begin := func(next string) {
		finish()
		name, stop, cut, fresh = next, -1, false, true
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
			removed++
		case state == missingSymbol:
			missing++
			split()
		case opts.SkipUnknown:
			unknown++
			split()
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
	for kind, n := range map[string]int{SkippedCharacters: removed, SkippedMissing: missing, SkippedUnknown: unknown, SkippedComments: src.comments()} {
		if n > 0 {
			s.skipped[kind] = n
		}
	}
	return nil
}

// unknown returns the error for a symbol that is no state.
func (s *Sequences) unknown(src source, text string, ref int) error {
	line, column := src.place(ref)
	return &Error{File: s.File, Line: line, Column: column, Err: ErrUnknownSymbol,
		Detail: s.symbols.complaint(text), Remedy: "add `skip-unknown` to cut chains there"}
}

// check refuses files without a state.
func (s *Sequences) check() error {
	if len(s.List) > 0 {
		return nil
	}
	e := &Error{File: s.File, Line: 1, Column: 1, Detail: "the file holds no symbols", Err: ErrEmpty}
	switch {
	case s.symbols.classes:
		e.Detail, e.Remedy = "no character of the file is in a class", "name the characters in `classes`"
	case s.skipped[SkippedMissing] > 0:
		e.Detail, e.Remedy = "every symbol of the file stands for a missing value", "`missing` none keeps them as states"
	case len(s.Labels) > 0:
		e.Detail = "the file holds no symbol of the alphabet " + s.symbols.show()
	}
	return e
}

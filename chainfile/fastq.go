package chainfile

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// fastq is a FASTQ file: records of a line "@name", lines of letters, a line
// that begins with '+', and as many qualities as there are letters, which say
// nothing about states. A quality may be '@' or '+', so that only their number
// tells where a record ends.
type fastq struct {
	data    string
	records []fastqRecord
	kind    string
}

type fastqRecord struct {
	name  string
	lines []span
}

func newFASTQ(data, file string) (*fastq, error) {
	f := &fastq{data: data}
	var record fastqRecord
	var header, letters, qualities int
	state := '@'
	fail := func(line int, format string, args ...any) error {
		return &Error{File: file, Line: line, Err: ErrQualities, Detail: fmt.Sprintf(format, args...), Remedy: "mend the record, or take it out"}
	}
	for line := range lines(data) {
		switch {
		case state == '@' && strings.TrimSpace(line.text) == "":
		case state == '@' && line.text[0] != '@':
			return nil, fail(line.number, "a record of FASTQ begins with '@', and here is %s", quoteSymbol(line.text))
		case state == '@':
			name := ""
			if words := strings.Fields(line.text[1:]); len(words) > 0 {
				name = words[0]
			}
			record, header, letters, qualities, state = fastqRecord{name: name}, line.number, 0, 0, 's'
		case state == 's' && strings.HasPrefix(line.text, "+"):
			state = 'q'
		case state == 's':
			record.lines = append(record.lines, line)
			letters += utf8.RuneCountInString(line.text)
		default:
			qualities += utf8.RuneCountInString(line.text)
		}
		if state == 'q' && qualities > letters {
			return nil, fail(line.number, "the record of line %d has %d letters and more qualities", header, letters)
		}
		if state == 'q' && qualities == letters && (letters > 0 || !strings.HasPrefix(line.text, "+")) {
			f.records = append(f.records, record)
			state = '@'
		}
	}
	if state != '@' {
		return nil, fail(header, "the record is not complete: it has %d letters and %d qualities", letters, qualities)
	}
	return f, nil
}

func (f *fastq) walk(begin func(string), symbol func(string, int, int) error) error {
	for _, record := range f.records {
		begin(record.name)
		for _, line := range record.lines {
			if err := characters(line, symbol); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fastq) findSymbols(file string) (symbols *symbols, err error) {
	symbols, f.kind, err = findLetters(f, file)
	return symbols, err
}

func (f *fastq) place(ref int) (line, column int) { return placeOf(f.data, ref) }

func (f *fastq) size() int { return len(f.data)/2 + 1 }

func (f *fastq) running() bool { return true }

func (f *fastq) comments() int { return 0 }

func (f *fastq) reading() (words string, strict bool) {
	words = "FASTQ, qualities ignored"
	if f.kind != "" {
		words += ", " + f.kind
	}
	return words, false
}

package chainfile

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// unpack returns a reader of the text of a file, unpacked if it is compressed by
// gzip.
func unpack(r io.Reader, name string) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := buffered.Peek(2); string(magic) != "\x1f\x8b" {
		return buffered, nil
	}
	unpacked, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, damaged(name, true, err)
	}
	return unpacked, nil
}

// damaged is an error of the reader below: the disk's or that of gzip.
func damaged(name string, packed bool, err error) error {
	detail := err.Error()
	if packed {
		detail = "the gzip archive is damaged: " + strings.TrimPrefix(detail, "gzip: ")
	}
	return &Error{File: name, Detail: detail, Err: err}
}

// readText reads a whole file. Sequences of states take as much memory as the
// text itself, so nothing is gained by reading it in parts.
func readText(r io.Reader, name string) (string, error) {
	unpacked, err := unpack(r, name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if _, err := io.Copy(&b, unpacked); err != nil {
		_, packed := unpacked.(*gzip.Reader)
		return "", damaged(name, packed, err)
	}
	data := b.String()
	if err := checkText(data, name); err != nil {
		return "", err
	}
	data = strings.TrimPrefix(data, "\ufeff")
	if strings.Contains(data, "\r") && !strings.Contains(data, "\n") {
		data = strings.ReplaceAll(data, "\r", "\n")
	}
	return data, nil
}

// archives are kinds of file by their first bytes.
var archives = []struct{ magic, kind, remedy string }{
	{"\xff\xfe", "UTF-16", "convert it to UTF-8"},
	{"\xfe\xff", "UTF-16", "convert it to UTF-8"},
	{"PK\x03\x04", "a zip archive or a spreadsheet", "unpack it, or save the sheet as CSV"},
	{"BZh", "a bzip2 archive", "unpack it first"},
	{"\xfd7zXZ\x00", "an xz archive", "unpack it first"},
	{"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it first"},
	{"%PDF", "PDF", "copy the sequences into a text file"},
	{"SQLite format 3\x00", "an SQLite database", "export the table as CSV"},
	{"PAR1", "Parquet", "write the table as CSV"},
}

// checkText refuses what is no text and names the first byte that is not UTF-8.
func checkText(head, name string) error {
	for _, a := range archives {
		if strings.HasPrefix(head, a.magic) {
			return &Error{File: name, Line: 1, Column: 1, Err: ErrNotText,
				Detail: fmt.Sprintf("the file is %s, not text", a.kind), Remedy: a.remedy}
		}
	}
	return nil
}

// checkUTF8 returns an error at the first byte of a text that is not UTF-8.
func checkUTF8(data, name string) error {
	if utf8.ValidString(data) {
		return nil
	}
	at := 0
	for at < len(data) {
		r, width := utf8.DecodeRuneInString(data[at:])
		if r == utf8.RuneError && width == 1 {
			break
		}
		at += width
	}
	line, column := placeOf(data, at)
	detail := fmt.Sprintf("the byte %02X is not UTF-8", data[at])
	remedy := "convert the file to UTF-8"
	if c := data[at]; c >= 0xa0 {
		detail += fmt.Sprintf("; in Latin-1 (Windows-1252) it is %q", rune(c))
		remedy += ", as iconv -f WINDOWS-1252 -t UTF-8 does"
	}
	return &Error{File: name, Line: line, Column: column, Err: ErrNotText, Detail: detail, Remedy: remedy}
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

// extension returns the ending of a file's name in lower case, that before .gz
// if the file is compressed.
func extension(name string) string {
	ext := strings.ToLower(filepath.Ext(name))
	if ext == ".gz" {
		ext = strings.ToLower(filepath.Ext(name[:len(name)-len(ext)]))
	}
	return ext
}

// commentAt reports whether a '#' at an offset of a line begins a comment: a
// blank, '#', '!' or the end of the line must follow it, so that #word is data.
func commentAt(line string, at int) bool {
	if line[at] != '#' {
		return false
	}
	if at+1 == len(line) {
		return true
	}
	return strings.IndexByte(blanks+"#!", line[at+1]) >= 0
}

package chainfile

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// blockSize is how much of a file is in memory while it is streamed. A line
// longer than that is taken in pieces. Tests take smaller blocks.
const blockSize = 1 << 20

// piece is a line, or a part of one that is longer than a block.
type piece struct {
	text        string // valid until the next piece
	first, last bool   // the line begins, ends with it

	// What is known of the block that it is from, so that it need not be looked for in
	// every line.
	valid  bool // it is UTF-8; if false the piece may still be
	hashes bool // there is a '#' in it
}

// pieces yields the lines of a reader. A line that does not fit in a block is
// cut where cut says: at a place after which reading may begin anew, or 0 if
// there is none, and then more is read.
func pieces(r io.Reader, block int, cut func(text []byte) int, yield func(p piece) error) error {
	buffer := make([]byte, 0, 2*block)
	first, ended := true, false
	for !ended {
		if cap(buffer)-len(buffer) < block {
			buffer = append(make([]byte, 0, 2*cap(buffer)), buffer...)
		}
		n, err := io.ReadFull(r, buffer[len(buffer):len(buffer)+block])
		buffer = buffer[:len(buffer)+n]
		if ended = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && n < block; err != nil && !ended {
			return err
		}
		rest := buffer
		valid, hashes := utf8.Valid(buffer), bytes.IndexByte(buffer, '#') >= 0
		for {
			end := bytes.IndexByte(rest, '\n')
			next := end + 1
			if end < 0 {
				if !ended {
					break
				}
				if end, next = len(rest), len(rest); end == 0 {
					break
				}
			}
			if end > 0 && rest[end-1] == '\r' {
				end--
			}
			if err := yield(piece{view(rest[:end]), first, true, valid, hashes}); err != nil {
				return err
			}
			rest, first = rest[next:], true
		}
		if len(rest) >= block && !ended {
			if at := cut(rest[:len(rest)-2]); at > 0 { // a '\r' at the end stays for the next block
				if err := yield(piece{view(rest[:at]), first, false, valid, hashes}); err != nil {
					return err
				}
				rest, first = rest[at:], false
			}
		}
		buffer = append(buffer[:0], rest...)
	}
	return nil
}

// view is a string of the same memory.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// cutAfter returns the last place of a text behind a separator and before a
// plain letter.
func cutAfter(separators string) func([]byte) int {
	return func(text []byte) int {
		for at := len(text) - 1; at > 0; at-- {
			if strings.IndexByte(separators, text[at-1]) >= 0 && strings.IndexByte(separators+blanks+"#", text[at]) < 0 {
				return at
			}
		}
		return 0
	}
}

// cutPlain returns the last place between two plain letters.
func cutPlain(text []byte) int {
	plain := func(c byte) bool { return c > ' ' && c < utf8.RuneSelf && strings.IndexByte("#,;|>-=", c) < 0 }
	for at := len(text) - 1; at > 0; at-- {
		if plain(text[at-1]) && plain(text[at]) {
			return at
		}
	}
	return 0
}

// cutAnywhere cuts after a separator if there is one, else between letters.
func cutAnywhere(text []byte) int {
	if at := cutAfter(separators)(text); at > 0 {
		return at
	}
	return cutPlain(text)
}

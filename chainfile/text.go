package chainfile

import (
	"strings"
	"unicode/utf8"
)

// textLines is a text file with one chain a line, or with one symbol a line.
type textLines struct {
	data      string
	layout    layout
	separator string // "" for blanks and commas
	series    bool   // the lines hold one symbol each, which make up sequences between blank lines
	joined    bool   // the file is one sequence
	hashes    bool   // '#' may begin a comment
	classes   bool
	skipped   int // lines that are comments
}

// newLines finds out how the symbols of a text are separated.
func newLines(data string, s *Sequences, opts Options) (*textLines, error) {
	if err := checkUTF8(data, s.File); err != nil {
		return nil, err
	}
	t := &textLines{data: data, joined: opts.JoinLines, hashes: opts.hashes(), classes: opts.Classes != nil}
	c := newCensus(opts)
	for line := range lines(data) {
		stripped := t.strip(line.text)
		text := trimBlanks(stripped)
		if text == "" {
			if len(stripped) < len(line.text) {
				t.skipped++
			}
			continue
		}
		c.add(text, true, true)
	}
	return t, t.settle(c, s, opts)
}

// settle decides how the text is read.
func (t *textLines) settle(c *census, s *Sequences, opts Options) (err error) {
	if t.layout, t.separator, err = c.decide(s, opts); err != nil {
		return err
	}
	switch {
	case t.layout == labelLayout:
		t.series = true
	case t.layout == characterLayout:
		t.series = c.filled > 1 && c.longest == 1
	case t.separator == "":
		t.series = c.filled > 1 && c.several == 0
	case opts.Separator == "":
		t.series = false // every line has the mark
	default:
		t.series = c.filled > 1 && c.given == 0
	}
	return nil
}

// strip removes a comment from a line.
func (t *textLines) strip(line string) string {
	if !t.hashes {
		return line
	}
	for at := 0; ; at++ {
		i := strings.IndexByte(line[at:], '#')
		if i < 0 {
			return line
		}
		at += i
		if (at == 0 || strings.IndexByte(blanks, line[at-1]) >= 0) && commentAt(line, at) {
			return line[:at]
		}
	}
}

func (t *textLines) walk(begin func(string), symbol func(string, int, int) error) error {
	join := t.series || t.joined
	begin("")
	each := characters
	switch {
	case t.layout == labelLayout:
		each = wholeLine
	case t.layout == separatedLayout && t.separator == "":
		each = separatedSymbols
	case t.layout == separatedLayout:
		each = between(t.separator)
	case t.classes:
		each = allCharacters
	}
	for line := range lines(t.data) {
		stripped := t.strip(line.text)
		blank := trimBlanks(line.text) == ""
		if !join || t.series && blank && !t.joined {
			begin("")
		}
		if blank && !t.classes || stripped == "" {
			continue
		}
		line.text = stripped
		if err := each(line, symbol); err != nil {
			return err
		}
	}
	return nil
}

// wholeLine takes a line without the blanks around it as a symbol.
func wholeLine(line span, symbol func(string, int, int) error) error {
	text := trimBlanks(line.text)
	if text == "" {
		return nil
	}
	return symbol(text, line.number, line.start+strings.Index(line.text, text))
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
		case byteKinds[c]&separates != 0:
			i++
		default:
			width := 1
			for i+width < len(line.text) && byteKinds[line.text[i+width]]&separates == 0 {
				width++
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

// between takes what stands between separators as symbols, without the blanks
// around it. Nothing between two of them is a missing symbol, unless the
// separator is a blank; a separator at the end of a line means nothing.
func between(separator string) func(line span, symbol func(string, int, int) error) error {
	return func(line span, symbol func(string, int, int) error) error {
		rest, at := line.text, 0
		for at <= len(line.text) {
			part, _, found := strings.Cut(rest, separator)
			text := strings.Trim(part, blanks)
			lead := len(part) - len(strings.TrimLeft(part, blanks))
			last := !found
			if text != "" || !last && separator != " " {
				if err := symbol(text, line.number, line.start+at+min(lead, len(part))); err != nil {
					return err
				}
			}
			if last {
				break
			}
			at += len(part) + len(separator)
			rest = line.text[at:]
		}
		return nil
	}
}

func (t *textLines) place(ref int) (line, column int) { return placeOf(t.data, ref) }

func (t *textLines) size() int {
	if t.layout == separatedLayout {
		return len(t.data)/2 + 1
	}
	return len(t.data)
}

func (t *textLines) running() bool { return t.layout == characterLayout && !t.series || t.classes }

func (t *textLines) comments() int { return t.skipped }

// separatorNames word separators for people.
var separatorNames = map[string]string{"": "blanks or commas", "\t": "tabs", " ": "blanks", ",": "commas", ";": "semicolons", "|": "bars"}

func (t *textLines) reading() (words string, strict bool) {
	symbols := "each character a symbol"
	switch {
	case t.layout == separatedLayout && separatorNames[t.separator] != "":
		symbols = "symbols between " + separatorNames[t.separator]
	case t.layout == separatedLayout:
		symbols = "symbols between '" + t.separator + "'"
	case t.layout == labelLayout:
		symbols = "each line a symbol"
	}
	switch {
	case t.joined:
		return "text, lines joined, " + symbols, false
	case t.series:
		return "text, one symbol a line, read as one series", false
	}
	return "text, one chain a line, " + symbols, true
}

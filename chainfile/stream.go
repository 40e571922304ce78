package chainfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"markovicl/internal/plural"
)

// streamer counts the transitions of a text in blocks.
type streamer struct {
	s       *Sequences
	opts    Options
	text    *textLines
	numbers map[string]int // of the symbols seen
	recent  recent         // some of them
	letters [utf8.RuneSelf]int16
	symbols []string
	n       []int64 // how often each occurs
	tally   *tally
	removed int64
	block   int
	comment bool // the rest of the line is a comment
}

const (
	newLetter     = -1 // not seen yet
	blankLetter   = -2
	removedLetter = -3
)

func countStream(file io.ReadSeeker, name string, opts Options, block int) (*Counts, error) {
	known, err := opts.symbols()
	if err != nil {
		return nil, err
	}
	open := func() (io.Reader, error) {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return nil, errWhole // a pipe
		}
		r, err := unpack(file, name)
		if err != nil {
			return nil, err
		}
		mark := make([]byte, 3)
		n, err := io.ReadFull(r, mark)
		if err == nil && string(mark) == "\ufeff" {
			n = 0
		} else if err != nil && n == 0 {
			return nil, errWhole
		}
		return io.MultiReader(bytes.NewReader(mark[:n]), r), nil
	}
	r, err := open()
	if err != nil {
		return nil, err
	}
	head := make([]byte, block)
	n, err := io.ReadFull(r, head)
	if err == nil || !errors.Is(err, io.ErrUnexpectedEOF) { // EOF: empty; nil: long
		if err != nil {
			return nil, errWhole
		}
	} else {
		return nil, errWhole // a file of one block is read whole
	}
	start := string(head[:n])
	if checkText(start, name) != nil || !strings.Contains(start, "\n") && strings.Contains(start, "\r") {
		return nil, errWhole
	}
	start = start[:strings.LastIndexByte(start, '\n')+1]
	if text := strings.TrimLeft(start, " \t\r\n"); text != "" && (text[0] == '{' || text[0] == '[') {
		return nil, errWhole
	}
	s := &Sequences{File: name, Format: opts.format(name, start), symbols: known, skipped: map[string]int{}, Ordered: opts.Alphabet != nil}
	c := &streamer{s: s, opts: opts, block: block, numbers: map[string]int{}, tally: newTally()}
	for i := range c.letters {
		c.letters[i] = newLetter
	}
	switch s.Format {
	case FormatFASTA:
		return c.countFASTA(open)
	case FormatText:
		return c.countText(open)
	}
	return nil, errWhole
}

// countText takes the census of a text and then counts.
func (c *streamer) countText(open func() (io.Reader, error)) (*Counts, error) {
	census := newCensus(c.opts)
	t := &textLines{joined: c.opts.JoinLines, hashes: c.opts.hashes(), classes: c.opts.Classes != nil}
	c.text = t
	r, err := open()
	if err != nil {
		return nil, err
	}
	err = pieces(r, c.block, cutAnywhere, func(p piece) error {
		if !p.valid && !utf8.ValidString(p.text) {
			return errWhole // which names the place
		}
		if stripped, ok := c.strip(p); ok {
			if text := trimBlanks(stripped); text != "" {
				census.add(text, p.first, p.last)
			}
		}
		return nil
	})
	if err != nil {
		return nil, c.failure(err)
	}
	if err := t.settle(census, c.s, c.opts); err != nil {
		return nil, err
	}
	if r, err = open(); err != nil {
		return nil, err
	}
	each, cut := c.layout()
	symbol := c.symbol
	join := t.series || t.joined
	t.skipped = 0
	c.tally.cut()
	err = pieces(r, c.block, cut, func(p piece) error {
		blank := p.first && p.last && trimBlanks(p.text) == ""
		if p.first && (!join || t.series && blank && !t.joined) {
			c.tally.cut()
		}
		stripped, ok := c.strip(p)
		if !ok || blank && !t.classes {
			return nil
		}
		if p.first && p.last && stripped == "" && len(p.text) > 0 {
			t.skipped++
		}
		return each(span{text: stripped}, symbol)
	})
	if err != nil {
		return nil, c.failure(err)
	}
	return c.finish(t)
}

// strip takes the comment off a piece of a line; ok is false in the middle of
// one.
func (c *streamer) strip(p piece) (text string, ok bool) {
	if c.comment && !p.first {
		return "", false
	}
	if text = p.text; p.hashes {
		text = c.text.strip(text)
	}
	c.comment = len(text) < len(p.text) && !p.last
	return text, true
}

// layout returns how a line is taken apart, and where a long one may be cut.
func (c *streamer) layout() (each func(span, func(string, int, int) error) error, cut func([]byte) int) {
	t := c.text
	switch {
	case t.layout == separatedLayout && t.separator == "":
		return separatedSymbols, cutAfter(separators)
	case t.layout == separatedLayout:
		return between(t.separator), cutAfter(t.separator[len(t.separator)-1:])
	case t.layout == labelLayout:
		return c.label, func([]byte) int { return 0 }
	case t.classes:
		return c.classed, cutPlain
	}
	return c.plain, cutPlain
}

// plain is characters for ASCII, without a call for each.
func (c *streamer) plain(line span, symbol func(string, int, int) error) error {
	text := line.text
	t := c.tally
	for i := 0; i < len(text); {
		b := text[i]
		if b >= utf8.RuneSelf {
			_, width := utf8.DecodeRuneInString(text[i:])
			if err := symbol(text[i:i+width], 0, 0); err != nil {
				return err
			}
			i += width
			continue
		}
		if k := c.letters[b]; k >= 0 {
			c.n[k]++
			t.add(int(k))
		} else if b != ' ' && (b < '\t' || b > '\f') {
			if err := symbol(text[i:i+1], 0, 0); err != nil {
				return err
			}
		}
		i++
	}
	return nil
}

// label is wholeLine without the place of the symbol.
func (c *streamer) label(line span, _ func(string, int, int) error) error {
	text := trimBlanks(line.text)
	if text == "" {
		return nil
	}
	return c.symbol(text, 0, 0)
}

// classed is allCharacters for the same: characters of no class are left out.
func (c *streamer) classed(line span, _ func(string, int, int) error) error {
	text := line.text
	for i := 0; i < len(text); {
		width := 1
		if text[i] >= utf8.RuneSelf {
			_, width = utf8.DecodeRuneInString(text[i:])
		}
		if state := c.s.symbols.state(text[i : i+width]); state >= 0 {
			c.tally.add(state)
		} else {
			c.removed++
		}
		i += width
	}
	return nil
}

// symbol counts a symbol of any length.
func (c *streamer) symbol(text string, _, _ int) error {
	k, ok := c.recent.lookup(text)
	if ok {
		c.n[k]++
		c.tally.add(k)
		return nil
	}
	if k, ok = c.numbers[text]; !ok {
		if k = len(c.symbols); k > 255 {
			return errWhole
		}
		text = strings.Clone(text)
		c.numbers[text] = k
		c.symbols = append(c.symbols, text)
		c.n = append(c.n, 0)
		if len(text) == 1 && text[0] < utf8.RuneSelf {
			c.letters[text[0]] = int16(k)
		}
	}
	c.recent.remember(text, k)
	c.n[k]++
	c.tally.add(k)
	return nil
}

// countFASTA counts the letters of records.
func (c *streamer) countFASTA(open func() (io.Reader, error)) (*Counts, error) {
	f := &fasta{hashes: c.opts.hashes()}
	r, err := open()
	if err != nil {
		return nil, err
	}
	header := false
	each, symbol := c.plain, c.symbol
	if c.opts.Classes != nil {
		each = c.classed
	}
	err = pieces(r, c.block, func(text []byte) int {
		for at := len(text) - 1; at > 0; at-- {
			if text[at] < utf8.RuneSelf {
				return at
			}
		}
		return 0
	}, func(p piece) error {
		if p.first {
			header = strings.HasPrefix(p.text, ">")
			if header {
				c.tally.cut()
			} else if f.hashes && p.text != "" && (p.text[0] == ';' || commentAt(p.text, 0)) {
				header = true
				f.skipped++
			}
		}
		if header {
			return nil
		}
		return each(span{text: p.text}, symbol)
	})
	if err != nil {
		return nil, c.failure(err)
	}
	return c.finish(f)
}

func (c *streamer) failure(err error) error {
	var known *Error
	if err == errWhole || errors.As(err, &known) {
		return err
	}
	return &Error{File: c.s.File, Detail: err.Error(), Err: err}
}

// finish makes states of the symbols that were counted. What would be an error
// is left to Read, which knows where it stands.
func (c *streamer) finish(src source) (*Counts, error) {
	s := c.s
	if s.symbols == nil {
		if f, ok := src.(*fasta); ok {
			for _, text := range c.symbols {
				if !utf8.ValidString(text) {
					return nil, errWhole // which names the place
				}
			}
			symbols, kind, err := lettersOf(c.symbols, c.n, s.File)
			if err != nil {
				return nil, err
			}
			s.symbols, f.kind = symbols, kind
		} else {
			missing := c.opts.missing()
			var raw []string
			for _, text := range c.symbols {
				if !printable(text) {
					return nil, errWhole
				}
				if text != "" && (src.running() || !missing[text]) {
					raw = append(raw, text)
				}
			}
			symbols, err := s.foundSymbols(raw, c.opts.Merge)
			if err != nil {
				return nil, err
			}
			s.symbols = symbols
			s.Ordered = s.Ordered || symbols.numbers != nil
		}
	} else if s.Format == FormatFASTA {
		s.symbols.fold()
	}
	if !src.running() {
		s.symbols.missing = c.opts.missing()
	}
	s.Labels = s.symbols.labels
	s.Reading, _ = src.reading()
	to := make([]int, len(c.symbols))
	for k, text := range c.symbols {
		to[k] = s.symbols.lookup(text)
		switch {
		case to[k] >= 0:
		case to[k] == missingSymbol:
			s.skipped[SkippedMissing] += int(c.n[k])
		case c.opts.SkipUnknown:
			s.skipped[SkippedUnknown] += int(c.n[k])
		default:
			return nil, errWhole
		}
	}
	if c.opts.Classes != nil {
		to = to[:0]
		for i := range s.Labels {
			to = append(to, i)
		}
		if c.removed > 0 {
			s.skipped[SkippedCharacters] = int(c.removed)
		}
	}
	if n := src.comments(); n > 0 {
		s.skipped[SkippedComments] = n
	}
	counts := c.tally.counts(to, s.Labels)
	if counts.Sequences == 0 {
		return nil, errWhole
	}
	counts.Ordered = s.Ordered
	counts.reading = fmt.Sprintf("%s: %s; %s with %s of %s %s", s.File, s.Reading, plural.Of(int(counts.Sequences), "sequence"),
		plural.Of(int(counts.Symbols()), "symbol"), plural.Of(len(s.Labels), "state"), s.symbols.show())
	counts.report = func(name func(string) string) Report {
		r := s.Report(name)
		r.Sequences, r.Symbols = int(counts.Sequences), int(counts.Symbols())
		return r
	}
	return counts, nil
}

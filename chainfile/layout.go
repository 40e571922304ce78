package chainfile

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// layout is how the symbols of a text are separated and what its lines are.
type layout int

const (
	characterLayout layout = iota // each character is a symbol, blanks are not
	separatedLayout               // symbols stand between separators
	labelLayout                   // each line is a symbol
)

const (
	blanks     = " \t\v\f"
	separators = blanks + ","
)

// separatorWords are separators by their names.
var separatorWords = map[string]string{"tab": "\t", "blank": " ", "space": " ", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|"}

func separatorOf(name string) string {
	if text, ok := separatorWords[name]; ok {
		return text
	}
	return name
}

// census is what the lines of a text look like, comments and blank lines left
// out.
type census struct {
	filled      int             // lines
	separated   bool            // there is a blank or a comma between symbols somewhere
	several     int             // lines with more than one symbol
	words       map[string]bool // the different lines, if no separator was seen
	begin       []string        // the first of them
	recent      recent          // some of them
	longest     int             // characters of the longest of these
	separator   string          // that the options give
	given       int             // lines that have it
	marks       [len(marks)]int
	manySymbols bool // the line at hand is among several
	broken      [len(marks)]bool
}

// marks are what stands between symbols beside blanks and commas. The first two
// are believed where all lines have them; the others are asked about, for they
// may be symbols.
var marks = [...]string{";", "|", "->", "=>", "→", ">"}

const readMarks = 2

// mostWords bounds the different lines that are remembered; lines of which there
// are more are no labels.
const mostWords = 1 << 12

// someWords are enough to see that lines are times or a counter.
const someWords = 64

// longWord is more than the bytes of any label; a text with a longer line has
// chains.
const longWord = 256

// newCensus returns the census of no lines. Where the options say how a text is
// read, no words are kept.
func newCensus(opts Options) *census {
	c := &census{separator: separatorOf(opts.Separator)}
	if opts.Classes == nil && opts.Separator == "" {
		c.words = map[string]bool{}
	}
	return c
}

// What a byte of a line may be part of.
const (
	separates = 1 << iota // a blank or a comma
	marks1                // a mark, or the first byte of one
)

var byteKinds = func() (kinds [256]uint8) {
	for _, b := range []byte(separators) {
		kinds[b] |= separates
	}
	for _, mark := range marks {
		kinds[mark[0]] |= marks1
	}
	return kinds
}()

// add looks at a line without comment and without blanks around it, or at a
// piece of a long one.
func (c *census) add(text string, first, last bool) {
	if first {
		c.filled++
		c.manySymbols = false
	}
	if c.separator != "" && strings.Contains(strings.TrimSuffix(text, c.separator), c.separator) {
		c.given++
	}
	var kinds uint8
	for i := range len(text) {
		kinds |= byteKinds[text[i]]
	}
	if kinds&separates != 0 {
		c.separated = true
		c.words = nil
		if !c.manySymbols && (!last || !first || apart(text)) {
			c.several++
			c.manySymbols = true
		}
	}
	if kinds&marks1 != 0 {
		c.addMarks(text, first)
	}
	if !c.separated && c.words != nil && len(c.words) <= mostWords {
		if _, ok := c.recent.lookup(text); !ok {
			if !c.words[text] { // the text may be a view of a block that will hold another
				text = strings.Clone(text)
				c.words[text] = true
				if len(c.begin) < someWords {
					c.begin = append(c.begin, text)
				}
			}
			c.recent.remember(text, 0)
		}
		if len(text) > longWord {
			c.words = nil
		}
	}
	if len(text) > c.longest {
		c.longest = max(c.longest, utf8.RuneCountInString(text))
	}
}

// apart reports whether a separator stands between symbols, not only behind them.
func apart(text string) bool {
	end := len(text)
	for end > 0 && byteKinds[text[end-1]]&separates != 0 {
		end--
	}
	for i := range end {
		if byteKinds[text[i]]&separates != 0 {
			return true
		}
	}
	return false
}

// trimBlanks takes the blanks off both ends of a text.
func trimBlanks(text string) string {
	blank := func(c byte) bool { return c == ' ' || c == '\t' || c == '\v' || c == '\f' }
	for len(text) > 0 && blank(text[0]) {
		text = text[1:]
	}
	for len(text) > 0 && blank(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

func (c *census) addMarks(text string, first bool) {
	for i, mark := range marks {
		if !strings.Contains(text, mark) {
			continue
		}
		if first {
			c.marks[i]++
		}
		trimmed := strings.TrimSpace(strings.TrimSuffix(text, mark))
		if first && strings.HasPrefix(trimmed, mark) || i < readMarks && strings.Contains(text, mark+mark+mark) {
			c.broken[i] = true
		}
		if i >= readMarks && !c.broken[i] {
			for part := range strings.SplitSeq(trimmed, mark) {
				if strings.TrimSpace(part) == "" {
					c.broken[i] = true
				}
			}
		}
	}
}

// mark returns the number of the mark that stands between the symbols of nearly
// every line, or -1. An arrow is not taken for the '>' that ends it.
func (c *census) mark() int {
	for i := range marks {
		if c.marks[i] > 0 && 10*c.marks[i] >= 9*c.filled && !c.broken[i] {
			return i
		}
	}
	return -1
}

// labelled reports whether lines without a separator are labels, one a line,
// rather than chains of single characters. Labels come again and again and are
// made of more different characters than there are labels; chains of characters
// are many and made of few. Numbers are labels if they have a sign or a point, or
// digits that are too many for states.
func (c *census) labelled() bool {
	L, K := c.filled, len(c.words)
	if L < 2 || c.longest < 2 || K > mostWords || c.words == nil {
		return false
	}
	characters := map[rune]bool{}
	numbers, marked, padded := true, false, false
	for word := range c.words {
		if _, err := number(word); err != nil {
			numbers = false
		}
		marked = marked || strings.ContainsAny(word, "+-.")
		padded = padded || len(word) > 1 && word[0] == '0' && word[1] != '.'
		for _, r := range word {
			characters[r] = true
		}
	}
	C := len(characters)
	const longNumber = 3
	if numbers && !padded {
		return marked || c.longest <= longNumber && (C >= 5 || K <= C || c.longest <= 2) || 2*K <= L && C >= 5
	}
	few := K < L && K <= C && C >= 3 && c.longest <= 3*C
	// Chains of single characters fill up their possibilities, labels do not.
	many := 2*K <= L && C >= 5 && float64(K)*float64(K) <= power(C, c.shortest())
	return few || many
}

func (c *census) shortest() int {
	shortest := c.longest
	for word := range c.words {
		shortest = min(shortest, utf8.RuneCountInString(word))
	}
	return max(2, shortest)
}

func power(base, exponent int) float64 {
	p := 1.0
	for range min(exponent, 300) {
		p *= float64(base)
	}
	return p
}

// decide finds the layout of a text from its census. A note says what was
// guessed; a text whose symbols stand between arrows is refused, for '>' may be a
// state too.
func (c *census) decide(s *Sequences, opts Options) (kind layout, separator string, err error) {
	switch {
	case opts.Classes != nil, opts.Separator == "characters":
		return characterLayout, "", nil
	case opts.Separator != "":
		return separatedLayout, separatorOf(opts.Separator), nil
	}
	if m := c.mark(); m >= 0 && !contains(opts.Alphabet, marks[m]) {
		if m < readMarks {
			return separatedLayout, marks[m], nil
		}
		return 0, "", &Error{File: s.File, Err: ErrSeparator,
			Detail: fmt.Sprintf("%q stands between the symbols of every line", marks[m]),
			Remedy: fmt.Sprintf("give it as `separator` '%s', or `separator` characters if it is a state", marks[m])}
	}
	if c.separated {
		return separatedLayout, "", nil
	}
	if err := c.refuse(s, opts); err != nil {
		return 0, "", err
	}
	if c.labelled() && !c.spelled(opts.Alphabet) || wordAlphabet(opts.Alphabet) {
		if c.longest > 1 {
			why := "the same few lines come again and again"
			if 2*len(c.words) > c.filled {
				why = "the lines are labels of several characters"
			}
			s.note("`separator` characters takes each character as a symbol instead", "each line was read as one symbol of a series, for %s", why)
		}
		return labelLayout, "", nil
	}
	return characterLayout, "", nil
}

// refuse returns an error for a text whose lines are all different and are dates,
// measurements, a counter, or numbered names: neither states nor chains of
// characters.
func (c *census) refuse(s *Sequences, opts Options) error {
	const few = 10 // lines of which nothing can be said, but for dates
	L, K := c.filled, len(c.words)
	if c.words == nil || opts.Alphabet != nil || K < 3 || K <= mostWords && 10*K <= 9*L {
		return nil
	}
	many := fmt.Sprintf("%d different", K)
	if K > mostWords {
		many = fmt.Sprintf("more than %d different", mostWords)
	}
	measured, grows, last, stem := true, true, math.Inf(-1), ""
	for i, word := range c.begin {
		x, err := number(word)
		measured = measured && err == nil && strings.ContainsAny(word, ".eE+-")
		grows = grows && err == nil && x > last && len(word) > 1
		last = x
		if name := strings.TrimRight(word, "0123456789"); i == 0 && len(name) < len(word) && len(name) > 1 {
			stem = name
		} else if name != stem || name == word {
			stem = ""
		}
	}
	what := ""
	switch {
	case dated(c.begin):
		what = "dates, not states"
	case L <= few:
	case measured:
		what = "numbers, too many for states"
	case grows:
		what = "numbers that grow, a time or a counter, not states"
	case stem != "":
		what = fmt.Sprintf("names that begin with %q, not states", stem)
	}
	if what == "" {
		return nil
	}
	return &Error{File: s.File, Err: ErrColumns, Detail: fmt.Sprintf("the %d lines are %s %s", L, many, what),
		Remedy: "give a file of states, grouped into few, or `separator` characters if each character is a state"}
}

func contains(alphabet []string, mark string) bool {
	for _, label := range alphabet {
		if strings.Contains(label, mark) {
			return true
		}
	}
	return false
}

// spelled reports whether every line consists of characters of the alphabet.
func (c *census) spelled(alphabet []string) bool {
	if alphabet == nil {
		return false
	}
	characters := strings.Join(alphabet, "")
	for word := range c.words {
		if strings.Trim(word, characters) != "" {
			return false
		}
	}
	return true
}

func wordAlphabet(alphabet []string) bool {
	for _, label := range alphabet {
		if utf8.RuneCountInString(label) > 1 {
			return true
		}
	}
	return false
}

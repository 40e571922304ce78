package chainfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"markovicl/markov"
)

// What lookup returns for symbols that are no state.
const (
	unknownSymbol = -1
	removedSymbol = -2
	missingSymbol = -3
)

// symbols says which state a symbol of a file stands for.
type symbols struct {
	labels  []string
	classes bool
	letters [utf8.RuneSelf]int16 // the states of one-byte symbols
	others  map[string]int16     // those of longer ones
	rest    int16                // what any other character is
	numbers map[string]int16     // states that are numbers, by numberKey; nil if not all are
	missing map[string]bool      // symbols that stand for a missing value
}

// lookup returns the state of a symbol, or unknownSymbol, removedSymbol or
// missingSymbol.
func (s *symbols) lookup(text string) int {
	state := s.state(text)
	switch {
	case state != unknownSymbol:
	case s.missing[text]:
		return missingSymbol
	case s.numbers != nil:
		if state, ok := s.numbers[numberKey(text)]; ok {
			return int(state)
		}
	}
	return state
}

// state is lookup without missing values and ways to write numbers.
func (s *symbols) state(text string) int {
	if len(text) == 1 && text[0] < utf8.RuneSelf {
		return int(s.letters[text[0]])
	}
	if state, ok := s.others[text]; ok {
		return int(state)
	}
	if utf8.RuneCountInString(text) == 1 {
		return int(s.rest)
	}
	return unknownSymbol
}

func newSymbols(labels []string, rest int16) *symbols {
	s := &symbols{labels: labels, others: map[string]int16{}, rest: rest}
	for i := range s.letters {
		s.letters[i] = rest
	}
	return s
}

// set maps a symbol to a state and reports whether it was free.
func (s *symbols) set(text string, state int16) bool {
	if s.state(text) >= 0 {
		return false
	}
	if len(text) == 1 && text[0] < utf8.RuneSelf {
		s.letters[text[0]] = state
	} else {
		s.others[text] = state
	}
	return true
}

// fold lets a character that stands for nothing stand for what its other case
// stands for. The first state that has such a character wins.
func (s *symbols) fold() {
	for state := range s.labels {
		for _, text := range s.charactersOf(int16(state)) {
			r, _ := utf8.DecodeRuneInString(text)
			for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
				if s.lookup(string(other)) == int(s.rest) {
					s.set(string(other), int16(state))
				}
			}
		}
	}
}

// charactersOf returns the single characters that stand for a state, sorted.
func (s *symbols) charactersOf(state int16) []string {
	var list []string
	for c, of := range s.letters {
		if of == state {
			list = append(list, string(rune(c)))
		}
	}
	for text, of := range s.others {
		if of == state && utf8.RuneCountInString(text) == 1 {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return list
}

// singles reports whether every state is a single character in the file.
func (s *symbols) singles() bool {
	return s.classes || !slices.ContainsFunc(s.labels, func(label string) bool { return utf8.RuneCountInString(label) != 1 })
}

// show writes the states for a message: "ACGT" or ["low" "mid" "high"].
func (s *symbols) show() string {
	if s.singles() && !s.classes {
		return fmt.Sprintf("%q", strings.Join(s.labels, ""))
	}
	const most = 12
	if len(s.labels) > most {
		return fmt.Sprintf("%q and %d more", s.labels[:most], len(s.labels)-most)
	}
	return fmt.Sprintf("%q", s.labels)
}

// complaint says what is wrong with a symbol that is no state.
func (s *symbols) complaint(text string) string {
	switch {
	case text == "":
		return "a symbol is missing"
	case s.classes:
		return fmt.Sprintf("%s is not a single character, as classes want", quoteSymbol(text))
	case s.singles() && utf8.RuneCountInString(text) > 1 && !strings.ContainsFunc(text, func(r rune) bool { return s.lookup(string(r)) < 0 }):
		return fmt.Sprintf("%q is one symbol, because blanks or commas separate the symbols of this file; the alphabet is %s", text, s.show())
	}
	return fmt.Sprintf("%s is not in the alphabet %s", quoteSymbol(text), s.show())
}

// quoteSymbol writes a symbol for a message, a single character in single
// quotes. Long ones are cut.
func quoteSymbol(text string) string {
	const most = 40
	if r, width := utf8.DecodeRuneInString(text); width == len(text) && r != utf8.RuneError {
		return strconv.QuoteRune(r)
	}
	if len(text) > most {
		text = text[:most] + "..."
	}
	return strconv.Quote(text)
}

// Text writes states in the file's own symbols: run together if every state is
// a single character, else separated by a blank, or by a comma and a blank if a
// state's name has a blank in it, or by a semicolon and a blank if one has a comma.
// For classes these are the names of the classes.
func (s *Sequences) Text(states []markov.State) string {
	words := make([]string, len(states))
	for i, state := range states {
		words[i] = s.Labels[state]
	}
	return strings.Join(words, s.separator())
}

func (s *Sequences) separator() string {
	separator := ""
	for _, label := range s.Labels {
		switch {
		case strings.Contains(label, ","):
			return "; "
		case strings.ContainsAny(label, blanks):
			separator = ", "
		case separator == "" && utf8.RuneCountInString(label) != 1:
			separator = " "
		}
	}
	return separator
}

// Parse reads states as a user types them: the names of states separated as
// [Sequences.Text] writes them or by commas, or single characters of the file.
// What would be unknown in the file is unknown here, and is an error in any
// case; characters that classes remove are removed.
func (s *Sequences) Parse(text string) ([]markov.State, error) {
	separator := s.separator()
	split := func(r rune) bool {
		if separator == "; " {
			return r == ';'
		}
		return r == ',' || separator != ", " && strings.ContainsRune(blanks, r)
	}
	var states []markov.State
	for _, word := range strings.FieldsFunc(text, split) {
		word = strings.TrimSpace(word)
		i := slices.Index(s.Labels, word)
		if i < 0 && !s.symbols.singles() { // another spelling of a number, or a merged state
			i = s.symbols.lookup(word)
		}
		if i < 0 {
			return s.parseCharacters(text)
		}
		states = append(states, markov.State(i))
	}
	return states, nil
}

func (s *Sequences) parseCharacters(text string) ([]markov.State, error) {
	if !s.symbols.singles() {
		return nil, fmt.Errorf("%q is not a list of states of %s; separate them by %s: %s", text, s.File, map[bool]string{true: "semicolons", false: "commas"}[s.separator() == "; "], s.symbols.show())
	}
	var states []markov.State
	var column int
	for _, r := range text {
		column++
		switch state := s.symbols.lookup(string(r)); {
		case state >= 0:
			states = append(states, markov.State(state))
		case state == removedSymbol || strings.ContainsRune(separators, r):
		default:
			return nil, fmt.Errorf("%q, column %d: %s of %s", text, column, s.symbols.complaint(string(r)), s.File)
		}
	}
	return states, nil
}

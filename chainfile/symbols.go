package chainfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"markovicl/markov"
)

// Class is a state that stands for several characters.
type Class struct {
	Name       string // name of the state
	Characters string // its characters; empty for the class of all that no other lists
}

// ParseClasses reads classes as the flag --classes writes them:
//
//	vowel=aeiou,consonant=bcdfghjklmnpqrstvwxyz
//	purine=AG,pyrimidine=CT
//	vowel=aeiou,other=*
//
// A "*" alone is the class of every character (blanks too, ends of lines not)
// that no other class lists. A backslash takes the meaning from the comma,
// star or backslash that follows it. A character that no class lists counts as
// its other case if that is listed: aeiou holds A too, unless another class
// lists A.
func ParseClasses(text string) ([]Class, error) {
	var classes []Class
	for _, part := range splitEscaped(text) {
		name, chars, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || chars == "" {
			return nil, fmt.Errorf(`classes %q: %q is not NAME=CHARACTERS; write vowel=aeiou,other=* and \, for a comma`, text, part)
		}
		if chars == "*" {
			chars = ""
		}
		classes = append(classes, Class{name, unescape(chars)})
	}
	if _, err := newClasses(classes); err != nil {
		return nil, fmt.Errorf("classes %q: %w", text, err)
	}
	return classes, nil
}

// splitEscaped splits at commas without a backslash before them.
func splitEscaped(text string) []string {
	var parts []string
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ',':
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// ParseAlphabet reads the states of a file as the flag --alphabet writes them:
// "ACGT" is four single characters, "low,mid,high" three words.
func ParseAlphabet(text string) ([]string, error) {
	split := func(r rune) bool { return strings.ContainsRune(separators, r) }
	labels := strings.FieldsFunc(text, split)
	if len(labels) == 1 && !strings.ContainsFunc(strings.TrimSpace(text), split) {
		labels = strings.Split(labels[0], "")
	}
	if _, err := newAlphabet(labels); err != nil {
		return nil, fmt.Errorf("alphabet %q: %w", text, err)
	}
	return labels, nil
}

// What lookup returns for symbols that are no state.
const (
	unknownSymbol = -1
	removedSymbol = -2
)

// symbols says which state a symbol of a file stands for.
type symbols struct {
	labels  []string
	classes bool
	letters [utf8.RuneSelf]int16 // the states of one-byte symbols
	others  map[string]int16     // those of longer ones
	rest    int16                // what any other character is
}

// lookup returns the state of a symbol, or unknownSymbol or removedSymbol.
func (s *symbols) lookup(text string) int {
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
	if s.lookup(text) >= 0 {
		return false
	}
	if len(text) == 1 && text[0] < utf8.RuneSelf {
		s.letters[text[0]] = state
	} else {
		s.others[text] = state
	}
	return true
}

// newAlphabet returns symbols that stand for themselves.
func newAlphabet(labels []string) (*symbols, error) {
	s := newSymbols(slices.Clone(labels), unknownSymbol)
	for i, label := range labels {
		if label == "" || strings.ContainsAny(label, "\r\n") {
			return nil, fmt.Errorf("%q cannot be a state; name states by words or characters", label)
		}
		if i >= markov.MaxStates {
			return nil, fmt.Errorf("%d states are too many; at most %d are possible", len(labels), markov.MaxStates)
		}
		if !s.set(label, int16(i)) {
			return nil, fmt.Errorf("%s is listed twice", quoteSymbol(label))
		}
	}
	if len(labels) < 2 {
		return nil, errors.New("there are fewer than two states; list at least two")
	}
	return s, nil
}

// newClasses returns characters that stand for the class they are in.
func newClasses(classes []Class) (*symbols, error) {
	if len(classes) < 2 || len(classes) > markov.MaxStates {
		return nil, fmt.Errorf("the number of classes is %d; name between 2 and %d", len(classes), markov.MaxStates)
	}
	rest := int16(removedSymbol)
	var labels []string
	for i, c := range classes {
		if c.Name == "" || slices.Contains(labels, c.Name) {
			return nil, fmt.Errorf("the class name %q is empty or there twice; give every class its own", c.Name)
		}
		labels = append(labels, c.Name)
		if c.Characters == "" {
			if rest >= 0 {
				return nil, fmt.Errorf("both %q and %q are the class of the rest; only one can be", labels[rest], c.Name)
			}
			rest = int16(i)
		}
	}
	s := newSymbols(labels, removedSymbol)
	s.classes = true
	for i, c := range classes {
		for _, r := range c.Characters {
			if !s.set(string(r), int16(i)) {
				return nil, fmt.Errorf("the character %q is in two classes or twice in %q", r, c.Name)
			}
		}
	}
	s.fold()
	s.rest = rest
	for i, state := range s.letters {
		if state == removedSymbol {
			s.letters[i] = rest
		}
	}
	return s, nil
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

// symbols returns the symbols that the options fix, nil if the file decides.
func (o Options) symbols() (s *symbols, err error) {
	switch {
	case o.Alphabet != nil && o.Classes != nil:
		return nil, errors.New("--alphabet and --classes both name the states; give one of them")
	case o.Alphabet != nil:
		if s, err = newAlphabet(o.Alphabet); err != nil {
			return nil, fmt.Errorf("--alphabet: %w", err)
		}
	case o.Classes != nil:
		if s, err = newClasses(o.Classes); err != nil {
			return nil, fmt.Errorf("--classes: %w", err)
		}
	}
	return s, nil
}

// comments reports whether '#' begins a comment: not where single characters
// are classified, nor where the alphabet has a state that begins with it.
func (o Options) comments() bool {
	return o.Classes == nil && !slices.ContainsFunc(o.Alphabet, func(label string) bool { return label[0] == '#' })
}

// findSymbols takes the symbols that occur in a file as its states.
func findSymbols(src source, file string) (*symbols, error) {
	if f, ok := src.(*fasta); ok {
		return f.findSymbols(file)
	}
	seen := map[string]bool{}
	var letters [256]bool // one-byte symbols, the usual ones
	err := src.walk(func(string) {}, func(text string, _, ref int) error {
		if len(text) == 1 {
			if letters[text[0]] {
				return nil
			}
			letters[text[0]] = true
		}
		if text == "" || seen[text] {
			return nil
		}
		seen[text] = true
		fail := func(cause error, detail string) error {
			line, column := src.place(ref)
			return &Error{File: file, Line: line, Column: column, Detail: detail, Err: cause}
		}
		if !printable(text) {
			return fail(ErrNotText, fmt.Sprintf("%q cannot be a state; the file should be UTF-8 text", text))
		}
		if len(seen) > markov.MaxStates {
			return fail(ErrManyStates, fmt.Sprintf("%s is one state more than the %d that are possible; %s", quoteSymbol(text), markov.MaxStates, fewerStates(src)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	labels := make([]string, 0, len(seen))
	for label := range seen {
		labels = append(labels, label)
	}
	return foundSymbols(labels), nil
}

// fewerStates is the advice for a file with too many states.
func fewerStates(src source) string {
	if t, ok := src.(*table); ok && t.column < 0 {
		return "name the column of a series with --column or the names of rows with --id, or group the values into fewer"
	}
	return "group the symbols into fewer, or map characters with --classes"
}

// foundSymbols returns the symbols found in a file as states in their order.
// Unlike a given alphabet there may be fewer than two, which is noticed later.
func foundSymbols(labels []string) *symbols {
	sortLabels(labels)
	s := newSymbols(labels, unknownSymbol)
	for i, label := range labels {
		s.set(label, int16(i))
	}
	return s
}

// printable reports whether a symbol can be shown to people.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// sortLabels sorts by number if all labels are numbers, else by bytes. Labels
// of equal number, such as 1 and 1.0, come in the order of their bytes.
func sortLabels(labels []string) {
	numbers := map[string]float64{}
	for _, label := range labels {
		x, err := number(label)
		if err != nil {
			slices.Sort(labels)
			return
		}
		numbers[label] = x
	}
	slices.SortFunc(labels, func(a, b string) int {
		return cmp.Or(cmp.Compare(numbers[a], numbers[b]), cmp.Compare(a, b))
	})
}

// number reads a label as a finite number.
func number(label string) (float64, error) {
	x, err := strconv.ParseFloat(label, 64)
	if err == nil && x-x != 0 {
		err = strconv.ErrRange
	}
	return x, err
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
		return fmt.Sprintf("%s is not a single character, as --classes wants", quoteSymbol(text))
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
// state's name has a blank in it. For classes these are the names of the classes.
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
		if strings.ContainsAny(label, blanks) {
			return ", "
		}
		if utf8.RuneCountInString(label) != 1 {
			separator = " "
		}
	}
	return separator
}

// Parse reads states as a user types them (the flag --query): the names of
// states separated as [Sequences.Text] writes them or by commas, or single
// characters of the file. What would be unknown in the file is unknown here,
// and is an error in any case; characters that classes remove are removed.
func (s *Sequences) Parse(text string) ([]markov.State, error) {
	split := func(r rune) bool { return r == ',' || s.separator() != ", " && strings.ContainsRune(blanks, r) }
	var states []markov.State
	for _, word := range strings.FieldsFunc(text, split) {
		i := slices.Index(s.Labels, strings.TrimSpace(word))
		if i < 0 {
			return s.parseCharacters(text)
		}
		states = append(states, markov.State(i))
	}
	return states, nil
}

func (s *Sequences) parseCharacters(text string) ([]markov.State, error) {
	if !s.symbols.singles() {
		return nil, fmt.Errorf("%q is not a list of states of %s; separate them by commas: %s", text, s.File, s.symbols.show())
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

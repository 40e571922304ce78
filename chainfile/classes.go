package chainfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"markovicl/markov"
)

// Class is a state that stands for several characters.
type Class struct {
	Name       string // name of the state
	Characters string // its characters; empty for the class of all that no other lists
}

// ParseClasses reads classes as users write them:
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
	for _, part := range splitEscaped(text, ',') {
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

// splitEscaped splits at separators without a backslash before them.
func splitEscaped(text string, separator byte) []string {
	var parts []string
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case separator:
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

// ParseAlphabet reads the states of a file as users write them:
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

// Merge is a state that stands for several of a file.
type Merge struct {
	Name string   // name of the state
	Of   []string // symbols of the file
}

// ParseMerge reads states to merge as users write them:
//
//	wet=rain+drizzle,dry=sun
//
// A backslash takes the meaning from the comma, plus or backslash that follows
// it. States that are not listed stay as they are.
func ParseMerge(text string) ([]Merge, error) {
	var list []Merge
	seen := map[string]bool{}
	for _, part := range splitEscaped(text, ',') {
		name, of, ok := strings.Cut(part, "=")
		m := Merge{Name: unescape(strings.TrimSpace(name))}
		for _, symbol := range splitEscaped(of, '+') {
			symbol = unescape(strings.TrimSpace(symbol))
			if symbol == "" || m.Name == "" || !ok {
				return nil, fmt.Errorf(`merge %q: %q is not NAME=STATE+STATE; write wet=rain+drizzle,dry=sun`, text, part)
			}
			if seen[symbol] {
				return nil, fmt.Errorf("merge %q: %s is listed twice", text, quoteSymbol(symbol))
			}
			seen[symbol] = true
			m.Of = append(m.Of, symbol)
		}
		list = append(list, m)
	}
	return list, nil
}

// ParseMissing reads the symbols of missing values as users write them: a,b
// replaces the usual list, and "none" is the empty one.
func ParseMissing(text string) []string {
	if text == "none" {
		return []string{}
	}
	var list []string
	for _, symbol := range splitEscaped(text, ',') {
		list = append(list, unescape(strings.TrimSpace(symbol)))
	}
	return list
}

// missing returns the symbols that stand for a missing value: never a state
// that the alphabet lists.
func (o Options) missing() map[string]bool {
	list := o.Missing
	if list == nil {
		list = DefaultMissing
	}
	missing := map[string]bool{"": true}
	for _, symbol := range list {
		missing[symbol] = !slices.Contains(o.Alphabet, symbol)
	}
	return missing
}

// symbols returns the symbols that the options fix, nil if the file decides.
func (o Options) symbols() (s *symbols, err error) {
	switch {
	case o.Alphabet != nil && o.Classes != nil:
		return nil, &OptionError{"classes", "the alphabet and the classes both name the states; give one of them"}
	case o.Merge != nil && o.Classes != nil:
		return nil, &OptionError{"merge", "classes merge characters already; give one of the two"}
	case o.Alphabet != nil:
		if s, err = newAlphabet(o.Alphabet); err != nil {
			return nil, &OptionError{"alphabet", err.Error()}
		}
		for _, m := range o.Merge {
			state := slices.Index(o.Alphabet, m.Name)
			if state < 0 {
				return nil, &OptionError{"merge", fmt.Sprintf("%q is not in the alphabet %s, which names the states after merging", m.Name, s.show())}
			}
			for _, text := range m.Of {
				s.set(text, int16(state))
			}
		}
		if allNumbers(o.Alphabet) {
			s.numbers = map[string]int16{}
			for i, label := range o.Alphabet {
				if _, twice := s.numbers[numberKey(label)]; twice {
					return nil, &OptionError{"alphabet", fmt.Sprintf("%s is there twice as a number", quoteSymbol(label))}
				}
				s.numbers[numberKey(label)] = int16(i)
			}
		}
	case o.Classes != nil:
		if s, err = newClasses(o.Classes); err != nil {
			return nil, &OptionError{"classes", err.Error()}
		}
	}
	return s, nil
}

// hashes reports whether '#' may begin a comment: not where single characters
// are classified, nor where the alphabet has a state that begins with it.
func (o Options) hashes() bool {
	return o.Classes == nil && !slices.ContainsFunc(o.Alphabet, func(label string) bool { return label[0] == '#' })
}

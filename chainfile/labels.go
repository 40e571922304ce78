package chainfile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"markovicl/markov"
)

// mostDistinct bounds the different symbols that are looked at before a file is
// said to hold no states.
const mostDistinct = 1 << 16

// fewSymbols are too few to say that nothing comes again.
const fewSymbols = 20

// findSymbols takes the symbols that occur in a file as its states.
func (s *Sequences) findSymbols(src source, opts Options) error {
	if f, ok := src.(interface {
		findSymbols(file string) (*symbols, error)
	}); ok {
		symbols, err := f.findSymbols(s.File)
		s.symbols = symbols
		return err
	}
	fail := func(ref int, cause error, remedy, detail string, args ...any) error {
		line, column := src.place(ref)
		return &Error{File: s.File, Line: line, Column: column, Detail: fmt.Sprintf(detail, args...), Remedy: remedy, Err: cause}
	}
	missing := opts.missing()
	if src.running() {
		missing = nil
	}
	total := 0
	seen := map[string]int{} // where each symbol comes first
	var letters [256]bool    // one-byte symbols, the usual ones
	var raw []string         // in the order of the file
	err := src.walk(func(string) {}, func(text string, _, ref int) error {
		total++
		if len(text) == 1 {
			if letters[text[0]] {
				return nil
			}
			letters[text[0]] = true
		}
		if text == "" || missing[text] {
			return nil
		}
		if _, ok := seen[text]; ok {
			return nil
		}
		seen[text] = ref
		raw = append(raw, text)
		if !printable(text) {
			return fail(ref, ErrNotText, "", "%q cannot be a state: it has characters that cannot be shown", text)
		}
		if len(raw) > mostDistinct {
			return fail(ref, ErrManyStates, fewerStates(src), "there are more than %d different symbols, and at most %d states are possible", mostDistinct, markov.MaxStates)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.symbols, err = s.foundSymbols(raw, opts.Merge); err != nil {
		return err
	}
	if n := len(s.symbols.labels); n > markov.MaxStates {
		first := map[string]bool{}
		for _, text := range raw {
			first[s.symbols.labels[s.symbols.state(text)]] = true
			if len(first) > markov.MaxStates {
				return fail(seen[text], ErrManyStates, fewerStates(src), "%s is one state more than the %d that are possible", quoteSymbol(text), markov.MaxStates)
			}
		}
	}
	if n := len(s.symbols.labels); total > fewSymbols && 10*n > 9*total && opts.Column == "" && measurements(raw) {
		return fail(seen[raw[0]], ErrManyStates, "group them into few states, or list them with `alphabet` if they are right", "%d of %d numbers are different, too many for states", n, total)
	}
	s.Ordered = s.Ordered || s.symbols.numbers != nil
	return nil
}

// measurements reports whether symbols are numbers, one with a point at least.
func measurements(raw []string) bool {
	return allNumbers(raw) && slices.ContainsFunc(raw, func(text string) bool { return strings.Contains(text, ".") })
}

// foundSymbols makes states of the symbols of a file: those to be merged
// become one, and so do equal numbers if all the others are numbers.
func (s *Sequences) foundSymbols(raw []string, merge []Merge) (*symbols, error) {
	merged := map[string]string{}
	for _, m := range merge {
		for _, text := range m.Of {
			merged[text] = m.Name
			if !slices.Contains(raw, text) {
				return nil, &Error{File: s.File, Err: ErrMerge, Detail: fmt.Sprintf("%s is to be merged into %q and does not occur in the file", quoteSymbol(text), m.Name),
					Remedy: "mend the name in `merge`"}
			}
		}
	}
	numbers := map[string]string{} // the shortest way in which each number is written
	numeric := !slices.ContainsFunc(raw, func(text string) bool { _, err := number(text); return merged[text] == "" && err != nil })
	label := func(text string) string {
		if name := merged[text]; name != "" {
			return name
		}
		if numeric {
			return numbers[numberKey(text)]
		}
		return text
	}
	spellings := 0
	for _, text := range raw {
		if key := numberKey(text); numeric && merged[text] == "" {
			before, ok := numbers[key]
			if ok {
				spellings++
			}
			if !ok || cmp.Or(cmp.Compare(len(text), len(before)), cmp.Compare(text, before)) < 0 {
				numbers[key] = text
			}
		}
	}
	if spellings > 0 {
		s.note("", "%s equal to another in value and counted as the same state, as 1 and 1.0 are", isAre(spellings, "number"))
	}
	var labels []string
	for _, text := range raw {
		labels = append(labels, label(text))
	}
	slices.Sort(labels)
	found := foundSymbols(slices.Compact(labels))
	state := map[string]int16{}
	for i, l := range found.labels {
		state[l] = int16(i)
	}
	for _, text := range raw {
		found.set(text, state[label(text)])
	}
	if numeric && len(found.labels) > 0 && allNumbers(found.labels) {
		found.numbers = map[string]int16{}
		for i, l := range found.labels {
			found.numbers[numberKey(l)] = int16(i)
		}
	}
	return found, nil
}

func isAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return fmt.Sprintf("%d %ss are", n, noun)
}

// fewerStates is the advice for a file with too many states.
func fewerStates(src source) string {
	if t, ok := src.(*table); ok {
		if t.column < 0 {
			return "name the column of a series with `column` or the names of rows with `id`, or group the values into fewer"
		}
		return "name another `column`, or group the values into fewer"
	}
	return "group the symbols into fewer, or map characters with `classes`"
}

// foundSymbols returns labels found in a file as states in their order. Unlike
// a given alphabet there may be fewer than two.
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

// sortLabels sorts by number if all labels are numbers, else by bytes.
func sortLabels(labels []string) {
	if !allNumbers(labels) {
		slices.Sort(labels)
		return
	}
	numbers := map[string]float64{}
	for _, label := range labels {
		numbers[label], _ = number(label)
	}
	slices.SortFunc(labels, func(a, b string) int {
		return cmp.Or(cmp.Compare(numbers[a], numbers[b]), cmp.Compare(a, b))
	})
}

func allNumbers(labels []string) bool {
	return !slices.ContainsFunc(labels, func(label string) bool { _, err := number(label); return err != nil })
}

// number reads a label as a finite number.
func number(label string) (float64, error) {
	x, err := strconv.ParseFloat(label, 64)
	if err == nil && x-x != 0 {
		err = strconv.ErrRange
	}
	return x, err
}

// numberKey is equal for texts of the same number: 1, 1.0 and 1e0. Numbers of
// more digits than a float64 tells apart stay as they are written.
func numberKey(text string) string {
	const digits = 15
	x, err := number(text)
	if err != nil || len(strings.TrimLeft(text, "+-0.")) > digits {
		return text
	}
	if x == 0 {
		x = 0 // not -0
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

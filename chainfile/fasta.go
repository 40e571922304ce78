package chainfile

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"markovicl/markov"
)

// fasta is a FASTA file: records of a line ">name description" and lines of
// characters, which are joined. Lines that begin with ';' or '#' are comments.
//
// Case does not matter: lower case marks repeats ("soft masking") or nothing.
// A '*' at the end of a record marks its end, as in files of proteins, and is
// not a symbol unless the alphabet has it.
type fasta struct {
	data     string
	comments bool
	kind     string // what the letters are, once findSymbols has looked
}

func newFASTA(data string, opts Options) *fasta {
	return &fasta{data: data, comments: opts.comments()}
}

func (f *fasta) walk(begin func(string), symbol func(string, int, int) error) error {
	begin("")
	for line := range lines(f.data) {
		if strings.HasPrefix(line.text, ">") {
			name := ""
			if words := strings.Fields(line.text[1:]); len(words) > 0 {
				name = words[0]
			}
			begin(name)
			continue
		}
		if f.comments && line.text != "" && (line.text[0] == ';' || line.text[0] == '#') {
			continue
		}
		if err := characters(line, symbol); err != nil {
			return err
		}
	}
	return nil
}

// findSymbols takes the letters of a FASTA file as its states. If they look
// like nucleotides (nine of ten of all that are not N are A, C, G, and T or U)
// then only these can be states, so that N and other codes for nucleotides
// that are not known come out as unknown symbols. In other files, as those of
// proteins, the states are the letters and digits that occur.
func (f *fasta) findSymbols(file string) (*symbols, error) {
	counts := map[rune]int{}
	var letters [utf8.RuneSelf]int
	err := f.walk(func(string) {}, func(text string, _, _ int) error {
		if c := text[0]; c < utf8.RuneSelf {
			letters[c]++
		} else {
			r, _ := utf8.DecodeRuneInString(text)
			counts[unicode.ToUpper(r)]++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for c, n := range letters {
		if n > 0 {
			counts[unicode.ToUpper(rune(c))] += n
		}
	}
	var all int
	var found []string
	for r, n := range counts {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			all += n
			found = append(found, string(r))
		}
	}
	nucleotides := "ACGT"
	if counts['U'] > counts['T'] {
		nucleotides = "ACGU"
	}
	var known int
	for _, r := range nucleotides {
		known += counts[r]
	}
	f.kind = "letters"
	if known > 0 && 10*known >= 9*(all-counts['N']) {
		f.kind = "nucleotides"
		found = slices.DeleteFunc(found, func(letter string) bool { return !strings.Contains(nucleotides, letter) })
	}
	if len(found) > markov.MaxStates {
		return nil, &Error{File: file, Err: ErrManyStates,
			Detail: fmt.Sprintf("the file has %d different letters, and at most %d states are possible; map characters with --classes", len(found), markov.MaxStates)}
	}
	s := foundSymbols(found)
	s.fold()
	return s, nil
}

func (f *fasta) place(ref int) (line, column int) { return placeOf(f.data, ref) }

func (f *fasta) size() int { return len(f.data) }

func (f *fasta) reading() (words string, strict bool) {
	words = "FASTA"
	if f.kind != "" {
		words += ", " + f.kind
	}
	return words, false
}

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
	data    string
	hashes  bool   // lines may be comments
	kind    string // what the letters are, once findSymbols has looked
	skipped int    // lines that are comments
}

func newFASTA(data string, opts Options) *fasta {
	return &fasta{data: data, hashes: opts.hashes()}
}

func (f *fasta) walk(begin func(string), symbol func(string, int, int) error) error {
	begin("")
	f.skipped = 0
	for line := range lines(f.data) {
		if strings.HasPrefix(line.text, ">") {
			name := ""
			if words := strings.Fields(line.text[1:]); len(words) > 0 {
				name = words[0]
			}
			begin(name)
			continue
		}
		if f.hashes && line.text != "" && (line.text[0] == ';' || commentAt(line.text, 0)) {
			f.skipped++
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
func (f *fasta) findSymbols(file string) (symbols *symbols, err error) {
	symbols, f.kind, err = findLetters(f, file)
	return symbols, err
}

// findLetters is findSymbols for FASTA and FASTQ; kind says what the letters are.
func findLetters(src source, file string) (found *symbols, kind string, err error) {
	var letters [utf8.RuneSelf]int64
	others := map[string]int64{}
	err = src.walk(func(string) {}, func(text string, _, ref int) error {
		if c := text[0]; c < utf8.RuneSelf {
			letters[c]++
			return nil
		}
		if !utf8.ValidString(text) {
			line, column := src.place(ref)
			return &Error{File: file, Line: line, Column: column, Err: ErrNotText, Detail: fmt.Sprintf("the byte %02X is not UTF-8", text[0]), Remedy: "convert the file to UTF-8"}
		}
		others[text]++
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	var texts []string
	var counts []int64
	for c, n := range letters {
		if n > 0 {
			texts, counts = append(texts, string(rune(c))), append(counts, n)
		}
	}
	for text, n := range others {
		texts, counts = append(texts, text), append(counts, n)
	}
	return lettersOf(texts, counts, file)
}

// lettersOf takes states from letters that were counted, in both cases.
func lettersOf(texts []string, n []int64, file string) (found *symbols, kind string, err error) {
	counts := map[rune]int64{}
	for i, text := range texts {
		r, _ := utf8.DecodeRuneInString(text)
		counts[unicode.ToUpper(r)] += n[i]
	}
	var all int64
	var labels []string
	for r, n := range counts {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			all += n
			labels = append(labels, string(r))
		}
	}
	nucleotides := "ACGT"
	if counts['U'] > counts['T'] {
		nucleotides = "ACGU"
	}
	var known int64
	for _, r := range nucleotides {
		known += counts[r]
	}
	kind = "letters"
	if known > 0 && 10*known >= 9*(all-counts['N']) {
		kind = "nucleotides"
		labels = slices.DeleteFunc(labels, func(letter string) bool { return !strings.Contains(nucleotides, letter) })
	}
	if len(labels) > markov.MaxStates {
		return nil, "", &Error{File: file, Err: ErrManyStates, Remedy: "map characters with `classes`",
			Detail: fmt.Sprintf("the file has %d different letters, and at most %d states are possible", len(labels), markov.MaxStates)}
	}
	found = foundSymbols(labels)
	found.fold()
	return found, kind, nil
}

func (f *fasta) place(ref int) (line, column int) { return placeOf(f.data, ref) }

func (f *fasta) size() int { return len(f.data) }

func (f *fasta) running() bool { return true }

func (f *fasta) comments() int { return f.skipped }

func (f *fasta) reading() (words string, strict bool) {
	words = "FASTA"
	if f.kind != "" {
		words += ", " + f.kind
	}
	return words, false
}

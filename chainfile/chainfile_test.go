package chainfile

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/markov"
)

// mustClasses reads classes or stops the test.
func mustClasses(t testing.TB, text string) []Class {
	t.Helper()
	classes, err := ParseClasses(text)
	if err != nil {
		t.Fatal(err)
	}
	return classes
}

// named writes every sequence as "name@line: symbols".
func named(s *Sequences) []string {
	var out []string
	for _, q := range s.List {
		out = append(out, fmt.Sprintf("%s@%d: %s", q.Name, q.Line, s.Text(q.States)))
	}
	return out
}

func TestRead(t *testing.T) {
	for _, test := range []struct {
		about  string
		file   string // name of the file, "x.txt" if empty
		data   string
		opts   Options
		class  string
		labels string
		want   []string
	}{
		// FASTA
		{about: "records are joined lines", data: ">a first\nACGT\nAC\n>b\nGG\n", labels: "A C G T", want: []string{"a@2: ACGTAC", "b@5: GG"}},
		{about: "soft masking, blanks, CR LF, no newline at the end", data: ">a\r\nACgt AC\r\n\r\nGt", labels: "A C G T", want: []string{"a@2: ACGTACGT"}},
		{about: "byte order mark and comments", data: "\ufeff; old\n# new\n>a\nACGT\n;x\nA", labels: "A C G T", want: []string{"a@4: ACGTA"}},
		{about: "RNA", data: ">a\nACGU", labels: "A C G U", want: []string{"a@2: ACGU"}},
		{about: "protein with its stop", data: ">p\nMKVLAAGWY*\n>q\nMKL*\n", labels: "A G K L M V W Y", want: []string{"p@2: MKVLAAGWY", "q@4: MKL"}},
		{about: "digits", data: ">p\n0110\n", labels: "0 1", want: []string{"p@2: 0110"}},
		{about: "cut at N", data: ">a\nACNNGT\nNAA\n", opts: Options{SkipUnknown: true}, labels: "A C G T", want: []string{"a@2: AC", "a@2: GT", "a@3: AA"}},
		{about: "alphabet", data: ">a\nacgtn\n", opts: Options{Alphabet: []string{"T", "G", "C", "A", "N"}}, labels: "T G C A N", want: []string{"a@2: ACGTN"}},
		{about: "a case of its own", data: ">a\nAaCc\n", opts: Options{Alphabet: []string{"A", "a", "C"}}, labels: "A a C", want: []string{"a@2: AaCC"}},
		{about: "classes", data: ">AG\nACgtN\nT\n", class: "R=AG,Y=CT", labels: "R Y", want: []string{"AG@2: RYRYY"}},
		{about: "name without words, empty record", data: ">\nAC\n>e\n>f\nGT", labels: "A C G T", want: []string{"@2: AC", "f@5: GT"}},
		{about: "format given", data: "ACGT", opts: Options{Format: FormatFASTA}, labels: "A C G T", want: []string{"@1: ACGT"}},
		// text
		{about: "single characters", data: "0110\n\n001\n", labels: "0 1", want: []string{"@1: 0110", "@3: 001"}},
		{about: "blanks", data: "b a  b\n\ta\tb\n", labels: "a b", want: []string{"@1: bab", "@2: ab"}},
		{about: "commas, also at the end", data: "1, 2,10,\n2,1\n", labels: "1 2 10", want: []string{"@1: 1 2 10", "@2: 2 1"}},
		{about: "a lone word in a separated file", data: "rain\nsun rain\n", labels: "rain sun", want: []string{"@1: rain", "@2: sun rain"}},
		{about: "numbers in order", data: "10 9 -1 0.5\n", labels: "-1 0.5 9 10", want: []string{"@1: 10 9 -1 0.5"}},
		{about: "words in order of bytes", data: "b10 B9 é\n", labels: "B9 b10 é", want: []string{"@1: b10 B9 é"}},
		{about: "comments", data: "# x y\n0 1 # 2\nC# 1 0\n#a 1 #\n", labels: "#a 0 1 C#", want: []string{"@2: 0 1", "@3: C# 1 0", "@4: #a 1"}},
		{about: "the hash is a state", data: "0#1\n#0\n", opts: Options{Alphabet: []string{"#", "0", "1"}}, labels: "# 0 1", want: []string{"@1: 0#1", "@2: #0"}},
		{about: "old line ends", data: "01\r10\r", labels: "0 1", want: []string{"@1: 01", "@2: 10"}},
		{about: "one symbol a line, a blank line between series", data: "0\n1\n\n1\n# c\n1\n", labels: "0 1", want: []string{"@1: 01", "@4: 11"}},
		{about: "one word a line with commas", data: "sun,\nrain,\nsun\n", labels: "rain sun", want: []string{"@1: sun rain sun"}},
		{about: "beyond ASCII", data: "αβα\n", labels: "α β", want: []string{"@1: αβα"}},
		{about: "alphabet orders", data: "0 1\n", opts: Options{Alphabet: []string{"1", "0", "2"}}, labels: "1 0 2", want: []string{"@1: 01"}},
		{about: "cut at unknown and missing", data: "0,1,,1,x,0\n", opts: Options{Alphabet: []string{"0", "1"}, SkipUnknown: true}, labels: "0 1", want: []string{"@1: 01", "@1: 1", "@1: 0"}},
		{about: "lines joined", data: "01\n1\n", opts: Options{JoinLines: true}, labels: "0 1", want: []string{"@1: 011"}},
		{about: "classes: case, removal, no comments", data: "#Ab, i!\nXé1\n", class: "v=aeiou,c=bx", labels: "v c", want: []string{"@1: vcv", "@2: c"}},
		{about: "classes with cases of their own", data: "aAbB\n", class: "up=AB,a=a", labels: "up a", want: []string{"@1: a up up up"}},
		{about: "classes with a rest", data: "a b\n\nÉ", class: "v=aeiouÉ,w=*", labels: "v w", want: []string{"@1: vww", "@3: v"}},
		{about: "classes with escapes", data: "a,*\\\n", class: `a=a\,,b=\*\\`, labels: "a b", want: []string{"@1: aabb"}},
		{about: "classes, lines joined", data: "a\n\n b-a", class: "a=a,b=b", opts: Options{JoinLines: true}, labels: "a b", want: []string{"@1: aba"}},
		// CSV
		{about: "no header, no names", file: "x.csv", data: "0,1,1\n1,0,0\n", labels: "0 1", want: []string{"@1: 011", "@2: 100"}},
		{about: "header", file: "x.csv", data: "t0,t1\n0,1\n1,1\n", labels: "0 1", want: []string{"@2: 01", "@3: 11"}},
		{about: "header and names", file: "x.csv", data: "who,mon,tue\nann,sun,rain\nbob,rain,rain\n", labels: "rain sun", want: []string{"ann@2: sun rain", "bob@3: rain rain"}},
		{about: "names without a header", file: "x.csv", data: "s1,0,1\ns2,1,1\n", labels: "0 1", want: []string{"s1@1: 01", "s2@2: 11"}},
		{about: "numbers for names", file: "x.csv", data: "1,0,1\n2,1,1\n3,0,0\n", labels: "0 1", want: []string{"1@1: 01", "2@2: 11", "3@3: 00"}},
		{about: "numbers for columns", file: "x.csv", data: "0,1,2,3\n1,0,0,1\n1,1,0,1\n", labels: "0 1", want: []string{"@2: 1001", "@3: 1101"}},
		{about: "numbers for columns and rows", file: "x.csv", data: ",0,1,2\n0,1,0,0\n1,1,1,0\n2,1,1,1\n", labels: "0 1", want: []string{"0@2: 100", "1@3: 110", "2@4: 111"}},
		{about: "names that repeat", file: "x.csv", data: "id,a,b\nu,0,1\nu,1,1\n", labels: "0 1", want: []string{"u@2: 01", "u@3: 11"}},
		{about: "named names", data: "a,who,b\n0,x,1\n1,y,0\n", opts: Options{ID: "Who"}, labels: "0 1", want: []string{"x@2: 01", "y@3: 10"}},
		{about: "numbered names", data: "0,x,1\n1,y,0\n", opts: Options{ID: "2"}, labels: "0 1", want: []string{"x@1: 01", "y@2: 10"}},
		{about: "shorter trajectories", file: "x.csv", data: "0,1,1\n1,0,\n", labels: "0 1", want: []string{"@1: 011", "@2: 10"}},
		{about: "unequal rows", file: "x.csv", data: "0,1,1\n1,0\n1,0,0,1\n", opts: Options{Ragged: true}, labels: "0 1", want: []string{"@1: 011", "@2: 10", "@3: 1001"}},
		{about: "tabs", file: "x.tsv", data: "a\t\tb\na\tb\tb\n", opts: Options{SkipUnknown: true}, labels: "a b", want: []string{"@1: a", "@1: b", "@2: abb"}},
		{about: "tabs in a file .csv", file: "x.csv", data: "a\tb\nb\ta\n", labels: "a b", want: []string{"@1: ab", "@2: ba"}},
		{about: "semicolons, quotes, comments, CR LF", file: "x.CSV", data: "# c\r\n\"New York\"; \"a\"\"b\"\r\n\r\n\"a\"\"b\";New York \r\n", labels: "New York a\"b", want: []string{"@2: New York, a\"b", "@4: a\"b, New York"}},
		{about: "a column", file: "x.csv", data: "state\nb\na\nb\n", labels: "a b", want: []string{"@2: bab"}},
		{about: "a column without header", file: "x.csv", data: "0\n1\n1\n", labels: "0 1", want: []string{"@1: 011"}},
		{about: "a column named", data: "time,Wind,rain\n1,n,0\n2,s,0\n3,n,1\n", opts: Options{Column: "wind"}, labels: "n s", want: []string{"@2: nsn"}},
		{about: "a column numbered, header found", data: "time,wind\n1,n\n2,s\n", opts: Options{Column: "2"}, labels: "n s", want: []string{"@2: ns"}},
		{about: "a column between blanks", data: "# x\nt  state\n1  n  \n 2 s\n10 n\n", opts: Options{Column: "state"}, labels: "n s", want: []string{"@3: nsn"}},
		{about: "a single column with blanks in it", data: "the state\nn\ns\n", opts: Options{Column: "the state"}, labels: "n s", want: []string{"@2: ns"}},
		{about: "a column numbered, no header", data: "1,1\n2,0\n3,1\n", opts: Options{Column: "2"}, labels: "0 1", want: []string{"@1: 101"}},
		{about: "numbers of several digits in a column", data: "12\n10\n9\n12\n", opts: Options{Column: "1"}, labels: "9 10 12", want: []string{"@1: 12 10 9 12"}},
		{about: "time and state", file: "x.csv", data: "t,s\n0,u\n1,d\n2,u\n", labels: "d u", want: []string{"@2: udu"}},
		{about: "a series for each name", data: "who,t,s\nx,0,u\ny,0,d\nx,1,d\ny,1,d\n", opts: Options{ID: "who", Column: "s"}, labels: "d u", want: []string{"x@2: ud", "y@3: dd"}},
		{about: "the header is no header", file: "x.csv", data: "a,b\nc,d\n", opts: Options{Header: HeaderNo, ID: "1"}, labels: "b d", want: []string{"@1: bd"}},
		{about: "the header is one", file: "x.csv", data: "0,1\n0,1\n1,1\n0,0\n", opts: Options{Header: HeaderYes}, labels: "0 1", want: []string{"@2: 01", "@3: 11", "@4: 00"}},
		{about: "classes in cells", file: "x.csv", data: "A,C,-\nG,t,A\n", class: "R=AG,Y=CT", labels: "R Y", want: []string{"@1: RY", "@2: RYR"}},
		{about: "alphabet and header", file: "x.csv", data: "id,a,b\n7,lo,hi\n8,lo,lo\n", opts: Options{Alphabet: []string{"lo", "mid", "hi"}}, labels: "lo mid hi", want: []string{"7@2: lo hi", "8@3: lo lo"}},
	} {
		t.Run(test.about, func(t *testing.T) {
			if test.file == "" {
				test.file = "x.txt"
			}
			if test.class != "" {
				test.opts.Classes = mustClasses(t, test.class)
			}
			s, err := Read(strings.NewReader(test.data), test.file, test.opts)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(s.Labels, " "); got != test.labels {
				t.Errorf("labels %q, want %q", got, test.labels)
			}
			if diff := cmp.Diff(test.want, named(s)); diff != "" {
				t.Errorf("%s\n%s", s, diff)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	many := make([]string, markov.MaxStates+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, test := range []struct {
		file, data string
		opts       Options
		class      string
		cause      error
		want       string
	}{
		{file: "genome.fa", data: ">a\nACGT\nACNT", cause: ErrUnknownSymbol,
			want: "genome.fa, line 3, column 3: 'N' is not in the alphabet \"ACGT\"; add `skip-unknown` to cut chains there"},
		{file: "p.fa", data: ">a\nMKV*LW\n", cause: ErrUnknownSymbol,
			want: "p.fa, line 2, column 4: '*' is not in the alphabet \"KLMVW\"; add `skip-unknown` to cut chains there"},
		{file: "x.txt", data: "αβα\nαxβ\n", opts: Options{Alphabet: []string{"α", "β"}}, cause: ErrUnknownSymbol,
			want: "x.txt, line 2, column 2: 'x' is not in the alphabet \"αβ\"; add `skip-unknown` to cut chains there"},
		{file: "x.txt", data: "low high\nlow  mid\n", opts: Options{Alphabet: []string{"low", "high"}}, cause: ErrUnknownSymbol,
			want: "x.txt, line 2, column 6: \"mid\" is not in the alphabet [\"low\" \"high\"]; add `skip-unknown` to cut chains there"},
		{file: "x.txt", data: "ACG TTA\n", opts: Options{Alphabet: []string{"A", "C", "G", "T"}}, cause: ErrUnknownSymbol,
			want: "x.txt, line 1, column 1: \"ACG\" is one symbol, because blanks or commas separate the symbols of this file; the alphabet is \"ACGT\"; add `skip-unknown` to cut chains there"},
		{file: "x.csv", data: "é,b\néé,b\n", opts: Options{Alphabet: []string{"é", "b"}}, cause: ErrUnknownSymbol,
			want: "x.csv, line 2, column 1: \"éé\" is one symbol, because blanks or commas separate the symbols of this file; the alphabet is \"éb\"; add `skip-unknown` to cut chains there"},
		{file: "x.csv", data: "A,C\nAG,C\n", class: "R=AG,Y=CT", cause: ErrUnknownSymbol,
			want: "x.csv, line 2, column 1: \"AG\" is not a single character, as classes want; add `skip-unknown` to cut chains there"},
		{file: "x.csv", data: "a,b,a\nb,é,a\nb,é\n", cause: ErrRagged,
			want: "x.csv, line 3, column 3: the row has 2 cells, the first row has 3; fill up short rows with empty cells, or add `ragged`"},
		{file: "x.csv", data: "a,b,a\né,é,a,b\n", cause: ErrRagged,
			want: "x.csv, line 2, column 7: the row has 4 cells, the first row has 3; fill up short rows with empty cells, or add `ragged`"},
		{file: "x.csv", data: "a,b\na,\"b\"c\n", cause: csv.ErrQuote,
			want: `x.csv, line 2, column 5: extraneous or missing " in quoted-field; write a quote inside quotes as ""`},
		{file: "x.csv", data: "t,s\n0,a\n1,b\n", opts: Options{Column: "wind"}, cause: ErrNoColumn,
			want: "x.csv, line 1: there is no column \"wind\"; give `column` as one of \"t\", \"s\" or a number from 1 to 2"},
		{file: "x.csv", data: "0,1\n1,1\n", opts: Options{ID: "3"}, cause: ErrNoColumn,
			want: "x.csv, line 1: there is no column \"3\"; the file has no header, so give `id` as a number from 1 to 2"},
		{file: "x.csv", data: "t,s\n0,a\n1,b\n", opts: Options{Column: "s", ID: "2"}, cause: ErrNoColumn,
			want: "x.csv, line 1: column \"s\" is named twice, the second time as column; name another one with `column`"},
		{file: "x.txt", data: "", cause: ErrEmpty, want: "x.txt, line 1, column 1: the file holds no symbols"},
		{file: "x.csv", data: "# nothing\n\n", cause: ErrEmpty, want: "x.csv, line 1, column 1: the file holds no symbols"},
		{file: "x.csv", data: "", opts: Options{Column: "s"}, cause: ErrEmpty, want: "x.csv, line 1, column 1: the file holds no symbols"},
		{file: "x.fa", data: ">a\n>b\n", cause: ErrEmpty, want: "x.fa, line 1, column 1: the file holds no symbols"},
		{file: "x.txt", data: "xyz\n", class: "a=a,b=b", cause: ErrEmpty, want: "x.txt, line 1, column 1: no character of the file is in a class; name the characters in `classes`"},
		{file: "x.txt", data: "xyz\n", opts: Options{Alphabet: []string{"a", "b"}, SkipUnknown: true}, cause: ErrEmpty, want: `x.txt, line 1, column 1: the file holds no symbol of the alphabet "ab"`},
		{file: "x.txt", data: strings.Join(many, " "), cause: ErrManyStates, want: "x.txt, line 1, column 915: \"256\" is one state more than the 256 that are possible; group the symbols into fewer, or map characters with `classes`"},
		{file: "x.txt", data: "01\n0\x001\n", cause: ErrNotText, want: `x.txt, line 2, column 2: "\x00" cannot be a state: it has characters that cannot be shown`},
		{file: "x.txt", data: "r\xe9e\n", cause: ErrNotText, want: `x.txt, line 1, column 2: the byte E9 is not UTF-8; in Latin-1 (Windows-1252) it is 'é'; convert the file to UTF-8, as iconv -f WINDOWS-1252 -t UTF-8 does`},
		{file: "x.gz", data: "\x1f\x8b\x08", cause: io.ErrUnexpectedEOF, want: `x.gz: the gzip archive is damaged: unexpected EOF`},
		{file: "x.txt", data: "\xff\xfe0\x00", cause: ErrNotText, want: `x.txt, line 1, column 1: the file is UTF-16, not text; convert it to UTF-8`},
		{file: "x.csv", data: "PK\x03\x04", cause: ErrNotText, want: `x.csv, line 1, column 1: the file is a zip archive or a spreadsheet, not text; unpack it, or save the sheet as CSV`},
	} {
		if test.class != "" {
			test.opts.Classes = mustClasses(t, test.class)
		}
		s, err := Read(strings.NewReader(test.data), test.file, test.opts)
		if err == nil {
			t.Errorf("%q gave %s %q, want %s", test.data, s, named(s), test.want)
			continue
		}
		var file *Error
		if !errors.As(err, &file) || !errors.Is(err, test.cause) || err.Error() != test.want {
			t.Errorf("%q gave\n%s (%v), want\n%s", test.data, err, errors.Unwrap(err), test.want)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReadReader(t *testing.T) {
	_, err := Read(brokenReader{}, "x.fa", Options{})
	if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != "x.fa: unexpected EOF" {
		t.Error(err)
	}
}

func TestBadOptions(t *testing.T) {
	for text, want := range map[string]string{
		"":              `classes "": "" is not NAME=CHARACTERS; write vowel=aeiou,other=* and \, for a comma`,
		"a=x":           `classes "a=x": the number of classes is 1; name between 2 and 256`,
		"a=x,b":         `classes "a=x,b": "b" is not NAME=CHARACTERS; write vowel=aeiou,other=* and \, for a comma`,
		"a=x,b=":        `classes "a=x,b=": "b=" is not NAME=CHARACTERS; write vowel=aeiou,other=* and \, for a comma`,
		"a=x,b=yx":      `classes "a=x,b=yx": the character 'x' is in two classes or twice in "b"`,
		"a=x,a=y":       `classes "a=x,a=y": the class name "a" is empty or there twice; give every class its own`,
		"a=*,b=*,c=cde": `classes "a=*,b=*,c=cde": both "a" and "b" are the class of the rest; only one can be`,
	} {
		if _, err := ParseClasses(text); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	for text, want := range map[string]string{
		"":      `alphabet "": there are fewer than two states; list at least two`,
		"low, ": `alphabet "low, ": there are fewer than two states; list at least two`,
		"ACA":   `alphabet "ACA": 'A' is listed twice`,
		"a,b,a": `alphabet "a,b,a": 'a' is listed twice`,
	} {
		if _, err := ParseAlphabet(text); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	both := Options{Alphabet: []string{"a", "b"}, Classes: mustClasses(t, "a=a,b=b")}
	if _, err := Read(strings.NewReader("ab"), "x", both); err == nil {
		t.Error("an alphabet and classes together were accepted")
	}
	if _, err := Read(strings.NewReader("ab"), "x", Options{Alphabet: []string{"", "b"}}); err == nil {
		t.Error("an empty state was accepted")
	}
}

func TestParseAlphabet(t *testing.T) {
	for text, want := range map[string][]string{
		"ACGT":         {"A", "C", "G", "T"},
		"βα":           {"β", "α"},
		"low,mid,high": {"low", "mid", "high"},
		"10 9, 8":      {"10", "9", "8"},
	} {
		if got, err := ParseAlphabet(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q gave %q, %v", text, got, err)
		}
	}
}

func TestFlagsRoundTrip(t *testing.T) {
	for i := range formatNames {
		var f Format
		if err := f.UnmarshalText([]byte(Format(i).String())); err != nil || f != Format(i) {
			t.Error(f, err)
		}
	}
	for i := range headerWords {
		var h Header
		if err := h.UnmarshalText([]byte(Header(i).String())); err != nil || h != Header(i) {
			t.Error(h, err)
		}
	}
	if new(Format).UnmarshalText([]byte("xml")) == nil || new(Header).UnmarshalText([]byte("perhaps")) == nil {
		t.Error("nonsense was accepted")
	}
}

func TestParse(t *testing.T) {
	read := func(name, data string, opts Options) *Sequences {
		s, err := Read(strings.NewReader(data), name, opts)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	letters := read("x.fa", ">a\nACGT", Options{})
	words := read("x.txt", "low mid high", Options{})
	towns := read("x.csv", "New York,Rome\nRome,New York\n", Options{})
	classes := read("x.txt", "abc", Options{Classes: mustClasses(t, "vowel=ae,consonant=bcd")})
	for _, test := range []struct {
		s    *Sequences
		text string
		want []markov.State
	}{
		{letters, "GAT", []markov.State{2, 0, 3}},
		{letters, "g A,T", []markov.State{2, 0, 3}},
		{words, "low, high", []markov.State{1, 0}},
		{towns, "Rome, New York", []markov.State{1, 0}},
		{classes, "vowel consonant", []markov.State{0, 1}},
		{classes, "Ex-cab", []markov.State{0, 1, 0, 1}},
	} {
		if got, err := test.s.Parse(test.text); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%q gave %v, %v", test.text, got, err)
		}
	}
	if _, err := letters.Parse("GA N"); err == nil || err.Error() != `"GA N", column 4: 'N' is not in the alphabet "ACGT" of x.fa` {
		t.Error(err)
	}
	if _, err := words.Parse("low far"); err == nil {
		t.Error("an unknown word was accepted")
	}
}

// zipped compresses a text.
func zipped(text string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.String()
}

func BenchmarkRead(b *testing.B) {
	genome := ">long\n" + strings.Repeat("ACGTTGCAAC", 1<<20) + "\n" // 10 MB on one line
	var words strings.Builder
	for i := range 1 << 20 {
		fmt.Fprintf(&words, "s%d,s%d\n", i%7, i%11)
	}
	for _, test := range []struct {
		name, file, data string
		opts             Options
	}{
		{"fasta", "x.fa", genome, Options{}},
		{"classes", "x.fa", genome, Options{Classes: mustClasses(b, "purine=AG,pyrimidine=CT")}},
		{"characters", "x.txt", genome[6:], Options{}},
		{"words", "x.txt", words.String(), Options{}},
		{"csv", "x.csv", words.String(), Options{}},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(test.data)))
			for b.Loop() {
				if _, err := Read(strings.NewReader(test.data), test.file, test.opts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

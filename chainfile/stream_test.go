package chainfile

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// plainCounts counts what Read reads, one loop for each table.
func plainCounts(s *Sequences) *Counts {
	S := len(s.Labels)
	c := &Counts{Labels: s.Labels, Ordered: s.Ordered, Sequences: int64(len(s.List)), One: make([]int64, S), First: make([]int64, S), Two: make([]int64, S*S)}
	for _, q := range s.List {
		c.First[q.States[0]]++
		for i, state := range q.States {
			c.One[state]++
			if i > 0 {
				c.Two[int(q.States[i-1])*S+int(state)]++
			}
		}
	}
	return c
}

func sameCounts(t interface{ Fatalf(string, ...any) }, got, want *Counts) {
	if diff := cmp.Diff([]any{want.Labels, want.Ordered, want.Sequences, want.One, want.First, want.Two}, []any{got.Labels, got.Ordered, got.Sequences, got.One, got.First, got.Two}); diff != "" {
		t.Fatalf("%s\n%s", got, diff)
	}
}

// Triples are those of a plain loop.
func TestTriples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySequences(t)
		for _, q := range s.List {
			for i := range q.States {
				q.States[i] %= 3
			}
		}
		s.Labels, s.symbols = []string{"a", "b", "c"}, foundSymbols([]string{"a", "b", "c"})
		c := s.Counts()
		sameCounts(t, c, plainCounts(s))
		want := map[string]int64{}
		for _, q := range s.List {
			for i := 2; i < len(q.States); i++ {
				want[fmt.Sprint(q.States[i-2:i+1])]++
			}
		}
		for a := range uint8(3) {
			for b := range uint8(3) {
				for next := range uint8(3) {
					if got := c.Triple(a, b, next); got != want[fmt.Sprint([]uint8{a, b, next})] {
						t.Fatalf("%d %d %d: %d, want %v", a, b, next, got, want)
					}
				}
			}
		}
	})
}

// smallBlock makes short texts long.
const smallBlock = 1 << 11

// A file of more than a block gives the same counts in blocks as read whole,
// with the same report.
func TestStreamIsRead(t *testing.T) {
	long := func(line func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < 5*smallBlock; i++ {
			b.WriteString(line(i))
		}
		return b.String()
	}
	rng := rand.New(rand.NewPCG(1, 2))
	letters := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[rng.IntN(len(alphabet))]
		}
		return string(b)
	}
	one := func(sep string, words ...string) string {
		var b strings.Builder
		for b.Len() < 5*smallBlock {
			b.WriteString(words[rng.IntN(len(words))] + sep)
		}
		return b.String()
	}
	for _, c := range []struct {
		about, file, data string
		opts              Options
		class             string
		whole             bool // it is read whole
	}{
		{about: "characters", data: long(func(i int) string { return letters("0110", 3+i%90) + "\n" })},
		{about: "characters on one line", data: letters("ABC", 5*smallBlock)},
		{about: "characters beyond ASCII", data: long(func(i int) string { return letters("01", i%70) + "é" + letters("01", 3) + "\n" })},
		{about: "comments and CR LF", data: long(func(i int) string {
			return letters("ab", 40) + " # comment\r\n# another line\r\n#" + letters("ab", 5) + "\r\n"
		})},
		{about: "words", data: long(func(i int) string { return one2(rng, " ", "sun", "rain", "NA", "snow", i%20+1) + "\n" })},
		{about: "words on one line", data: one(" ", "sun", "rain", "NA", "snow")},
		{about: "commas and blanks on one line", data: one(", ", "sun", "rain", "", "snow")},
		{about: "semicolons", data: long(func(i int) string { return one2(rng, ";", "New York", "Rome", "NA", "Oslo", i%20+2) + "\n" })},
		{about: "semicolons on one line", data: one(";", "New York", "Rome", "Oslo")},
		{about: "one word a line", data: long(func(i int) string {
			return []string{"wake", "light", "deep", "NA"}[rng.IntN(4)] + map[bool]string{true: "\n\n", false: "\n"}[i%1000 == 999]
		})},
		{about: "numbers a line", data: one("\n", "10", "9", "9.0", "-1")},
		{about: "one letter a line", data: one("\n", "a", "b", "?")},
		{about: "FASTA", file: "x.fa", data: long(func(i int) string {
			return fmt.Sprintf(">r%d\n%s\n%s\n", i, letters("ACGTacgt", 70), letters("ACGT", 30))
		})},
		{about: "FASTA on one line", file: "x.fa", data: ">x\n" + letters("ACGT", 5*smallBlock)},
		{about: "FASTA cut at N", file: "x.fa", opts: Options{SkipUnknown: true}, data: long(func(i int) string {
			return fmt.Sprintf(">r%d\n%s\n; c\n%s\n", i, letters("ACGTNN", 70), letters("ACGTN", 30))
		})},
		{about: "FASTA in classes", file: "x.fa", class: "R=AG,Y=CT", data: long(func(i int) string { return fmt.Sprintf(">r%d\n%s\n", i, letters("ACGTNacgt", 70)) })},
		{about: "prose in classes", class: "vowel=aeiou,other=bcdfghjklmnpqrstvwxyz", data: long(func(i int) string { return letters("abcdefghi jk, ELMU.", 70) + "\n" })},
		{about: "prose in classes, joined", class: "vowel=aeiou,other=*", opts: Options{JoinLines: true}, data: long(func(i int) string { return letters("abcdefghi jk, ELMU.", 70) + "\n\n" })},
		{about: "alphabet", opts: Options{Alphabet: []string{"2", "1", "0"}, SkipUnknown: true}, data: long(func(i int) string { return letters("0123", 50) + "\n" })},
		{about: "merged", opts: Options{Merge: []Merge{{"wet", []string{"rain", "snow"}}}}, data: long(func(i int) string { return one2(rng, " ", "sun", "rain", "NA", "snow", 9) + "\n" })},
		{about: "gzip", file: "x.gz", data: zipped(long(func(i int) string { return letters("0110", 3+i%90) + "\n" }) + letters("01", 3*smallBlock))},
		{about: "an unknown symbol", file: "x.fa", data: ">x\n" + letters("ACGT", 5*smallBlock) + "N", whole: true},
		{about: "not UTF-8", data: long(func(i int) string { return letters("01", 50) + "\n" }) + "\xe9", whole: true},
		{about: "CSV", file: "x.csv", data: "id,state\n" + long(func(i int) string { return fmt.Sprintf("u%d,s%d\n", i/9, rng.IntN(3)) }), whole: true},
		{about: "JSON lines", file: "x.jsonl", data: long(func(i int) string { return fmt.Sprintf("{\"id\":\"u%d\",\"state\":\"s%d\"}\n", i/9, rng.IntN(3)) }), whole: true},
	} {
		t.Run(c.about, func(t *testing.T) {
			if c.file == "" {
				c.file = "x.txt"
			}
			if c.class != "" {
				c.opts.Classes = mustClasses(t, c.class)
			}
			s, err := Read(strings.NewReader(c.data), c.file, c.opts)
			got, errStream := countStream(strings.NewReader(c.data), c.file, c.opts, smallBlock)
			if c.whole {
				if errStream != errWhole {
					t.Errorf("it was not left to Read: %v, %v", got, errStream)
				}
				counted, errCount := Count(strings.NewReader(c.data), c.file, c.opts)
				if fmt.Sprint(err) != fmt.Sprint(errCount) {
					t.Errorf("%v, want %v", errCount, err)
				} else if err == nil {
					sameCounts(t, counted, plainCounts(s))
				}
				return
			}
			if err != nil || errStream != nil {
				t.Fatal(err, errStream)
			}
			sameCounts(t, got, plainCounts(s))
			if diff := cmp.Diff(s.Report(nil), got.Report(nil)); diff != "" || got.String() != s.String() {
				t.Errorf("%s\n%s", got, diff)
			}
		})
	}
}

func one2(rng *rand.Rand, sep, a, b, c, d string, n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = []string{a, b, c, d}[rng.IntN(4)]
	}
	if words[n-1] == "" {
		words[n-1] = a
	}
	return strings.Join(words, sep)
}

// A text far larger than what is held of it.
func TestStreamIsBounded(t *testing.T) {
	const size = 32 * blockSize
	file := &repeated{line: "ACGTTGCAAC GGT\n", size: size}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c, err := Count(file, "x.txt", Options{})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if c.Symbols() != 2*int64(size/len(file.line)) {
		t.Error(c)
	}
	if held := after.TotalAlloc - before.TotalAlloc; held > 10*blockSize {
		t.Errorf("%d MB were allocated for a text of %d MB", held>>20, size>>20)
	}
}

// repeated is a file of one line again and again.
type repeated struct {
	line     string
	size, at int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.at >= r.size-r.size%len(r.line) {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && r.at < r.size-r.size%len(r.line) {
		k := copy(p[n:], r.line[r.at%len(r.line):])
		n, r.at = n+k, r.at+k
	}
	return n, nil
}

func (r *repeated) Seek(offset int64, _ int) (int64, error) {
	r.at = int(offset)
	return offset, nil
}

// BenchmarkCount measures what a transition count takes, for a text of 64 MB.
func BenchmarkCount(b *testing.B) {
	random := func(words []string, sep string, width int) string {
		rng := rand.New(rand.NewPCG(3, 4))
		var s strings.Builder
		for s.Len() < 4<<20 {
			for range width {
				s.WriteString(words[rng.IntN(len(words))] + sep)
			}
			s.WriteString("\n")
		}
		return s.String()
	}
	for _, c := range []struct{ name, file, data string }{
		{"characters", "x.txt", random([]string{"0", "1"}, "", 60)},
		{"short lines", "x.txt", random([]string{"0", "1"}, "", 8)},
		{"words", "x.txt", random([]string{"sun", "rain", "snow", "fog"}, " ", 20)},
		{"commas", "x.txt", random([]string{"home", "list", "item", "cart", "pay"}, ",", 7)},
		{"labels", "x.txt", random([]string{"wake", "light", "deep", "rem"}, "", 1)},
		{"fasta", "x.fa", ">x\n" + random([]string{"A", "C", "G", "T"}, "", 70)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(16 * int64(len(c.data)))
			for b.Loop() {
				if _, err := Count(&repeated{line: c.data, size: 16 * len(c.data)}, c.file, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// FuzzCount looks for texts that are counted otherwise in pieces than whole.
func FuzzCount(f *testing.F) {
	for _, data := range []string{"0110\n10 # c\n#x 1\n", "a b, c\nb,,a\n", "a;b\nb;;a\n", "12\n10\n\n12\n", ">x\nACGN\n;c\nA*\n", "α β\n\tα\n", ">x\n\x8e\n"} {
		f.Add([]byte(data), uint8(0))
		f.Add([]byte(data), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, flags uint8) {
		opts := Options{SkipUnknown: flags&1 != 0, JoinLines: flags&2 != 0}
		if flags&4 != 0 {
			opts.Alphabet = []string{"0", "1", "ab"}
		}
		// The same text until it does not fit in a block any more.
		whole := bytes.Repeat(append(data, '\n'), 1+smallBlock/(len(data)+1))
		got, errStream := countStream(bytes.NewReader(whole), "x", opts, smallBlock)
		if errStream == errWhole {
			return
		}
		s, err := Read(bytes.NewReader(whole), "x", opts)
		if fmt.Sprint(err) != fmt.Sprint(errStream) {
			t.Fatalf("%v, want %v", errStream, err)
		}
		if err == nil {
			sameCounts(t, got, plainCounts(s))
		}
	})
}

// FuzzLayouts gives every reader damaged files: nothing but a sequence with
// states, or an error with its place, may come back.
func FuzzLayouts(f *testing.F) {
	files, err := filepath.Glob("testdata/cases/*/*")
	if err != nil || len(files) < 20 {
		f.Fatal(len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for format := range len(formatNames) {
			f.Add(data, uint8(format), "", "", "")
		}
		f.Add(data, uint8(FormatCSV), "1", "", "2:")
		f.Add([]byte(zipped(string(data))), uint8(0), "", "none", "")
	}
	for _, data := range []string{"[[\"a\",\"b\"],[1,null]]", "{\"id\":1,\"states\":[\"a\",\"b\"]}\n{\"id\":2,\"states\":[]}", "{\"a\":[1,2],\"b\":[2]}", "\"x\"\n\"y\"\ntrue", "{\"time\":2,\"s\":\"x\"}{\"time\":1}"} {
		f.Add([]byte(data), uint8(FormatJSON), "", "", "")
	}
	f.Fuzz(func(t *testing.T, data []byte, format uint8, column, time, columns string) {
		opts := Options{Format: Format(int(format) % len(formatNames)), Column: column, Time: time, Columns: columns, Ragged: format&64 != 0, SkipUnknown: format&128 != 0}
		s, err := Read(bytes.NewReader(data), "x", opts)
		checkRead(t, s, err, len(data))
	})
}

// checkRead checks what Read gives for any file.
func checkRead(t testing.TB, s *Sequences, err error, size int) {
	t.Helper()
	if err != nil {
		checkError(t, err, size)
		return
	}
	report := s.Report(nil)
	if len(s.List) == 0 || len(s.Labels) == 0 || s.String() == "" || report.Sequences != len(s.List) {
		t.Fatal(s)
	}
	for _, q := range s.List {
		if len(q.States) == 0 || q.Line < 1 || int(slices.Max(q.States)) >= len(s.Labels) {
			t.Fatalf("%s: %+v", s, q)
		}
	}
	sameCounts(t, s.Counts(), plainCounts(s))
}

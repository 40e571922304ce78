package chainfile

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// chainText draws the sequences of a file and the file in one of its formats.
func chainText(t *rapid.T) (file string, opts Options, data string, want []string) {
	labels := rapid.SampledFrom([][]string{{"A", "C", "G", "T"}, {"0", "1"}, {"1", "2", "10"}, {"rain", "sun", "ß"}, {"α", "β"}}).Draw(t, "labels")
	kind := rapid.SampledFrom([]string{"fasta", "letters", "blanks", "commas", "csv", "series"}).Draw(t, "kind")
	long := slices.ContainsFunc(labels, func(l string) bool { return len([]rune(l)) > 1 })
	if long && (kind == "fasta" || kind == "letters") {
		kind = "commas"
	}
	end := rapid.SampledFrom([]string{"\n", "\r\n", "\r", "\n\n"}).Draw(t, "line end")
	// An alphabet keeps small files from being mistaken; what is found without
	// one is the matter of TestRead.
	file, opts = "x.txt", Options{Alphabet: labels}
	var b strings.Builder
	if rapid.Bool().Draw(t, "mark") {
		b.WriteString("\ufeff")
	}
	b.WriteString("# a comment" + end)
	n := rapid.IntRange(2, 8).Draw(t, "sequences")
	if kind == "series" {
		n = 1
	}
	for i := range n {
		q := rapid.SliceOfN(rapid.SampledFrom(labels), 3, 30).Draw(t, "sequence")
		if i == 0 {
			q = append(q, labels[0], labels[1]) // never a single state
		}
		switch kind {
		case "fasta":
			width := rapid.IntRange(1, 10).Draw(t, "width")
			fmt.Fprintf(&b, ">s%d words%s", i, end)
			for line := range slices.Chunk(q, width) {
				b.WriteString(strings.Join(line, "") + end)
			}
		case "letters":
			b.WriteString(strings.Join(q, "") + end)
		case "blanks":
			b.WriteString(strings.Join(q, "  ") + end)
		case "commas":
			b.WriteString(strings.Join(q, ", ") + end)
		case "csv":
			file, opts.Ragged = "x.csv", true
			fmt.Fprintf(&b, "s%d,\"%s\"%s", i, strings.Join(q, `","`), end)
		case "series":
			opts.Column = "state"
			b.WriteString("time;state" + end)
			for k, symbol := range q {
				fmt.Fprintf(&b, "%d;%s%s", k, symbol, end)
			}
		}
		name := ""
		if kind == "fasta" || kind == "csv" {
			name = fmt.Sprintf("s%d", i)
		}
		want = append(want, name+":"+strings.Join(q, "/"))
	}
	return file, opts, b.String(), want
}

// What is written in any format comes back, and so does what is read and
// written once more.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file, opts, data, want := chainText(t)
		s, err := Read(strings.NewReader(data), file, opts)
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		var got []string
		for _, q := range s.List {
			var words []string
			for _, state := range q.States {
				words = append(words, s.Labels[state])
			}
			got = append(got, q.Name+":"+strings.Join(words, "/"))
			back, err := s.Parse(s.Text(q.States))
			if err != nil || !slices.Equal(back, q.States) {
				t.Fatalf("%q came back as %v, %v", s.Text(q.States), back, err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q\n%s", data, diff)
		}
	})
}

// A symbol that does not belong is reported where it stands, in every format.
func TestErrorPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file, opts, data, _ := chainText(t)
		s, err := Read(strings.NewReader(data), file, opts)
		if err != nil {
			t.Fatal(err)
		}
		q := rapid.SampledFrom(s.List).Draw(t, "sequence")
		text := strings.TrimPrefix(data, "\ufeff")
		if !strings.Contains(text, "\n") {
			text = strings.ReplaceAll(text, "\r", "\n")
		}
		rows := strings.Split(text, "\n")
		row := rows[q.Line-1]
		symbol := s.Labels[q.States[len(q.States)-1]] // the first such symbol of the line after its name
		from := 0
		if strings.HasSuffix(file, ".csv") {
			from = strings.Index(row, ",")
		} else if opts.Column != "" {
			from = strings.Index(row, ";")
		}
		at := strings.Index(row[from:], symbol)
		if at < 0 {
			return
		}
		at += from
		column := len([]rune(row[:at])) + 1
		if strings.HasSuffix(file, ".csv") {
			column-- // of the quote
		}
		rows[q.Line-1] = row[:at] + "§" + row[at+len(symbol):]
		_, err = Read(strings.NewReader(strings.Join(rows, "\n")), file, opts)
		var where *Error
		if !errors.As(err, &where) {
			t.Fatalf("no error: %v", err)
		}
		if where.Line != q.Line || where.Column != column || !errors.Is(err, ErrUnknownSymbol) {
			t.Fatalf("%v, want line %d, column %d", err, q.Line, column)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"lambda_phage.fa", "opticks.txt", "collatz.csv", "primes.csv"} {
		data, err := os.ReadFile("../examples/" + name)
		if err != nil {
			f.Fatal(err)
		}
		for flags := range uint8(8) {
			f.Add(name, data[:300], flags, "2")
		}
	}
	f.Add("x.csv", []byte("id,a\n\"x\";\"\"\"\n"), uint8(0), "")
	classes := mustClasses(f, `vowel=aeiou,other=*`)
	f.Fuzz(func(t *testing.T, name string, data []byte, flags uint8, column string) {
		opts := Options{SkipUnknown: flags&1 != 0, JoinLines: flags&2 != 0, Ragged: flags&4 != 0, Format: Format(flags >> 6)}
		switch flags >> 3 & 7 {
		case 1:
			opts.Alphabet = []string{"A", "C", "é", "ab"}
		case 2:
			opts.Classes = classes
		case 3:
			opts.Column = column
		case 4:
			opts.ID = column
		case 5:
			opts.Column, opts.ID = column, "1"
		case 6:
			opts.Header = HeaderYes
		}
		s, err := Read(strings.NewReader(string(data)), name, opts)
		checkRead(t, s, err, len(data))
		if err != nil {
			return
		}
		for d := 1; d < 4; d++ {
			w, err := s.Windows(d, 0, 0)
			if err != nil {
				if !errors.Is(err, ErrShort) {
					t.Fatal(err)
				}
				continue
			}
			for i := range w.Len() {
				if len(w.Chain(i)) != d+1 {
					t.Fatal(i, w.Chain(i))
				}
			}
		}
	})
}

// checkError checks that an error names a place in the file, or an option.
func checkError(t testing.TB, err error, size int) {
	t.Helper()
	var option *OptionError
	var file *Error
	if errors.As(err, &option) && option.Detail != "" {
		return
	}
	if !errors.As(err, &file) || file.Err == nil || file.Detail == "" || file.Line > 2+size || file.Column > 2+size {
		if !strings.Contains(err.Error(), "gzip archive is damaged") {
			t.Fatalf("%#v", err)
		}
	}
}

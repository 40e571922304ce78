package chainfile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Files as people have them, with the sequences that a careful reader finds in
// them: written out by hand, with the transitions that somebody counted for some.
func TestCases(t *testing.T) {
	for _, c := range []struct {
		file   string
		opts   Options
		labels string   // joined by |
		want   []string // sequences, NAME: states joined by blanks (| where a state has one)
		pairs  map[string]int64
		notes  []string // parts of notes that must be there
	}{
		{file: "absorbing/j.txt", opts: Options{Ragged: true}, labels: "cart|end|home|item|list",
			want:  []string{": home list item cart end", ": home item end", ": home list item list cart", ": home item item cart item list cart end", ": home list list cart cart", ": home list cart cart item item end"},
			pairs: map[string]int64{"home list": 4, "home item": 2, "cart end": 2, "item end": 2, "cart cart": 2, "cart item": 2, "list cart": 4, "end home": 0}},
		{file: "na/w.csv", labels: "rain|sun",
			want:  []string{": sun rain", ": rain sun sun", ": sun rain sun sun rain rain sun"},
			pairs: map[string]int64{"sun rain": 3, "rain sun": 3, "sun sun": 2, "rain rain": 1}, notes: []string{"2 missing values"}},
		{file: "minus-one/d.txt", labels: "-1|0|1|2", want: []string{": 0 0 2 -1 2 1 0 1 2 -1 -1 0 2 1 1 0 2 2 1"}, notes: []string{"each line was read as one symbol"}},
		{file: "minus-one/d.txt", opts: Options{Alphabet: []string{"0", "1", "2"}, SkipUnknown: true}, labels: "0|1|2",
			want: []string{": 0 0 2", ": 2 1 0 1 2", ": 0 2 1 1 0 2 2 1"}, pairs: map[string]int64{"0 0": 1, "0 2": 3, "2 1": 3, "1 0": 2, "0 1": 1, "1 2": 1, "1 1": 1, "2 2": 1}, notes: []string{"3 unknown symbols"}},
		{file: "clicks/c.csv", labels: "cart|home|list|pay", want: []string{"s1: home list cart pay home", "s2: home home list cart pay"},
			pairs: map[string]int64{"home home": 1, "home list": 2, "list cart": 2, "cart pay": 2, "pay home": 1}, notes: []string{`the rows of 2 of 2 names were put in the order of column "timestamp"`}},
		{file: "clicks/c.csv", opts: Options{ID: "sessionId", Column: "page"}, labels: "cart|home|list|pay", want: []string{"s1: home list cart pay home", "s2: home home list cart pay"}},
		{file: "double-time/t.csv", labels: "bear|bull", want: []string{": bull bull bear bear bull bull bear bull"},
			pairs: map[string]int64{"bull bull": 2, "bull bear": 2, "bear bear": 1, "bear bull": 2}, notes: []string{`1 row has the time of the row before, column "timestamp"`}},
		{file: "row-names/w.tsv", labels: "rain|sun", want: []string{"p1: sun rain sun sun", "p2: rain rain sun rain", "p3: sun sun rain sun", "p4: sun sun sun rain"},
			pairs: map[string]int64{"sun sun": 4, "sun rain": 4, "rain sun": 3, "rain rain": 1}},
		{file: "fastq/r.fastq", labels: "A|C|G|T", want: []string{"r1: A C G T A C G T A C G T A A C", "r2: A C G G A C G T A C T T A A C"}},
		{file: "fastq/r2.fastq", labels: "A|C|G|T", want: []string{"read1_ACTG: A C G T A C G T A C G T A A C", "read2_TTGA: A C G G A C G T A C T T A A C"},
			pairs: map[string]int64{"A C": 8, "C G": 5, "C T": 1, "G T": 4, "G G": 1, "G A": 1, "T A": 5, "T T": 1, "A A": 2}},
		{file: "two-digit-lines/s.txt", labels: "45|47|61|65|78", want: []string{": 65 65 47 65 61 65 65 45 78 65 65 47 65 65 61 65"}, pairs: map[string]int64{"65 65": 4, "65 47": 2}},
		{file: "two-digit-lines/s.txt", opts: Options{Column: "1"}, labels: "45|47|61|65|78", want: []string{": 65 65 47 65 61 65 65 45 78 65 65 47 65 65 61 65"}},
		{file: "two-digit-lines/w.txt", labels: "dry|hot|wet", want: []string{": hot wet hot hot dry wet hot dry dry hot wet hot"}},
		{file: "two-digit-lines/cold.txt", labels: "cold|hot", want: []string{": cold cold hot cold cold hot cold hot hot"}},
		{file: "two-digit-lines/cold.txt", opts: Options{Ragged: true}, labels: "cold|hot", want: []string{": cold cold hot cold cold hot cold hot hot"}},
		{file: "nominal/w.csv", labels: "cloudy|rain|sunny", want: []string{": cloudy sunny cloudy cloudy sunny rain cloudy sunny cloudy cloudy sunny rain cloudy cloudy sunny cloudy cloudy cloudy"},
			pairs: map[string]int64{"cloudy sunny": 5, "cloudy cloudy": 5, "sunny cloudy": 3, "sunny rain": 2, "rain cloudy": 2}},
		{file: "write-table-long/s.tsv", opts: Options{ID: "subj", Column: "state"}, labels: "deep|light|wake",
			want: []string{"a: wake light deep light wake light deep deep light wake", "b: wake light deep light wake light deep deep light wake"}, pairs: map[string]int64{"wake light": 4, "light deep": 4, "deep light": 4, "light wake": 4, "deep deep": 2, "wake wake": 0}},
		{file: "write-table-long/s.tsv", labels: "deep|light|wake",
			want: []string{"a: wake light deep light wake light deep deep light wake", "b: wake light deep light wake light deep deep light wake"}},
		{file: "bom/x.csv", labels: "hoch, stabil|tief", want: []string{"a: hoch, stabil|tief|hoch, stabil|hoch, stabil", "b: tief|tief|hoch, stabil|tief"}},
		{file: "bom/excel.csv", labels: "x|y", want: []string{"a: x y x", "b: y x x"}, pairs: map[string]int64{"x y": 1, "y x": 2, "x x": 1, "y y": 0}},
		{file: "constant/alt.txt", labels: "A|B", want: []string{": " + strings.TrimSpace(strings.Repeat("A B ", 23))}},
		{file: "constant/dn.txt", labels: "day|night", want: []string{": " + strings.TrimSpace(strings.Repeat("day night ", 6))}},
		{file: "constant/one.txt", labels: "A", want: []string{": " + strings.TrimSpace(strings.Repeat("A ", 20))}, pairs: map[string]int64{"A A": 19}},
		{file: "na-words/excel.csv", labels: "rain|sun", want: []string{": sun sun", ": rain rain sun sun", ": rain sun sun sun"}, pairs: map[string]int64{"sun sun": 4, "rain rain": 1, "rain sun": 2, "sun rain": 0}},
		{file: "na-words/wide.csv", labels: "rain|sun", want: []string{"p1: sun rain", "p1: sun", "p2: rain rain sun", "p3: sun", "p3: rain", "p4: sun sun rain", "p5: rain sun", "p5: sun"}, notes: []string{"6 missing values"}},
		{file: "customers/c.csv", labels: "gold|none|silver", want: []string{"ann: gold gold silver silver gold gold", "bob: none none silver none none silver", "cem: silver gold gold gold silver gold", "dia: none silver silver gold gold gold", "eve: silver silver none none none none"}},
		{file: "absorb-steps/j.txt", labels: "cart|end|home|item|list", want: []string{": home list item end", ": home item cart end", ": list item cart end", ": home list item end", ": home cart cart end"}},
		{file: "long-plain/l.csv", labels: "deep|light|wake", want: []string{"a: wake light deep light", "b: wake wake light deep"}, pairs: map[string]int64{"wake light": 2, "wake wake": 1, "light deep": 2, "deep light": 1}},
		{file: "long-plain/l.csv", opts: Options{Column: "state"}, labels: "deep|light|wake", want: []string{"a: wake light deep light", "b: wake wake light deep"}},
		{file: "long-plain/l.csv", opts: Options{ID: "id", Column: "state"}, labels: "deep|light|wake", want: []string{"a: wake light deep light", "b: wake wake light deep"}},
	} {
		t.Run(fmt.Sprintf("%s %+v", c.file, c.opts), func(t *testing.T) {
			s := openCase(t, c.file, c.opts)
			if got := strings.Join(s.Labels, "|"); got != c.labels {
				t.Errorf("labels %q, want %q", got, c.labels)
			}
			separator := " "
			if strings.Contains(c.labels, " ") {
				separator = "|"
			}
			var got []string
			for _, q := range s.List {
				var words []string
				for _, state := range q.States {
					words = append(words, s.Labels[state])
				}
				got = append(got, q.Name+": "+strings.Join(words, separator))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(s, diff)
			}
			counts := s.Counts()
			for pair, n := range c.pairs {
				from, to, _ := strings.Cut(pair, " ")
				a, b := slices.Index(s.Labels, from), slices.Index(s.Labels, to)
				if got := counts.Two[a*len(s.Labels)+b]; got != n {
					t.Errorf("%s: %d, want %d", pair, got, n)
				}
			}
			notes := strings.Join(s.Report(nil).Notes, "\n")
			for _, part := range c.notes {
				if !strings.Contains(notes, part) {
					t.Errorf("no note %q among %q", part, notes)
				}
			}
		})
	}
}

func openCase(t testing.TB, file string, opts Options) *Sequences {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "cases", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := Read(f, filepath.Base(file), opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

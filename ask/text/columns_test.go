package text

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// screen is a terminal so wide.
type screen struct {
	bytes.Buffer
	width int
}

func (s *screen) Width() int { return s.width }

func TestColumnsBelowEachOther(t *testing.T) {
	out := &screen{width: 24}
	c := NewColumns(out)
	fmt.Fprint(c, "name\tloss\t\tverdict\nbayes\t0.16\t± 0.01\tno predictor is below it\nsvm\t0.322\t\t-\n")
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	want := `name   loss
bayes  0.16   ± 0.01
svm    0.322

name   verdict
bayes  no predictor is
       below it
svm    -
`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}

// Whatever is written is there, in order, and fits; what fits anyway is as tabwriter has
// it.
func TestColumnsFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(40, 90).Draw(t, "width")
		columns := rapid.IntRange(2, 6).Draw(t, "columns")
		var lines strings.Builder
		var cells []string
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			row := make([]string, columns)
			for j := range row {
				row[j] = rapid.StringMatching(`[a-zé]{1,9}( [a-z]{1,9}){0,5}`).Draw(t, "cell")
				if j == 0 {
					row[j], _, _ = strings.Cut(row[j], " ")
				}
				cells = append(cells, row[j])
			}
			lines.WriteString(strings.Join(row, "\t") + "\n")
		}
		out := &screen{width: width}
		c := NewColumns(out)
		fmt.Fprint(c, lines.String())
		if err := c.Flush(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, " \n")); n > width {
				t.Fatalf("%d characters: %s", n, line)
			}
		}
		if widest(align(lines.String())) <= width {
			if out.String() != align(lines.String()) {
				t.Fatalf("what fits is changed: %s", out.String())
			}
			return
		}
		said := map[string]int{}
		for word := range strings.FieldsSeq(out.String()) {
			said[word]++
		}
		for _, cell := range cells {
			for word := range strings.FieldsSeq(cell) {
				if said[word] == 0 {
					t.Fatalf("%q is lost: %s", word, out.String())
				}
			}
		}
	})
}

func TestParagraphs(t *testing.T) {
	out := &screen{width: 30}
	p := NewParagraphs(out)
	fmt.Fprint(p, "short\n\nbest transformer   0.22 is the ")
	fmt.Fprint(p, "best one-layer transformer\n  a line that is indented and long\nno end of a line that is long")
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	want := `short

best transformer 0.22 is the
  best one-layer transformer
  a line that is indented and
    long
no end of a line that is long`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
	out = &screen{}
	p = NewParagraphs(out)
	long := strings.Repeat("word ", 100)
	if fmt.Fprint(p, long); out.String() != long {
		t.Error("without a width a line is broken")
	}
}

func TestHelp(t *testing.T) {
	help := `Usage: markovicl predict [<file>] [flags]

    markovicl predict a.fa --d 3 --evaluate

Arguments:
  [<file>]    A file of chains.

Flags:
  -h, --help          Show help.
      --d=2           Number of input positions; chains have d+1 states.
`
	want := `Usage: markovicl predict
[<file>] [flags]

    markovicl predict a.fa --d 3 --evaluate

Arguments:
  [<file>]
      A file of chains.

Flags:
  -h, --help
      Show help.
  --d=2
      Number of input
      positions; chains have
      d+1 states.
`
	if got := Help(help, 30); got != want {
		t.Errorf("%s", got)
	}
}

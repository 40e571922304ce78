package exhibit_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"image/png"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"markovicl/ask"
	"markovicl/ask/exhibit"
	"markovicl/figure"
	"markovicl/figure/draw"
)

// answers puts a question at each value of some flags, and returns what is shown of it.
func answers(t *testing.T, question string, names []string, ats ...[]string) *exhibit.Exhibit {
	t.Helper()
	open := func(name string) (io.ReadCloser, error) { return os.Open("../../examples/" + name) }
	if ats == nil {
		ats = [][]string{nil}
	}
	var points []exhibit.Point
	var first ask.Question
	for _, at := range ats {
		text := question
		for i, v := range at {
			text = strings.TrimSuffix(text, "}") + `,"` + names[i] + `":"` + v + `"}`
		}
		q, err := ask.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := ask.Ask(context.Background(), q, ask.Env{Open: open})
		if err != nil {
			t.Fatal(err)
		}
		first = q
		points = append(points, exhibit.Point{At: at, Answer: answer})
	}
	if err := exhibit.Check(first, names); err != nil {
		t.Fatal(err)
	}
	e, err := exhibit.Of(first, names, points)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var exhibits = map[string]func(t *testing.T) *exhibit.Exhibit{
	"one optimum": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"optimum","d":1,"floor":true}`, nil)
	},
	"optimum over n": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"optimum","d":2,"n":"1,10,100,inf"}`, nil)
	},
	"optimum over p and n": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"optimum","d":1,"n":"5,10","sweep-p":"0.2:0.8:0.2"}`, nil)
	},
	"optimum over d and prior": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"optimum"}`, []string{"d", "prior"}, []string{"1", "uniform"}, []string{"1", "beta:2,5"}, []string{"2", "uniform"}, []string{"2", "beta:2,5"})
	},
	"one recovery": func(t *testing.T) *exhibit.Exhibit { return answers(t, `{"command":"recover","d":2}`, nil) },
	"recovery over d": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"recover"}`, []string{"d"}, []string{"1"}, []string{"2"})
	},
	"one training": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"train","d":1,"steps":50,"batch":20,"seeds":2,"eval-prompts":100}`, nil)
	},
	"training over layers": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"train","d":1,"steps":5,"batch":20,"eval-prompts":100}`, []string{"layers"}, []string{"1"}, []string{"2"})
	},
	"one prediction": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"predict","file":"collatz.csv"}`, nil)
	},
	"prediction of four states": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"predict","file":"lambda_phage.fa","d":1}`, nil)
	},
	"evaluation": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"predict","simulate":true,"evaluate":true,"prompts":20}`, nil)
	},
	"evaluation over n": func(t *testing.T) *exhibit.Exhibit {
		return answers(t, `{"command":"predict","simulate":true,"evaluate":true,"prompts":20}`, []string{"n"}, []string{"5"}, []string{"20"})
	},
}

// Every exhibit can be drawn in all formats, and what comes out is what its format says:
// well-formed XML, a picture, a PDF whose cross-references lead to its objects, balanced
// LaTeX.
func TestPictures(t *testing.T) {
	for name, make := range exhibits {
		t.Run(name, func(t *testing.T) {
			plot, err := make(t).Plot()
			if err != nil {
				t.Fatal(err)
			}
			for _, format := range draw.Formats {
				data, err := draw.Render(plot, format)
				if err != nil {
					t.Fatal(err)
				}
				parsers[format](t, data)
			}
		})
	}
}

var parsers = map[string]func(*testing.T, []byte){
	"svg": func(t *testing.T, data []byte) {
		d := xml.NewDecoder(bytes.NewReader(data))
		for {
			if _, err := d.Token(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	},
	"png": func(t *testing.T, data []byte) {
		if _, err := png.Decode(bytes.NewReader(data)); err != nil {
			t.Error(err)
		}
	},
	"pdf": parsePDF,
	"tex": balanced,
}

// parsePDF follows the cross-reference table of a PDF file to each of its objects.
func parsePDF(t *testing.T, data []byte) {
	t.Helper()
	start := regexp.MustCompile(`startxref\s+(\d+)\s+%%EOF\s*$`).FindSubmatch(data)
	if !bytes.HasPrefix(data, []byte("%PDF-1.")) || start == nil {
		t.Fatalf("no PDF: it begins with %q and ends with %q", data[:8], data[len(data)-20:])
	}
	at, _ := strconv.Atoi(string(start[1]))
	table := string(data[at:])
	if !strings.HasPrefix(table, "xref\n") {
		t.Fatalf("the cross-reference table begins with %.20q", table)
	}
	entries := regexp.MustCompile(`(?m)^(\d{10}) \d{5} n`).FindAllStringSubmatch(table, -1)
	if len(entries) < 4 {
		t.Errorf("there are %d objects", len(entries))
	}
	for i, e := range entries {
		offset, _ := strconv.Atoi(e[1])
		if want := strconv.Itoa(i+1) + " 0 obj"; !bytes.HasPrefix(data[offset:], []byte(want)) {
			t.Errorf("at %d there is %.12q, not %s", offset, data[offset:], want)
		}
	}
}

// balanced checks that braces, environments and dollars of LaTeX come in pairs.
func balanced(t *testing.T, data []byte) {
	t.Helper()
	var open []string
	depth, dollars := 0, 0
	text := regexp.MustCompile(`(?m)(^|[^\\])%.*$`).ReplaceAllString(string(data), "$1")
	for _, token := range regexp.MustCompile(`\\(begin|end)\{([a-z*]+)\}|\\[{}$%&#_\\]|[{}$]`).FindAllStringSubmatch(text, -1) {
		switch {
		case token[1] == "begin":
			open = append(open, token[2])
		case token[1] == "end":
			if len(open) == 0 || open[len(open)-1] != token[2] {
				t.Fatalf("%s ends, and %v are open", token[2], open)
			}
			open = open[:len(open)-1]
		case token[0] == "{":
			depth++
		case token[0] == "}":
			if depth--; depth < 0 {
				t.Fatal("a brace closes that was not opened")
			}
		case token[0] == "$":
			dollars++
		}
	}
	if len(open) > 0 || depth != 0 || dollars%2 != 0 {
		t.Errorf("open: %v, braces %d, dollars %d", open, depth, dollars)
	}
}

// Every table has as many cells as columns in each row, in each of its formats.
func TestTables(t *testing.T) {
	for name, make := range exhibits {
		t.Run(name, func(t *testing.T) {
			table := make(t).Table()
			if err := table.Check(); err != nil || len(table.Rows) == 0 {
				t.Fatalf("%d rows: %v", len(table.Rows), err)
			}
			written := map[string]string{}
			for _, format := range figure.TableFormats {
				var b bytes.Buffer
				if err := table.Write(&b, format); err != nil {
					t.Fatal(err)
				}
				written[format] = b.String()
			}
			rows, err := csv.NewReader(strings.NewReader(written["csv"])).ReadAll()
			if err != nil || len(rows) != len(table.Rows)+1 {
				t.Errorf("%d rows of CSV: %v", len(rows), err)
			}
			lines := strings.Split(strings.TrimSpace(written["markdown"]), "\n")
			if len(lines) != len(table.Rows)+2 {
				t.Errorf("%d lines of Markdown for %d rows", len(lines), len(table.Rows))
			}
			for _, line := range lines {
				if cells := strings.Count(line, "|") - 1; cells != len(table.Columns) {
					t.Errorf("%d cells for %d columns: %s", cells, len(table.Columns), line)
				}
			}
			balanced(t, []byte(written["latex"]))
			body := 0
			for _, line := range strings.Split(written["latex"], "\n") {
				if strings.HasSuffix(line, `\\`) {
					body++
					if cells := strings.Count(line, " & ") + 1; cells != len(table.Columns) {
						t.Errorf("%d cells for %d columns: %s", cells, len(table.Columns), line)
					}
				}
			}
			if body != len(table.Rows)+1 {
				t.Errorf("%d lines of LaTeX for %d rows", body, len(table.Rows))
			}
		})
	}
}

// The curves show the numbers of the answers, in the colours of their quantities, and
// where what is swept has no numbers they are no curves.
func TestCurves(t *testing.T) {
	plot, err := exhibits["optimum over n"](t).Plot()
	if err != nil {
		t.Fatal(err)
	}
	if len(plot.Series) != 1 || plot.Series[0].Quantity != figure.Enlarged || len(plot.Series[0].X) != 4 || !plot.X.Log {
		t.Fatalf("%+v", plot)
	}
	// d = 2, n = 10: the optimum that the README's picture has, too.
	if y := plot.Series[0].At(10); y < 0.24442 || y > 0.24443 {
		t.Errorf("the loss at n = 10 is drawn at %v", y)
	}
	plot, err = exhibits["optimum over d and prior"](t).Plot()
	if err != nil {
		t.Fatal(err)
	}
	if len(plot.Panels) != 2 || plot.Panels[1].Title != "prior = beta:2,5" || plot.Panels[0].X.Label != "input positions d" {
		t.Errorf("%+v", plot)
	}
	names := answers(t, `{"command":"optimum","d":1}`, []string{"prior"}, []string{"uniform"}, []string{"beta:2,5"})
	if plot, err = names.Plot(); err != nil || plot.Series[0].Kind != figure.Points || len(plot.X.Categories) != 2 {
		t.Errorf("%+v: %v", plot, err)
	}
	three := answers(t, `{"command":"optimum","n":"5,10"}`, []string{"d", "p"}, []string{"1", "0.5"}, []string{"2", "0.4"})
	if err := exhibit.Check(new(ask.Optimum), []string{"d", "p", "n"}); err == nil {
		t.Error("three flags are not refused before the work")
	}
	if _, err := three.Plot(); err == nil || !strings.Contains(err.Error(), "`plot` draws answers over one or two flags") {
		t.Errorf("error %v", err)
	}
}

// What has no picture is refused by what is asked, before it is answered.
func TestCheck(t *testing.T) {
	for _, question := range []string{`{"command":"recover","verify":"c.npz"}`, `{"command":"predict","file":"f","each":true}`, `{"command":"prompt"}`} {
		q, err := ask.Parse([]byte(question))
		if err != nil {
			t.Fatal(err)
		}
		if err := exhibit.Check(q, nil); err == nil || !strings.Contains(err.Error(), "there is no picture of") {
			t.Errorf("%s: %v", question, err)
		}
	}
}

package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"markovicl/paper"
	"markovicl/report"
)

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// samplePage writes a page of everything that pages have, with its files, and
// returns it. REPORT_SAMPLES=DIR leaves it in a folder, to look at it.
func samplePage(t *testing.T) (dir, page string) {
	t.Helper()
	dir = t.TempDir()
	if folder := os.Getenv("REPORT_SAMPLES"); folder != "" {
		dir = folder
	}
	folder := open(t, dir, paper.Settings{Seed: 1, Quick: true})
	agrees, differs := sampleResult(), sampleResult()
	agrees.Verdict, agrees.Condition, agrees.Plots, agrees.StandardError = paper.Holds, "", nil, nil
	differs.Verdict, differs.Condition, differs.Plots = paper.Differs, "", differs.Plots[:1]
	entries := []report.Entry{
		folder.Keep(paper.Outcome{Item: sampleItem("fig3"), Result: sampleResult()}),
		folder.Keep(paper.Outcome{Item: sampleItem("fig4"), Result: agrees}),
		folder.Keep(paper.Outcome{Item: sampleItem("fig5"), Result: differs}),
		folder.Keep(paper.Outcome{Item: sampleItem("fig6"), Err: errors.New("no convergence <here>")}),
	}
	if err := folder.Finish(entries, nil); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(folder.Page())
	if err != nil {
		t.Fatal(err)
	}
	return dir, string(data)
}

// The page is well-formed, holds together (every link leads somewhere, every
// id is there once), loads nothing and links nowhere but to arXiv.
func TestPage(t *testing.T) {
	dir, page := samplePage(t)
	ids, links := map[string]bool{}, []string{}
	dec := xml.NewDecoder(strings.NewReader(page))
	dec.Entity = xml.HTMLEntity
	var said strings.Builder
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		switch token := token.(type) {
		case xml.CharData:
			said.Write(token)
		case xml.StartElement:
			if token.Name.Local == "script" {
				t.Error("the page has a script")
			}
			for _, a := range token.Attr {
				switch a.Name.Local {
				case "id":
					if ids[a.Value] {
						t.Errorf("two elements are called %q", a.Value)
					}
					ids[a.Value] = true
				case "href", "src", "action", "data", "poster", "srcset":
					links = append(links, a.Value)
				case "class":
					if a.Value == "" {
						t.Errorf("%s has an empty class", token.Name.Local)
					}
				}
			}
		}
	}
	if len(links) < 20 {
		t.Errorf("there are only %d links", len(links))
	}
	for _, link := range links {
		switch {
		case strings.HasPrefix(link, "https://arxiv.org/"), strings.HasPrefix(link, "data:"):
		case strings.HasPrefix(link, "#"):
			if !ids[link[1:]] {
				t.Errorf("%s leads nowhere", link)
			}
		default:
			if _, err := os.Stat(filepath.Join(dir, link)); err != nil {
				t.Errorf("%s leads nowhere: %v", link, err)
			}
		}
	}
	for _, outside := range regexp.MustCompile(`(https?:|url\(|@import)[^\s"]*`).FindAllString(page, -1) {
		if outside != "https://arxiv.org/abs/2510.18638" {
			t.Errorf("the page has %s", outside)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "%!", "<no value>", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page says %s", bad)
		}
	}
	for _, must := range []string{"no convergence <here>", "0.4712 ± 0.0031", "holds under a condition: X large enough", "d = 5, n = 10.", "standard error", "50 more in the file"} {
		if !strings.Contains(said.String(), must) {
			t.Errorf("the page does not say %q", must)
		}
	}
	for _, must := range []string{"<i>X</i><sub>xy</sub><sup>2</sup>", "<i>w</i><sub>0</sub> = 0", "<i>H</i><sup>−1</sup>h, &lt;always&gt;", "<code>markovicl optimum</code>", "<i>X</i><sub>xy</sub>²"} {
		if !strings.Contains(page, must) {
			t.Errorf("the page does not have %s", must)
		}
	}
	if n := strings.Count(page, "<svg "); n != 1+2+1+1 { // two panels are two
		t.Errorf("there are %d pictures, want 5", n)
	}
}

func TestPageIsRepeatable(t *testing.T) {
	_, first := samplePage(t)
	_, second := samplePage(t)
	if first != second {
		t.Error("equal entries give different pages")
	}
}

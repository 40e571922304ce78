package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"markovicl/paper"
)

// documents returns the texts that people read, by name.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"../../*.md", "../../*/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts[strings.TrimPrefix(name, "../../")] = string(data)
		}
	}
	if len(texts) < 12 {
		t.Fatalf("only %d documents were found", len(texts))
	}
	return texts
}

// commandLine finds commands that stand on a line of their own, with or without a
// prompt, those in backquotes and those in a BibTeX note.
var commandLine = regexp.MustCompile(`(?m)^ *(?:\$ +)?(markovicl [a-z].*)$|` + "`(markovicl [a-z][^`]*)`" + `|\\texttt\{(markovicl [^}]*)\}`)

// TestDocumentedCommands parses the commands of all documents: each names a command that there
// is, with flags that it has. What stands for something else, such as FILE, is taken as it is.
func TestDocumentedCommands(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Exit(func(int) {}), kong.Name("markovicl"))
	if err != nil {
		t.Fatal(err)
	}
	parser.Stdout, parser.Stderr = io.Discard, io.Discard
	behind := regexp.MustCompile(` *[|;&>] .*`)
	parsed := 0
	for name, document := range documents(t) {
		// A command may be broken at the end of a line of text.
		for _, m := range commandLine.FindAllStringSubmatch(document, -1) {
			line := strings.Join(strings.Fields(m[1]+m[2]+m[3]), " ")
			line, _, _ = strings.Cut(line, " # ") // a shell's comment
			line = behind.ReplaceAllString(line, "")
			words := strings.Fields(strings.NewReplacer("'", "", `"`, "", " ..", "").Replace(line))[1:]
			for _, command := range parser.Model.Children {
				for _, f := range command.Flags {
					f.Set = false // by the line before
				}
			}
			if words[0] == "help" || len(words) == 1 { // the command alone is spoken of
				words = append(words[:1], "--help")
			}
			if _, err := parser.Parse(words); err != nil && !strings.Contains(err.Error(), "expected ") {
				t.Errorf("%s: %s: %v", name, line, err)
			}
			parsed++
		}
	}
	if parsed < 60 {
		t.Errorf("only %d commands were found", parsed)
	}
}

// TestLinks follows the links of all documents to files of the project.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s#]+)[^)]*\)`)
	followed := 0
	for name, document := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(document, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			followed++
			if _, err := os.Stat(filepath.Join("../..", filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", name, m[1], err)
			}
		}
	}
	if followed < 20 {
		t.Errorf("only %d links were found", followed)
	}
}

// TestVerdictsNamed holds the README's table of verdicts to the items that there are, in
// their order; .ci/main-job compares the verdicts.
func TestVerdictsNamed(t *testing.T) {
	row := regexp.MustCompile(`(?m)^\| ([a-z0-9.]+) \| (?:agrees|holds|differs|proof gap|undecided)[^|]* \|`)
	var named, items []string
	for _, m := range row.FindAllStringSubmatch(documents(t)["README.md"], -1) {
		named = append(named, m[1])
	}
	for _, item := range paper.Items() {
		items = append(items, item.ID)
	}
	if !slices.Equal(named, items) {
		t.Errorf("the README has verdicts on\n%v, the items are\n%v", named, items)
	}
}

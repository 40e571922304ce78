package main

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"markovicl/paper"
)

// example is a command of the README with the output that it shows.
type example struct {
	command []string
	output  []string
}

// readmeExamples returns the commands that stand in the README behind "$ ",
// each with the indented lines that follow it.
func readmeExamples(t *testing.T) []example {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \n")
		command, isCommand := strings.CutPrefix(line, "    $ markovicl ")
		output, isOutput := strings.CutPrefix(line, "    ")
		switch {
		case isCommand:
			list = append(list, example{command: strings.Fields(command)})
		case len(list) > 0 && isOutput:
			last := &list[len(list)-1]
			last.output = append(last.output, output)
		}
	}
	return list
}

var word = regexp.MustCompile(`\S+`)

// TestREADME runs every example of the README, in its order and in one folder,
// and holds its output against the README's: the same words, and numbers that
// agree to 5 digits where they are not rounding errors. Times, in a line that
// says seconds or in a last column of that name, and lines that the README
// leaves out with "..", are free.
func TestREADME(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	list := readmeExamples(t)
	if len(list) < 7 {
		t.Fatalf("the README has %d examples, want one for each command at least", len(list))
	}
	t.Chdir(t.TempDir())
	if err := os.Symlink(examples, "examples"); err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		name := "markovicl " + strings.Join(e.command, " ")
		var stdout, stderr bytes.Buffer
		if code := run(e.command, &app{ctx: context.Background(), stdout: &stdout, stderr: &stderr, items: paper.Items()}); code != 0 {
			t.Errorf("%s: exit code %d\n%s", name, code, &stderr)
			continue
		}
		var got, want []string
		for line := range strings.Lines(stdout.String()) {
			if line = strings.TrimSpace(line); line != "" {
				got = append(got, line)
			}
		}
		for _, line := range e.output {
			if line = strings.TrimSpace(line); line != "" {
				want = append(want, line)
			}
		}
		compareLines(t, name, got, want)
	}
}

func compareLines(t *testing.T, name string, got, want []string) {
	t.Helper()
	timed := false // the last column holds times
	for i, line := range want {
		if line == ".." { // the rest is left out
			return
		}
		if i >= len(got) {
			t.Errorf("%s: the output ends before the README's line\n  %s", name, line)
			return
		}
		timed = timed || strings.HasSuffix(line, " seconds")
		if !strings.Contains(line, "seconds") && !sameWords(got[i], line) && !(timed && sameWords(butLast(got[i]), butLast(line))) {
			t.Errorf("%s:\n   got %s\nREADME %s", name, got[i], line)
		}
	}
	if len(got) > len(want) {
		t.Errorf("%s: the README does not show the line\n  %s", name, got[len(want)])
	}
}

// butLast returns a line without its last word.
func butLast(line string) string { return line[:strings.LastIndex(" "+line, " ")] }

func sameWords(got, want string) bool {
	a, b := word.FindAllString(got, -1), word.FindAllString(want, -1)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		x, errX := strconv.ParseFloat(strings.Trim(a[i], "(),;:[]%"), 64)
		y, errY := strconv.ParseFloat(strings.Trim(b[i], "(),;:[]%"), 64)
		if errX != nil || errY != nil || math.Abs(x-y) > 1e-5*math.Abs(y)+1e-9 {
			return false
		}
	}
	return true
}

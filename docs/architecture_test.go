// Package docs_test holds docs/architecture.md to what the packages really import.
package docs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "markovicl/"

// rooms are the packages of the module with their imports, those within the module
// without its name.
func rooms(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,GoFiles", "../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath       string
			Imports, GoFiles []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) == 0 {
			continue // tests alone
		}
		imports := []string{}
		for _, path := range p.Imports {
			imports = append(imports, strings.TrimPrefix(path, module))
		}
		all[strings.TrimPrefix(p.ImportPath, module)] = imports
	}
}

// drawn reads the lines "room -> import import" of the page.
func drawn(t *testing.T) (order []string, arrows map[string][]string) {
	t.Helper()
	page, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	arrows = map[string][]string{}
	for line := range strings.Lines(string(page)) {
		room, imports, ok := strings.Cut(strings.TrimSpace(line), "->")
		if room = strings.TrimSpace(room); ok && !strings.Contains(room, " ") {
			order, arrows[room] = append(order, room), strings.Fields(imports)
		}
	}
	return order, arrows
}

func TestArrowsAreDrawn(t *testing.T) {
	real := rooms(t)
	order, arrows := drawn(t)
	for room, imports := range real {
		var want []string
		for _, path := range imports {
			if _, ours := real[path]; ours {
				want = append(want, path)
			}
		}
		slices.Sort(want)
		got, ok := arrows[room]
		if !ok || !slices.Equal(got, want) {
			t.Errorf("docs/architecture.md must have the line\n    %s -> %s", room, strings.Join(want, " "))
		}
	}
	for i, room := range order {
		if real[room] == nil {
			t.Errorf("docs/architecture.md draws the room %s, which is not there", room)
		}
		for _, path := range arrows[room] {
			if j := slices.Index(order, path); j >= 0 && j < i {
				t.Errorf("in docs/architecture.md %s stands above %s, which imports it; arrows point down", path, room)
			}
		}
	}
}

// The one-way rules of the page: what is on the left reaches nothing on the right,
// over however many imports.
func TestOneWayRules(t *testing.T) {
	for _, rule := range []struct {
		room      string
		forbidden []string
	}{
		{"moment", []string{"landscape", "lsa", "predict", "train"}},
		{"landscape", []string{"predict", "train", "chainfile", "trace"}},
		{"certificate", []string{"relax", "internal/lbfgs", "landscape", "lsa", "hardness", "predict", "train"}},
		{"relax", []string{"landscape", "lsa", "hardness", "predict", "train"}},
		{"lsa", []string{"markov", "moment"}},
		{"ask", []string{"figure/draw", "report", "store", "github.com/alecthomas/kong", "gonum.org/v1/plot", "database/sql", "net/http"}},
		{"paper", []string{"figure/draw", "report", "gonum.org/v1/plot"}},
		{"figure", []string{"paper", "markov", "gonum.org/v1/plot"}},
	} {
		out, err := exec.Command("go", "list", "-deps", module+rule.room).Output()
		if err != nil {
			t.Fatal(err)
		}
		for path := range strings.Lines(string(out)) {
			path = strings.TrimPrefix(strings.TrimSpace(path), module)
			for _, no := range rule.forbidden {
				if path == no || strings.HasPrefix(path, no+"/") {
					t.Errorf("%s reaches %s", rule.room, path)
				}
			}
		}
	}
}

// What is called by its forms knows of package markov the number of chains and fractions,
// and no task: a new task is a new form.
func TestFormsKnowNoTask(t *testing.T) {
	words := map[string]bool{"Context": true, "Infinite": true, "Float": true, "ParseRat": true, "FormatRat": true}
	read := 0
	for _, room := range []string{"landscape", "relax", "certificate"} {
		files, err := filepath.Glob(filepath.Join("..", room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			read++
			places := token.NewFileSet()
			file, err := parser.ParseFile(places, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "markov" && !words[s.Sel.Name] {
						t.Errorf("%v: markov.%s", places.Position(s.Pos()), s.Sel.Name)
					}
				}
				return true
			})
		}
	}
	if read < 40 {
		t.Errorf("only %d files were read", read)
	}
}

// Jobs in a database are the affair of one room.
func TestOnlySweepKnowsDatabases(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}} {{join .TestImports \" \"}} {{join .XTestImports \" \"}}", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	for line := range strings.Lines(string(out)) {
		room, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.Contains(imports, "riverqueue/") && !strings.Contains(imports, "jackc/pgx") {
			continue
		}
		seen = true
		if room != module+"sweep" {
			t.Errorf("%s imports River or pgx", room)
		}
	}
	if !seen {
		t.Error("nobody imports River: the test looks in the wrong place")
	}
}

// A room is named after what it holds.
func TestRoomsHaveNames(t *testing.T) {
	for room := range rooms(t) {
		for _, part := range strings.Split(room, "/") {
			switch strings.ToLower(part) {
			case "util", "utils", "common", "helper", "helpers", "types", "misc", "shared", "base", "lib":
				t.Error(fmt.Sprintf("the room %s is named after nothing that it holds", room))
			}
		}
	}
}

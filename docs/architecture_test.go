// Package docs_test holds docs/architecture.md to what the packages really import.
package docs_test

import (
	"bytes"
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
	"sync"
	"testing"
)

const module = "markovicl/"

// listed is a package as `go list` knows it.
type listed struct {
	Name, ImportPath, Dir                       string
	Imports, TestImports, XTestImports, GoFiles []string
}

// list is the packages of the module and all that they import, by path: `go list` is
// asked once.
var list = sync.OnceValues(func() (map[string]listed, error) {
	out, err := exec.Command("go", "list", "-deps", "-json=Name,ImportPath,Dir,Imports,TestImports,XTestImports,GoFiles", module+"...").Output()
	if err != nil {
		return nil, err
	}
	all := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all[p.ImportPath] = p
	}
})

// packages are those of the module, by path.
func packages(t *testing.T) map[string]listed {
	t.Helper()
	all, err := list()
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]listed{}
	for path, p := range all {
		if strings.HasPrefix(path, module) {
			ours[path] = p
		}
	}
	return ours
}

// rooms are the packages of the module with their imports, those within the module
// without its name.
func rooms(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for path, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue // tests alone
		}
		imports := []string{}
		for _, path := range p.Imports {
			imports = append(imports, strings.TrimPrefix(path, module))
		}
		all[strings.TrimPrefix(path, module)] = imports
	}
	return all
}

// reached is what a package imports, over however many imports, without itself.
func reached(t *testing.T, path string) map[string]bool {
	t.Helper()
	all, err := list()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for next := []string{path}; len(next) > 0; next = next[1:] {
		p, ok := all[next[0]]
		if !ok {
			p, ok = all["vendor/"+next[0]] // the standard library's own
		}
		if !ok && next[0] != "C" {
			t.Fatalf("there is no package %s", next[0])
		}
		for _, path := range p.Imports {
			if !seen[path] {
				seen[path] = true
				next = append(next, path)
			}
		}
	}
	return seen
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
		for path := range reached(t, module+rule.room) {
			path = strings.TrimPrefix(path, module)
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
	seen := false
	for room, p := range packages(t) {
		databases := func(path string) bool {
			return strings.Contains(path, "riverqueue/") || strings.Contains(path, "jackc/pgx")
		}
		if !slices.ContainsFunc(slices.Concat(p.Imports, p.TestImports, p.XTestImports), databases) {
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

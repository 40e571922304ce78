package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fileName is the name of a source file in a package comment.
var fileName = regexp.MustCompile(`\b[a-z][a-z0-9_]*\.(go|s)\b`)

// TestPackagesAreIntroduced reads every package: its comment is a page to start from, and an
// example that runs does something one wants. Programs have their help instead.
func TestPackagesAreIntroduced(t *testing.T) {
	read := 0
	for path, p := range packages(t) {
		name, folder := p.Name, p.Dir
		if strings.HasSuffix(path, "/docs") {
			continue // tests alone
		}
		read++
		comment, example := introduction(t, folder)
		if lines := strings.Count(comment, "\n"); lines < 4 {
			t.Errorf("%s: the package comment has %d lines; say what it is, how one begins, and where to read what", path, lines)
		}
		if name != "main" && !strings.Contains(comment, "\n\t") {
			t.Errorf("%s: the package comment shows no code to begin with", path)
		}
		for _, file := range fileName.FindAllString(comment, -1) {
			if _, err := os.Stat(filepath.Join(folder, file)); err != nil && file != "main.go" {
				t.Errorf("%s: the package comment leads to %s, which is not there", path, file)
			}
		}
		if name != "main" && !example {
			t.Errorf("%s has no example with an output", path)
		}
	}
	if read < 20 {
		t.Errorf("only %d packages were read", read)
	}
}

// introduction returns a package's comment, and whether it has an example that is run.
func introduction(t *testing.T, folder string) (comment string, example bool) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			if file.Doc != nil {
				comment += file.Doc.Text() // one file has it
			}
			continue
		}
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Example") {
				continue
			}
			for _, group := range file.Comments {
				if f.Body.Pos() < group.Pos() && group.End() <= f.Body.End() && strings.HasPrefix(group.Text(), "Output:") {
					example = true
				}
			}
		}
	}
	return comment, example
}

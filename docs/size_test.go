package docs_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	mostLines    = 400  // of a file that does not say on its first lines why it is longer
	ofFunction   = 100  // lines, which a function has less of, those of tests included
	mostCommands = 1800 // lines of cmd/markovicl without tests: flags and text, not the work
)

// TestSizes holds the project to files and functions that a reader can take in, and the
// command line to being no more than that.
func TestSizes(t *testing.T) {
	commands, functions := 0, 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "node_modules" || strings.HasPrefix(name, ".") && name != "..") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := bytes.Count(data, []byte("\n"))
		if lines > mostLines && !bytes.HasPrefix(data, []byte("// One file")) {
			t.Errorf("%s has %d lines; the most is %d, unless its first line begins with \"// One file\" and says why", path, lines, mostLines)
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, data, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			functions++
			if first, last := files.Position(f.Pos()).Line, files.Position(f.End()).Line; last-first+1 >= ofFunction {
				t.Errorf("%s:%d: %s has %d lines, want less than %d", path, first, f.Name.Name, last-first+1, ofFunction)
			}
		}
		if filepath.Dir(path) == filepath.Join("..", "cmd", "markovicl") && !strings.HasSuffix(path, "_test.go") {
			commands += lines
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if functions == 0 {
		t.Error("there are no functions")
	}
	if commands == 0 || commands >= mostCommands {
		t.Errorf("cmd/markovicl has %d lines without tests, want less than %d", commands, mostCommands)
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// end is how a run of the program ended.
type end struct {
	code           int // -1 for a signal
	stdout, stderr string
}

// workplace is a folder in which the program is run, with what the table needs.
type workplace struct {
	t                     *testing.T
	dir, binary, examples string
}

func newWorkplace(t *testing.T) *workplace {
	binary, err := exec.LookPath("sample")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	w := &workplace{t, t.TempDir(), binary, examples}
	w.write("X", "0,0.1,0\n")
	w.write("empty", "")
	if err := os.Mkdir(filepath.Join(w.dir, "folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *workplace) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o666); err != nil {
		w.t.Fatal(err)
	}
}

// command returns a run of the program, the words in capitals of the table replaced.
func (w *workplace) command(name, args, path string) *exec.Cmd {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), w.binary, w.words(name, args, path)...)
	cmd.Dir = w.dir
	return cmd
}

// words returns a command line, the words in capitals of the table replaced.
func (w *workplace) words(name, args, path string) []string {
	w.t.Helper()
	line := name + " " + args
	if strings.Contains(line, "MODEL") {
		w.write("model.safetensors", smallModel())
	}
	if strings.Contains(line, "SILENT") {
		line = strings.ReplaceAll(line, "SILENT", w.silent())
	}
	words := strings.Fields(line)
	for i, word := range words {
		words[i] = strings.NewReplacer("FILE", path, "OUT", path, "EXAMPLES", w.examples, "MODEL", filepath.Join(w.dir, "model.safetensors"), "HERE", w.dir).Replace(word)
	}
	return words
}

// within runs a command line in this process, which takes a tenth of the time of one of
// its own. It must not name anything by a relative path.
func (w *workplace) within(words []string) end {
	var stdout, stderr bytes.Buffer
	code := run(words, &app{ctx: w.t.Context(), stdout: &stdout, stderr: &stderr, items: sampleItems()})
	return end{code, stdout.String(), stderr.String()}
}

// smallModel returns the file of a transformer for d = 1 and n = 4.
var smallModel = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	args := "train --model attention --width 4 --heads-per-block 1 --blocks 1 --steps 1 --batch 1 --d 1 --n 4 --eval-prompts 1 --out " + dir
	var stderr strings.Builder
	if code := run(strings.Fields(args), &app{ctx: context.Background(), stdout: io.Discard, stderr: &stderr}); code != 0 {
		panic(stderr.String())
	}
	data, err := os.ReadFile(filepath.Join(dir, "params.safetensors"))
	if err != nil {
		panic(err)
	}
	return string(data)
})

// silent returns the address of a server that takes connections and says nothing.
func (w *workplace) silent() string {
	w.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

// run runs a command to its end. One that hangs is ended, which fails the test.
func (w *workplace) run(cmd *exec.Cmd) end {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &stdout
	}
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return w.wait(cmd, &stdout, &stderr)
}

// patience is how long a command may take that has nothing to do.
const patience = 2 * time.Minute

func (w *workplace) wait(cmd *exec.Cmd, stdout, stderr *bytes.Buffer) end {
	w.t.Helper()
	hangs := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	err := cmd.Wait()
	if !hangs.Stop() {
		w.t.Errorf("%v hangs", cmd.Args[1:])
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	e := end{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	if strings.Contains(e.stderr, "goroutine ") || strings.Contains(e.stderr, "panic") {
		w.t.Errorf("%v panics: %s", cmd.Args[1:], e.stderr)
	}
	return e
}

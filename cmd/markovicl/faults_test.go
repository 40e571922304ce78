package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// faulty says how a command is tried. In its arguments FILE stands for a file that it
// reads, OUT for a file or folder that it writes, and EXAMPLES for the folder of
// example data.
type faulty struct {
	reads  []string // command lines that read FILE
	writes []string // that write OUT, a file
	fills  []string // that write into OUT, a folder
	quick  string   // one that answers soon
	long   string   // one that takes until it is interrupted; "" if the command has none
}

const points = "--inside EXAMPLES/inside.csv --outside EXAMPLES/outside.csv"

// faults has a line for every command.
var faults = map[string]faulty{
	"optimum": {
		reads: []string{"--task FILE", "--prior kernels:FILE", "--family regression --covariance FILE", "--form FILE"},
		fills: []string{"--d 1 --exact --out OUT"},
		quick: "--d 1 --n 5,10",
		long:  "--d 6 --sweep-p 0.001:0.999:0.0001 --floor --contexts 1000000",
	},
	"recover": {
		reads:  []string{"--task FILE", "--x FILE", "--x FILE --proof", "--verify FILE", "--form FILE"},
		writes: []string{"--d 2 --certificate OUT"},
		quick:  "--d 1",
		long:   "--d 7 --embedding onehot --states 3 --starts 1000000",
	},
	"landscape": {reads: []string{"--task FILE"}, quick: "--d 1 --starts 3", long: "--d 4 --starts 100000000"},
	"hardness": {
		reads: []string{"--inside FILE --outside EXAMPLES/outside.csv", "--inside EXAMPLES/inside.csv --outside FILE",
			"--matrix FILE --weights EXAMPLES/inside.csv", "--matrix EXAMPLES/inside.csv --weights FILE"},
		writes: []string{points + " --program OUT"},
		quick:  points,
	},
	"train": {
		reads: []string{"--config FILE", "--task FILE"},
		fills: []string{"--d 1 --steps 2 --batch 5 --eval-prompts 5 --out OUT"},
		quick: "--d 1 --steps 2 --batch 5 --eval-prompts 5",
		long:  "--steps 100000000",
	},
	"prompt":    {reads: []string{"--task FILE"}, quick: "--d 1 --n 3"},
	"predict":   {reads: []string{"FILE", "--simulate --params FILE"}, quick: "--simulate", long: "--simulate --evaluate --prompts 100000000"},
	"trace":     {reads: []string{"FILE --random 1", "--params FILE"}, fills: []string{"--random 1 --prompts 5 --out OUT"}, quick: "--random 1 --prompts 5", long: "--random 5 --d 5 --prompts 100000000"},
	"score":     {reads: []string{"--params FILE", "--x FILE"}, quick: "--x X --d 1", long: "--x X --d 1 --prompts 2000000000"},
	"attention": {reads: []string{"--params FILE"}},
	"reproduce": {fills: []string{"plain --out OUT"}, quick: "plain --out quick", long: "patient --out long"},
	"schema":    {quick: "optimum"}, "version": {}, "completion": {quick: "bash"},
	"sweep": {
		reads: []string{"FILE --out grid"},
		fills: []string{"--over d=1,2 optimum --out OUT"},
		quick: "--over d=1,2 optimum --out grid",
		long:  "--over seed=1..400 optimum --d 6 --floor --contexts 1000000 --out long",
	},
	"worker": {}, // in its own script
	"serve":  {long: "--addr 127.0.0.1:0 --cache kept"}, "site": {fills: []string{"--out OUT"}},
}

// TestEveryCommandIsTried holds the table against the commands that there are.
func TestEveryCommandIsTried(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range parser.Model.Children {
		if _, ok := faults[node.Name]; !ok {
			t.Errorf("no fault is tried on %s", node.Name)
		}
	}
}

// A file that is not there, that is empty, and a folder in place of a file: exit code 2,
// nothing on stdout, or with --json one object there; the message names the file.
func TestFilesThatCannotBeRead(t *testing.T) {
	each(t, func(f faulty) []string { return f.reads }, func(t *testing.T, command, args string) {
		w := newWorkplace(t)
		for _, file := range []string{"missing", "empty", "folder"} {
			// An empty file of settings leaves the defaults, as one of comments does.
			// And an empty file of points is an empty set.
			if file == "empty" && (strings.Contains(args, "--task") || strings.Contains(args, "--config") || command == "hardness") {
				continue
			}
			e := w.run(w.command(command, args, file))
			if e.code != exitBadUsage || e.stdout != "" || !strings.Contains(e.stderr, file) {
				t.Errorf("%s: exit code %d, %q on stdout, %q", file, e.code, e.stdout, e.stderr)
			}
			e = w.run(w.command(command, args+" --json", file))
			var object struct {
				Error struct{ Kind, Message string }
			}
			if err := json.Unmarshal([]byte(e.stdout), &object); err != nil || e.code != exitBadUsage || object.Error.Kind != "input" || !strings.Contains(object.Error.Message, file) {
				t.Errorf("%s with --json: exit code %d, %q on stdout", file, e.code, e.stdout)
			}
		}
	})
}

// Files that cannot be written are known before the work: exit code 2 and no answer. A
// device that turns out full costs the file and not the answer: exit code 1. Nothing
// is replaced that is no file of ours.
func TestFilesThatCannotBeWritten(t *testing.T) {
	each(t, func(f faulty) []string { return f.writes }, func(t *testing.T, command, args string) {
		w := newWorkplace(t)
		for _, path := range []string{"folder", "no/file", "empty/file"} {
			e := w.run(w.command(command, args, path))
			if e.code != exitBadUsage || e.stdout != "" || !strings.Contains(e.stderr, path) {
				t.Errorf("%s: exit code %d, %q on stdout, %q", path, e.code, e.stdout, e.stderr)
			}
		}
		if runtime.GOOS != "linux" {
			return
		}
		e := w.run(w.command(command, args, "/dev/full"))
		if info, err := os.Stat("/dev/full"); e.code != exitFailed || e.stdout == "" || err != nil || info.Mode()&os.ModeCharDevice == 0 {
			t.Errorf("/dev/full: exit code %d, %d bytes on stdout, %v %v", e.code, len(e.stdout), info, err)
		}
	})
	each(t, func(f faulty) []string { return f.fills }, func(t *testing.T, command, args string) {
		w := newWorkplace(t)
		paths := []string{"empty", "empty/sub"}
		if runtime.GOOS == "linux" {
			paths = append(paths, "/dev/full", "/proc/none")
		}
		for _, path := range paths {
			e := w.run(w.command(command, args, path))
			if e.code != exitBadUsage || e.stdout != "" || !strings.Contains(e.stderr, path) {
				t.Errorf("%s: exit code %d, %q on stdout, %q", path, e.code, e.stdout, e.stderr)
			}
		}
		if info, err := os.Stat(filepath.Join(w.dir, "empty")); err != nil || !info.Mode().IsRegular() || info.Size() != 0 {
			t.Errorf("the file in the folder's place has changed: %v %v", info, err)
		}
	})
}

// A folder in which nothing can be written is known before the work. Root writes
// everywhere, so that the program is run as somebody else there.
func TestReadOnlyFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are others there")
	}
	both := func(f faulty) []string { return slices.Concat(f.writes, f.fills) }
	each(t, both, func(t *testing.T, command, args string) {
		w := newWorkplace(t)
		locked := filepath.Join(w.dir, "locked")
		if err := os.Mkdir(locked, 0o555); err != nil {
			t.Fatal(err)
		}
		path := locked
		if slices.Contains(faults[command].writes, args) {
			path = filepath.Join(locked, "file")
		}
		cmd := w.command(command, args, path)
		if os.Geteuid() == 0 {
			asNobody(t, w, cmd)
		}
		e := w.run(cmd)
		if e.code != exitBadUsage || e.stdout != "" || !strings.Contains(e.stderr, locked) {
			t.Errorf("exit code %d, %q on stdout, %q", e.code, e.stdout, e.stderr)
		}
	})
}

// An answer that is lost, on a full device or in a pipe that nobody reads, is no success.
func TestStdoutThatCannotBeWritten(t *testing.T) {
	quick := func(f faulty) []string { return []string{f.quick} }
	each(t, quick, func(t *testing.T, command, args string) {
		if args == "" && command != "version" {
			return
		}
		w := newWorkplace(t)
		for _, more := range []string{"", " --json", " --help"} {
			if more == " --json" && slices.Contains([]string{"schema", "completion"}, command) {
				continue
			}
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			read.Close()
			cmd := w.command(command, args+more, "")
			cmd.Stdout = write
			e := w.run(cmd)
			write.Close()
			if e.code == 0 {
				t.Errorf("%s into a closed pipe: success", more)
			}
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				continue // there is no such device here
			}
			cmd = w.command(command, args+more, "")
			cmd.Stdout = full
			if e := w.run(cmd); e.code != exitFailed || e.stderr == "" {
				t.Errorf("%s on a full device: exit code %d, %q", more, e.code, e.stderr)
			}
			full.Close()
		}
	})
}

// Answers and help fit on a screen of 40 columns, but for words that are longer and for
// examples, which are to be copied.
func TestNarrowScreen(t *testing.T) {
	quick := func(f faulty) []string { return []string{f.quick} }
	each(t, quick, func(t *testing.T, command, args string) {
		if args == "" && command != "version" {
			return
		}
		w := newWorkplace(t)
		for _, more := range []string{"", " --help"} {
			if command == "completion" || command == "schema" {
				more = " --help" // a script and a schema are read by programs
			}
			cmd := w.command(command, args+more, "")
			cmd.Env = append(os.Environ(), "COLUMNS=40")
			e := w.run(cmd)
			if e.code != 0 || e.stdout == "" {
				t.Errorf("%s: exit code %d, %q", more, e.code, e.stderr)
			}
			for line := range strings.Lines(e.stdout) {
				line = strings.TrimRight(line, " \n")
				words := strings.TrimLeft(line, " ")
				example := more != "" && strings.HasPrefix(line, "    ") && !strings.HasPrefix(line, "      ")
				if utf8.RuneCountInString(line) > 40 && strings.Contains(words, " ") && !example {
					t.Errorf("%s: %d columns: %s", more, utf8.RuneCountInString(line), line)
				}
			}
		}
	})
}

// What does not go to a terminal has no bars and no colours, and --quiet no notes.
func TestNoTerminal(t *testing.T) {
	quick := func(f faulty) []string { return []string{f.quick} }
	each(t, quick, func(t *testing.T, command, args string) {
		if args == "" && command != "version" {
			return
		}
		w := newWorkplace(t)
		for _, more := range []string{"", " --quiet"} {
			e := w.run(w.command(command, args+more, ""))
			if e.code != 0 || e.stdout == "" || strings.Contains(e.stdout+e.stderr, "\x1b") || more != "" && e.stderr != "" {
				t.Errorf("%s: exit code %d, %q, %q", more, e.code, e.stdout, e.stderr)
			}
		}
	})
}

// Ctrl-C and SIGTERM end whatever runs, with the exit codes of a shell; with --json
// there is one object on stdout, the answer as far as it is true or the error.
func TestSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such signals there")
	}
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupt, syscall.SIGTERM: exitTerminated} {
		long := func(f faulty) []string { return []string{f.long} }
		each(t, long, func(t *testing.T, command, args string) {
			if args == "" {
				return
			}
			t.Parallel()
			w := newWorkplace(t)
			if command != "serve" {
				args += " --json"
			}
			cmd := w.command(command, args, "")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // to be at work; the exit code is the same if it is not yet
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			e := w.wait(cmd, &stdout, &stderr)
			if early := e.code == -1 && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == signal; early {
				return // before the program listens to signals the system ends it
			}
			want := code
			if command == "serve" { // which is what ends it
				want = 0
			}
			if e.code != want {
				t.Errorf("%v: exit code %d, want %d: %q, %q", signal, e.code, want, e.stdout, e.stderr)
			}
			if command == "serve" {
				return
			}
			d := json.NewDecoder(strings.NewReader(e.stdout))
			var object map[string]any
			if err := d.Decode(&object); err != nil || len(object) == 0 {
				t.Errorf("%v: %q on stdout: %v", signal, e.stdout, err)
			} else if _, err := d.Token(); err != io.EOF {
				t.Errorf("%v: more than one object on stdout: %q", signal, e.stdout)
			}
		})
	}
}

// TestValuesThatCannotBeRight tries values at the ends of what is allowed and past them.
func TestValuesThatCannotBeRight(t *testing.T) {
	w := newWorkplace(t)
	for _, c := range []struct{ args, message string }{
		{"optimum --d -1", "d must be from 1 to 1000, got -1"},
		{"optimum --d 0", "d must be from 1 to 1000, got 0"},
		{"optimum --d 1001", "d must be from 1 to 1000, got 1001"},
		{"optimum --d 1000", "this task has 501501000 enlarged parameters"},
		{"optimum --d", "--d: a value is missing behind it"},
		{"optimum --d --n 3", `--d: a value is missing behind it, before "--n"`},
		{"predict x.txt --format fasta", "--format is that of the answer; say with --file-format fasta how the file is to be read"},
		{"optimum --d two", `--d: want a whole number, got "two"`},
		{"optimum --seed -1", `--seed: want a whole number that is not negative, got "-1"`},
		{"train --lr fast", `--lr: want a number, got "fast"`},
		{"recover --time-limit soon", `--time-limit: want a time such as 30s or 5m, got "soon"`},
		{"recover --time-limit 0", "--time-limit must be positive, got 0s"},
		{"predict --steps 0 --simulate", "--steps must be positive, got 0"},
		{"optimum --n 2e9", "n must be a whole number from 1 to 1000000000"},
		{"train --n 1e9 --steps 1", "n must be at most 3333333"},
		{"prompt --n 1e9", "a prompt is shown up to n = 10000"},
		{"predict --simulate --n 1e9", "n must be at most 3333333"},
		{"optimum --prior beta:1e300,1", "is too small or too large"},
		{"optimum --p 0.5 --start uniform", "give one of them"},
		{"optimum --contexts 100", "--contexts is for --floor"},
		{"optimum --n=", "--n has an empty value"},
		{"optimum --prior=", "--prior has an empty value"},
		{"recover --certificate=", "--certificate has an empty value"},
		{"recover --x X --d 5", "--d has no effect"},
		{"recover --verify X --heads 2", "--heads has no effect"},
		{"recover --d 1 --picture x.gif", "give it one of .svg"},
		{"recover --d 4 --picture x.svg", "this task has 5"},
	} {
		e := w.run(w.command(c.args, "", ""))
		if e.code != exitBadUsage || e.stdout != "" || !strings.Contains(e.stderr, c.message) {
			t.Errorf("%s: exit code %d, %q on stdout, %q", c.args, e.code, e.stdout, e.stderr)
		}
	}
	if e := w.run(w.command("optimum --d 1 --n 1e9", "", "")); e.code != 0 || !strings.Contains(e.stdout, "n 1000000000") {
		t.Errorf("n = 1e9: %s", fmt.Sprint(e))
	}
}

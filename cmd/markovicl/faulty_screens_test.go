package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// helped picks the command lines that answer soon, and one that asks for help.
func helped(f faulty) []string { return append(slices.Clone(f.quick), "--help") }

// An answer that is lost, on a full device or in a pipe that nobody reads, is no success. An
// answer in words meets the pipe, one in JSON the device; what has one form only, and with
// -whole everything, meets both.
func TestStdoutThatCannotBeWritten(t *testing.T) {
	each(t, helped, func(t *testing.T, command, args string) {
		w := newWorkplace(t)
		alone := args == "--help" || slices.Contains([]string{"schema", "completion"}, command) || strings.Contains(args, "--format")
		closed, full := []string{""}, []string{" --json"}
		if alone {
			full = closed
		} else if *whole {
			closed = []string{"", " --json"}
			full = closed
		}
		for _, more := range closed {
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
		}
		for _, more := range full {
			device, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				return // there is no such device here
			}
			cmd := w.command(command, args+more, "")
			cmd.Stdout = device
			if e := w.run(cmd); e.code != exitFailed || e.stderr == "" {
				t.Errorf("%s on a full device: exit code %d, %q", more, e.code, e.stderr)
			}
			device.Close()
		}
	})
}

// Answers, notes and help fit on a screen of 40 columns, but for words that are longer,
// for examples, which are to be copied, and for what programs read. What does not go to a
// terminal has no bars and no colours.
func TestNarrowScreen(t *testing.T) {
	each(t, helped, func(t *testing.T, command, args string) {
		w := newWorkplace(t)
		cmd := w.command(command, args, "")
		cmd.Env = append(os.Environ(), "COLUMNS=40")
		e := w.run(cmd)
		if e.code != 0 || e.stdout == "" || strings.Contains(e.stdout+e.stderr, "\x1b") {
			t.Errorf("exit code %d, %q, %q", e.code, e.stdout, e.stderr)
		}
		read := command == "completion" || command == "schema" || strings.Contains(args, "--format")
		if read && args != "--help" {
			return
		}
		fits(t, e.stdout, args == "--help")
		fits(t, e.stderr, false)
	})
}

// fits holds lines to 40 columns.
func fits(t *testing.T, lines string, help bool) {
	t.Helper()
	for line := range strings.Lines(lines) {
		line = strings.TrimRight(line, " \n")
		words := strings.TrimLeft(line, " ")
		example := help && strings.HasPrefix(line, "    ") && !strings.HasPrefix(line, "      ")
		if utf8.RuneCountInString(line) > 40 && strings.Contains(words, " ") && !example {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
		}
	}
}

// With --quiet there are no notes.
func TestQuiet(t *testing.T) {
	each(t, quick, func(t *testing.T, command, args string) {
		w := newWorkplace(t)
		e := w.run(w.command(command, args+" --quiet", ""))
		if e.code != 0 || e.stdout == "" || strings.Contains(e.stdout, "\x1b") || e.stderr != "" {
			t.Errorf("exit code %d, %q, %q", e.code, e.stdout, e.stderr)
		}
	})
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// refused runs a command that cannot do anything with the file: exit code 2, nothing on
// stdout, or with --json one object there, and a message that names the file. It runs in
// this process, with --json in one of its own.
func (w *workplace) refused(command, args, path string, alsoJSON bool) {
	w.t.Helper()
	absolute := path
	if !filepath.IsAbs(path) {
		absolute = filepath.Join(w.dir, path)
	}
	e := w.within(w.words(command, args, absolute))
	if e.code != exitBadUsage || e.stdout != "" || !strings.Contains(e.stderr, absolute) {
		w.t.Errorf("%s: exit code %d, %q on stdout, %q", path, e.code, e.stdout, e.stderr)
	}
	if !alsoJSON {
		return
	}
	e = w.run(w.command(command, args+" --json", path))
	var object struct {
		Error struct{ Kind, Message string }
	}
	if err := json.Unmarshal([]byte(e.stdout), &object); err != nil || e.code != exitBadUsage || object.Error.Kind != "input" || !strings.Contains(object.Error.Message, path) {
		w.t.Errorf("%s with --json: exit code %d, %q on stdout", path, e.code, e.stdout)
	}
}

// A file that is not there, that is empty, and a folder in place of a file.
func TestFilesThatCannotBeRead(t *testing.T) {
	each(t, func(f faulty) []string { return f.reads }, func(t *testing.T, command, args string) {
		w := newWorkplace(t)
		for _, file := range []string{"missing", "empty", "folder"} {
			// An empty file of settings leaves the defaults, as one of comments does.
			// And an empty file of points is an empty set.
			if file == "empty" && (strings.Contains(args, "--task") || strings.Contains(args, "--config") || command == "hardness") {
				continue
			}
			w.refused(command, args, file, file == "missing" || *whole)
		}
	})
}

// Files that cannot be written are known before the work: exit code 2 and no answer. A
// device that turns out full costs the file and not the answer: exit code 1. Nothing
// is replaced that is no file of ours.
func TestFilesThatCannotBeWritten(t *testing.T) {
	each(t, func(f faulty) []string { return f.writes }, func(t *testing.T, command, args string) {
		w := newWorkplace(t)
		ending := endingOf(args)
		if err := os.MkdirAll(filepath.Join(w.dir, "folder"+ending), 0o777); err != nil {
			t.Fatal(err)
		}
		for i, path := range []string{"folder", "no/file", "empty/file"} {
			w.refused(command, args, path, i == 0)
		}
		if runtime.GOOS != "linux" {
			return
		}
		full := "/dev/full"
		if ending != "" { // a device has none, a link to it may
			full = "full"
			if err := os.Symlink("/dev/full", filepath.Join(w.dir, full+ending)); err != nil {
				t.Fatal(err)
			}
		}
		e := w.run(w.command(command, args, full))
		if info, err := os.Stat("/dev/full"); e.code != exitFailed || e.stdout == "" || e.stderr == "" || err != nil || info.Mode()&os.ModeCharDevice == 0 {
			t.Errorf("/dev/full: exit code %d, %d bytes on stdout, %q, %v %v", e.code, len(e.stdout), e.stderr, info, err)
		}
		if to, err := os.Readlink(filepath.Join(w.dir, full+ending)); ending != "" && (err != nil || to != "/dev/full") {
			t.Errorf("the link to /dev/full is one to %q: %v", to, err)
		}
	})
	each(t, func(f faulty) []string { return f.fills }, func(t *testing.T, command, args string) {
		w := newWorkplace(t)
		paths := []string{"empty", "empty/sub"}
		if runtime.GOOS == "linux" {
			paths = append(paths, "/dev/full", "/proc/none")
		}
		for i, path := range paths {
			w.refused(command, args, path, i == 0 && command != "site")
		}
		if info, err := os.Stat(filepath.Join(w.dir, "empty")); err != nil || !info.Mode().IsRegular() || info.Size() != 0 {
			t.Errorf("the file in the folder's place has changed: %v %v", info, err)
		}
	})
}

// endingOf returns the ending that args give the file OUT, such as .svg.
func endingOf(args string) string {
	_, behind, _ := strings.Cut(args, "OUT")
	ending, _, _ := strings.Cut(behind, " ")
	return ending
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

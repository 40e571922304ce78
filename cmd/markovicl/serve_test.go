package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// served runs the server in a workplace with these flags, asks it each question, ends
// it, and returns the answers and what it said on stderr.
func (w *workplace) served(flags string, env []string, questions ...string) (answers []string, stderr string) {
	w.t.Helper()
	cmd := w.command("serve", "--addr 127.0.0.1:0 "+flags, "")
	cmd.Env = append(os.Environ(), env...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		w.t.Fatalf("the server says nothing: %v, %s", err, complaints.Bytes())
	}
	var url string
	if _, err := fmt.Sscanf(line, "the explorer is at %s", &url); err != nil {
		w.t.Fatalf("the server says %q", line)
	}
	for _, q := range questions {
		r, err := http.Post(url+"ask", "application/json", strings.NewReader(q))
		if err != nil {
			w.t.Fatal(err)
		}
		data, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK {
			w.t.Errorf("%s: %s, %v, %s", q, r.Status, err, data)
		}
		answers = append(answers, string(data))
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		w.t.Errorf("the server ended with %v: %s", err, complaints.Bytes())
	}
	return answers, complaints.String()
}

// files counts the regular files below a folder; one that is not there has none.
func files(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return n
}

// The server answers with the bytes of --json, and keeps the answers where it is told.
func TestServeKeepsAnswers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process there cannot be asked to end")
	}
	w := newWorkplace(t)
	question := `{"command":"optimum","d":1,"n":5}`
	want := w.run(w.command("optimum", "--d 1 --n 5 --json", "")).stdout
	home := []string{"HOME=" + filepath.Join(w.dir, "home"), "XDG_CACHE_HOME="}
	for name, c := range map[string]struct {
		flags string
		env   []string
		dir   string // where one file is after that
		note  string
	}{
		"a folder":     {"--cache kept", home, "kept", ""},
		"nowhere":      {"--no-cache", home, "", ""},
		"not a folder": {"--cache X", home, "", "note: answers are kept in memory"},
		"no home":      {"", []string{"HOME=", "XDG_CACHE_HOME="}, "", "--cache"},
		"the user's":   {"", home, "home", ""},
	} {
		if name == "no home" && runtime.GOOS != "linux" {
			continue // others find a cache folder in other ways
		}
		for range 2 { // made, and found
			answers, stderr := w.served(c.flags, c.env, question, question, `{"d":1,"n":"5","command":"optimum"}`)
			for _, answer := range answers {
				if answer != want {
					t.Errorf("%s: %q, want %q", name, answer, want)
				}
			}
			if (stderr == "") != (c.note == "") || c.note != "" && strings.Count(stderr, c.note) != 1 {
				t.Errorf("%s: stderr %q, want %q once", name, stderr, c.note)
			}
		}
		if c.dir != "" && files(t, filepath.Join(w.dir, c.dir)) != 1 {
			t.Errorf("%s: %d files, want 1", name, files(t, filepath.Join(w.dir, c.dir)))
		}
		os.RemoveAll(filepath.Join(w.dir, "home"))
	}
	if e := w.run(w.command("serve", "--addr 0.0.0.0:0", "")); e.code != exitBadUsage || !strings.Contains(e.stderr, "--allow-remote") {
		t.Errorf("an address for others: %d %q", e.code, e.stderr)
	}
	if e := w.run(w.command("serve", "--no-cache --cache kept", "")); e.code != exitBadUsage || !strings.Contains(e.stderr, "--no-cache") {
		t.Errorf("both flags: %d %q", e.code, e.stderr)
	}
}

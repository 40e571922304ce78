package explorer

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"markovicl/ask"
	"markovicl/store"
)

// notes collects what a cache notes.
type notes struct {
	mu   sync.Mutex
	text []string
}

func (n *notes) add(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.text = append(n.text, err.Error())
}

func build(text string) func() (string, error) { return func() (string, error) { return text, nil } }

// entries are the files of a folder of answers, without those set aside.
func entries(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "damaged" {
			return fs.SkipDir
		}
		if err == nil && d.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// An answer outlives the server, is found however its question is written, and by the
// same build alone.
func TestDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "answers")
	var wrong notes
	first := NewDisk(dir, DefaultDisk, build("1"), wrong.add)
	question := []byte(`{"command":"optimum","d":3,"n":10}`)
	if _, ok := first.Get(question); ok {
		t.Error("an answer out of nothing")
	}
	first.Put(question, []byte("the answer\n"))
	for name, c := range map[string]struct {
		build, question string
		known           bool
	}{
		"as it was":       {"1", string(question), true},
		"another order":   {"1", `{"n": "10", "d": 3, "command": "optimum"}`, true},
		"another d":       {"1", `{"command":"optimum","d":2,"n":10}`, false},
		"another build":   {"2", string(question), false},
		"no question":     {"1", `{`, false},
		"another command": {"1", `{"command":"recover","d":3,"n":10}`, false},
	} {
		answer, ok := NewDisk(dir, DefaultDisk, build(c.build), wrong.add).Get([]byte(c.question))
		if ok != c.known || ok && string(answer) != "the answer\n" {
			t.Errorf("%s: %q, %v", name, answer, ok)
		}
	}
	if len(wrong.text) > 0 {
		t.Errorf("noted: %q", wrong.text)
	}
}

// A damaged entry is set aside and noted, its question asked again, and the new answer
// kept.
func TestDiskDamaged(t *testing.T) {
	dir := t.TempDir()
	var wrong notes
	var asked atomic.Int64
	serve := func() *Disk {
		d := NewDisk(dir, DefaultDisk, build("1"), wrong.add)
		h := NewHandler(Options{Cache: d, Ask: func(ctx context.Context, q Question, progress func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
			asked.Add(1)
			return echo(ctx, q, progress)
		}})
		if got := text(t, post(t, h, `{"command":"optimum"}`, "application/json", nil)); got != "{\"command\":\"optimum\"}\n" {
			t.Errorf("answer %q", got)
		}
		return d
	}
	serve()
	paths := entries(t, dir)
	if len(paths) != 1 {
		t.Fatalf("entries %q", paths)
	}
	data, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-3] ^= 1
	if err := os.WriteFile(paths[0], data, 0o666); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		serve()
	}
	if asked.Load() != 2 || len(wrong.text) != 1 || !strings.Contains(wrong.text[0], "damaged") {
		t.Errorf("asked %d times, want twice; noted %q", asked.Load(), wrong.text)
	}
	aside, err := os.ReadDir(filepath.Join(dir, "damaged"))
	if err != nil || len(aside) != 1 {
		t.Errorf("set aside: %v, %v", aside, err)
	}
}

// A folder that cannot be made, read or written is noted once, and the memory serves.
func TestDiskUnusable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	// A file where each shelf would be: even a superuser cannot write there.
	full := t.TempDir()
	for i := range 256 {
		if err := os.WriteFile(filepath.Join(full, fmt.Sprintf("%02x", i)), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	locked := t.TempDir()
	if err := os.Chmod(locked, 0o555); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir   string
		build func() (string, error)
		noted bool
	}{
		"a file in its place": {file, build("1"), true},
		"below a file":        {filepath.Join(file, "a", "b"), build("1"), true},
		"no room":             {full, build("1"), true},
		"read-only":           {locked, build("1"), os.Getuid() != 0}, // nothing is read-only for a superuser
		"no build":            {t.TempDir(), func() (string, error) { return "", fs.ErrPermission }, true},
	} {
		var wrong notes
		d := NewDisk(c.dir, DefaultDisk, c.build, wrong.add)
		for i := range 3 {
			q := fmt.Appendf(nil, `{"command":"optimum","d":%d}`, i+1)
			if _, ok := d.Get(q); ok {
				t.Errorf("%s: an answer out of nothing", name)
			}
			d.Put(q, q)
			if got, ok := d.Get(q); !ok || string(got) != string(q) {
				t.Errorf("%s: %q, %v", name, got, ok)
			}
		}
		if noted := len(wrong.text) == 1 && strings.Contains(wrong.text[0], c.dir); noted != c.noted || len(wrong.text) > 1 {
			t.Errorf("%s: noted %q", name, wrong.text)
		}
	}
}

// A folder that cannot be written still gives what is in it.
func TestDiskReadOnly(t *testing.T) {
	dir := t.TempDir()
	var wrong notes
	q := []byte(`{"command":"optimum"}`)
	NewDisk(dir, DefaultDisk, build("1"), wrong.add).Put(q, q)
	shelf := filepath.Dir(entries(t, dir)[0])
	for _, folder := range []string{shelf, dir} {
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(folder, 0o777)
	}
	if got, ok := NewDisk(dir, DefaultDisk, build("1"), wrong.add).Get(q); !ok || string(got) != string(q) || len(wrong.text) > 0 {
		t.Errorf("%q, %v; noted %q", got, ok, wrong.text)
	}
}

// The folder stays within its bound; what was asked for lately stays, and what is too
// large is not kept.
func TestDiskBound(t *testing.T) {
	dir := t.TempDir()
	var wrong notes
	const most = 40 * 4096
	q := func(i int) []byte { return fmt.Appendf(nil, `{"command":"optimum","n":%d}`, i+1) }
	for i := range 200 {
		// A new one each time, since the memory in front answers without the folder.
		d := NewDisk(dir, most, build("1"), wrong.add)
		d.Put(q(i), []byte("answer"))
		if got, ok := NewDisk(dir, most, build("1"), wrong.add).Get(q(0)); !ok || string(got) != "answer" {
			t.Fatalf("the answer that is asked for all the time is gone after %d others", i)
		}
	}
	if n := len(entries(t, dir)); n > 40 || n < 20 {
		t.Errorf("%d entries of a block each, want at most 40", n)
	}
	d := NewDisk(dir, most, build("1"), wrong.add)
	for i := range 200 {
		d.Put(q(1000+i), []byte("answer"))
	}
	if n := len(entries(t, dir)); n > 40 || n < 20 {
		t.Errorf("%d entries from one server, want at most 40", n)
	}
	before := len(entries(t, dir))
	d.Put(q(5000), make([]byte, most/4+1))
	if n := len(entries(t, dir)); n != before {
		t.Errorf("an answer of a quarter of the folder was kept")
	}
	if len(wrong.text) > 0 {
		t.Errorf("noted: %q", wrong.text)
	}
}

// Servers share a folder.
func TestDiskShared(t *testing.T) {
	dir := t.TempDir()
	var wrong notes
	var wait sync.WaitGroup
	for range 4 {
		d := NewDisk(dir, 30*4096, build("1"), wrong.add)
		for w := range 4 {
			wait.Go(func() {
				for i := range 50 {
					q := fmt.Appendf(nil, `{"command":"optimum","n":%d}`, (i*7+w)%60+1)
					if got, ok := d.Get(q); ok && string(got) != string(q) {
						t.Errorf("%s has the answer %q", q, got)
					}
					d.Put(q, q)
				}
			})
		}
	}
	wait.Wait()
	if len(wrong.text) > 0 {
		t.Errorf("noted: %q", wrong.text)
	}
}

// What is not finished is given and not kept: it may be better another time.
func TestUnfinished(t *testing.T) {
	d := NewDisk(t.TempDir(), DefaultDisk, build("1"), func(err error) { t.Error(err) })
	var asked atomic.Int64
	h := NewHandler(Options{Cache: d, Ask: func(context.Context, Question, func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
		return fmt.Appendf(nil, "bounds %d\n", asked.Add(1)), nil, &ask.Error{Kind: ask.Interrupted, Message: "stopped before the bounds met"}
	}})
	for i := range 3 {
		r := post(t, h, `{"command":"recover"}`, "application/json", nil)
		if got := text(t, r); r.StatusCode != 200 || got != fmt.Sprintf("bounds %d\n", i+1) {
			t.Errorf("%d %q", r.StatusCode, got)
		}
	}
}

// A known answer waits for nobody's work.
func TestKnownAnswerDoesNotWait(t *testing.T) {
	cache := NewMemory(1 << 20)
	cache.Put([]byte(`{"command":"optimum"}`), []byte("known\n"))
	h := NewHandler(Options{Work: 1, Cache: cache, Ask: func(ctx context.Context, q Question, _ func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
		<-ctx.Done()
		return nil, nil, &ask.Error{Kind: ask.Interrupted, Message: "cancelled"}
	}})
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	for range 3 {
		wait.Go(func() {
			post(t, h, `{"command":"recover"}`, "application/json", func(r *http.Request) { *r = *r.WithContext(ctx) })
		})
	}
	if got := text(t, post(t, h, `{"command":"optimum"}`, "application/json", nil)); got != "known\n" {
		t.Errorf("answer %q", got)
	}
}

// The key is pinned: a folder outlives programs.
func TestDiskKey(t *testing.T) {
	d := NewDisk(t.TempDir(), DefaultDisk, build("b"), func(err error) { t.Error(err) })
	d.Open()
	want := store.KeyOf([]byte(`{"command":"optimum","d":3}`), "explorer 1 b")
	if k := d.key([]byte(`{"d":3, "command":"optimum"}`)); k != want {
		t.Errorf("key %s, want %s", k, want)
	}
}

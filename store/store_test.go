package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"markovicl/store"
)

// TestMain is the process that TestKilledHolder kills, when it is told so.
func TestMain(m *testing.M) {
	if dir := os.Getenv("STORE_TEST_LOCK"); dir != "" {
		_, err := store.TryLock(dir, "run", "the other run")
		fmt.Println("held", err)
		select {}
	}
	os.Exit(m.Run())
}

func open(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPutAndGet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir)
	k := store.KeyOf([]byte(`{"command":"optimum"}`), "1")
	if _, err := s.Get(k); !errors.Is(err, store.ErrNone) {
		t.Errorf("error %v", err)
	}
	for _, answer := range []string{"first\nwith lines\n", "", strings.Repeat("long", 1<<16)} {
		if err := s.Put(k, []byte(answer)); err != nil {
			t.Fatal(err)
		}
		if got, err := open(t, dir).Get(k); err != nil || string(got) != answer {
			t.Errorf("%q, %v", got, err)
		}
	}
	for _, bad := range []store.Key{"", "xy", k[:63], store.Key(strings.ToUpper(string(k))), store.Key("../" + k[3:])} {
		if _, err := s.Get(bad); err == nil || s.Put(bad, nil) == nil {
			t.Errorf("%q was taken for a key", bad)
		}
	}
}

// Questions, versions, and where one ends and the other begins make the key. The
// value is pinned: a store outlives programs.
func TestKeyOf(t *testing.T) {
	keys := map[store.Key]bool{}
	for _, q := range [][2]string{{"a", "b"}, {"ab", ""}, {"", "ab"}, {"b", "a"}, {"a", "b "}} {
		keys[store.KeyOf([]byte(q[0]), q[1])] = true
	}
	if len(keys) != 5 {
		t.Errorf("5 questions have %d keys", len(keys))
	}
	if k := store.KeyOf([]byte("a"), "b"); k != "daf8c173dba8deeb7e7971127b494fa3d83e2b356d1a6f0f72624d20b2bd4198" {
		t.Errorf("the key of a, b is %s", k)
	}
}

func TestCorruptEntries(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	other := store.KeyOf([]byte("other"), "")
	if err := s.Put(other, []byte("sound")); err != nil {
		t.Fatal(err)
	}
	file := func(k store.Key) string { return filepath.Join(dir, string(k[:2]), string(k[2:])) }
	for name, damage := range map[string]func(data []byte) []byte{
		"flipped":   func(data []byte) []byte { data[len(data)-1] ^= 1; return data },
		"cut off":   func(data []byte) []byte { return data[:len(data)-1] },
		"appended":  func(data []byte) []byte { return append(data, 'x') },
		"emptied":   func([]byte) []byte { return nil },
		"exchanged": func([]byte) []byte { data, _ := os.ReadFile(file(other)); return data },
	} {
		k := store.KeyOf([]byte(name), "")
		if err := s.Put(k, []byte("an answer")); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file(k))
		if err != nil {
			t.Fatal(err)
		}
		bad := damage(slices.Clone(data))
		if err := os.WriteFile(file(k), bad, 0o666); err != nil {
			t.Fatal(err)
		}
		var corrupt *store.CorruptError
		if _, err := s.Get(k); !errors.As(err, &corrupt) || corrupt.Key != k {
			t.Fatalf("%s: error %v", name, err)
		}
		if aside, err := os.ReadFile(corrupt.Aside); err != nil || !bytes.Equal(aside, bad) {
			t.Errorf("%s: what was set aside is %q, %v", name, aside, err)
		}
		if _, err := s.Get(k); !errors.Is(err, store.ErrNone) {
			t.Errorf("%s: then error %v", name, err)
		}
		if err := s.Put(k, []byte("again")); err != nil {
			t.Error(err)
		}
		if got, err := s.Get(k); err != nil || string(got) != "again" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, err := s.Get(other); err != nil || string(got) != "sound" {
		t.Errorf("the sound entry is %q, %v", got, err)
	}
}

func TestList(t *testing.T) {
	s := open(t, t.TempDir())
	var want []store.Key
	for i := range 300 {
		k := store.KeyOf(fmt.Append(nil, i), "")
		want = append(want, k)
		if err := s.Put(k, nil); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	var got []store.Key
	for after := store.Key(""); ; {
		keys, err := s.List(after, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) > 7 {
			t.Fatalf("%d keys", len(keys))
		}
		if len(keys) == 0 {
			break
		}
		got, after = append(got, keys...), keys[len(keys)-1]
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d keys in steps, want %d", len(got), len(want))
	}
}

func TestOpenRemovesLeftovers(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "ab"), 0o777); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(dir, "ab", ".cdef.1.markovicl-part")
	if err := os.WriteFile(part, []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	if _, err := os.Stat(part); !os.IsNotExist(err) {
		t.Errorf("the part is still there (%v)", err)
	}
	if keys, err := s.List("", 10); err != nil || len(keys) != 0 {
		t.Errorf("keys %v, %v", keys, err)
	}
}

func TestBuild(t *testing.T) {
	a, err := store.Build("avx2")
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := store.Build("generic"); a == b || len(a) < 64 {
		t.Errorf("builds %q and %q", a, b)
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	lock, err := store.TryLock(dir, "run", "a sweep")
	if err != nil {
		t.Fatal(err)
	}
	var busy *store.BusyError
	if _, err := store.TryLock(dir, "run", "another"); !errors.As(err, &busy) || !strings.HasPrefix(busy.Holder, "a sweep (process ") || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
	free, err := store.TryLock(dir, "shard-2", "another")
	if err != nil {
		t.Errorf("a lock of another name: %v", err)
	} else if err := free.Unlock(); err != nil {
		t.Error(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := store.Lock(short, dir, "run", "another"); !errors.As(err, &busy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if err := lock.Unlock(); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("the folder holds %v", entries)
	}
	if _, err := store.TryLock(filepath.Join(dir, "none"), "run", ""); err == nil || errors.As(err, &busy) {
		t.Errorf("error %v in a folder that is not there", err)
	}
}

// However many want it, one at a time has it.
func TestLockExcludes(t *testing.T) {
	dir := t.TempDir()
	var inside, total atomic.Int32
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 10 {
				lock, err := store.Lock(t.Context(), dir, "run", "a test")
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d have the lock", n)
				}
				total.Add(1)
				inside.Add(-1)
				if err := lock.Unlock(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if total.Load() != 80 {
		t.Errorf("%d turns", total.Load())
	}
}

func TestKilledHolder(t *testing.T) {
	dir := t.TempDir()
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), "STORE_TEST_LOCK="+dir)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanln(out, new(string), new(string)); err != nil {
		t.Fatal(err)
	}
	var busy *store.BusyError
	if _, err := store.TryLock(dir, "run", ""); !errors.As(err, &busy) || !strings.HasPrefix(busy.Holder, fmt.Sprintf("the other run (process %d ", holder.Process.Pid)) {
		t.Errorf("error %v", err)
	}
	holder.Process.Kill()
	holder.Wait()
	lock, err := store.TryLock(dir, "run", "")
	if err != nil {
		t.Fatalf("after its holder was killed: %v", err)
	}
	if err := lock.Unlock(); err != nil {
		t.Error(err)
	}
}

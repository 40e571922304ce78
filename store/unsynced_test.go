package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"markovicl/store"
)

// PutUnsynced is Put for everybody who reads.
func TestPutUnsynced(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	k := store.KeyOf([]byte("question"), "1")
	for _, answer := range []string{"first", "", "in place of it", strings.Repeat("long", 1<<14)} {
		if err := s.PutUnsynced(k, []byte(answer)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(k); err != nil || string(got) != answer {
			t.Errorf("%d bytes, %v; want %d", len(got), err, len(answer))
		}
	}
	if err := s.PutUnsynced("no key", nil); err == nil {
		t.Error("something that is no key was taken")
	}
	// A shelf that somebody removed is made again.
	shelf := filepath.Join(dir, string(k[:2]))
	if err := os.RemoveAll(shelf); err != nil {
		t.Fatal(err)
	}
	if err := s.PutUnsynced(k, []byte("again")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(k); err != nil || string(got) != "again" {
		t.Errorf("%q, %v", got, err)
	}
	if left, err := os.ReadDir(shelf); err != nil || len(left) != 1 {
		t.Errorf("%d files beside the entry, %v", len(left)-1, err)
	}
}

func TestHasAndRemove(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	k, other := store.KeyOf([]byte("a"), ""), store.KeyOf([]byte("b"), "")
	if s.Has(k) || s.Has("no key") {
		t.Error("an empty store has an entry")
	}
	if err := s.Remove(k); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
	if err := s.Remove("../" + k[3:]); err == nil {
		t.Error("something that is no key was removed")
	}
	for _, key := range []store.Key{k, other} {
		if err := s.PutUnsynced(key, []byte("answer")); err != nil {
			t.Fatal(err)
		}
	}
	if !s.Has(k) || !s.Has(other) {
		t.Error("an entry is not there")
	}
	if err := s.Remove(k); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(k); s.Has(k) || !errors.Is(err, store.ErrNone) {
		t.Errorf("after it was removed: %v", err)
	}
	if got, err := s.Get(other); err != nil || string(got) != "answer" {
		t.Errorf("the other one: %q, %v", got, err)
	}
	// Has does not read: a damaged entry is one until Get sets it aside.
	file := filepath.Join(dir, string(other[:2]), string(other[2:]))
	if err := os.Truncate(file, 10); err != nil {
		t.Fatal(err)
	}
	if !s.Has(other) {
		t.Error("a damaged entry is not there")
	}
	var corrupt *store.CorruptError
	if _, err := s.Get(other); !errors.As(err, &corrupt) || s.Has(other) {
		t.Errorf("then: %v, there: %v", err, s.Has(other))
	}
}

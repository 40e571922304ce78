package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"markovicl/store"
)

// What another process is writing stays, however little room there is.
func TestTrimLeavesUnfinished(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	k := store.KeyOf([]byte("1"), "")
	if err := s.Put(k, make([]byte, 5000)); err != nil {
		t.Fatal(err)
	}
	unfinished := filepath.Join(dir, string(k[:2]), "."+string(k[2:])+".17.markovicl-part")
	if err := os.WriteFile(unfinished, make([]byte, 5000), 0o666); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Trim(0); left != 0 || err != nil {
		t.Errorf("%d bytes are left, %v", left, err)
	}
	if _, err := os.Stat(unfinished); err != nil {
		t.Error(err)
	}
}

// What was used longest ago goes first, damaged entries among it, and no more than must.
func TestTrim(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if left, err := s.Trim(0); left != 0 || err != nil {
		t.Errorf("an empty store: %d, %v", left, err)
	}
	var keys []store.Key
	file := func(k store.Key) string { return filepath.Join(dir, string(k[:2]), string(k[2:])) }
	for i := range 10 {
		k := store.KeyOf(fmt.Append(nil, i), "")
		keys = append(keys, k)
		if err := s.Put(k, make([]byte, 5000)); err != nil { // two blocks
			t.Fatal(err)
		}
		old := time.Now().Add(time.Duration(i-100) * time.Hour)
		if err := os.Chtimes(file(k), old, old); err != nil {
			t.Fatal(err)
		}
	}
	s.Touch(keys[0])
	s.Touch("no key")
	// The second one is damaged: it is as old aside.
	if err := os.Truncate(file(keys[1]), 4000); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-99 * time.Hour)
	if err := os.Chtimes(file(keys[1]), old, old); err != nil {
		t.Fatal(err)
	}
	var corrupt *store.CorruptError
	if _, err := s.Get(keys[1]); !errors.As(err, &corrupt) {
		t.Fatal(err)
	}
	const block = 4096
	for _, c := range []struct {
		most, left int64
		gone       int // of the keys after the first two
	}{{19 * block, 19 * block, 0}, {18 * block, 18 * block, 0}, {16*block + 1, 16 * block, 1}, {5 * block, 4 * block, 7}, {0, 0, 8}} {
		left, err := s.Trim(c.most)
		if err != nil || left != c.left {
			t.Errorf("trimmed to %d: %d left, want %d; %v", c.most, left, c.left, err)
		}
		for i, k := range keys[2:] {
			if s.Has(k) != (i >= c.gone) {
				t.Errorf("trimmed to %d: the answer %d is there: %v", c.most, i+2, s.Has(k))
			}
		}
		if s.Has(keys[0]) != (c.most > 0) {
			t.Errorf("trimmed to %d: the answer that was touched is there: %v", c.most, s.Has(keys[0]))
		}
		if _, err := os.Stat(corrupt.Aside); (err == nil) != (c.most == 19*block) {
			t.Errorf("trimmed to %d: the damaged entry: %v", c.most, err)
		}
	}
}

// Package store keeps answers by the hash of their question, in a folder that any
// number of processes may use at once:
//
//	s, err := store.Open("answers")
//	..
//	build, err := store.Build(ask.Kernels()) // answers are equal for one build and kernel
//	key := store.KeyOf(question, build)      // question: bytes, such as its JSON
//	answer, err := s.Get(key)
//	if errors.Is(err, store.ErrNone) {
//		answer = compute(question)
//		err = s.Put(key, answer)
//	}
//
// An entry is written whole or not at all, and carries the hash of its answer. One
// that does not fit it (a disk that failed, an editor) is set aside and reported as a
// [CorruptError]; after that there is none, and Put makes it anew.
//
// [Store.Trim] keeps a folder that is a cache within a size.
//
// [Lock] and [TryLock] let one process at a time do what must not be done by two,
// such as the summary of a folder of results; the death of a process ends its locks.
package store

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"markovicl/internal/atomicfile"
)

// ErrNone says that there is no answer to a question.
var ErrNone = errors.New("the store has no answer to this question")

// A CorruptError reports an entry that was not what Put had written.
type CorruptError struct {
	Key   Key
	Why   string
	Aside string // the file that it was moved to
}

// Error implements error.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("the stored answer %s is damaged (%s); it was moved to %s", e.Key, e.Why, e.Aside)
}

// Key names an answer: 64 hexadecimal digits.
type Key string

// KeyOf returns the key of a question and the version of what answers it, for which
// see [Build].
func KeyOf(question []byte, version string) Key {
	h := sha256.New()
	// With its length before it no question runs into the version.
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(question))))
	h.Write(question)
	io.WriteString(h, version)
	return Key(hex.EncodeToString(h.Sum(nil)))
}

func (k Key) check() error {
	if data, err := hex.DecodeString(string(k)); err != nil || len(data) != sha256.Size || strings.ToLower(string(k)) != string(k) {
		return fmt.Errorf("%q is no key; it has 64 hexadecimal digits", string(k))
	}
	return nil
}

// Build returns a text that differs from build to build of this program, and between
// operating systems, processors and whatever else is named, such as the kernels of
// linear algebra in use: the bytes of an answer are promised for one of them.
func Build(more ...string) (string, error) {
	hash, err := executable()
	if err != nil {
		return "", fmt.Errorf("the program cannot read itself to tell its build: %w", err)
	}
	return strings.Join(append([]string{hash, runtime.GOOS, runtime.GOARCH}, more...), " "), nil
}

var executable = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
})

// Store is a folder of answers. Its methods may be called by several goroutines, and
// several processes may have a Store of one folder.
type Store struct{ dir string }

// asideFolder is where damaged entries go.
const asideFolder = "damaged"

// Open makes the folder if there is none, and removes what killed processes left of
// entries that they were writing.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	s := &Store{dir}
	shelves, err := s.shelves()
	if err != nil {
		return nil, err
	}
	for _, shelf := range shelves {
		if err := atomicfile.RemoveLeftovers(filepath.Join(dir, shelf)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// shelves are the names of the folders of entries, the first two digits of their
// keys, in order.
func (s *Store) shelves() ([]string, error) {
	folders, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range folders {
		if _, err := hex.DecodeString(f.Name()); err == nil && len(f.Name()) == 2 && f.IsDir() {
			names = append(names, f.Name())
		}
	}
	return names, nil
}

func (s *Store) file(k Key) string { return filepath.Join(s.dir, string(k[:2]), string(k[2:])) }

// head is the first line of an entry, which its answer follows.
func head(k Key, answer []byte) string {
	return fmt.Sprintf("markovicl answer 1 %s sha256 %x\n", k, sha256.Sum256(answer))
}

// Put keeps an answer, in place of an earlier one if there is any.
func (s *Store) Put(k Key, answer []byte) error { return s.put(k, answer, atomicfile.Write) }

// PutUnsynced is Put without waiting for the disk, for many answers that can be had again:
// the death of a process loses none, that of the machine may leave some of the last ones
// missing or damaged, which Get tells.
func (s *Store) PutUnsynced(k Key, answer []byte) error {
	return s.put(k, answer, atomicfile.WriteUnsynced)
}

func (s *Store) put(k Key, answer []byte, write func(path string, data []byte) error) error {
	if err := k.check(); err != nil {
		return err
	}
	path := s.file(k)
	data := append([]byte(head(k, answer)), answer...)
	err := write(path, data)
	if errors.Is(err, fs.ErrNotExist) { // the first of its shelf
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		err = write(path, data)
	}
	return err
}

// Remove forgets an answer; there need be none.
func (s *Store) Remove(k Key) error {
	if err := k.check(); err != nil {
		return err
	}
	if err := os.Remove(s.file(k)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Has reports whether there is an entry for a question, sound or not.
func (s *Store) Has(k Key) bool {
	if k.check() != nil {
		return false
	}
	_, err := os.Stat(s.file(k))
	return err == nil
}

// Get returns an answer, or ErrNone, or a *CorruptError.
func (s *Store) Get(k Key) ([]byte, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(s.file(k))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	line, answer, whole := bytes.Cut(data, []byte("\n"))
	why := ""
	switch {
	case !whole || !bytes.HasPrefix(line, []byte("markovicl answer ")):
		why = "it does not begin as an answer"
	case !bytes.Contains(line, []byte(k)):
		why = "it is an answer to another question"
	case string(line)+"\n" != head(k, answer):
		why = "its check sum is wrong"
	default:
		return answer, nil
	}
	return nil, s.setAside(k, why)
}

// setAside moves a damaged entry out of the way under a name of its own.
func (s *Store) setAside(k Key, why string) error {
	folder := filepath.Join(s.dir, asideFolder)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	place, err := os.CreateTemp(folder, string(k)+".*")
	if err != nil {
		return err
	}
	place.Close()
	if err := os.Rename(s.file(k), place.Name()); err != nil {
		os.Remove(place.Name())
		if errors.Is(err, fs.ErrNotExist) {
			return ErrNone // another process was here first
		}
		return err
	}
	return &CorruptError{k, why, place.Name()}
}

// List returns at most limit keys of the store that come after a key in order; ""
// comes before all.
func (s *Store) List(after Key, limit int) ([]Key, error) {
	shelves, err := s.shelves()
	if err != nil {
		return nil, err
	}
	var keys []Key
	for _, shelf := range shelves {
		if cmp.Compare(shelf, string(after[:min(2, len(after))])) < 0 {
			continue
		}
		entries, err := os.ReadDir(filepath.Join(s.dir, shelf))
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			k := Key(shelf + entry.Name())
			if len(keys) >= limit {
				return keys, nil
			}
			if k > after && k.check() == nil {
				keys = append(keys, k)
			}
		}
	}
	return keys, nil
}

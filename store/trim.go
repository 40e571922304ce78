package store

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Touch says that an entry was used, for [Store.Trim]. Where that cannot be noted it is
// not.
func (s *Store) Touch(k Key) {
	if k.check() == nil {
		now := time.Now()
		_ = os.Chtimes(s.file(k), now, now)
	}
}

// Occupied is the room that so many bytes in a file take on a disk, about: whole blocks.
func Occupied(bytes int64) int64 {
	const block = 4096
	return (bytes + block - 1) / block * block
}

// Trim removes what was written or touched longest ago, damaged entries among it, until
// what is left occupies at most so many bytes of the disk. It returns what is left, also
// where something could not be removed, which is the error.
func (s *Store) Trim(most int64) (left int64, err error) {
	folders, err := s.shelves()
	if err != nil {
		return 0, err
	}
	type file struct {
		path string
		size int64
		used time.Time
	}
	var files []file
	for _, folder := range append(folders, asideFolder) {
		entries, err := os.ReadDir(filepath.Join(s.dir, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return left, err
		}
		for _, entry := range entries {
			info, err := entry.Info()
			if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
				continue // gone meanwhile, not of the store, or still being written, which [Open] removes where nobody does
			}
			files = append(files, file{filepath.Join(s.dir, folder, entry.Name()), Occupied(info.Size()), info.ModTime()})
			left += Occupied(info.Size())
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Or(a.used.Compare(b.used), cmp.Compare(a.path, b.path)) })
	var failed error
	for _, f := range files {
		if left <= most {
			break
		}
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = cmp.Or(failed, err)
			continue
		}
		left -= f.size
	}
	return left, failed
}

// Package atomicfile writes files so that a reader, or a crash, finds the old
// content or the new one, never a part:
//
//	if err := atomicfile.Check("c.npz"); err != nil {
//		return err // before the work whose answer would be lost
//	}
//	// .. the work ..
//	return atomicfile.Write("c.npz", data)
//
// The data go to a temporary file of a unique name beside the target, are synced,
// and the file is renamed. What is not a regular file (a device, a FIFO, standard
// output) is written through and stays what it is, and so does a symbolic link: the
// file that it leads to is the one that is replaced. Permissions of a file that is
// replaced are kept.
//
// A run that is killed leaves its temporary file behind. [RemoveLeftovers] removes
// such files and spares those that another process is still writing; [Check] does
// so for its own path.
//
// Every error names the path that was asked for.
package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// suffix ends the names of temporary files: .NAME.NUMBER.markovicl-part
const suffix = ".markovicl-part"

var leftover = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\..+\.[0-9]+` + regexp.QuoteMeta(suffix) + `$`)
})

// Write makes data the content of the file. A file that holds them already is not
// touched.
func Write(path string, data []byte) error {
	t, err := find(path)
	if err == nil && t.holds(data) {
		return nil
	}
	return WriteTo(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteUnsynced is Write without waiting for the disk. Readers, and a crash of the
// process, still find the old content or the new one; after a crash of the machine the
// file may have neither. It is for files with a check sum that can be made again.
func WriteUnsynced(path string, data []byte) error {
	return writeTo(path, false, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteTo makes what write writes the content of the file, unless write returns an
// error.
func WriteTo(path string, write func(io.Writer) error) error { return writeTo(path, true, write) }

func writeTo(path string, sync bool, write func(io.Writer) error) error {
	t, err := find(path)
	if err == nil {
		if t.through {
			err = t.writeThrough(write)
		} else {
			err = t.replace(sync, write)
		}
	}
	return named(path, err)
}

// Check returns the error that Write would return as far as that can be known
// beforehand: no such folder, no permission, a folder in the file's place. It
// leaves the file as it is, and removes what killed runs left beside it.
func Check(path string) error {
	t, err := find(path)
	if err != nil {
		return named(path, err)
	}
	if t.through {
		return named(path, mayWrite(t.path))
	}
	if err := t.writable(); err != nil {
		return named(path, err)
	}
	if err := removeLeftovers(filepath.Dir(t.path), "."+shortened(filepath.Base(t.path))+"."); err != nil {
		return named(path, err)
	}
	file, err := temporary(t.path)
	if err != nil {
		return named(path, err)
	}
	return named(path, errors.Join(file.Close(), os.Remove(file.Name())))
}

// CheckFolder makes the folder if there is none, and returns an error if files cannot
// be written in it.
func CheckFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		if wrapped := (*fs.PathError)(nil); errors.As(err, &wrapped) && wrapped.Path == dir {
			err = wrapped.Err
		}
		return fmt.Errorf("make the folder %s: %w", dir, err)
	}
	file, err := temporary(filepath.Join(dir, "check"))
	if err != nil {
		if wrapped := (*fs.PathError)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return fmt.Errorf("write in the folder %s: %w", dir, err)
	}
	return named(dir, errors.Join(file.Close(), os.Remove(file.Name())))
}

// RemoveLeftovers removes the temporary files that killed runs left in the folder;
// one that does not exist has none.
func RemoveLeftovers(dir string) error {
	if err := removeLeftovers(dir, "."); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove unfinished files from %s: %w", dir, err)
	}
	return nil
}

func removeLeftovers(dir, prefix string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, prefix) || !leftover().MatchString(name) || !entry.Type().IsRegular() {
			continue
		}
		if err := removeAbandoned(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// removeAbandoned removes a temporary file that no process is writing.
func removeAbandoned(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // of somebody else
		}
		return err
	}
	defer file.Close()
	switch locked, err := tryLock(file); {
	case err != nil: // no locks here
		info, err := file.Stat()
		if err != nil || time.Since(info.ModTime()) < time.Hour {
			return err
		}
	case !locked:
		return nil
	}
	return os.Remove(path)
}

// A target is what a path leads to.
type target struct {
	path    string      // of the file itself, behind symbolic links
	through bool        // to be written where it stands, not replaced
	old     fs.FileInfo // nil if there is no such file
}

// find follows path. What lies in /dev or /proc is a handle of something else even
// where that is a regular file, as /dev/stdout may be.
func find(path string) (target, error) {
	at := path
	for range 255 {
		if strings.HasPrefix(at, "/dev/") || strings.HasPrefix(at, "/proc/") {
			if info, err := os.Stat(path); err == nil && !info.IsDir() && !strings.HasPrefix(at, "/dev/shm/") {
				return target{path: path, through: true, old: info}, nil
			}
		}
		info, err := os.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return target{path: at}, nil
		case err != nil:
			return target{}, err
		case info.IsDir():
			return target{}, errors.New("it is a folder; name a file")
		case info.Mode()&fs.ModeSymlink == 0:
			return target{path: at, through: !info.Mode().IsRegular(), old: info}, nil
		}
		to, err := os.Readlink(at)
		if err != nil {
			return target{}, err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(at) + string(filepath.Separator) + to // not cleaned: a folder may be a link
		}
		at = to
	}
	return target{}, errors.New("its symbolic links lead in a circle")
}

// holds reports whether data are the content of the file.
func (t target) holds(data []byte) bool {
	if t.through || t.old == nil || t.old.Size() != int64(len(data)) {
		return false
	}
	old, err := os.ReadFile(t.path)
	return err == nil && bytes.Equal(old, data)
}

// writable returns an error if there is a file that does not want to be written.
func (t target) writable() error {
	if t.old == nil {
		return nil
	}
	file, err := os.OpenFile(t.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return file.Close()
}

func (t target) writeThrough(write func(io.Writer) error) error {
	file, err := os.OpenFile(t.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

func (t target) replace(sync bool, write func(io.Writer) error) error {
	if err := t.writable(); err != nil {
		return err
	}
	file, err := temporary(t.path)
	if err != nil {
		return err
	}
	err = write(file)
	if err == nil && t.old != nil {
		err = file.Chmod(t.old.Mode().Perm())
	}
	if err == nil && sync {
		err = file.Sync()
	}
	rename := func() error { return os.Rename(file.Name(), t.path) }
	switch {
	case err != nil:
		err = errors.Join(err, file.Close())
	case canLock: // the lock ends with Close, and RemoveLeftovers may come then
		err = errors.Join(rename(), file.Close())
	default: // some of these systems do not rename open files
		if err = file.Close(); err == nil {
			err = rename()
		}
	}
	if err != nil {
		os.Remove(file.Name())
		return err
	}
	if !sync {
		return nil
	}
	if dir, err := os.Open(filepath.Dir(t.path)); err == nil {
		dir.Sync() // where folders can be synced; the rename itself has happened
		dir.Close()
	}
	return nil
}

// temporary creates a temporary file for path and locks it, where files can be
// locked, as a sign of life.
func temporary(path string) (*os.File, error) {
	dir, base := filepath.Split(path)
	for {
		name := fmt.Sprintf("%s.%s.%d%s", dir, shortened(base), rand.Uint64(), suffix)
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		locked, err := tryLock(file)
		if err != nil {
			return file, nil // no locks here; age tells
		}
		// RemoveLeftovers of another process may have come between.
		if info, err := os.Stat(name); locked && err == nil {
			if own, err := file.Stat(); err == nil && os.SameFile(info, own) {
				return file, nil
			}
		}
		file.Close()
		os.Remove(name)
	}
}

// shortened is as much of a name as leaves room for what temporary adds.
func shortened(base string) string { return base[:min(len(base), 200)] }

// named names the path in an error, in place of the names that the operating
// system was given.
func named(path string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, missing := os.Stat(filepath.Dir(path)); missing != nil {
			return fmt.Errorf("write %s: the folder %s is not there; make it first: %w", path, filepath.Dir(path), fs.ErrNotExist)
		}
	}
	var wrapped *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &wrapped) && (wrapped.Path == path || strings.HasSuffix(wrapped.Path, suffix)):
		err = wrapped.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return fmt.Errorf("write %s: %w", path, err)
}

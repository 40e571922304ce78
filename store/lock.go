package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// A BusyError says who has the lock that was asked for.
type BusyError struct {
	Dir    string
	Holder string // as the other has said; may be empty
}

// Error implements error.
func (e *BusyError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "another process"
	}
	return fmt.Sprintf("the folder %s is in use by %s; wait for it, or take another folder", e.Dir, holder)
}

// FolderLock is a lock on a name in a folder, the file .NAME.lock while it is held.
type FolderLock struct{ file *flock.Flock }

// TryLock takes the lock of a name in a folder, or returns a *BusyError if another
// process, or another part of this one, has it. who tells others who is in their way;
// the process and the machine are added.
func TryLock(dir, name, who string) (*FolderLock, error) {
	path := filepath.Join(dir, "."+name+".lock")
	for {
		file := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o666))
		locked, err := file.TryLock()
		if err != nil {
			file.Close()
			return nil, fmt.Errorf("lock %s: %w", dir, err)
		}
		if !locked {
			file.Close()
			text, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue // it has just been released
			}
			return nil, &BusyError{dir, strings.TrimSpace(string(text))}
		}
		// Whoever released it may have removed the file that was opened here.
		own, err := file.Stat()
		if err == nil {
			if there, err := os.Stat(path); err == nil && os.SameFile(own, there) {
				host, _ := os.Hostname()
				os.WriteFile(path, fmt.Appendf(nil, "%s (process %d on %s)\n", who, os.Getpid(), host), 0o666)
				return &FolderLock{file}, nil
			}
		}
		file.Close()
	}
}

// Lock is TryLock, but waits as long as ctx allows.
func Lock(ctx context.Context, dir, name, who string) (*FolderLock, error) {
	for {
		lock, err := TryLock(dir, name, who)
		var busy *BusyError
		if !errors.As(err, &busy) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), busy)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Unlock releases the lock.
func (l *FolderLock) Unlock() error {
	os.Remove(l.file.Path()) // while it is locked; where open files stay, it stays
	return l.file.Close()
}

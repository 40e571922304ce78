//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package atomicfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

const canLock = true

// tryLock locks an open file until it is closed, which the death of the process
// does too. It reports whether it could; err says that the file system has no
// locks.
func tryLock(file *os.File) (bool, error) {
	for {
		switch err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, unix.EINTR):
			return false, err
		}
	}
}

// mayWrite reports whether what is there may be written, without opening it: a
// FIFO would wait for its reader.
func mayWrite(path string) error { return unix.Access(path, unix.W_OK) }

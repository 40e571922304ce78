package atomicfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"markovicl/internal/atomicfile"
)

func TestFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Check(path); err != nil { // there is no reader yet
		t.Fatal(err)
	}
	got := make(chan string)
	go func() {
		file, err := os.Open(path)
		if err != nil {
			t.Error(err)
		}
		data, _ := io.ReadAll(file)
		file.Close()
		got <- string(data)
	}()
	if err := atomicfile.Write(path, []byte("through")); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "through" {
		t.Errorf("the reader got %q", text)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the FIFO is gone: %v, %v", info.Mode(), err)
	}
}

func TestDevices(t *testing.T) {
	if err := errors.Join(atomicfile.Check("/dev/full"), atomicfile.Check("/dev/null"), atomicfile.Write("/dev/null", []byte("x"))); err != nil {
		t.Error(err)
	}
	err := atomicfile.Write("/dev/full", []byte("x"))
	if !errors.Is(err, syscall.ENOSPC) || err.Error() != "write /dev/full: no space left on device" {
		t.Errorf("error %v", err)
	}
	for _, path := range []string{"/dev/full", "/dev/null"} {
		if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeCharDevice == 0 {
			t.Errorf("%s is no device any more: %v, %v", path, info.Mode(), err)
		}
	}
}

// TestReadOnly uses the kernel's own folder, which refuses new files to everybody.
func TestReadOnly(t *testing.T) {
	for _, path := range []string{"/proc/a.npz", "/proc/self/a.npz"} {
		if atomicfile.Check(path) == nil {
			t.Errorf("Check(%s) found no fault", path)
		}
	}
}

// Standard output may be a pipe or a file; either gets the data after what it has.
func TestStandardOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	for _, script := range []string{`"$0" | cat >"$1"`, `"$0" >"$1"`} {
		command := exec.Command("sh", "-c", "ATOMICFILE_TEST_STDOUT=1 "+script, os.Args[0], file)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if got := content(t, file); got != "before data after" {
			t.Errorf("%s: got %q", script, got)
		}
	}
}

//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// asNobody lets a command run as a user without rights, from a place of the program
// that this user can reach.
func asNobody(t *testing.T, w *workplace, cmd *exec.Cmd) {
	t.Helper()
	const nobody = 65534
	name := filepath.Join(w.dir, filepath.Base(w.binary)) // the name says which program it is
	if os.Link(w.binary, name) != nil {                   // on a disk of its own
		copyProgram(t, w.binary, name)
	}
	for dir := w.dir; dir != os.TempDir() && dir != "/" && dir != "."; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Path, cmd.Args[0] = name, name
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

func copyProgram(t *testing.T, old, name string) {
	t.Helper()
	from, err := os.Open(old)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
}

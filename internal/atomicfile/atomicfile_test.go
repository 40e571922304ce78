package atomicfile_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"markovicl/internal/atomicfile"
)

// TestMain is the writer that TestKilledWriter kills, or the one that
// TestStandardOutput looks at, when it is told so.
func TestMain(m *testing.M) {
	if os.Getenv("ATOMICFILE_TEST_STDOUT") != "" {
		fmt.Print("before ")
		if err := atomicfile.Write("/dev/stdout", []byte("data")); err != nil {
			fmt.Print(err)
		}
		os.Stdout.Seek(0, io.SeekEnd) // where it is a file
		fmt.Print(" after")
		return
	}
	if path := os.Getenv("ATOMICFILE_TEST_WRITE"); path != "" {
		fmt.Println(atomicfile.WriteTo(path, func(w io.Writer) error {
			w.Write([]byte("half"))
			fmt.Println("writing")
			select {} // until it is killed
		}))
		return
	}
	os.Exit(m.Run())
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// names are the names in a folder, hidden ones too.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return strings.Join(list, " ")
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	for _, text := range []string{"one", "a longer text", ""} {
		if err := atomicfile.Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != text {
			t.Errorf("the file holds %q, want %q", got, text)
		}
	}
	failed := errors.New("no answer")
	err := atomicfile.WriteTo(path, func(w io.Writer) error {
		io.WriteString(w, "part")
		return failed
	})
	if !errors.Is(err, failed) || content(t, path) != "" {
		t.Errorf("after a writer that failed: error %v, content %q", err, content(t, path))
	}
	if got := names(t, dir); got != "a.txt" {
		t.Errorf("the folder holds %q", got)
	}
}

// A file that is rewritten with the same data keeps its time and identity; one that
// is replaced keeps its permissions.
func TestWriteKeeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("text"), 0o640); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(path)
	if err := atomicfile.Write(path, []byte("text")); err != nil {
		t.Fatal(err)
	}
	same, _ := os.Stat(path)
	if !os.SameFile(before, same) || !before.ModTime().Equal(same.ModTime()) {
		t.Error("a file with the same data was written")
	}
	if err := atomicfile.Write(path, []byte("TEXT")); err != nil {
		t.Fatal(err)
	}
	after, _ := os.Stat(path)
	if os.SameFile(before, after) {
		t.Error("the file was written in place")
	}
	if after.Mode() != before.Mode() {
		t.Errorf("the mode was %v and is %v", before.Mode(), after.Mode())
	}
}

func TestErrorsNameThePath(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{filepath.Join(dir, "none", "a.npz"), "make it first"},
		{dir, "it is a folder"},
		{filepath.Join(dir, "file", "a.npz"), "not a directory"},
		{filepath.Join(dir, "loop"), "circle"},
	} {
		for what, err := range map[string]error{"Check": atomicfile.Check(c.path), "Write": atomicfile.Write(c.path, []byte("x"))} {
			if err == nil || !strings.Contains(err.Error(), c.path) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "markovicl-part") {
				t.Errorf("%s(%s): error %v, want one with %q that names the path alone", what, c.path, err, c.want)
			}
		}
	}
	if err := atomicfile.Check(filepath.Join(dir, "none", "a.npz")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the error %v is not fs.ErrNotExist", err)
	}
	if got := names(t, dir); got != "file loop" {
		t.Errorf("the folder holds %q", got)
	}
}

func TestCheckLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := atomicfile.Check(filepath.Join(dir, "new")); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("Check left %q", got)
	}
	path := filepath.Join(dir, "old")
	if err := os.WriteFile(path, []byte("text"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Check(path); err != nil {
		t.Error(err)
	}
	if got := content(t, path); got != "text" {
		t.Errorf("after Check the file holds %q", got)
	}
}

func TestSymbolicLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	link, second := filepath.Join(dir, "link"), filepath.Join(dir, "second")
	if err := errors.Join(os.Symlink("second", link), os.Symlink("sub/file", second)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"dangling at first", "then not"} {
		if err := atomicfile.Check(link); err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.Write(link, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := content(t, filepath.Join(dir, "sub", "file")); got != text {
			t.Errorf("the file behind the links holds %q, want %q", got, text)
		}
	}
	for _, path := range []string{link, second} {
		if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is no link any more (%v)", path, err)
		}
	}
}

// However many write at a time, the file is whole and nothing else remains.
func TestConcurrentWriters(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	texts := map[string]bool{}
	var wait sync.WaitGroup
	for i := range 8 {
		text := strings.Repeat(fmt.Sprint(i), 1<<16+i)
		texts[text] = true
		wait.Go(func() {
			for range 5 {
				if err := errors.Join(atomicfile.Write(path, []byte(text)), atomicfile.RemoveLeftovers(dir)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if !texts[content(t, path)] {
		t.Error("the file holds a mixture")
	}
	if got := names(t, dir); got != "a" {
		t.Errorf("the folder holds %q", got)
	}
}

func TestKilledWriter(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npz")
	bystander := filepath.Join(dir, ".a.npz.12.markovicl-partly")
	if err := os.WriteFile(bystander, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	writer := exec.Command(os.Args[0])
	writer.Env = append(os.Environ(), "ATOMICFILE_TEST_WRITE="+path)
	out, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanln(out, new(string)); err != nil {
		t.Fatal(err)
	}
	count := func() int { return len(strings.Fields(names(t, dir))) }
	if err := atomicfile.RemoveLeftovers(dir); err != nil {
		t.Error(err)
	}
	if count() != 2 {
		t.Errorf("while the other process writes the folder holds %q", names(t, dir))
	}
	writer.Process.Kill()
	writer.Wait()
	if count() != 2 {
		t.Fatalf("the killed process left %q", names(t, dir))
	}
	other := filepath.Join(dir, "b.npz")
	if err := atomicfile.Check(other); err != nil || count() != 2 {
		t.Errorf("Check of another file: error %v, and the folder holds %q", err, names(t, dir))
	}
	if err := atomicfile.Check(path); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); got != filepath.Base(bystander) {
		t.Errorf("after Check the folder holds %q", got)
	}
	if err := atomicfile.RemoveLeftovers(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
}

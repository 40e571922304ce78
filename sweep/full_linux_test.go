package sweep_test

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"markovicl/ask"
	"markovicl/sweep"
)

// smallDisk returns a folder with room for so many bytes, and a function that changes
// that, or makes the folder one that cannot be written.
func smallDisk(t *testing.T, options string) (dir string, remount func(flags uintptr, options string)) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("a small disk cannot be mounted here (%v): what a full one does to a sweep was not tried", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir, func(flags uintptr, options string) {
		t.Helper()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|flags, options); err != nil {
			t.Fatal(err)
		}
	}
}

// A full disk ends a sweep with an error that says what to do; all finished answers are
// kept, and with more room the sweep goes on to the same table.
func TestFullDisk(t *testing.T) {
	g := mustGrid(t, "command: optimum\nover: {d: [1], n: 1..150}")
	undisturbed := t.TempDir()
	mustRun(t, undisturbed, g, settings())
	disk, remount := smallDisk(t, "size=600k")
	dir := filepath.Join(disk, "sweep")
	summary, err := sweep.Run(t.Context(), dir, g, settings())
	wants(t, err, "cannot be kept", dir, "no space left", "make room", "kept")
	if !errors.Is(err, syscall.ENOSPC) || summary == nil || summary.Done < 20 || summary.Done > 149 || summary.Table != "" {
		t.Fatalf("on a full disk: %+v, %v", summary, err)
	}
	// Nobody could make room: the same again, and nothing is lost.
	again, err := sweep.Run(t.Context(), dir, g, settings())
	wants(t, err, "no space left")
	if again != nil && again.Done < summary.Done {
		t.Errorf("%d answers of %d are left", again.Done, summary.Done)
	}
	remount(0, "size=20m")
	kept := -1
	s := settings()
	s.Progress = func(p sweep.Progress) {
		if kept < 0 {
			kept = p.Kept
		}
	}
	mustRun(t, dir, g, s)
	if kept < summary.Done {
		t.Errorf("%d answers of %d were kept", kept, summary.Done)
	}
	sameTables(t, "after a full disk", undisturbed, dir)
}

// A folder that cannot be written any more: the answers are read, and a run says what is
// wrong with it.
func TestReadOnlyDisk(t *testing.T) {
	disk, remount := smallDisk(t, "size=20m")
	dir := filepath.Join(disk, "sweep")
	g := mustGrid(t, "command: optimum\nover: {d: [1], n: 1..30}")
	mustRun(t, dir, g, settings())
	remount(syscall.MS_RDONLY, "size=20m")
	larger := mustGrid(t, "command: optimum\nover: {d: [1], n: 1..40}")
	_, err := sweep.Run(t.Context(), dir, larger, settings())
	wants(t, err, dir, "read-only file system")
	if own, ok := errors.AsType[*ask.Error](err); !ok || own.Kind != ask.Input {
		t.Errorf("the error %v is not one of what was given", err)
	}
	out := t.TempDir()
	summary, err := sweep.Export(t.Context(), dir, out, openFile)
	if err != nil || summary.Done != 30 {
		t.Fatalf("exported elsewhere: %+v, %v", summary, err)
	}
	sameTables(t, "exported from a folder that cannot be written", dir, out)
}

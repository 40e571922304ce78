package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// fullAfter is a device that takes so many bytes.
type fullAfter struct{ left int }

var errFull = errors.New("no space left on device")

func (f *fullAfter) Write(data []byte) (int, error) {
	if f.left -= len(data); f.left < 0 {
		return 0, errFull
	}
	return len(data), nil
}

// An answer that cannot be written is a failure, whichever command it is of and
// wherever in the answer it happens.
func TestAnswerThatCannotBeWritten(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	dir, items := t.TempDir(), sampleItems()
	t.Chdir(dir) // sample items keep a log
	certificate := filepath.Join(dir, "c.npz")
	quiet := func(args ...string) int {
		return run(args, &app{ctx: context.Background(), items: items, stdout: io.Discard, stderr: io.Discard})
	}
	if code := quiet("recover", "--d", "2", "--certificate", certificate); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	inside, outside := filepath.Join(examples, "inside.csv"), filepath.Join(examples, "outside.csv")
	for _, args := range [][]string{
		{"optimum"},
		{"recover", "--d", "1"},
		{"recover", "--verify", certificate},
		{"hardness", "--inside", inside, "--outside", outside},
		{"trace", "--random", "1", "--prompts", "5"},
		{"train", "--d", "1", "--steps", "1", "--batch", "5", "--eval-prompts", "5"},
		{"predict", "--simulate", "--evaluate", "--prompts", "5"},
		{"version"},
		{"completion", "bash"},
		{"schema", "optimum"},
		{"reproduce", "--quick", "--out", filepath.Join(dir, "out"), "plain"},
	} {
		var whole bytes.Buffer
		if code := run(args, &app{ctx: context.Background(), items: items, stdout: &whole, stderr: io.Discard}); code != 0 || whole.Len() == 0 {
			t.Errorf("%v: exit code %d, %d bytes", args, code, whole.Len())
			continue
		}
		for _, room := range []int{0, whole.Len() - 1} {
			var stderr bytes.Buffer
			code := run(args, &app{ctx: context.Background(), items: items, stdout: &fullAfter{room}, stderr: &stderr})
			if code != exitFailed || !strings.Contains(stderr.String(), errFull.Error()) {
				t.Errorf("%v with room for %d bytes: exit code %d, %q", args, room, code, stderr.String())
			}
		}
	}
}

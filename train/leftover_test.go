package train

import (
	"os"
	"path/filepath"
	"testing"
)

// A run that was killed while it wrote a checkpoint leaves a part of one; the next
// run in its folder removes it.
func TestLeftoverCheckpoints(t *testing.T) {
	dir := t.TempDir()
	part := filepath.Join(dir, "checkpoints", ".seed-1.safetensors.7.markovicl-part")
	if err := os.MkdirAll(filepath.Dir(part), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(part, []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(part); !os.IsNotExist(err) {
		t.Errorf("the part is still there (%v)", err)
	}
}

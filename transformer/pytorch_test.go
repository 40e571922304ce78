package transformer

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestPyTorch compares the prediction of a stored model on stored tokens with what
// PyTorch computed from the same files by the script in docs/transformers.md. Where
// there is a Python with torch the script is run, too.
func TestPyTorch(t *testing.T) {
	read := func(path string) []byte {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	parse := func(text []byte) float64 {
		x, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	want := parse(read("testdata/torch.txt"))
	m, _, _, err := Decode(read("testdata/small.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	var tokens [][]float64
	if err := json.Unmarshal(read("testdata/tokens.json"), &tokens); err != nil {
		t.Fatal(err)
	}
	w := newPackedWeights(m)
	w.packAll()
	f := newPass(m, w)
	f.resize(1, len(tokens))
	var flat []float64
	for i, row := range tokens {
		for j, x := range row {
			f.x[i*m.Features+j] = float32(x)
		}
		flat = append(flat, row...)
	}
	f.forward()
	if got := float64(f.predict(len(tokens) - 1)); math.Abs(got-want) > 1e-5 {
		t.Errorf("prediction %v, PyTorch says %v", got, want)
	}
	reference, err := m.Reference(flat)
	if err != nil {
		t.Fatal(err)
	}
	if got := reference[len(tokens)-1]; math.Abs(got-want) > 1e-5 {
		t.Errorf("the reference predicts %v, PyTorch %v", got, want)
	}

	page := string(read("../docs/transformers.md"))
	_, rest, _ := strings.Cut(page, "```python\n")
	script, _, ok := strings.Cut(rest, "```")
	if !ok || !strings.Contains(page, strings.TrimSpace(string(read("testdata/torch.txt")))) {
		t.Fatal("docs/transformers.md has no script, or not its result")
	}
	python := pythonWithTorch()
	if python == "" {
		t.Log("no Python with torch was found: the script is not run, its result is the kept one")
		return
	}
	path := filepath.Join(t.TempDir(), "recompute.py")
	if err := os.WriteFile(path, []byte(script), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, path, "testdata/small.safetensors", "testdata/tokens.json").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := parse(out); math.Abs(got-want) > 1e-6 {
		t.Errorf("the script prints %v, %v is kept", got, want)
	}
}

// pythonWithTorch returns the Python that MARKOVICL_TORCH names, else one of the
// system's that has torch, else nothing.
func pythonWithTorch() string {
	if python := os.Getenv("MARKOVICL_TORCH"); python != "" {
		return python
	}
	for _, python := range []string{"python3", "/usr/bin/python3", "python"} {
		path, err := exec.LookPath(python)
		if err != nil {
			continue
		}
		const installed = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)"
		if exec.Command(path, "-c", installed).Run() == nil {
			return path
		}
	}
	return ""
}

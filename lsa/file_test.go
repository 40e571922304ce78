package lsa_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/internal/npz"
	"markovicl/lsa"
)

func TestFilesRoundTrip(t *testing.T) {
	for _, m := range []lsa.Model{lsa.NewStructured(3, 2, 4), lsa.NewDense(2, 3, 5)} {
		fill(m, 1, 7)
		for _, form := range []string{".safetensors", ".npz", ".json"} {
			path := filepath.Join(t.TempDir(), "params"+form)
			if err := lsa.Save(path, m); err != nil {
				t.Fatal(err)
			}
			got, err := lsa.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(m, got); diff != "" {
				t.Errorf("%T as %s: (-saved +loaded)\n%s", m, form, diff)
			}
		}
	}
}

// TestForeignFiles reads files that numpy.savez and numpy.savez_compressed wrote, in
// Fortran order and as big-endian float32 too, from b = arange(6).reshape(2,1,3)/4 and A = -arange(12.).reshape(2,1,3,2).
func TestForeignFiles(t *testing.T) {
	want := lsa.NewStructured(2, 1, 3)
	for i := range want.B {
		want.B[i] = float64(i) / 4
	}
	for i := range want.A {
		want.A[i] = -float64(i)
	}
	for _, name := range []string{"numpy.npz", "numpy-compressed.npz", "fortran.npz", "float32.npz"} {
		got, err := lsa.Load(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lsa.Model(want), got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestDecodeJSONForms(t *testing.T) {
	head := `{"heads":[{"b":[1,2],"A":[[3],[4]]}]}`
	want := lsa.NewStructured(1, 1, 2)
	copy(want.B, []float64{1, 2})
	copy(want.A, []float64{3, 4})
	for _, text := range []string{head, `{"layers":[` + head + `]}`, `{"loss":0.3,"parameters":` + head + `}`} {
		got, err := lsa.DecodeJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lsa.Model(want), got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", text, diff)
		}
	}
}

// TestWrongShapes reads files of numpy, and tensors beside others, whose shapes
// or types do not fit.
func TestWrongShapes(t *testing.T) {
	flat, err := lsa.EncodeSafetensorsWith(lsa.NewDense(1, 1, 2), map[string][]float64{"b": {1, 2}, "A": {3, 4}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lsa.DecodeSafetensors(flat); err == nil || !strings.Contains(err.Error(), `tensor "b" has shape [2]; it must be [layers, heads, D, ..]`) {
		t.Errorf("flat tensors: %v", err)
	}
	for name, want := range map[string]string{
		"wrong-shape.npz":    `tensor "A" has shape [1, 1, 3, 3]; "b" has [1, 1, 3], so it must be [1, 1, 3, 2]`,
		"integers.npz":       "no float64 equals",
		"no-b.npz":           `structured parameters are "b" [layers, heads, D] and "A"`,
		"upper.npz":          `an array "B" of type <f8 and shape [2, 1, 4], an array "A" of type <f8 and shape [2, 1, 4, 3]; structured`,
		"not-finite.npz":     "not a finite number",
		"obj.npz":            `the type "|O" is none of f2, f4, f8`,
		"prefix.safetensors": `the file has "model.A" of type F64 and shape [2, 1, 4, 3], "model.b" of type F64 and shape [2, 1, 4]; structured`,
		"trunc.safetensors":  "not a safetensors file",
	} {
		if _, err := lsa.Load(filepath.Join("testdata", name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %s", name, err, want)
		}
	}
}

// A file without the axes of layers and heads holds one layer with one head: the
// first of those in upper.npz, whose A is the same.
func TestOneHead(t *testing.T) {
	m, err := lsa.Load(filepath.Join("testdata", "one-head.npz"))
	if err != nil {
		t.Fatal(err)
	}
	parts := m.Parts()
	if len(parts) != 2 || !slices.Equal(parts[0].Shape, []int{1, 1, 4}) || !slices.Equal(parts[1].Shape, []int{1, 1, 4, 3}) {
		t.Fatalf("%+v", parts)
	}
	r, err := npz.Open(filepath.Join("testdata", "upper.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, name := range []string{"B", "A"} {
		all, err := r.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(parts[i].Data); !slices.Equal(parts[i].Data, all.Data[:n]) {
			t.Errorf("%s: %v, want %v", name, parts[i].Data, all.Data[:n])
		}
	}
}

// Files of float32, float16 and bfloat16 hold what upper.npz holds in float64, up to
// the precision of their type (bfloat16 was cut off, not rounded).
func TestSmallFloats(t *testing.T) {
	r, err := npz.Open(filepath.Join("testdata", "upper.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct {
		name  string
		error float64 // relative
	}{{"extra", 0}, {"f32", 0x1p-24}, {"f16", 0x1p-11}, {"bf16", 0x1p-7}} {
		m, err := lsa.Load(filepath.Join("testdata", c.name+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"B", "A"} {
			want, err := r.Read(name)
			if err != nil {
				t.Fatal(err)
			}
			got := m.Parts()[i]
			if !slices.Equal(got.Shape, want.Shape) {
				t.Fatalf("%s: %s has shape %v, want %v", c.name, got.Name, got.Shape, want.Shape)
			}
			exact := 0
			for k, x := range got.Data {
				if math.Abs(x-want.Data[k]) > c.error*math.Abs(want.Data[k]) {
					t.Errorf("%s: %s[%d] = %v, want %v", c.name, got.Name, k, x, want.Data[k])
				}
				if x == want.Data[k] {
					exact++
				}
			}
			if (exact == len(got.Data)) != (c.error == 0) {
				t.Errorf("%s: %d of %d numbers of %s are those of float64", c.name, exact, len(got.Data), got.Name)
			}
		}
	}
}

// Texts beside the parameters come back from every form of file.
func TestTextsBesideParameters(t *testing.T) {
	m := lsa.NewStructured(1, 1, 2)
	fill(m, 1, 7)
	texts := map[string]string{"task": `{"n":"∞"}`, "note": ""}
	asTensors, err := lsa.EncodeSafetensorsWith(m, nil, texts)
	if err != nil {
		t.Fatal(err)
	}
	asArrays, err := lsa.EncodeNPZWith(m, texts)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"m.safetensors": asTensors,
		"m.npz":         asArrays,
		"m.json":        []byte(`{"task":{"n":"∞"},"note":"","parameters":{"heads":[{"b":[1,2],"A":[[3],[4]]}]}}`),
	} {
		got, metadata, err := lsa.DecodeWith(name, data)
		if err != nil {
			t.Fatal(err)
		}
		want := texts
		if name == "m.json" { // whose values are JSON
			want = map[string]string{"task": `{"n":"∞"}`, "note": `""`}
		} else if diff := cmp.Diff(lsa.Model(m), got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(want, metadata); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestWrongFiles(t *testing.T) {
	for _, c := range []struct{ file, content, want string }{
		{"a.txt", "", "parameter files are"},
		{"a.json", "[", "not a parameter file"},
		{"a.json", "{}", "no parameters"},
		{"a.json", `{"heads":[{"b":[1,2],"A":[[3]]}]}`, "layer 0, head 0: a matrix has 1 rows, want 2"},
		{"a.json", `{"heads":[{"b":[1,2],"A":[[3],[1,2]]}]}`, "row 1 has 2 numbers, want 1"},
		{"a.json", `{"heads":[{"b":[1],"A":[[]]}]}`, "D >= 2"},
		{"a.json", `{"heads":[{"P":[[1,2],[1,2]]}]}`, "a matrix has 0 rows, want 2"},
		{"a.json", `{"layers":[{"heads":[{"b":[1,2],"A":[[3],[4]]}]},{"heads":[]}]}`, "layer 1 has 0 heads"},
		{"a.npz", "PK", "not a complete NPZ archive"},
		{"a.safetensors", "1234", "not a safetensors file"},
	} {
		path := filepath.Join(t.TempDir(), c.file)
		if err := os.WriteFile(path, []byte(c.content), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := lsa.Load(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s with %s: error %v, want one with the path and %q", c.file, c.content, err, c.want)
		}
	}
	if _, err := lsa.Load("nowhere.npz"); err == nil {
		t.Error("a file that does not exist was loaded")
	}
}

func FuzzDecode(f *testing.F) {
	m := lsa.NewStructured(1, 1, 2)
	for _, encode := range []func(lsa.Model) ([]byte, error){lsa.EncodeSafetensors, lsa.EncodeNPZ, lsa.EncodeJSON} {
		data, err := encode(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, decode := range []func([]byte) (lsa.Model, error){lsa.DecodeSafetensors, lsa.DecodeNPZ, lsa.DecodeJSON} {
			if m, err := decode(data); err == nil && m == nil {
				t.Error("neither parameters nor an error")
			}
		}
	})
}

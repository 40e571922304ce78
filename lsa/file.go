package lsa

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nlpodyssey/safetensors"
)

// Parameter files hold two tensors: "b" [L,h,D] and "A" [L,h,D,q] of structured
// parameters, or "P" and "Q" [L,h,D,D] of dense ones, all float64 and row-major.
// Their form follows from the file's name: .safetensors, .npz or .json.

const fileForms = "parameter files are .safetensors, .npz or .json"

// largestFile bounds what Load reads.
const largestFile = 1 << 30

// Load reads a parameter file. The form follows from the extension. Errors name
// the file and the tensor, its shape and the right one.
func Load(path string) (Model, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > largestFile {
		return nil, fmt.Errorf("%s has %d bytes; the largest parameter file is %d bytes", path, info.Size(), largestFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var m Model
	switch filepath.Ext(path) {
	case ".safetensors":
		m, err = DecodeSafetensors(data)
	case ".npz":
		m, err = DecodeNPZ(data)
	case ".json":
		m, err = DecodeJSON(data)
	default:
		return nil, fmt.Errorf("%s: %s", path, fileForms)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Save writes a parameter file, whole or not at all: it writes and syncs a
// temporary file beside path and renames it. The form follows from the
// extension.
func Save(path string, m Model) error {
	var data []byte
	var err error
	switch filepath.Ext(path) {
	case ".safetensors":
		data, err = EncodeSafetensors(m)
	case ".npz":
		data, err = EncodeNPZ(m)
	case ".json":
		data, err = EncodeJSON(m)
	default:
		err = errors.New(fileForms)
	}
	if err == nil {
		err = WriteFile(path, data)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// WriteFile writes a file so that a crash leaves either the old content or the
// new: temporary file, sync, rename.
func WriteFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails, as it should, after the rename
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync())
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	// Some file systems cannot sync a directory; the rename itself has happened.
	_ = dir.Sync()
	return nil
}

// tensor is an array of float64 with its shape, row-major.
type tensor struct {
	shape []int
	data  []float64
}

// tensors returns a model's tensors, in the order of Parts.
func tensors(m Model) (names []string, out []tensor) {
	names, shapes := layout(m)
	for k, part := range m.Parts() {
		out = append(out, tensor{shapes[k], part})
	}
	return names, out
}

// layout returns the names and shapes of a model's tensors, in the order of
// Parts.
func layout(m Model) (names []string, shapes [][]int) {
	L, h, D := m.Size()
	if _, dense := m.(*Dense); dense {
		return []string{"P", "Q"}, [][]int{{L, h, D, D}, {L, h, D, D}}
	}
	return []string{"b", "A"}, [][]int{{L, h, D}, {L, h, D, D - 1}}
}

// modelOf returns the model whose tensors are given by name.
func modelOf(named map[string]tensor) (Model, error) {
	has := func(name string) bool { _, ok := named[name]; return ok }
	var first string
	switch {
	case has("b") && has("A"):
		first = "b"
	case has("P") && has("Q"):
		first = "P"
	default:
		var found []string
		for name := range named {
			found = append(found, name)
		}
		slices.Sort(found)
		return nil, fmt.Errorf(`the file has the tensors %q; structured parameters are "b" and "A", dense ones "P" and "Q"`, found)
	}
	shape := named[first].shape
	if len(shape) < 3 || shape[0] < 1 || shape[1] < 1 || shape[2] < 2 {
		return nil, fmt.Errorf("tensor %q has shape %v; it must be [layers, heads, D, ..] with D >= 2", first, shape)
	}
	product := 1
	for _, size := range shape[:3] {
		if size > largestFile/product {
			return nil, fmt.Errorf("tensor %q has shape %v, which is too large", first, shape)
		}
		product *= size
	}
	// The other tensor is larger by a factor of about D at most.
	if product > largestFile/shape[2] {
		return nil, fmt.Errorf("tensor %q has shape %v, which is too large", first, shape)
	}
	var m Model = &Structured{Layers: shape[0], Heads: shape[1], Dim: shape[2]}
	if first == "P" {
		m = &Dense{Layers: shape[0], Heads: shape[1], Dim: shape[2]}
	}
	names, want := layout(m)
	for k, name := range names {
		if got := named[name].shape; !slices.Equal(got, want[k]) {
			return nil, fmt.Errorf("tensor %q has shape %v; %q has %v, so it must be %v", name, got, first, shape, want[k])
		}
		if !finite(named[name].data) {
			return nil, fmt.Errorf("tensor %q has an entry that is not a finite number", name)
		}
	}
	out := m.Like()
	for k, part := range out.Parts() {
		copy(part, named[names[k]].data)
	}
	return out, nil
}

func appendFloats(dst []byte, xs []float64) []byte {
	for _, x := range xs {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
	}
	return dst
}

func decodeFloats(bytes []byte) []float64 {
	xs := make([]float64, len(bytes)/8)
	for i := range xs {
		xs[i] = math.Float64frombits(binary.LittleEndian.Uint64(bytes[8*i:]))
	}
	return xs
}

// EncodeSafetensors returns the parameters as a safetensors file.
func EncodeSafetensors(m Model) ([]byte, error) { return EncodeSafetensorsWith(m, nil, nil) }

// EncodeSafetensorsWith returns the parameters as a safetensors file that also
// holds the given vectors and metadata.
func EncodeSafetensorsWith(m Model, extra map[string][]float64, metadata map[string]string) ([]byte, error) {
	views := map[string]safetensors.TensorView{}
	names, arrays := tensors(m)
	for name, xs := range extra {
		names, arrays = append(names, name), append(arrays, tensor{[]int{len(xs)}, xs})
	}
	for k, a := range arrays {
		shape := make([]uint64, len(a.shape))
		for i, size := range a.shape {
			shape[i] = uint64(size)
		}
		view, err := safetensors.NewTensorView(safetensors.F64, shape, appendFloats(nil, a.data))
		if err != nil {
			return nil, err
		}
		views[names[k]] = view
	}
	return safetensors.Serialize(views, metadata)
}

// DecodeSafetensors reads parameters from a safetensors file with float64 or
// float32 tensors. Other tensors in the file are ignored.
func DecodeSafetensors(data []byte) (Model, error) {
	m, _, _, err := DecodeSafetensorsWith(data)
	return m, err
}

// DecodeSafetensorsWith reads what EncodeSafetensorsWith wrote: the parameters,
// all vectors in the file, and its metadata.
func DecodeSafetensorsWith(data []byte) (m Model, extra map[string][]float64, metadata map[string]string, err error) {
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("not a safetensors file: %w", err)
	}
	_, header, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("not a safetensors file: %w", err)
	}
	named, err := floatTensors(file)
	if err != nil {
		return nil, nil, nil, err
	}
	if m, err = modelOf(named); err != nil {
		return nil, nil, nil, err
	}
	extra = map[string][]float64{}
	for name, t := range named {
		if len(t.shape) == 1 {
			extra[name] = t.data
		}
	}
	return m, extra, header.Metadata(), nil
}

func floatTensors(file safetensors.SafeTensors) (map[string]tensor, error) {
	named := map[string]tensor{}
	for _, t := range file.Tensors() {
		shape := make([]int, len(t.TensorView.Shape()))
		for i, size := range t.TensorView.Shape() {
			shape[i] = int(size)
		}
		bytes := t.TensorView.Data()
		var xs []float64
		switch t.TensorView.DType() {
		case safetensors.F64:
			xs = decodeFloats(bytes)
		case safetensors.F32:
			for ; len(bytes) >= 4; bytes = bytes[4:] {
				xs = append(xs, float64(math.Float32frombits(binary.LittleEndian.Uint32(bytes))))
			}
		default:
			if slices.Contains([]string{"b", "A", "P", "Q"}, t.Name) {
				return nil, fmt.Errorf("tensor %q has type %v; it must be F64 or F32", t.Name, t.TensorView.DType())
			}
			continue
		}
		named[t.Name] = tensor{shape, xs}
	}
	return named, nil
}

// EncodeNPZ returns the parameters as an NPZ file of NumPy.
func EncodeNPZ(m Model) ([]byte, error) {
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	names, arrays := tensors(m)
	for k, a := range arrays {
		w, err := z.Create(names[k] + ".npy")
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(appendFloats(npyHeader(a.shape), a.data)); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}

// npyHeader returns the header of an NPY file, version 1.0, of a row-major
// float64 array, padded to the multiple of 64 bytes that the format asks for.
func npyHeader(shape []int) []byte {
	sizes := make([]string, len(shape))
	for i, size := range shape {
		sizes[i] = fmt.Sprint(size)
	}
	const prefix = 10 // magic, version, header length
	text := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }", strings.Join(sizes, ", "))
	text += strings.Repeat(" ", 63-(prefix+len(text))%64) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(text)), byte(len(text)>>8))
	return append(out, text...)
}

// DecodeNPZ reads parameters from an NPZ file of NumPy with float64 arrays.
func DecodeNPZ(data []byte) (Model, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("not an NPZ file: %w", err)
	}
	named := map[string]tensor{}
	for _, entry := range z.File {
		name := strings.TrimSuffix(entry.Name, ".npy")
		if entry.UncompressedSize64 > largestFile {
			return nil, fmt.Errorf("array %q has %d bytes; the most is %d", name, entry.UncompressedSize64, largestFile)
		}
		if !slices.Contains([]string{"b", "A", "P", "Q"}, name) {
			continue
		}
		a, err := readNPY(entry)
		if err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
		named[name] = a
	}
	return modelOf(named)
}

// The three entries of an NPY header, a Python dictionary.
var (
	npyType  = regexp.MustCompile(`'descr': *'([^']*)'`)
	npyOrder = regexp.MustCompile(`'fortran_order': *(True|False)`)
	npyShape = regexp.MustCompile(`'shape': *\(([0-9, ]*)\)`)
)

func readNPY(entry *zip.File) (tensor, error) {
	f, err := entry.Open()
	if err != nil {
		return tensor{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largestFile))
	if err != nil {
		return tensor{}, err
	}
	const prefix = 10 // magic, version 1.x, header length
	if len(data) < prefix || string(data[:7]) != "\x93NUMPY\x01" {
		return tensor{}, errors.New("not an NPY array of version 1")
	}
	end := prefix + int(binary.LittleEndian.Uint16(data[8:]))
	if end > len(data) {
		return tensor{}, errors.New("the NPY header is longer than the file")
	}
	header, data := data[prefix:end], data[end:]
	kind, order, sizes := npyType.FindSubmatch(header), npyOrder.FindSubmatch(header), npyShape.FindSubmatch(header)
	if kind == nil || order == nil || sizes == nil {
		return tensor{}, fmt.Errorf("the NPY header %q has no type, order and shape", header)
	}
	if string(kind[1]) != "<f8" || string(order[1]) != "False" {
		return tensor{}, fmt.Errorf("type %s, Fortran order %s; it must be float64 in row-major order, for example np.ascontiguousarray(x, dtype='<f8')", kind[1], order[1])
	}
	t := tensor{data: decodeFloats(data)}
	elements := 1
	for _, text := range strings.FieldsFunc(string(sizes[1]), func(r rune) bool { return r == ',' || r == ' ' }) {
		size, err := strconv.Atoi(text)
		if err != nil || size < 1 || size > len(t.data)/elements {
			return tensor{}, fmt.Errorf("shape (%s) does not fit %d numbers", sizes[1], len(t.data))
		}
		elements *= size
		t.shape = append(t.shape, size)
	}
	if elements != len(t.data) {
		return tensor{}, fmt.Errorf("shape (%s) does not fit %d numbers", sizes[1], len(t.data))
	}
	return t, nil
}

// The JSON form nests what the tensors index. One layer may be written as its
// list of heads alone, which is how `markovicl recover` prints a transformer.

type headJSON struct {
	B []float64   `json:"b,omitempty"`
	A [][]float64 `json:"A,omitempty"`
	P [][]float64 `json:"P,omitempty"`
	Q [][]float64 `json:"Q,omitempty"`
}

type layerJSON struct {
	Heads []headJSON `json:"heads"`
}

// EncodeJSON returns the parameters as JSON:
//
//	{"layers":[{"heads":[{"b":[..],"A":[[..],..]},..]},..]}
//
// with "P" and "Q" in place of "b" and "A" in dense parameters.
func EncodeJSON(m Model) ([]byte, error) {
	var file struct {
		Layers []layerJSON `json:"layers"`
	}
	L, h, D := m.Size()
	for l := range L {
		var layer layerJSON
		for t := range h {
			var head headJSON
			switch p := m.(type) {
			case *Structured:
				b, A := p.Head(l, t)
				head = headJSON{B: b, A: rows(A, D)}
			case *Dense:
				P, Q := p.Head(l, t)
				head = headJSON{P: rows(P, D), Q: rows(Q, D)}
			}
			layer.Heads = append(layer.Heads, head)
		}
		file.Layers = append(file.Layers, layer)
	}
	return json.Marshal(file)
}

func rows(flat []float64, n int) [][]float64 {
	out := make([][]float64, n)
	width := len(flat) / n
	for i := range out {
		out[i] = flat[i*width : (i+1)*width]
	}
	return out
}

// DecodeJSON reads parameters from JSON as EncodeJSON writes it, or of one layer
// as {"heads":[{"b":[..],"A":[[..],..]},..]}, or an object with either of them
// under the key "parameters", such as the output of `markovicl recover`.
func DecodeJSON(data []byte) (Model, error) {
	type parameters struct {
		layerJSON
		Layers []layerJSON `json:"layers"`
	}
	var file struct {
		parameters
		Parameters *parameters `json:"parameters"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("not a parameter file: %w", err)
	}
	p := file.parameters
	if file.Parameters != nil {
		p = *file.Parameters
	}
	layers := p.Layers
	if layers == nil && p.Heads != nil {
		layers = []layerJSON{p.layerJSON}
	}
	if len(layers) == 0 || len(layers[0].Heads) == 0 {
		return nil, errors.New(`no parameters in the file; write {"heads":[{"b":[..],"A":[[..],..]}]}, or {"layers":[{"heads":[..]},..]}`)
	}
	return modelOfJSON(layers)
}

// modelOfJSON flattens nested parameters, which must all have the shape of the
// first head.
func modelOfJSON(layers []layerJSON) (Model, error) {
	first := layers[0].Heads[0]
	dense := first.P != nil || first.Q != nil
	D := len(first.B)
	if dense {
		D = len(first.P)
	}
	named := map[string]tensor{}
	L, h := len(layers), len(layers[0].Heads)
	var x, y []float64 // b and A, or P and Q
	for l, layer := range layers {
		if len(layer.Heads) != h {
			return nil, fmt.Errorf("layer %d has %d heads, layer 0 has %d; all layers must have the same number", l, len(layer.Heads), h)
		}
		for t, head := range layer.Heads {
			var err error
			if dense {
				if x, err = appendRows(x, head.P, D, D); err == nil {
					y, err = appendRows(y, head.Q, D, D)
				}
			} else {
				if x, err = appendRows(x, [][]float64{head.B}, 1, D); err == nil {
					y, err = appendRows(y, head.A, D, D-1)
				}
			}
			if err != nil {
				return nil, fmt.Errorf("layer %d, head %d: %w", l, t, err)
			}
		}
	}
	if dense {
		named["P"], named["Q"] = tensor{[]int{L, h, D, D}, x}, tensor{[]int{L, h, D, D}, y}
	} else {
		named["b"], named["A"] = tensor{[]int{L, h, D}, x}, tensor{[]int{L, h, D, D - 1}, y}
	}
	return modelOf(named)
}

func appendRows(dst []float64, matrix [][]float64, m, n int) ([]float64, error) {
	if len(matrix) != m {
		return nil, fmt.Errorf("a matrix has %d rows, want %d; with b of length D, A has D rows of D-1 numbers; P and Q have D rows of D", len(matrix), m)
	}
	for i, row := range matrix {
		if len(row) != n {
			return nil, fmt.Errorf("row %d has %d numbers, want %d; with b of length D, A has D rows of D-1 numbers; P and Q have D rows of D", i, len(row), n)
		}
		dst = append(dst, row...)
	}
	return dst, nil
}

package lsa

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/nlpodyssey/safetensors"

	"markovicl/internal/atomicfile"
	"markovicl/internal/npz"
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
	return Decode(path, data)
}

// Decode reads the content of a parameter file. The form follows from the extension of
// its name, with which errors begin.
func Decode(name string, data []byte) (Model, error) {
	var m Model
	var err error
	switch filepath.Ext(name) {
	case ".safetensors":
		m, err = DecodeSafetensors(data)
	case ".npz":
		m, err = DecodeNPZ(data)
	case ".json":
		m, err = DecodeJSON(data)
	default:
		return nil, fmt.Errorf("%s: %s", name, fileForms)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// Save writes a parameter file, whole or not at all. The form follows from the
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
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return atomicfile.Write(path, data)
}

// isPart reports whether a tensor's name is that of a part of some kind of model.
func isPart(name string) bool {
	return slices.ContainsFunc(kinds, func(m Model) bool {
		return slices.ContainsFunc(m.fields(), func(f field) bool { return f.name == name })
	})
}

// modelOf returns the model whose parts are among the given tensors.
func modelOf(named map[string]Part) (Model, error) {
	at := slices.IndexFunc(kinds, func(m Model) bool {
		return !slices.ContainsFunc(m.fields(), func(f field) bool { _, ok := named[f.name]; return !ok })
	})
	if at < 0 {
		found := slices.Sorted(maps.Keys(named))
		return nil, fmt.Errorf(`the file has the tensors %q; structured parameters are "b" and "A", dense ones "P" and "Q"`, found)
	}
	first := kinds[at].fields()[0].name
	shape := named[first].Shape
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
	m := kinds[at].sized(shape[0], shape[1], shape[2])
	for _, want := range partsOf(m) {
		got := named[want.Name]
		if !slices.Equal(got.Shape, want.Shape) {
			return nil, fmt.Errorf("tensor %q has shape %v; %q has %v, so it must be %v", want.Name, got.Shape, first, shape, want.Shape)
		}
		if !finite(got.Data) {
			return nil, fmt.Errorf("tensor %q has an entry that is not a finite number", want.Name)
		}
	}
	out := Like(m)
	for _, part := range out.Parts() {
		copy(part.Data, named[part.Name].Data)
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
	parts := m.Parts()
	for name, xs := range extra {
		parts = append(parts, Part{name, []int{len(xs)}, xs})
	}
	for _, part := range parts {
		shape := make([]uint64, len(part.Shape))
		for i, size := range part.Shape {
			shape[i] = uint64(size)
		}
		view, err := safetensors.NewTensorView(safetensors.F64, shape, appendFloats(nil, part.Data))
		if err != nil {
			return nil, err
		}
		views[part.Name] = view
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
		if len(t.Shape) == 1 {
			extra[name] = t.Data
		}
	}
	return m, extra, header.Metadata(), nil
}

func floatTensors(file safetensors.SafeTensors) (map[string]Part, error) {
	named := map[string]Part{}
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
			if isPart(t.Name) {
				return nil, fmt.Errorf("tensor %q has type %v; it must be F64 or F32", t.Name, t.TensorView.DType())
			}
			continue
		}
		named[t.Name] = Part{t.Name, shape, xs}
	}
	return named, nil
}

// EncodeNPZ returns the parameters as an NPZ file of NumPy.
func EncodeNPZ(m Model) ([]byte, error) {
	var file bytes.Buffer
	w := npz.NewWriter(&file)
	for _, part := range m.Parts() {
		if err := w.Write(part.Name, part.Shape, part.Data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}

// DecodeNPZ reads parameters from an NPZ file of NumPy. Other arrays in the file are
// ignored.
func DecodeNPZ(data []byte) (Model, error) {
	r, err := npz.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	named := map[string]Part{}
	for _, name := range r.Names() {
		if !isPart(name) {
			continue
		}
		a, err := r.Read(name)
		if err != nil {
			return nil, err
		}
		named[name] = Part{name, a.Shape, a.Data}
	}
	return modelOf(named)
}

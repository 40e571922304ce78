package lsa

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"markovicl/internal/atomicfile"
	"markovicl/internal/npz"
	"markovicl/internal/tensorfile"
)

// Parameter files hold two tensors: "b" [L,h,D] and "A" [L,h,D,q] of structured
// parameters, or "P" and "Q" [L,h,D,D] of dense ones, all float64 and row-major.
// Their form follows from the file's name: .safetensors, .npz or .json. Texts beside
// them, such as the task that they are for, are the metadata of a safetensors file
// and arrays of bytes in an NPZ file.

const fileForms = "parameter files are .safetensors, .npz or .json; numpy.savez writes one, safetensors.torch.save_file another"

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
	m, _, err := DecodeWith(name, data)
	return m, err
}

// DecodeWith is Decode that also returns the texts that the file holds beside the
// parameters. Of a JSON file these are the other values of its object, as JSON.
func DecodeWith(name string, data []byte) (m Model, metadata map[string]string, err error) {
	switch filepath.Ext(name) {
	case ".safetensors":
		m, _, metadata, err = DecodeSafetensorsWith(data)
	case ".npz":
		m, metadata, err = DecodeNPZWith(data)
	case ".json":
		m, metadata, err = decodeJSONWith(data)
	default:
		err = errors.New(fileForms)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, metadata, nil
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

// modelOf returns the model whose parts are among the given tensors. Parts without
// the axes of layers and heads are those of one layer with one head. What else
// the file has is named if no model is found.
func modelOf(named map[string]Part, found []string) (Model, error) {
	at := slices.IndexFunc(kinds, func(m Model) bool {
		return !slices.ContainsFunc(m.fields(), func(f field) bool { _, ok := named[f.name]; return !ok })
	})
	if at < 0 {
		if len(found) == 0 {
			found = []string{"no tensors"}
		}
		return nil, fmt.Errorf(`the file has %s; structured parameters are "b" [layers, heads, D] and "A" [layers, heads, D, D-1], dense ones "P" and "Q" [layers, heads, D, D], of one layer with one head also without the first two axes`, strings.Join(found, ", "))
	}
	oneHead(kinds[at], named)
	first := kinds[at].fields()[0].name
	shape := named[first].Shape
	if len(shape) < 3 || shape[0] < 1 || shape[1] < 1 || shape[2] < 2 {
		return nil, fmt.Errorf("tensor %q has shape %s; it must be [layers, heads, D, ..] with D >= 2", first, npz.Shape(shape))
	}
	product := 1
	for _, size := range shape[:3] {
		if size > largestFile/product {
			return nil, fmt.Errorf("tensor %q has shape %s, which is too large", first, npz.Shape(shape))
		}
		product *= size
	}
	// The other tensor is larger by a factor of about D at most.
	if product > largestFile/shape[2] {
		return nil, fmt.Errorf("tensor %q has shape %s, which is too large", first, npz.Shape(shape))
	}
	m := kinds[at].sized(shape[0], shape[1], shape[2])
	for _, want := range partsOf(m) {
		got := named[want.Name]
		if !slices.Equal(got.Shape, want.Shape) {
			return nil, fmt.Errorf("tensor %q has shape %s; %q has %s, so it must be %s", want.Name, npz.Shape(got.Shape), first, npz.Shape(shape), npz.Shape(want.Shape))
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

// oneHead gives the parts of a model of one layer with one head the axes of layers
// and heads, if none of them has these: b of shape [D] and A of [D, q].
func oneHead(m Model, named map[string]Part) {
	fields := m.fields()
	axes := func(name string) int {
		if name == "b" {
			return 1
		}
		return 2
	}
	if slices.ContainsFunc(fields, func(f field) bool { return len(named[f.name].Shape) != axes(f.name) }) {
		return
	}
	for _, f := range fields {
		part := named[f.name]
		part.Shape = append([]int{1, 1}, part.Shape...)
		named[f.name] = part
	}
}

// EncodeSafetensors returns the parameters as a safetensors file.
func EncodeSafetensors(m Model) ([]byte, error) { return EncodeSafetensorsWith(m, nil, nil) }

// EncodeSafetensorsWith returns the parameters as a safetensors file that also
// holds the given vectors and metadata.
func EncodeSafetensorsWith(m Model, extra map[string][]float64, metadata map[string]string) ([]byte, error) {
	var tensors []tensorfile.Tensor
	for _, part := range m.Parts() {
		tensors = append(tensors, tensorfile.Tensor{Name: part.Name, Shape: part.Shape, F64: part.Data})
	}
	for name, xs := range extra {
		tensors = append(tensors, tensorfile.Tensor{Name: name, Shape: []int{len(xs)}, F64: xs})
	}
	return tensorfile.Encode(tensors, metadata)
}

// DecodeSafetensors reads parameters from a safetensors file with float64, float32,
// float16 or bfloat16 tensors. Other tensors in the file are ignored.
func DecodeSafetensors(data []byte) (Model, error) {
	m, _, _, err := DecodeSafetensorsWith(data)
	return m, err
}

// DecodeSafetensorsWith reads what EncodeSafetensorsWith wrote: the parameters,
// all vectors in the file, and its metadata.
func DecodeSafetensorsWith(data []byte) (m Model, extra map[string][]float64, metadata map[string]string, err error) {
	tensors, metadata, err := tensorfile.Decode(data)
	if err != nil {
		return nil, nil, nil, err
	}
	named := map[string]Part{}
	vectors := map[string][]float64{}
	var found []string
	for name, t := range tensors {
		found = append(found, fmt.Sprintf("%q of type %v and shape %s", name, t.Type, npz.Shape(t.Shape)))
		if len(t.Shape) == 1 && (t.F32 != nil || t.F64 != nil) {
			vectors[name] = t.Float64s()
		}
		switch {
		case t.F32 != nil || t.F64 != nil:
			named[name] = Part{name, t.Shape, t.Float64s()}
		case isPart(name):
			return nil, nil, nil, fmt.Errorf("tensor %q has type %v and shape %s; its type must be F64, F32, F16 or BF16", name, t.Type, npz.Shape(t.Shape))
		}
	}
	slices.Sort(found)
	if m, err = modelOf(named, found); err != nil {
		return nil, nil, nil, err
	}
	return m, vectors, metadata, nil
}

// EncodeNPZ returns the parameters as an NPZ file of NumPy.
func EncodeNPZ(m Model) ([]byte, error) { return EncodeNPZWith(m, nil) }

// EncodeNPZWith returns the parameters as an NPZ file of NumPy that also holds the
// given texts, each as an array of its bytes.
func EncodeNPZWith(m Model, metadata map[string]string) ([]byte, error) {
	var file bytes.Buffer
	w := npz.NewWriter(&file)
	for _, part := range m.Parts() {
		if err := w.Write(part.Name, part.Shape, part.Data); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		if err := w.WriteBytes(name, []byte(metadata[name])); err != nil {
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
	m, _, err := DecodeNPZWith(data)
	return m, err
}

// DecodeNPZWith reads what EncodeNPZWith wrote: the parameters, and all arrays of
// bytes as texts.
func DecodeNPZWith(data []byte) (Model, map[string]string, error) {
	r, err := npz.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil, err
	}
	named, metadata := map[string]Part{}, map[string]string{}
	var found []string
	for _, name := range r.Names() {
		kind, shape, err := r.Header(name)
		wanted := isPart(name)
		if wanted && err != nil {
			return nil, nil, err
		}
		found = append(found, fmt.Sprintf("an array %q", name))
		if err == nil {
			found[len(found)-1] += fmt.Sprintf(" of type %s and shape %s", kind, npz.Shape(shape))
		}
		if !wanted && (err != nil || kind != "|u1" || len(shape) != 1) {
			continue
		}
		a, err := r.Read(name)
		if err != nil {
			return nil, nil, err
		}
		if wanted {
			named[name] = Part{name, a.Shape, a.Data}
		} else if text, err := a.Bytes(); err == nil {
			metadata[name] = string(text)
		}
	}
	m, err := modelOf(named, found)
	return m, metadata, err
}

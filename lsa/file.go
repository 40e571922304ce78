package lsa

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"markovicl/internal/atomicfile"
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
	z := zip.NewWriter(&file)
	for _, part := range m.Parts() {
		w, err := z.Create(part.Name + ".npy")
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(appendFloats(npyHeader(part.Shape), part.Data)); err != nil {
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
	named := map[string]Part{}
	for _, entry := range z.File {
		name := strings.TrimSuffix(entry.Name, ".npy")
		if entry.UncompressedSize64 > largestFile {
			return nil, fmt.Errorf("array %q has %d bytes; the most is %d", name, entry.UncompressedSize64, largestFile)
		}
		if !isPart(name) {
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

func readNPY(entry *zip.File) (Part, error) {
	f, err := entry.Open()
	if err != nil {
		return Part{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largestFile))
	if err != nil {
		return Part{}, err
	}
	const prefix = 10 // magic, version 1.x, header length
	if len(data) < prefix || string(data[:7]) != "\x93NUMPY\x01" {
		return Part{}, errors.New("not an NPY array of version 1")
	}
	end := prefix + int(binary.LittleEndian.Uint16(data[8:]))
	if end > len(data) {
		return Part{}, errors.New("the NPY header is longer than the file")
	}
	header, data := data[prefix:end], data[end:]
	kind, order, sizes := npyType.FindSubmatch(header), npyOrder.FindSubmatch(header), npyShape.FindSubmatch(header)
	if kind == nil || order == nil || sizes == nil {
		return Part{}, fmt.Errorf("the NPY header %q has no type, order and shape", header)
	}
	if string(kind[1]) != "<f8" || string(order[1]) != "False" {
		return Part{}, fmt.Errorf("type %s, Fortran order %s; it must be float64 in row-major order, for example np.ascontiguousarray(x, dtype='<f8')", kind[1], order[1])
	}
	t := Part{Data: decodeFloats(data)}
	elements := 1
	for _, text := range strings.FieldsFunc(string(sizes[1]), func(r rune) bool { return r == ',' || r == ' ' }) {
		size, err := strconv.Atoi(text)
		if err != nil || size < 1 || size > len(t.Data)/elements {
			return Part{}, fmt.Errorf("shape (%s) does not fit %d numbers", sizes[1], len(t.Data))
		}
		elements *= size
		t.Shape = append(t.Shape, size)
	}
	if elements != len(t.Data) {
		return Part{}, fmt.Errorf("shape (%s) does not fit %d numbers", sizes[1], len(t.Data))
	}
	return t, nil
}

// The JSON form nests what the tensors index. One layer may be written as its
// list of heads alone, which is how `markovicl recover` prints a transformer.

// headJSON is a head's arrays under the names of the parts: b, or P and Q, ..
type headJSON map[string]json.RawMessage

type layerJSON struct {
	Heads []headJSON `json:"heads"`
}

// EncodeJSON returns the parameters as JSON:
//
//	{"layers":[{"heads":[{"b":[..],"A":[[..],..]},..]},..]}
//
// with "P" and "Q" in place of "b" and "A" in dense parameters.
func EncodeJSON(m Model) ([]byte, error) {
	L, h, _ := m.Size()
	out := []byte(`{"layers":[`)
	for l := range L {
		out = append(out, `{"heads":[`...)
		for t := range h {
			out = append(out, '{')
			for k, part := range m.Parts() { // in their order, which a map would lose
				size := elements(part.Shape[2:])
				at := (l*h + t) * size
				var array any = part.Data[at : at+size]
				if len(part.Shape) == 4 {
					array = slices.Collect(slices.Chunk(part.Data[at:at+size], part.Shape[3]))
				}
				text, err := json.Marshal(array)
				if err != nil {
					return nil, err
				}
				if k > 0 {
					out = append(out, ',')
				}
				out = append(append(strconv.AppendQuote(out, part.Name), ':'), text...)
			}
			out = append(out, '}', ',')
		}
		out = append(out[:len(out)-1], `]},`...)
	}
	return append(out[:len(out)-1], `]}`...), nil
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
	L, h, first := len(layers), len(layers[0].Heads), layers[0].Heads[0]
	kind := slices.IndexFunc(kinds, func(m Model) bool {
		return slices.ContainsFunc(m.fields(), func(f field) bool { _, ok := first[f.name]; return ok })
	})
	kind = max(kind, 0)
	leading := kinds[kind].fields()[0]
	rows, err := rowsOfJSON(first[leading.name], len(leading.tail))
	if err != nil {
		return nil, fmt.Errorf("layer 0, head 0: %s: %w", leading.name, err)
	}
	D := len(rows)
	if len(leading.tail) == 1 {
		D = len(rows[0])
	}
	var parts []Part
	for _, f := range kinds[kind].sized(L, h, D).fields() {
		parts = append(parts, Part{Name: f.name, Shape: append([]int{L, h}, f.tail...)})
	}
	for l, layer := range layers {
		if len(layer.Heads) != h {
			return nil, fmt.Errorf("layer %d has %d heads, layer 0 has %d; all layers must have the same number", l, len(layer.Heads), h)
		}
		for t, head := range layer.Heads {
			for k := range parts {
				part := &parts[k]
				tail := part.Shape[2:]
				rows, err := rowsOfJSON(head[part.Name], len(tail))
				if err == nil && len(tail) == 1 {
					part.Data, err = appendRows(part.Data, rows, 1, tail[0])
				} else if err == nil {
					part.Data, err = appendRows(part.Data, rows, tail[0], tail[1])
				}
				if err != nil {
					return nil, fmt.Errorf("layer %d, head %d: %w", l, t, err)
				}
			}
		}
	}
	named := map[string]Part{}
	for _, part := range parts {
		named[part.Name] = part
	}
	return modelOf(named)
}

// rowsOfJSON reads a matrix, or a vector as a matrix of one row.
func rowsOfJSON(text json.RawMessage, dimensions int) (rows [][]float64, err error) {
	if dimensions == 1 {
		rows = make([][]float64, 1)
	}
	switch {
	case text == nil:
	case dimensions == 1:
		err = json.Unmarshal(text, &rows[0])
	default:
		err = json.Unmarshal(text, &rows)
	}
	return rows, err
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

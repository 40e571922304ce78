// Package tensorfile reads and writes safetensors files of float32 and float64
// tensors, which numpy, torch and jax load; it reads float16 and bfloat16 too:
//
//	data, err := tensorfile.Encode([]tensorfile.Tensor{
//		{Name: "w", Shape: []int{2, 3}, F32: weights},
//	}, map[string]string{"step": "100"})
//
// The bytes follow from the content alone.
package tensorfile

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/nlpodyssey/safetensors"
)

// Tensor is a named array, row-major. One of F32 and F64 holds its numbers; F32
// also those that are F16 or BF16 in a file.
type Tensor struct {
	Name  string
	Shape []int
	F32   []float32
	F64   []float64
	Type  string // as the file has it, such as "F32"; Encode ignores it
}

// Float64s returns the numbers of the tensor in float64.
func (t *Tensor) Float64s() []float64 {
	if t.F32 == nil {
		return t.F64
	}
	xs := make([]float64, len(t.F32))
	for i, x := range t.F32 {
		xs[i] = float64(x)
	}
	return xs
}

// Encode returns a file with the given tensors and metadata.
func Encode(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	views := map[string]safetensors.TensorView{}
	for _, t := range tensors {
		shape := make([]uint64, len(t.Shape))
		for i, size := range t.Shape {
			shape[i] = uint64(size)
		}
		kind, data := safetensors.F64, make([]byte, 0, 8*len(t.F64)+4*len(t.F32))
		for _, x := range t.F64 {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(x))
		}
		if t.F32 != nil {
			kind = safetensors.F32
			for _, x := range t.F32 {
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
			}
		}
		view, err := safetensors.NewTensorView(kind, shape, data)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		views[t.Name] = view
	}
	return safetensors.Serialize(views, metadata)
}

// Decode reads a file. A tensor of another type than F64, F32, F16 and BF16 has its
// shape and type, but no numbers.
func Decode(data []byte) (tensors map[string]Tensor, metadata map[string]string, err error) {
	file, err := safetensors.Deserialize(data)
	if err != nil {
		return nil, nil, fmt.Errorf("not a safetensors file: %w", err)
	}
	_, header, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, nil, fmt.Errorf("not a safetensors file: %w", err)
	}
	tensors = map[string]Tensor{}
	for _, named := range file.Tensors() {
		t := Tensor{Name: named.Name, Shape: make([]int, len(named.TensorView.Shape())), Type: fmt.Sprint(named.TensorView.DType())}
		for i, size := range named.TensorView.Shape() {
			t.Shape[i] = int(size)
		}
		bytes := named.TensorView.Data()
		switch named.TensorView.DType() {
		case safetensors.F64:
			t.F64 = make([]float64, len(bytes)/8)
			for i := range t.F64 {
				t.F64[i] = math.Float64frombits(binary.LittleEndian.Uint64(bytes[8*i:]))
			}
		case safetensors.F32:
			t.F32 = make([]float32, len(bytes)/4)
			for i := range t.F32 {
				t.F32[i] = math.Float32frombits(binary.LittleEndian.Uint32(bytes[4*i:]))
			}
		case safetensors.F16, safetensors.BF16:
			widen := half
			if named.TensorView.DType() == safetensors.BF16 {
				widen = bfloat
			}
			t.F32 = make([]float32, len(bytes)/2)
			for i := range t.F32 {
				t.F32[i] = widen(binary.LittleEndian.Uint16(bytes[2*i:]))
			}
		}
		tensors[t.Name] = t
	}
	return tensors, header.Metadata(), nil
}

// bfloat returns the number of a bfloat16, the upper half of a float32.
func bfloat(bits uint16) float32 { return math.Float32frombits(uint32(bits) << 16) }

// half returns the number of an IEEE 754 binary16: a sign, 5 bits of exponent and
// 10 of fraction. Every one of them is a float32.
func half(bits uint16) float32 {
	sign, exponent, fraction := uint32(bits>>15)<<31, uint32(bits>>10)&31, uint32(bits)&0x3ff
	switch exponent {
	case 0: // zero and the subnormal numbers: fraction / 2^24
		x := float32(fraction) / (1 << 24)
		return math.Float32frombits(sign | math.Float32bits(x))
	case 31: // infinity and NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

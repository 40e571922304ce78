package npz

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// block is how many bytes are read or written at a time; a multiple of every size.
const block = 1 << 16

// read reads the numbers that follow a header, and expects nothing after them.
func (h *header) read(r io.Reader, shape []int) (*Array, error) {
	if err := h.has(shape); err != nil {
		return nil, err
	}
	// A file may say more than it holds: memory grows with what is there.
	data := make([]float64, 0, min(h.numbers, block))
	buffer := make([]byte, block)
	for left := h.numbers * h.size; left > 0; {
		part := buffer[:min(left, block)]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, fmt.Errorf("%v: %w", h, short(err))
		}
		left -= len(part)
		var err error
		if data, err = h.decode(data, part); err != nil {
			return nil, fmt.Errorf("%v: %w", h, err)
		}
	}
	switch n, err := io.ReadFull(r, buffer[:1]); {
	case n > 0:
		return nil, fmt.Errorf("%v: more follows its %d numbers", h, h.numbers)
	case err != io.EOF: // the check sum of a zip entry, for one
		return nil, fmt.Errorf("%v: %w", h, err)
	}
	if h.fortran {
		data = rowMajor(data, h.shape)
	}
	return &Array{Type: h.typ, Shape: h.shape, Data: data}, nil
}

func (h *header) has(shape []int) error {
	if len(shape) == 0 {
		return nil
	}
	ok := len(shape) == len(h.shape)
	for i := 0; ok && i < len(shape); i++ {
		ok = shape[i] < 0 || shape[i] == h.shape[i]
	}
	if !ok {
		return fmt.Errorf("%v; the shape must be %s (-1 stands for any size)", h, Shape(shape))
	}
	return nil
}

func (h *header) decode(out []float64, bytes []byte) ([]float64, error) {
	var order binary.ByteOrder = binary.LittleEndian
	if h.big {
		order = binary.BigEndian
	}
	if h.kind == 'f' && h.size == 8 && !h.big { // nearly always
		for ; len(bytes) > 0; bytes = bytes[8:] {
			out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(bytes)))
		}
		return out, nil
	}
	for ; len(bytes) > 0; bytes = bytes[h.size:] {
		var bits uint64
		switch h.size {
		case 1:
			bits = uint64(bytes[0])
		case 2:
			bits = uint64(order.Uint16(bytes))
		case 4:
			bits = uint64(order.Uint32(bytes))
		case 8:
			bits = order.Uint64(bytes)
		}
		var x float64
		switch h.kind {
		case 'f':
			x = float(bits, h.size)
		case 'i':
			shift := 64 - 8*h.size
			n := int64(bits<<shift) >> shift // with its sign
			// 2^63 itself, to which the largest rounds, is no int64.
			if x = float64(n); x == 1<<63 || int64(x) != n {
				return nil, fmt.Errorf("no float64 equals the integer %d", n)
			}
		case 'u':
			if x = float64(bits); x == 1<<64 || uint64(x) != bits {
				return nil, fmt.Errorf("no float64 equals the integer %d", bits)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// float returns the number of an IEEE 754 float of the given size in bytes.
func float(bits uint64, size int) float64 {
	switch size {
	case 8:
		return math.Float64frombits(bits)
	case 4:
		return float64(math.Float32frombits(uint32(bits)))
	}
	sign, exponent, fraction := 1.0, int(bits>>10&31), float64(bits&1023)
	if bits>>15 == 1 {
		sign = -1
	}
	switch {
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	case exponent < 31:
		return sign * math.Ldexp(1024+fraction, exponent-25)
	case fraction == 0:
		return math.Inf(int(sign))
	}
	return math.NaN()
}

// rowMajor returns the numbers of an array, whose first index runs fastest, with the
// last one fastest.
func rowMajor(data []float64, shape []int) []float64 {
	out := make([]float64, len(data))
	stride := make([]int, len(shape)) // of out
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		stride[i] = step
		step *= shape[i]
	}
	index := make([]int, len(shape))
	at := 0
	for _, x := range data {
		out[at] = x
		for i := range index {
			index[i]++
			at += stride[i]
			if index[i] < shape[i] {
				break
			}
			at -= index[i] * stride[i]
			index[i] = 0
		}
	}
	return out
}

func writeFloats(w io.Writer, data []float64) error {
	buffer := make([]byte, 0, block)
	for len(data) > 0 {
		n := min(len(data), block/8)
		buffer = buffer[:0]
		for _, x := range data[:n] {
			buffer = binary.LittleEndian.AppendUint64(buffer, math.Float64bits(x))
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// short says in a reader's words that the bytes ended.
func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errShort
	}
	return err
}

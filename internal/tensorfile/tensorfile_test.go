package tensorfile

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/nlpodyssey/safetensors"
)

// Every binary16 and bfloat16 is read as the number that its bits stand for, here by
// the definition: (-1)^s 2^(e-bias) (1 + f/2^p), or with e = 0, (-1)^s 2^(1-bias) f/2^p.
func TestHalves(t *testing.T) {
	var data []byte
	for bits := range 1 << 16 {
		data = binary.LittleEndian.AppendUint16(data, uint16(bits))
	}
	for _, kind := range []struct {
		dtype              safetensors.DType
		fractionBits, bias int
	}{{safetensors.F16, 10, 15}, {safetensors.BF16, 7, 127}} {
		view, err := safetensors.NewTensorView(kind.dtype, []uint64{1 << 8, 1 << 8}, data)
		if err != nil {
			t.Fatal(err)
		}
		file, err := safetensors.Serialize(map[string]safetensors.TensorView{"x": view}, nil)
		if err != nil {
			t.Fatal(err)
		}
		tensors, _, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		xs := tensors["x"].F32
		if len(xs) != 1<<16 {
			t.Fatalf("%v: %d numbers", kind.dtype, len(xs))
		}
		scale := math.Ldexp(1, kind.fractionBits)
		largest := 1<<(15-kind.fractionBits) - 1
		for bits, got := range xs {
			exponent := bits >> kind.fractionBits & largest
			fraction := float64(bits&(1<<kind.fractionBits-1)) / scale
			want := math.Ldexp(1+fraction, exponent-kind.bias)
			switch {
			case exponent == largest && fraction == 0:
				want = math.Inf(1)
			case exponent == largest:
				want = math.NaN()
			case exponent == 0:
				want = math.Ldexp(fraction, 1-kind.bias)
			}
			if bits>>15 == 1 {
				want = -want
			}
			same := float64(got) == want && math.Signbit(float64(got)) == math.Signbit(want)
			if !same && !(math.IsNaN(want) && got != got) {
				t.Fatalf("%v %#04x: %v, want %v", kind.dtype, bits, got, want)
			}
		}
	}
}

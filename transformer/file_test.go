package transformer

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"markovicl/internal/tensorfile"
	"markovicl/markov"
)

func TestFileRoundTrip(t *testing.T) {
	task := taskOf(t, markov.Spec{D: 3, N: "12"})
	for name, c := range shapes {
		m := modelOf(t, c, task, 12, 13)
		data, err := Encode(m, []tensorfile.Tensor{{Name: "adam_m", Shape: []int{1}, F32: []float32{2}}}, map[string]string{"step": "3"})
		if err != nil {
			t.Fatal(err)
		}
		if !IsFile(data) {
			t.Errorf("%s: not recognised", name)
		}
		got, tensors, metadata, err := Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if got.Config != m.Config || !slices.Equal(got.params, m.params) || tensors["adam_m"].F32[0] != 2 || metadata["step"] != "3" {
			t.Errorf("%s: read back as %+v, %v", name, got.Config, metadata)
		}
	}
	if IsFile([]byte("no")) {
		t.Error("any bytes are a parameter file")
	}
}

func TestWrongFiles(t *testing.T) {
	task := taskOf(t, markov.Spec{D: 3, N: "12"})
	m := modelOf(t, shapes["gpt2"], task, 12, 14)
	data, err := Encode(m, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(tensors map[string]tensorfile.Tensor, metadata map[string]string){
		`no tensor "read_out.bias"`: func(ts map[string]tensorfile.Tensor, _ map[string]string) {
			x := ts["read_out.bias"]
			x.Name = "other"
			ts["other"] = x
			delete(ts, "read_out.bias")
		},
		`"read_out.weight" has shape [16, 1]; the model that the file describes needs [1, 16]`: func(ts map[string]tensorfile.Tensor, _ map[string]string) {
			x := ts["read_out.weight"]
			x.Shape = []int{16, 1}
			ts["read_out.weight"] = x
		},
		"it must be F32": func(ts map[string]tensorfile.Tensor, _ map[string]string) {
			x := ts["read_in.bias"]
			x.F32, x.F64 = nil, x.Float64s()
			ts["read_in.bias"] = x
		},
		"not a finite number": func(ts map[string]tensorfile.Tensor, _ map[string]string) { ts["read_in.bias"].F32[3] = minusInfinity },
		`has no "config"`:     func(_ map[string]tensorfile.Tensor, md map[string]string) { delete(md, "config") },
		"no multiple of 5": func(_ map[string]tensorfile.Tensor, md map[string]string) {
			md["config"] = strings.Replace(md["config"], `"heads":2`, `"heads":5`, 1)
		},
		"numbers, the model": func(_ map[string]tensorfile.Tensor, md map[string]string) {
			md["config"] = strings.Replace(md["config"], `"width":16`, `"width":160`, 1)
		},
		"invalid character": func(_ map[string]tensorfile.Tensor, md map[string]string) { md["config"] = "no" },
	} {
		tensors, metadata, err := tensorfile.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		change(tensors, metadata)
		bad, err := tensorfile.Encode(slices.Collect(maps.Values(tensors)), metadata)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := Decode(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %s", err, want)
		}
	}
	if _, _, _, err := Decode([]byte("1234")); err == nil || !strings.Contains(err.Error(), "not a safetensors file") {
		t.Errorf("any bytes: %v", err)
	}
}

// Half-precision files are read: with tensors of small whole numbers they hold the same
// model.
func TestDecodeHalves(t *testing.T) {
	m, err := New(Config{Width: 2, Blocks: 1, Heads: 1, Features: 1, Positions: 3})
	if err != nil {
		t.Fatal(err)
	}
	views := map[string]safetensors.TensorView{}
	for _, part := range m.Parts() {
		var data []byte
		for i := range part.Data {
			part.Data[i] = float32(i%3 + 1) // 1, 2, 3: in bfloat16 the upper half of the float32
			data = binary.LittleEndian.AppendUint16(data, uint16(math.Float32bits(part.Data[i])>>16))
		}
		shape := make([]uint64, len(part.Shape))
		for i, size := range part.Shape {
			shape[i] = uint64(size)
		}
		if views[part.Name], err = safetensors.NewTensorView(safetensors.BF16, shape, data); err != nil {
			t.Fatal(err)
		}
	}
	config, err := json.Marshal(m.Config)
	if err != nil {
		t.Fatal(err)
	}
	file, err := safetensors.Serialize(views, map[string]string{"config": string(config)})
	if err != nil {
		t.Fatal(err)
	}
	got, _, _, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range m.Parts() {
		if !slices.Equal(part.Data, got.Parts()[i].Data) {
			t.Errorf("%s: %v, want %v", part.Name, got.Parts()[i].Data, part.Data)
		}
	}
}

func FuzzDecode(f *testing.F) {
	m, err := New(Config{Width: 2, Blocks: 1, Heads: 1, Features: 1, Positions: 3})
	if err != nil {
		f.Fatal(err)
	}
	data, err := Encode(m, nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, _, _, err := Decode(data); err == nil && m == nil {
			t.Error("neither parameters nor an error")
		}
	})
}

package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"markovicl/internal/npz"
	"markovicl/internal/tensorfile"
)

// A parameter file is a safetensors file: the tensors of visit in float32, and in
// its metadata under "config" the Config as JSON. Files of training hold more, see
// package train.

// IsFile reports whether the content of a safetensors file is that of a
// transformer, by the names of its tensors. It is false for what is no such file.
func IsFile(data []byte) bool {
	tensors, metadata, err := tensorfile.Decode(data)
	_, has := tensors["read_in.weight"]
	return err == nil && has && metadata["config"] != ""
}

// Encode returns the parameters as a safetensors file, with further tensors and
// metadata beside them.
func Encode(m *Model, extra []tensorfile.Tensor, metadata map[string]string) ([]byte, error) {
	config, err := json.Marshal(m.Config)
	if err != nil {
		return nil, err
	}
	all := map[string]string{"config": string(config)}
	maps.Copy(all, metadata)
	for _, part := range m.Parts() {
		extra = append(extra, tensorfile.Tensor{Name: part.Name, Shape: part.Shape, F32: part.Data})
	}
	return tensorfile.Encode(extra, all)
}

// Decode reads a parameter file: the model, all tensors in the file, and its
// metadata. Errors name the tensor, its shape and the right one.
func Decode(data []byte) (m *Model, tensors map[string]tensorfile.Tensor, metadata map[string]string, err error) {
	tensors, metadata, err = tensorfile.Decode(data)
	if err != nil {
		return nil, nil, nil, err
	}
	if metadata["config"] == "" {
		return nil, nil, nil, errors.New(`the file does not say what transformer it is for: its metadata has no "config"`)
	}
	var c Config
	if err := json.Unmarshal([]byte(metadata["config"]), &c); err != nil {
		return nil, nil, nil, fmt.Errorf(`the metadata "config" of the file: %w`, err)
	}
	if err := c.Validate(); err != nil { // before any memory is taken
		return nil, nil, nil, fmt.Errorf(`the metadata "config" of the file: %w`, err)
	}
	have := 0
	for _, t := range tensors {
		have += len(t.F32) + len(t.F64)
	}
	if want := c.parameterCount(); have < want {
		return nil, nil, nil, fmt.Errorf("the file has %d numbers, the model that it describes %d", have, want)
	}
	if m, err = New(c); err != nil {
		return nil, nil, nil, err
	}
	for _, part := range m.Parts() {
		t, ok := tensors[part.Name]
		switch {
		case !ok:
			return nil, nil, nil, fmt.Errorf("the file has no tensor %q", part.Name)
		case !slices.Equal(t.Shape, part.Shape):
			return nil, nil, nil, fmt.Errorf("tensor %q has shape %s; the model that the file describes needs %s", part.Name, npz.Shape(t.Shape), npz.Shape(part.Shape))
		case t.F32 == nil:
			return nil, nil, nil, fmt.Errorf("tensor %q has type %s; it must be F32, F16 or BF16", part.Name, t.Type)
		}
		for _, x := range t.F32 {
			if x-x != 0 {
				return nil, nil, nil, fmt.Errorf("tensor %q has an entry that is not a finite number", part.Name)
			}
		}
		copy(part.Data, t.F32)
	}
	return m, tensors, metadata, nil
}

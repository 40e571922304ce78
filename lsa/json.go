package lsa

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

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
	m, _, err := decodeJSONWith(data)
	return m, err
}

// decodeJSONWith is DecodeJSON that also returns what the object has beside the
// parameters.
func decodeJSONWith(data []byte) (Model, map[string]string, error) {
	type parameters struct {
		layerJSON
		Layers []layerJSON `json:"layers"`
	}
	var file struct {
		parameters
		Parameters *parameters `json:"parameters"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, nil, fmt.Errorf("not a parameter file: %w", err)
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
		return nil, nil, errors.New(`no parameters in the file; write {"heads":[{"b":[..],"A":[[..],..]}]}, or {"layers":[{"heads":[..]},..]}`)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, nil, fmt.Errorf("not a parameter file: %w", err)
	}
	metadata := map[string]string{}
	for name, value := range all {
		if name != "parameters" && name != "layers" && name != "heads" {
			metadata[name] = string(value)
		}
	}
	m, err := modelOfJSON(layers)
	return m, metadata, err
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
	return modelOf(named, nil)
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

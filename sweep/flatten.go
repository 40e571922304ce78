package sweep

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// row is a single answer as a row of a table: its scalars under their JSON names, those
// of objects within it joined by dots, and its arrays of numbers.
type row struct {
	cells  []cell
	arrays []array
	answer []byte // compact JSON
}

// cell is a scalar of an answer.
type cell struct {
	name string
	kind kind
	text string // as JSON writes it; "" for null
}

type kind byte

const (
	null kind = iota
	number
	boolean
	word
)

// array is an array of numbers of an answer, row-major; null is NaN. One whose parts
// differ in length is a list of all its numbers.
type array struct {
	name  string
	shape []int
	data  []float64
}

// flatten returns the rows of an answer: one, or one for each of several results.
func flatten(answer []byte) ([]row, error) {
	var several struct {
		Results []json.RawMessage `json:"results"`
	}
	parts := []json.RawMessage{answer}
	if bytes.Contains(answer, []byte(`"results"`)) { // most have one answer, and are read once
		if err := json.Unmarshal(answer, &several); err == nil && several.Results != nil {
			parts = several.Results
		}
	}
	var rows []row
	for _, part := range parts {
		var compact bytes.Buffer
		if err := json.Compact(&compact, part); err != nil {
			return nil, fmt.Errorf("an answer is not JSON: %w", err)
		}
		r := row{answer: compact.Bytes()}
		value, err := decode(part)
		if err != nil {
			return nil, err
		}
		r.add("", value)
		rows = append(rows, r)
	}
	return rows, nil
}

// object is a JSON object in the order in which it is written.
type object []member

type member struct {
	name  string
	value any // object, []any, json.Number, string, bool or nil
}

func decode(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return decodeValue(d)
}

func decodeValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("an answer is not JSON: %w", err)
	}
	switch token {
	case json.Delim('{'):
		var o object
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			o = append(o, member{key.(string), value}) // a decoder takes no other key
		}
		_, err := d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			value, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err := d.Token()
		return list, err
	}
	return token, nil
}

func (r *row) add(name string, value any) {
	switch v := value.(type) {
	case object:
		for _, m := range v {
			r.add(joined(name, m.name), m.value)
		}
	case []any:
		r.addList(name, v)
	case nil:
		r.cells = append(r.cells, cell{name, null, ""})
	case bool:
		r.cells = append(r.cells, cell{name, boolean, strconv.FormatBool(v)})
	case json.Number:
		r.cells = append(r.cells, cell{name, number, v.String()})
	case string:
		r.cells = append(r.cells, cell{name, word, v})
	}
}

func joined(name, part string) string {
	if name == "" {
		return part
	}
	return name + "." + part
}

// addList adds a list of numbers, of lists of numbers, or, field by field, of objects.
func (r *row) addList(name string, list []any) {
	var names []string
	fields := map[string][]any{}
	for i, entry := range list {
		o, ok := entry.(object)
		if !ok {
			continue
		}
		for _, m := range o {
			if fields[m.name] == nil {
				names = append(names, m.name)
				fields[m.name] = make([]any, len(list))
			}
			fields[m.name][i] = m.value
		}
	}
	for _, field := range names {
		r.addList(joined(name, field), fields[field])
	}
	if names != nil {
		return
	}
	a := array{name: name}
	if !a.gather(list) || len(a.data) == 0 {
		return
	}
	if shape, regular := shapeOf(list); regular {
		a.shape = shape
	} else {
		a.shape = []int{len(a.data)}
	}
	r.arrays = append(r.arrays, a)
}

// gather appends the numbers of a list; it reports whether there is nothing else.
func (a *array) gather(value any) bool {
	switch v := value.(type) {
	case []any:
		for _, entry := range v {
			if !a.gather(entry) {
				return false
			}
		}
		return true
	case json.Number:
		x, err := v.Float64()
		a.data = append(a.data, x)
		return err == nil
	case bool:
		x := 0.0
		if v {
			x = 1
		}
		a.data = append(a.data, x)
		return true
	case nil:
		a.data = append(a.data, math.NaN())
		return true
	}
	return false
}

func shapeOf(value any) (shape []int, regular bool) {
	list, ok := value.([]any)
	if !ok {
		return nil, true
	}
	shape = []int{len(list)}
	for i, entry := range list {
		inner, regular := shapeOf(entry)
		if !regular {
			return nil, false
		}
		if i == 0 {
			shape = append(shape, inner...)
		} else if !slices.Equal(inner, shape[1:]) {
			return nil, false
		}
	}
	return shape, true
}

package chainfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// jsonFile is a JSON file whose values are sequences of strings and numbers.
// Objects are made a table instead; see newJSON.
type jsonFile struct {
	data  string
	list  []jsonSequence
	words string
	total int
}

type jsonSequence struct {
	name    string
	symbols []jsonSymbol
}

type jsonSymbol struct {
	text string // "" for null
	at   int    // offset in the file
}

// newJSON reads JSON or JSON lines. Strings, numbers and truth values at the top
// are the steps of one series, and so are those of a single list; lists in a list
// or lists on lines are sequences, and so are the lists of an object, by their
// keys. Objects become the rows of a table, whose columns are their keys; an
// object with one list in it is a sequence.
func newJSON(data string, s *Sequences, opts Options, symbols *symbols) (source, error) {
	if err := checkUTF8(data, s.File); err != nil {
		return nil, err
	}
	r := &jsonReader{data: data, file: s.File, d: json.NewDecoder(strings.NewReader(data))}
	r.d.UseNumber()
	for {
		token, at, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = r.top(token, at)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(r.objects) > 0 {
		if len(r.series) > 0 || len(r.lists) > 0 {
			return nil, r.fail(r.objects[0].at, "objects stand beside other values", "write one kind of value")
		}
		if sequences, ok := r.listed(); ok {
			r.lists = sequences
		} else {
			t, err := r.table()
			if err != nil {
				return nil, err
			}
			return t, t.understand(s, opts, symbols)
		}
	}
	if len(r.series) > 0 && len(r.lists) > 0 {
		return nil, r.fail(r.series[0].at, "lists stand beside other values", "write one kind of value")
	}
	f := &jsonFile{data: data, list: r.lists, words: "JSON, a list for each sequence"}
	if len(r.series) > 0 {
		f.list, f.words = []jsonSequence{{symbols: r.series}}, "JSON, one series"
	}
	for _, q := range f.list {
		f.total += len(q.symbols)
	}
	return f, nil
}

// jsonReader takes JSON apart. The decoder of encoding/json checks it.
type jsonReader struct {
	data    string
	file    string
	d       *json.Decoder
	series  []jsonSymbol   // values that stand at the top
	lists   []jsonSequence // lists in lists, or on lines of their own
	keyed   []jsonSequence // the lists of the first object, by their keys
	objects []jsonObject
}

type jsonObject struct {
	at     int
	keys   []string
	values []jsonSymbol
	list   []jsonSymbol // the list in it
	inner  int          // number of lists
}

// next returns a token and where it begins.
func (r *jsonReader) next() (json.Token, int, error) {
	at := int(r.d.InputOffset())
	token, err := r.d.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, at, err
		}
		var syntax *json.SyntaxError
		detail := strings.TrimPrefix(err.Error(), "json: ")
		if errors.As(err, &syntax) {
			at = max(0, int(syntax.Offset)-1)
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			at, detail = len(r.data), "the JSON ends too early"
		}
		line, column := placeOf(r.data, min(at, len(r.data)))
		return nil, at, &Error{File: r.file, Line: line, Column: column, Err: err, Detail: detail, Remedy: "mend the JSON, or give `file-format` text"}
	}
	for at < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[at]) >= 0 {
		at++
	}
	return token, at, nil
}

func (r *jsonReader) fail(at int, detail, remedy string) error {
	line, column := placeOf(r.data, at)
	return &Error{File: r.file, Line: line, Column: column, Err: ErrJSON, Detail: detail, Remedy: remedy}
}

// top reads a value that stands at the top of the file or on a line.
func (r *jsonReader) top(token json.Token, at int) error {
	switch token {
	case json.Delim('['):
		list, err := r.array(at, true)
		if err == nil && len(list) > 0 {
			r.lists = append(r.lists, jsonSequence{symbols: list})
		}
		return err
	case json.Delim('{'):
		return r.object(at)
	}
	symbol, err := r.symbol(token, at)
	r.series = append(r.series, symbol)
	return err
}

// array reads the rest of a list. At the top it may hold lists and objects.
func (r *jsonReader) array(begin int, top bool) (list []jsonSymbol, err error) {
	for {
		token, at, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil, r.fail(begin, "the list does not end", "mend the JSON")
		}
		if err != nil {
			return nil, err
		}
		switch {
		case token == json.Delim(']'):
			return list, nil
		case token == json.Delim('{') && top:
			if err := r.object(at); err != nil {
				return nil, err
			}
		case token == json.Delim('[') && top:
			inner, err := r.array(at, false)
			if err != nil {
				return nil, err
			}
			r.lists = append(r.lists, jsonSequence{symbols: inner})
		default:
			symbol, err := r.symbol(token, at)
			if err != nil {
				return nil, err
			}
			list = append(list, symbol)
		}
	}
}

// symbol makes a symbol of a string, number, truth value or null.
func (r *jsonReader) symbol(token json.Token, at int) (jsonSymbol, error) {
	switch v := token.(type) {
	case string:
		return jsonSymbol{strings.TrimSpace(v), at}, nil
	case json.Number:
		return jsonSymbol{v.String(), at}, nil
	case bool:
		return jsonSymbol{fmt.Sprint(v), at}, nil
	case nil:
		return jsonSymbol{"", at}, nil
	}
	return jsonSymbol{}, r.fail(at, "a value stands inside others", "write strings, numbers, lists of these, or objects with one of these for each key")
}

// object reads the rest of an object.
func (r *jsonReader) object(begin int) error {
	o := jsonObject{at: begin}
	for {
		token, at, err := r.next()
		if errors.Is(err, io.EOF) {
			return r.fail(begin, "the object does not end", "mend the JSON")
		}
		if err != nil {
			return err
		}
		if token == json.Delim('}') {
			r.objects = append(r.objects, o)
			return nil
		}
		key := token.(string) // the decoder takes nothing else
		if slices.Contains(o.keys, key) {
			return r.fail(at, fmt.Sprintf("the key %q is there twice", key), "write each once")
		}
		if token, at, err = r.next(); err != nil {
			if errors.Is(err, io.EOF) {
				err = r.fail(begin, "the object does not end", "mend the JSON")
			}
			return err
		}
		o.keys = append(o.keys, key)
		if token == json.Delim('[') {
			list, err := r.array(at, false)
			if err != nil {
				return err
			}
			o.inner++
			o.list = append(o.list, list...)
			o.values = append(o.values, jsonSymbol{at: at})
			if len(r.objects) == 0 {
				r.keyed = append(r.keyed, jsonSequence{key, list})
			}
			continue
		}
		symbol, err := r.symbol(token, at)
		if err != nil {
			return err
		}
		o.values = append(o.values, symbol)
	}
}

// listed makes sequences of objects with lists in them: of one object those of
// all its lists, of several the one list of each.
func (r *jsonReader) listed() ([]jsonSequence, bool) {
	if len(r.objects) == 1 && r.objects[0].inner > 1 && r.objects[0].inner == len(r.objects[0].keys) {
		return r.keyed, true
	}
	var sequences []jsonSequence
	for _, o := range r.objects {
		if o.inner != 1 {
			return nil, false
		}
		name := ""
		for k, key := range o.keys {
			if isIDName(key) {
				name = o.values[k].text
			}
		}
		sequences = append(sequences, jsonSequence{name, o.list})
	}
	return sequences, true
}

// table makes a table of the objects; a key that an object lacks is a missing
// value.
func (r *jsonReader) table() (*table, error) {
	t := &table{file: r.file, data: r.data, converted: true, rowNames: -1, rows: []int{0}}
	columns := map[string]int{}
	var keys []string
	for _, o := range r.objects {
		if o.inner > 0 {
			return nil, r.fail(o.at, "an object has several lists, or lists are in some objects only", "write one list in each object, or none")
		}
		for _, key := range o.keys {
			if _, ok := columns[key]; !ok {
				columns[key] = len(keys)
				keys = append(keys, key)
			}
		}
	}
	t.width = len(keys)
	add := func(line int) {
		t.rows = append(t.rows, len(t.cells))
		t.lines = append(t.lines, line)
		t.breaks = append(t.breaks, false)
	}
	t.cells, t.offsets = slices.Clone(keys), make([]int, len(keys))
	for k := range t.offsets {
		t.offsets[k] = r.objects[0].at
	}
	line, from := 1, 0
	for i, o := range r.objects {
		line += strings.Count(r.data[from:o.at], "\n")
		from = o.at
		if i == 0 {
			add(line) // the keys as a header
		}
		row := make([]jsonSymbol, len(keys))
		for k := range row {
			row[k].at = o.at
		}
		for k, key := range o.keys {
			row[columns[key]] = o.values[k]
		}
		for _, x := range row {
			t.cells = append(t.cells, x.text)
			t.offsets = append(t.offsets, x.at)
		}
		add(line)
	}
	return t, nil
}

func (f *jsonFile) walk(begin func(string), symbol func(string, int, int) error) error {
	line, from := 1, 0 // the symbols come in the order of the file
	for _, q := range f.list {
		begin(q.name)
		for _, x := range q.symbols {
			line += strings.Count(f.data[from:x.at], "\n")
			from = x.at
			if err := symbol(x.text, line, x.at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *jsonFile) place(ref int) (line, column int) { return placeOf(f.data, ref) }

func (f *jsonFile) size() int { return f.total }

func (f *jsonFile) running() bool { return false }

func (f *jsonFile) comments() int { return 0 }

func (f *jsonFile) reading() (words string, strict bool) { return f.words, false }

package ask

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parse reads a question, a JSON object. Errors name the field.
func Parse(data []byte) (Question, error) {
	values, order, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	command, ok := values["command"]
	if !ok || len(command) != 1 {
		return nil, inputf("command", "a question needs a `command`, one of %s", strings.Join(Commands(), ", "))
	}
	q, err := New(command[0])
	if err != nil {
		return nil, err
	}
	fields := fieldsOf(q)
	for _, name := range order {
		if name == "command" {
			continue
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		if i < 0 {
			var names []string
			for _, f := range fields {
				names = append(names, f.name)
			}
			return nil, inputf(name, "%s has no field %q; its fields are %s", q.Command(), name, strings.Join(names, ", "))
		}
		if err := fields[i].set(values[name]); err != nil {
			return nil, inputf(name, "`%s`: %w", name, err)
		}
		if _, hasDefault := fields[i].tag.Lookup("default"); StandsForNothing(fields[i].value, hasDefault) {
			return nil, inputf(name, "`%s` has an empty value, or 0; write one, or leave it out", name)
		}
	}
	return q, nil
}

// StandsForNothing reports whether the value of a field is one that means "not given"
// to a question: an empty text or list, 0 for a number without a
// default. Who wrote it meant something else, most likely a variable that is empty.
func StandsForNothing(v reflect.Value, hasDefault bool) bool {
	switch v.Kind() {
	case reflect.String:
		return v.Len() == 0
	case reflect.Slice:
		return v.Len() == 0 || v.Len() == 1 && v.Index(0).Kind() == reflect.String && v.Index(0).Len() == 0
	case reflect.Int, reflect.Int64, reflect.Float64:
		return !hasDefault && v.IsZero()
	}
	return false
}

// parseObject returns the values of an object as the words that stand for them on
// a command line, and its keys in their order.
func parseObject(data []byte) (values map[string][]string, order []string, err error) {
	fail := func(format string, args ...any) (map[string][]string, []string, error) {
		return nil, nil, inputf("", "a question is a JSON object such as {\"command\":\"optimum\",\"d\":2}: "+format, args...)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if t, err := d.Token(); err != nil {
		return fail("%w", err)
	} else if t != json.Delim('{') {
		return fail("this begins with %v", t)
	}
	values = map[string][]string{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return fail("%w", err)
		}
		name := key.(string) // the decoder takes no other key
		if values[name] != nil {
			return nil, nil, inputf(name, "`%s` is given twice", name)
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return fail("%w", err)
		}
		if values[name], err = words(value); err != nil {
			return nil, nil, inputf(name, "`%s`: %w", name, err)
		}
		order = append(order, name)
	}
	if _, err := d.Token(); err != nil {
		return fail("%w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fail("there is more behind it")
	}
	return values, order, nil
}

// words returns a JSON value as it is written on a command line.
func words(value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case json.Number:
		return []string{v.String()}, nil
	case bool:
		return []string{strconv.FormatBool(v)}, nil
	case []any:
		list := []string{}
		for _, entry := range v {
			if _, nested := entry.([]any); nested {
				return nil, fmt.Errorf("a list in a list is no value")
			}
			word, err := words(entry)
			if err != nil {
				return nil, err
			}
			list = append(list, word...)
		}
		return list, nil
	case nil:
		return nil, fmt.Errorf("null is no value; leave the field out")
	}
	return nil, fmt.Errorf("an object is no value; write a string, a number, true, false or a list")
}

// set gives a field the value that words say.
func (f field) set(words []string) error {
	v := f.value
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if list, ok := v.Addr().Interface().(*[]string); ok {
		*list = nil
		for _, word := range words {
			if f.positional {
				*list = append(*list, word)
			} else {
				*list = append(*list, strings.Split(word, ",")...)
			}
		}
		return nil
	}
	if len(words) != 1 {
		return fmt.Errorf("want one value, got %d", len(words))
	}
	word := words[0]
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(word))
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(word)
		if err != nil {
			return fmt.Errorf("%q is not a time; write 30s or 5m", word)
		}
		v.SetInt(int64(d))
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(word)
	case reflect.Bool:
		switch word {
		case "true", "false":
			v.SetBool(word == "true")
		default:
			return fmt.Errorf("want true or false, got %q", word)
		}
	case reflect.Int:
		x, err := strconv.Atoi(word)
		if err != nil {
			return fmt.Errorf("want a whole number, got %q", word)
		}
		v.SetInt(int64(x))
	case reflect.Uint64:
		x, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return fmt.Errorf("want a whole number >= 0, got %q", word)
		}
		v.SetUint(x)
	case reflect.Float64:
		x, err := strconv.ParseFloat(word, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("want a number, got %q", word)
		}
		v.SetFloat(x)
	default:
		panic(fmt.Sprintf("ask: a field %s of type %v", f.name, v.Type()))
	}
	return nil
}

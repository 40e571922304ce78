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
	"unicode"
)

// questions holds the commands in the order in which they are listed.
var questions = []Question{
	new(Optimum), new(Recover), new(Landscape), new(Hardness), new(Train), new(Prompt), new(Predict), new(Trace), new(Attention), new(Score), new(Reproduce),
}

// Commands returns the names of the commands that questions can be put to.
func Commands() []string {
	var names []string
	for _, q := range questions {
		names = append(names, q.Command())
	}
	return names
}

// New returns the question of a command with the defaults of its fields.
func New(command string) (Question, error) {
	for _, q := range questions {
		if q.Command() != command {
			continue
		}
		q := reflect.New(reflect.TypeOf(q).Elem()).Interface().(Question)
		for _, f := range fieldsOf(q) {
			if text, ok := f.tag.Lookup("default"); ok {
				if err := f.set([]string{text}); err != nil {
					panic(fmt.Sprintf("ask: the default of %s of %s: %v", f.name, command, err))
				}
			}
		}
		return q, nil
	}
	return nil, inputf("command", "there is no command %q; the commands are %s", command, strings.Join(Commands(), ", "))
}

// field is a field of a question. Its name, its help and its default stand in
// the tags of the struct, as package kong of the command line reads them.
type field struct {
	name       string
	tag        reflect.StructTag
	value      reflect.Value
	positional bool // its name is left out on the command line
}

// fieldsOf returns the fields of a question, those of embedded structs among them, in
// their order.
func fieldsOf(q Question) []field { return appendFields(nil, reflect.ValueOf(q).Elem()) }

func appendFields(fields []field, v reflect.Value) []field {
	for i := range v.NumField() {
		t := v.Type().Field(i)
		if t.Anonymous {
			fields = appendFields(fields, v.Field(i))
			continue
		}
		name := t.Tag.Get("name")
		if name == "" {
			name = flagName(t.Name)
		}
		_, positional := t.Tag.Lookup("arg")
		fields = append(fields, field{name, t.Tag, v.Field(i), positional})
	}
	return fields
}

// flagName writes TimeLimit as time-limit.
func flagName(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

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

// given returns the fields of a question that differ from their defaults.
func given(q Question) []field {
	defaults, err := New(q.Command())
	if err != nil {
		panic(err) // a question of this package has a command of this package
	}
	var fields []field
	standard := fieldsOf(defaults)
	for i, f := range fieldsOf(q) {
		empty := f.value.Kind() == reflect.Slice && f.value.Len() == 0
		if !empty && !reflect.DeepEqual(f.value.Interface(), standard[i].value.Interface()) {
			fields = append(fields, f)
		}
	}
	return fields
}

// Canonical returns a question as JSON without white space, defaults left out and
// fields sorted: equal questions have equal texts, however they were written.
func Canonical(q Question) []byte {
	object := map[string]any{"command": q.Command()}
	for _, f := range given(q) {
		object[f.name] = f.json()
	}
	data, err := json.Marshal(object)
	if err != nil {
		panic(err) // field.json gives strings, finite numbers and booleans
	}
	return data
}

// json returns the value of a field as a JSON number or boolean where it is one.
func (f field) json() any {
	v := reflect.Indirect(f.value)
	if list, ok := v.Interface().([]string); ok {
		if f.positional {
			return list
		}
		text := strings.Join(list, ",")
		if x, err := strconv.ParseUint(text, 10, 32); err == nil && strconv.FormatUint(x, 10) == text {
			return x
		}
		return text
	}
	switch v.Kind() {
	case reflect.Int, reflect.Uint64, reflect.Bool:
		return v.Interface()
	case reflect.Float64:
		if x := v.Float(); !math.IsNaN(x) && !math.IsInf(x, 0) {
			return x
		}
	}
	return f.text()
}

// text returns the value of a field as it is written on a command line.
func (f field) text() string { return fmt.Sprint(reflect.Indirect(f.value).Interface()) }

// Value returns the value of a field of a question as it is written on a command line.
func Value(q Question, name string) (text string, ok bool) {
	for _, f := range fieldsOf(q) {
		if f.name != name {
			continue
		}
		if f.value.Kind() == reflect.Pointer && f.value.IsNil() {
			return "", false
		}
		if list, isList := f.value.Interface().([]string); isList {
			return strings.Join(list, ","), true
		}
		return f.text(), true
	}
	return "", false
}

// CommandLine returns the command that gives the answer to a question in a POSIX shell.
func CommandLine(q Question) string {
	line := []string{"markovicl", q.Command()}
	var last []string
	for _, f := range given(q) {
		v := reflect.Indirect(f.value)
		list, isList := v.Interface().([]string)
		switch {
		case f.positional && isList:
			last = append(last, list...)
		case f.positional:
			last = append(last, f.text())
		case v.Kind() == reflect.Bool && v.Bool():
			line = append(line, "--"+f.name)
		case v.Kind() == reflect.Bool:
			line = append(line, "--no-"+f.name)
		default:
			text := f.text()
			if isList {
				text = strings.Join(list, ",")
			}
			if strings.HasPrefix(text, "-") {
				line = append(line, "--"+f.name+"="+quote(text))
			} else {
				line = append(line, "--"+f.name, quote(text))
			}
		}
	}
	if slices.ContainsFunc(last, func(word string) bool { return strings.HasPrefix(word, "-") && word != "-" }) {
		line = append(line, "--")
	}
	for _, word := range last {
		line = append(line, quote(word))
	}
	return strings.Join(line, " ")
}

// quote sets a word in quotes if a shell would read it otherwise.
func quote(word string) string {
	plain := func(r rune) bool {
		return r > 127 || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("-_./:,=+@%^", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

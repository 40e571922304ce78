package ask

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	standard, err := standardOf(command)
	if err != nil {
		return nil, err
	}
	from := reflect.ValueOf(standard).Elem()
	q := reflect.New(from.Type())
	q.Elem().Set(from)
	return q.Interface().(Question), nil
}

// standards holds a question of each command that has its defaults, made when first
// wanted, which nobody changes.
var standards sync.Map

func standardOf(command string) (Question, error) {
	if q, ok := standards.Load(command); ok {
		return q.(Question), nil
	}
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
		standards.Store(command, q)
		return q, nil
	}
	return nil, inputf("command", "there is no command %q; the commands are %s", command, strings.Join(Commands(), ", "))
}

// field is a field of a question. Its name, its help and its default stand in
// the tags of the struct, as package kong of the command line reads them. The tag
// means holds what a field without a default means where it is left out and nothing
// else says otherwise, see field.unsettles.
type field struct {
	name       string
	tag        reflect.StructTag
	index      []int // of its value in the struct
	value      reflect.Value
	positional bool // its name is left out on the command line
}

// layouts holds the fields of each type of question, without their values, as they were
// found when first wanted: many thousands of questions are read by them.
var layouts sync.Map

// HasField reports whether the questions of a command have a field of this name.
func HasField(command, name string) bool {
	q, err := standardOf(command)
	return err == nil && slices.ContainsFunc(fieldsOf(q), func(f field) bool { return f.name == name })
}

// fieldsOf returns the fields of a question, those of embedded structs among them, in
// their order.
func fieldsOf(q Question) []field {
	v := reflect.ValueOf(q).Elem()
	known, ok := layouts.Load(v.Type())
	if !ok {
		known, _ = layouts.LoadOrStore(v.Type(), appendFields(nil, v.Type(), nil))
	}
	fields := slices.Clone(known.([]field))
	for i := range fields {
		fields[i].value = v.FieldByIndex(fields[i].index)
	}
	return fields
}

func appendFields(fields []field, in reflect.Type, index []int) []field {
	for i := range in.NumField() {
		t := in.Field(i)
		at := append(slices.Clone(index), i)
		if t.Anonymous {
			fields = appendFields(fields, t.Type, at)
			continue
		}
		name := t.Tag.Get("name")
		if name == "" {
			name = flagName(t.Name)
		}
		_, positional := t.Tag.Lookup("arg")
		fields = append(fields, field{name: name, tag: t.Tag, index: at, positional: positional})
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

// given returns the fields of a question that differ from their defaults.
func given(q Question) []field {
	defaults, err := standardOf(q.Command())
	if err != nil {
		panic(err) // a question of this package has a command of this package
	}
	var fields []field
	standard := fieldsOf(defaults)
	for i, f := range fieldsOf(q) {
		empty := f.value.Kind() == reflect.Slice && f.value.Len() == 0
		if !empty && !sameValue(f.value, standard[i].value) {
			fields = append(fields, f)
		}
	}
	return fields
}

// sameValue is reflect.DeepEqual, which is slow, of two values of one type.
func sameValue(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint64, reflect.Float64:
		return a.Equal(b)
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// Canonical returns a question as JSON without white space, fields sorted, and what
// would be the same left out: equal questions have equal texts, however they were written.
func Canonical(q Question) []byte {
	object := map[string]any{"command": q.Command()}
	fields := given(q)
	settled := !slices.ContainsFunc(fields, field.unsettles)
	for _, f := range fields {
		if means, ok := f.tag.Lookup("means"); !ok || !settled || f.words() != means {
			object[f.name] = f.json()
		}
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
		text := f.words()
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

// unsettles reports whether a field may make another one mean something else than the
// tag means of that one says where it is left out: it names a file, which may say
// something about everything, or a value to go through, or another kind of task or model,
// which has defaults of its own.
func (f field) unsettles() bool {
	switch f.name {
	case "family", "order":
		return f.words() != f.tag.Get("means")
	case "prior":
		return strings.HasPrefix(f.words(), "kernels:")
	case "p", "model":
		return true
	}
	return f.positional || strings.HasPrefix(f.tag.Get("placeholder"), "FILE") || strings.HasPrefix(f.name, "sweep") ||
		f.name == "fixed" || f.name == "population"
}

// text returns the value of a field as it is written on a command line.
func (f field) text() string { return fmt.Sprint(reflect.Indirect(f.value).Interface()) }

// words is text, the values of a list separated by commas.
func (f field) words() string {
	if list, ok := f.value.Interface().([]string); ok {
		return strings.Join(list, ",")
	}
	return f.text()
}

// Value returns the value of a field of a question as it is written on a command line.
func Value(q Question, name string) (text string, ok bool) {
	for _, f := range fieldsOf(q) {
		if f.name != name {
			continue
		}
		if f.value.Kind() == reflect.Pointer && f.value.IsNil() {
			return "", false
		}
		return f.words(), true
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
			text := f.words()
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

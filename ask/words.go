package ask

import (
	"reflect"
	"slices"
	"strings"
)

// Word is a field of a question and the words that stand for its value.
type Word struct {
	Field string
	Words []string
}

// Words reads the flags and arguments of a command as they stand on its command line,
// without saying what their values mean: `--d 2`, `--d=2`, `--exact`, `--no-dense`, FILE.
// It is the other direction of [CommandLine].
func Words(command string, line []string) ([]Word, error) {
	q, err := New(command)
	if err != nil {
		return nil, err
	}
	fields := fieldsOf(q)
	var words []Word
	var arguments []string
	for len(line) > 0 {
		word := line[0]
		line = line[1:]
		if word == "--" {
			arguments, line = append(arguments, line...), nil
			continue
		}
		name, isFlag := strings.CutPrefix(word, "--")
		if !isFlag {
			arguments = append(arguments, word)
			continue
		}
		name, value, hasValue := strings.Cut(name, "=")
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name && !f.positional })
		if no, ok := strings.CutPrefix(name, "no-"); i < 0 && ok && !hasValue {
			if i = slices.IndexFunc(fields, func(f field) bool { return f.name == no && f.isBool() }); i >= 0 {
				value, hasValue = "false", true
			}
		}
		switch {
		case i < 0:
			return nil, inputf(name, "%s has no `%s`; see its help", command, name)
		case hasValue:
		case fields[i].isBool():
			value = "true"
		case len(line) == 0:
			return nil, inputf(name, "`%s` needs a value", name)
		default:
			value, line = line[0], line[1:]
		}
		words = append(words, Word{fields[i].name, []string{value}})
	}
	if len(arguments) > 0 {
		i := slices.IndexFunc(fields, func(f field) bool { return f.positional })
		if i < 0 {
			return nil, inputf("", "%s takes no argument, got %q", command, arguments[0])
		}
		words = append(words, Word{fields[i].name, arguments})
	}
	return words, nil
}

func (f field) isBool() bool {
	t := f.value.Type()
	return t.Kind() == reflect.Bool || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Bool
}

// Given returns the fields of a question that differ from their defaults, in the words of
// a command line.
func Given(q Question) []Word {
	var words []Word
	for _, f := range given(q) {
		if list, ok := reflect.Indirect(f.value).Interface().([]string); ok {
			words = append(words, Word{f.name, list})
			continue
		}
		words = append(words, Word{f.name, []string{f.text()}})
	}
	return words
}

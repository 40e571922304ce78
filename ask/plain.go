package ask

import (
	"regexp"
	"strings"
	"sync"
)

var (
	// What decoders of JSON and YAML say of the types of the program.
	wrongType = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:json: )?cannot unmarshal (\S+(?: \{\})?)(?: \S+)? into Go (?:struct field \S*|value) of type (\S+(?: \{\})?)`)
	})
	// The package in which an error arose, at the begin or behind what is said about it.
	inPackage = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(^|: )(?:ask|certificate|chainfile|dense|draw|exhibit|figure|hardness|json|landscape|lsa|markov|moment|npz|predict|relax|store|sweep|tensorfile|trace|train|transformer|yaml|zip): `)
	})
)

var kindsOfValues = map[string]string{
	"int": "a whole number", "uint64": "a whole number that is not negative", "float64": "a number", "string": "a text", "bool": "true or false",
	"number": "a number", "array": "a list", "object": "an object", "sequence": "a list", "mapping": "an object",
	"[]float64": "a list of numbers", "[][]float64": "a list of rows of numbers", "[]string": "a list of texts", "[]int": "a list of whole numbers",
}

// plain puts a message into a user's words: no types and no packages of the program.
func plain(message string) string {
	message = wrongType().ReplaceAllStringFunc(message, func(match string) string {
		m := wrongType().FindStringSubmatch(match)
		word := func(name string) string {
			name = strings.TrimLeft(name, "*")
			if w, ok := kindsOfValues[name]; ok {
				return w
			}
			switch {
			case strings.HasPrefix(name, "[]"):
				return "a list"
			case strings.HasPrefix(name, "map["):
				return "an object"
			}
			return "a value of another form"
		}
		return "want " + word(m[2]) + ", got " + word(m[1])
	})
	if rest, ok := strings.CutPrefix(message, "-: "); ok {
		message = "standard input: " + rest
	}
	return inPackage().ReplaceAllString(message, "$1")
}

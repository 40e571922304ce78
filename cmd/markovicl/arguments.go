package main

import (
	"reflect"
	"regexp"

	"github.com/alecthomas/kong"

	"markovicl/ask"
)

var (
	longFlag = regexp.MustCompile(`^--[a-z][a-z0-9-]*$`)
	negative = regexp.MustCompile(`^-[^a-zA-Z-]`)
)

// joinNegatives writes "--d -1" as "--d=-1", and so "--separator ->": every short
// flag is a letter, so the word is a value, and whoever reads the flag says what is
// wrong with it.
func joinNegatives(args []string) []string {
	var joined []string
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			return append(joined, args[i:]...)
		}
		if longFlag.MatchString(args[i]) && i+1 < len(args) && negative.MatchString(args[i+1]) {
			joined = append(joined, args[i]+"="+args[i+1])
			i++
			continue
		}
		joined = append(joined, args[i])
	}
	return joined
}

// plainWords puts what the parser of flags says of its types and tokens into words
// of the command line.
var plainWords = []struct{ from, to string }{
	{`expected \S+ value but got "EOL" \(<EOL>\)`, "a value is missing behind it"},
	{`expected \S+ value but got ("[^"]*") \((short|long) flag\)(; perhaps try .*\?)?`, "a value is missing behind it, before $1"},
	{`expected a valid \d+ bit int but got `, "want a whole number, got "},
	{`expected a valid \d+ bit uint but got `, "want a whole number that is not negative, got "},
	{`expected a float but got ("[^"]*") \([^)]*\)`, "want a number, got $1"},
	{`expected duration but got ("[^"]*")(: .*)?`, "want a time such as 30s or 5m, got $1"},
	{`--format must be one of \S+ but got "(auto|fasta|fastq|json)"`, `--format is that of the answer; say with --file-format $1 how the file is to be read`},
	{`expected "<([a-z]+)>"$`, "the argument $1 is missing"},
	{`^<([a-z]+)> must be one of "(\w+)","(\w+)","(\w+)" but got `, "the argument $1 is one of $2, $3 and $4, got "},
	{`bool value must be true, 1, yes, false, 0 or no but got `, "want true or false, got "},
}

func inPlainWords(message string) string {
	for _, p := range plainWords {
		message = regexp.MustCompile(p.from).ReplaceAllString(message, p.to)
	}
	return message
}

// refuseNothing refuses values that stand for "not given" inside the program.
func refuseNothing(parsed *kong.Context) error {
	var values []*kong.Value
	for _, f := range parsed.Flags() {
		values = append(values, f.Value)
	}
	values = append(values, parsed.Selected().Positional...)
	for _, v := range values {
		if !v.Set || !ask.StandsForNothing(v.Target, v.HasDefault) {
			continue
		}
		name := v.Name
		if v.Flag != nil {
			name = "--" + name
		}
		if kind := v.Target.Kind(); kind == reflect.String || kind == reflect.Slice {
			return badInputf("%s has an empty value; write one, or leave it out", name)
		}
		return badInputf("%s must be positive, got %v; or leave it out", name, v.Target.Interface())
	}
	return nil
}

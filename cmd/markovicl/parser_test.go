package main

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestParserOfOneCommand: the parser of one command says what the parser of all says, in help,
// of what is wrong and of what is meant.
func TestParserOfOneCommand(t *testing.T) {
	options := []kong.Option{kong.Name("markovicl"), kong.Exit(func(int) { panic("exit") }), kong.ConfigureHelp(kong.HelpOptions{Compact: true})}
	says := func(parser *kong.Kong, words []string) (text string) {
		var out bytes.Buffer
		parser.Stdout, parser.Stderr = &out, &out
		defer func() {
			if exits := recover() != nil; exits != (slices.Contains(words, "--help") || slices.Contains(words, "-h")) {
				t.Errorf("%v: gives help: %v", words, exits)
			} else if exits {
				text = out.String()
			}
			if text == "" {
				t.Errorf("%v: nothing is said", words)
			}
		}()
		parsed, err := parser.Parse(words)
		if err != nil {
			return out.String() + err.Error()
		}
		out.WriteString(parsed.Command())
		for _, flag := range parsed.Flags() {
			fmt.Fprintf(&out, "\n%s %v %#v", flag.String(), flag.Set, value(flag.Target))
		}
		for _, argument := range parsed.Selected().Positional {
			fmt.Fprintf(&out, "\n%s %v %#v", argument.Name, argument.Set, value(argument.Target))
		}
		return out.String()
	}
	names := commandNames()
	if len(names) != len(faults) {
		t.Errorf("%d commands, %d that are tried", len(names), len(faults))
	}
	for _, name := range names {
		for _, rest := range []string{"", "--help", "--quiet", "--quite", "--jsn", "--json=5", "--d", "--d x", "--n 3", "a b c", "optimum", "-x", "-h", "--quiet -h", "--over d=1 optimum --d 2"} {
			words := append([]string{name}, strings.Fields(rest)...)
			one, err := newParser(&commands{}, words, options...)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(one.Model.Children); n != 1 && name != "completion" {
				t.Fatalf("%s: %d commands", name, n)
			}
			all, err := kong.New(&commands{}, options...)
			if err != nil {
				t.Fatal(err)
			}
			if alone, among := says(one, words), says(all, words); alone != among {
				t.Errorf("%v: alone\n%s\namong all\n%s", words, alone, among)
			}
		}
	}
}

// value returns what a flag has become; nil for a pointer that is.
func value(target reflect.Value) any {
	if target = reflect.Indirect(target); !target.IsValid() {
		return nil
	}
	return target.Interface()
}

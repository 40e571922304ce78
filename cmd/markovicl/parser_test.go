package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestParserOfOneCommand: the parser of one command says what the parser of all says, in help,
// of what is wrong and of what is meant.
func TestParserOfOneCommand(t *testing.T) {
	options := []kong.Option{kong.Name("markovicl"), kong.Exit(func(int) { panic("exit") }), kong.ConfigureHelp(kong.HelpOptions{Compact: true})}
	all, err := kong.New(&commands{}, options...)
	if err != nil {
		t.Fatal(err)
	}
	says := func(parser *kong.Kong, words []string) (text string) {
		var out bytes.Buffer
		parser.Stdout, parser.Stderr = &out, &out
		for _, node := range append(parser.Model.Children, parser.Model.Node) {
			for _, flag := range node.Flags {
				flag.Set = false // by the line before
			}
			for _, argument := range node.Positional {
				argument.Set = false
			}
		}
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
			out.WriteString("\n" + flag.String() + " " + kong.DefaultHelpValueFormatter(flag.Value))
		}
		return out.String()
	}
	names := commandNames()
	if len(names) != len(faults) {
		t.Errorf("%d commands, %d that are tried", len(names), len(faults))
	}
	for _, name := range names {
		one, err := newParser(&commands{}, []string{name}, options...)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(one.Model.Children); n != 1 && name != "completion" {
			t.Fatalf("%s: %d commands", name, n)
		}
		for _, rest := range []string{"", "--help", "--quiet", "--quite", "--jsn", "--json=5", "--d", "--d x", "--n 3", "a b c", "optimum", "-x", "-h", "--quiet -h", "--over d=1 optimum --d 2"} {
			words := append([]string{name}, strings.Fields(rest)...)
			if alone, among := says(one, words), says(all, words); alone != among {
				t.Errorf("%v: alone\n%s\namong all\n%s", words, alone, among)
			}
		}
	}
}

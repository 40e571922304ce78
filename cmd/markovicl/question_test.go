package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"markovicl/ask"
)

// TestFlagsAreFields holds every flag of a command against the fields of its question:
// the same name, but for the flags that say how an answer is shown and where
// its files go.
func TestFlagsAreFields(t *testing.T) {
	shown := []string{"help", "json", "out", "certificate", "picture", "resume", "program", "jobs"}
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range parser.Model.Children {
		if !slices.Contains(ask.Commands(), node.Name) {
			continue
		}
		names := []string{}
		for _, flag := range node.Flags {
			names = append(names, flag.Name)
		}
		for _, argument := range node.Positional {
			names = append(names, argument.Name)
		}
		for _, name := range names {
			text, _ := json.Marshal(map[string]any{"command": node.Name, name: "?"})
			_, err := ask.Parse(text)
			if isField := err == nil || !strings.Contains(err.Error(), "has no field"); isField == slices.Contains(shown, name) {
				t.Errorf("%s --%s: a field of the question: %v", node.Name, name, isField)
			}
		}
	}
}

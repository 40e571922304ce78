package main

import (
	"encoding/json"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"markovicl/ask"
)

// TestFlagsAreFields holds every flag of a command against the fields of its question:
// the same name, but for the flags that say what is swept, how an answer is shown and where
// its files go.
func TestFlagsAreFields(t *testing.T) {
	shown := []string{"help", "verbose", "json", "csv", "out", "certificate", "picture", "resume", "program", "jobs", "over", "plot", "format"}
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, node := range parser.Model.Children {
		commands = append(commands, node.Name)
	}
	for _, command := range ask.Commands() {
		if !slices.Contains(commands, command) {
			t.Errorf("the command line has no command %s", command)
		}
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

// TestPlaceholders: what stands behind the = of a flag in its help is its default, or in
// capitals what to write.
func TestPlaceholders(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	// Defaults that the program finds for itself.
	own := []string{"lsa", "64", "3", "2", "identity", "0", "default", "learned"}
	for _, node := range parser.Model.Children {
		for _, flag := range node.Flags {
			p := flag.PlaceHolder
			isDefault := p == "" || p == flag.Default || p == flag.Tag.Get("means") || slices.Contains(own, p)
			if flag.Tag.Get("means") == "1e-08" {
				isDefault = isDefault || p == "1e-8"
			}
			if first := strings.TrimLeft(p, "[("); !isDefault && (first == "" || first[0] < 'A' || first[0] > 'Z') && !strings.HasPrefix(p, "postgres://USER") {
				t.Errorf("%s --%s=%s: neither the default nor a word in capitals", node.Name, flag.Name, p)
			}
		}
	}
}

// TestCommandLineAsksTheSame reads the command line of a question as a shell and the program
// do: it is the same question.
func TestCommandLineAsksTheSame(t *testing.T) {
	for _, text := range []string{
		`{"command":"optimum"}`,
		`{"command":"optimum","d":3,"n":[1,10,"inf"],"prior":"beta:2,5","bias":false,"exact":true}`,
		`{"command":"optimum","sweep-p":"0.1:0.9:0.1","seed":18446744073709551615}`,
		`{"command":"recover","time-limit":"90s","starts":7,"level":1}`,
		`{"command":"recover","x":"it's [ 1, 2 ] $HOME.csv","proof":true}`,
		`{"command":"landscape","d":2,"at":"-1,0,1"}`,
		`{"command":"hardness","inside":"a b.csv","outside":"-","nodes":5}`,
		`{"command":"train","layers":2,"lr":1e-3,"population":true,"dense":false,"seeds":3}`,
		`{"command":"prompt","index":3}`,
		`{"command":"predict","file":"--odd name.fa","d":3,"n":50,"prior":"fit","evaluate":true,"predictors":["bayes","svm"]}`,
		`{"command":"trace","random":3,"pareto":true,"box":0.5}`,
		`{"command":"score","params":"p.npz"}`,
		`{"command":"reproduce","item":["fig3","thm3.3"],"quick":true}`,
	} {
		q, err := ask.Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		line := ask.CommandLine(q)
		args, err := exec.Command("sh", "-c", "set -- "+strings.TrimPrefix(line, "markovicl ")+`; printf '%s\n' "$@"`).Output()
		if err != nil {
			t.Fatal(err)
		}
		parser, err := kong.New(&commands{})
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Split(strings.TrimSuffix(string(args), "\n"), "\n")
		if q.Command() == "reproduce" {
			words = append(words, "--out", "out")
		}
		parsed, err := parser.Parse(words)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if again := questionOf(parsed.Selected().Target); string(ask.Canonical(again)) != string(ask.Canonical(q)) {
			t.Errorf("%s\nasks %s\nwant %s", line, ask.Canonical(again), ask.Canonical(q))
		}
	}
}

// questionOf returns the question in the struct of a command.
func questionOf(command reflect.Value) ask.Question {
	for i := range command.NumField() {
		if q, ok := command.Field(i).Addr().Interface().(ask.Question); ok {
			return q
		}
	}
	return nil
}

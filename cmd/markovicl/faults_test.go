package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// faulty says how a command is tried. In its arguments FILE stands for a file that it
// reads, OUT for a file or folder that it writes, HERE for the folder in which it is tried,
// EXAMPLES for that of example data, MODEL for a small transformer, and SILENT for the address of a server that
// never says anything.
type faulty struct {
	reads  []string // command lines that read FILE
	writes []string // that write OUT, a file, perhaps with an ending
	fills  []string // that write into OUT, a folder
	quick  []string // that answer soon, one for each kind of answer
	long   []string // that take until they are interrupted
	served bool     // an interrupt is what ends it: exit code 0, and no answer in JSON
}

const (
	points     = "--inside EXAMPLES/inside.csv --outside EXAMPLES/outside.csv"
	training   = "--d 1 --steps 2 --batch 5 --eval-prompts 5"
	attending  = "--params MODEL --d 1 --n 4"
	evaluating = "--simulate --evaluate --d 1 --predictors bayes,bigram"
)

// faults has a line for every command. What all commands with a task share is tried with
// optimum.
var faults = map[string]faulty{
	"optimum": {
		reads:  []string{"--task FILE", "--prior kernels:FILE", "--family regression --covariance FILE", "--form FILE", "--prompt-file FILE"},
		writes: []string{"--d 1 --plot OUT.svg", "--over d=1,2 --plot OUT.pdf"},
		fills:  []string{"--d 1 --exact --out OUT"},
		quick:  []string{"--d 1 --n 5,10", "--d 1 --exact --floor", "--over d=1,2", "--d 1 --format latex"},
		long:   []string{"--d 6 --sweep-p 0.001:0.999:0.0001 --floor --contexts 1000000", "--over seed=1..400 --d 6 --floor --contexts 1000000"},
	},
	"recover": {
		reads:  []string{"--x FILE", "--x FILE --proof", "--verify FILE", "--form FILE"},
		writes: []string{"--d 2 --certificate OUT", "--d 1 --picture OUT.svg", "--d 1 --plot OUT.png"},
		quick:  []string{"--d 1", "--x X", "--over d=1,2"},
		long:   []string{"--d 3 --starts 100000000", "--over d=3,4 --starts 100000000"},
	},
	"landscape": {
		reads: []string{"--task FILE"},
		quick: []string{"--d 1 --starts 3", "--d 1 --at 1,2"},
		long:  []string{"--d 4 --starts 100000000"},
	},
	"hardness": {
		reads: []string{"--inside FILE --outside EXAMPLES/outside.csv", "--inside EXAMPLES/inside.csv --outside FILE",
			"--matrix FILE --weights EXAMPLES/inside.csv", "--matrix EXAMPLES/inside.csv --weights FILE"},
		writes: []string{points + " --program OUT"},
		quick:  []string{points, "--matrix EXAMPLES/inside.csv --weights EXAMPLES/inside.csv --starts 3"},
		long:   []string{"--matrix EXAMPLES/inside.csv --weights EXAMPLES/inside.csv --starts 100000000"},
	},
	"train": {
		reads:  []string{"--config FILE", "--init FILE"},
		writes: []string{training + " --plot OUT.tex"},
		fills:  []string{training + " --out OUT"},
		quick:  []string{training, "--over layers=1,2 " + training},
		long:   []string{"--steps 100000000", "--model gpt2-tiny --steps 100000000", "--over layers=1,2 --steps 100000000"},
	},
	"prompt": {reads: []string{"--task FILE"}, quick: []string{"--d 1 --n 3"}},
	"predict": {
		reads:  []string{"FILE", "--simulate --params FILE"},
		writes: []string{evaluating + " --prompts 5 --plot OUT.svg"},
		quick: []string{"--simulate", evaluating + " --prompts 5", "EXAMPLES/collatz.csv --transitions", "EXAMPLES/collatz.csv --each --predictors bayes",
			"--over n=5,6 --prompts 5 " + evaluating},
		long: []string{"--prompts 100000000 " + evaluating, "--over n=5,6 --prompts 100000000 " + evaluating},
	},
	"trace": {
		reads: []string{"FILE --random 1", "--params FILE"},
		fills: []string{"--random 1 --prompts 5 --out OUT"},
		quick: []string{"--random 1 --prompts 5"},
		long:  []string{"--random 5 --d 5 --prompts 100000000"},
	},
	"score": {
		reads: []string{"--params FILE", "--x FILE"},
		quick: []string{"--x X --d 1 --prompts 100"},
		long:  []string{"--x X --d 1 --prompts 2000000000"},
	},
	"attention": {
		reads: []string{"--params FILE"},
		fills: []string{attending + " --prompts 2 --permutations 3 --out OUT"},
		quick: []string{attending + " --prompts 2 --permutations 3"},
		long:  []string{attending + " --prompts 300000 --permutations 99"},
	},
	"reproduce":  {fills: []string{"plain --out OUT"}, quick: []string{"plain --out quick", "plain --out quick --verbose"}, long: []string{"patient --out long"}},
	"schema":     {quick: []string{"optimum"}},
	"version":    {quick: []string{""}},
	"completion": {quick: []string{"bash"}},
	"sweep": {
		reads: []string{"FILE --out HERE/grid"},
		fills: []string{"--over d=1,2 optimum --out OUT", "--over d=1,2 optimum --plot x=d y=loss --out OUT"},
		quick: []string{"--over d=1,2 optimum --out grid"},
		long:  []string{"--over seed=1..400 optimum --d 6 --floor --contexts 1000000 --out long"},
	},
	"worker": {long: []string{"--db postgres://nobody@SILENT/none"}, served: true},
	"serve":  {long: []string{"--addr 127.0.0.1:0 --cache kept"}, served: true},
	"site":   {fills: []string{"--out OUT"}},
}

// each calls try for every command line that pick takes from the table, two beside each
// other on two processors.
func each(t *testing.T, pick func(faulty) []string, try func(t *testing.T, command, args string)) {
	for command, f := range faults {
		for _, args := range pick(f) {
			t.Run(strings.NewReplacer("/", "|", " ", "_").Replace(command+" "+args), func(t *testing.T) {
				t.Parallel()
				try(t, command, args)
			})
		}
	}
}

// quick picks the command lines that answer soon.
func quick(f faulty) []string { return f.quick }

// TestEveryCommandIsTried holds the table against the commands that there are and the
// files that they take.
func TestEveryCommandIsTried(t *testing.T) {
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range parser.Model.Children {
		f, ok := faults[node.Name]
		if !ok {
			t.Errorf("no fault is tried on %s", node.Name)
		}
		lines := strings.Join(slices.Concat(f.reads, f.writes, f.fills, f.long), " ")
		for _, flag := range node.Flags {
			file := strings.Contains(flag.PlaceHolder, "FILE") || strings.Contains(flag.PlaceHolder, "DIR") || strings.HasSuffix(flag.PlaceHolder, ".csv")
			if shared := flag.Group != nil && flag.Group.Key == "Task" && node.Name != "optimum"; file && !shared && !strings.Contains(lines, "--"+flag.Name+" ") {
				t.Errorf("no fault is tried on the file of %s --%s", node.Name, flag.Name)
			}
		}
	}
}

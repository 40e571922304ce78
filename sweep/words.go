package sweep

import (
	"io"
	"strings"

	"markovicl/ask"
)

// lineFlags are the flags of the command sweep, which it has before COMMAND and after it, and
// whether they take a value.
var lineFlags = map[string]bool{
	"over": true, "out": true, "shard": true, "workers": true, "memory": true, "plot": true, "db": true, "name": true,
	"retry-failed": false, "json": false, "help": false, "quiet": false,
}

// Line puts, of the command line sweep .. COMMAND .., the flags of sweep before COMMAND,
// wherever they stand, and the words of a plot together. A command line that begins with
// --over is one of sweep; others come back as they are.
func Line(args []string) []string {
	switch {
	case len(args) > 0 && args[0] == "sweep":
		args = args[1:]
	case len(args) > 0 && flagOf(args[0]) == "over":
	default:
		return args
	}
	own := []string{"sweep"}
	var rest []string
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		if word == "--" {
			rest = append(append(rest, word), args...)
			break
		}
		name := flagOf(word)
		takes, isOwn := lineFlags[name]
		if !isOwn {
			rest = append(rest, word)
			continue
		}
		own = append(own, word)
		if takes && !strings.Contains(word, "=") && len(args) > 0 {
			own = append(own, args[0])
			args = args[1:]
		}
		for name == "plot" && len(args) > 0 && IsPlotWord(args[0]) {
			own[len(own)-1] += " " + args[0]
			args = args[1:]
		}
	}
	return append(own, rest...)
}

// flagOf returns the name of the flag that a word is, with or without a value.
func flagOf(word string) string {
	name, isFlag := strings.CutPrefix(word, "--")
	if !isFlag {
		return ""
	}
	name, _, _ = strings.Cut(name, "=")
	return name
}

// NewGrid returns the grid of a command with its flags, the words of a command line, over
// values of flags, NAME=VALUES each, the first slowest.
func NewGrid(over, command []string) (*Grid, error) {
	g := &Grid{Command: command[0]}
	words, err := ask.Words(g.Command, command[1:])
	if err != nil {
		return nil, err
	}
	for _, w := range words {
		g.Flags = append(g.Flags, Setting{Name: w.Field, Words: w.Words})
	}
	return g, g.sweep(over)
}

// sweep adds the flags that are swept, NAME=VALUES each, and checks the grid.
func (g *Grid) sweep(over []string) error {
	for _, o := range over {
		name, values, ok := strings.Cut(o, "=")
		if !ok || name == "" {
			return badf("over", "`over` %q: write NAME=VALUES, for example d=1..4", o)
		}
		list, err := ParseValues(values)
		if err != nil {
			return badf("over", "`over` %s: %w", name, err)
		}
		g.Over = append(g.Over, Axis{Name: strings.TrimPrefix(name, "--"), Values: list})
	}
	return g.Check()
}

// ReadGrid reads the grid of a file, a GRID.yaml.
func ReadGrid(name string, open func(name string) (io.ReadCloser, error)) (*Grid, error) {
	file, err := open(name)
	if err != nil {
		return nil, badf("", "%w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, badf("", "%w", err)
	}
	g, err := ParseGrid(data)
	if err != nil {
		return nil, badf("", "%s: %w", name, err)
	}
	return g, nil
}

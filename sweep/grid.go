package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"markovicl/ask"
)

// Grid is a command with flags, some of them at several values. Where the value of a flag
// has the name of a swept one in braces, as in start: "correlated:{q},{g},{g}", its value
// stands there; a name that is used so need not be one of a flag.
type Grid struct {
	Command string    `json:"command"`
	Flags   []Setting `json:"flags,omitempty"`
	Over    []Axis    `json:"over"`
}

// Setting is a flag and its value, as the words that stand for it on a command line.
type Setting struct {
	Name  string   `json:"name"`
	Words []string `json:"words"`
}

// Axis is a flag that is swept and its values.
type Axis struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// MaxQuestions bounds the questions of one grid.
const MaxQuestions = 10_000_000

// Len returns the number of questions.
func (g *Grid) Len() int {
	n := 1
	for _, a := range g.Over {
		n *= len(a.Values)
	}
	return n
}

// Names returns the names of the swept flags.
func (g *Grid) Names() []string {
	var names []string
	for _, a := range g.Over {
		names = append(names, a.Name)
	}
	return names
}

// Point returns the values of the swept flags in question i, the first flag slowest.
func (g *Grid) Point(i int) []string {
	point := make([]string, len(g.Over))
	for k := len(g.Over) - 1; k >= 0; k-- {
		values := g.Over[k].Values
		point[k] = values[i%len(values)]
		i /= len(values)
	}
	return point
}

// describe names question i by its point.
func (g *Grid) describe(i int) string {
	var b strings.Builder
	for k, value := range g.Point(i) {
		if k > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s = %s", g.Over[k].Name, value)
	}
	return fmt.Sprintf("question %d of the grid (%s)", i+1, b.String())
}

// Question returns question i, i from 0. Its error names the row of the grid.
func (g *Grid) Question(i int) (ask.Question, error) {
	point := g.Point(i)
	var b bytes.Buffer
	b.WriteString(`{"command":`)
	b.Write(text(g.Command))
	for _, f := range g.Flags {
		b.WriteByte(',')
		b.Write(text(f.Name))
		b.WriteByte(':')
		if len(f.Words) == 1 {
			b.Write(text(g.filled(f.Words[0], point)))
			continue
		}
		b.WriteByte('[')
		for k, word := range f.Words {
			if k > 0 {
				b.WriteByte(',')
			}
			b.Write(text(g.filled(word, point)))
		}
		b.WriteByte(']')
	}
	for k, value := range point {
		if name := g.Over[k].Name; !g.isVariable(name) {
			b.WriteByte(',')
			b.Write(text(name))
			b.WriteByte(':')
			b.Write(text(value))
		}
	}
	b.WriteByte('}')
	q, err := ask.Parse(b.Bytes())
	if err != nil {
		return nil, atRow(err, g.describe(i))
	}
	return q, nil
}

// filled puts the values of swept flags in the place of their names in braces.
func (g *Grid) filled(word string, point []string) string {
	if !strings.Contains(word, "{") {
		return word
	}
	for k, value := range point {
		word = strings.ReplaceAll(word, "{"+g.Over[k].Name+"}", value)
	}
	return word
}

// isVariable reports whether what is swept is no flag itself, only a name in braces.
func (g *Grid) isVariable(name string) bool {
	inBraces := func(word string) bool { return strings.Contains(word, "{"+name+"}") }
	return slices.ContainsFunc(g.Flags, func(f Setting) bool { return slices.ContainsFunc(f.Words, inBraces) }) && !ask.HasField(g.Command, name)
}

func text(s string) []byte {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string is always JSON
	}
	return data
}

// atRow says which question of the grid an error is about.
func atRow(err error, row string) error {
	field := ""
	if own, ok := errors.AsType[*ask.Error](err); ok {
		field = own.Field
	}
	return &ask.Error{Kind: ask.Input, Field: field, Message: row + ": " + err.Error(), Err: err}
}

// badf is an error of a grid.
func badf(field, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &ask.Error{Kind: ask.Input, Field: field, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Check returns an error if the grid is none: no such command, a flag without values or
// given twice, a value that cannot be read, or two that are the same question. What
// only the combination of values makes wrong is a failure of that question.
func (g *Grid) Check() error {
	if _, err := ask.New(g.Command); err != nil {
		return err
	}
	if g.Command == "reproduce" {
		return badf("command", "reproduce is a sweep of its own; run markovicl reproduce")
	}
	if len(g.Over) == 0 {
		return badf("over", "`over` names no flag; a grid is swept over one flag at least, such as over: {d: [1, 2, 3]}")
	}
	seen := map[string]bool{}
	for _, f := range g.Flags {
		if seen[f.Name] {
			return badf(f.Name, "`%s` is given twice", f.Name)
		}
		seen[f.Name] = true
	}
	total := big.NewInt(1)
	for _, a := range g.Over {
		if seen[a.Name] {
			return badf(a.Name, "`%s` is given twice; a flag is swept or has one value", a.Name)
		}
		seen[a.Name] = true
		if len(a.Values) == 0 {
			return badf(a.Name, "`over` gives `%s` no value", a.Name)
		}
		total.Mul(total, big.NewInt(int64(len(a.Values))))
	}
	if total.Cmp(big.NewInt(MaxQuestions)) > 0 {
		return badf("over", "the grid has %s questions; the most is %d", total, MaxQuestions)
	}
	stride := g.Len()
	for _, a := range g.Over {
		stride /= len(a.Values)
		values := map[string]string{}
		for k, value := range a.Values {
			q, err := g.Question(k * stride)
			if err != nil {
				return err
			}
			same := string(ask.Canonical(q))
			if other, ok := values[same]; ok {
				return badf(a.Name, "`over` gives `%s` the same value twice, %s and %s", a.Name, other, value)
			}
			values[same] = value
		}
	}
	return nil
}

// equal reports whether two grids are the same questions in the same order.
func (g *Grid) equal(o *Grid) bool {
	return g.Command == o.Command &&
		slices.EqualFunc(g.Flags, o.Flags, func(a, b Setting) bool { return a.Name == b.Name && slices.Equal(a.Words, b.Words) }) &&
		slices.EqualFunc(g.Over, o.Over, func(a, b Axis) bool { return a.Name == b.Name && slices.Equal(a.Values, b.Values) })
}

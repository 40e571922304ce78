package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"markovicl/ask"
)

// Grid is a command with flags, some of them at several values.
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
	var b bytes.Buffer
	b.WriteString(`{"command":`)
	b.Write(text(g.Command))
	for _, f := range g.Flags {
		b.WriteByte(',')
		b.Write(text(f.Name))
		b.WriteByte(':')
		if len(f.Words) == 1 {
			b.Write(text(f.Words[0]))
		} else {
			list, err := json.Marshal(f.Words)
			if err != nil {
				return nil, err
			}
			b.Write(list)
		}
	}
	for k, value := range g.Point(i) {
		b.WriteByte(',')
		b.Write(text(g.Over[k].Name))
		b.WriteByte(':')
		b.Write(text(value))
	}
	b.WriteByte('}')
	q, err := ask.Parse(b.Bytes())
	if err != nil {
		return nil, atRow(err, g.describe(i))
	}
	return q, nil
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

// ParseValues reads the values of a swept flag as they stand on a command line:
//
//	1,10,inf            values separated by commas
//	beta:1,1;beta:2,5   values that contain commas, separated by ;
//	1..10               whole numbers, both ends included
//	0.1:0.9:0.1         FROM:TO:STEP, in exact steps, both ends included
func ParseValues(text string) ([]string, error) {
	separator := ","
	if strings.Contains(text, ";") {
		separator = ";"
	}
	var values []string
	for _, word := range strings.Split(text, separator) {
		word = strings.TrimSpace(word)
		if word == "" {
			if separator == ";" {
				continue // one value with a comma is written with a ; at its end
			}
			return nil, fmt.Errorf("%q has an empty value", text)
		}
		more, err := expand(word)
		if err != nil {
			return nil, err
		}
		if values = append(values, more...); len(values) > MaxQuestions {
			return nil, fmt.Errorf("%q has more than %d values", text, MaxQuestions)
		}
	}
	return values, nil
}

// expand writes out a range.
func expand(word string) ([]string, error) {
	if from, to, ok := strings.Cut(word, ".."); ok {
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		switch {
		case err1 != nil || err2 != nil:
			return []string{word}, nil // such as a path
		case first > last || last-first >= MaxQuestions:
			return nil, fmt.Errorf("%q is not a range; write FROM..TO, for example 1..100", word)
		}
		var values []string
		for i := first; i <= last; i++ {
			values = append(values, strconv.Itoa(i))
		}
		return values, nil
	}
	parts := strings.Split(word, ":")
	if len(parts) != 3 {
		return []string{word}, nil
	}
	var x [3]*big.Rat
	for i, part := range parts {
		var ok bool
		if x[i], ok = new(big.Rat).SetString(part); !ok {
			return []string{word}, nil
		}
	}
	from, to, step := x[0], x[1], x[2]
	if step.Sign() <= 0 || from.Cmp(to) > 0 {
		return nil, fmt.Errorf("%q is not a range; write FROM:TO:STEP with a step > 0, for example 0.1:0.9:0.1", word)
	}
	if count := new(big.Rat).Quo(new(big.Rat).Sub(to, from), step); count.Cmp(big.NewRat(MaxQuestions, 1)) >= 0 {
		return nil, fmt.Errorf("%q has more than %d values", word, MaxQuestions)
	}
	var values []string
	for v := new(big.Rat).Set(from); v.Cmp(to) <= 0; v.Add(v, step) {
		values = append(values, decimal(v))
	}
	return values, nil
}

// decimal writes a fraction exactly: as a decimal where it is one.
func decimal(v *big.Rat) string {
	if v.IsInt() {
		return v.Num().String()
	}
	if digits, exact := v.FloatPrec(); exact && digits < 30 {
		return v.FloatString(digits)
	}
	return v.String()
}

// ParseGrid reads a grid from YAML:
//
//	command: optimum
//	flags: {prior: "beta:2,5", exact: true}
//	over:
//	  d: 1..10
//	  n: [1, 10, inf]
//
// The order of what stands under over is that of the grid. A list holds one value an
// entry; a text is read as on the command line ([ParseValues]). Errors name the line.
func ParseGrid(data []byte) (*Grid, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, badf("", "the grid is not YAML: %w", err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, badf("", "a grid is one YAML document with `command`, `flags` and `over`")
	}
	entries, err := mapping(file.Docs[0].Body)
	if err != nil {
		return nil, err
	}
	g := &Grid{}
	for _, e := range entries {
		switch name := e.Key.GetToken().Value; name {
		case "command":
			words, err := scalar(e.Value)
			if err != nil {
				return nil, err
			}
			g.Command = words
		case "flags":
			if err := g.parseFlags(e.Value); err != nil {
				return nil, err
			}
		case "over":
			if err := g.parseOver(e.Value); err != nil {
				return nil, err
			}
		default:
			return nil, atLine(e.Key, fmt.Errorf("a grid has no %q; it has `command`, `flags` and `over`", name))
		}
	}
	return g, g.Check()
}

func (g *Grid) parseFlags(node ast.Node) error {
	entries, err := mapping(node)
	if err != nil {
		return err
	}
	for _, e := range entries {
		words, err := sequence(e.Value)
		if err != nil {
			return err
		}
		g.Flags = append(g.Flags, Setting{e.Key.GetToken().Value, words})
	}
	return nil
}

func (g *Grid) parseOver(node ast.Node) error {
	entries, err := mapping(node)
	if err != nil {
		return err
	}
	for _, e := range entries {
		values, err := sequence(e.Value)
		if err == nil && e.Value.Type() != ast.SequenceType {
			values, err = ParseValues(values[0])
		}
		if err != nil {
			return atLine(e.Value, err)
		}
		g.Over = append(g.Over, Axis{e.Key.GetToken().Value, values})
	}
	return nil
}

func mapping(node ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, atLine(node, errors.New("want names with values, such as d: [1, 2, 3]"))
}

// sequence returns a list, or a single value as a list of one.
func sequence(node ast.Node) ([]string, error) {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		word, err := scalar(node)
		return []string{word}, err
	}
	var words []string
	for _, entry := range list.Values {
		word, err := scalar(entry)
		if err != nil {
			return nil, err
		}
		words = append(words, word)
	}
	return words, nil
}

// scalar returns a value as it is written: 0.1 stays the decimal 0.1.
func scalar(node ast.Node) (string, error) {
	switch node.Type() {
	case ast.StringType, ast.IntegerType, ast.FloatType, ast.BoolType, ast.InfinityType:
		return node.GetToken().Value, nil
	}
	return "", atLine(node, errors.New("want one value: a text, a number, true or false"))
}

func atLine(node ast.Node, err error) error {
	if _, ok := errors.AsType[*ask.Error](err); ok {
		return err
	}
	at := node.GetToken().Position
	return badf("", "line %d, column %d of the grid: %w", at.Line, at.Column, err)
}

// equal reports whether two grids are the same questions in the same order.
func (g *Grid) equal(o *Grid) bool {
	return g.Command == o.Command &&
		slices.EqualFunc(g.Flags, o.Flags, func(a, b Setting) bool { return a.Name == b.Name && slices.Equal(a.Words, b.Words) }) &&
		slices.EqualFunc(g.Over, o.Over, func(a, b Axis) bool { return a.Name == b.Name && slices.Equal(a.Values, b.Values) })
}

package sweep

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"markovicl/ask"
)

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

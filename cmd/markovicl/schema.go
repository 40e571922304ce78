package main

import (
	"fmt"
	"reflect"

	"markovicl/ask"
	"markovicl/ask/schema"
	"markovicl/ask/text"
	"markovicl/sweep"
)

type schemaCmd struct {
	Command string `arg:"" help:"The command whose answer is described."`
}

func (schemaCmd) Help() string {
	return `Example: markovicl schema optimum

Prints the JSON Schema of what the command prints with --json.`
}

func (c *schemaCmd) Run(a *app) error {
	if c.Command == "sweep" {
		return a.writeJSON(schema.Describe("sweep", reflect.TypeFor[sweep.Summary]()))
	}
	s, err := schema.Of(c.Command)
	if err != nil {
		return err
	}
	return a.writeJSON(s)
}

type versionCmd struct {
	JSON bool `name:"json" help:"Print one JSON object and nothing else."`
}

func (versionCmd) Help() string {
	return `Example: markovicl version

What a bug report needs: the version, the build and the arithmetic. Answers have the same bytes for
one of these, and agree to 1e-9 between them.`
}

func (c *versionCmd) Run(a *app) error {
	v := ask.ThisProgram()
	if c.JSON {
		return a.writeJSON(v)
	}
	lines := text.NewParagraphs(a.stdout)
	_, err := fmt.Fprintf(lines, "markovicl %s\n%s, %s, kernels: %s\n", v.Version, v.Go, v.Platform, v.Kernels)
	return err
}

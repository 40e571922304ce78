package main

import (
	"errors"

	"markovicl/ask"
	"markovicl/internal/atomicfile"
	"markovicl/paper"
)

type attentionCmd struct {
	ask.Attention
	Out  string `placeholder:"DIR" help:"Write the maps of one prompt to this folder: attention.csv, and as pictures (attention.svg, .png: every layer; heads.svg, .png: every head)."`
	JSON bool   `name:"json" help:"Print one JSON object and nothing else."`
}

func (attentionCmd) Help() string {
	return `Example: markovicl attention --params run/params.safetensors --groups 2 --n 40 --out maps

A prompt is made of groups of chains, each group with a kernel of its own, in random order. For every layer and
head the table has the attention between chains of one group and of two (from the token at which a label is
predicted to the tokens of another chain), and the rank correlation of attention with the similarity of the
chains, with the share of relabelings that reach it (Mantel's test); an untrained model of the same shape
stands beside it.`
}

func (c *attentionCmd) Run(a *app) error {
	if c.Out != "" { // fail now rather than after the work
		if err := atomicfile.CheckFolder(c.Out); err != nil {
			return badInput(err)
		}
	}
	given, err := a.ask(&c.Attention)
	if err != nil {
		return err
	}
	answer := given.(ask.AttentionAnswer)
	var failed error
	if c.Out != "" {
		s := answer.Study()
		_, failed = writeFigures(c.Out, "attention", paper.AttentionMaps(s, "attention"), paper.AttentionPlot(s, "attention", false), paper.AttentionPlot(s, "heads", true))
	}
	return errors.Join(a.show(&c.Attention, answer, c.JSON), failed)
}

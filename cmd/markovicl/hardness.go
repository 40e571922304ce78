package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"markovicl/ask"
	"markovicl/hardness"
	"markovicl/internal/atomicfile"
)

type hardnessCmd struct {
	ask.Hardness
	Program string `placeholder:"FILE" help:"Also write the bilinear program to this file, as JSON with exact numbers."`
	JSON    bool   `name:"json" help:"Print one JSON object and nothing else."`
}

func (hardnessCmd) Help() string {
	return `Example: markovicl hardness --inside A.csv --outside B.csv

Are there two planes such that every inside point x has w'x >= gamma+1 for both, and every outside point
w'x <= gamma-1 for at least one? The question, which is NP-complete, is reduced to a bilinear program over
transformer-shaped variables (b, A) and that program is solved exactly: its minimum is 0 if and only if
the answer is yes.`
}

func (c *hardnessCmd) Run(a *app) error {
	if c.Program != "" {
		if err := atomicfile.Check(c.Program); err != nil {
			return badInput(err)
		}
	}
	given, err := a.ask(&c.Hardness)
	if given == nil {
		return err
	}
	answer := given.(ask.HardnessAnswer)
	if c.Program != "" {
		files, failed := answer.Files()
		if failed == nil {
			failed = atomicfile.Write(c.Program, files[0].Data)
		}
		err = errors.Join(err, failed)
	}
	if c.JSON {
		return errors.Join(err, a.writeJSON(answer))
	}
	a.answered = true
	return errors.Join(err, printHardness(a, &answer))
}

func printHardness(a *app, answer *ask.HardnessAnswer) error {
	s, d := answer.Separation(), answer.Decision()
	w := a.stdout
	fmt.Fprintf(w, "%d inside and %d outside points in %d dimensions\n", len(s.Inside), len(s.Outside), s.Dim)
	fmt.Fprintf(w, "bilinear program: d = %d, m = %d, %d variables, %d constraints\n", d.Program.D, d.Program.M, d.Program.Variables, d.Program.Constraints)
	switch d.Separable {
	case hardness.Yes:
		fmt.Fprintln(w, "separable: the minimum is 0, and these planes pass the check against every point")
		for i, p := range d.Planes {
			var terms []string
			for _, w := range append(slices.Clone(p.W), p.Gamma) {
				f, exact := w.Float64()
				if exact {
					terms = append(terms, strconv.FormatFloat(f, 'g', -1, 64))
				} else {
					terms = append(terms, w.RatString())
				}
			}
			n := len(p.W)
			fmt.Fprintf(w, "  plane %d: w = (%s), gamma = %s\n", i+1, strings.Join(terms[:n], ", "), terms[n])
		}
	case hardness.No:
		fmt.Fprint(w, "not separable: ")
		if m := d.Result.Minimum(); m != nil {
			fmt.Fprintf(w, "the minimum is %s, proved with %d nodes\n", m.RatString(), d.Result.Nodes)
		} else {
			fmt.Fprintf(w, "the minimum is at least %s, proved with %d nodes\n", d.Result.Lower.RatString(), d.Result.Nodes)
		}
	}
	return nil
}

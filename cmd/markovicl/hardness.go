package main

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"markovicl/hardness"
	"markovicl/internal/atomicfile"
)

type hardnessCmd struct {
	Inside  string `required:"" placeholder:"A.csv" help:"Points that both planes keep, one a line, coordinates separated by commas."`
	Outside string `required:"" placeholder:"B.csv" help:"Points of which each must be cut off by at least one plane."`
	Decide  bool   `help:"Stop as soon as it is known whether the points are separable, without proving a positive minimum."`
	Nodes   int    `default:"200000" help:"Budget of linear programs while branching."`
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

// hardnessAnswer is the command's JSON. A number is null where it is not
// proved.
type hardnessAnswer struct {
	Separable    hardness.Answer `json:"separable"`
	Minimum      *float64        `json:"minimum"`
	MinimumExact *big.Rat        `json:"minimum_exact"`
	LowerBound   *float64        `json:"lower_bound"`
	UpperBound   *float64        `json:"upper_bound"`
	Planes       []hardnessPlane `json:"planes"`
	Program      hardness.Sizes  `json:"program"`
	Status       hardness.Status `json:"status"`
	Nodes        int             `json:"nodes"`
}

// hardnessPlane is {x : w'x = gamma}. The numbers are exact as they stand, and
// pass the check as they stand; if no float64 values do (points whose
// coordinates differ by many orders of magnitude), they are rounded or null and
// the exact fractions come with them.
type hardnessPlane struct {
	W          []*float64 `json:"w"`
	Gamma      *float64   `json:"gamma"`
	WExact     []*big.Rat `json:"w_exact,omitempty"`
	GammaExact *big.Rat   `json:"gamma_exact,omitempty"`
}

func newHardnessPlane(p hardness.Plane) hardnessPlane {
	plane := hardnessPlane{W: make([]*float64, len(p.W)), Gamma: finite(p.Gamma)}
	_, exact := p.Gamma.Float64()
	for j, w := range p.W {
		plane.W[j] = finite(w)
		_, ok := w.Float64()
		exact = exact && ok
	}
	if !exact {
		plane.WExact, plane.GammaExact = p.W, p.Gamma
	}
	return plane
}

// finite rounds to float64; nil is unknown or too large.
func finite(x *big.Rat) *float64 {
	if x == nil {
		return nil
	}
	f, _ := x.Float64()
	if math.IsInf(f, 0) {
		return nil
	}
	return &f
}

func (c *hardnessCmd) Run(a *app) error {
	if c.Nodes < 1 {
		return badInputf("--nodes must be at least 1, got %d", c.Nodes)
	}
	s, err := hardness.ReadSeparation(c.Inside, c.Outside)
	if err != nil {
		return badInput(err)
	}
	if c.Program != "" {
		if err := c.writeProgram(s); err != nil {
			return err
		}
	}
	settings := hardness.Settings{Nodes: c.Nodes}
	if c.Decide {
		settings.Target = new(big.Rat)
	}
	d, err := hardness.Decide(a.ctx, s, settings)
	if err != nil {
		return err
	}
	if c.JSON {
		err = a.writeJSON(newHardnessAnswer(d))
	} else {
		err = c.print(a, s, d)
	}
	if err == nil && d.Separable == hardness.Undecided {
		err = fmt.Errorf("not decided (%v after %d nodes); --decide or a larger --nodes may help", d.Result.Status, d.Result.Nodes)
	}
	return err
}

func (c *hardnessCmd) writeProgram(s hardness.Separation) error {
	program, _ := hardness.Reduce(s)
	text, err := program.MarshalJSON()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(c.Program, append(text, '\n')); err != nil {
		return badInput(err)
	}
	return nil
}

func newHardnessAnswer(d hardness.Decision) hardnessAnswer {
	answer := hardnessAnswer{
		Separable: d.Separable, Program: d.Program, Status: d.Result.Status, Nodes: d.Result.Nodes,
		Minimum: finite(d.Result.Minimum()), MinimumExact: d.Result.Minimum(),
		LowerBound: finite(d.Result.Lower), UpperBound: finite(d.Result.Upper),
	}
	if d.Planes != nil {
		for _, p := range d.Planes {
			answer.Planes = append(answer.Planes, newHardnessPlane(p))
		}
	}
	return answer
}

func (c *hardnessCmd) print(a *app, s hardness.Separation, d hardness.Decision) error {
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

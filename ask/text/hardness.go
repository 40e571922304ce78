package text

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"markovicl/ask"
	"markovicl/hardness"
)

func printHardness(p *printer, answer *ask.HardnessAnswer) error {
	s, d := answer.Separation(), answer.Decision()
	w := p
	fmt.Fprintf(w, "%d inside and %d outside points in %d dimensions\n", len(s.Inside), len(s.Outside), s.Dim)
	fmt.Fprintf(w, "bilinear program: d = %d, m = %d, %d variables, %d constraints\n", d.Program.D, d.Program.M, d.Program.Variables, d.Program.Constraints)
	switch d.Separable {
	case hardness.Yes:
		fmt.Fprintln(w, "separable: the minimum is 0, and these planes pass the check against every point")
		for i, plane := range d.Planes {
			var terms []string
			for _, w := range append(slices.Clone(plane.W), plane.Gamma) {
				f, exact := w.Float64()
				if exact {
					terms = append(terms, strconv.FormatFloat(f, 'g', -1, 64))
				} else {
					terms = append(terms, w.RatString())
				}
			}
			n := len(plane.W)
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

func printRankOne(p *printer, answer *ask.RankOneAnswer) {
	r, f := answer.RankOne, answer.Form
	fmt.Fprintf(p, "weighted rank-one approximation of a %d x %d matrix; (u, v) = 0 has %.9g\n", r.Rows, r.Columns, r.Power)
	fmt.Fprintf(p, "least value found    %.12g\n", r.Value)
	if r.LowerBound != nil {
		fmt.Fprintf(p, "proven lower bound   %.12g\n", *r.LowerBound)
	}
	fmt.Fprintf(p, "u                    %s\nv                    %s\n\n", numbers(r.U, 6), numbers(r.V, 6))
	fmt.Fprintf(p, "the form: q = %d, D = %d, gauge of weight %s\n", f.Q, f.D, f.Lambda)
	fmt.Fprintf(p, "best transformer     %.12g\n", f.Value)
	if f.Within != nil {
		fmt.Fprintf(p, "which bounds the least value of the approximation by %.12g\n", *f.Within)
	}
	fmt.Fprintf(p, "b                    %s\n", numbers(f.B, 6))
	fmt.Fprintf(p, "it maps back to      %.12g, u = %s, v = %s\n", f.BackValue, numbers(f.U, 6), numbers(f.V, 6))
}

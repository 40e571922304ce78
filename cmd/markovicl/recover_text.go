package main

import (
	"fmt"
	"strings"

	"markovicl/ask"
	"markovicl/landscape"
)

func printRecovery(a *app, r *ask.RecoverAnswer) {
	fmt.Fprintf(a.stdout, "task               %v\n", r.Task)
	fmt.Fprintf(a.stdout, "enlarged optimum   %.12g\n", r.LossEnlarged)
	fmt.Fprintf(a.stdout, "best transformer   %.12g\n", r.Loss)
	method := string(r.Method)
	if r.Level != nil && *r.Level > 0 {
		method += fmt.Sprintf(", level %d", *r.Level)
	}
	if r.LowerBound != nil {
		fmt.Fprintf(a.stdout, "proven lower bound %.12g (%s)\n", *r.LowerBound, method)
	} else {
		fmt.Fprintf(a.stdout, "proven lower bound none: %s\n", r.ClaimReason)
	}
	heads := len(r.Parameters.Heads)
	if heads == 1 {
		fmt.Fprintf(a.stdout, "projection of X*   %.12g\n", *r.ProjectionLoss)
	}
	switch {
	case r.Realisable == nil:
		fmt.Fprintf(a.stdout, "realisable         undecided: %s\n", r.Reason)
	case *r.Realisable:
		fmt.Fprintln(a.stdout, "realisable         yes: a one-layer transformer attains the enlarged optimum")
	case r.Decision != nil && r.Decision.Obstruction != nil:
		o := r.Decision.Obstruction
		switch o.Kind {
		case landscape.CandidateObstruction:
			fmt.Fprintf(a.stdout, "realisable         no: block %d of X* leaves two directions for b, and both fail\n", o.Block)
		default:
			fmt.Fprintf(a.stdout, "realisable         no: block %d of X* has two eigenvalues of one sign (%s)\n", o.Block, numbers(o.Eigenvalues, 4))
		}
	default:
		fmt.Fprintln(a.stdout, "realisable         no: the lower bound is above the enlarged optimum")
	}
	switch {
	case r.Certified:
		fmt.Fprintf(a.stdout, "certified          yes: relative gap %.1e\n", *r.RelativeGap)
	case r.RelativeGap != nil:
		fmt.Fprintf(a.stdout, "certified          no: relative gap %.3g (%s)\n", *r.RelativeGap, r.Status)
	default:
		fmt.Fprintf(a.stdout, "certified          no: there is no lower bound (%s)\n", r.Status)
	}
	if r.Note != "" {
		fmt.Fprintf(a.stdout, "note               %s\n", r.Note)
	}
	if p := r.Proof; p != nil && p.Realisable {
		fmt.Fprintf(a.stdout, "proven exactly     the best loss is the enlarged optimum, %s, and is attained\n", p.LowerBound)
	} else if p != nil {
		fmt.Fprintf(a.stdout, "proven exactly     no one-layer LSA has a loss below L = %s = %s (relative gap %.1e)\n", p.LowerBound, p.Decimal, p.RelativeGap)
	}
	for i, h := range r.Parameters.Heads {
		fmt.Fprintf(a.stdout, "b of head %d        %s\n", i+1, numbers(h.B, 6))
	}
	if heads == 1 {
		printMinima(a, r)
	}
	if r.Certificate != "" {
		fmt.Fprintf(a.stdout, "certificate        %s; check it with markovicl recover --verify %s\n", r.Certificate, r.Certificate)
	}
}

func printMinima(a *app, r *ask.RecoverAnswer) {
	fmt.Fprintf(a.stdout, "local minima       ")
	for i, m := range r.LocalMinima {
		if i == 5 {
			fmt.Fprintf(a.stdout, ", and %d more", len(r.LocalMinima)-i)
			break
		}
		if i > 0 {
			fmt.Fprint(a.stdout, ", ")
		}
		fmt.Fprintf(a.stdout, "%.9g (%d starts)", m.Loss, m.Hits)
	}
	fmt.Fprintln(a.stdout)
}

func numbers(xs []float64, digits int) string {
	words := make([]string, len(xs))
	for i, x := range xs {
		words[i] = fmt.Sprintf("%.*g", digits, x)
	}
	return strings.Join(words, " ")
}

func printVerification(a *app, v *ask.VerifyAnswer) {
	about := v.About
	if v.Task != nil && v.Reason == "" {
		about += ": " + v.Task.String()
	} else if v.Reason != "" {
		about += "; " + v.Reason
	}
	fmt.Fprintf(a.stdout, "valid: no one-layer transformer with one head has a loss below %.12g\n", v.LowerBound)
	fmt.Fprintf(a.stdout, "about              %s\n", about)
	fmt.Fprintf(a.stdout, "proven             %.15g, by a matrix of size %d\n", v.ProvenBound, v.Size)
	if v.Task != nil {
		fmt.Fprintf(a.stdout, "H, h, c            recomputed from the task; they differ from the file's by at most %.1e, for which %.1e is taken off\n", *v.TaskDifference, v.Charge)
	}
}

func printPoint(a *app, p *ask.PointAnswer) {
	d := p.Decision
	fmt.Fprintf(a.stdout, "%s (%d blocks for b of length %d)\n", d.Verdict, p.Q, p.D)
	switch {
	case p.Realisable == nil:
		fmt.Fprintf(a.stdout, "a transformer is within %.3g, the precision is %.3g, and the proven distance %.3g\n", d.Residual, d.Precision, d.Distance)
	case *p.Realisable:
		fmt.Fprintf(a.stdout, "b = %s\n", numbers(d.B, 12))
		for i, row := range d.A {
			fmt.Fprintf(a.stdout, "A[%d] = %s\n", i, numbers(row, 12))
		}
		fmt.Fprintf(a.stdout, "largest distance of a block from the witness's: %.2g\n", d.Residual)
	default:
		o := d.Obstruction
		fmt.Fprintf(a.stdout, "obstruction of kind %s from block %d, whose eigenvalues are %s\n", o.Kind, o.Block, numbers(o.Eigenvalues, 6))
		for _, f := range o.Candidates {
			fmt.Fprintf(a.stdout, "b = %s fails: block %d is %.6g on a unit vector orthogonal to it\n", numbers(f.B, 6), f.Block, f.Value)
		}
		fmt.Fprintf(a.stdout, "every transformer differs in some block by at least %.6g\n", d.Distance)
	}
}

func printExactPoint(a *app, p *ask.ExactPointAnswer) {
	word := "not realisable"
	if p.Realisable {
		word = "realisable"
	}
	fmt.Fprintf(a.stdout, "%s, exactly (%d blocks for b of length %d)\n", word, p.Q, p.D)
	if p.Realisable {
		fmt.Fprintf(a.stdout, "b = %s\n", strings.Join(p.B, " "))
		for i, row := range p.A {
			fmt.Fprintf(a.stdout, "A[%d] = %s\n", i, strings.Join(row, " "))
		}
		return
	}
	for _, v := range p.Obstruction.Plane {
		fmt.Fprintf(a.stdout, "block %d is definite on a plane that contains %s\n", p.Obstruction.Block, strings.Join(v, " "))
	}
	for _, f := range p.Obstruction.Candidates {
		fmt.Fprintf(a.stdout, "b = %s fails at block %d\n", strings.Join(f.B, " "), f.Block)
	}
}

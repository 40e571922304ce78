package text

import (
	"fmt"
	"strings"

	"markovicl/ask"
	"markovicl/internal/plural"
	"markovicl/landscape"
)

func printRecovery(p *printer, r *ask.RecoverAnswer) {
	fmt.Fprintf(p, "task               %v\n", r.Task)
	fmt.Fprintf(p, "enlarged optimum   %.12g\n", r.LossEnlarged)
	fmt.Fprintf(p, "best transformer   %.12g\n", r.Loss)
	method := string(r.Method)
	if r.Level != nil && *r.Level > 0 {
		method += fmt.Sprintf(", level %d", *r.Level)
	}
	if r.LowerBound != nil {
		fmt.Fprintf(p, "proven lower bound %.12g (%s)\n", *r.LowerBound, method)
	} else {
		fmt.Fprintf(p, "proven lower bound none: %s\n", r.ClaimReason)
	}
	heads := len(r.Parameters.Heads)
	if heads == 1 {
		fmt.Fprintf(p, "projection of X*   %.12g\n", *r.ProjectionLoss)
	}
	switch {
	case r.Realisable == nil:
		fmt.Fprintf(p, "realisable         undecided: %s\n", r.Reason)
	case *r.Realisable:
		fmt.Fprintln(p, "realisable         yes: a one-layer transformer attains the enlarged optimum")
	case r.Decision != nil && r.Decision.Obstruction != nil:
		o := r.Decision.Obstruction
		switch o.Kind {
		case landscape.CandidateObstruction:
			fmt.Fprintf(p, "realisable         no: block %d of X* leaves two directions for b, and both fail\n", o.Block)
		default:
			fmt.Fprintf(p, "realisable         no: block %d of X* has two eigenvalues of one sign (%s)\n", o.Block, numbers(o.Eigenvalues, 4))
		}
	default:
		fmt.Fprintln(p, "realisable         no: the lower bound is above the enlarged optimum")
	}
	switch {
	case r.Certified:
		fmt.Fprintf(p, "certified          yes: relative gap %.1e\n", *r.RelativeGap)
	case r.RelativeGap != nil:
		fmt.Fprintf(p, "certified          no: relative gap %.3g\n", *r.RelativeGap)
	default:
		fmt.Fprintln(p, "certified          no: there is no lower bound")
	}
	if !r.Certified {
		fmt.Fprintf(p, "stopped            %s\n", whyStopped(r))
	}
	if r.Note != "" {
		fmt.Fprintf(p, "note               %s\n", r.Note)
	}
	if proof := r.Proof; proof != nil && proof.Realisable {
		fmt.Fprintf(p, "proven exactly     the best loss is the enlarged optimum, %s, and is attained\n", proof.LowerBound)
	} else if proof != nil {
		fmt.Fprintf(p, "proven exactly     no one-layer LSA has a loss below L = %s = %s (relative gap %.1e)\n", proof.LowerBound, proof.Decimal, proof.RelativeGap)
	}
	for i, h := range r.Parameters.Heads {
		fmt.Fprintf(p, "b of head %d        %s\n", i+1, numbers(h.B, 6))
	}
	if heads == 1 {
		printMinima(p, r)
	}
	if r.Certificate != "" {
		fmt.Fprintf(p, "certificate        %s; check it with markovicl recover --verify %s\n", r.Certificate, r.Certificate)
	}
}

// whyStopped says in words what ended an uncertified recovery.
func whyStopped(r *ask.RecoverAnswer) string {
	work := fmt.Sprintf("%d random starts, %d evaluations of certificates", r.Starts, r.Evaluations)
	if r.Boxes > 0 {
		work += fmt.Sprintf(", %d boxes", r.Boxes)
	}
	why := map[landscape.Stop]string{
		landscape.StopTime:        "the time is over",
		landscape.StopInterrupted: "interrupted",
		landscape.StopBoxes:       "branch and bound has used its boxes",
		landscape.StopStarts:      "every start was taken, and there is no further way to a bound",
		landscape.StopNoProgress:  "the search for a certificate made no more progress",
		landscape.StopUnproven:    "the bounds meet, but not within what is proven of them",
	}[r.Stopped]
	return fmt.Sprintf("%s (%s)", why, work)
}

func printMinima(p *printer, r *ask.RecoverAnswer) {
	fmt.Fprintf(p, "local minima       ")
	for i, m := range r.LocalMinima {
		if i == 5 {
			fmt.Fprintf(p, ", and %d more", len(r.LocalMinima)-i)
			break
		}
		if i > 0 {
			fmt.Fprint(p, ", ")
		}
		fmt.Fprintf(p, "%.9g (%s)", m.Loss, plural.Of(m.Hits, "start"))
	}
	fmt.Fprintln(p)
}

func printVerification(p *printer, v *ask.VerifyAnswer) {
	about := v.About
	if v.Task != nil && v.Reason == "" {
		about += ": " + v.Task.String()
	} else if v.Reason != "" {
		about += "; " + v.Reason
	}
	fmt.Fprintf(p, "valid: no one-layer transformer with one head has a loss below %.12g\n", v.LowerBound)
	fmt.Fprintf(p, "about              %s\n", about)
	fmt.Fprintf(p, "proven             %.15g, by a matrix of size %d\n", v.ProvenBound, v.Size)
	if v.Task != nil {
		fmt.Fprintf(p, "H, h, c            recomputed from the task; they differ from the file's by at most %.1e, for which %.1e is taken off\n", *v.TaskDifference, v.Charge)
	}
}

func printPoint(p *printer, x *ask.PointAnswer) {
	d := x.Decision
	fmt.Fprintf(p, "%s (%s for b of length %d)\n", d.Verdict, plural.Of(x.Q, "block"), x.D)
	switch {
	case x.Realisable == nil:
		fmt.Fprintf(p, "a transformer is within %.3g, the precision is %.3g, and the proven distance %.3g\n", d.Residual, d.Precision, d.Distance)
	case *x.Realisable:
		fmt.Fprintf(p, "b = %s\n", numbers(d.B, 12))
		for i, row := range d.A {
			fmt.Fprintf(p, "A[%d] = %s\n", i, numbers(row, 12))
		}
		fmt.Fprintf(p, "largest distance of a block from the witness's: %.2g\n", d.Residual)
	default:
		o := d.Obstruction
		fmt.Fprintf(p, "obstruction of kind %s from block %d, whose eigenvalues are %s\n", o.Kind, o.Block, numbers(o.Eigenvalues, 6))
		for _, f := range o.Candidates {
			fmt.Fprintf(p, "b = %s fails: block %d is %.6g on a unit vector orthogonal to it\n", numbers(f.B, 6), f.Block, f.Value)
		}
		fmt.Fprintf(p, "every transformer differs in some block by at least %.6g\n", d.Distance)
	}
}

func printExactPoint(p *printer, x *ask.ExactPointAnswer) {
	word := "not realisable"
	if x.Realisable {
		word = "realisable"
	}
	fmt.Fprintf(p, "%s, exactly (%s for b of length %d)\n", word, plural.Of(x.Q, "block"), x.D)
	if x.Realisable {
		fmt.Fprintf(p, "b = %s\n", strings.Join(x.B, " "))
		for i, row := range x.A {
			fmt.Fprintf(p, "A[%d] = %s\n", i, strings.Join(row, " "))
		}
		return
	}
	for _, v := range x.Obstruction.Plane {
		fmt.Fprintf(p, "block %d is definite on a plane that contains %s\n", x.Obstruction.Block, strings.Join(v, " "))
	}
	for _, f := range x.Obstruction.Candidates {
		fmt.Fprintf(p, "b = %s fails at block %d\n", strings.Join(f.B, " "), f.Block)
	}
}

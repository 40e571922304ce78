package landscape

import (
	"context"
	"fmt"
	"math"

	"markovicl/moment"
)

// Realisation answers whether the enlarged optimum is attained by a transformer with
// one head.
type Realisation struct {
	Verdict Verdict
	// Claim of the verdict: Exact or Proven for what no rounding can change; Numeric
	// for a transformer that attains the optimum up to rounding, and where nothing is
	// decided.
	Claim  moment.Claim
	Reason string // why undecided

	// Decision answers Problem C.9 for X in floating point; nil if the minimiser is
	// not unique.
	Decision *Decision
	// B [D] and A [D, q] row-major attain the optimum; nil unless Realisable.
	B, A []float64
}

// realisation is a Realisation with what was found on the way.
type realisation struct {
	Realisation
	directions [][]float64 // of b, worth a descent
	nearest    LocalMinimum
	minima     []reducedMinimum // where H is singular: of the search
	taken      int
}

// Realise decides whether the enlarged optimum of a form is attained by a transformer.
// A unique X* is decided as a point, in fractions where it is known so. Where H is
// singular the minimisers form an affine set, and a search looks for a transformer
// among them: it can find one, but not exclude it.
func Realise(ctx context.Context, form *moment.Form, optimum *Optimum) (*Realisation, error) {
	r, err := realise(ctx, newScene(form, optimum, 0), defaultStarts(form), defaultSeed, false)
	if err != nil {
		return nil, err
	}
	return &r.Realisation, nil
}

// defaultSeed of the random starts.
const defaultSeed = 1

// realise also finds the transformer nearest to X*, if that is asked for or a search
// begins there.
func realise(ctx context.Context, s *scene, starts int, seed uint64, project bool) (*realisation, error) {
	q, D := s.form.Q, s.form.Q+1
	o := s.optimum
	r := &realisation{Realisation: Realisation{Claim: moment.Numeric}}
	unique := o.Unique && (o.Exact != nil || s.definite())
	if unique {
		var err error
		if r.Decision, err = decideMinimiser(o, q, D); err != nil {
			return nil, err
		}
		r.directions = append(r.directions, r.Decision.B)
	}
	if project || !unique {
		r.nearest = nearestTransformer(ctx, o.X, q, min(starts, defaultStarts(s.form)), seed)
		r.directions = append(r.directions, r.nearest.B)
	}
	switch {
	case s.form.Errors.Claim == moment.Numeric:
		r.Reason = sampledReason(s.form)
		return r, nil
	case o.Exact != nil && o.Unique:
		return r, r.decideExactly(o, q, D)
	case unique:
		r.decideInFloats(s)
		return r, nil
	case !o.Bound.Proven():
		r.Reason = "the enlarged optimum is not proven: " + o.Reason
		return r, nil
	}
	var err error
	if r.minima, r.taken, err = s.search(ctx, nil, s.restricted(r.directions), 0, starts, seed); err != nil {
		return nil, err
	}
	best := s.lift(r.minima[0])
	if s.attains(s.loss(best.B, best.A, 1)) {
		r.Verdict, r.B, r.A = Realisable, best.B, best.A
	} else {
		r.Reason = "H is singular: the minimisers form an affine set, and no transformer among them was found"
	}
	return r, nil
}

// decideMinimiser answers Problem C.9 for X in floating point, with the precision to
// which X is proven to be known, or an estimate from the condition of H.
func decideMinimiser(o *Optimum, q, D int) (*Decision, error) {
	scale, err := largestBlock(o.X, q, D)
	if err != nil {
		return nil, err
	}
	precision := o.Precision
	if math.IsInf(precision, 0) {
		precision = 64 * unitRoundoff * o.Condition * scale
	}
	return Decide(o.X, q, D, max(precision, 4*unitRoundoff*scale))
}

// decideExactly decides for X in fractions.
func (r *realisation) decideExactly(o *Optimum, q, D int) error {
	d, err := DecideExact(o.Exact.X, q, D)
	if err != nil {
		return err
	}
	r.Verdict, r.Claim = d.Verdict, moment.Exact
	if d.Verdict != Realisable {
		return nil
	}
	r.B, r.A = make([]float64, D), make([]float64, D*q)
	for i, x := range d.B {
		r.B[i] = x.Float(d.Root)
	}
	for i, x := range d.A {
		r.A[i] = x.Float(d.Root)
	}
	r.directions = append(r.directions, r.B)
	return nil
}

// decideInFloats decides by the Decision for a unique X: that no transformer is X is
// proven if X is proven to be known well enough; that one is, is shown by its loss.
func (r *realisation) decideInFloats(s *scene) {
	d := r.Decision
	switch d.Verdict {
	case NotRealisable:
		r.Verdict = NotRealisable
		if s.optimum.Claim == moment.Proven {
			r.Claim = moment.Proven
		}
		return
	case Realisable:
		if s.form.Q == 1 && d.AtBoundary {
			r.Reason = fmt.Sprintf("X* is within the precision %.3g, to which it is known, of the boundary of the transformers; only fractions can tell on which side", d.Precision)
			return
		}
		m := minimumFrom(newProjected(s.form), d.B)
		if s.attains(s.loss(m.B, m.A, 1)) {
			r.Verdict, r.B, r.A = Realisable, m.B, m.A
			return
		}
		r.Reason = fmt.Sprintf("X* is known up to %.3g only (H is ill-conditioned): a transformer lies within that, but none found has its loss", d.Precision)
	default:
		r.Reason = fmt.Sprintf("X* is within %.3g of a transformer, and not provably farther than the precision %.3g to which it is known", d.Residual, d.Precision)
	}
}

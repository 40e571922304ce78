package landscape

import (
	"context"
	"fmt"
	"math"

	"markovicl/certificate"
	"markovicl/lsa"
	"markovicl/moment"
)

// heads answers for several heads.
func (r *recovery) heads(ctx context.Context) error {
	optimum := r.optimum
	if r.searched != r.form {
		var err error
		if optimum, err = minimiseFloats(context.WithoutCancel(ctx), r.searched); err != nil {
			return err
		}
	}
	best, err := BestHeads(ctx, r.searched, optimum, r.settings.Heads, r.settings.Starts, r.settings.Seed)
	if err != nil {
		return err
	}
	r.loss, r.out.Starts = best.Loss, best.Starts
	r.out.Parameters = lsa.NewStructured(1, best.Heads, r.form.Q+1)
	D, q := r.searched.Q+1, r.searched.Q
	var bs, As []float64
	for h := range best.Heads {
		b, A := best.B[h*D:(h+1)*D], best.A[h*D*q:(h+1)*D*q]
		if r.reduced != nil {
			b, A = r.reduced.Extend(b, A)
		}
		toB, toA := r.out.Parameters.Head(0, h)
		copy(toB, b)
		copy(toA, A)
		bs, As = append(bs, b...), append(As, A...)
	}
	r.evaluate(bs, As, best.Heads)
	switch {
	case r.form.Errors.Claim == moment.Numeric:
		r.out.Reason = sampledReason(r.form)
	case best.Heads >= r.form.Q+1 || r.attains(r.out.LossBounds):
		// As many heads as b has entries realise every X, in closed form.
		r.out.Realisable = Realisable
	default:
		r.out.Reason = fmt.Sprintf("no model with %d heads that attains the enlarged optimum was found, which proves nothing; %d heads always do", best.Heads, D)
		if best.Heads == r.form.Q && r.form.Q <= headsDimension && r.settings.Boxes >= 0 {
			r.boundHeads(ctx)
		}
	}
	r.report()
	r.conclude(ctx)
	return nil
}

// boundHeads proves how good D-1 heads can be.
func (r *recovery) boundHeads(ctx context.Context) {
	growth, err := certificate.GrowthOf(ctx, r.form)
	if err != nil {
		r.note("nothing is proven about %d heads beyond the enlarged optimum: %v", r.form.Q, err)
		return
	}
	boxes := r.settings.Boxes
	if boxes == 0 {
		boxes = DefaultHeadBoxes
	}
	upper := r.out.LossBounds.Upper() - growth.Bound
	lower, used, err := boundHeads(ctx, r.form, upper, CertifiedGap/2*math.Abs(r.out.Loss), boxes)
	if r.out.Boxes = used; used >= boxes {
		r.last = StopBoxes
	}
	var bound certificate.Bound
	if err == nil {
		bound, err = certificate.Charged(certificate.RoundDown(growth.Bound+lower), growth, r.form.Errors)
	}
	if err != nil {
		r.note("nothing is proven about %d heads beyond the enlarged optimum: %v", r.form.Q, err)
		return
	}
	r.raise(bound, ByBoxes)
}

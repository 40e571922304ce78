package landscape

import (
	"context"
	"math"
	"math/big"

	"markovicl/certificate"
	"markovicl/moment"
	"markovicl/relax"
)

// The stage bound of Recover.

// attained takes the certificates that there are where the enlarged optimum is a
// transformer: the bound is the optimum itself.
func (r *recovery) attained(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	n := r.form.Q * (r.form.Q + 1) * (r.form.Q + 1)
	switch {
	case r.definite():
		if W, v := relax.Round(ctx, r.form, make([]float64, n*n)); v != nil {
			r.certificate(&certificate.Certificate{W: W, Form: r.form}, v)
		}
	case r.settings.Level >= 1 && r.reduced != nil:
		if c, v, err := relax.Attained(ctx, r.form, r.reduced); err == nil {
			r.certificate(c, v)
		}
	}
}

// attainedNow takes note if a further search has found a transformer that attains the
// enlarged optimum.
func (r *recovery) attainedNow(ctx context.Context) {
	best := r.scene.lift(r.minima[0])
	if r.form.Errors.Claim != moment.Numeric && r.attains(r.scene.loss(best.B, best.A, 1)) {
		r.out.Realisable, r.out.Reason = Realisable, ""
	}
}

// improvement is by how much the loss must fall, relatively, for a further attempt at
// a certificate to be worth while.
const improvement = 1e-9

// improved reports whether the loss is lower than before.
func (r *recovery) improved(before float64) bool {
	return r.loss < before-improvement*math.Abs(before)
}

// prove proves lower bounds until one meets the loss or nothing is left to try.
func (r *recovery) prove(ctx context.Context) error {
	if r.definite() && !r.done(ctx) {
		if err := r.boundByCertificate(ctx); err != nil {
			return err
		}
	}
	if r.form.Q == 1 && r.definite() && !r.done(ctx) {
		if err := r.boundByPolynomials(); err != nil {
			return err
		}
	}
	if !r.definite() && (r.settings.Level < 1 || r.reduced == nil) && !r.done(ctx) {
		if _, err := r.searchHarder(ctx); err != nil {
			return err
		}
		r.attainedNow(ctx)
	}
	small := r.definite() && r.form.Q <= branchDimension
	if !r.done(ctx) && (r.settings.Level >= 1 || r.settings.Level == 0 && small) {
		if r.reduce(); r.reduced != nil {
			if err := r.boundByMultiplier(ctx); err != nil {
				return err
			}
		}
	}
	if small && r.settings.Boxes >= 0 && !r.done(ctx) {
		r.estimateByBoxes(ctx)
	}
	return nil
}

// boundByPolynomials proves the best loss for d = 1 in exact arithmetic: of the task's
// form, or of the stored one with its errors charged.
func (r *recovery) boundByPolynomials() error {
	exact := r.exact
	if exact == nil {
		exact = certificate.Dyadic(r.form)
	}
	v, err := newCircle(exact)
	if err != nil {
		return err
	}
	const wide = CertifiedGap / 1000 // relative: what is left between the bounds is no gap
	width := new(big.Rat).SetFloat64(wide * math.Abs(r.loss))
	lower, _ := v.bestLoss(width)
	bound := certificate.Bound{Value: below(lower), Claim: moment.Exact}
	if r.exact == nil && r.form.Errors.Claim != "" {
		growth, err := certificate.GrowthOf(context.Background(), r.form) // of three numbers
		if err == nil {
			bound, err = certificate.Charged(bound.Value, growth, r.form.Errors)
		}
		if err != nil {
			r.note("the bound by polynomials is about the stored form only: %v", err)
			return nil
		}
	}
	r.raise(bound, Exactly)
	return nil
}

// boundByCertificate looks for a semidefinite certificate at the best minimum.
func (r *recovery) boundByCertificate(ctx context.Context) error {
	r.last = StopNoProgress
	for attempt := 0; ; attempt++ {
		W, v, err := relax.Level0(ctx, r.form, r.minima[0].B, r.minima[0].A, r.evaluated)
		if err != nil {
			r.note("there is no certificate of level 0: %v", err)
			return nil
		}
		if v != nil {
			r.certificate(&certificate.Certificate{W: W, Form: r.form}, v)
		}
		if r.done(ctx) {
			return nil
		}
		// A better minimum may have been missed: by too few starts, or because
		// it is easier to find from the relaxation's own solution.
		before := r.loss
		if attempt == 0 {
			if _, err := r.searchHarder(ctx); err != nil {
				return err
			}
		}
		if !r.improved(before) {
			b, err := relax.Maximise(ctx, r.form, r.minima[0].B, r.minima[0].A, r.minima[0].Loss, r.evaluated, func(W []float64, v *certificate.Verification) bool {
				r.certificate(&certificate.Certificate{W: W, Form: r.form}, v)
				return r.done(ctx)
			})
			if err != nil {
				r.note("the relaxation has no bound: %v", err)
				return nil
			}
			if b != nil {
				if err := r.descend(ctx, r.restricted([][]float64{b}), 0, 0); err != nil {
					return err
				}
			}
		}
		if r.done(ctx) || attempt == 2 || !r.improved(before) {
			return nil
		}
	}
}

// tied is how close, relatively, the losses of minima are that count as equal.
const tied = 1e-9

// boundByMultiplier looks for a certificate of level 1 at the best minimum, or at
// all that are as good.
func (r *recovery) boundByMultiplier(ctx context.Context) error {
	if r.searched == r.form && !r.reduced.Trivial() {
		return nil // the minima are those of another form
	}
	r.last = StopNoProgress
	for attempt := range 2 {
		var best []relax.Minimum
		for _, m := range r.minima {
			if m.Loss <= r.loss+tied*math.Abs(r.loss) {
				best = append(best, relax.Minimum{Loss: m.Loss, B: m.B, A: m.A, X: m.X})
			}
		}
		floor := r.out.LossEnlarged
		if err := relax.Level1(ctx, r.form, r.reduced, best, floor, r.evaluated, r.certificate); err != nil {
			r.note("there is no certificate of level 1: %v", err)
			return nil
		}
		if r.done(ctx) || attempt == 1 {
			return nil
		}
		if better, err := r.searchHarder(ctx); err != nil || !better {
			return err
		}
	}
	return nil
}

// estimateByBoxes bounds the loss by branch and bound, whose rounding errors are
// estimated and not proven: it is said, and no bound.
func (r *recovery) estimateByBoxes(ctx context.Context) {
	boxes := r.settings.Boxes
	if boxes == 0 {
		boxes = DefaultBoxes
	}
	b := branchAndBound(ctx, r.form, r.loss, branchSettings{gap: CertifiedGap / 2, boxes: boxes, condition: r.optimum.Condition})
	r.out.Boxes = b.boxes
	if r.last = StopBoxes; b.closed {
		r.last = StopUnproven
	}
	if b.lower > r.lower {
		r.note("branch and bound (%d boxes) puts the best loss above %.12g; its rounding errors are estimated, so that this is no proof", b.boxes, b.lower)
	}
}

// claimMargin is what a certificate claims less than was proven, relatively, so
// that a check elsewhere, whose sums may be ordered differently, agrees.
const claimMargin = 1e-10

// certificate takes a certificate that proves a bound, and sets what it claims.
func (r *recovery) certificate(c *certificate.Certificate, v *certificate.Verification) {
	c.Lower = v.Bound - claimMargin*math.Abs(v.Bound)
	if r.out.Certificate == nil || c.Lower > r.out.Certificate.Lower {
		r.out.Certificate = c
		r.out.StoredBound = certificate.Bound{Value: c.Lower, Claim: moment.Proven}
	}
	if r.form.Errors.Claim == moment.Numeric {
		r.report()
		return
	}
	// What is proven is not given up for a limit that passes now: this takes a second at d = 20.
	bound, err := v.AboutTask(context.Background(), r.form, c.Level())
	if err == nil && c.Level() > 0 {
		err = r.provenDependences()
	}
	if err != nil {
		r.note("the certificate is about the stored form only: %v", err)
		r.report()
		return
	}
	bound.Value -= claimMargin * math.Abs(bound.Value)
	c.Lower = min(c.Lower, bound.Value) // the file is about the task too
	r.raise(bound, BySDP)
}

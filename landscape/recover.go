package landscape

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"

	"gonum.org/v1/gonum/mat"

	"markovicl/lsa"
	"markovicl/moment"
)

// Settings of Recover. The zero value is useful.
type Settings struct {
	// Starts is the number of random starts of the local search; 0 means
	// 12(q+1). If the certificate does not close, ten times as many are used.
	Starts int
	// Seed of the random starts.
	Seed uint64
	// Heads of the transformer; 0 means 1. For more than one, the lower bound is
	// the enlarged optimum, and LocalMinima and the certificate are missing.
	Heads int
	// Level is the highest level of the certificate that may be tried: 0, or 1
	// where level 0 leaves a gap and for singular H, of which level 0 says nothing.
	Level int
	// Boxes is how many boxes branch and bound may use where the certificate
	// leaves a gap, H is definite and q <= 3; 0 means DefaultBoxes, less than 0
	// none.
	Boxes int
	// Precision is how well the minimiser X* is known, relative to its largest
	// block; 0 means an estimate from the condition of H.
	Precision float64
	// Progress, if not nil, is told the best loss so far and the best proven
	// lower bound, both of which only improve. It is called from one goroutine at
	// a time.
	Progress func(upper, lower float64)
}

// CertifiedGap is the relative gap up to which a transformer counts as proven
// best.
const CertifiedGap = 1e-6

const moreStarts = 10

// DefaultBoxes limits branch and bound unless Settings say otherwise.
const DefaultBoxes = 50_000

// largest q for which branch and bound is tried
const branchDimension = 3

// Method says how the lower bound of a Recovery was proven.
type Method string

// The methods.
const (
	BySDP            Method = "sdp"              // the semidefinite certificate
	ByBranchAndBound Method = "branch-and-bound" // boxes of projective space
	Exactly          Method = "exact"            // it is the enlarged optimum, or d = 1 by polynomials
)

// Status says why Recover stopped.
type Status int

// The statuses.
const (
	Certified   Status = iota // the bounds meet
	Exhausted                 // every method was tried and the bounds do not meet
	Interrupted               // the context ended first
)

func (s Status) String() string { return [...]string{"certified", "exhausted", "interrupted"}[s] }

// Recovery is the answer to: which one-layer transformer is best, and how good
// could any be?
type Recovery struct {
	// Realisable says whether the enlarged optimum is a transformer. If it is
	// Undecided, Reason says why.
	Realisable Verdict
	Reason     string
	Decision   *Decision // of Problem C.9 for X*; nil if H is singular

	LossEnlarged float64 // f~*, the enlarged optimum (Lemma 3.2)
	Loss         float64 // of Parameters
	LowerBound   float64 // no one-layer transformer with one head is below it
	Method       Method  // how LowerBound was proven
	Status       Status

	Parameters  *lsa.Structured // the best transformer found: one layer, one head
	LocalMinima []LocalMinimum  // lowest first
	// Note says why there is no certificate of level 1 where Settings ask for one;
	// else "".
	Note string
	// Certificate proves LowerBound when Method is BySDP. For a realisable X* it
	// proves nearly as much; there the enlarged optimum itself is the bound.
	Certificate *Certificate
	// ProjectionLoss is the loss of psi(X*), the transformer whose point is
	// nearest to X* (Remark C.15); ProjectionDistance is how near.
	ProjectionLoss, ProjectionDistance float64
}

// RelativeGap returns max(0, Loss - LowerBound)/Loss.
func (r *Recovery) RelativeGap() float64 {
	if r.Loss <= r.LowerBound {
		return 0
	}
	return (r.Loss - r.LowerBound) / math.Abs(r.Loss)
}

// Certified reports whether the transformer is proven best up to CertifiedGap. A
// loss that lies below a proven bound by more than rounding is not known, and
// certifies nothing.
func (r *Recovery) Certified() bool {
	return r.RelativeGap() <= CertifiedGap && r.Loss >= r.LowerBound-1e-9*math.Abs(r.LowerBound)
}

// Recover finds the best one-layer transformer with one head for the form, and
// proves how good it is: it decides whether the enlarged optimum is a transformer
// and, if not, searches for the best one and for a certificate that none is
// better. When the context ends early, the best bounds so far are returned, with
// the Status Interrupted and no error. The result is the same for any number of
// processors.
func Recover(ctx context.Context, form *moment.Form, settings Settings) (*Recovery, error) {
	if err := usableForm(form); err != nil {
		return nil, err
	}
	optimum, err := Minimise(context.WithoutCancel(ctx), form)
	if err != nil {
		return nil, err
	}
	r := &recovery{
		Recovery: Recovery{LossEnlarged: optimum.Loss, Loss: math.Inf(1), LowerBound: optimum.Loss, Method: Exactly},
		ctx:      ctx, form: form, searched: form, optimum: optimum, settings: settings,
	}
	if r.settings.Starts <= 0 {
		r.settings.Starts = 12 * (form.Q + 1)
	}
	if !optimum.Unique || settings.Level >= 1 {
		if r.reduced, err = reduce(form, optimum.Rank); err == nil {
			r.searched = r.reduced.features(form)
		} else if settings.Level >= 1 {
			r.Note = fmt.Sprintf("there is no certificate of level 1: %v", err)
		}
	}
	if r.settings.Heads > 1 {
		if err := r.heads(); err != nil {
			return nil, err
		}
		return &r.Recovery, nil
	}
	if err := r.decide(); err != nil {
		return nil, err
	}
	if err := r.search(0, r.settings.Starts); err != nil {
		return nil, err
	}
	r.conclude()
	if r.Realisable != Realisable {
		if err := r.bound(); err != nil {
			return nil, err
		}
	}
	r.finish()
	return &r.Recovery, nil
}

// recovery is the work in progress.
type recovery struct {
	Recovery
	ctx      context.Context
	form     *moment.Form
	reduced  *reducedForm // nil if there is none, or no use for it
	searched *moment.Form // without the redundant features of form, else form
	optimum  *Optimum
	settings Settings
	starts   [][]float64 // that are not random, as directions of b in form
}

func (r *recovery) report() {
	if r.settings.Progress != nil {
		r.settings.Progress(r.Loss, r.LowerBound)
	}
}

// raise takes a proven lower bound.
func (r *recovery) raise(bound float64, method Method) {
	if bound > r.LowerBound {
		r.LowerBound, r.Method = bound, method
	}
	r.report()
}

// decide answers Problem C.9 for X* and projects X* onto the transformers.
func (r *recovery) decide() error {
	q, D := r.form.Q, r.form.Q+1
	if r.optimum.Unique {
		precision := r.settings.Precision
		if precision == 0 {
			precision = math.Max(DefaultPrecision, 64*unitRoundoff*r.optimum.Condition)
		}
		scale, err := largestBlock(r.optimum.X, q, D)
		if err != nil {
			return err
		}
		if r.Decision, err = Decide(r.optimum.X, q, D, precision*scale); err != nil {
			return err
		}
		r.Realisable = r.Decision.Verdict
		r.starts = append(r.starts, r.Decision.B)
		switch {
		case q == 1 && r.Realisable == Realisable && r.Decision.AtBoundary:
			r.Realisable = Undecided
			r.Reason = fmt.Sprintf("X* is within the precision %.3g, to which it is known, of the boundary of the transformers; only fractions can tell on which side", r.Decision.Precision)
		case r.Realisable == Undecided:
			r.Reason = fmt.Sprintf("X* is within %.3g of a transformer, and not provably farther than the precision %.3g to which it is known", r.Decision.Residual, r.Decision.Precision)
		}
	} else {
		r.Reason = "H is singular: the minimisers form an affine set, and no transformer among them was found"
	}
	// No more starts than are ever useful: the search is to have the time.
	nearest := nearestTransformer(r.ctx, r.optimum.X, q, min(r.settings.Starts, moreStarts*12*D), r.settings.Seed)
	r.ProjectionLoss = r.form.Loss(nearest.X)
	r.ProjectionDistance = math.Sqrt(math.Max(0, nearest.Loss))
	r.starts = append(r.starts, nearest.B)
	return nil
}

// search descends from random starts first to last and keeps the best. Until the
// end, LocalMinima are those of the searched form.
func (r *recovery) search(first, last int) error {
	if r.reduced != nil {
		for i, b := range r.starts {
			r.starts[i] = r.reduced.restricted(b)
		}
	}
	starts := r.starts
	r.starts = nil
	return r.descend(starts, first, last)
}

// descend is search from starts in the coordinates of the searched form.
func (r *recovery) descend(starts [][]float64, first, last int) error {
	minima := localMinima(r.ctx, r.searched, starts, first, last, r.settings.Seed)
	if !r.optimum.Unique {
		minima = r.certain(minima)
	}
	r.LocalMinima = distinctMinima(append(r.LocalMinima, minima...))
	if len(r.LocalMinima) == 0 {
		return errors.New("no start led to a finite loss: H, h and c are not usable")
	}
	r.Loss = r.LocalMinima[0].Loss
	r.report()
	return nil
}

// searchHarder looks for a better minimum where no certificate says that there is
// none: from the directions that the blocks of X* point to, from ten times as many
// random starts, and from near the lowest minima for as long as that helps. It
// reports whether the loss has decreased.
func (r *recovery) searchHarder() (better bool, err error) {
	before := r.Loss
	lower := func(loss float64) bool { return r.Loss < loss-tied*math.Abs(loss) }
	r.starts = append(r.starts, blockDirections(r.optimum.X, r.form.Q)...)
	if err := r.search(r.settings.Starts, moreStarts*r.settings.Starts); err != nil {
		return false, err
	}
	for round := range uint64(8) {
		last := r.Loss
		if err := r.descend(r.perturbed(round), 0, 0); err != nil {
			return false, err
		}
		if !lower(last) || r.done() {
			break
		}
	}
	return lower(before), nil
}

// perturbed returns directions around those of the lowest minima, at angles from
// small to large.
func (r *recovery) perturbed(round uint64) (starts [][]float64) {
	const lowest, each = 4, 12
	for i, m := range r.LocalMinima[:min(lowest, len(r.LocalMinima))] {
		for k := range each {
			b := randomDirection(^r.settings.Seed, (round*lowest+uint64(i))*each+uint64(k), len(m.B))
			size := 0.05 * math.Pow(20, float64(k)/(each-1))
			for j, x := range m.B {
				b[j] = x + size*b[j]
			}
			normalise(b)
			starts = append(starts, b)
		}
	}
	return starts
}

// blockDirections returns the directions of b that fit a block of X best, two for
// each.
func blockDirections(X []float64, q int) (starts [][]float64) {
	blocks, _ := symmetricBlocks(X, q, q+1)
	for _, M := range blocks {
		var es mat.EigenSym
		if es.Factorize(M, true) {
			p, m := candidates(&es)
			starts = append(starts, p, m)
		}
	}
	return starts
}

// certain returns the minima with their true losses. Where H is singular the best
// parameters may be so large, near directions that do not change the loss, that
// what they predict is the difference of numbers larger by far: there the loss is
// calculated anew without rounding, or, without a reduced form, minima whose loss
// is not known are left out, if not all are such.
func (r *recovery) certain(minima []LocalMinimum) []LocalMinimum {
	if r.reduced != nil {
		for i, m := range minima {
			minima[i].Loss = r.reduced.loss(m.B, m.A)
		}
		return minima
	}
	known := slices.DeleteFunc(slices.Clone(minima), func(m LocalMinimum) bool { return !lossKnown(r.form, m.X, m.Loss) })
	if len(known) == 0 && len(r.LocalMinima) == 0 {
		return minima
	}
	return known
}

// conclude settles realisability once the best loss is known.
func (r *recovery) conclude() {
	// Where H is singular an infimum may be approached by ever larger parameters, or
	// missed by little: only a loss that equals f~* up to its rounding attains it.
	within := 1e-9
	if !r.optimum.Unique {
		within = 1e-12
	}
	attained := math.Abs(r.Loss-r.LossEnlarged) <= within*math.Abs(r.LossEnlarged) &&
		(r.optimum.Unique || r.reduced != nil || lossKnown(r.form, r.LocalMinima[0].X, r.Loss))
	switch {
	case attained && (r.Realisable == Realisable || !r.optimum.Unique):
		// A difference is rounding: both are the same number.
		r.Realisable, r.Reason, r.Method = Realisable, "", Exactly
		r.Loss, r.LowerBound = r.LossEnlarged, r.LossEnlarged
		if n := r.form.Q * (r.form.Q + 1) * (r.form.Q + 1); r.optimum.Unique {
			if W, v := roundedProof(r.form, make([]float64, n*n)); v != nil {
				r.certificate(&Certificate{W: W, Form: r.form}, v)
			}
		} else if !r.optimum.Unique && r.settings.Level >= 1 && r.reduced != nil {
			if c, v, err := attainedMultiplier(r.form, r.reduced); err == nil {
				r.certificate(c, v)
			}
		}
		r.report()
	case r.Realisable == Realisable:
		r.Realisable = Undecided
		r.Reason = fmt.Sprintf("X* is known up to %.3g only (H is ill-conditioned): a transformer lies within that, but none found has its loss", r.Decision.Precision)
	}
}

// heads answers for several heads.
func (r *recovery) heads() error {
	optimum := r.optimum
	if r.searched != r.form {
		var err error
		if optimum, err = Minimise(context.WithoutCancel(r.ctx), r.searched); err != nil {
			return err
		}
	}
	best, err := BestHeads(r.ctx, r.searched, optimum, r.settings.Heads, r.settings.Starts, r.settings.Seed)
	if err != nil {
		return err
	}
	r.Loss = best.Loss
	r.Parameters = lsa.NewStructured(1, best.Heads, r.form.Q+1)
	D, q := r.searched.Q+1, r.searched.Q
	for h := range best.Heads {
		b, A := best.B[h*D:(h+1)*D], best.A[h*D*q:(h+1)*D*q]
		if r.reduced != nil {
			b, A = r.reduced.extend(b, A)
		}
		toB, toA := r.Parameters.Head(0, h)
		copy(toB, b)
		copy(toA, A)
	}
	if best.Realises {
		r.Realisable, r.Method = Realisable, Exactly
		r.Loss = r.LossEnlarged
	} else {
		r.Reason = fmt.Sprintf("no model with %d heads that attains the enlarged optimum was found, which proves nothing; %d heads always do", best.Heads, D)
	}
	r.report()
	r.conclusion()
	return nil
}

// bound proves lower bounds until one meets the loss or nothing is left to try.
func (r *recovery) bound() error {
	switch {
	case r.optimum.Unique:
		if err := r.boundByCertificate(); err != nil {
			return err
		}
	case r.settings.Level < 1 || r.reduced == nil:
		if _, err := r.searchHarder(); err != nil {
			return err
		}
		r.conclude()
	}
	if r.settings.Level >= 1 && r.reduced != nil && !r.done() {
		if err := r.boundByMultiplier(); err != nil {
			return err
		}
	}
	if r.done() || !r.optimum.Unique {
		return nil
	}
	if r.form.Q == 1 {
		return r.boundByPolynomials()
	}
	if r.form.Q <= branchDimension && r.settings.Boxes >= 0 {
		boxes := r.settings.Boxes
		if boxes == 0 {
			boxes = DefaultBoxes
		}
		b := branchAndBound(r.ctx, r.form, r.Loss, branchSettings{gap: CertifiedGap / 2, boxes: boxes, condition: r.optimum.Condition, progress: func(lower float64) {
			r.raise(lower, ByBranchAndBound)
		}})
		r.raise(b.lower, ByBranchAndBound)
	}
	return nil
}

// boundByPolynomials proves the best loss for d = 1 in exact arithmetic.
func (r *recovery) boundByPolynomials() error {
	v, err := newCircle(dyadicForm(r.form))
	if err != nil {
		return err
	}
	width := new(big.Rat).SetFloat64(1e-9 * math.Abs(r.Loss))
	lower, _ := v.bestLoss(width)
	bound, exact := lower.Float64()
	if !exact {
		bound = math.Nextafter(bound, math.Inf(-1))
	}
	r.raise(bound, Exactly)
	return nil
}

// boundByCertificate looks for a semidefinite certificate at the best minimum.
func (r *recovery) boundByCertificate() error {
	for attempt := 0; ; attempt++ {
		W, v, err := certify(r.ctx, r.form, &r.LocalMinima[0], r.report)
		if err != nil {
			return err
		}
		if v != nil {
			r.certificate(&Certificate{W: W, Form: r.form}, v)
		}
		if r.done() {
			return nil
		}
		// A better minimum may have been missed: by too few starts, or because
		// it is easier to find from the relaxation's own solution.
		before := r.Loss
		if attempt == 0 {
			if _, err := r.searchHarder(); err != nil {
				return err
			}
		}
		if r.Loss >= before-1e-9*math.Abs(before) {
			b, err := relax(r.ctx, r.form, &r.LocalMinima[0], func(W []float64, v *Verification) bool {
				r.certificate(&Certificate{W: W, Form: r.form}, v)
				return r.Recovery.Certified()
			})
			if err != nil {
				return err
			}
			if b != nil {
				r.starts = append(r.starts, b)
				if err := r.search(0, 0); err != nil {
					return err
				}
			}
		}
		if r.done() || attempt == 2 || r.Loss >= before-1e-9*math.Abs(before) {
			return nil
		}
	}
}

// tied is how close, relatively, the losses of minima are that count as equal.
const tied = 1e-9

// boundByMultiplier looks for a certificate of level 1 at the best minimum, or at
// all that are as good.
func (r *recovery) boundByMultiplier() error {
	for attempt := range 2 {
		best := 1
		for best < len(r.LocalMinima) && r.LocalMinima[best].Loss <= r.Loss+tied*math.Abs(r.Loss) {
			best++
		}
		if err := certifyMultiplier(r.ctx, r.form, r.reduced, r.LocalMinima[:best], r.LossEnlarged, r.report, r.certificate); err != nil {
			r.Note = fmt.Sprintf("there is no certificate of level 1: %v", err)
			return nil
		}
		if r.done() || attempt == 1 {
			return nil
		}
		if better, err := r.searchHarder(); err != nil || !better {
			return err
		}
	}
	return nil
}

// done reports whether the bounds meet or the time is over.
func (r *recovery) done() bool { return r.Recovery.Certified() || r.ctx.Err() != nil }

// claimMargin is what a certificate claims less than was proven, relatively, so
// that a check elsewhere, whose sums may be ordered differently, agrees.
const claimMargin = 1e-10

// certificate takes a certificate that proves a bound, and sets what it claims.
func (r *recovery) certificate(c *Certificate, v *Verification) {
	c.Lower = v.Bound - claimMargin*math.Abs(v.Bound)
	if r.Certificate == nil || c.Lower > r.Certificate.Lower {
		r.Certificate = c
	}
	r.raise(c.Lower, BySDP)
}

// finish fills in what follows from the bounds.
func (r *recovery) finish() {
	if r.reduced != nil {
		for i := range r.LocalMinima {
			m := &r.LocalMinima[i]
			m.B, m.A = r.reduced.extend(m.B, m.A)
			m.X = Phi(m.B, m.A)
		}
	}
	best := r.LocalMinima[0]
	r.Parameters = lsa.NewStructured(1, 1, r.form.Q+1)
	b, A := r.Parameters.Head(0, 0)
	copy(b, best.B)
	copy(A, best.A)
	if !r.optimum.Unique && r.Realisable == Undecided && r.LowerBound > r.LossEnlarged*(1+1e-9) {
		r.Realisable, r.Reason = NotRealisable, ""
	}
	r.conclusion()
}

// conclusion says why the work ended.
func (r *recovery) conclusion() {
	switch {
	case r.Recovery.Certified():
		r.Status = Certified
	case r.ctx.Err() != nil:
		r.Status = Interrupted
	default:
		r.Status = Exhausted
	}
}

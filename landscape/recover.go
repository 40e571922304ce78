package landscape

import (
	"context"
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/mat"

	"markovicl/lsa"
	"markovicl/moment"
)

// Settings of Recover. The zero value is useful.
type Settings struct {
	// Starts is the number of random starts of the local search; 0 means
	// 12(q+1). If the certificate does not close, ten times as many are used.
	Starts int
	// Seed of the random starts; 0 means 1.
	Seed uint64
	// Heads of the transformer; 0 means 1. For more than one, the lower bound is
	// the enlarged optimum, or what branch and bound proves for D-1 heads where H is
	// definite and q <= 4; LocalMinima and the certificate are missing.
	Heads int
	// Level is the highest level of the certificate that may be tried: 0, or 1
	// where level 0 leaves a gap and for singular H, of which level 0 says nothing.
	// For a definite H and q <= 3 level 1 is tried anyway, unless Level is less than 0.
	Level int
	// Boxes is how many boxes branch and bound may use where the certificates
	// leave a gap, H is definite and q <= 3, or for D-1 heads; 0 means DefaultBoxes or
	// DefaultHeadBoxes, less than 0 none.
	Boxes int
	// Progress, if not nil, is told the best loss so far and the best proven
	// lower bound (minus infinity until there is one), both of which only improve.
	// It is called from one goroutine at a time.
	Progress func(upper, lower float64)
}

// CertifiedGap is the relative gap up to which a transformer counts as proven
// best.
const CertifiedGap = 1e-6

const moreStarts = 10

// DefaultBoxes limits branch and bound unless Settings say otherwise.
const DefaultBoxes = 50_000

// DefaultHeadBoxes limits branch and bound for D-1 heads unless Settings say otherwise.
const DefaultHeadBoxes = 400_000

// largest q for which branch and bound is tried, and level 1 before it
const branchDimension = 3

// Method says how the lower bound of a Recovery was proven.
type Method string

// The methods.
const (
	BySDP    Method = "sdp"              // the semidefinite certificate
	Exactly  Method = "exact"            // it is the enlarged optimum, or d = 1 by polynomials
	ByBoxes  Method = "branch-and-bound" // for D-1 heads: boxes of the direction that they leave out
	Unproven Method = "none"             // there is no bound
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
// could any be? What it claims is about the exact form of the task that the form
// comes from, or about the stored form if it comes from none; sampled moments allow
// no claim about their task.
type Recovery struct {
	// Realisation says whether the enlarged optimum is a transformer.
	Realisable Verdict
	Reason     string    // why undecided
	Decision   *Decision // of Problem C.9 for X*; nil if the minimiser is not unique

	LossEnlarged float64   // f~*, the enlarged optimum (Lemma 3.2)
	Enlarged     *Optimum  // with what is proven of it
	Loss         float64   // of Parameters
	LossBounds   LossValue // the same with a bound of its error
	LowerBound   Bound     // no one-layer transformer (with one head, unless Heads are more) is below it
	Method       Method    // how LowerBound was proven
	Status       Status
	Starts       int // random starts taken by the local search
	Evaluations  int // of the matrix in the search for certificates
	Boxes        int // of branch and bound for D-1 heads

	Parameters  *lsa.Structured // the best transformer found: one layer
	LocalMinima []LocalMinimum  // lowest first
	// Note says what was tried in vain; else "".
	Note string
	// Certificate proves LowerBound when Method is BySDP. For a realisable X* it
	// proves nearly as much; there the enlarged optimum itself is the bound.
	Certificate *Certificate
	// StoredBound is what the certificate proves about the form as it is stored,
	// whatever is known of the task: for sampled moments, about the sampled form.
	StoredBound Bound
	// ProjectionLoss is the loss of psi(X*), the transformer whose point is
	// nearest to X* (Remark C.15); ProjectionDistance is how near.
	ProjectionLoss, ProjectionDistance float64
}

// RelativeGap returns max(0, Loss - LowerBound)/|Loss|, the loss taken from above; NaN
// where there is no bound.
func (r *Recovery) RelativeGap() float64 {
	if !r.LowerBound.Proven() {
		return math.NaN()
	}
	gap := r.Loss - r.LowerBound.Value
	if !(gap > 0) {
		return 0
	}
	return gap / math.Abs(r.Loss)
}

// Certified reports whether the transformer is proven best up to CertifiedGap: the
// bound is proven, the loss of the parameters is bounded too, and they meet.
func (r *Recovery) Certified() bool {
	return r.LowerBound.Proven() && r.LossBounds.Upper()-r.LowerBound.Value <= CertifiedGap*math.Abs(r.Loss)
}

// Recover finds the best one-layer transformer for the form, and proves how good it
// is: it decides whether the enlarged optimum is a transformer and, if not, searches
// for the best one and for a certificate that none is better. When the context ends
// early, the best bounds so far are returned, with the Status Interrupted and no
// error. The result is the same for any number of processors.
//
// Its stages are minimise, reduce, search, bound and lift, in this order.
func Recover(ctx context.Context, form *moment.Form, settings Settings) (*Recovery, error) {
	if err := usableForm(form); err != nil {
		return nil, err
	}
	if settings.Starts <= 0 {
		settings.Starts = defaultStarts(form)
	}
	if settings.Seed == 0 {
		settings.Seed = defaultSeed
	}
	optimum, err := minimiseFor(ctx, form)
	if err != nil {
		return nil, err
	}
	r := &recovery{scene: newScene(form, optimum, settings.Level), settings: settings, lower: math.Inf(-1), loss: math.Inf(1)}
	r.out = &Recovery{LossEnlarged: optimum.Loss, Enlarged: optimum, Method: Unproven, StoredBound: noBound("there is no certificate")}
	r.bound = noBound("the enlarged optimum is not proven: " + optimum.Reason)
	if optimum.Bound.Proven() {
		r.raise(optimum.Bound, Exactly)
	}
	if settings.Level >= 1 && r.irreducible != nil {
		r.note("there is no certificate of level 1: %v", r.irreducible)
	}
	if settings.Heads > 1 {
		return r.out, r.heads(ctx)
	}
	if err := r.search(ctx); err != nil {
		return nil, err
	}
	if r.out.Realisable != Realisable {
		if err := r.prove(ctx); err != nil {
			return nil, err
		}
	}
	r.lift()
	r.conclude(ctx)
	return r.out, nil
}

// patientDimension is the largest dimension at which the enlarged optimum is found
// even if the context has ended, so that there is an answer: it takes a moment.
const patientDimension = 256

func minimiseFor(ctx context.Context, form *moment.Form) (*Optimum, error) {
	optimum, err := Minimise(ctx, form)
	if err == nil || ctx.Err() == nil || form.Dim() > patientDimension {
		return optimum, err
	}
	if optimum, err = minimiseFloats(context.WithoutCancel(ctx), form); err == nil {
		optimum.Reason = "the time ended before it was"
		optimum.Bound = noBound(optimum.Reason)
	}
	return optimum, err
}

// recovery is the state of the work.
type recovery struct {
	*scene
	settings Settings
	out      *Recovery

	minima []reducedMinimum // of the searched form, lowest first
	loss   float64          // of the first of them
	bound  Bound            // the best so far
	lower  float64          // its value
}

func (r *recovery) note(format string, args ...any) {
	if r.out.Note != "" {
		r.out.Note += "; "
	}
	r.out.Note += fmt.Sprintf(format, args...)
}

func (r *recovery) report() {
	if r.settings.Progress != nil {
		r.settings.Progress(r.loss, r.lower)
	}
}

// evaluated counts evaluations of the search for certificates.
func (r *recovery) evaluated() {
	r.out.Evaluations++
	r.report()
}

// raise takes a proven lower bound.
func (r *recovery) raise(bound Bound, method Method) {
	if bound.Proven() && bound.Value > r.lower {
		r.bound, r.lower, r.out.Method = bound, bound.Value, method
	}
	r.report()
}

// done reports whether the bounds meet or the time is over.
func (r *recovery) done(ctx context.Context) bool {
	return ctx.Err() != nil || r.loss-r.lower <= CertifiedGap*math.Abs(r.loss) || r.loss-r.out.StoredBound.Value <= CertifiedGap*math.Abs(r.loss)
}

// search decides whether X* is a transformer, and finds the local minima.
func (r *recovery) search(ctx context.Context) error {
	decided, err := realise(ctx, r.scene, r.settings.Starts, r.settings.Seed)
	if err != nil {
		return err
	}
	r.out.Realisable, r.out.Reason, r.out.Decision = decided.Verdict, decided.Reason, decided.Decision
	r.out.ProjectionLoss = r.form.Loss(decided.nearest.X)
	if exact := r.scene.loss(decided.nearest.B, decided.nearest.A, 1); !math.IsNaN(exact.Value) {
		r.out.ProjectionLoss = exact.Value
	}
	r.out.ProjectionDistance = math.Sqrt(math.Max(0, decided.nearest.Loss))
	r.minima, r.out.Starts = decided.minima, decided.taken
	if r.minima == nil {
		if err := r.descend(ctx, r.restricted(decided.directions), 0, r.settings.Starts); err != nil {
			return err
		}
	}
	r.loss = r.minima[0].Loss
	if r.out.Realisable == Realisable {
		r.attained(ctx)
	}
	r.report()
	return nil
}

// descend takes random starts first to last, and given directions of b, in the
// coordinates of the searched form.
func (r *recovery) descend(ctx context.Context, directions [][]float64, first, last int) error {
	minima, taken, err := r.scene.search(ctx, r.minima, directions, first, last, r.settings.Seed)
	if err != nil {
		return err
	}
	r.minima, r.loss = minima, minima[0].Loss
	r.out.Starts += taken
	r.report()
	return nil
}

// searchHarder looks for a better minimum where no certificate says that there is
// none: from the directions that the blocks of X* point to, from ten times as many
// random starts, and from near the lowest minima for as long as that helps. It
// reports whether the loss has decreased.
func (r *recovery) searchHarder(ctx context.Context) (better bool, err error) {
	before := r.loss
	directions := r.restricted(blockDirections(r.optimum.X, r.form.Q))
	if err := r.descend(ctx, directions, r.settings.Starts, moreStarts*r.settings.Starts); err != nil {
		return false, err
	}
	for round := range uint64(8) {
		last := r.loss
		if err := r.descend(ctx, r.perturbed(round), 0, 0); err != nil {
			return false, err
		}
		if !r.improved(last) || r.done(ctx) {
			break
		}
	}
	return r.improved(before), nil
}

// perturbed returns directions around those of the lowest minima, at angles from
// small to large.
func (r *recovery) perturbed(round uint64) (starts [][]float64) {
	const lowest, each = 4, 12
	for i, m := range r.minima[:min(lowest, len(r.minima))] {
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

// attained takes the certificates that there are where the enlarged optimum is a
// transformer: the bound is the optimum itself.
func (r *recovery) attained(ctx context.Context) {
	n := r.form.Q * (r.form.Q + 1) * (r.form.Q + 1)
	switch {
	case r.definite():
		if W, v := roundedProof(ctx, r.form, make([]float64, n*n)); v != nil {
			r.certificate(&Certificate{W: W, Form: r.form}, v)
		}
	case r.settings.Level >= 1 && r.reduced != nil:
		if c, v, err := attainedMultiplier(r.form, r.reduced); err == nil {
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
		exact = dyadicForm(r.form)
	}
	v, err := newCircle(exact)
	if err != nil {
		return err
	}
	width := new(big.Rat).SetFloat64(1e-9 * math.Abs(r.loss))
	lower, _ := v.bestLoss(width)
	bound := Bound{Value: below(lower), Claim: moment.Exact}
	if r.exact == nil && r.form.Errors.Claim != "" {
		growth, err := GrowthOf(r.form)
		if err == nil {
			bound, err = charged(bound.Value, growth, r.form.Errors)
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
	for attempt := 0; ; attempt++ {
		W, v, err := certify(ctx, r.form, &r.minima[0].LocalMinimum, r.evaluated)
		if err != nil {
			r.note("there is no certificate of level 0: %v", err)
			return nil
		}
		if v != nil {
			r.certificate(&Certificate{W: W, Form: r.form}, v)
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
			b, err := relax(ctx, r.form, &r.minima[0].LocalMinimum, func(W []float64, v *Verification) bool {
				r.certificate(&Certificate{W: W, Form: r.form}, v)
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
	if r.searched == r.form && !r.reduced.trivial() {
		return nil // the minima are those of another form
	}
	for attempt := range 2 {
		var best []LocalMinimum
		for _, m := range r.minima {
			if m.Loss <= r.loss+tied*math.Abs(r.loss) {
				best = append(best, m.LocalMinimum)
			}
		}
		floor := r.out.LossEnlarged
		if err := certifyMultiplier(ctx, r.form, r.reduced, best, floor, r.evaluated, r.certificate); err != nil {
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
	if b.lower > r.lower {
		r.note("branch and bound (%d boxes) puts the best loss above %.12g; its rounding errors are estimated, so that this is no proof", b.boxes, b.lower)
	}
}

// claimMargin is what a certificate claims less than was proven, relatively, so
// that a check elsewhere, whose sums may be ordered differently, agrees.
const claimMargin = 1e-10

// certificate takes a certificate that proves a bound, and sets what it claims.
func (r *recovery) certificate(c *Certificate, v *Verification) {
	c.Lower = v.Bound - claimMargin*math.Abs(v.Bound)
	if r.out.Certificate == nil || c.Lower > r.out.Certificate.Lower {
		r.out.Certificate = c
		r.out.StoredBound = Bound{Value: c.Lower, Claim: moment.Proven}
	}
	if r.form.Errors.Claim == moment.Numeric {
		r.report()
		return
	}
	bound, err := v.aboutTask(r.form, c.Level())
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

// lift sets the parameters and minima, in the coordinates of the whole form.
func (r *recovery) lift() {
	for _, m := range r.minima {
		r.out.LocalMinima = append(r.out.LocalMinima, r.scene.lift(m))
	}
	best := r.out.LocalMinima[0]
	r.out.Parameters = lsa.NewStructured(1, 1, r.form.Q+1)
	b, A := r.out.Parameters.Head(0, 0)
	copy(b, best.B)
	copy(A, best.A)
	r.evaluate(best.B, best.A, 1)
}

// evaluate sets the loss of the parameters.
func (r *recovery) evaluate(b, A []float64, heads int) {
	r.out.LossBounds = r.scene.loss(b, A, heads)
	r.out.Loss = r.out.LossBounds.Value
	if math.IsNaN(r.out.Loss) {
		r.out.Loss = r.loss
	}
}

// conclude settles what follows from the bounds, and withdraws a claim that
// contradicts the loss.
func (r *recovery) conclude(ctx context.Context) {
	out := r.out
	out.LowerBound = r.bound
	if r.form.Errors.Claim == moment.Numeric {
		out.LowerBound = noBound("the moments are not proven (" + r.form.Errors.Reason + "), so that nothing is proven about the task")
		if s := out.StoredBound; s.Proven() {
			out.LowerBound.Reason += fmt.Sprintf("; about the form with these moments %.12g is proven", s.Value)
		}
		out.Method = Unproven
	}
	if upper := out.LossBounds.Upper(); out.LowerBound.Proven() && out.LowerBound.Value > upper {
		out.LowerBound = noBound(fmt.Sprintf("the bound %.17g lies above the loss of the parameters, at most %.17g: the proof is wrong, and nothing is claimed; please report this task", out.LowerBound.Value, upper))
		out.Method, out.Certificate = Unproven, nil
	}
	switch {
	case out.Realisable == Realisable && out.LowerBound.Proven() && r.attains(out.LossBounds):
		// Both are the same number: what is between them is rounding of the parameters.
		upper := out.LossBounds.Upper()
		out.LowerBound, out.Method = r.optimum.Bound, Exactly
		out.Loss = out.LowerBound.Value
		out.LossBounds.Value, out.LossBounds.Error = out.Loss, upper-out.Loss
	case out.Realisable == Undecided && out.LowerBound.Proven() && out.LowerBound.Value > r.optimum.Loss+r.optimum.LossError && r.optimum.Claim != moment.Numeric:
		out.Realisable, out.Reason = NotRealisable, ""
	}
	switch {
	case out.Certified():
		out.Status = Certified
	case ctx.Err() != nil:
		out.Status = Interrupted
	default:
		out.Status = Exhausted
	}
}

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
	r.loss = best.Loss
	r.out.Parameters = lsa.NewStructured(1, best.Heads, r.form.Q+1)
	D, q := r.searched.Q+1, r.searched.Q
	var bs, As []float64
	for h := range best.Heads {
		b, A := best.B[h*D:(h+1)*D], best.A[h*D*q:(h+1)*D*q]
		if r.reduced != nil {
			b, A = r.reduced.extend(b, A)
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
	growth, err := GrowthOf(r.form)
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
	r.out.Boxes = used
	var bound Bound
	if err == nil {
		bound, err = charged(roundDown(growth.Bound+lower), growth, r.form.Errors)
	}
	if err != nil {
		r.note("nothing is proven about %d heads beyond the enlarged optimum: %v", r.form.Q, err)
		return
	}
	r.raise(bound, ByBoxes)
}

package landscape

import (
	"context"
	"fmt"
	"math"

	"markovicl/certificate"
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

	LossEnlarged float64               // f~*, the enlarged optimum (Lemma 3.2)
	Enlarged     *Optimum              // with what is proven of it
	Loss         float64               // of Parameters
	LossBounds   certificate.LossValue // the same with a bound of its error
	LowerBound   certificate.Bound     // no one-layer transformer (with one head, unless Heads are more) is below it
	Method       Method                // how LowerBound was proven
	Status       Status
	Stopped      Stop // what ended the work
	Starts       int  // random starts taken by the local search
	Evaluations  int  // matrices whose lowest eigenvalues the search for certificates has calculated
	Boxes        int  // of branch and bound

	Parameters  *lsa.Structured // the best transformer found: one layer
	LocalMinima []LocalMinimum  // lowest first
	// Note says what was tried in vain; else "".
	Note string
	// Certificate proves LowerBound when Method is BySDP. For a realisable X* it
	// proves nearly as much; there the enlarged optimum itself is the bound.
	Certificate *certificate.Certificate
	// StoredBound is what the certificate proves about the form as it is stored,
	// whatever is known of the task: for sampled moments, about the sampled form.
	StoredBound certificate.Bound
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
	r := &recovery{scene: newScene(form, optimum, settings.Level), settings: settings, lower: math.Inf(-1), loss: math.Inf(1), last: StopStarts}
	r.out = &Recovery{LossEnlarged: optimum.Loss, Enlarged: optimum, Method: Unproven, StoredBound: certificate.NoBound("there is no certificate")}
	r.bound = certificate.NoBound("the enlarged optimum is not proven: " + optimum.Reason)
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
		optimum.Bound = certificate.NoBound(optimum.Reason)
	}
	return optimum, err
}

// recovery is the state of the work.
type recovery struct {
	*scene
	settings Settings
	out      *Recovery

	minima []reducedMinimum  // of the searched form, lowest first
	loss   float64           // of the first of them
	bound  certificate.Bound // the best so far
	lower  float64           // its value
	last   Stop              // what ended the last of the stages that were tried
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
func (r *recovery) raise(bound certificate.Bound, method Method) {
	if bound.Proven() && bound.Value > r.lower {
		r.bound, r.lower, r.out.Method = bound, bound.Value, method
	}
	r.report()
}

// met reports whether the bounds meet, those of the stored form included.
func (r *recovery) met() bool {
	return r.loss-max(r.lower, r.out.StoredBound.Value) <= CertifiedGap*math.Abs(r.loss)
}

// done reports whether the bounds meet or the time is over.
func (r *recovery) done(ctx context.Context) bool { return ctx.Err() != nil || r.met() }

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
		out.LowerBound = certificate.NoBound("the moments are not proven (" + r.form.Errors.Reason + "), so that nothing is proven about the task")
		if s := out.StoredBound; s.Proven() {
			out.LowerBound.Reason += fmt.Sprintf("; about the form with these moments %.12g is proven", s.Value)
		}
		out.Method = Unproven
	}
	if upper := out.LossBounds.Upper(); out.LowerBound.Proven() && out.LowerBound.Value > upper {
		out.LowerBound = certificate.NoBound(fmt.Sprintf("the bound %.17g lies above the loss of the parameters, at most %.17g: the proof is wrong, and nothing is claimed; please report this task", out.LowerBound.Value, upper))
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
	out.Stopped = r.reason(ctx)
}

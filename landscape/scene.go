package landscape

import (
	"context"
	"errors"
	"fmt"
	"math"

	"markovicl/certificate"
	"markovicl/moment"
	"markovicl/relax"
)

// scene is what the questions about one loss share: what is known of it, and the
// smaller form that is searched where features depend on others.
type scene struct {
	form     *moment.Form
	optimum  *Optimum
	exact    *moment.ExactForm // nil where there are no fractions
	reduced  *relax.Reduced    // nil if there is none, or no use for it
	searched *moment.Form      // without the redundant features of form, else form
	// irreducible says why there is no reduced form although one was asked for.
	irreducible error
	dependences error // why the dependences of the reduced form are not proven
	checked     bool  // dependences is known
}

// newScene prepares the search for transformers. level is the highest level of a
// certificate that will be asked for.
func newScene(form *moment.Form, optimum *Optimum, level int) *scene {
	s := &scene{form: form, optimum: optimum, exact: optimum.exactForm, searched: form}
	if !s.definite() || level >= 1 {
		s.reduce()
	}
	return s
}

// definite reports whether H is treated as definite: rounding does not hide its
// smallest eigenvalues.
func (s *scene) definite() bool {
	return s.optimum.definite || s.optimum.Unique && s.optimum.Exact == nil
}

func (s *scene) reduce() {
	if s.reduced != nil || s.irreducible != nil {
		return
	}
	if s.reduced, s.irreducible = relax.Reduce(s.form, s.optimum.Rank); s.irreducible == nil {
		s.searched = s.reduced.Features(s.form)
	}
}

// loss returns the loss of parameters of the whole form, with a bound of its error.
func (s *scene) loss(b, A []float64, heads int) certificate.LossValue {
	loss := certificate.LossBound(s.form, s.exact, b, A, heads)
	if s.exact == nil && s.form.Errors.Claim != "" && s.reduced != nil && s.searched != s.form && heads == 1 && !(loss.Error <= hardlyKnown*math.Abs(loss.Value) && loss.Claim != moment.Numeric) {
		// What rounding leaves of dependent features would decide: take the loss
		// with the dependences instead, without a proof.
		loss = certificate.LossValue{Value: s.reduced.Loss(s.restrictedParameters(b, A)), Claim: moment.Numeric}
	}
	return loss
}

// hardlyKnown is the relative error from which on a proven loss says less than one
// without a proof.
const hardlyKnown = 1e-6

// restrictedParameters returns Zb ([D~]) and Z A U' ([D~, units]), which for what
// extend returns are what it was given.
func (s *scene) restrictedParameters(b, A []float64) (smallB, smallA []float64) {
	q, D := s.form.Q, s.form.Q+1
	units, _ := s.reduced.U.Dims()
	smallB, smallA = s.reduced.Restricted(b), make([]float64, (units+1)*units)
	column := make([]float64, D)
	for j := range q {
		for i := range D {
			column[i] = A[i*q+j]
		}
		for i, x := range s.reduced.Restricted(column) {
			for l := range units {
				smallA[i*units+l] += x * s.reduced.U.At(l, j)
			}
		}
	}
	return smallB, smallA
}

// provenDependences returns nil if the exact form, or the stored one if it comes from
// no task, is proven to have the dependences of the reduced form.
func (s *scene) provenDependences() error {
	if !s.checked {
		s.checked = true
		exact := s.exact
		switch {
		case s.reduced.Trivial():
			return nil
		case exact == nil && s.form.Errors.Claim == "":
			exact = certificate.Dyadic(s.form)
		case exact == nil:
			s.dependences = errors.New("the dependences between features are not proven without the task's fractions")
			return s.dependences
		}
		s.dependences = certificate.CheckDependences(exact, &certificate.Multiplier{U: s.reduced.U, G: s.reduced.G})
	}
	return s.dependences
}

// A reducedMinimum is a local minimum of the searched form.
type reducedMinimum struct{ LocalMinimum }

// lift returns the minimum with parameters of the whole form.
func (s *scene) lift(m reducedMinimum) LocalMinimum {
	whole := m.LocalMinimum
	if s.reduced != nil {
		whole.B, whole.A = s.reduced.Extend(m.B, m.A)
		whole.X = Phi(whole.B, whole.A)
	}
	return whole
}

// errNoMinimum says that a search found nothing to go on with.
var errNoMinimum = errors.New("no start led to a finite loss: H, h and c are not usable")

// search descends from given directions of b, in the coordinates of the searched form,
// and from random starts first to last, and returns the distinct minima together with
// those known, lowest first, and how many random starts were taken. When ctx ends early,
// what was found so far is returned; one start is always taken.
func (s *scene) search(ctx context.Context, known []reducedMinimum, directions [][]float64, first, last int, seed uint64) (minima []reducedMinimum, taken int, err error) {
	all := make([]LocalMinimum, len(known))
	for i, m := range known {
		all[i] = m.LocalMinimum
	}
	found := minimaOf(ctx, s.searched, directions, first, last, seed)
	if !s.definite() || s.exact != nil {
		s.certain(found)
	}
	for _, m := range found {
		taken += m.Hits
	}
	for _, m := range distinctMinima(append(all, found...)) {
		minima = append(minima, reducedMinimum{m})
	}
	if len(minima) == 0 {
		return nil, taken, errNoMinimum
	}
	return minima, taken, nil
}

// restricted returns directions of b of the whole form in the coordinates of the
// searched form.
func (s *scene) restricted(directions [][]float64) [][]float64 {
	if s.reduced == nil || s.searched == s.form {
		return directions
	}
	out := make([][]float64, len(directions))
	for i, b := range directions {
		out[i] = s.reduced.Restricted(b)
	}
	return out
}

// certain gives minima their losses without rounding. Where H is singular, or nearly,
// the best parameters may be so large, near directions that hardly change the loss,
// that what they predict is the difference of numbers larger by far.
func (s *scene) certain(minima []LocalMinimum) {
	for i := range minima {
		m := &minima[i]
		whole := s.lift(reducedMinimum{*m})
		if exact := s.loss(whole.B, whole.A, 1); !math.IsNaN(exact.Value) {
			m.Loss = exact.Value
		}
	}
}

// defaultStarts is the number of random starts of a search unless another is asked
// for.
func defaultStarts(form *moment.Form) int { return 12 * (form.Q + 1) }

// how far above the enlarged optimum a loss may be, relatively, to count as equal to
// it. Where H is definite the minimiser X* is unique, so that a transformer within
// the precision of X* is tested, and only rounding of the descent is allowed for.
// Where H is singular an infimum may be approached by ever larger parameters, or
// missed by little: there the loss, calculated without rounding, must agree to its
// last digits.
const (
	attainedDefinite = 1e-9
	attainedSingular = 1e-12
)

// attains reports whether a loss is the enlarged optimum up to rounding.
func (s *scene) attains(loss certificate.LossValue) bool {
	within := attainedSingular
	if s.definite() {
		within = attainedDefinite
	}
	bound := s.optimum.Bound
	return bound.Proven() && loss.Upper()-bound.Value <= within*math.Abs(bound.Value)+s.optimum.LossError
}

// sampledReason says why nothing is decided for moments without a proven error.
func sampledReason(form *moment.Form) string {
	return fmt.Sprintf("%s, so that X is not known well enough to tell", form.Errors.Reason)
}

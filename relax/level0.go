package relax

import (
	"context"
	"math"

	"markovicl/certificate"
	"markovicl/internal/lbfgs"
	"markovicl/moment"
)

// Settings of the search for W at a local minimum.
const (
	dualMost     = 1000 // evaluations for one margin
	dualPatience = 30   // evaluations in which F must fall by a tenth
)

// dualMemory is how many steps L-BFGS remembers for so many coordinates of W. Each is half
// a matrix of memory, and where there are many, four take no more evaluations than twenty.
func dualMemory(coordinates int) int {
	if coordinates > 30_000 {
		return 4
	}
	return 20
}

// dualMargins are tried one after the other: the larger the margin, the sooner
// the search ends and the more room there is for rounding, but the further the
// matrix must be from the boundary. Each ends when the least eigenvalue is enough. The
// first is beyond what is asked for: it need not be reached, and gets there in a
// fifth fewer evaluations than a margin of 1e-4.
var dualMargins = []struct{ margin, enough float64 }{{3e-3, 1e-5}, {1e-4, 1e-5}, {1e-6, 1e-7}, {1e-8, 1e-9}}

// Level0 looks for a certificate at a local minimum and returns the best bound
// it proves; nil if it proves none. The search ends as soon as N + W is
// definite, which proves that the minimum is global, or with ctx.
//
// The minimum has the parameters b ([D]) and A ([D, q] row-major), D = q+1. evaluated,
// if not nil, is called after each evaluation. W is what a certificate.Certificate of
// level 0 has, [qD^2, qD^2]. It fails where b and A predict zero, or where an eigenvalue
// problem does not converge.
func Level0(ctx context.Context, form *moment.Form, b, A []float64, evaluated func()) (W []float64, v *certificate.Verification, err error) {
	search, err := newDualSearch(form, b, A)
	if err != nil {
		return nil, nil, err
	}
	w, penalty := search.start, search.penalty()
	reached := false
	for _, m := range dualMargins {
		reached, err = penalty.descend(ctx, w, m.margin, m.enough, nil, dualMost, dualPatience, evaluated)
		if err != nil {
			return nil, nil, err
		}
		if reached {
			break
		}
		if ctx.Err() != nil {
			return nil, nil, nil // rounding an unfinished W takes long and proves little
		}
	}
	if reached {
		ctx = untilProven(ctx, search.lift.size(), 2)
	}
	penalty = nil // and with it N
	if W, err = search.certificateMatrix(w); err != nil {
		return nil, nil, err
	}
	W, v = Round(ctx, form, W)
	return W, v, nil
}

// untilProven returns the context for the proof of what a search has reached, which takes
// so many factors of a matrix of n rows: one that does not end where that takes less than
// a second or so, so that it is not lost to a limit that has passed meanwhile.
func untilProven(ctx context.Context, n, factors int) context.Context {
	const soon = 5e10 // multiplications and additions
	if cube := float64(n) * float64(n) * float64(n); float64(factors)*cube/6 > soon {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// penalty is F = 1/2 sum (margin - l_i)^2 over the eigenvalues l_i < margin of a
// matrix that depends on w, with its derivative by w, and the smallest eigenvalue.
type penalty func(ctx context.Context, w []float64, margin float64, gradient []float64) (F, least float64, err error)

// descend minimises the penalty for one margin, changing w in place, and reports
// whether the least eigenvalue became enough. It gives up after so many evaluations, or
// when F falls by less than a tenth in as many as its patience.
func (p penalty) descend(ctx context.Context, w []float64, margin, enough float64, precondition func(g []float64), most, patience int, evaluated func()) (reached bool, err error) {
	evaluations, before := 0, math.Inf(1)
	best := append([]float64(nil), w...)
	highest := math.Inf(-1)
	_, _, err = lbfgs.Minimise(w, 0.25, precondition, dualMemory(len(w)), most, func(x, gradient []float64) (float64, bool, error) {
		F, least, err := p(ctx, x, margin, gradient)
		if err != nil {
			if ctx.Err() != nil { // what is best so far is kept
				return 0, true, nil
			}
			return 0, false, err
		}
		if evaluated != nil {
			evaluated()
		}
		if least > highest {
			highest = least
			copy(best, x)
		}
		if least >= enough {
			reached = true
			return F, true, nil
		}
		if evaluations++; evaluations%patience == 0 {
			if F > 0.9*before {
				return F, true, nil
			}
			before = F
		}
		return F, ctx.Err() != nil, nil
	})
	copy(w, best)
	return reached, err
}

// Round returns the best proof that W, or W moved slightly towards an
// interior point, gives; nil if none.
//
// W_K, the sum of the minors of rows i < k and columns (j,i), (j,k), is positive
// on the kernel of N: there Y_(i,(j,k)) = -Y_(k,(j,i)), and each minor is a
// square. So N + t W_K is definite for small t > 0 when H is, and mixing a little
// of it in makes room for rounding.
func Round(ctx context.Context, form *moment.Form, W []float64) ([]float64, *certificate.Verification) {
	best, bestW := (*certificate.Verification)(nil), W
	if v, err := certificate.Prove(ctx, form, W, true); err == nil {
		best = v
	}
	if best != nil && best.Slack == 0 {
		return bestW, best
	}
	if ctx.Err() != nil {
		return bestW, best
	}
	interior := InteriorPoint(ctx, form)
	if interior == nil {
		return bestW, best
	}
	const first, last = 1e-10, 0.01 // shares of the interior point
	for mix := first; mix < last && ctx.Err() == nil; mix *= 4 {
		mixed := make([]float64, len(W))
		for i := range mixed {
			mixed[i] = (1-mix)*W[i] + mix*interior[i]
		}
		v, err := certificate.Prove(ctx, form, mixed, false)
		if err != nil {
			continue
		}
		switch {
		case best == nil || v.Bound > best.Bound:
			best, bestW = v, mixed
		case v.Bound > best.Bound-roomForRounding*math.Abs(best.Bound):
			// Nearly as good, and farther from the boundary.
			bestW, best = mixed, v
		case best.Slack == 0:
			return bestW, best
		}
	}
	return bestW, best
}

// roomForRounding is what a bound may lose, relatively, for a matrix that is
// farther from singular.
const roomForRounding = 2e-9

// Maximise maximises the lower bound of the semidefinite relaxation, without the
// assumption that the minimum given is global, and passes on each bound that is
// better than those before; it stops as soon as enough says so. It returns a
// direction of b for a further descent. evaluated, if not nil, is called after each
// evaluation.
func Maximise(ctx context.Context, form *moment.Form, b, A []float64, loss float64, evaluated func(), better func(W []float64, v *certificate.Verification) (enough bool)) (towards []float64, err error) {
	search, err := newDualSearch(form, b, A)
	if err != nil {
		return nil, err
	}
	n := search.lift.size()
	steps := min(3000, max(200, 3_000_000_000/(n*n*n)))
	const every, patience = 200, 3  // steps between two proofs, and proofs in a row that help little
	const little, near = 1e-7, 1e-5 // relative: what counts as help, and as near to the relaxation's own value
	w := append([]float64(nil), search.start...)
	best, stalled := math.Inf(-1), 0
	return search.maximise(ctx, w, loss, steps, every, evaluated, func(l float64, w []float64) bool {
		W, err := search.certificateMatrix(w)
		if err != nil {
			return false
		}
		W, v := Round(ctx, form, W)
		if v == nil {
			return true
		}
		stalled++
		if v.Bound > best+little*math.Abs(best) || math.IsInf(best, -1) {
			stalled = 0
		}
		best = max(best, v.Bound)
		if better(W, v) {
			return false
		}
		return stalled < patience || best < l-near*math.Abs(l)
	})
}

// InteriorPoint returns an admissible W with N + W definite, nil if H is not
// definite or ctx has ended.
func InteriorPoint(ctx context.Context, form *moment.Form) []float64 {
	q, D := form.Q, form.Q+1
	M := q * D
	n := D * M
	WK := make([]float64, n*n)
	for j := range q {
		for i := range D {
			for k := i + 1; k < D; k++ {
				// Rows i and k, columns (j,i) and (j,k).
				ii, ik := i*M+j*D+i, i*M+j*D+k
				ki, kk := k*M+j*D+i, k*M+j*D+k
				WK[ii*n+kk]++
				WK[kk*n+ii]++
				WK[ik*n+ki]--
				WK[ki*n+ik]--
			}
		}
	}
	scale := 0.0
	for i := range form.Dim() {
		scale += form.H.At(i, i) / float64(form.Dim())
	}
	const least = 1e-9 // multiple of H's size: below, rounding leaves no proof
	for t := scale / 4; t > least*scale && ctx.Err() == nil; t /= 4 {
		W := make([]float64, n*n)
		for i, x := range WK {
			W[i] = t * x
		}
		if _, err := certificate.Prove(ctx, form, W, false); err == nil {
			return W
		}
	}
	return nil
}

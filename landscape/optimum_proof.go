package landscape

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"

	"markovicl/certificate"
	"markovicl/moment"
)

// What is proven of the enlarged optimum. The floating-point minimum drops the
// eigenvalues of H that it cannot tell from rounding, so that it lies above the
// true one where some of them are not 0. It is a bound only with a proof:
//
//   - in fractions, at once where they are cheap, else where floats prove nothing
//     and fractions are affordable;
//   - by a factorisation of H that proves it definite, rounding included, with the
//     errors of H, h and c charged.

// Fractions are always used up to cheapDimension and cheapWork; where floats prove
// nothing, up to affordableWork for the form (additions of large integers, ten
// million a second) and solutionWork for the solution (multiplications, in units of
// 64 bits; some seconds).
const (
	cheapDimension = 80
	cheapWork      = 3e6
	affordableWork = 6e7
	solutionWork   = 4e8
)

// provenDimension is the largest dimension at which a proof in floating point is
// tried: it takes a few factorisations.
const provenDimension = 1500

// knownLoss is the relative error of Loss up to which a proof in floating point is
// enough where fractions are affordable.
const knownLoss = 1e-10

// prove sets Claim and what belongs to it.
func (o *Optimum) prove(ctx context.Context, f *moment.Form) error {
	if f.Errors.Claim == moment.Numeric {
		o.unproven("the moments are not proven: " + f.Errors.Reason)
		return nil
	}
	n := o.Dimension
	if o.LambdaMax == 0 && (f.Errors.Claim == "" || f.Errors.Claim == moment.Exact) { // every X has the loss c
		o.Claim, o.Bound, o.Precision = moment.Exact, certificate.Bound{Value: o.Loss, Claim: moment.Exact}, 0
		return nil
	}
	var growthErr error
	proven := false
	if n <= provenDimension {
		var growth certificate.Growth
		if growth, growthErr = certificate.GrowthOf(ctx, f); growthErr == nil {
			o.definite = true
			proven = o.proveByGrowth(f, growth)
		}
	} else {
		growthErr = fmt.Errorf("%d enlarged parameters are too many for a proof in floating point, which is tried up to %d", n, provenDimension)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	work := 0.0
	switch {
	case n <= cheapDimension:
		work = cheapWork
	case !proven || o.LossError > knownLoss*math.Abs(o.Loss):
		work = affordableWork
	}
	if work > 0 {
		switch err := o.proveByFractions(ctx, f, work); {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !proven && growthErr == nil:
			o.unproven("the errors of H, h and c are too large for its smallest eigenvalues")
		case !proven:
			o.unproven(fmt.Sprintf("%v, and in fractions: %v", growthErr, err))
		}
	}
	return nil
}

func (o *Optimum) unproven(reason string) {
	o.Claim, o.Reason, o.Bound = moment.Numeric, reason, certificate.NoBound(reason)
}

// proveByGrowth proves the optimum in floating point and reports whether it could.
func (o *Optimum) proveByGrowth(f *moment.Form, growth certificate.Growth) bool {
	at := certificate.ShiftTo(f, o.X)
	bound, err := certificate.Charged(growth.Bound, growth, f.Errors)
	if err != nil {
		return false
	}
	charge := 0.0
	if f.Errors.Claim == moment.Proven {
		charge = f.Errors.Charge(at.Size)
	}
	// (H - E)(X - X*) = HX - h + what the errors are; up pays for the rounding here.
	const up = 1 + 1e-9
	rate := 2*growth.Rate - f.Errors.H
	distance := (at.Residual + f.Errors.H*at.Size + f.Errors.L) / rate * up
	lossError := max(at.Upper+charge-o.Loss, o.Loss-bound.Value) + 4*unitRoundoff*math.Abs(o.Loss)
	if !(rate > 0) || math.IsNaN(distance) || math.IsInf(distance, 0) || math.IsNaN(lossError) || math.IsInf(lossError, 0) {
		return false
	}
	o.Claim, o.Bound, o.Precision, o.LossError = moment.Proven, bound, distance, lossError
	return true
}

// proveByFractions takes the optimum from the exact form, and fails where there is
// none for the given work.
func (o *Optimum) proveByFractions(ctx context.Context, f *moment.Form, work float64) error {
	exact, err := f.Fractions(ctx, work)
	if err != nil {
		return err
	}
	n := float64(o.Dimension)
	if need := n * n * n * float64(1+exact.Scale.BitLen()/64); need > solutionWork {
		return fmt.Errorf("the solution would take about %.0g multiplications", need)
	}
	return o.SolveExactly(ctx, f, exact)
}

// SolveExactly takes the optimum of the form f from its fractions, however long that
// takes. H must be positive semidefinite, as moments are.
func (o *Optimum) SolveExactly(ctx context.Context, f *moment.Form, exact *moment.ExactForm) error {
	if !sameForm(f, exact) {
		return errors.New("the form is not that of its fractions")
	}
	solution, err := MinimiseExact(ctx, exact)
	if err != nil {
		return err
	}
	o.Exact = solution
	o.exactForm = exact
	for i, x := range o.Exact.X {
		o.X[i] = nearest(x)
	}
	o.Loss, o.Rank, o.Unique = nearest(o.Exact.Loss), o.Exact.Rank, o.Exact.Unique
	o.Residual = l2(residual(f, o.X))
	o.Claim, o.Reason = moment.Exact, ""
	o.LossError = unitRoundoff * math.Abs(o.Loss)
	o.Bound = certificate.Bound{Value: below(o.Exact.Loss), Claim: moment.Exact}
	o.Precision = 2 * unitRoundoff * l2(o.X) // of X, rounded
	return nil
}

// sameForm reports whether fractions are those that the form was rounded from: a form
// that was changed by hand is no longer its fractions'.
func sameForm(f *moment.Form, exact *moment.ExactForm) bool {
	if exact.Q != f.Q || exact.Dim() != f.Dim() {
		return false
	}
	const precision = 64
	const close = 1e-9 // relative to the form: the roundings of any way of taking moments are nearer, a change by hand is not
	n := f.Dim()
	size := certificate.FormSize(f)
	scale := new(big.Float).SetPrec(precision).SetInt(exact.Scale)
	x := new(big.Float).SetPrec(precision)
	near := func(stored float64, fraction *big.Int) bool {
		y, _ := x.Quo(x.SetInt(fraction), scale).Float64()
		return math.Abs(stored-y) <= close*size
	}
	for i := range n {
		if !near(f.L[i], exact.L[i]) {
			return false
		}
		for k := i; k < n; k++ {
			if !near(f.H.At(i, k), exact.H[moment.PairIndex(n, i, k)]) {
				return false
			}
		}
	}
	return math.Abs(f.C-nearest(exact.C)) <= close*size
}

// nearest returns the float64 nearest to x.
func nearest(x *big.Rat) float64 {
	v, _ := x.Float64()
	return v
}

// below returns the largest float64 that is not above x.
func below(x *big.Rat) float64 {
	v, exact := x.Float64()
	if !exact && new(big.Rat).SetFloat64(v).Cmp(x) > 0 {
		v = math.Nextafter(v, math.Inf(-1))
	}
	return v
}

func l2(x []float64) float64 { return math.Sqrt(dot(x, x)) }

package certificate

import (
	"context"
	"fmt"
	"math"

	"markovicl/moment"
)

// Bound is a number below every loss that it is about, and what it rests on. It is
// about the task if the form says how far it is from the task's (moment.FormErrors),
// else about the form as it is stored.
type Bound struct {
	Value  float64 // -Inf where nothing is proven
	Claim  moment.Claim
	Reason string // why nothing is proven; "" if something is
}

// Proven reports whether the bound is one: by fractions, or in floating point with
// every error Charged.
func (b Bound) Proven() bool { return b.Claim == moment.Exact || b.Claim == moment.Proven }

// NoBound is what is left where nothing is proven.
func NoBound(reason string) Bound {
	return Bound{Value: math.Inf(-1), Claim: moment.Numeric, Reason: reason}
}

// Charged returns the bound for the exact form of a task that follows from one for
// the stored form, given how the loss grows. For parameters whose loss on the exact
// form is at most the bound itself the errors are Charged; all others are above it.
func Charged(bound float64, growth Growth, errs moment.FormErrors) (Bound, error) {
	charge, err := growth.Charge(errs, bound)
	if err != nil {
		return Bound{}, err
	}
	value := bound
	if charge > 0 {
		value = RoundDown(bound - charge)
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return Bound{}, errSlow
	}
	return Bound{Value: value, Claim: moment.Proven}, nil
}

// hardly is a charge, relative to a bound, that is not worth another proof.
const hardly = 1e-12

// AboutTask returns what a certificate proves about the exact form that the stored
// one comes from, or about the stored form itself if it comes from none. At level 1
// the errors are within what the check allows for. If ctx ends before, the bound is what
// Growth says, or the error is ctx's.
func (v *Verification) AboutTask(ctx context.Context, form *moment.Form, level int) (Bound, error) {
	errs := form.Errors
	if level > 0 {
		if v.Within < max(errs.H, errs.L, errs.C) {
			return Bound{}, fmt.Errorf("the check allows for errors up to %.1e of H, h and c, which may have %.1e", v.Within, max(errs.H, errs.L, errs.C))
		}
		return Bound{Value: v.Bound, Claim: moment.Proven}, nil
	}
	if v.Growth != nil {
		if b, err := Charged(v.Bound, *v.Growth, errs); err == nil && b.Value >= v.Bound-hardly*math.Abs(v.Bound) {
			return b, nil
		}
	}
	growth, err := GrowthOf(ctx, form)
	if err != nil {
		if v.Growth == nil {
			return Bound{}, err
		}
		return Charged(v.Bound, *v.Growth, errs)
	}
	b, err := Charged(v.Bound, growth, errs)
	if v.Growth != nil {
		if other, otherErr := Charged(v.Bound, *v.Growth, errs); otherErr == nil && (err != nil || other.Value > b.Value) {
			return other, nil
		}
	}
	return b, err
}

package certificate

import (
	"context"
	"errors"
	"fmt"
	"math"

	"markovicl/moment"
)

// Check is what a certificate proves, and about what.
type Check struct {
	*Verification
	// Bound is proven about what About says: about the task, with the Charge for all
	// that its exact form may differ from the certificate's taken off, or about the
	// certificate's own form.
	Bound  Bound
	About  string
	Charge float64
	// Difference is the largest between an entry of the certificate's H, h, c and
	// that of the task's; 0 without a task.
	Difference float64
}

// Check verifies the certificate about its own form. At level 1 that form, which is
// rounded, may have the dependences U and G only nearly; then the proof is about all
// forms that have them and are close. If ctx ends before, the error is ctx's.
func (c *Certificate) Check(ctx context.Context) (*Check, error) {
	v, err := c.Verify(ctx)
	if err != nil {
		return nil, err
	}
	check := &Check{Verification: v, Bound: Bound{Value: v.Bound, Claim: moment.Proven}, About: "the H, h and c in the file"}
	if c.Multiplier != nil && CheckDependences(Dyadic(c.Form), c.Multiplier) != nil {
		check.About = fmt.Sprintf("every H, h and c with the dependences U and G of the file whose numbers, at the places that are kept, are within %.1e of the file's", v.Within)
	}
	return check, nil
}

// ErrOtherForm says that a certificate is not about the form of a task.
var ErrOtherForm = errors.New("the forms differ")

// taskTolerance is how far the certificate's H, h and c may be from the task's,
// relative to the largest entry of each, to be about the task at all. What they differ
// by is Charged.
const taskTolerance = 1e-14

// dependencesWork is what fractions may cost that show the dependences of a task's
// features, in additions of large integers.
const dependencesWork = 6e7

// CheckTask verifies the certificate about the task that a form is of: all that its
// exact form may differ from the certificate's is Charged. It fails if the forms are
// not the same up to rounding, and if the claimed bound is not proven for the task.
// If the moments of the task are not proven, neither is anything about it: then the
// check is about the certificate's own form, and the Reason of Bound says why.
func (c *Certificate) CheckTask(ctx context.Context, task *moment.Form) (*Check, error) {
	check, err := c.Check(ctx)
	if err != nil {
		return nil, err
	}
	if check.Difference, err = formDifference(c.Form, task); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOtherForm, err)
	}
	if task.Errors.Claim == moment.Numeric {
		check.Bound.Reason = "nothing is proven about the task: " + task.Errors.Reason
		return check, nil
	}
	if c.Multiplier != nil {
		err = c.checkTaskMultiplier(ctx, task, check)
	} else {
		err = c.chargeTask(ctx, task, check)
	}
	if err != nil {
		return nil, err
	}
	check.About = "the task"
	check.Charge = max(0, check.Verification.Bound-check.Bound.Value)
	if !(check.Bound.Value >= c.Lower) {
		return check, fmt.Errorf("the claimed lower bound l = %.12g is proven for the H, h and c in the file, but not for the task's: with the difference Charged W proves %.12g only", c.Lower, check.Bound.Value)
	}
	return check, nil
}

// chargeTask charges the difference of the forms at level 0.
func (c *Certificate) chargeTask(ctx context.Context, task *moment.Form, check *Check) error {
	errs := differenceNorms(c.Form, task)
	var best Bound
	failure := errors.New("")
	for _, growth := range c.growths(ctx, check.Verification) {
		b, err := Charged(check.Verification.Bound, growth, errs)
		if err != nil {
			failure = err
		} else if !best.Proven() || b.Value > best.Value {
			best = b
		}
	}
	if err := ctx.Err(); err != nil {
		return err // more may be known of the growth
	}
	if !best.Proven() {
		return fmt.Errorf("the file's H, h and c differ from the task's by up to %.1e, which may make any difference to the loss: %w", check.Difference, failure)
	}
	check.Bound = best
	return nil
}

// growths returns what is known of how the loss of the certificate's form grows; where ctx
// ends, that is less.
func (c *Certificate) growths(ctx context.Context, v *Verification) []Growth {
	var list []Growth
	if v.Growth != nil {
		list = append(list, *v.Growth)
	}
	if g, err := GrowthOf(ctx, c.Form); err == nil {
		list = append(list, g)
	}
	if len(list) == 0 {
		list = append(list, Growth{}) // which fails unless there is nothing to charge
	}
	return list
}

// checkTaskMultiplier proves the bound of level 1 anew, with room for the difference
// of the forms, and that the task has the dependences.
func (c *Certificate) checkTaskMultiplier(ctx context.Context, task *moment.Form, check *Check) error {
	m := c.Multiplier
	if !m.Trivial() {
		exact, err := task.Fractions(ctx, dependencesWork)
		if err != nil {
			return fmt.Errorf("whether the task has the dependences U and G is shown by fractions only: %w", err)
		}
		if err := CheckDependences(exact, m); err != nil {
			return fmt.Errorf("the task has other dependences than U and G: %w", err)
		}
	}
	errs := task.Errors
	uncertain := max(Uncertainty(c.Form), (check.Difference+max(errs.H, errs.L, errs.C))*up)
	v, err := ProveMultiplier(ctx, c.Form, c.W, m, uncertain)
	if err != nil {
		return err
	}
	check.Bound = Bound{Value: v.Bound, Claim: moment.Proven}
	return nil
}

// Trivial reports whether no feature depends on others.
func (m *Multiplier) Trivial() bool {
	units, q := m.U.Dims()
	grams, pairs := m.G.Dims()
	return units == q && grams == pairs
}

// differenceNorms bounds how far the exact form of a task is from a stored one: their
// difference in the Frobenius norm, and the errors of the task's.
func differenceNorms(stored, task *moment.Form) moment.FormErrors {
	n := stored.Dim()
	H, L := 0.0, 0.0
	for i := range n {
		L = math.Hypot(L, stored.L[i]-task.L[i])
		for j := range n {
			H = math.Hypot(H, stored.H.At(i, j)-task.H.At(i, j))
		}
	}
	return moment.FormErrors{
		Claim: moment.Proven,
		H:     (H + task.Errors.H) * up,
		L:     (L + task.Errors.L) * up,
		C:     (math.Abs(stored.C-task.C) + task.Errors.C) * up,
	}
}

// formDifference returns the largest difference between entries of two forms,
// and an error if it is more than rounding explains.
func formDifference(file, task *moment.Form) (float64, error) {
	if file.Q != task.Q {
		return 0, fmt.Errorf("the file has q = %d, the task %d", file.Q, task.Q)
	}
	n := file.Dim()
	largest := 0.0
	compare := func(name string, size float64, x, y float64) error {
		d := math.Abs(x - y)
		largest = math.Max(largest, d)
		if !(d <= taskTolerance*size) {
			return fmt.Errorf("%s is %.17g in the file and %.17g for the task", name, x, y)
		}
		return nil
	}
	sizeH, sizeL := 0.0, 0.0
	for i, x := range task.L {
		sizeL = math.Max(sizeL, math.Abs(x))
		for j := i; j < n; j++ {
			sizeH = math.Max(sizeH, math.Abs(task.H.At(i, j)))
		}
	}
	if err := compare("c", task.C, file.C, task.C); err != nil {
		return 0, err
	}
	for i := range n {
		if err := compare(fmt.Sprintf("h[%d]", i), sizeL, file.L[i], task.L[i]); err != nil {
			return 0, err
		}
		for j := i; j < n; j++ {
			if err := compare(fmt.Sprintf("H[%d,%d]", i, j), sizeH, file.H.At(i, j), task.H.At(i, j)); err != nil {
				return 0, err
			}
		}
	}
	return largest, nil
}

// Package certificate holds what must be trusted: certificates that no one-layer
// transformer is better than a bound, their check with every rounding error charged,
// their exact proofs, and their files. Nothing in it searches, and it imports nothing
// that does: whoever found a certificate, the check stands on its own.
//
// The loss is f(X) = X'HX - 2h'X + c (package moment), X = phi(b, A). A [Certificate]
// of level 0 proves f(b, A) >= l by a positive semidefinite matrix, one of level 1
// proves b'Pb (f - l) >= 0 with a [Multiplier]:
//
//	c, err := certificate.ReadCertificate("c.npz")
//	check, err := c.Check(ctx)             // about the form in the file
//	check, err = c.CheckTask(ctx, form)    // about the task that form is of
//
// Where to read what:
//
//   - certificate.go: level 0 and its check; multiplier.go: level 1
//   - definite.go: proofs that a matrix is definite, and the rounding model
//   - dependence.go: dependences between features, which level 1 uses
//   - growth.go, bound.go: what a bound of one form says of another that is close
//   - check.go: what a certificate proves, and about what
//   - loss.go: the loss of given parameters, without rounding
//   - proof.go: the same in exact arithmetic
//   - file.go: certificate files
package certificate

import (
	"context"
	"errors"
	"fmt"
	"math"

	"markovicl/moment"
)

// Certificate is a proof that no one-layer transformer with one head has a loss
// below Lower on the form. Its check, Verify, shares nothing with the search
// that found it but how matrices are multiplied and factorised.
//
// Let D = q+1, M = qD, and y in R^{DM} the vector of a matrix Y = b a', entry
// (i, s) at place i*M+s, s = (j, k) at place j*D+k. The loss is
// f = y'Ny - 2k'y + c, where N and k repeat the entries of H and h: y_(i,(j,k))
// belongs to block j, pair {i,k}. W is symmetric with
// W_(i,s),(j,t) = -W_(i,t),(j,s), so that y'Wy = 0 whenever Y has rank one. The
// certificate claims that
//
//	[[c-Lower, -k'], [-k, N+W]]
//
// is positive semidefinite.
//
// A certificate of level 1 has a Multiplier, which says what W is there.
type Certificate struct {
	Lower float64
	W     []float64 // [D*M, D*M] row-major; at level 1 [D(1+r), D(1+r)]
	Form  *moment.Form
	Task  string // the task in JSON, for the reader; "" for a form of other origin

	Multiplier *Multiplier // nil at level 0
}

// Verification is what checking a certificate established.
type Verification struct {
	Bound float64 // the largest lower bound that W proves, rounding errors included
	Size  int     // D*M
	// Definite is a proven lower bound of the smallest eigenvalue of N + W after
	// scaling it to unit diagonal up to powers of two.
	Definite float64
	// Slack is e where only N + W + e I could be proven definite; the bound then
	// allows for e R^2, R bounding |y| for every transformer that could be
	// better. 0 if N + W itself is definite.
	Slack float64
	// Growth carries the bound over to forms that are close; nil if nothing is
	// known of it.
	Growth *Growth
	// Within, at level 1, is how far the numbers of another form with the same
	// dependences may be from this form's for the bound to hold for it too.
	Within float64
}

// Verify checks the certificate. Every rounding error is bounded from above:
//
//   - N + W is rounded once an entry, relative error u = 2^-53.
//   - A Cholesky factorisation that runs to its end on a symmetric floating
//     matrix C proves C + E >= 0 for some E with |E| <= g/(1-g) trace(C),
//     g = (2n+8)u/(1-(2n+8)u), whatever the order of its sums (Demmel; Rump,
//     "Verification of positive definiteness", 2006). So C is N + W scaled by
//     powers of two, less a multiple of the identity that pays for E and for the
//     rounding of N + W, and as much again, which remains as Definite.
//   - With that the Bordered matrix is handled by the congruence that shifts y:
//     for any vector y it is semidefinite iff [[t, r'], [r, N+W]] is, with
//     r = (N+W)y - k and t = c - Lower - 2k'y + y'(N+W)y, which follows from
//     t >= |r|^2/Definite (r scaled likewise). y solves (N+W)y = k up to
//     rounding; t and r are computed with bounds of their errors.
//
// An error says what is wrong with the certificate, or is that of ctx. If W proves a bound, but a
// lower one than claimed, the verification is returned beside the error.
func (c *Certificate) Verify(ctx context.Context) (*Verification, error) {
	if err := c.checkShapes(ctx); err != nil {
		return nil, err
	}
	v, err := c.prove(ctx)
	if err != nil {
		return nil, err
	}
	if !(v.Bound >= c.Lower) {
		return v, fmt.Errorf("the claimed lower bound l = %.12g is not proven: W proves %.12g only", c.Lower, v.Bound)
	}
	return v, nil
}

// prove returns the largest bound that W proves.
func (c *Certificate) prove(ctx context.Context) (*Verification, error) {
	if c.Multiplier != nil {
		return ProveMultiplier(ctx, c.Form, c.W, c.Multiplier, Uncertainty(c.Form))
	}
	return Prove(ctx, c.Form, c.W, true)
}

// checkShapes checks everything but definiteness, and whether ctx has ended.
func (c *Certificate) checkShapes(ctx context.Context) error {
	if c.Form == nil || c.Form.H == nil {
		return errors.New("the certificate has no form H, h, c")
	}
	if err := CheckForm(c.Form); err != nil {
		return err
	}
	if math.IsNaN(c.Lower) || math.IsInf(c.Lower, 0) {
		return fmt.Errorf("the claimed lower bound l is %g; it must be a finite number", c.Lower)
	}
	if c.Multiplier != nil {
		return c.checkMultiplier()
	}
	D := c.Form.Q + 1
	M := c.Form.Q * D
	n := D * M
	if len(c.W) != n*n {
		return fmt.Errorf("W has %d entries, want %d = (q(q+1)^2)^2 for q = %d", len(c.W), n*n, c.Form.Q)
	}
	for i := range D {
		for s := range M {
			if err := ctx.Err(); err != nil {
				return err
			}
			for j := range D {
				for t := range M {
					r, o := i*M+s, j*M+t
					x := c.W[r*n+o]
					if math.IsNaN(x) || math.IsInf(x, 0) {
						return fmt.Errorf("W[%d,%d] is %g; every entry must be a finite number", r, o, x)
					}
					if x != c.W[o*n+r] {
						return fmt.Errorf("W is not symmetric: W[%d,%d] = %g, W[%d,%d] = %g", r, o, x, o, r, c.W[o*n+r])
					}
					if swapped := c.W[(i*M+t)*n+j*M+s]; x != -swapped {
						return fmt.Errorf("W is not a combination of 2 x 2 minors: W[%d,%d] = %g is not minus W[%d,%d] = %g", r, o, x, i*M+t, j*M+s, swapped)
					}
				}
			}
		}
	}
	return nil
}

// CheckForm checks the shapes of a form and that its numbers are finite.
func CheckForm(f *moment.Form) error {
	if f.Q < 1 {
		return fmt.Errorf("the form has q = %d; it must be at least 1", f.Q)
	}
	n := f.Dim()
	if f.H.SymmetricDim() != n || len(f.L) != n {
		return fmt.Errorf("H has the size %d and h %d; both must be q(q+1)(q+2)/2 = %d for q = %d", f.H.SymmetricDim(), len(f.L), n, f.Q)
	}
	H := f.H.RawSymmetric()
	for i := range n {
		for j, x := range H.Data[i*H.Stride+i : i*H.Stride+n] {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("H[%d,%d] is %g; every entry must be a finite number", i, i+j, x)
			}
		}
		if x := f.L[i]; math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("h[%d] is %g; every entry must be a finite number", i, x)
		}
	}
	if math.IsNaN(f.C) || math.IsInf(f.C, 0) {
		return fmt.Errorf("c is %g; it must be a finite number", f.C)
	}
	return nil
}

// errIndefinite is returned where not even a slack makes the matrix definite.
var errIndefinite = errors.New("N + W is not positive semidefinite: W proves nothing")

// Prove returns the largest bound that the admissible W proves, with a slack
// only if that is allowed. If ctx ends before, the error is ctx's.
func Prove(ctx context.Context, form *moment.Form, W []float64, slack bool) (*Verification, error) {
	S, k, err := Bordered(ctx, form, W)
	if err != nil {
		return nil, err
	}
	n := len(k)
	v := &Verification{Size: n}
	scale, err := unitScale(S, n)
	if err == nil {
		definite, err := provenDefinite(ctx, S, n, scale, 0, 0)
		if err != nil {
			return nil, err
		}
		if definite > 0 {
			v.Definite, v.Growth = definite, new(Growth)
			if v.Bound, *v.Growth, err = shiftedBound(ctx, S, k, form.C, scale, definite, 0); err != nil {
				return nil, err
			}
			return v, nil
		}
	}
	if !slack {
		return nil, errIndefinite
	}
	// A slack e, the smallest on a ladder, and the best of a few.
	radius, err := boundRadius(ctx, form, form.C)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("%w (nor does a slack help: %v)", errIndefinite, err)
	}
	largest := 0.0
	for r := range n {
		largest = max(largest, math.Abs(S[r*n+r]))
	}
	shifted := append([]float64(nil), S...)
	found := false
	better := 0
	const first = 1e-16 // of the slacks, relative to the diagonal: less than its rounding
	for e := first * largest; e > 0 && e < largest && better < 6; e *= 4 {
		for r := range n {
			shifted[r*n+r] = S[r*n+r] + e*(1-2*unitRoundoff)
		}
		scale, err := unitScale(shifted, n)
		if err != nil {
			continue
		}
		definite, err := provenDefinite(ctx, shifted, n, scale, unitRoundoff, 0)
		if err != nil {
			return nil, err
		}
		if definite <= 0 {
			continue
		}
		// The bound as a function of R^2 is monotone: prove one with the radius
		// that belongs to c, then with the radius that belongs to that bound.
		plain, _, err := shiftedBound(ctx, shifted, k, form.C, scale, definite, unitRoundoff)
		if err != nil {
			return nil, err
		}
		bound := RoundDown(plain - e*radius)
		tighter, err := boundRadius(ctx, form, plain)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil && tighter < radius:
			bound = max(bound, RoundDown(plain-e*tighter))
		}
		if !found || bound > v.Bound {
			v.Bound, v.Definite, v.Slack = bound, definite, e
		}
		found = true
		better++
	}
	if !found {
		return nil, errIndefinite
	}
	return v, nil
}

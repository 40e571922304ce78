package landscape

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"markovicl/moment"
)

// Certificate is a proof that no one-layer transformer with one head has a loss
// below Lower on the form. Its check, Verify, shares nothing with the search
// that found it.
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
//   - With that the bordered matrix is handled by the congruence that shifts y:
//     for any vector y it is semidefinite iff [[t, r'], [r, N+W]] is, with
//     r = (N+W)y - k and t = c - Lower - 2k'y + y'(N+W)y, which follows from
//     t >= |r|^2/Definite (r scaled likewise). y solves (N+W)y = k up to
//     rounding; t and r are computed with bounds of their errors.
//
// An error says what is wrong with the certificate. If W proves a bound, but a
// lower one than claimed, the verification is returned beside the error.
func (c *Certificate) Verify() (*Verification, error) {
	if err := c.checkShapes(); err != nil {
		return nil, err
	}
	v, err := c.prove()
	if err != nil {
		return nil, err
	}
	if !(v.Bound >= c.Lower) {
		return v, fmt.Errorf("the claimed lower bound l = %.12g is not proven: W proves %.12g only", c.Lower, v.Bound)
	}
	return v, nil
}

// prove returns the largest bound that W proves.
func (c *Certificate) prove() (*Verification, error) {
	if c.Multiplier != nil {
		return multiplierBound(c.Form, c.W, c.Multiplier, uncertainty(c.Form))
	}
	return proveBound(c.Form, c.W, true)
}

// checkShapes checks everything but definiteness.
func (c *Certificate) checkShapes() error {
	if c.Form == nil || c.Form.H == nil {
		return errors.New("the certificate has no form H, h, c")
	}
	if err := checkForm(c.Form); err != nil {
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

// checkForm checks the shapes of a form and that its numbers are finite.
func checkForm(f *moment.Form) error {
	if f.Q < 1 {
		return fmt.Errorf("the form has q = %d; it must be at least 1", f.Q)
	}
	n := f.Dim()
	if f.H.SymmetricDim() != n || len(f.L) != n {
		return fmt.Errorf("H has the size %d and h %d; both must be q(q+1)(q+2)/2 = %d for q = %d", f.H.SymmetricDim(), len(f.L), n, f.Q)
	}
	for i := range n {
		for j := i; j < n; j++ {
			if x := f.H.At(i, j); math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("H[%d,%d] is %g; every entry must be a finite number", i, j, x)
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

const unitRoundoff = 0x1p-53

// gamma returns a bound of the relative error of sums of n products.
func gamma(n int) float64 {
	x := float64(n) * unitRoundoff
	return x / (1 - x) * (1 + 8*unitRoundoff)
}

// errIndefinite is returned where not even a slack makes the matrix definite.
var errIndefinite = errors.New("N + W is not positive semidefinite: W proves nothing")

// proveBound returns the largest bound that the admissible W proves, with a slack
// only if that is allowed.
func proveBound(form *moment.Form, W []float64, slack bool) (*Verification, error) {
	S, k := bordered(form, W)
	n := len(k)
	v := &Verification{Size: n}
	scale, err := unitScale(S, n)
	if err == nil {
		if definite := provenDefinite(S, n, scale, 0, 0); definite > 0 {
			v.Definite = definite
			var growth Growth
			v.Bound, growth = shiftedBound(S, k, form.C, scale, definite, 0)
			v.Growth = &growth
			return v, nil
		}
	}
	if !slack {
		return nil, errIndefinite
	}
	// A slack e, the smallest on a ladder, and the best of a few.
	radius, err := boundRadius(form, form.C)
	if err != nil {
		return nil, fmt.Errorf("%w (nor does a slack help: %v)", errIndefinite, err)
	}
	largest := 0.0
	for r := range n {
		largest = max(largest, math.Abs(S[r*n+r]))
	}
	shifted := append([]float64(nil), S...)
	found := false
	better := 0
	for e := 1e-16 * largest; e < largest && better < 6; e *= 4 {
		for r := range n {
			shifted[r*n+r] = S[r*n+r] + e*(1-2*unitRoundoff)
		}
		scale, err := unitScale(shifted, n)
		if err != nil {
			continue
		}
		definite := provenDefinite(shifted, n, scale, unitRoundoff, 0)
		if definite <= 0 {
			continue
		}
		// The bound as a function of R^2 is monotone: prove one with the radius
		// that belongs to c, then with the radius that belongs to that bound.
		plain, _ := shiftedBound(shifted, k, form.C, scale, definite, unitRoundoff)
		bound := roundDown(plain - e*radius)
		if tighter, err := boundRadius(form, plain); err == nil && tighter < radius {
			bound = max(bound, roundDown(plain-e*tighter))
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

func roundDown(x float64) float64 { return x - 4*unitRoundoff*math.Abs(x) }

// bordered returns N + W ([n, n] row-major, rounded once an entry) and k.
func bordered(form *moment.Form, W []float64) (S, k []float64) {
	q, D := form.Q, form.Q+1
	n := D * q * D
	place := make([]int, n)
	for i := range D {
		for j := range q {
			for l := range D {
				place[(i*q+j)*D+l] = j*moment.Pairs(D) + moment.PairIndex(D, min(i, l), max(i, l))
			}
		}
	}
	S, k = make([]float64, n*n), make([]float64, n)
	for r := range n {
		k[r] = form.L[place[r]]
		for t := range n {
			S[r*n+t] = form.H.At(place[r], place[t]) + W[r*n+t]
		}
	}
	return S, k
}

// unitScale returns powers of two that bring the diagonal of S into [1/2, 2].
func unitScale(S []float64, n int) ([]float64, error) {
	scale := make([]float64, n)
	for r := range n {
		x := S[r*n+r]
		if !(x > 0) || math.IsInf(x, 0) {
			return nil, errIndefinite
		}
		scale[r] = math.Ldexp(1, -int(math.Round(math.Log2(x)/2)))
	}
	return scale, nil
}

// provenDefinite returns a d > 0 such that every symmetric matrix that differs
// from S by one rounding (and diagonal entries by extra more, relatively), and
// after scaling by a matrix of norm change besides, is at least d*I after
// scaling; 0 if there is no proof.
func provenDefinite(S []float64, n int, scale []float64, extra, change float64) float64 {
	C := make([]float64, n*n)
	trace, rows := 0.0, 0.0
	for r := range n {
		row := 0.0
		for t := range n {
			x := S[r*n+t] * scale[r] * scale[t] // exact but for underflow
			C[r*n+t] = x
			row += math.Abs(x)
		}
		trace += C[r*n+r]
		rows = max(rows, row)
	}
	g := gamma(2*n + 8)
	margin := g/(1-g)*trace + // of the factorisation
		(1+gamma(n))*unitRoundoff*rows + // of the entries of S
		(2*extra+4*unitRoundoff)*2 + // of the diagonal, before and after the shift
		change +
		float64(n)*float64(n)*0x1p-1000 // underflow
	margin *= 1 + 1e-6
	for r := range n {
		C[r*n+r] -= 2 * margin
	}
	if _, ok := lapack64.Potrf(blas64.Symmetric{N: n, Stride: n, Data: C, Uplo: blas.Upper}); !ok {
		return 0
	}
	return margin
}

// shiftedBound returns the bound c - 2k'y + y'Sy - |r|^2/definite, rounded down,
// at a y for which it is nearly largest, and how the quadratic grows away from that
// y; S carries the relative error of one rounding, and extra on its diagonal.
func shiftedBound(S, k []float64, c float64, scale []float64, definite, extra float64) (float64, Growth) {
	n := len(k)
	y, residual := solveScaled(S, k, scale)
	magnitude := make([]float64, n) // |S||y| + |k|
	for r := range n {
		for t, x := range S[r*n : (r+1)*n] {
			magnitude[r] += math.Abs(x) * math.Abs(y[t])
		}
		magnitude[r] += math.Abs(k[r])
	}
	g := gamma(2*n+8) + 4*extra + 4*unitRoundoff
	// t = c - k'y + r'y, r = Sy - k; errors of r count twice, once here.
	value, errors, norm := c, 4*unitRoundoff*math.Abs(c), 0.0
	size, widest := 0.0, 0.0
	for r := range n {
		value += (residual[r] - k[r]) * y[r]
		errors += g * (2*magnitude[r] + math.Abs(residual[r]) + math.Abs(k[r])) * math.Abs(y[r])
		e := (math.Abs(residual[r]) + g*magnitude[r]) * scale[r]
		norm += e * e
		size += y[r] * y[r]
		widest = max(widest, scale[r])
	}
	// Half of the definiteness pays for r, the other half is left: |y| <= widest
	// times |y| after scaling, and |X|^2 <= 2|y|^2 for X of y.
	return roundDown(value - (errors+norm/definite)*(1+1e-6)), Growth{
		Bound:   roundDown(value - (errors+2*norm/definite)*(1+1e-6)),
		Rate:    definite / 2 / (widest * widest),
		Centre:  math.Sqrt(size) * (1 + 1e-6),
		Stretch: math.Sqrt2 * (1 + 1e-15),
	}
}

// solveScaled returns an approximate solution of S y = k and S y - k.
func solveScaled(S, k []float64, scale []float64) (y, residual []float64) {
	n := len(k)
	C := make([]float64, n*n)
	for r := range n {
		for t := range n {
			C[r*n+t] = S[r*n+t] * scale[r] * scale[t]
		}
	}
	y, residual = make([]float64, n), make([]float64, n)
	factor, ok := lapack64.Potrf(blas64.Symmetric{N: n, Stride: n, Data: C, Uplo: blas.Upper})
	for r := range n {
		residual[r] = -k[r]
	}
	if !ok {
		return y, residual
	}
	const refinements = 3
	for range refinements {
		step := make([]float64, n)
		for r := range n {
			step[r] = residual[r] * scale[r]
		}
		lapack64.Potrs(factor, blas64.General{Rows: n, Cols: 1, Stride: 1, Data: step})
		for r := range n {
			y[r] -= step[r] * scale[r]
		}
		for r := range n {
			residual[r] = dot(S[r*n:(r+1)*n], y) - k[r]
		}
	}
	return y, residual
}

// boundRadius returns a proven upper bound of |y|^2 over all y = vec(b a') with a
// loss of at most the given one. With any x and g = Hx - h, mu <= lambda_min(H):
// loss >= f(x) - 2|g||X-x| + mu|X-x|^2 bounds |X-x|, and |y|^2 <= 2|X|^2.
func boundRadius(form *moment.Form, loss float64) (float64, error) {
	n := form.Dim()
	H := make([]float64, n*n)
	for r := range n {
		for t := range n {
			H[r*n+t] = form.H.At(r, t)
		}
	}
	scale, err := unitScale(H, n)
	if err != nil {
		return 0, errors.New("H is not positive definite")
	}
	// H >= d * diag(1/scale^2) after scaling; take a large d by bisection.
	low, high := 0.0, 1.0
	shifted := make([]float64, n*n)
	most := 0.0
	for _, s := range scale {
		most = max(most, s*s)
	}
	for range 30 {
		mu := math.Sqrt(max(low, 1e-14) * high)
		copy(shifted, H)
		for r := range n {
			shifted[r*n+r] -= mu / (scale[r] * scale[r])
		}
		if s, err := unitScale(shifted, n); err == nil && provenDefinite(shifted, n, s, 0, 0) > 0 {
			low = mu
		} else {
			high = mu
		}
		if high < 2*max(low, 1e-14) {
			break
		}
	}
	if low == 0 {
		return 0, errors.New("H is not positive definite to working precision")
	}
	mu := low / most * (1 - 1e-6)
	x, residual := solveScaled(H, form.L, scale)
	// f(x) from below, |g| from above.
	g := gamma(2*n + 8)
	value, errs, norm, size := form.C, 4*unitRoundoff*math.Abs(form.C), 0.0, 0.0
	for r := range n {
		magnitude := math.Abs(form.L[r])
		for t := range n {
			magnitude += math.Abs(H[r*n+t]) * math.Abs(x[t])
		}
		value += (residual[r] - form.L[r]) * x[r]
		errs += g * (2*magnitude + math.Abs(residual[r]) + math.Abs(form.L[r])) * math.Abs(x[r])
		e := math.Abs(residual[r]) + g*magnitude
		norm += e * e
		size += x[r] * x[r]
	}
	norm, size = math.Sqrt(norm)*(1+1e-6), math.Sqrt(size)*(1+1e-6)
	value -= errs * (1 + 1e-6)
	distance := (norm + math.Sqrt(norm*norm+mu*max(0, loss-value))) / mu
	return 2 * (size + distance) * (size + distance) * (1 + 1e-6), nil
}

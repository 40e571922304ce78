package certificate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// Multiplier is what makes a [Certificate] one of level 1: it bounds
// a quadratic form in b times f - l instead of f - l.
//
// U says how the features u_j of the query depend on a few: u_j is the sum over l of
// U_lj times the l-th of those. Z, which is U with a row and a column more for the
// label, says the same of the entries of z, and G of the functions g_{i,k} of the
// entries that are left. The columns of what is kept are columns of the identity.
// So the loss depends on b~ = Zb, A~ = Z A U' and
//
//	x_(l,t) = sum over i <= k of G_t,{i,k} X_(l,{i,k}),  X = phi(b~, A~),
//
// and is x'Rx - 2s'x + c, where R and s are entries of H and h. A singular H is no
// obstacle, then. Let D~ = units+1, r = units*grams, and let v hold b~_i at place
// i(1+r) and b~_i x_(l,t) at place i(1+r)+1+l*grams+t. W is symmetric with v'Wv = 0
// for all b and A. The certificate claims that
//
//	P (x) [[c-Lower, -s'], [-s, R]] + W
//
// is positive semidefinite: then b~'P b~ (f - Lower) = v'(...)v >= 0. (Where b~ = 0,
// the loss is c.)
type Multiplier struct {
	P *mat.SymDense // [D~, D~] positive definite
	U *mat.Dense    // [units, q] whole numbers
	G *mat.Dense    // [grams, D~(D~+1)/2] whole numbers
}

// Entries returns D~, the number of entries of b~.
func (m *Multiplier) Entries() int {
	units, _ := m.U.Dims()
	return units + 1
}

// Size returns r, the number of coordinates x.
func (m *Multiplier) Size() int {
	units, _ := m.U.Dims()
	grams, _ := m.G.Dims()
	return units * grams
}

// Level returns 0 if the certificate bounds f - l itself, and 1 if it has a
// Multiplier.
func (c *Certificate) Level() int {
	if c.Multiplier != nil {
		return 1
	}
	return 0
}

// checkMultiplier checks shapes and the identity v'Wv = 0, which is a statement
// about polynomials with coefficients that are floating numbers, hence fractions,
// and is checked without rounding.
func (c *Certificate) checkMultiplier() error {
	m := c.Multiplier
	if m.P == nil || m.U == nil || m.G == nil {
		return errors.New("a certificate of level 1 needs P, U and G")
	}
	D := m.Entries()
	if got := m.P.SymmetricDim(); got != D {
		return fmt.Errorf("P is %d x %d, want %d x %d", got, got, D, D)
	}
	if _, err := echelonColumns("U", m.U, c.Form.Q); err != nil {
		return err
	}
	if _, err := echelonColumns("G", m.G, moment.Pairs(D)); err != nil {
		return err
	}
	n := D * (1 + m.Size())
	if len(c.W) != n*n {
		return fmt.Errorf("W has %d entries, want %d = (D~(1+r))^2 for D~ = %d, r = %d", len(c.W), n*n, D, m.Size())
	}
	for i := range n {
		for j := range n {
			x := c.W[i*n+j]
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("W[%d,%d] is %g; every entry must be a finite number", i, j, x)
			}
			if x != c.W[j*n+i] {
				return fmt.Errorf("W is not symmetric: W[%d,%d] = %g, W[%d,%d] = %g", i, j, x, j, i, c.W[j*n+i])
			}
		}
	}
	return CheckIdentity(c.W, m.G, D, m.Size())
}

// product is a monomial in b and the entries of a: sorted indices plus 1, 0 for
// none.
type product struct{ b1, b2, b3, b4, a1, a2 int }

// factor is a term of an entry of v: coefficient b_first b_second a_entry, where
// second or entry may be missing (-1).
type factor struct {
	first, second, entry int
	coefficient          int64
}

// CheckIdentity checks that v'Wv = 0 for all b and A.
func CheckIdentity(W []float64, G *mat.Dense, D, r int) error {
	grams, _ := G.Dims()
	v := make([][]factor, 0, D*(1+r))
	for i := range D {
		v = append(v, []factor{{i, -1, -1, 1}})
		for x := range r {
			// x_(l,t) is the sum over k <= p of G_t,{k,p} times b_k a_p + b_p a_k for
			// k < p or b_k a_k, a being column l.
			l, t := x/grams, x%grams
			var terms []factor
			for k := range D {
				for p := k; p < D; p++ {
					if g := int64(G.At(t, moment.PairIndex(D, k, p))); g != 0 {
						terms = append(terms, factor{i, k, l*D + p, g})
						if k < p {
							terms = append(terms, factor{i, p, l*D + k, g})
						}
					}
				}
			}
			v = append(v, terms)
		}
	}
	n := len(v)
	// Every entry of W is a whole number times 2^least.
	least := 0
	for _, x := range W {
		if x != 0 {
			_, exponent := wholeNumber(x)
			least = min(least, exponent)
		}
	}
	sums := make(map[product]*big.Int)
	entry, t := new(big.Int), new(big.Int)
	for i := range n {
		for j := i; j < n; j++ {
			x := W[i*n+j]
			if x == 0 {
				continue
			}
			whole, exponent := wholeNumber(x)
			entry.SetInt64(whole)
			entry.Lsh(entry, uint(exponent-least))
			if i != j {
				entry.Lsh(entry, 1)
			}
			for _, f := range v[i] {
				for _, g := range v[j] {
					b := [4]int{f.first + 1, f.second + 1, g.first + 1, g.second + 1}
					slices.Sort(b[:])
					at := product{b[0], b[1], b[2], b[3], min(f.entry, g.entry) + 1, max(f.entry, g.entry) + 1}
					sum := sums[at]
					if sum == nil {
						sum = new(big.Int)
						sums[at] = sum
					}
					sum.Add(sum, t.Mul(entry, t.SetInt64(f.coefficient*g.coefficient)))
				}
			}
		}
	}
	for at, sum := range sums {
		if sum.Sign() != 0 {
			return fmt.Errorf("W is not admissible: v'Wv is not zero, but has the product of %v with a coefficient other than 0", at)
		}
	}
	return nil
}

func (p product) String() string {
	text := ""
	for _, b := range []int{p.b1, p.b2, p.b3, p.b4} {
		if b > 0 {
			text += fmt.Sprintf(" b_%d", b-1)
		}
	}
	for _, a := range []int{p.a1, p.a2} {
		if a > 0 {
			text += fmt.Sprintf(" a_%d", a-1)
		}
	}
	return text[1:]
}

// wholeNumber returns x as an odd number times a power of two, x not 0.
func wholeNumber(x float64) (whole int64, exponent int) {
	fraction, exponent := math.Frexp(x)
	whole = int64(math.Ldexp(fraction, 53))
	zeros := bits.TrailingZeros64(uint64(whole))
	return whole >> zeros, exponent - 53 + zeros
}

// multiplierForm is the matrix P (x) [[t, -s'], [-s, R]] + W with t = c - l to be set.
type multiplierForm struct {
	D, r, n int
	P       []float64 // [D, D]
	data    []float64 // [n, n], every entry rounded once
}

// multiplierMatrix returns the matrix but for t. Every entry P_ij R_st + W is rounded
// once, by a fused multiplication.
func multiplierMatrix(form *moment.Form, W []float64, m *Multiplier) (*multiplierForm, error) {
	R, s, err := restrict(form, m.U, m.G, reducedTolerance)
	if err != nil {
		return nil, err
	}
	D, r := m.Entries(), len(s)
	n := D * (1 + r)
	f := &multiplierForm{D: D, r: r, n: n, P: make([]float64, D*D), data: make([]float64, n*n)}
	for i := range D {
		for j := range D {
			f.P[i*D+j] = m.P.At(i, j)
		}
	}
	for i := range D {
		for j := range D {
			p := f.P[i*D+j]
			for x := range r {
				at := i*(1+r) + 1 + x
				row := f.data[at*n+j*(1+r) : at*n+(j+1)*(1+r)]
				w := W[at*n+j*(1+r) : at*n+(j+1)*(1+r)]
				row[0] = math.FMA(p, -s[x], w[0])
				f.data[j*(1+r)*n+at] = row[0]
				for y := range r {
					row[1+y] = math.FMA(p, R[x*r+y], w[1+y])
				}
			}
		}
	}
	return f, nil
}

// setLower sets t = c - l. (W is 0 there: the b~_i b~_j are independent.)
func (f *multiplierForm) setLower(t float64) {
	for i := range f.D {
		for j := range f.D {
			f.data[i*(1+f.r)*f.n+j*(1+f.r)] = f.P[i*f.D+j] * t
		}
	}
}

// proven returns a positive number if the matrix is definite with t, whatever the
// rounding, and if every number in [[t, -s'], [-s, R]] changes by at most uncertain.
func (f *multiplierForm) proven(ctx context.Context, t, uncertain float64) (float64, error) {
	f.setLower(t)
	scale, err := unitScale(f.data, f.n)
	if err != nil {
		return 0, nil
	}
	sums := make([]float64, f.D)
	for j := range f.D {
		for _, x := range scale[j*(1+f.r) : (j+1)*(1+f.r)] {
			sums[j] += x
		}
	}
	norm := 0.0 // of the change, scaled
	for i := range f.D {
		row := 0.0
		for j := range f.D {
			row += math.Abs(f.P[i*f.D+j]) * sums[j]
		}
		for _, x := range scale[i*(1+f.r) : (i+1)*(1+f.r)] {
			norm = max(norm, row*x*uncertain)
		}
	}
	return provenDefinite(ctx, f.data, f.n, scale, 0, norm+float64(f.n)*0x1p-600)
}

// checkPositive checks that P is positive definite.
func checkPositive(ctx context.Context, P *mat.SymDense) error {
	D := P.SymmetricDim()
	data := make([]float64, D*D)
	for i := range D {
		for j := range D {
			data[i*D+j] = P.At(i, j)
		}
	}
	scale, err := unitScale(data, D)
	switch {
	case errors.Is(err, errTiny):
		return fmt.Errorf("P: %w", err)
	case err != nil:
		return errNotPositive
	}
	definite, err := provenDefinite(ctx, data, D, scale, 0, 0)
	if err == nil && definite <= 0 {
		err = errNotPositive
	}
	return err
}

var errNotPositive = errors.New("P is not positive definite")

// ProveMultiplier returns the largest bound that W proves with a multiplier, for
// W and a multiplier that have passed checkMultiplier. Rounding is allowed for as
// in [Certificate.Verify]. The bound holds for every form that has the dependences U
// and G and whose numbers, at the places that are kept, are within uncertain of this
// form's: what that may change is taken off the matrix as well.
func ProveMultiplier(ctx context.Context, form *moment.Form, W []float64, m *Multiplier, uncertain float64) (*Verification, error) {
	if err := checkPositive(ctx, m.P); err != nil {
		return nil, err
	}
	f, err := multiplierMatrix(form, W, m)
	if err != nil {
		return nil, err
	}
	if form.C == 0 {
		return nil, errors.New("c = 0: predicting 0 is right, and there is nothing to prove")
	}
	// A larger t is a lower bound, and easier to prove.
	high := math.Abs(form.C)
	definite, err := f.proven(ctx, high, uncertain) // at high
	for ; err == nil && definite <= 0; definite, err = f.proven(ctx, high, uncertain) {
		if high *= 4; !(high <= min(1e6*math.Abs(form.C), math.MaxFloat64)) {
			return nil, errors.New("the matrix is not positive semidefinite for any l: W proves nothing")
		}
	}
	if err != nil {
		return nil, err
	}
	low := 0.0
	const most, bisected = 64, 1e-13 // steps, and how near to the best l, relatively, is near enough
	for step := 0; step < most && high-low > bisected*max(math.Abs(form.C), high); step++ {
		middle := (low + high) / 2
		switch d, err := f.proven(ctx, middle, uncertain); {
		case err != nil:
			return nil, err
		case d > 0:
			high, definite = middle, d
		default:
			low = middle
		}
	}
	return &Verification{Bound: RoundDown(form.C - high), Size: f.n, Definite: definite, Within: uncertain}, nil
}

// Uncertainty returns how far the numbers of a form may be from those of a form
// that has its dependences exactly, for a proof of level 1: rounding, and what is
// known of the errors of the form.
func Uncertainty(form *moment.Form) float64 {
	e := form.Errors
	return max(reducedTolerance*FormSize(form), e.H, e.L, e.C) * up
}

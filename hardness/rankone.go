package hardness

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// RankOne is an instance of weighted rank-one approximation: minimise
//
//	value(u, v) = sum_ij W_ij (M_ij - u_i v_j)^2
//
// over u in R^r and v in R^s, for weights W_ij >= 0. It is NP-hard even to
// approximate, for strictly positive weights too (Gillis and Glineur 2011, SIAM
// J. Matrix Anal. Appl. 32, arXiv 1012.0197).
type RankOne struct {
	M, W [][]*big.Rat // [r][s]
}

// NewRankOne checks an instance. It fails if the matrices are empty, differ in
// shape, or if a weight is negative.
func NewRankOne(M, W [][]*big.Rat) (RankOne, error) {
	if len(M) == 0 || len(M[0]) == 0 {
		return RankOne{}, errors.New("the matrix is empty")
	}
	r, s := len(M), len(M[0])
	if len(W) != r {
		return RankOne{}, fmt.Errorf("the matrix has %d rows and the weights have %d", r, len(W))
	}
	for i := range r {
		if len(M[i]) != s || len(W[i]) != s {
			return RankOne{}, fmt.Errorf("row %d has %d entries in the matrix and %d in the weights, want %d in both", i+1, len(M[i]), len(W[i]), s)
		}
		for j, w := range W[i] {
			if w.Sign() < 0 {
				return RankOne{}, fmt.Errorf("the weight in row %d, column %d is %s; weights must not be negative", i+1, j+1, w.RatString())
			}
		}
	}
	return RankOne{M, W}, nil
}

// ParseRankOne reads the matrix and the weights, the contents of two CSV files, see
// ReadPoints. The names are used in errors.
func ParseRankOne(matrixName string, matrix []byte, weightsName string, weights []byte) (RankOne, error) {
	M, _, err := ReadPoints(matrixName, bytes.NewReader(matrix))
	if err != nil {
		return RankOne{}, err
	}
	W, _, err := ReadPoints(weightsName, bytes.NewReader(weights))
	if err != nil {
		return RankOne{}, err
	}
	p, err := NewRankOne(M, W)
	if err != nil {
		return RankOne{}, fmt.Errorf("%s and %s: %w", matrixName, weightsName, err)
	}
	return p, nil
}

// searchable is the largest power, weight, entry and lambda with which searches in
// floating point are tried: squares of their products stay finite.
const searchable = 1e60

// Searchable returns an error if the instance is too large, or lambda is, for the
// searches, which are in floating point; what is exact has no such limit.
func (p RankOne) Searchable(lambda *big.Rat) error {
	limit := new(big.Rat).SetFloat64(searchable)
	for _, of := range []struct {
		name  string
		value *big.Rat
	}{{"the power of the matrix", p.Power()}, {"the sum of the weights", p.Weight()}, {"lambda", lambda}} {
		if of.value.Cmp(limit) > 0 {
			return fmt.Errorf("%s is above %g, too large to be searched in floating point; scale the matrix or the weights", of.name, float64(searchable))
		}
	}
	for _, row := range p.M {
		for _, m := range row {
			if new(big.Rat).Abs(m).Cmp(limit) > 0 {
				return fmt.Errorf("an entry of the matrix is above %g, too large to be searched in floating point; scale the matrix", float64(searchable))
			}
		}
	}
	return nil
}

// Shape returns r and s.
func (p RankOne) Shape() (r, s int) { return len(p.M), len(p.M[0]) }

// Power returns sum W_ij M_ij^2, the value of u = 0 or v = 0.
func (p RankOne) Power() *big.Rat {
	r, s := p.Shape()
	return p.exactly(make([]*big.Rat, r), make([]*big.Rat, s))
}

// Weight returns the sum of all weights.
func (p RankOne) Weight() *big.Rat {
	sum := new(big.Rat)
	for _, row := range p.W {
		for _, w := range row {
			sum.Add(sum, w)
		}
	}
	return sum
}

// Value returns value(u, v) for u [r] and v [s], without rounding. It fails if
// an entry is not finite.
func (p RankOne) Value(u, v []float64) (*big.Rat, error) {
	r, s := p.Shape()
	if len(u) != r || len(v) != s {
		return nil, fmt.Errorf("u has %d entries and v %d, want %d and %d", len(u), len(v), r, s)
	}
	x, err := rationals("u", u)
	if err != nil {
		return nil, err
	}
	y, err := rationals("v", v)
	if err != nil {
		return nil, err
	}
	return p.exactly(x, y), nil
}

// exactly is Value in fractions, where nil is 0.
func (p RankOne) exactly(u, v []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for i, row := range p.M {
		for j, m := range row {
			e := new(big.Rat).Set(m)
			if u[i] != nil && v[j] != nil {
				e.Sub(e, new(big.Rat).Mul(u[i], v[j]))
			}
			sum.Add(sum, e.Mul(e, e).Mul(e, p.W[i][j]))
		}
	}
	return sum
}

// transposed returns the instance with rows and columns exchanged.
func (p RankOne) transposed() RankOne {
	r, s := p.Shape()
	t := RankOne{make([][]*big.Rat, s), make([][]*big.Rat, s)}
	for j := range s {
		for i := range r {
			t.M[j] = append(t.M[j], p.M[i][j])
			t.W[j] = append(t.W[j], p.W[i][j])
		}
	}
	return t
}

// RankOneForm is the loss of a one-layer transformer in the enlarged space that
// an instance of weighted rank-one approximation reduces to: a weighted distance
// to targets,
//
//	f(b, A) = sum_r weight_r (phi(b, A)_r - target_r)^2,
//
// a form whose H is diagonal. With D = r+1, k the last index and lambda large,
// block 1 (the gauge) pulls X_ii to 1 and X_ik, X_kk to 0, and blocks
// j = 2..s+1 pull X_ii to 0, all with weight lambda, i != k; then X_ik of block
// j has the weight W_i,j-1 and the target M_i,j-1. Where all gauge terms are 0,
// b_i A_i1 = 1 and so A_ij = 0 for j >= 2, i != k: X_ik = b_i A_kj is the
// instance with u_i = b_i, v_j = A_kj. Minimising f over (b, A), when the form is
// part of the input, is therefore NP-hard.
type RankOneForm struct {
	Instance RankOne  // r x s, as given
	Lambda   *big.Rat // weight of the gauge
	D        int      // length of b; q = D-1 blocks

	turned          bool       // the transposed instance is the one reduced
	reduced         RankOne    // that instance, padded with zero weights to q rows
	weights, target []*big.Rat // [q D(D+1)/2]
}

// Reduce returns the form of an instance for a lambda > 0; see Lambda for one
// that is large enough. Rows of weight 0 are added until there is a block for
// every column, or the instance is transposed where that needs fewer.
func (p RankOne) Reduce(lambda *big.Rat) (*RankOneForm, error) {
	if lambda.Sign() <= 0 {
		return nil, fmt.Errorf("lambda must be > 0, got %s", lambda.RatString())
	}
	r, s := p.Shape()
	f := &RankOneForm{Instance: p, Lambda: lambda, reduced: p}
	if max(s, r+1) < max(r, s+1) {
		f.turned, f.reduced = true, p.transposed()
		r, s = s, r
	}
	rows := max(r, s+1) // = q, and one block is the gauge
	f.D = rows + 1
	q, D, k := rows, f.D, rows
	m := moment.Pairs(D)
	zero, one := new(big.Rat), big.NewRat(1, 1)
	f.weights, f.target = make([]*big.Rat, q*m), make([]*big.Rat, q*m)
	for i := range f.weights {
		f.weights[i], f.target[i] = zero, zero
	}
	pull := func(block, i, k int, weight, target *big.Rat) {
		at := block*m + moment.PairIndex(D, i, k)
		f.weights[at], f.target[at] = weight, target
	}
	for i := range rows {
		pull(0, i, i, lambda, one)
		pull(0, i, k, lambda, zero)
	}
	pull(0, k, k, lambda, zero)
	for j := range s {
		for i := range rows {
			pull(j+1, i, i, lambda, zero)
		}
		for i := range r {
			pull(j+1, i, k, f.reduced.W[i][j], f.reduced.M[i][j])
		}
	}
	return f, nil
}

// Form returns the form in floating point, H diagonal with a weight ridge >= 0
// added to every entry: 0 for the reduction itself, a tiny one where a definite
// H is wanted. Entries are rounded; Value is exact.
func (f *RankOneForm) Form(ridge float64) *moment.Form {
	n := len(f.weights)
	form := &moment.Form{Q: f.D - 1, H: mat.NewSymDense(n, nil), L: make([]float64, n)}
	c := new(big.Rat)
	for i, w := range f.weights {
		wt := new(big.Rat).Mul(w, f.target[i])
		h, _ := w.Float64()
		form.H.SetSym(i, i, h+ridge)
		form.L[i], _ = wt.Float64()
		c.Add(c, wt.Mul(wt, f.target[i]))
	}
	form.C, _ = c.Float64()
	return form
}

// Value returns f(b, A) for b [D] and A [D, q] row-major, without rounding.
func (f *RankOneForm) Value(b, A []float64) (*big.Rat, error) {
	value, gauge, err := f.split(b, A)
	if err != nil {
		return nil, err
	}
	return value.Add(value, gauge), nil
}

// split returns the parts of f(b, A) that the instance and the gauge have.
func (f *RankOneForm) split(b, A []float64) (instance, gauge *big.Rat, err error) {
	D, q := f.D, f.D-1
	if len(b) != D || len(A) != D*q {
		return nil, nil, fmt.Errorf("b has %d entries and A %d, want %d and %d", len(b), len(A), D, D*q)
	}
	x, err := rationals("b", b)
	if err != nil {
		return nil, nil, err
	}
	a, err := rationals("A", A)
	if err != nil {
		return nil, nil, err
	}
	instance, gauge = new(big.Rat), new(big.Rat)
	r := 0
	for j := range q {
		for i := range D {
			for k := i; k < D; k++ {
				e := new(big.Rat).Mul(x[i], a[k*q+j])
				if k > i {
					e.Add(e, new(big.Rat).Mul(x[k], a[i*q+j]))
				}
				e.Sub(e, f.target[r])
				e.Mul(e, e).Mul(e, f.weights[r])
				if j > 0 && k == D-1 && i < k {
					instance.Add(instance, e)
				} else {
					gauge.Add(gauge, e)
				}
				r++
			}
		}
	}
	return instance, gauge, nil
}

// Point returns the transformer of a solution u [r], v [s] all of whose u (v
// where the instance was transposed) are not 0: its loss is the solution's value
// up to rounding. A solution with zeros is the limit of such.
func (f *RankOneForm) Point(u, v []float64) (b, A []float64, err error) {
	r, s := f.Instance.Shape()
	if len(u) != r || len(v) != s {
		return nil, nil, fmt.Errorf("u has %d entries and v %d, want %d and %d", len(u), len(v), r, s)
	}
	if f.turned {
		u, v = v, u
	}
	D, q := f.D, f.D-1
	b, A = make([]float64, D), make([]float64, D*q)
	for i := range q {
		b[i] = 1 // of a row of weight 0
		if i < len(u) {
			b[i] = u[i]
		}
		if b[i] == 0 {
			return nil, nil, fmt.Errorf("entry %d is 0, and no transformer has 1/0 in A; move it a little", i+1)
		}
		A[i*q] = 1 / b[i]
	}
	for j, x := range v {
		A[(D-1)*q+j+1] = x
	}
	return b, A, nil
}

// Solution returns the u [r] and v [s] of a transformer b [D], A [D, q].
func (f *RankOneForm) Solution(b, A []float64) (u, v []float64) {
	D, q := f.D, f.D-1
	if len(b) != D || len(A) != D*q {
		panic(fmt.Sprintf("hardness: b of %d and A of %d entries for D = %d", len(b), len(A), D))
	}
	r, s := f.reduced.Shape()
	u = append(u, b[:r]...)
	for j := range s {
		v = append(v, A[(D-1)*q+j+1])
	}
	if f.turned {
		return v, u
	}
	return u, v
}

// leak bounds |b_k A_ij|, the part of X_ik beside u_i v_j, where every gauge
// residual is at most e < 1: with t = b_k A_i1, s = b_i A_k1 the gauge says
// |s + t| <= e and |s t| = |b_k A_k1| |b_i A_i1| <= e(1+e), so that |t| <= e +
// sqrt(e(1+e)), and |b_k A_ij| = |t| |b_i A_ij| / |b_i A_i1| <= |t| e/(1-e).
func leak(e float64) float64 { return (e + math.Sqrt(e*(1+e))) * e / (1 - e) }

// upward is what bounds are stretched by, relatively, for the rounding of the
// few operations that compute them.
const upward = 1 + 1e-12

// Within returns a bound of value(Solution(b, A)) for any transformer of loss at
// most loss, hence of the instance's minimum: (sqrt(loss) + leak sqrt(Weight))^2.
// It is +Inf where lambda is too small to say anything. With the instance's
// minimum m and the form's infimum f, f <= m <= Within(f).
func (f *RankOneForm) Within(loss float64) float64 {
	lambda, _ := f.Lambda.Float64()
	weight, _ := f.Instance.Weight().Float64()
	e := math.Sqrt(loss/lambda) * upward
	if !(e < 1) {
		return math.Inf(1)
	}
	root := (math.Sqrt(loss) + leak(e)*math.Sqrt(weight)) * upward
	return root * root * upward
}

// Lambda returns a weight of the gauge, a power of two times Power, for which
// the instance's minimum exceeds the infimum of the form by at most tolerance >
// 0. Its size is polynomial in that of the instance and of the tolerance.
func (p RankOne) Lambda(tolerance *big.Rat) (*big.Rat, error) {
	if tolerance.Sign() <= 0 {
		return nil, fmt.Errorf("the tolerance must be > 0, got %s", tolerance.RatString())
	}
	power := p.Power()
	if power.Sign() == 0 {
		return big.NewRat(1, 1), nil // the minimum is 0 at u = 0, whatever lambda
	}
	c, _ := power.Float64()
	weight, _ := p.Weight().Float64()
	within, _ := tolerance.Float64()
	for bits := 2; bits < 1000; bits += 2 { // e = 2^-(bits/2)
		d := leak(math.Ldexp(1, -bits/2)*upward) * upward
		if (2*d*math.Sqrt(c*weight)+d*d*weight)*upward <= within {
			return power.Mul(power, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(bits)))), nil
		}
	}
	return nil, fmt.Errorf("the tolerance %g is too small beside the power %g of the matrix", within, c)
}

// rationals takes finite floats as they are.
func rationals(name string, x []float64) ([]*big.Rat, error) {
	out := make([]*big.Rat, len(x))
	for i, f := range x {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("%s[%d] is %v", name, i, f)
		}
		out[i] = new(big.Rat).SetFloat64(f)
	}
	return out, nil
}

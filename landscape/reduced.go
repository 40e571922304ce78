package landscape

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// reducedForm is a loss in the coordinates that it depends on,
//
//	f(b, A) = x'Rx - 2s'x + c,  x_(l,t) = sum_ik G_t,{i,k} X~_(l,{i,k}),  X~ = phi(Zb, Z A U').
//
// X_(j,{i,k}) multiplies the function u_j g_{i,k} of the prompt; where H is
// singular, these functions are linearly dependent on the support. U says how all
// features of the query depend on a few of them, and Z, which is U with one more
// row and column for the label, how the entries of z do: one-hot coordinates sum to
// 1. G says how the functions g of the kept entries depend on a few: a bias makes
// z_0 z_i = z_i z_i for binary states. The coefficients are small integers in every
// task of package markov whose chains can take every path, with finite n.
type reducedForm struct {
	U *mat.Dense // [units, q] whole numbers, in echelon form: some columns are the identity
	G *mat.Dense // [grams, m~] likewise, m~ = D~(D~+1)/2, D~ = units+1
	R []float64  // [r, r] row-major, r = units*grams, x_(l,t) at place l*grams+t
	s []float64  // [r]
	c float64

	kept []int // [D~] the entries of z that are kept, ascending
}

// reduce finds the reduced form of a form with an H of the given rank. It fails if
// the kernel of H does not come from dependent features in this way, with integer
// coefficients.
func reduce(form *moment.Form, rank int) (*reducedForm, error) {
	q, D := form.Q, form.Q+1
	m := moment.Pairs(D)
	queries := mat.NewSymDense(q, nil) // partial trace of H
	for j := range q {
		for l := j; l < q; l++ {
			sum := 0.0
			for r := range m {
				sum += form.H.At(j*m+r, l*m+r)
			}
			queries.SetSym(j, l, sum)
		}
	}
	f := &reducedForm{c: form.C}
	var err error
	if f.U, err = integerDependence(queries); err != nil {
		return nil, fmt.Errorf("the query's features: %w", err)
	}
	if f.kept, err = keptEntries(f.U, q); err != nil {
		return nil, err
	}
	pairs := keptPairs(f.kept, D)
	grams := mat.NewSymDense(len(pairs), nil)
	for r, x := range pairs {
		for t, y := range pairs[r:] {
			sum := 0.0
			for j := range q {
				sum += form.H.At(j*m+x, j*m+y)
			}
			grams.SetSym(r, r+t, sum)
		}
	}
	if f.G, err = integerDependence(grams); err != nil {
		return nil, fmt.Errorf("the entries of the Gram matrix: %w", err)
	}
	if f.R, f.s, err = restrict(form, f.U, f.G, searchTolerance); err != nil {
		return nil, err
	}
	if len(f.s) != rank {
		return nil, fmt.Errorf("H has the rank %d, but dependent features of the query and of the Gram matrix leave %d", rank, len(f.s))
	}
	return f, nil
}

// trivial reports whether no feature depends on others.
func (f *reducedForm) trivial() bool { return (&Multiplier{U: f.U, G: f.G}).trivial() }

// keptEntries returns the entries of z that U keeps, the label's included.
func keptEntries(U *mat.Dense, q int) ([]int, error) {
	kept, err := echelonColumns("U", U, q)
	if err != nil {
		return nil, err
	}
	return append(kept, q), nil
}

// keptPairs returns the places {i, k} of pairs of kept entries in a block.
func keptPairs(kept []int, D int) []int {
	var pairs []int
	for s, i := range kept {
		for _, k := range kept[s:] {
			pairs = append(pairs, moment.PairIndex(D, min(i, k), max(i, k)))
		}
	}
	return pairs
}

// features returns the loss of the kept entries alone, of which the others are
// linear functions: a form with Q = units.
func (f *reducedForm) features(form *moment.Form) *moment.Form {
	units, _ := f.U.Dims()
	pairs, m := keptPairs(f.kept, form.Q+1), moment.Pairs(form.Q+1)
	small := &moment.Form{Q: units, C: form.C}
	n := small.Dim()
	small.H, small.L = mat.NewSymDense(n, nil), make([]float64, n)
	place := func(x int) int { return f.kept[x/len(pairs)]*m + pairs[x%len(pairs)] }
	for x := range n {
		small.L[x] = form.L[place(x)]
		for y := x; y < n; y++ {
			small.H.SetSym(x, y, form.H.At(place(x), place(y)))
		}
	}
	return small
}

// extend returns b ([D]) and A ([D, q]) that use the kept entries as b~ ([D~]) and
// A~ ([D~, units]) do, and have zeros elsewhere.
func (f *reducedForm) extend(b, A []float64) (wholeB, wholeA []float64) {
	_, q := f.U.Dims()
	units := len(b) - 1
	wholeB, wholeA = make([]float64, q+1), make([]float64, (q+1)*q)
	for s, i := range f.kept {
		wholeB[i] = b[s]
		for l := range units {
			wholeA[i*q+f.kept[l]] = A[s*units+l]
		}
	}
	return wholeB, wholeA
}

// restricted returns Zb for a b of D entries.
func (f *reducedForm) restricted(b []float64) []float64 {
	units, q := f.U.Dims()
	out := make([]float64, units+1)
	for l := range units {
		out[l] = dot(f.U.RawRowView(l), b[:q])
	}
	out[units] = b[q]
	return out
}

// coordinates returns x for X~ = phi(b~, A~).
func (f *reducedForm) coordinates(X []float64) []float64 {
	units, _ := f.U.Dims()
	grams, m := f.G.Dims()
	x := make([]float64, 0, units*grams)
	for l := range units {
		for t := range grams {
			x = append(x, dot(f.G.RawRowView(t), X[l*m:(l+1)*m]))
		}
	}
	return x
}

// lossPrecision is that of a loss calculated from parameters which may be so large
// that nearly all of them cancels.
const lossPrecision = 400

// loss returns f for b~ ([D~]) and A~ ([D~, units]), without rounding but at the
// end: near parameters that do not change the loss the best ones may be large.
func (f *reducedForm) loss(b, A []float64) float64 {
	D, units := len(b), len(b)-1
	grams, _ := f.G.Dims()
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(lossPrecision).SetFloat64(x) }
	t := number(0)
	x := make([]*big.Float, units*grams)
	for l := range units {
		for g, C := range bilinear(f.G, D) {
			sum := number(0)
			for k := range D {
				for p := range D {
					if c := C[k*D+p]; c != 0 {
						sum.Add(sum, t.Mul(t.Mul(number(b[k]), number(A[p*units+l])), number(float64(c))))
					}
				}
			}
			x[l*grams+g] = sum
		}
	}
	value := number(f.c)
	r := len(x)
	for i := range r {
		row := number(-2 * f.s[i])
		for k := range r {
			row.Add(row, t.Mul(number(f.R[i*r+k]), x[k]))
		}
		value.Add(value, row.Mul(row, x[i]))
	}
	loss, _ := value.Float64()
	return loss
}

// independence is how large the part of a function that is orthogonal to those
// before it must be, relative to all of it, to count as more than rounding; the
// squares of both are compared.
const independence = 1e-10

// integerDependence returns the echelon matrix E, [rank, n], of a Gram matrix S
// of n functions: function k is sum_t E_tk times the t-th independent one.
func integerDependence(S *mat.SymDense) (*mat.Dense, error) {
	n := S.SymmetricDim()
	var kept []int
	columns := make([][]float64, n)
	factor := make([][]float64, 0, n) // rows of the Cholesky factor of S on kept
	for k := range n {
		y := make([]float64, len(kept)) // factor y = S_kept,k
		rest := S.At(k, k)
		for t, row := range factor {
			y[t] = (S.At(kept[t], k) - dot(row[:t], y[:t])) / row[t]
			rest -= y[t] * y[t]
		}
		if rest > independence*S.At(k, k) {
			factor = append(factor, append(y, math.Sqrt(rest)))
			columns[k] = unit(len(kept)+1, len(kept))
			kept = append(kept, k)
			continue
		}
		for t := len(kept) - 1; t >= 0; t-- { // factor'x = y, in place
			y[t] /= factor[t][t]
			for i := range t {
				y[i] -= factor[t][i] * y[t]
			}
		}
		for t, x := range y {
			y[t] = math.Round(x)
			if math.Abs(x-y[t]) > 1e-6 || math.Abs(x) > largestCoefficient {
				return nil, fmt.Errorf("function %d depends on those before it with the coefficient %.9g, which is no small integer", k, x)
			}
		}
		columns[k] = y
	}
	if len(kept) == 0 {
		return nil, errors.New("all of them are zero")
	}
	E := mat.NewDense(len(kept), n, nil)
	for k, column := range columns {
		for t, x := range column {
			E.Set(t, k, x)
		}
	}
	return E, nil
}

// largestCoefficient of U and G.
const largestCoefficient = 1000

// reducedTolerance is how far H, h and c may be from the reduced form that a
// certificate is about, relative to the largest number in H, h, c. The
// certificate holds for every form within it.
const reducedTolerance = 0x1p-48

// searchTolerance is the same for a search, whose losses need not be proven: moments
// by quadrature have errors of some 1e-15.
const searchTolerance = 1e-12

// places returns, for a multiplier's coordinates x, the places in X whose entries of
// h and H are those of s and R, and the matrix E ([r, qm]) with x = EX.
func (m *Multiplier) places(q int) (places []int, E *mat.Dense, err error) {
	kept, err := keptEntries(m.U, q)
	if err != nil {
		return nil, nil, err
	}
	D := q + 1
	pairs := keptPairs(kept, D)
	grams, err := echelonColumns("G", m.G, len(pairs))
	if err != nil {
		return nil, nil, err
	}
	for _, j := range kept[:len(kept)-1] {
		for _, t := range grams {
			places = append(places, j*moment.Pairs(D)+pairs[t])
		}
	}
	var GL mat.Dense
	GL.Mul(m.G, pairDependence(m.U, D))
	E = new(mat.Dense)
	E.Kronecker(m.U, &GL)
	return places, E, nil
}

// restrict returns R ([r, r]) and s ([r]) of the reduced form with the given U
// and G, and an error if H and h are not of that form up to a tolerance, relative to
// the largest number in H, h, c.
func restrict(form *moment.Form, U, G *mat.Dense, relative float64) (R, s []float64, err error) {
	places, E, err := (&Multiplier{U: U, G: G}).places(form.Q)
	if err != nil {
		return nil, nil, err
	}
	r := len(places)
	R, s = make([]float64, r*r), make([]float64, r)
	for i, x := range places {
		s[i] = form.L[x]
		for k, y := range places {
			R[i*r+k] = form.H.At(x, y)
		}
	}
	// E'RE and E's in twice the working precision, so that nothing cancels unseen.
	dim := form.Dim()
	columns := make([][]int, dim) // where E's column is not 0
	for i := range columns {
		for k := range r {
			if x := E.At(k, i); math.Abs(x) > 1<<26 {
				return nil, nil, fmt.Errorf("the dependences U and G combine to the coefficient %g; that is too large", x)
			} else if x != 0 {
				columns[i] = append(columns[i], k)
			}
		}
	}
	tolerance := relative * formSize(form)
	for i := range dim {
		var sum compensated
		for _, k := range columns[i] {
			sum.add(E.At(k, i), s[k])
		}
		if sum.add(-1, form.L[i]); !(math.Abs(sum.value()) <= tolerance) {
			return nil, nil, fmt.Errorf("h[%d] = %.17g, but the dependences U and G make it %.17g", i, form.L[i], form.L[i]+sum.value())
		}
		for j := i; j < dim; j++ {
			var sum compensated
			for _, k := range columns[i] {
				for _, l := range columns[j] {
					sum.add(E.At(k, i)*E.At(l, j), R[k*r+l])
				}
			}
			if sum.add(-1, form.H.At(i, j)); !(math.Abs(sum.value()) <= tolerance) {
				return nil, nil, fmt.Errorf("H[%d,%d] = %.17g, but the dependences U and G make it %.17g", i, j, form.H.At(i, j), form.H.At(i, j)+sum.value())
			}
		}
	}
	return R, s, nil
}

// compensated is a sum of products in twice the working precision (Ogita, Rump and
// Oishi, 2005).
type compensated struct{ high, low float64 }

func (c *compensated) add(x, y float64) {
	product := x * y
	sum := c.high + product
	z := sum - c.high
	c.low += (c.high - (sum - z)) + (product - z) + math.FMA(x, y, -product)
	c.high = sum
}

func (c *compensated) value() float64 { return c.high + c.low }

// pairDependence returns the matrix [m~, m] that takes a block X of phi(b, A) to
// that of phi(Zb, ZA): with the symmetric matrix M of the block, ZMZ'.
func pairDependence(U *mat.Dense, D int) *mat.Dense {
	units, q := U.Dims()
	Z := mat.NewDense(units+1, D, nil)
	Z.Slice(0, units, 0, q).(*mat.Dense).Copy(U)
	Z.Set(units, q, 1)
	L := mat.NewDense(moment.Pairs(units+1), moment.Pairs(D), nil)
	for s := range units + 1 {
		for t := s; t <= units; t++ {
			for i := range D {
				for k := i; k < D; k++ {
					x := Z.At(s, i) * Z.At(t, k)
					if i != k {
						x += Z.At(s, k) * Z.At(t, i)
					}
					switch { // M_ik is X_ik/2 off the diagonal, for blocks of both sizes
					case s == t && i != k:
						x /= 2
					case s != t && i == k:
						x *= 2
					}
					L.Set(moment.PairIndex(units+1, s, t), moment.PairIndex(D, i, k), x)
				}
			}
		}
	}
	return L
}

// formSize returns the largest absolute value in H, h and c.
func formSize(form *moment.Form) float64 {
	size := math.Abs(form.C)
	for i, x := range form.L {
		size = max(size, math.Abs(x))
		for k := i; k < len(form.L); k++ {
			size = max(size, math.Abs(form.H.At(i, k)))
		}
	}
	return size
}

// echelonColumns returns, for each row of an integer matrix with n columns, a
// column that is 1 there and 0 elsewhere.
func echelonColumns(name string, E *mat.Dense, n int) ([]int, error) {
	rows, columns := E.Dims()
	if columns != n {
		return nil, fmt.Errorf("%s has %d columns, want %d", name, columns, n)
	}
	kept := make([]int, rows)
	for t := range kept {
		kept[t] = -1
	}
	for k := range columns {
		ones, others, last := 0, 0, 0
		for t := range rows {
			switch x := E.At(t, k); {
			case x == 1:
				ones, last = ones+1, t
			case x != 0:
				others++
				if x != math.Trunc(x) || math.Abs(x) > largestCoefficient {
					return nil, fmt.Errorf("%s[%d,%d] = %g; it must be a whole number up to %d", name, t, k, x, largestCoefficient)
				}
			}
		}
		if ones == 1 && others == 0 && kept[last] < 0 {
			kept[last] = k
		}
	}
	for t, k := range kept {
		if k < 0 {
			return nil, fmt.Errorf("%s has no column that is 1 in row %d and 0 elsewhere", name, t)
		}
	}
	return kept, nil
}

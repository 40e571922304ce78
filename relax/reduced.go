package relax

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
	"markovicl/moment"
)

// Reduced is a loss in the coordinates that it depends on,
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
type Reduced struct {
	U *mat.Dense // [units, q] whole numbers, in echelon form: some columns are the identity
	G *mat.Dense // [grams, m~] likewise, m~ = D~(D~+1)/2, D~ = units+1
	R []float64  // [r, r] row-major, r = units*grams, x_(l,t) at place l*grams+t
	s []float64  // [r]
	c float64

	kept []int // [D~] the entries of z that are kept, ascending
}

// Reduce finds the reduced form of a form with an H of the given rank. It fails if
// the kernel of H does not come from dependent features in this way, with integer
// coefficients.
func Reduce(form *moment.Form, rank int) (*Reduced, error) {
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
	f := &Reduced{c: form.C}
	var err error
	features, entries := []int(nil), []int(nil)
	if f.U, features, err = integerDependence(queries); err != nil {
		return nil, fmt.Errorf("the query's features: %w", err)
	}
	f.kept = append(slices.Clone(features), q)
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
	if f.G, entries, err = integerDependence(grams); err != nil {
		return nil, fmt.Errorf("the entries of the Gram matrix: %w", err)
	}
	var places []int
	for _, j := range features {
		for _, t := range entries {
			places = append(places, j*m+pairs[t])
		}
	}
	for _, x := range places {
		f.s = append(f.s, form.L[x])
		for _, y := range places {
			f.R = append(f.R, form.H.At(x, y))
		}
	}
	if err := f.checkAgainst(form); err != nil {
		return nil, err
	}
	if len(f.s) != rank {
		return nil, fmt.Errorf("H has the rank %d, but dependent features of the query and of the Gram matrix leave %d", rank, len(f.s))
	}
	return f, nil
}

// Trivial reports whether no feature depends on others.
func (f *Reduced) Trivial() bool { return (&certificate.Multiplier{U: f.U, G: f.G}).Trivial() }

// checkAgainst compares the reduced loss with that of the form at a few random X.
func (f *Reduced) checkAgainst(form *moment.Form) error {
	units, q := f.U.Dims()
	D, m := q+1, moment.Pairs(q+1)
	Z := mat.NewDense(units+1, D, nil)
	Z.Slice(0, units, 0, q).(*mat.Dense).Copy(f.U)
	Z.Set(units, q, 1)
	size := certificate.FormSize(form)
	r := rand.New(rand.NewPCG(1, uint64(q)))
	n := len(f.s)
	M := mat.NewSymDense(D, nil)
	const points = 6
	for range points {
		X := make([]float64, q*m)
		small := make([]float64, units*moment.Pairs(units+1))
		norm := 1.0
		for i := range X {
			X[i] = r.NormFloat64()
			norm += X[i] * X[i]
		}
		for j := range q { // block j counts in block l as often as u_j has the l-th feature
			for i := range D {
				for k := i; k < D; k++ {
					x := X[j*m+moment.PairIndex(D, i, k)]
					if i != k {
						x /= 2
					}
					M.SetSym(i, k, x)
				}
			}
			var ZM, block mat.Dense
			ZM.Mul(Z, M)
			block.Mul(&ZM, Z.T())
			for l := range units {
				for i := range units + 1 {
					for k := i; k <= units; k++ {
						x := f.U.At(l, j) * block.At(i, k)
						if i != k {
							x *= 2
						}
						small[l*moment.Pairs(units+1)+moment.PairIndex(units+1, i, k)] += x
					}
				}
			}
		}
		x := f.coordinates(small)
		value := f.c
		for i := range n {
			value += x[i] * (dot(f.R[i*n:(i+1)*n], x) - 2*f.s[i])
			norm += x[i] * x[i]
		}
		if off := math.Abs(value - form.Loss(X)); !(off <= searchTolerance*size*norm) {
			return fmt.Errorf("the dependences between features that there seem to be change the loss by %.1e", off)
		}
	}
	return nil
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

// Features returns the loss of the kept entries alone, of which the others are
// linear functions: a form with Q = units.
func (f *Reduced) Features(form *moment.Form) *moment.Form {
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

// Extend returns b ([D]) and A ([D, q]) that use the kept entries as b~ ([D~]) and
// A~ ([D~, units]) do, and have zeros elsewhere.
func (f *Reduced) Extend(b, A []float64) (wholeB, wholeA []float64) {
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

// Restricted returns Zb for a b of D entries.
func (f *Reduced) Restricted(b []float64) []float64 {
	units, q := f.U.Dims()
	out := make([]float64, units+1)
	for l := range units {
		out[l] = dot(f.U.RawRowView(l), b[:q])
	}
	out[units] = b[q]
	return out
}

// coordinates returns x for X~ = phi(b~, A~).
func (f *Reduced) coordinates(X []float64) []float64 {
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

// Loss returns f for b~ ([D~]) and A~ ([D~, units]), without rounding but at the
// end: near parameters that do not change the loss the best ones may be large.
func (f *Reduced) Loss(b, A []float64) float64 {
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
// of n functions, and which of them are independent: function k is sum_t E_tk times the t-th independent one.
func integerDependence(S *mat.SymDense) (E *mat.Dense, kept []int, err error) {
	n := S.SymmetricDim()
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
			columns[k] = make([]float64, len(kept)+1)
			columns[k][len(kept)] = 1
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
			if math.Abs(x-y[t]) > wholeNumber || math.Abs(x) > largestCoefficient {
				return nil, nil, fmt.Errorf("function %d depends on those before it with the coefficient %.9g, which is no small integer", k, x)
			}
		}
		columns[k] = y
	}
	if len(kept) == 0 {
		return nil, nil, errors.New("all of them are zero")
	}
	E = mat.NewDense(len(kept), n, nil)
	for k, column := range columns {
		for t, x := range column {
			E.Set(t, k, x)
		}
	}
	return E, kept, nil
}

// largestCoefficient of U and G, which are whole numbers if they are as near to one as
// wholeNumber: they come from squares that are known to some 1e-15.
const largestCoefficient, wholeNumber = 1000, 1e-6

// searchTolerance is how far, relative to the largest number in H, h, c and to X, the
// reduced loss may be from that of the form: moments by quadrature have errors of some
// 1e-15, and what is proven is checked again elsewhere.
const searchTolerance = 1e-12

package landscape

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// reducedForm is a loss in the coordinates that it depends on,
//
//	f(X) = x'Rx - 2s'x + c,  x = (U (x) G) X,
//
// so that H = (U (x) G)'R(U (x) G) and h = (U (x) G)'s. X_(j,r) multiplies the
// function u_j g_r of the prompt; where H is singular, these functions are
// linearly dependent on the support (a bias makes z_0 z_i = z_i z_i for binary
// states, one-hot coordinates sum to 1). U says how all u_j, and G how all g_r,
// depend on a few of them, which makes R definite. The coefficients are small
// integers in every task of package markov with finite n whose chains can take
// every path.
type reducedForm struct {
	U *mat.Dense // [units, q] integers, in echelon form: some columns are the identity
	G *mat.Dense // [grams, m] likewise
	R []float64  // [r, r] row-major, r = units*grams, x_(l,t) at place l*grams+t
	s []float64  // [r]
	c float64
}

// reduce finds the reduced form of a form. It fails if the kernel of H is not one
// of dependent u_j and dependent g_r with integer coefficients.
func reduce(form *moment.Form) (*reducedForm, error) {
	q, m := form.Q, moment.Pairs(form.Q+1)
	queries, grams := mat.NewSymDense(q, nil), mat.NewSymDense(m, nil) // partial traces of H
	for j := range q {
		for l := j; l < q; l++ {
			sum := 0.0
			for r := range m {
				sum += form.H.At(j*m+r, l*m+r)
			}
			queries.SetSym(j, l, sum)
		}
	}
	for r := range m {
		for t := r; t < m; t++ {
			sum := 0.0
			for j := range q {
				sum += form.H.At(j*m+r, j*m+t)
			}
			grams.SetSym(r, t, sum)
		}
	}
	reduced := &reducedForm{c: form.C}
	var err error
	if reduced.U, err = integerDependence(queries); err != nil {
		return nil, fmt.Errorf("the query's features: %w", err)
	}
	if reduced.G, err = integerDependence(grams); err != nil {
		return nil, fmt.Errorf("the entries of the Gram matrix: %w", err)
	}
	reduced.R, reduced.s, err = restrict(form, reduced.U, reduced.G)
	return reduced, err
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

// restrict returns R ([r, r]) and s ([r]) of the reduced form with the given U
// and G, and an error if H and h are not of that form.
func restrict(form *moment.Form, U, G *mat.Dense) (R, s []float64, err error) {
	units, err := echelonColumns("U", U, form.Q)
	if err != nil {
		return nil, nil, err
	}
	m := moment.Pairs(form.Q + 1)
	grams, err := echelonColumns("G", G, m)
	if err != nil {
		return nil, nil, err
	}
	var kept []int
	for _, j := range units {
		for _, t := range grams {
			kept = append(kept, j*m+t)
		}
	}
	r := len(kept)
	R, s = make([]float64, r*r), make([]float64, r)
	for i, x := range kept {
		s[i] = form.L[x]
		for k, y := range kept {
			R[i*r+k] = form.H.At(x, y)
		}
	}
	var E, RE, ERE mat.Dense
	E.Kronecker(U, G)
	RE.Mul(mat.NewDense(r, r, R), &E)
	ERE.Mul(E.T(), &RE)
	var Es mat.VecDense
	Es.MulVec(E.T(), mat.NewVecDense(r, s))
	tolerance := reducedTolerance * formSize(form)
	for i := range form.Dim() {
		if !(math.Abs(Es.AtVec(i)-form.L[i]) <= tolerance) {
			return nil, nil, fmt.Errorf("h[%d] = %.12g, but the dependences U and G make it %.12g", i, form.L[i], Es.AtVec(i))
		}
		for k := range form.Dim() {
			if !(math.Abs(ERE.At(i, k)-form.H.At(i, k)) <= tolerance) {
				return nil, nil, fmt.Errorf("H[%d,%d] = %.12g, but the dependences U and G make it %.12g", i, k, form.H.At(i, k), ERE.At(i, k))
			}
		}
	}
	return R, s, nil
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

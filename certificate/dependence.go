package certificate

import (
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

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

// largestCoefficient of U and G.
const largestCoefficient = 1000

// reducedTolerance is how far H, h and c may be from the reduced form that a
// certificate is about, relative to the largest number in H, h, c. The
// certificate holds for every form within it.
const reducedTolerance = 0x1p-48

// Places returns, for a multiplier's coordinates x, the places in X whose entries of
// h and H are those of s and R, and the matrix E ([r, qm]) with x = EX.
func (m *Multiplier) Places(q int) (places []int, E *mat.Dense, err error) {
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
	places, E, err := (&Multiplier{U: U, G: G}).Places(form.Q)
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
	tolerance := relative * FormSize(form)
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

// FormSize returns the largest absolute value in H, h and c.
func FormSize(form *moment.Form) float64 {
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

// CheckDependences checks in fractions that H and h of a form have the dependences U
// and G of a multiplier: h = E's and H = E'RE.
func CheckDependences(form *moment.ExactForm, m *Multiplier) error {
	places, E, err := m.Places(form.Q)
	if err != nil {
		return err
	}
	return checkDependencesAt(form, places, E)
}

// checkDependencesAt checks in fractions that h = E's and H = E'RE, s and R being the
// entries of h and H at the places; E holds whole numbers.
func checkDependencesAt(form *moment.ExactForm, places []int, E *mat.Dense) error {
	dim := form.Dim()
	columns := make([][]int, dim) // places of E's column that are not 0
	for i := range columns {
		for k := range places {
			if E.At(k, i) != 0 {
				columns[i] = append(columns[i], k)
			}
		}
	}
	sum, term, factor := new(big.Int), new(big.Int), new(big.Int)
	for i := range dim {
		sum.SetInt64(0)
		for _, k := range columns[i] {
			sum.Add(sum, term.Mul(factor.SetInt64(int64(E.At(k, i))), form.L[places[k]]))
		}
		if sum.Cmp(form.L[i]) != 0 {
			return fmt.Errorf("h[%d] is not what the dependences U and G make it", i)
		}
		for j := i; j < dim; j++ {
			sum.SetInt64(0)
			for _, k := range columns[i] {
				for _, l := range columns[j] {
					factor.SetInt64(int64(E.At(k, i)))
					factor.Mul(factor, term.SetInt64(int64(E.At(l, j))))
					x, y := places[k], places[l]
					sum.Add(sum, term.Mul(factor, form.H[moment.PairIndex(dim, min(x, y), max(x, y))]))
				}
			}
			if sum.Cmp(form.H[moment.PairIndex(dim, i, j)]) != 0 {
				return fmt.Errorf("H[%d,%d] is not what the dependences U and G make it", i, j)
			}
		}
	}
	return nil
}

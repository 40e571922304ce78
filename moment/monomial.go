package moment

import (
	"math"
	"slices"

	"markovicl/markov"
)

// A coordinate of a column z is a function of the chain's state at one time:
// e(s), the indicator of a state, or the constant of a bias. A product of
// coordinates is therefore a product over times of functions of a state, and
// many products are the same: x^2 = x for x in {0,1}, x^2 = 1 for signs,
// indicators of different states at one time multiply to 0. A function is known
// here by its values, so every embedding's identities come out by themselves,
// and each distinct product is averaged once.

// function is the index of a function of a state in a basis.
type function int32

// The constant functions; the constant 1 is no factor of a monomial, and 0
// makes it vanish.
const (
	zero function = iota
	one
)

// factor is a function of the state at one time, 0..d.
type factor struct {
	time int32
	fn   function
}

// monomial is a product of at most four factors, times increasing; unused
// places hold noFactor.
type monomial [4]factor

var (
	noFactor = factor{time: -1, fn: one}
	unit     = monomial{noFactor, noFactor, noFactor, noFactor}
	vanished = monomial{{time: -1, fn: zero}} // the product 0, which is no monomial
)

// basis lists the distinct products of coordinates of a task's columns.
type basis struct {
	states, d, q int
	order, rows  int // k, and S^k, the rows of a kernel

	values   [][]int64 // of each function, [S]; nil for a regression
	products map[[2]function]function

	// monomials[0] is 1; each has the product of all its factors but the last,
	// its parent, before it. The first firstQuad hold every product of two
	// coordinates.
	monomials []monomial
	parent    []int32
	id        map[monomial]int32
	firstQuad int

	// pair holds for each pair (i, k), i <= k < D, in the order of PairIndex,
	// the index in pairID of z_i z_k, or -1 where that is 0.
	pair   []int32
	pairID []int32 // [K2] distinct products of two coordinates, as monomials

	// quad holds for each pair of distinct products of two coordinates, in the
	// order of PairIndex(K2, ..), their product as a monomial, or -1 for 0.
	quad []int32

	// query holds for each pair (j, k), j <= k < q, the row of Qp that u_j u_k
	// is, or -1 for 0; queryID [Kq] says which product of two coordinates
	// (index in pairID) each row is. label[j] is that of u_j y.
	query   []int32
	queryID []int32
	label   []int32 // [q]
	power   int32   // that of y^2

	size   float64 // largest absolute value of a coordinate, at least 1
	signed bool    // whether a coordinate is negative somewhere
}

// newBasis returns the products of coordinates of t's columns.
func newBasis(t markov.Task) *basis {
	if t.Regression() != nil {
		return regressionBasis(t)
	}
	b, z := columnBasis(t)
	b.list(z)
	return b
}

// columnBasis returns a basis with the functions of t's columns, and their
// coordinates, [D].
func columnBasis(t markov.Task) (*basis, []monomial) {
	S, d := t.States(), t.Positions()
	b := &basis{
		states: S, d: d, q: t.QueryDim(), order: t.Order(), rows: t.Prior().Rows(),
		products: make(map[[2]function]function),
		id:       make(map[monomial]int32),
	}
	zeros, ones, label := make([]int64, S), make([]int64, S), make([]int64, S)
	for s := range S {
		ones[s] = 1
		label[s] = int64(t.Embedding().Label(markov.State(s)))
	}
	b.function(zeros)
	b.function(ones)
	inputs := [][]int64{label}
	if t.Embedding() == markov.OneHot {
		inputs = nil
		for s := range S {
			indicator := make([]int64, S)
			indicator[s] = 1
			inputs = append(inputs, indicator)
		}
	}
	b.size = 1
	for _, values := range append(inputs, label) {
		for _, v := range values {
			b.size = max(b.size, math.Abs(float64(v)))
			b.signed = b.signed || v < 0
		}
	}
	var z []monomial // [D] the coordinates
	if t.Bias() {
		z = append(z, unit)
	}
	for time := range d {
		for _, values := range inputs {
			z = append(z, b.single(time, values))
		}
	}
	return b, append(z, b.single(d, label))
}

// list lists the products of the coordinates z, [D].
func (b *basis) list(z []monomial) {
	b.listPairs(z)
	for r, left := range b.pairID {
		for _, right := range b.pairID[r:] {
			b.quad = append(b.quad, b.intern(b.times(b.monomials[left], b.monomials[right])))
		}
	}
}

// listPairs lists the products of two of the coordinates z, [D].
func (b *basis) listPairs(z []monomial) {
	b.intern(unit)
	D := len(z)
	pairs := make(map[int32]int32) // monomial -> index in pairID
	for i := range D {
		for k := i; k < D; k++ {
			id := b.intern(b.times(z[i], z[k]))
			b.pair = append(b.pair, listed(&b.pairID, pairs, id))
		}
	}
	b.firstQuad = len(b.monomials)
	rows := make(map[int32]int32) // index in pairID -> row of Qp
	for j := range b.q {
		for k := j; k < b.q; k++ {
			b.query = append(b.query, listed(&b.queryID, rows, b.pair[PairIndex(D, j, k)]))
		}
		b.label = append(b.label, b.pair[PairIndex(D, j, D-1)])
	}
	b.power = b.pair[PairIndex(D, D-1, D-1)]
}

// listed returns the place of id in list, adding it if it is new; -1 stays -1.
func listed(list *[]int32, place map[int32]int32, id int32) int32 {
	if id < 0 {
		return -1
	}
	i, ok := place[id]
	if !ok {
		i = int32(len(*list))
		place[id] = i
		*list = append(*list, id)
	}
	return i
}

// function returns the index of the function with the given values, [S].
func (b *basis) function(values []int64) function {
	for f, known := range b.values {
		if slices.Equal(known, values) {
			return function(f)
		}
	}
	b.values = append(b.values, values)
	return function(len(b.values) - 1)
}

// single returns the function of the state at one time as a monomial.
func (b *basis) single(time int, values []int64) monomial {
	return singleFactor(time, b.function(values))
}

func singleFactor(time int, f function) monomial {
	m := unit
	m[0] = factor{int32(time), f}
	return m
}

// product returns the pointwise product of two functions.
func (b *basis) product(f, g function) function {
	if f > g {
		f, g = g, f
	}
	h, ok := b.products[[2]function{f, g}]
	if !ok {
		values := make([]int64, b.states)
		for s := range values {
			values[s] = b.values[f][s] * b.values[g][s]
		}
		h = b.function(values)
		b.products[[2]function{f, g}] = h
	}
	return h
}

// times returns the product of two monomials of at most four factors together.
func (b *basis) times(x, y monomial) monomial {
	out, n := unit, 0
	i, k := 0, 0
	for {
		more, others := i < 4 && x[i].time >= 0, k < 4 && y[k].time >= 0
		var f factor
		switch {
		case !more && !others:
			return out
		case more && (!others || x[i].time < y[k].time):
			f = x[i]
			i++
		case others && (!more || y[k].time < x[i].time):
			f = y[k]
			k++
		default:
			f = factor{x[i].time, b.product(x[i].fn, y[k].fn)}
			i++
			k++
		}
		switch f.fn {
		case zero:
			return vanished
		case one:
		default:
			out[n] = f
			n++
		}
	}
}

// intern returns the index of a monomial, adding it after its parents if it is
// new, and -1 for 0.
func (b *basis) intern(m monomial) int32 {
	if m == vanished {
		return -1
	}
	if id, ok := b.id[m]; ok {
		return id
	}
	parent := int32(-1)
	if last := degree(m) - 1; last >= 0 {
		shorter := m
		shorter[last] = noFactor
		parent = b.intern(shorter)
	}
	id := int32(len(b.monomials))
	b.monomials = append(b.monomials, m)
	b.parent = append(b.parent, parent)
	b.id[m] = id
	return id
}

// degree returns the number of factors of m.
func degree(m monomial) int {
	n := 0
	for n < len(m) && m[n].time >= 0 {
		n++
	}
	return n
}

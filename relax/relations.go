package relax

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// The linear relations between products of the polynomials
//
//	e_(i,t)(b, a) = b_i sum_kp C_t[k,p] b_k a_p,   i < D, t < grams,
//
// in one or two vectors a, as integers. They are the freedom of a certificate of
// level 1: see multiplier.go.

// monomial is a product of at most four b's and two a's: a digit of base 256 for
// each factor, the index and 1 more, sorted within each kind; 0 for none.
type monomial uint64

// termOf is an integer times something.
type termOf[K cmp.Ordered] struct {
	at          K
	coefficient int64
}

// polynomialIn is a sum of terms of different monomials, ascending.
type polynomialIn []termOf[monomial]

// relation is a linear relation: the sum over its terms of the coefficient times
// the product at that place vanishes. Its first term is its own: no other
// relation of the same list has a term there.
type relation []termOf[int]

// relations are bases of the linear relations between products of the e's.
type relations struct {
	D, grams int
	count    int // N = D*grams, the number of e's; (i, t) has number i*grams+t
	// symmetric lists relations of e_x(a) e_y(a), x <= y, at place x*N+y.
	symmetric []relation
	// antisymmetric lists relations of e_x(a) e_y(a') - e_y(a) e_x(a'), x < y, at
	// place x*N+y.
	antisymmetric []relation
	// mixed lists relations of b_i e_x(a), at place i*N+x.
	mixed []relation
}

// bilinear returns C_t, [D, D] symmetric for each row t of G: with X = phi(b, a),
// a one block, sum_r G_tr X_r = sum_kp C_t[k,p] b_k a_p.
func bilinear(G *mat.Dense, D int) [][]int64 {
	grams, _ := G.Dims()
	C := make([][]int64, grams)
	for t := range C {
		C[t] = make([]int64, D*D)
		for k := range D {
			for p := range D {
				C[t][k*D+p] = int64(G.At(t, moment.PairIndex(D, min(k, p), max(k, p))))
			}
		}
	}
	return C
}

// largestFactor bounds b's and a's indices, and coefficients so that products of
// two fit an int64.
const (
	largestFactor          = 200
	largestRelationInteger = 1 << 30
)

var errLargeRelations = errors.New("the relations between products of the parameters have very large coefficients")

// newRelations finds the relations for b and a of length D, or ends with ctx.
func newRelations(ctx context.Context, C [][]int64, D int) (*relations, error) {
	if D > largestFactor {
		return nil, errLargeRelations
	}
	r := &relations{D: D, grams: len(C), count: D * len(C)}
	N := r.count
	e := make([]map[[3]int]int64, N) // b_i b_k a_p with i <= k at {i, k, p}
	for i := range D {
		for t, c := range C {
			sum := make(map[[3]int]int64)
			for k := range D {
				for p := range D {
					if c[k*D+p] != 0 {
						sum[[3]int{min(i, k), max(i, k), p}] += c[k*D+p]
					}
				}
			}
			e[i*len(C)+t] = sum
		}
	}
	type row struct {
		place int
		sum   polynomialIn
	}
	var symmetric, antisymmetric, mixed []row
	for x := range N {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for y := x; y < N; y++ {
			same, apart := make(map[monomial]int64), make(map[monomial]int64)
			for f, c := range e[x] {
				for g, d := range e[y] {
					bs := [4]int{f[0], f[1], g[0], g[1]}
					slices.Sort(bs[:])
					b := (((monomial(bs[0]+1)<<8+monomial(bs[1]+1))<<8+monomial(bs[2]+1))<<8 + monomial(bs[3]+1)) << 16
					low, high := monomial(min(f[2], g[2])+1), monomial(max(f[2], g[2])+1)
					same[b+low<<8+high] += c * d
					switch {
					case f[2] < g[2]:
						apart[b+low<<8+high] += c * d
					case f[2] > g[2]:
						apart[b+low<<8+high] -= c * d
					}
				}
			}
			symmetric = append(symmetric, row{x*N + y, sorted(same)})
			if x < y {
				antisymmetric = append(antisymmetric, row{x*N + y, sorted(apart)})
			}
		}
	}
	for i := range D {
		for x := range N {
			sum := make(map[monomial]int64)
			for f, c := range e[x] {
				bs := [3]int{i, f[0], f[1]}
				slices.Sort(bs[:])
				sum[((monomial(bs[0]+1)<<8+monomial(bs[1]+1))<<8+monomial(bs[2]+1))<<8+monomial(f[2]+1)] += c
			}
			mixed = append(mixed, row{i*N + x, sorted(sum)})
		}
	}
	find := func(rows []row) ([]relation, error) {
		// Short rows first: they make short relations.
		slices.SortStableFunc(rows, func(x, y row) int { return cmp.Compare(len(x.sum), len(y.sum)) })
		places, sums := make([]int, len(rows)), make([]polynomialIn, len(rows))
		for i, r := range rows {
			places[i], sums[i] = r.place, r.sum
		}
		return dependences(ctx, places, sums)
	}
	var err error
	if r.symmetric, err = find(symmetric); err != nil {
		return nil, err
	}
	if r.antisymmetric, err = find(antisymmetric); err != nil {
		return nil, err
	}
	r.mixed, err = find(mixed)
	return r, err
}

func sorted(sum map[monomial]int64) polynomialIn {
	out := make(polynomialIn, 0, len(sum))
	for at, c := range sum {
		if c != 0 {
			out = append(out, termOf[monomial]{at, c})
		}
	}
	slices.SortFunc(out, func(x, y termOf[monomial]) int { return cmp.Compare(x.at, y.at) })
	return out
}

// dependences returns a basis of the linear relations between polynomials, by
// Gauss's elimination without fractions: each polynomial is reduced by those
// before it that are independent, and which it took is recorded.
func dependences(ctx context.Context, places []int, sums []polynomialIn) ([]relation, error) {
	type pivot struct {
		rest  polynomialIn
		trace relation // ascending places: how rest comes from the sums
	}
	pivots := make(map[monomial]pivot) // by the first monomial of rest
	var found []relation
	for i, rest := range sums {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		trace := relation{{places[i], 1}}
		for len(rest) > 0 {
			p, ok := pivots[rest[0].at]
			if !ok {
				pivots[rest[0].at] = pivot{rest, trace}
				break
			}
			x, y := p.rest[0].coefficient, rest[0].coefficient
			g := gcd(x, y)
			x, y = x/g, y/g
			rest, trace = combine(x, rest, -y, p.rest), combine(x, trace, -y, p.trace)
			if !reduceTerms(rest, trace) {
				return nil, errLargeRelations
			}
		}
		if len(rest) == 0 {
			own := slices.IndexFunc(trace, func(t termOf[int]) bool { return t.at == places[i] })
			first := trace[own]
			copy(trace[1:own+1], trace[:own])
			trace[0] = first
			found = append(found, trace)
		}
	}
	return found, nil
}

// reduceTerms divides all coefficients by what they have in common and reports
// whether they are small.
func reduceTerms(rest polynomialIn, trace relation) bool {
	common := int64(0)
	for _, t := range rest {
		common = gcd(common, t.coefficient)
	}
	for _, t := range trace {
		common = gcd(common, t.coefficient)
	}
	small := true
	for i := range rest {
		rest[i].coefficient /= common
		small = small && max(rest[i].coefficient, -rest[i].coefficient) <= largestRelationInteger
	}
	for i := range trace {
		trace[i].coefficient /= common
		small = small && max(trace[i].coefficient, -trace[i].coefficient) <= largestRelationInteger
	}
	return small
}

// combine returns x*a + y*b for sums sorted by place.
func combine[S ~[]termOf[K], K cmp.Ordered](x int64, a S, y int64, b S) S {
	out := make(S, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].at < b[0].at:
			out = append(out, termOf[K]{a[0].at, x * a[0].coefficient})
			a = a[1:]
		case len(a) == 0 || b[0].at < a[0].at:
			out = append(out, termOf[K]{b[0].at, y * b[0].coefficient})
			b = b[1:]
		default:
			if c := x*a[0].coefficient + y*b[0].coefficient; c != 0 {
				out = append(out, termOf[K]{a[0].at, c})
			}
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// gcd returns the greatest common divisor, not negative.
func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}

// places returns, for each of the columns a_l that x is made of, where v of a
// certificate.Multiplier has e_x(a_l).
func (r *relations) places(units int) [][]int {
	places := make([][]int, units)
	for l := range places {
		for x := range r.count {
			places[l] = append(places[l], x/r.grams*(1+units*r.grams)+1+l*r.grams+x%r.grams)
		}
	}
	return places
}

// relationKind says what the relations of a block of W are between.
type relationKind int

const (
	mixedKind         relationKind = iota // b_i and e_y(a_l)
	symmetricKind                         // e_x(a_l) and e_y(a_m), both ways
	antisymmetricKind                     // the same, with opposite signs
)

// blocks calls f for each list of relations and each block of W that it applies to.
func (r *relations) blocks(units int, f func(kind relationKind, list []relation, l, m int)) {
	for l := range units {
		f(mixedKind, r.mixed, l, l)
		for m := l; m < units; m++ {
			f(symmetricKind, r.symmetric, l, m)
			if l < m {
				f(antisymmetricKind, r.antisymmetric, l, m)
			}
		}
	}
}

// exact returns share times a symmetric W ([n, n]) that satisfies the relations up
// to rounding, moved so that it satisfies them exactly. The coordinate of each
// relation is read off at the relation's own place and rounded to a multiple of a
// power of two so large that all sums are exact.
func (r *relations) exact(W []float64, share float64, units int) []float64 {
	N, places := r.count, r.places(units)
	n := r.D * (1 + units*r.grams)
	var coordinates []float64
	r.blocks(units, func(kind relationKind, list []relation, l, m int) {
		for _, relation := range list {
			x, y := relation[0].at/N, relation[0].at%N
			var value float64
			switch kind {
			case mixedKind:
				value = W[x*(n/r.D)*n+places[l][y]]
			case symmetricKind:
				value = (W[places[l][x]*n+places[m][y]] + W[places[l][y]*n+places[m][x]]) / 2
				if x == y {
					value /= 2
				}
			case antisymmetricKind:
				value = (W[places[l][x]*n+places[m][y]] - W[places[l][y]*n+places[m][x]]) / 2
			}
			coordinates = append(coordinates, share*value/float64(relation[0].coefficient))
		}
	})
	sum := func(each func(x float64) float64) []float64 {
		out := make([]float64, n*n)
		add := func(row, column int, x float64) {
			x = each(x)
			out[row*n+column] += x
			if row != column {
				out[column*n+row] += x
			}
		}
		at := 0
		r.blocks(units, func(kind relationKind, list []relation, l, m int) {
			for _, relation := range list {
				for _, t := range relation {
					x, y, value := t.at/N, t.at%N, float64(t.coefficient)*coordinates[at]
					switch {
					case kind == mixedKind:
						add(x*(n/r.D), places[l][y], value)
					case kind == symmetricKind && l == m && x != y:
						add(places[l][x], places[m][y], value)
					case kind == symmetricKind:
						add(places[l][x], places[m][y], value)
						add(places[l][y], places[m][x], value)
					default:
						add(places[l][x], places[m][y], value)
						add(places[l][y], places[m][x], -value)
					}
				}
				at++
			}
		})
		return out
	}
	_, exponent := math.Frexp(floats.Max(sum(math.Abs)))
	const digits = 51 // of 53, since rounding the coordinates may raise the sums a little
	for i, x := range coordinates {
		coordinates[i] = math.Ldexp(math.RoundToEven(math.Ldexp(x, digits-exponent)), exponent-digits)
	}
	return sum(func(x float64) float64 { return x })
}

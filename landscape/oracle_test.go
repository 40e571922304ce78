package landscape_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"

	"markovicl/markov"
)

// The oracle knows a task in exact fractions, by code that shares nothing with
// the packages under test: it lists every query and every pair of in-context
// chains as words of states, weighs them by Dirichlet moments of their added-up
// transitions, and evaluates models on them by the definition of linear
// self-attention. It is slow, and for few states and short chains only.

// description is a task in plain fractions.
type description struct {
	S, d, n   int // n = 0 stands for infinity
	alpha     [][]string
	start     string     // in the words of a task file
	query     []string   // law of the query's first state
	context   [][]string // of a chain's first state, given the query's
	embedding string
	bias      bool
}

func (t *description) spec() markov.Spec {
	n := "inf"
	if t.n > 0 {
		n = fmt.Sprint(t.n)
	}
	return markov.Spec{
		States: t.S, D: t.d, N: n, Prior: markov.PriorSpec{Rows: t.alpha},
		Start: t.start, Embedding: t.embedding, Bias: t.bias,
	}
}

func (t *description) String() string {
	text := fmt.Sprintf("S=%d d=%d n=%d start %s alpha %v %s", t.S, t.d, t.n, t.start, t.alpha, t.embedding)
	if t.bias {
		text += " bias"
	}
	return text
}

// fraction reads a/b or a decimal.
func fraction(text string) *big.Rat {
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("not a fraction: " + text)
	}
	return x
}

// iid fills in chains that all start by one law.
func (t *description) iid(law ...string) {
	t.query, t.context = law, nil
	for range t.S {
		t.context = append(t.context, law)
	}
	t.start = "probs:" + strings.Join(law, ",")
}

// correlated fills in query starts Bernoulli(p) and chains Bernoulli(g0) or g1.
func (t *description) correlated(p, g0, g1 string) {
	law := func(p string) []string {
		return []string{new(big.Rat).Sub(big.NewRat(1, 1), fraction(p)).RatString(), p}
	}
	t.query, t.context = law(p), [][]string{law(g0), law(g1)}
	t.start = fmt.Sprintf("correlated:%s,%s,%s", p, g0, g1)
}

// words lists the words of the given length over S states.
func words(S, length int) [][]int {
	list := [][]int{nil}
	for range length {
		var longer [][]int
		for _, w := range list {
			for s := range S {
				longer = append(longer, append(append([]int(nil), w...), s))
			}
		}
		list = longer
	}
	return list
}

// input returns the features of the first d states of a word, the bias included.
func (t *description) input(word []int) []int64 {
	var x []int64
	if t.bias {
		x = append(x, 1)
	}
	for _, s := range word[:t.d] {
		if t.embedding == "onehot" {
			for k := range t.S {
				if k == s {
					x = append(x, 1)
				} else {
					x = append(x, 0)
				}
			}
		} else {
			x = append(x, t.label(s))
		}
	}
	return x
}

func (t *description) label(s int) int64 {
	if t.embedding == "sign" {
		return int64(2*s - 1)
	}
	return int64(s)
}

// oracle holds the joint weights of words as whole numbers.
type oracle struct {
	description
	q, D int
	u    [][]int64 // [queries][q] features of the query
	z    [][]int64 // [chains][D] columns; the queries with their labels are the same words

	// Numerators over scale: of a query and two chains, of a query and one; of a
	// query with its label and one chain, and alone.
	two      [][][]*big.Int // [queries][chains][chains]
	one      [][]*big.Int   // [queries][chains]
	labelled [][]*big.Int   // [chains][chains]
	alone    []*big.Int     // [chains]
	scale    *big.Int
}

func newOracle(t description) *oracle {
	o := &oracle{description: t, scale: big.NewInt(1)}
	queries, chains := words(t.S, t.d), words(t.S, t.d+1)
	for _, w := range queries {
		o.u = append(o.u, t.input(w))
	}
	for _, w := range chains {
		o.z = append(o.z, append(t.input(w), t.label(w[t.d])))
	}
	o.q, o.D = len(o.u[0]), len(o.u[0])+1

	// E[prod_j P_sj^c_j] = prod_j alpha_j (alpha_j+1).. / A (A+1)..
	alpha := make([][]*big.Rat, t.S)
	for s, row := range t.alpha {
		for _, a := range row {
			alpha[s] = append(alpha[s], fraction(a))
		}
	}
	rising := func(x *big.Rat, n int) *big.Rat {
		product := big.NewRat(1, 1)
		for i := range n {
			product.Mul(product, new(big.Rat).Add(x, big.NewRat(int64(i), 1)))
		}
		return product
	}
	known := make(map[string]*big.Rat)
	moment := func(s int, counts []int) *big.Rat {
		key := fmt.Sprint(s, counts)
		if v, ok := known[key]; ok {
			return v
		}
		v, sum, total := big.NewRat(1, 1), new(big.Rat), 0
		for j, c := range counts {
			v.Mul(v, rising(alpha[s][j], c))
			sum.Add(sum, alpha[s][j])
			total += c
		}
		known[key] = v.Quo(v, rising(sum, total))
		return known[key]
	}
	weight := func(query []int, chains ...[]int) *big.Rat {
		p := new(big.Rat).Set(fraction(t.query[query[0]]))
		counts := make([][]int, t.S)
		for s := range counts {
			counts[s] = make([]int, t.S)
		}
		add := func(word []int) {
			for i := 1; i < len(word); i++ {
				counts[word[i-1]][word[i]]++
			}
		}
		add(query)
		for _, c := range chains {
			p.Mul(p, fraction(t.context[query[0]][c[0]]))
			add(c)
		}
		if p.Sign() == 0 {
			return p
		}
		for s, c := range counts {
			p.Mul(p, moment(s, c))
		}
		return p
	}
	// Rationals first, then numerators over their least common denominator.
	var all []*big.Rat
	note := func(x *big.Rat) int { all = append(all, x); return len(all) - 1 }
	two := make([][][]int, len(queries))
	for i, w := range queries {
		two[i] = make([][]int, len(chains))
		for a, x := range chains {
			two[i][a] = make([]int, len(chains))
			for b, y := range chains {
				if b < a {
					two[i][a][b] = two[i][b][a]
				} else {
					two[i][a][b] = note(weight(w, x, y))
				}
			}
		}
	}
	one, labelled, alone := make([][]int, len(queries)), make([][]int, len(chains)), make([]int, len(chains))
	for i, w := range queries {
		for _, x := range chains {
			one[i] = append(one[i], note(weight(w, x)))
		}
	}
	for i, w := range chains {
		alone[i] = note(weight(w))
		for _, x := range chains {
			labelled[i] = append(labelled[i], note(weight(w, x)))
		}
	}
	for _, x := range all {
		g := new(big.Int).GCD(nil, nil, o.scale, x.Denom())
		o.scale.Mul(o.scale, new(big.Int).Quo(x.Denom(), g))
	}
	whole := make([]*big.Int, len(all))
	for i, x := range all {
		whole[i] = new(big.Int).Quo(o.scale, x.Denom())
		whole[i].Mul(whole[i], x.Num())
	}
	pick := func(list []int) []*big.Int {
		out := make([]*big.Int, len(list))
		for i, k := range list {
			out[i] = whole[k]
		}
		return out
	}
	for i := range queries {
		o.one = append(o.one, pick(one[i]))
		var rows [][]*big.Int
		for _, row := range two[i] {
			rows = append(rows, pick(row))
		}
		o.two = append(o.two, rows)
	}
	for _, row := range labelled {
		o.labelled = append(o.labelled, pick(row))
	}
	o.alone = pick(alone)
	return o
}

// dyadic returns floats as whole numbers over a common power of two.
func dyadic(xs []float64) (whole []*big.Int, shift uint) {
	lowest := 0
	for _, x := range xs {
		if x != 0 {
			_, e := math.Frexp(x)
			lowest = min(lowest, e-53)
		}
	}
	for _, x := range xs {
		fraction, e := math.Frexp(x)
		v := big.NewInt(int64(math.Ldexp(fraction, 53)))
		if x != 0 {
			v.Lsh(v, uint(e-53-lowest))
		}
		whole = append(whole, v)
	}
	return whole, uint(-lowest)
}

// loss returns the exact loss E (TF - y)^2 of a model of one layer with the given
// heads: TF = sum_h b_h'G A_h u, b [heads, D], A [heads, D, q], G = mean of zz'.
func (o *oracle) loss(b, A []float64) *big.Rat {
	wholeB, shiftB := dyadic(b)
	wholeA, shiftA := dyadic(A)
	heads := len(b) / o.D
	// t[query][chain] = sum_h (b_h'z)(z'A_h u), a whole number over 2^(shiftB+shiftA)
	product := func(u, z []int64) *big.Int {
		sum, t := new(big.Int), new(big.Int)
		for h := range heads {
			left, right := new(big.Int), new(big.Int)
			for i, x := range z {
				if x == 0 {
					continue
				}
				left.Add(left, t.Mul(wholeB[h*o.D+i], t.SetInt64(x)))
				for j, y := range u {
					if y != 0 {
						right.Add(right, t.Mul(wholeA[(h*o.D+i)*o.q+j], t.SetInt64(x*y)))
					}
				}
			}
			sum.Add(sum, left.Mul(left, right))
		}
		return sum
	}
	square, many, cross, power := new(big.Int), new(big.Int), new(big.Int), new(big.Int)
	t := new(big.Int)
	for i, u := range o.u {
		values := make([]*big.Int, len(o.z))
		for a, z := range o.z {
			values[a] = product(u, z)
			square.Add(square, t.Mul(o.one[i][a], t.Mul(values[a], values[a])))
		}
		row := new(big.Int)
		for a := range o.z {
			row.SetInt64(0)
			for b := range o.z {
				row.Add(row, t.Mul(o.two[i][a][b], values[b]))
			}
			many.Add(many, t.Mul(row, values[a]))
		}
	}
	for i, z := range o.z {
		y := z[o.q]
		power.Add(power, t.Mul(o.alone[i], t.SetInt64(y*y)))
		if y == 0 {
			continue
		}
		for a, x := range o.z {
			v := product(z[:o.q], x)
			cross.Add(cross, t.Mul(o.labelled[i][a], v.Mul(v, t.SetInt64(y))))
		}
	}
	over := func(v *big.Int, shift uint) *big.Rat {
		return new(big.Rat).SetFrac(v, new(big.Int).Lsh(o.scale, shift))
	}
	shift := shiftA + shiftB
	loss := over(many, 2*shift)
	if o.n > 0 { // (1/n) square + (1 - 1/n) many
		first := over(square, 2*shift)
		first.Sub(first, loss)
		loss.Add(loss, first.Quo(first, big.NewRat(int64(o.n), 1)))
	}
	loss.Sub(loss, over(cross.Lsh(cross, 1), shift))
	return loss.Add(loss, over(power, 0))
}

// exactForm is the quadratic form of the loss in the enlarged space, in whole
// numbers over scale.
type exactForm struct {
	H     [][]*big.Int
	h     []*big.Int
	c     *big.Int
	scale *big.Int
}

// form returns the loss of the enlarged model, whose prediction is the sum of
// X_(j,{i,k}) u_j G_ik.
func (o *oracle) form() exactForm {
	var pairs [][2]int
	for i := range o.D {
		for k := i; k < o.D; k++ {
			pairs = append(pairs, [2]int{i, k})
		}
	}
	m := len(pairs)
	g := make([][]int64, len(o.z)) // [chains][m]
	for a, z := range o.z {
		for _, p := range pairs {
			g[a] = append(g[a], z[p[0]]*z[p[1]])
		}
	}
	n, scale := big.NewInt(1), new(big.Int).Set(o.scale)
	once, twice := new(big.Int), big.NewInt(1)
	if o.n > 0 {
		n.SetInt64(int64(o.n))
		once.SetInt64(1)
		twice.Sub(n, once)
	}
	scale.Mul(scale, n)
	f := exactForm{c: new(big.Int), scale: scale}
	dim := o.q * m
	for range dim {
		row := make([]*big.Int, dim)
		for k := range row {
			row[k] = new(big.Int)
		}
		f.H, f.h = append(f.H, row), append(f.h, new(big.Int))
	}
	t := new(big.Int)
	for i, u := range o.u {
		M := make([][]*big.Int, m) // of this query
		for r := range m {
			half := make([]*big.Int, len(o.z))
			for b := range half {
				half[b] = new(big.Int)
				for a := range o.z {
					if x := g[a][r]; x != 0 {
						half[b].Add(half[b], t.Mul(o.two[i][a][b], t.SetInt64(x)))
					}
				}
			}
			M[r] = make([]*big.Int, m)
			for s := range m {
				sum, single := new(big.Int), new(big.Int)
				for b := range o.z {
					if x := g[b][s]; x != 0 {
						sum.Add(sum, t.Mul(half[b], t.SetInt64(x)))
						if y := g[b][r]; y != 0 {
							single.Add(single, t.Mul(o.one[i][b], t.SetInt64(x*y)))
						}
					}
				}
				M[r][s] = sum.Add(sum.Mul(sum, twice), single.Mul(single, once))
			}
		}
		for j, x := range u {
			for l, y := range u {
				if x*y == 0 {
					continue
				}
				for r := range m {
					for s := range m {
						at := f.H[j*m+r][l*m+s]
						at.Add(at, t.Mul(M[r][s], t.SetInt64(x*y)))
					}
				}
			}
		}
	}
	for i, z := range o.z {
		y := z[o.q]
		f.c.Add(f.c, t.Mul(o.alone[i], t.SetInt64(y*y)))
		for a := range o.z {
			for j, x := range z[:o.q] {
				for r, v := range g[a] {
					if x*y*v != 0 {
						f.h[j*m+r].Add(f.h[j*m+r], t.Mul(o.labelled[i][a], t.SetInt64(x*y*v)))
					}
				}
			}
		}
	}
	f.c.Mul(f.c, n)
	for _, x := range f.h {
		x.Mul(x, n)
	}
	return f
}

// minimum returns the least loss of the enlarged model, c - h'H^+h, and the rank of H: the Schur
// complement of H in [[H, h], [h', c]], by elimination without fractions
// (Bareiss 1968). H is semidefinite, so that a pivot of 0 on the diagonal has a
// row of zeros.
func (f exactForm) minimum() (loss *big.Rat, rank int) {
	// Equal rows are equal functions, and rows of zeros the function 0.
	var kept []int
	seen := make(map[string]bool)
	for i, row := range f.H {
		key, zero := "", true
		for _, x := range row {
			key += x.Text(62) + ","
			zero = zero && x.Sign() == 0
		}
		if !zero && !seen[key] {
			seen[key] = true
			kept = append(kept, i)
		}
	}
	n := len(kept)
	A := make([][]*big.Int, n+1)
	for i := range A {
		A[i] = make([]*big.Int, n+1)
		for k := range A[i] {
			switch {
			case i < n && k < n:
				A[i][k] = new(big.Int).Set(f.H[kept[i]][kept[k]])
			case i < n:
				A[i][k] = new(big.Int).Set(f.h[kept[i]])
			case k < n:
				A[i][k] = new(big.Int).Set(f.h[kept[k]])
			default:
				A[i][k] = new(big.Int).Set(f.c)
			}
		}
	}
	previous := big.NewInt(1)
	done := make([]bool, n)
	t := new(big.Int)
	for {
		p := -1
		for i := range n {
			if !done[i] && A[i][i].Sign() != 0 {
				p = i
				break
			}
		}
		if p < 0 {
			break
		}
		done[p] = true
		rank++
		pivot := A[p][p]
		for i := range A {
			if i < n && done[i] {
				continue
			}
			for k := i; k <= n; k++ {
				if k < n && done[k] {
					continue
				}
				x := new(big.Int).Mul(pivot, A[i][k])
				x.Sub(x, t.Mul(A[i][p], A[p][k]))
				x.Quo(x, previous)
				A[i][k], A[k][i] = x, new(big.Int).Set(x)
			}
		}
		previous = pivot
	}
	for i := range n {
		if !done[i] && A[i][n].Sign() != 0 {
			panic("oracle: the form has no minimum")
		}
	}
	v := new(big.Rat).SetFrac(A[n][n], previous)
	return v.Quo(v, new(big.Rat).SetInt(f.scale)), rank
}

// floats returns the form in floating point.
func (f exactForm) floats() (H [][]float64, h []float64, c float64) {
	of := func(x *big.Int) float64 {
		v, _ := new(big.Rat).SetFrac(x, f.scale).Float64()
		return v
	}
	for i, row := range f.H {
		H = append(H, make([]float64, len(row)))
		for k, x := range row {
			H[i][k] = of(x)
		}
		h = append(h, of(f.h[i]))
	}
	return H, h, of(f.c)
}

// multistart looks for good models by alternating least squares from random
// heads, and returns some of the best: b [heads, D] and A [heads, D, q].
func (o *oracle) multistart(f exactForm, heads, starts int, rng *rand.Rand) (bs, As [][]float64) {
	H, h, _ := f.floats()
	D, q, m := o.D, o.q, o.D*(o.D+1)/2
	at := func(j, i, k int) int {
		i, k = min(i, k), max(i, k)
		return j*m + i*D - i*(i-1)/2 + k - i
	}
	// The point X is linear in A for fixed b and the reverse: columns of a map.
	solve := func(columns [][]float64) []float64 {
		n := len(columns)
		K, k := make([][]float64, n), make([]float64, n)
		images := make([][]float64, n)
		for r, x := range columns {
			images[r] = make([]float64, len(h))
			for i, v := range x {
				if v != 0 {
					for l, y := range H[i] {
						images[r][l] += v * y
					}
					k[r] += v * h[i]
				}
			}
		}
		for r := range n {
			K[r] = make([]float64, n)
			for s := range n {
				for i, v := range columns[s] {
					if v != 0 {
						K[r][s] += v * images[r][i]
					}
				}
			}
		}
		return ridge(K, k)
	}
	b := make([]float64, heads*D)
	A := make([]float64, heads*D*q)
	for range starts {
		for i := range b {
			b[i] = rng.NormFloat64()
		}
		for range 40 {
			var columns [][]float64
			for e := range A { // entry (head, i, j)
				x := make([]float64, len(h))
				head, i, j := e/(D*q), e/q%D, e%q
				for k := range D {
					x[at(j, i, k)] += b[head*D+k]
				}
				columns = append(columns, x)
			}
			copy(A, solve(columns))
			columns = nil
			for e := range b {
				x := make([]float64, len(h))
				head, k := e/D, e%D
				for i := range D {
					for j := range q {
						x[at(j, i, k)] += A[(head*D+i)*q+j]
					}
				}
				columns = append(columns, x)
			}
			next := solve(columns)
			norm := 0.0
			for _, x := range next {
				norm += x * x
			}
			if norm = math.Sqrt(norm); !(norm > 0) || math.IsInf(norm, 0) {
				break
			}
			for i := range b {
				b[i] = next[i] / norm
			}
		}
		ok := true
		for _, x := range append(append([]float64(nil), b...), A...) {
			ok = ok && !math.IsNaN(x) && math.Abs(x) < 1e100 && (x == 0 || math.Abs(x) > 1e-100)
		}
		if ok { // b was scaled after A was solved for
			var columns [][]float64
			for e := range A {
				x := make([]float64, len(h))
				head, i, j := e/(D*q), e/q%D, e%q
				for k := range D {
					x[at(j, i, k)] += b[head*D+k]
				}
				columns = append(columns, x)
			}
			bs, As = append(bs, append([]float64(nil), b...)), append(As, solve(columns))
		}
	}
	return bs, As
}

// ridge solves (K + e I)x = k for a semidefinite K and an e at rounding level, by
// Cholesky, with a few steps of refinement.
func ridge(K [][]float64, k []float64) []float64 {
	n := len(k)
	largest := 0.0
	for i := range n {
		largest = max(largest, K[i][i])
	}
	L := make([][]float64, n)
	for i := range n {
		L[i] = make([]float64, n)
		for j := range i + 1 {
			sum := K[i][j]
			if i == j {
				sum += 1e-15*largest*float64(n) + 1e-300
			}
			for p := range j {
				sum -= L[i][p] * L[j][p]
			}
			if i == j {
				L[i][i] = math.Sqrt(max(sum, 1e-15*largest+1e-300))
			} else {
				L[i][j] = sum / L[j][j]
			}
		}
	}
	x := make([]float64, n)
	for range 3 {
		r := append([]float64(nil), k...)
		for i := range n {
			for j := range n {
				r[i] -= K[i][j] * x[j]
			}
		}
		for i := range n {
			for p := range i {
				r[i] -= L[i][p] * r[p]
			}
			r[i] /= L[i][i]
		}
		for i := n - 1; i >= 0; i-- {
			for p := i + 1; p < n; p++ {
				r[i] -= L[p][i] * r[p]
			}
			r[i] /= L[i][i]
			x[i] += r[i]
		}
	}
	return x
}

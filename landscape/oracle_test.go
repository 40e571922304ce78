package landscape_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
)

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

	// Rationals first, then numerators over their least common denominator.
	weight := o.weights()
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
	whole := o.overOneDenominator(all)
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

// weights returns the probability of a query with chains, by
// E[prod_j P_sj^c_j] = prod_j alpha_j (alpha_j+1).. / A (A+1)..
func (t description) weights() func(query []int, chains ...[]int) *big.Rat {
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
	return func(query []int, chains ...[]int) *big.Rat {
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
}

// overOneDenominator sets scale to the least common denominator of all and returns
// their numerators over it.
func (o *oracle) overOneDenominator(all []*big.Rat) []*big.Int {
	for _, x := range all {
		g := new(big.Int).GCD(nil, nil, o.scale, x.Denom())
		o.scale.Mul(o.scale, new(big.Int).Quo(x.Denom(), g))
	}
	whole := make([]*big.Int, len(all))
	for i, x := range all {
		whole[i] = new(big.Int).Quo(o.scale, x.Denom())
		whole[i].Mul(whole[i], x.Num())
	}
	return whole
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

package moment

import (
	"context"
	"encoding/binary"
	"math/big"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"markovicl/internal/each"
	"markovicl/markov"
)

// Given the kernel, the probability of a chain is that of its first state times
// a product of entries of the kernel, one for each transition. Chains with the
// same first state and the same numbers of transitions are of one type and
// equally likely, and the mean of their joint probability with other chains is a
// Dirichlet moment of the added-up counts: for a row with parameters alpha and
// counts c,
//
//	E[prod_j P_j^c_j] = prod_j alpha_j (alpha_j+1) .. (alpha_j+c_j-1) / (A (A+1) .. (A+|c|-1)),  A = sum alpha.
//
// No quadrature is needed, every number is a fraction if alpha is, and all
// terms are positive.

// census sorts all chains of a length by type, and adds up monomials over them.
type census struct {
	first   []int     // [types] first k states, as the number of a context
	row     [][]int   // [types][rows] which count vector each row of the kernel has
	vectors [][][]int // [rows] distinct count vectors of a row; 0 is the vector without counts
	sum     [][]int64 // [monomials][types] monomials added up over the chains of a type; nil if of later times
}

// newCensus lists the chains of the given length, in states, and adds up the
// first of b's monomials.
func newCensus(b *basis, length, monomials int) *census {
	S, rows := b.states, b.rows
	c := &census{vectors: make([][][]int, rows), sum: make([][]int64, monomials)}
	number := make([]map[string]int, rows) // of a row's count vector
	for s := range rows {
		number[s] = map[string]int{string(make([]byte, 2*S)): 0}
		c.vectors[s] = [][]int{make([]int, S)}
	}
	types := make(map[string]int)
	for id, m := range b.monomials[:monomials] {
		if n := degree(m); n == 0 || int(m[n-1].time) < length {
			c.sum[id] = []int64{}
		}
	}
	chain, counts, value := make([]int, length), make([]int, rows*S), make([]int64, monomials)
	const head = 4 // bytes of the first states
	key := make([]byte, 0, head+2*rows*S)
	for {
		clear(counts)
		context := 0 // of the last k states
		for _, s := range chain[:b.order] {
			context = context*S + s
		}
		first := context
		for _, s := range chain[b.order:] {
			counts[context*S+s]++
			context = (context*S + s) % rows
		}
		key = binary.LittleEndian.AppendUint32(key[:0], uint32(first))
		for _, n := range counts {
			key = append(key, byte(n), byte(n>>8))
		}
		typ, ok := types[string(key)]
		if !ok {
			typ = len(c.first)
			types[string(key)] = typ
			c.first = append(c.first, first)
			vector := make([]int, rows)
			for s := range vector {
				part := string(key[head+2*S*s : head+2*S*(s+1)])
				if vector[s], ok = number[s][part]; !ok {
					vector[s] = len(c.vectors[s])
					number[s][part] = vector[s]
					c.vectors[s] = append(c.vectors[s], append([]int(nil), counts[s*S:(s+1)*S]...))
				}
			}
			c.row = append(c.row, vector)
			for id, sum := range c.sum {
				if sum != nil {
					c.sum[id] = append(sum, 0)
				}
			}
		}
		for id, sum := range c.sum {
			if sum == nil {
				continue
			}
			value[id] = 1
			if m := &b.monomials[id]; id > 0 {
				f := m[degree(*m)-1]
				value[id] = value[b.parent[id]] * b.values[f.fn][chain[f.time]]
			}
			sum[typ] += value[id]
		}

		i := 0
		for ; i < length; i++ {
			chain[i]++
			if chain[i] < S {
				break
			}
			chain[i] = 0
		}
		if i == length {
			return c
		}
	}
}

// types returns the number of types.
func (c *census) types() int { return len(c.first) }

// dirichlet holds the moments of one row of the kernel over a common
// denominator: with alpha_j = a_j/l in lowest terms the l cancel.
type dirichlet struct {
	a           []*big.Int
	total       *big.Int // sum of a
	l           *big.Int
	degree      int      // largest number of counts
	denominator *big.Int // total (total + l) .. (total + (degree-1) l)
}

func newDirichlet(alpha []*big.Rat, degree int) *dirichlet {
	d := &dirichlet{l: commonDenominator(alpha), total: new(big.Int), degree: degree}
	for _, x := range alpha {
		a := new(big.Int).Quo(d.l, x.Denom())
		a.Mul(a, x.Num())
		d.a = append(d.a, a)
		d.total.Add(d.total, a)
	}
	d.denominator = d.rising(d.total, 0, degree)
	return d
}

// commonDenominator returns the least common multiple of denominators.
func commonDenominator(xs []*big.Rat) *big.Int {
	l := big.NewInt(1)
	for _, x := range xs {
		g := new(big.Int).GCD(nil, nil, l, x.Denom())
		l.Mul(l, g.Quo(x.Denom(), g))
	}
	return l
}

// rising returns (x + from l) .. (x + (to-1) l).
func (d *dirichlet) rising(x *big.Int, from, to int) *big.Int {
	product := big.NewInt(1)
	for i := from; i < to; i++ {
		t := new(big.Int).Mul(d.l, big.NewInt(int64(i)))
		product.Mul(product, t.Add(t, x))
	}
	return product
}

// numerator returns E[prod_j P_j^counts_j] times d.denominator.
func (d *dirichlet) numerator(counts []int) *big.Int {
	product, total := big.NewInt(1), 0
	for j, n := range counts {
		product.Mul(product, d.rising(d.a[j], 0, n))
		total += n
	}
	return product.Mul(product, d.rising(d.total, total, d.degree))
}

// rowMoments returns for each row of the kernel the table [left][right][third]
// of what value makes of the row's counts added up, over three lists of count
// vectors. Equal sums share one value.
func rowMoments[T any](left, right, third [][][]int, value func(row int, counts []int) T) [][][][]T {
	tables := make([][][][]T, len(left))
	states := len(left[0][0])
	for s := range tables {
		known := make(map[string]T)
		sum := make([]int, states)
		key := make([]byte, 2*states)
		tables[s] = make([][][]T, len(left[s]))
		for i, x := range left[s] {
			tables[s][i] = make([][]T, len(right[s]))
			for j, y := range right[s] {
				line := make([]T, len(third[s]))
				for k, z := range third[s] {
					for t := range sum {
						sum[t] = x[t] + y[t] + z[t]
						key[2*t], key[2*t+1] = byte(sum[t]), byte(sum[t]>>8)
					}
					v, ok := known[string(key)]
					if !ok {
						v = value(s, sum)
						known[string(key)] = v
					}
					line[k] = v
				}
				tables[s][i][j] = line
			}
		}
	}
	return tables
}

// noCounts are the count vectors of no chain at all.
func noCounts(rows, states int) [][][]int {
	none := make([][][]int, rows)
	for s := range none {
		none[s] = [][]int{make([]int, states)}
	}
	return none
}

// count returns the tables of a task by adding up all types of chains. It is
// for start laws that do not depend on the kernel.
func count(ctx context.Context, t markov.Task, b *basis, starts []start, workers int) (tables, error) {
	R, K2, Kq, K4 := b.rows, len(b.pairID), len(b.queryID), len(b.monomials)
	K22 := Pairs(K2)
	query, chains := newCensus(b, b.d, b.firstQuad), newCensus(b, b.d+1, K4)
	laws := make([]*dirichlet, R)
	for s := range R {
		laws[s] = newDirichlet(t.Prior().AlphaRat(s), kernelDegree(t))
	}
	float := func(row int, counts []int) float64 {
		return markov.Float(new(big.Rat).SetFrac(laws[row].numerator(counts), laws[row].denominator))
	}
	none := noCounts(R, b.states)
	triple := rowMoments(query.vectors, chains.vectors, chains.vectors, float)
	pair := rowMoments(chains.vectors, chains.vectors, none, float)

	out := tables{
		h4:  make([]float64, Kq*K4),
		h22: make([]float64, Kq*K22),
		h:   make([]float64, b.q*K2),
	}
	for _, first := range starts {
		first.query, first.context = wordLaw(first.query, b.order), wordLaw(first.context, b.order)
		c := newChainTypes(b, query, chains, triple, pair, first)
		if err := c.addInputs(ctx, &out, workers); err != nil {
			return tables{}, err
		}
		c.addLabels(&out)
	}
	return out, nil
}

// chainTypes are the types of chains that one start law gives, with what the kernels
// average to.
type chainTypes struct {
	b             *basis
	query, chains *census
	triple, pair  [][][][]float64 // as rowMoments gives them
	start         start
	v2, v4        []float64 // [.., types] monomials of a chain with the probability of its start
}

func newChainTypes(b *basis, query, chains *census, triple, pair [][][][]float64, first start) *chainTypes {
	N := chains.types()
	c := &chainTypes{
		b: b, query: query, chains: chains, triple: triple, pair: pair, start: first,
		v2: make([]float64, len(b.pairID)*N), v4: make([]float64, len(b.monomials)*N),
	}
	for a, s := range chains.first {
		for id, sum := range chains.sum {
			c.v4[id*N+a] = first.context[s] * float64(sum[a])
		}
		for r, id := range b.pairID {
			c.v2[r*N+a] = c.v4[int(id)*N+a]
		}
	}
	return c
}

// addInputs adds the moments of two chains, or one twice, with a query to h22 and h4.
func (c *chainTypes) addInputs(ctx context.Context, out *tables, workers int) error {
	b, query, chains := c.b, c.query, c.chains
	K2, Kq, K4 := len(b.pairID), len(b.queryID), len(b.monomials)
	K22, Nq, N := Pairs(K2), query.types(), chains.types()
	// For each type of query, E[P(query) m2 m2'] and E[P(query) P(chain)].
	m22, one := make([]float64, Nq*K22), make([]float64, Nq*N)
	err := each.Do(ctx, Nq, each.Settings{Workers: workers}, func(int) func(int) error {
		joint, half, square := make([]float64, N*N), make([]float64, K2*N), make([]float64, K2*K2)
		factors := make([][]float64, b.rows)
		return func(x int) error {
			if c.start.query[query.first[x]] == 0 {
				return nil
			}
			for a := range N {
				p := 1.0
				for s := range factors {
					factors[s] = c.triple[s][query.row[x][s]][chains.row[a][s]]
					p *= factors[s][0]
				}
				one[x*N+a] = p
				for second := a; second < N; second++ {
					p := 1.0
					for s, row := range chains.row[second] {
						p *= factors[s][row]
					}
					joint[a*N+second], joint[second*N+a] = p, p
				}
			}
			multiplyInto(half, c.v2, joint, K2, N, N, blas.NoTrans)
			multiplyInto(square, half, c.v2, K2, N, K2, blas.Trans)
			i := x * K22
			for r := range K2 {
				i += copy(m22[i:], square[r*K2+r:(r+1)*K2])
			}
			return nil
		}
	})
	if err != nil {
		return err
	}
	Q := make([]float64, Kq*Nq)
	for r, id := range b.queryID {
		for x, s := range query.first {
			Q[r*Nq+x] = c.start.weight * c.start.query[s] * float64(query.sum[b.pairID[id]][x])
		}
	}
	addProduct(out.h22, Q, m22, Kq, Nq, K22, Nq)
	m4 := make([]float64, Nq*K4)
	multiplyInto(m4, one, c.v4, Nq, N, K4, blas.Trans)
	addProduct(out.h4, Q, m4, Kq, Nq, K4, Nq)
	return nil
}

// addLabels adds the moments of a chain with a query and its label, which is a chain
// of d+1 states, to h, and those of the label to c.
func (c *chainTypes) addLabels(out *tables) {
	b, chains := c.b, c.chains
	K2, N := len(b.pairID), chains.types()
	joint, y := make([]float64, N*N), make([]float64, b.q*N)
	for x := range N {
		for a := range N {
			p := 1.0
			for s := range c.pair {
				p *= c.pair[s][chains.row[x][s]][chains.row[a][s]][0]
			}
			joint[x*N+a] = p
		}
		weight := c.start.weight * c.start.query[chains.first[x]]
		for j, id := range b.label {
			if id >= 0 {
				y[j*N+x] = weight * float64(chains.sum[b.pairID[id]][x])
			}
		}
		p := 1.0
		for s := range c.pair {
			p *= c.pair[s][chains.row[x][s]][0][0]
		}
		out.c += weight * p * float64(chains.sum[b.pairID[b.power]][x])
	}
	m2 := make([]float64, N*K2)
	multiplyInto(m2, joint, c.v2, N, N, K2, blas.Trans)
	addProduct(out.h, y, m2, b.q, N, K2, N)
}

// multiplyInto writes left [rows, n] times right to dst [rows, cols]; right is
// [n, cols], or [cols, n] if it is to be transposed.
func multiplyInto(dst, left, right []float64, rows, n, cols int, transposed blas.Transpose) {
	R := blas64.General{Rows: n, Cols: cols, Stride: cols, Data: right}
	if transposed == blas.Trans {
		R = blas64.General{Rows: cols, Cols: n, Stride: n, Data: right}
	}
	blas64.Gemm(blas.NoTrans, transposed, 1,
		blas64.General{Rows: rows, Cols: n, Stride: n, Data: left}, R,
		0, blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: dst})
}

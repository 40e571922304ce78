package moment

import "markovicl/markov"

// chain computes the means of a basis' monomials for one chain, given its
// kernel and the law of its first state. A monomial's mean follows from its
// parent's: the vector a[s] = E[product of the factors so far; state s now] is
// carried over the gap to the next factor by a power of the kernel, and
// multiplied by that factor. The states where a factor is 0 are left out, which
// makes indicators, and states 0 and 1, a product of numbers.
//
// Of an order k > 1 the state is the context, the last k states, and a monomial's
// vector is carried over a gap step by step.
//
// A chain serves one goroutine.
type chain struct {
	b       *basis
	support [][]int     // [functions] states where a function is not 0
	weight  [][]float64 // [functions] its values there
	begin   []int       // [monomials+1] where a monomial's vector stands in a
	a       []float64   // the vectors, on the support of the last factor
	powers  []float64   // [d+1][S*S] powers of the kernel
	laws    []float64   // [d+1][S] law of the state at each time
	words   *wordChain  // in place of powers and laws, of an order above 1
}

func newChain(b *basis) *chain {
	if b.order > 1 {
		return &chain{b: b, words: newWordChain(b)}
	}
	c := &chain{
		b:      b,
		begin:  make([]int, len(b.monomials)+1),
		powers: make([]float64, (b.d+1)*b.states*b.states),
		laws:   make([]float64, (b.d+1)*b.states),
	}
	for _, values := range b.values {
		var support []int
		var weight []float64
		for s, v := range values {
			if v != 0 {
				support = append(support, s)
				weight = append(weight, float64(v))
			}
		}
		c.support = append(c.support, support)
		c.weight = append(c.weight, weight)
	}
	for id, m := range b.monomials {
		c.begin[id+1] = c.begin[id]
		if n := degree(m); n > 0 {
			c.begin[id+1] += len(c.support[m[n-1].fn])
		}
	}
	c.a = make([]float64, c.begin[len(b.monomials)])
	return c
}

// kernel sets the kernel, [S^k*S], which must not change until the next.
func (c *chain) kernel(P []float64) {
	if c.words != nil {
		c.words.kernel = P
		return
	}
	S := c.b.states
	clear(c.powers[:S*S])
	for s := range S {
		c.powers[s*S+s] = 1
	}
	copy(c.powers[S*S:2*S*S], P)
	for k := 1; k < c.b.d; k++ {
		from, to := c.powers[k*S*S:(k+1)*S*S], c.powers[(k+1)*S*S:(k+2)*S*S]
		for i := range S {
			multiply(to[i*S:(i+1)*S], from[i*S:(i+1)*S], P)
		}
	}
}

// multiply writes the row vector x'P to dst.
func multiply(dst, x, P []float64) {
	S := len(dst)
	for j := range S {
		var sum float64
		for i, v := range x {
			sum += v * P[i*S+j]
		}
		dst[j] = sum
	}
}

// means writes the means of the first len(dst) monomials to dst, for a chain
// that starts by the given law, [S], under the kernel set last.
func (c *chain) means(dst, start []float64) {
	if c.words != nil {
		c.words.means(dst, start)
		return
	}
	S := c.b.states
	for t := range c.b.d + 1 {
		multiply(c.laws[t*S:(t+1)*S], start, c.powers[t*S*S:(t+1)*S*S])
	}
	dst[0] = 1
	for id := 1; id < len(dst); id++ {
		m := &c.b.monomials[id]
		n := degree(*m)
		f := m[n-1]
		support, weight := c.support[f.fn], c.weight[f.fn]
		a := c.a[c.begin[id]:c.begin[id+1]]
		var sum float64
		if n == 1 {
			law := c.laws[int(f.time)*S:]
			for i, s := range support {
				a[i] = law[s] * weight[i]
				sum += a[i]
			}
		} else {
			before := m[n-2]
			P := c.powers[int(f.time-before.time)*S*S:]
			states := c.support[before.fn]
			parent := c.b.parent[id]
			from := c.a[c.begin[parent]:c.begin[parent+1]]
			for i, s := range support {
				var v float64
				for j, x := range from {
					v += x * P[states[j]*S+s]
				}
				a[i] = v * weight[i]
				sum += a[i]
			}
		}
		dst[id] = sum
	}
}

// start holds laws of the first states under which, given the kernel, the query
// and the in-context chains are independent.
type start struct {
	weight  float64
	query   []float64 // [S] law of the query's first state; nil for the kernel's stationary law
	context []float64 // [S] law of an in-context chain's first state; nil likewise
}

// starts lists the laws of first states that a task's chains have given a
// kernel, with the probability of each. A correlated start has one for each
// first state of the query.
func starts(t markov.Task) []start {
	law := t.Start()
	if law.Kind() != markov.CorrelatedStart {
		return []start{{weight: 1, query: law.Query(), context: law.Query()}}
	}
	var list []start
	for s, p := range law.Query() {
		query := make([]float64, t.States())
		query[s] = 1
		list = append(list, start{weight: p, query: query, context: law.Context(markov.State(s))})
	}
	return list
}

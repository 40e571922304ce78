package moment

// wordChain computes what chain does for chains of an order k > 1, whose first k
// states are independent. The law of the states so far is kept by context: the
// word of the last k states, or of all of them if there are fewer, as a number
// in base S.
type wordChain struct {
	b      *basis
	kernel []float64   // [S^k*S]
	a      [][]float64 // [monomials] E[product of the factors so far; context now], at the time of the last factor
	buffer [2][]float64
}

func newWordChain(b *basis) *wordChain {
	c := &wordChain{b: b, a: make([][]float64, len(b.monomials))}
	for id := range c.a {
		c.a[id] = make([]float64, b.rows)
	}
	c.a[0][0] = 1 // before the first state there is one empty word
	for i := range c.buffer {
		c.buffer[i] = make([]float64, b.rows)
	}
	return c
}

// means writes the means of the first len(dst) monomials to dst, for a chain
// whose first k states have the given law, [S].
func (c *wordChain) means(dst, start []float64) {
	S := c.b.states
	dst[0] = 1
	for id := 1; id < len(dst); id++ {
		m := &c.b.monomials[id]
		n := degree(*m)
		f := m[n-1]
		from := -1
		if n > 1 {
			from = int(m[n-2].time)
		}
		law := c.a[c.b.parent[id]]
		for t := from; t < int(f.time); t++ {
			next := c.buffer[t&1]
			c.step(next, law, start, t)
			law = next
		}
		var sum float64
		for word, p := range law {
			v := p * float64(c.b.values[f.fn][word%S])
			c.a[id][word] = v
			sum += v
		}
		dst[id] = sum
	}
}

// step carries the law of the context at time t to time t+1.
func (c *wordChain) step(next, law, start []float64, t int) {
	S, rows := c.b.states, c.b.rows
	clear(next)
	for word, p := range law {
		if p == 0 {
			continue
		}
		row := start
		if t+1 >= c.b.order {
			row = c.kernel[word*S : (word+1)*S]
		}
		for s, x := range row {
			next[(word*S+s)%rows] += p * x
		}
	}
}

// wordLaw returns the law of k independent states with the given law, [S^k] in
// lexicographic order.
func wordLaw(law []float64, k int) []float64 {
	words := []float64{1}
	for range k {
		longer := make([]float64, 0, len(words)*len(law))
		for _, p := range words {
			for _, x := range law {
				longer = append(longer, p*x)
			}
		}
		words = longer
	}
	return words
}

package markov

import "slices"

// Together is how many prompts [GramSampler.DrawTogether] draws side by side.
const Together = 8

// lanes are Together numbers, one of each prompt.
type lanes = [Together]uint64

// gramBlock is what a GramSampler has drawn ahead.
type gramBlock struct {
	from  uint64 // number of its first prompt
	count int
	apart [Together]bool // is to be drawn by itself

	state            [4]lanes   // of the generators
	first, zero, one lanes      // digits of the chance of state 1, at first and after 0 and 1
	ones             [][2]lanes // [d+1] which chains are in state 1, in two words
	states           []State    // [Together, d+1] queries that do not ride with the chains
}

// drawLanes draws the chains of Together prompts: for each position two words of chains,
// those of all that are in state 1, digit by digit as belowBinary does, each prompt from its
// own generator. It is nil where there are no vector instructions for it.
var drawLanes func(block *gramBlock, allA, allB uint64)

// gramLanes writes the upper triangles of the Gram matrices of the prompts in a block, in the
// layout of DrawTogether, for states 0 and 1 as they are. It is nil as drawLanes is.
var gramLanes func(block *gramBlock, chainsA, chainsB uint64, n float64, upper []float64)

// DrawTogether draws up to [Together] prompts from number i on, the same as Draw, side by
// side: entry r of the upper triangle, row-major, of the Gram matrix of prompt i+k is
// upper[r*Together+k], feature j of its query is u[j*Together+k] and its label y[k]; upper has
// D(D+1)/2 * Together numbers, u has q * Together. What lies beyond count is not to be read.
func (g *GramSampler) DrawTogether(i uint64, count int, upper, u []float64, y *[Together]float64) error {
	D := g.dim
	if len(upper) != D*(D+1)/2*Together || len(u) != (D-1)*Together || count > Together {
		panic("markov: upper triangles or queries of another size, or too many prompts")
	}
	g.prepare(i, count)
	b, t := &g.block, &g.task
	if gramLanes == nil || b.from != i || b.count != count || t.embedding != Index || t.bias || slices.Contains(b.apart[:count], true) {
		return g.drawApart(i, count, upper, u, y)
	}
	chainsA, chainsB, queryA, queryB := g.binaryWords(0)
	gramLanes(b, chainsA, chainsB, float64(t.n), upper)
	state := func(j, k int) float64 { // of the query
		if g.queryBit == 0 {
			return float64(b.states[k*D+j])
		}
		if b.ones[j][0][k]&queryA|b.ones[j][1][k]&queryB != 0 {
			return 1
		}
		return 0
	}
	for j := range D - 1 {
		for k := range count {
			u[j*Together+k] = state(j, k)
		}
	}
	for k := range count {
		y[k] = state(D-1, k)
	}
	return nil
}

// drawApart is DrawTogether by Draw.
func (g *GramSampler) drawApart(i uint64, count int, upper, u []float64, y *[Together]float64) (err error) {
	D := g.dim
	if g.oneGram == nil {
		g.oneGram, g.oneQuery = make([]float64, D*D), make([]float64, D-1)
	}
	for k := range count {
		if y[k], err = g.Draw(i+uint64(k), g.oneGram, g.oneQuery); err != nil {
			return err
		}
		r := 0
		for a := range D {
			for _, x := range g.oneGram[a*D+a : (a+1)*D] {
				upper[r*Together+k] = x
				r++
			}
		}
		for j, x := range g.oneQuery {
			u[j*Together+k] = x
		}
	}
	return nil
}

// prepare draws up to [Together] prompts from number i on ahead, side by side where this
// machine and the task allow it, for Draw to hand out. What Draw returns does not change:
// it only takes less time.
func (g *GramSampler) prepare(i uint64, count int) {
	if drawLanes == nil || g.plain != nil || g.task.states != 2 || g.words > 2 || g.task.start.kind == StationaryStart {
		return
	}
	b, d := &g.block, g.task.positions
	if b.ones == nil {
		b.ones, b.states = make([][2]lanes, d+1), make([]State, Together*(d+1))
	}
	b.from, b.count = i, min(count, Together)
	for k := range Together {
		if k >= b.count { // a lane without digits is left alone
			b.first[k], b.zero[k], b.one[k] = 0, 0, 0
			continue
		}
		g.bits.seed(streamSeeds(g.seed, i+uint64(k)))
		g.drawKernel()
		if g.queryBit == 0 {
			g.drawQuery(g.query)
			copy(b.states[k*(d+1):], g.states)
		}
		if g.task.start.kind != IIDStart {
			g.setFirst(g.start[g.states[0]])
		}
		first, zero, one := g.first[1], g.step[1][0], g.step[1][1]
		b.apart[k] = first.more || zero.more || one.more
		b.first[k], b.zero[k], b.one[k] = first.digits, zero.digits, one.digits
		b.state[0][k], b.state[1][k], b.state[2][k], b.state[3][k] = g.bits.s0, g.bits.s1, g.bits.s2, g.bits.s3
	}
	chainsA, chainsB, queryA, queryB := g.binaryWords(0)
	drawLanes(b, chainsA|queryA, chainsB|queryB)
}

// prepared sets the masks and the query of prompt number i if it was drawn ahead.
func (g *GramSampler) prepared(i uint64) bool {
	b, d := &g.block, g.task.positions
	k := i - b.from
	if k >= uint64(b.count) || b.apart[k] {
		return false
	}
	if g.queryBit == 0 {
		copy(g.states, b.states[int(k)*(d+1):][:d+1])
	}
	for j := range b.ones {
		g.setBinary(0, j, b.ones[j][0][k], b.ones[j][1][k])
	}
	return true
}

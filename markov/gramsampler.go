package markov

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// GramSampler draws prompts of a task straight into Gram matrices, many chains
// at once: 64 chains are the bits of a machine word, one word for each state at
// each position, whose bit says that the chain is in that state. A step of the
// chain is a comparison of random digits with the binary digits of the
// transition probabilities, and the entries of the Gram matrix are counts of
// common bits. [Sampler] is the plain reference; both have the same law, but
// number i of a seed is a different prompt: training alone steps on these, and
// [GramSource] shows them as prompts to whoever scores a model on what it was
// trained on.
//
// A GramSampler has memory of its own and is for one goroutine at a time. What
// it draws depends on the seed and the number of the prompt alone.
type GramSampler struct {
	task  Task
	dim   int // D of the task
	seed  uint64
	bits  xoshiro
	rng   *rand.Rand // draws kernels and queries from bits
	alpha [][]float64
	query []float64   // [S] start of the query, nil if stationary
	start [][]float64 // [S][S] start of the context by the query's first state

	kernel     Kernel
	stationary []float64     // [S]
	step       [][]threshold // [S target][S source] chance of the target, given none above it
	first      []threshold   // [S target] the same for a first state
	words      int           // ceil(n/64)
	masks      []uint64      // [d+1][S][words] which chains are in the state
	everywhere []uint64      // [words] which bits are chains
	queryBit   uint64        // the bit of the last word in which the query rides as one more chain; 0 if it is drawn by itself
	states     []State       // [d+1] the query and its label

	means             []float64 // [n+1] k/n for a binary Gram matrix of few chains
	block             gramBlock // what prepare has drawn ahead
	oneGram, oneQuery []float64 // [D*D], [q] room of DrawTogether

	plain  *Sampler // of tasks with more states than pay off
	prompt Prompt
}

// mostSlicedStates is the largest number of states for which bit slices are
// faster than one chain after the other.
const mostSlicedStates = 8

// NewGramSampler returns the sampler of a task for a seed. It is an error if the
// task has infinitely many in-context chains, or too many to draw.
func NewGramSampler(t Task, seed uint64) (*GramSampler, error) {
	if err := drawable(t); err != nil {
		return nil, err
	}
	S, d, n := t.states, t.positions, int(t.n)
	g := &GramSampler{task: t, dim: t.Dim(), seed: seed, states: make([]State, d+1)}
	if S > mostSlicedStates || t.order != 1 || t.prior.mixture != nil {
		plain, err := NewSampler(t, seed)
		g.plain = plain
		return g, err
	}
	g.rng = rand.New(&g.bits)
	for row := range t.prior.Rows() {
		g.alpha = append(g.alpha, t.prior.Alpha(row))
	}
	if t.start.kind != StationaryStart {
		g.query = t.start.Query()
		for s := range S {
			g.start = append(g.start, t.start.Context(State(s)))
		}
	}
	g.kernel = Kernel{S, make([]float64, S*S)}
	g.stationary = make([]float64, S)
	g.first = make([]threshold, S)
	for range S {
		g.step = append(g.step, make([]threshold, S))
	}
	g.words = (n + 63) / 64
	g.masks = make([]uint64, (d+1)*S*g.words)
	if S == 2 && g.words == 2 {
		for k := range n + 1 {
			g.means = append(g.means, float64(k)/float64(n))
		}
	}
	g.everywhere = make([]uint64, g.words)
	for w := range g.everywhere {
		g.everywhere[w] = math.MaxUint64
	}
	iid := t.start.kind == IIDStart
	if r := n % 64; r != 0 {
		g.everywhere[g.words-1] = 1<<r - 1
		if iid && S == 2 {
			g.queryBit = 1 << r
		}
	}
	if iid {
		g.setFirst(g.query)
	}
	return g, nil
}

// Task returns the task whose prompts g draws.
func (g *GramSampler) Task() Task { return g.task }

// Draw draws prompt number i: it writes the Gram matrix of the context to G,
// flat [D*D], and the features of the query to u, length q, and returns the
// query's label, of a state its number e(s). It fails only where the start is stationary and the drawn
// kernel has no unique stationary law in floating point.
func (g *GramSampler) Draw(i uint64, G, u []float64) (y float64, err error) {
	if D := g.dim; len(G) != D*D || len(u) != D-1 {
		panic(fmt.Sprintf("markov: Gram matrix of %d and query of %d numbers in a task with D = %d", len(G), len(u), D))
	}
	if g.plain != nil {
		if err := g.plain.Prompt(&g.prompt, i); err != nil {
			return 0, err
		}
		g.task.Gram(G, &g.prompt)
		return g.task.Query(u, &g.prompt), nil
	}
	if err := g.draw(i); err != nil {
		return 0, err
	}
	g.gram(G)
	d := g.task.positions
	g.task.Features(u, g.states[:d])
	return g.task.embedding.Label(g.states[d]), nil
}

// draw draws the masks of the chains of prompt number i, and the states of its query.
func (g *GramSampler) draw(i uint64) error {
	if g.prepared(i) {
		return nil
	}
	g.bits.seed(streamSeeds(g.seed, i))
	g.drawKernel()
	queryStart := g.query
	if g.task.start.kind == StationaryStart {
		if err := g.kernel.Stationary(g.stationary); err != nil {
			return fmt.Errorf("prompt %d of seed %d: %w", i, g.seed, err)
		}
		queryStart = g.stationary
	}
	if g.queryBit == 0 {
		g.drawQuery(queryStart)
	}
	contextStart := g.stationary
	if g.start != nil {
		contextStart = g.start[g.states[0]]
	}
	g.drawContext(contextStart)
	return nil
}

func (g *GramSampler) drawKernel() {
	S := g.task.states
	for s, alpha := range g.alpha {
		row := g.kernel.Row(State(s))
		if S == 2 && alpha[0] == 1 && alpha[1] == 1 {
			p := g.rng.Float64() // Beta(1, 1)
			row[0], row[1] = 1-p, p
		} else {
			DrawDirichlet(row, alpha, g.rng)
		}
		rest := 1.0
		for target := S - 1; target > 0; target-- {
			g.step[target][s] = newThreshold(row[target] / rest)
			rest -= row[target]
		}
	}
}

// drawQuery draws the query's states and its label, one chain by itself.
func (g *GramSampler) drawQuery(start []float64) {
	g.states[0] = DrawState(g.rng, start)
	for j := 1; j < len(g.states); j++ {
		g.states[j] = DrawState(g.rng, g.kernel.Row(g.states[j-1]))
	}
}

// drawContext draws the masks of all in-context chains.
func (g *GramSampler) drawContext(start []float64) {
	if g.task.start.kind != IIDStart {
		g.setFirst(start)
	}
	S, W := g.task.states, g.words
	if S == 2 {
		g.drawBinaryContext()
		return
	}
	for w, chains := range g.everywhere {
		left := chains // those that are in none of the states above
		for target := S - 1; target > 0; target-- {
			hit := g.below(left, g.everywhere[w:], 1, g.first[target:target+1])
			g.masks[target*W+w] = hit
			left &^= hit
		}
		g.masks[w] = left
		for j := 1; j <= g.task.positions; j++ {
			from, to := g.masks[(j-1)*S*W+w:], g.masks[j*S*W+w:]
			left := chains
			for target := S - 1; target > 0; target-- {
				hit := g.below(left, from, W, g.step[target])
				to[target*W] = hit
				left &^= hit
			}
			to[0] = left
		}
	}
}

// setFirst sets the thresholds of a first state with the given law.
func (g *GramSampler) setFirst(start []float64) {
	rest := 1.0
	for target := len(start) - 1; target > 0; target-- {
		g.first[target] = newThreshold(start[target] / rest)
		rest -= start[target]
	}
}

// drawBinaryContext is drawContext for two states, two words at a time. It draws
// the query as well if that rides in the last word.
func (g *GramSampler) drawBinaryContext() {
	for w := 0; w < g.words; w += 2 {
		chainsA, chainsB, queryA, queryB := g.binaryWords(w)
		onesA, onesB := g.belowBinary(chainsA|queryA, chainsB|queryB, 0, 0, g.first[1], g.first[1])
		for j := 0; ; j++ {
			g.setBinary(w, j, onesA, onesB)
			if j == g.task.positions {
				break
			}
			onesA, onesB = g.belowBinary(chainsA|queryA, chainsB|queryB, onesA, onesB, g.step[1][0], g.step[1][1])
		}
	}
}

// binaryWords returns which bits of word w and of the next one are chains of the context,
// and which one is the query. There is no next one after the last.
func (g *GramSampler) binaryWords(w int) (chainsA, chainsB, queryA, queryB uint64) {
	chainsA = g.everywhere[w]
	if w+1 < g.words {
		chainsB = g.everywhere[w+1]
	}
	switch g.words - 1 {
	case w:
		queryA = g.queryBit
	case w + 1:
		queryB = g.queryBit
	}
	return chainsA, chainsB, queryA, queryB
}

// setBinary sets the masks of word w and of the next one at a position, and the query's state
// if it rides there, given which bits are in state 1.
func (g *GramSampler) setBinary(w, position int, onesA, onesB uint64) {
	W := g.words
	chainsA, chainsB, queryA, queryB := g.binaryWords(w)
	zeros, ones := g.masks[2*position*W:(2*position+1)*W], g.masks[(2*position+1)*W:(2*position+2)*W]
	zeros[w], ones[w] = chainsA&^onesA, chainsA&onesA
	if w+1 < W {
		zeros[w+1], ones[w+1] = chainsB&^onesB, chainsB&onesB
	}
	if queryA|queryB != 0 {
		g.states[position] = 0
		if onesA&queryA|onesB&queryB != 0 {
			g.states[position] = 1
		}
	}
}

// below returns, for each of the given bits, whether a uniform number of its own
// lies below a probability: chance[s] for the bits of from[s*stride]. The number
// is drawn digit by digit, for all bits at once, until each has differed from
// its probability or the probabilities have no digits left but 0; so the chance
// is exactly the given float64.
func (g *GramSampler) below(undecided uint64, from []uint64, stride int, chance []threshold) (hits uint64) {
	var digits [mostSlicedStates]uint64 // the first one is next
	more := false
	for s, c := range chance {
		digits[s] = c.digits
		more = more || c.more
	}
	k, left := 0, uint64(1)
	for ; undecided != 0 && left != 0; k++ {
		var digit uint64
		left = 0
		for s := range chance {
			digit |= from[s*stride] & uint64(int64(digits[s])>>63)
			digits[s] <<= 1
			left |= digits[s]
		}
		differ := (g.bits.Uint64() ^ digit) & undecided
		hits |= differ & digit // a random 0 where the probability has 1
		undecided &^= differ
	}
	if more && undecided != 0 {
		hits |= g.belowTail(undecided, k+1, from, stride, chance)
	}
	return hits
}

// belowBinary is below for the bits of two words and two sources: ones are the
// bits with the second chance. The generator's state is in registers meanwhile.
func (g *GramSampler) belowBinary(undecidedA, undecidedB, onesA, onesB uint64, zero, one threshold) (hitsA, hitsB uint64) {
	d0, d1 := zero.digits, one.digits
	x, word := g.bits, uint64(0)
	k := 1
	for ; undecidedA|undecidedB != 0 && d0|d1 != 0; k++ {
		ifZero, ifOne := uint64(int64(d0)>>63), uint64(int64(d1)>>63)
		d0, d1 = d0<<1, d1<<1

		digit := ifZero&^onesA | ifOne&onesA
		word, x = x.next()
		differ := (word ^ digit) & undecidedA
		hitsA |= differ & digit
		undecidedA &^= differ

		digit = ifZero&^onesB | ifOne&onesB
		word, x = x.next()
		differ = (word ^ digit) & undecidedB
		hitsB |= differ & digit
		undecidedB &^= differ
	}
	g.bits = x
	if (zero.more || one.more) && undecidedA|undecidedB != 0 {
		chance := []threshold{zero, one}
		hitsA |= g.belowTail(undecidedA, k, []uint64{^onesA, onesA}, 1, chance)
		hitsB |= g.belowTail(undecidedB, k, []uint64{^onesB, onesB}, 1, chance)
	}
	return hitsA, hitsB
}

// belowTail is below from digit k on, for probabilities so small that they have
// digits after the 64th, and for probability 1.
func (g *GramSampler) belowTail(undecided uint64, k int, from []uint64, stride int, chance []threshold) (hits uint64) {
	for ; undecided != 0 && k <= lastDigit; k++ {
		var digit uint64
		for s, c := range chance {
			digit |= from[s*stride] & c.digit(k)
		}
		differ := (g.bits.Uint64() ^ digit) & undecided
		hits |= differ & digit
		undecided &^= differ
	}
	return hits
}

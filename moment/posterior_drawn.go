package moment

import (
	"fmt"
	"math"
	"math/rand/v2"

	"markovicl/markov"
)

// drawnQuery is the posterior of a kernel of more than two states, or of an order
// above 1, with stationary starts. The density of the rows is Dirichlet(alpha + counts)
// times the stationary probability of each chain's first states, so that kernels are
// drawn from the Dirichlet and weighted by those: what is left of the error is random,
// different for each context, and its bias, of the order of one over the effective
// number of draws, is taken off by the two halves of the draws (ContextDraw.Gap).
type drawnQuery struct {
	b     *basis
	alpha [][]float64 // [rows][S]
}

// Draws for a context: at least this many, doubled until their effective number is
// enough, and not more than most.
const (
	leastDraws     = 2048
	mostDraws      = 1 << 17
	effectiveDraws = 256
	mostDrawnPairs = 20_000 // products of two coordinates: then a context takes a second
)

func newDrawnQuery(t markov.Task, b *basis) *drawnQuery {
	q := &drawnQuery{b: b}
	for r := range b.rows {
		q.alpha = append(q.alpha, t.Prior().Alpha(r))
	}
	return q
}

// drawn holds what the draws of a context add up to.
type drawn struct {
	chain  *chain
	kernel []float64 // [rows*S]
	start  []float64 // [rows] stationary law of the context
	row    []float64 // [S] parameters of a row
	all    []float64 // [monomials]
	halves [2]weightedSum
}

// weightedSum is a sum of draws with weights given by logarithms, over exp(largest).
type weightedSum struct {
	largest, weight, square float64
	pairs                   []float64 // [K2]
}

func (w *weightedSum) reset() {
	w.largest, w.weight, w.square = math.Inf(-1), 0, 0
	clear(w.pairs)
}

// scale makes the sum one over exp(to).
func (w *weightedSum) scale(to float64) {
	factor := math.Exp(w.largest - to)
	w.weight *= factor
	w.square *= factor * factor
	for r := range w.pairs {
		w.pairs[r] *= factor
	}
	w.largest = to
}

func (q *drawnQuery) query(c *chainCounts, law *QueryLaw) error {
	b := q.b
	d := law.drawn
	if d == nil {
		d = &drawn{
			chain: newChain(b), kernel: make([]float64, b.rows*b.states), start: make([]float64, b.rows),
			row: make([]float64, b.states), all: make([]float64, len(b.monomials)),
		}
		law.drawn = d
		for i := range law.halves {
			d.halves[i].pairs = make([]float64, len(law.pairs))
			law.halves[i] = &QueryLaw{K: make([]float64, len(law.K)), L: make([]float64, len(law.L)), pairs: make([]float64, len(law.pairs))}
		}
	}
	// The draws depend on the context, so that errors of contexts are independent.
	rng := rand.New(markov.Stream(0x647261776e, hashOf(c)))
	even, odd := &d.halves[0], &d.halves[1]
	even.reset()
	odd.reset()
	for done, draws := 0, leastDraws; ; draws *= 2 {
		for ; done < draws; done++ {
			if err := q.draw(c, d, &d.halves[done%2], rng); err != nil {
				return err
			}
		}
		largest := max(even.largest, odd.largest)
		even.scale(largest)
		odd.scale(largest)
		weight := even.weight + odd.weight
		if effective := weight * weight / (even.square + odd.square); effective >= effectiveDraws {
			break
		} else if draws >= mostDraws {
			return fmt.Errorf("the first states of %v chains tell so much of the kernel that of %d draws only %.0f count; choose fewer chains or states, or another start", c.chains, draws, effective)
		}
	}
	for i, half := range d.halves {
		for r, x := range half.pairs {
			law.halves[i].pairs[r] = x / half.weight
		}
		law.halves[i].unpack(b)
	}
	for r := range law.pairs {
		law.pairs[r] = (even.pairs[r] + odd.pairs[r]) / (even.weight + odd.weight)
	}
	return nil
}

// draw adds a kernel to a sum.
func (q *drawnQuery) draw(c *chainCounts, d *drawn, sum *weightedSum, rng *rand.Rand) error {
	S := q.b.states
	for r, alpha := range q.alpha {
		for s, a := range alpha {
			d.row[s] = a + c.transitions[r*S+s]
		}
		markov.DrawDirichlet(d.kernel[r*S:(r+1)*S], d.row, rng)
	}
	kernel, err := markov.NewKernel(S, d.kernel)
	if err != nil {
		return err
	}
	if err := kernel.Stationary(d.start); err != nil {
		return err
	}
	var log float64
	for w, k := range c.starts {
		if k > 0 {
			log += k * math.Log(max(d.start[w], math.SmallestNonzeroFloat64))
		}
	}
	d.chain.kernel(d.kernel)
	d.chain.means(d.all, d.start)
	if log > sum.largest {
		sum.scale(log)
	}
	w := math.Exp(log - sum.largest)
	sum.weight += w
	sum.square += w * w
	for r, id := range q.b.pairID {
		sum.pairs[r] += w * d.all[id]
	}
	return nil
}

// hashOf returns a number that depends on the counts alone (FNV-1a).
func hashOf(c *chainCounts) uint64 {
	hash := uint64(14695981039346656037)
	for _, list := range [][]float64{c.transitions, c.starts} {
		for _, x := range list {
			hash ^= math.Float64bits(x)
			hash *= 1099511628211
			hash ^= hash >> 29
		}
	}
	return hash
}

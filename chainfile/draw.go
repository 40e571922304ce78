package chainfile

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"markovicl/markov"
)

// Prompt makes prompt i of a seed: n+1 different chains drawn without
// replacement, the last of them the query. Where chains overlap, those that
// share a state with the query are passed over, so that no prompt holds its own
// answer. It depends on (seed, i) and the chains only. The slices of p are
// reused; its kernel is unknown and stays zero. [Windows.CheckContext] must have
// found enough chains for n.
func (w *Windows) Prompt(p *markov.Prompt, seed, i uint64, n int) {
	d := w.Positions
	indexes := Draw(seed, i, w.Len(), n+1+w.neighbours())
	last := len(indexes) - 1
	p.Kernel = markov.Kernel{}
	p.Context = slices.Grow(p.Context[:0], n*(d+1))[:n*(d+1)]
	p.Query = slices.Grow(p.Query[:0], d)[:d]
	k := 0
	for _, index := range indexes[:last] {
		if k == n {
			break
		}
		if w.Overlap() && w.Share(index, indexes[last]) {
			continue
		}
		copy(p.Context[k*(d+1):], w.Chain(index))
		k++
	}
	query := w.Chain(indexes[last])
	copy(p.Query, query)
	p.Label = query[d]
}

// Draw returns k different numbers below total in random order; every such
// list has the same probability. It depends on its arguments alone and takes
// time and memory of order k, whatever total is: the first k steps of a Fisher-
// Yates shuffle of 0..total-1, of which only the places that a step has
// touched are stored.
func Draw(seed, i uint64, total, k int) []int {
	if k < 0 || k > total {
		panic(fmt.Sprintf("chainfile: cannot draw %d different numbers of %d", k, total))
	}
	rng := rand.New(markov.Stream(seed, i))
	list := make([]int, k)
	moved := make(map[int]int, k) // what stands at a place, if not its own number
	at := func(place int) int {
		if x, ok := moved[place]; ok {
			return x
		}
		return place
	}
	for j := range list {
		pick := j + int(rng.Uint64N(uint64(total-j)))
		list[j] = at(pick)
		moved[pick] = at(j)
	}
	return list
}

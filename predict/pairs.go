package predict

import (
	"math/bits"

	"markovicl/markov"
)

// pairs is a prompt as the classical learners see it: pairs (x_i, y_i) of the
// first d states of a chain and its last. Equal pairs are merged, with a weight
// that says how many they are; for every learner here that is the same problem.
//
// Features are 0 or 1, so a row is the list of those that are 1. For two states
// they are the d states themselves; for more, d*S indicators of a state at a
// position, because states as numbers would claim an order that they need not
// have.
type pairs struct {
	d, S, q int
	x       [][]markov.State // the distinct x_i, each of length d, parallel to y
	y       []markov.State
	weight  []float64
	active  [][]int        // [len(x)] features that are 1
	classes []markov.State // labels that occur, ascending
}

func newPairs(t markov.Task, p *markov.Prompt) *pairs {
	S, d := t.States(), t.Positions()
	out := &pairs{d: d, S: S, q: d}
	if S > 2 {
		out.q = d * S
	}
	n := len(p.Context) / (d + 1)
	seen := make(map[string]int, n)
	var occurs [markov.MaxStates]bool
	for i := range n {
		chain := p.Context[i*(d+1) : (i+1)*(d+1)]
		if at, ok := seen[string(chain)]; ok {
			out.weight[at]++
			continue
		}
		seen[string(chain)] = len(out.y)
		out.x = append(out.x, chain[:d])
		out.y = append(out.y, chain[d])
		out.weight = append(out.weight, 1)
		out.active = append(out.active, out.features(chain[:d]))
		occurs[chain[d]] = true
	}
	for s := range S {
		if occurs[s] {
			out.classes = append(out.classes, markov.State(s))
		}
	}
	return out
}

// features returns the features of d states that are 1, ascending.
func (p *pairs) features(x []markov.State) []int {
	active := make([]int, 0, p.d)
	for i, s := range x {
		if p.S > 2 {
			active = append(active, i*p.S+int(s))
		} else if s == 1 {
			active = append(active, i)
		}
	}
	return active
}

// bitset is a set of features; what two rows have in common is their product.
type bitset []uint64

func newBitset(q int, active []int) bitset {
	b := make(bitset, (q+63)/64)
	for _, i := range active {
		b[i/64] |= 1 << (i % 64)
	}
	return b
}

func (b bitset) dot(c bitset) float64 {
	var n int
	for i, word := range b {
		n += bits.OnesCount64(word & c[i])
	}
	return float64(n)
}

// sumAt returns the inner product of w with a row of features.
func sumAt(w []float64, active []int) float64 {
	var sum float64
	for _, i := range active {
		sum += w[i]
	}
	return sum
}

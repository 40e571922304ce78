package hardness

import (
	"math/big"
	"math/rand/v2"
	"slices"
)

// SetSplitting writes an NP-complete problem as a separation (Blum and Rivest,
// Training a 3-node neural network is NP-complete, 1992): can the elements
// 0..elements-1 be coloured with two colours so that none of the given sets, of
// two or more elements each, has one colour only?
//
// The outside points are the unit vectors e_i, the inside points the origin
// and, for each set, the sum of its e_i. If one plane excluded all e_i of a
// set, then, as it keeps the origin, it would exclude their sum as well; so
// "which plane excludes e_i" is a colouring. Conversely two planes exist for
// every colouring with sets of up to three elements, see planes. This is where
// the difficulty of bilinear separability comes from: the dimension grows with
// the instance. In a fixed dimension the ways to cut a set of points by a plane
// are polynomially many, and the question is easy.
func SetSplitting(elements int, sets [][]int) Separation {
	s := Separation{Dim: elements}
	zeros := func() []*big.Rat { return exactPoint(make([]int64, elements)) }
	s.Inside = append(s.Inside, zeros())
	for _, set := range sets {
		x := zeros()
		for _, i := range set {
			x[i].SetInt64(1)
		}
		s.Inside = append(s.Inside, x)
	}
	for i := range elements {
		x := zeros()
		x[i].SetInt64(1)
		s.Outside = append(s.Outside, x)
	}
	return s
}

// coloring is one bit for each element.
type coloring uint64

func (c coloring) splits(sets [][]int) bool {
	for _, set := range sets {
		first := c >> set[0] & 1
		if !slices.ContainsFunc(set, func(i int) bool { return c>>i&1 != first }) {
			return false
		}
	}
	return true
}

// split tries all colourings; elements is at most 63.
func split(elements int, sets [][]int) (coloring, bool) {
	for c := coloring(0); c < 1<<(elements-1); c++ { // the colours are alike, so the last element has colour 0
		if c.splits(sets) {
			return c, true
		}
	}
	return 0, false
}

// planes turns a colouring that splits all sets, of at most three elements,
// into planes that separate: each excludes one colour. It keeps the origin with
// w'0 - gamma = 1, excludes e_i of its colour with -2 + 1 = -1, and keeps a set
// with at most two elements of its colour and one of the other with -4 + 4 + 1
// = 1.
func (c coloring) planes(elements int) *[2]Plane {
	var planes [2]Plane
	for p := range planes {
		w := make([]int64, elements)
		for i := range w {
			if w[i] = 4; c>>i&1 == coloring(p) {
				w[i] = -2
			}
		}
		planes[p] = Plane{exactPoint(w), big.NewRat(-1, 1)}
	}
	return &planes
}

// RandomSplittable draws a random colouring and the given number of random sets
// of three elements that it splits.
func RandomSplittable(rng *rand.Rand, elements, sets int) Instance {
	if elements < 3 || elements > 63 {
		panic("hardness: splittable sets need 3 to 63 elements")
	}
	hidden := coloring(1 + rng.Uint64N(1<<elements-2)) // both colours occur
	var drawn [][]int
	for len(drawn) < sets {
		if set := rng.Perm(elements)[:3]; hidden.splits([][]int{set}) {
			drawn = append(drawn, set)
		}
	}
	return Instance{Separation: SetSplitting(elements, drawn), Separable: Yes, Planes: hidden.planes(elements)}
}

// RandomUnsplittable draws random sets of three elements until no colouring
// splits them all, which it finds out by trying: the number of elements is at
// least 5 and, for the time it takes, hardly more than 20.
func RandomUnsplittable(rng *rand.Rand, elements int) Instance {
	if elements < 5 || elements > 63 {
		panic("hardness: unsplittable sets need 5 to 63 elements")
	}
	var sets [][]int
	witness := coloring(0)
	for {
		set := rng.Perm(elements)[:3]
		sets = append(sets, set)
		if witness.splits(sets) {
			continue
		}
		var ok bool
		if witness, ok = split(elements, sets); !ok {
			return Instance{Separation: SetSplitting(elements, sets), Separable: No}
		}
	}
}

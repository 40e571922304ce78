package hardness

import (
	"fmt"
	"math/big"
	"math/rand/v2"
)

// Instance is a random separation together with what is known about it from the
// way it was drawn.
type Instance struct {
	Separation
	Separable Answer       // Undecided: not known
	Planes    *[2]Plane    // if separable by construction
	Reason    *Obstruction // if inseparable by construction; nil if that was found by trying all colourings, see RandomUnsplittable
}

// Obstruction is a reason why no two planes separate. All indices start at 0.
//
// Between lists inside points. With one outside point it is the midpoint of two
// of them, so that no plane excludes it. Otherwise the outside points form a
// cycle of odd length, and Between[i] is the midpoint of Outside[i] and the
// next one: a plane that excluded both neighbours would exclude the inside
// point between them, so neighbours need different planes, and two planes do
// not suffice for an odd cycle.
type Obstruction struct {
	Outside, Between []int
}

func (o Obstruction) String() string {
	if len(o.Outside) == 1 {
		return fmt.Sprintf("outside point %d lies midway between inside points %d and %d", o.Outside[0]+1, o.Between[0]+1, o.Between[1]+1)
	}
	return fmt.Sprintf("%d outside points form an odd cycle of which no two neighbours can be excluded by the same plane", len(o.Outside))
}

// Holds checks the reason against the points, exactly.
func (o Obstruction) Holds(s Separation) bool {
	midway := func(x, a, b []*big.Rat) bool {
		for j := range x {
			sum := new(big.Rat).Add(a[j], b[j])
			if sum.Cmp(new(big.Rat).Add(x[j], x[j])) != 0 {
				return false
			}
		}
		return true
	}
	n := len(o.Outside)
	switch {
	case n == 1 && len(o.Between) == 2:
		return midway(s.Outside[o.Outside[0]], s.Inside[o.Between[0]], s.Inside[o.Between[1]])
	case n%2 == 0 || len(o.Between) != n:
		return false
	}
	for i := range n {
		if !midway(s.Inside[o.Between[i]], s.Outside[o.Outside[i]], s.Outside[o.Outside[(i+1)%n]]) {
			return false
		}
	}
	return true
}

// Points are drawn with integer coordinates in -radius..radius.
const radius = 20

func gridPoint(rng *rand.Rand, dim, r int) []int64 {
	x := make([]int64, dim)
	for j := range x {
		x[j] = int64(rng.IntN(2*r+1) - r)
	}
	return x
}

func exactPoint(x []int64) []*big.Rat {
	y := make([]*big.Rat, len(x))
	for j, v := range x {
		y[j] = new(big.Rat).SetInt64(v)
	}
	return y
}

// RandomSeparable draws two planes, then the given numbers of inside and
// outside points (integers) that they separate.
func RandomSeparable(rng *rand.Rand, dim, inside, outside int) Instance {
	// On integer points an integer plane leaves a margin of 1 wherever it is
	// not 0.
	value := func(w []int64, gamma int64, x []int64) int64 {
		sum := -gamma
		for j := range x {
			sum += w[j] * x[j]
		}
		return sum
	}
	for {
		var w [2][]int64
		var gamma [2]int64
		for p := range w {
			w[p] = gridPoint(rng, dim, 5)
			gamma[p] = value(w[p], 0, gridPoint(rng, dim, radius/2))
		}
		s := Separation{Dim: dim}
		for range 50 * (inside + outside + 1) {
			x := gridPoint(rng, dim, radius)
			u, v := value(w[0], gamma[0], x), value(w[1], gamma[1], x)
			if u > 0 && v > 0 && len(s.Inside) < inside {
				s.Inside = append(s.Inside, exactPoint(x))
			} else if (u < 0 || v < 0) && len(s.Outside) < outside {
				s.Outside = append(s.Outside, exactPoint(x))
			}
		}
		if len(s.Inside) == inside && len(s.Outside) == outside {
			planes := &[2]Plane{}
			for p := range planes {
				planes[p] = Plane{exactPoint(w[p]), new(big.Rat).SetInt64(gamma[p])}
			}
			return Instance{Separation: s, Separable: Yes, Planes: planes}
		}
	}
}

// RandomInseparable draws points (integers) with an Obstruction: an odd cycle
// of outside points of random length, or an outside point in the middle of two
// inside points. It needs an outside point and two inside points, else it
// panics.
func RandomInseparable(rng *rand.Rand, dim, inside, outside int) Instance {
	if inside < 2 || outside < 1 {
		panic(fmt.Sprintf("hardness: %d inside and %d outside points cannot be made inseparable", inside, outside))
	}
	var o Obstruction
	in, out := make([][]int64, inside), make([][]int64, outside)
	for i := range in {
		in[i] = gridPoint(rng, dim, radius/4)
	}
	for i := range out {
		out[i] = gridPoint(rng, dim, radius)
	}
	a, b := rng.Perm(inside), rng.Perm(outside)
	longest := min(inside, outside)
	cycle := 1 + 2*rng.IntN((longest+1)/2) // odd, 1..longest
	o.Outside = b[:cycle]
	midpoint := func(x, y []int64) []int64 {
		z := make([]int64, dim)
		for j := range z {
			z[j] = (x[j] + y[j]) / 2
		}
		return z
	}
	even := func(x []int64) {
		for j := range x {
			x[j] &^= 1
		}
	}
	if cycle == 1 {
		o.Between = a[:2]
		even(in[a[0]])
		even(in[a[1]])
		out[b[0]] = midpoint(in[a[0]], in[a[1]])
	} else {
		o.Between = a[:cycle]
		for _, i := range o.Outside {
			even(out[i])
		}
		for i := range cycle {
			in[a[i]] = midpoint(out[b[i]], out[b[(i+1)%cycle]])
		}
	}
	s := Separation{Dim: dim}
	for _, x := range in {
		s.Inside = append(s.Inside, exactPoint(x))
	}
	for _, x := range out {
		s.Outside = append(s.Outside, exactPoint(x))
	}
	return Instance{Separation: s, Separable: No, Reason: &o}
}

// RandomUnknown draws inside points (integers) from a small box and outside
// points from a larger one around it.
func RandomUnknown(rng *rand.Rand, dim, inside, outside int) Instance {
	s := Separation{Dim: dim}
	for range inside {
		s.Inside = append(s.Inside, exactPoint(gridPoint(rng, dim, radius/2)))
	}
	for range outside {
		s.Outside = append(s.Outside, exactPoint(gridPoint(rng, dim, radius)))
	}
	return Instance{Separation: s}
}

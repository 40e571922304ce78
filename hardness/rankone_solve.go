package hardness

import (
	"container/heap"
	"context"
	"math"
	"math/rand/v2"
)

// RankOneSolution is what a search found.
type RankOneSolution struct {
	U, V  []float64
	Value float64 // value(U, V), rounded up
	// Lower is a proven lower bound of the minimum, 0 where there is none better.
	Lower float64
	Boxes int // that branch and bound took, 0 if it was not tried
}

// weighted is an instance in floating point, as the searches need it.
type weighted struct{ m, w [][]float64 }

func (p RankOne) weighted() weighted {
	r, s := p.Shape()
	f := weighted{make([][]float64, r), make([][]float64, r)}
	for i := range r {
		f.m[i], f.w[i] = make([]float64, s), make([]float64, s)
		for j := range s {
			f.m[i][j], _ = p.M[i][j].Float64()
			f.w[i][j], _ = p.W[i][j].Float64()
		}
	}
	return f
}

// best sets v to the best answer to u: v_j = sum_i w m u / sum_i w u^2.
func (f weighted) best(u, v []float64) {
	for j := range v {
		var a, b float64
		for i, x := range u {
			a += f.w[i][j] * f.m[i][j] * x
			b += f.w[i][j] * x * x
		}
		if v[j] = 0; b > 0 {
			v[j] = a / b
		}
	}
}

func (f weighted) value(u, v []float64) float64 {
	sum := 0.0
	for i, row := range f.m {
		for j, m := range row {
			e := m - u[i]*v[j]
			sum += f.w[i][j] * e * e
		}
	}
	return sum
}

func (f weighted) transposed() weighted {
	r, s := len(f.m), len(f.m[0])
	t := weighted{make([][]float64, s), make([][]float64, s)}
	for j := range s {
		t.m[j], t.w[j] = make([]float64, r), make([]float64, r)
		for i := range r {
			t.m[j][i], t.w[j][i] = f.m[i][j], f.w[i][j]
		}
	}
	return t
}

// Alternate searches by alternating minimisation (the best v for u, the best u
// for v, ..) from random starts, half of them with zeros at random: a zero stays
// one where a large weight asks for it. It proves nothing: each start ends in a
// stationary point, and the problem has many. When ctx ends it returns the best
// so far.
func (p RankOne) Alternate(ctx context.Context, starts int, seed uint64) RankOneSolution {
	f := p.weighted()
	turned := f.transposed()
	r, s := p.Shape()
	best := RankOneSolution{U: make([]float64, r), V: make([]float64, s)}
	lowest := f.value(best.U, best.V)
	const rounds = 2000
	for start := range starts {
		if ctx.Err() != nil {
			break
		}
		random := rand.New(rand.NewPCG(seed, uint64(start)))
		u, v := make([]float64, r), make([]float64, s)
		for i := range u {
			if u[i] = random.NormFloat64(); start%2 == 1 && random.IntN(2) == 0 {
				u[i] = 0
			}
		}
		previous := math.Inf(1)
		for range rounds {
			f.best(u, v)
			turned.best(v, u)
			value := f.value(u, v)
			if !(value < previous*(1-1e-13)) {
				break
			}
			previous = value
		}
		if value := f.value(u, v); value < lowest {
			lowest, best.U, best.V = value, u, v
		}
	}
	best.Value = p.valueUp(best.U, best.V)
	return best
}

// valueUp is the exact value rounded up.
func (p RankOne) valueUp(u, v []float64) float64 {
	exact, err := p.Value(u, v)
	if err != nil {
		return math.Inf(1)
	}
	value, isExact := exact.Float64()
	if !isExact {
		value = math.Nextafter(value, math.Inf(1))
	}
	return value
}

// BoundedRows is the largest number of rows or columns, the fewer of the two,
// for which Bound branches.
const BoundedRows = 3

// Bound proves a lower bound by branch and bound over the directions of u (of v
// where there are fewer columns than rows), for instances with at most three
// rows or columns: for u on a face u_i = 1, |u_k| <= 1 of the cube the best v is
// known, and column j contributes c_j - (a_j'u)^2 / sum_i w_ij u_i^2, which a box
// bounds from below. It stops at a gap of tolerance times the power of the
// matrix, after so many boxes, or when ctx ends; what it returns is proven in
// each case. Starting from a solution saves it the search for one.
func (p RankOne) Bound(ctx context.Context, solution RankOneSolution, tolerance float64, boxes int) RankOneSolution {
	f := p.weighted()
	if len(f.m) > len(f.m[0]) {
		f = f.transposed()
	}
	if len(f.m) > BoundedRows {
		return solution
	}
	b := newRankOneBoxes(f)
	gap := tolerance * b.power
	for count := 0; ; count++ {
		if len(b.open) == 0 {
			solution.Lower = solution.Value // every box was closed at or above it
			break
		}
		lowest := b.open[0].lower
		solution.Lower, solution.Boxes = math.Max(solution.Lower, lowest), count
		if solution.Value-lowest <= gap || count >= boxes || (count%1024 == 0 && ctx.Err() != nil) {
			break
		}
		box := heap.Pop(&b.open).(rankOneBox)
		for _, half := range b.split(box) {
			heap.Push(&b.open, half)
		}
	}
	solution.Lower = math.Min(solution.Lower, solution.Value)
	return solution
}

// rankOneBox is a box of u, one of whose intervals is [1, 1].
type rankOneBox struct {
	low, high [BoundedRows]float64
	lower     float64
}

type rankOneHeap []rankOneBox

func (h rankOneHeap) Len() int           { return len(h) }
func (h rankOneHeap) Less(i, j int) bool { return h[i].lower < h[j].lower }
func (h rankOneHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *rankOneHeap) Push(x any)        { *h = append(*h, x.(rankOneBox)) }
func (h *rankOneHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

type rankOneBoxes struct {
	f     weighted
	power float64
	slack float64 // for rounding, of every bound
	open  rankOneHeap
}

func newRankOneBoxes(f weighted) *rankOneBoxes {
	b := &rankOneBoxes{f: f}
	r, s := len(f.m), len(f.m[0])
	for i := range r {
		for j := range s {
			b.power += f.w[i][j] * f.m[i][j] * f.m[i][j]
		}
	}
	// Every quantity of a bound is a sum of at most r terms of at most four
	// factors, each bound a sum over s columns, none above the power.
	b.slack = float64(8*r+2*s+16) * 0x1p-52 * b.power * 2
	for face := range r {
		box := rankOneBox{}
		for i := range r {
			box.low[i], box.high[i] = -1, 1
		}
		box.low[face], box.high[face] = 1, 1
		box.lower = b.bound(&box)
		heap.Push(&b.open, box)
	}
	return b
}

func (b *rankOneBoxes) split(box rankOneBox) [2]rankOneBox {
	widest := 0
	for i := range len(b.f.m) {
		if box.high[i]-box.low[i] > box.high[widest]-box.low[widest] {
			widest = i
		}
	}
	middle := (box.low[widest] + box.high[widest]) / 2
	halves := [2]rankOneBox{box, box}
	halves[0].high[widest], halves[1].low[widest] = middle, middle
	for i := range halves {
		halves[i].lower = math.Max(box.lower, b.bound(&halves[i]))
	}
	return halves
}

// bound returns a lower bound of sum_j (c_j - (a_j'u)^2 / sum_i w_ij u_i^2) for u
// in the box. The subtrahend is at most c_j, by Cauchy and Schwarz, and at most
// the largest numerator over the smallest denominator.
func (b *rankOneBoxes) bound(box *rankOneBox) float64 {
	total := 0.0
	for j := range b.f.m[0] {
		var c, low, high, denominator float64
		for i := range b.f.m {
			w, m := b.f.w[i][j], b.f.m[i][j]
			c += w * m * m
			x, y := w*m*box.low[i], w*m*box.high[i]
			low += math.Min(x, y)
			high += math.Max(x, y)
			if box.low[i] > 0 {
				denominator += w * box.low[i] * box.low[i]
			} else if box.high[i] < 0 {
				denominator += w * box.high[i] * box.high[i]
			}
		}
		numerator := math.Max(low*low, high*high)
		if numerator < c*denominator {
			total += c - numerator/denominator
		}
	}
	return math.Max(0, total-b.slack)
}

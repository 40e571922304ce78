package trace

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"markovicl/internal/each"
)

// Points are points in the space of M objectives, all of them to be minimised.
type Points struct {
	M int
	F []float64 // [N, M] row-major
}

// NewPoints gathers points of equal length, at least one.
func NewPoints(points ...[]float64) Points {
	p := Points{M: len(points[0])}
	for _, f := range points {
		p.Append(f)
	}
	return p
}

// Len returns the number of points.
func (p Points) Len() int { return len(p.F) / p.M }

// At returns point i, a view of length M.
func (p Points) At(i int) []float64 { return p.F[i*p.M : (i+1)*p.M] }

// Append adds a point of length M.
func (p *Points) Append(f []float64) {
	if len(f) != p.M {
		panic(fmt.Sprintf("trace: a point of %d objectives among points of %d", len(f), p.M))
	}
	p.F = append(p.F, f...)
}

// Select returns the points with the given indexes, in their order.
func (p Points) Select(indexes []int) Points {
	out := Points{M: p.M, F: make([]float64, 0, len(indexes)*p.M)}
	for _, i := range indexes {
		out.F = append(out.F, p.At(i)...)
	}
	return out
}

// Dominates reports whether a is no worse than b in any objective and better in
// one.
func Dominates(a, b []float64) bool {
	better := false
	for k, x := range a {
		if x > b[k] {
			return false
		}
		better = better || x < b[k]
	}
	return better
}

// NonDominated returns the indexes, ascending, of the points that no other point
// dominates. Equal points do not dominate each other: all of them are kept, or
// none. It is an error if a number is NaN.
//
// Method. Each objective is replaced by its rank (equal values, equal ranks): a
// point p then dominates x iff no rank of p is larger and the sum of its ranks is
// smaller, in exact integers. The points of smallest sum dominate many others, so
// a few of them, tried on all, thin the rest out. Over the survivors stands a
// k-d tree, split at medians of the objective that spreads widest, whose nodes
// know the smallest rank of each objective and the smallest sum below them: the
// question "is anything below and left of x" descends only into nodes whose best
// corner is. Points that do not dominate each other still cost about
// the square of their number in the worst case, but where the points lie on a
// surface of few dimensions, such as the images of w in R^q, most nodes are
// refused at their corner. The queries are shared by all processors.
func NonDominated(p Points) ([]int, error) {
	if i := slices.IndexFunc(p.F, math.IsNaN); i >= 0 {
		return nil, fmt.Errorf("point %d has NaN for objective %d; only numbers can be compared", i/p.M, i%p.M)
	}
	r := newRanked(p)
	r.thin(64)
	tree := newRankTree(r)
	kept := make([]bool, len(r.order))
	each.Index(len(kept), func(k int) {
		kept[k] = !tree.dominated(0, r.at(k), r.sums[r.order[k]])
	})
	indexes := make([]int, 0, len(kept))
	for k, i := range r.order {
		if kept[k] {
			indexes = append(indexes, int(i))
		}
	}
	slices.Sort(indexes)
	return indexes, nil
}

// ranked holds points by the ranks of their objectives.
type ranked struct {
	m     int
	ranks []int32 // [N, m]
	sums  []int64 // [N]
	order []int32 // points still of interest, by sum
}

func newRanked(p Points) *ranked {
	n, m := p.Len(), p.M
	r := &ranked{m: m, ranks: make([]int32, n*m), sums: make([]int64, n), order: make([]int32, n)}
	for i := range r.order {
		r.order[i] = int32(i)
	}
	type value struct {
		f float64
		i int32
	}
	values := make([]value, n)
	for k := range m {
		for i := range values {
			values[i] = value{p.F[i*m+k], int32(i)}
		}
		slices.SortFunc(values, func(a, b value) int { // no NaN here
			if a.f < b.f {
				return -1
			} else if a.f > b.f {
				return 1
			}
			return 0
		})
		rank := int32(0)
		for j, v := range values {
			if j > 0 && v.f != values[j-1].f {
				rank++
			}
			r.ranks[int(v.i)*m+k] = rank
			r.sums[v.i] += int64(rank)
		}
	}
	slices.SortFunc(r.order, func(a, b int32) int { return cmp.Compare(r.sums[a], r.sums[b]) })
	return r
}

// at returns the ranks of the k-th point in the order.
func (r *ranked) at(k int) []int32 {
	i := int(r.order[k])
	return r.ranks[i*r.m : (i+1)*r.m]
}

// thin removes from the order the points that one of the first few dominates.
func (r *ranked) thin(few int) {
	few = min(few, len(r.order))
	best := slices.Clone(r.order[:few])
	r.order = slices.DeleteFunc(r.order, func(x int32) bool {
		for _, b := range best {
			if r.sums[b] >= r.sums[x] {
				return false
			}
			if noneLarger(r.ranks[int(b)*r.m:int(b+1)*r.m], r.ranks[int(x)*r.m:int(x+1)*r.m]) {
				return true
			}
		}
		return false
	})
}

func noneLarger(a, b []int32) bool {
	b = b[:len(a)]
	for k, x := range a {
		if x > b[k] {
			return false
		}
	}
	return true
}

// rankTree is a k-d tree in heap order: the children of node v are 2v+1, 2v+2.
// The leaves hold ranges of points, stored contiguously.
type rankTree struct {
	m       int
	inner   int     // nodes below this number have children
	corner  []int32 // [nodes, m] smallest rank of each objective
	sum     []int64 // [nodes] smallest sum
	begin   []int   // [leaves+1]
	ranks   []int32 // [N, m] by leaf
	rankSum []int64 // [N]
}

const leafSize = 8

func newRankTree(r *ranked) *rankTree {
	leaves := 1
	for leaves*leafSize < len(r.order) {
		leaves *= 2
	}
	t := &rankTree{m: r.m, inner: leaves - 1, corner: make([]int32, (2*leaves-1)*r.m), sum: make([]int64, 2*leaves-1)}
	t.build(r, 0, slices.Clone(r.order))
	t.begin = append(t.begin, len(t.rankSum))
	return t
}

// build makes node v of the given points, which it reorders.
func (t *rankTree) build(r *ranked, v int, points []int32) {
	corner := t.corner[v*t.m : (v+1)*t.m]
	widest, width := 0, int32(-1)
	for k := range corner {
		low, high := int32(math.MaxInt32), int32(math.MinInt32)
		for _, i := range points {
			x := r.ranks[int(i)*t.m+k]
			low, high = min(low, x), max(high, x)
		}
		corner[k] = low
		if len(points) > 0 && high-low > width {
			widest, width = k, high-low
		}
	}
	t.sum[v] = math.MaxInt64
	for _, i := range points {
		t.sum[v] = min(t.sum[v], r.sums[i])
	}
	if v >= t.inner {
		t.begin = append(t.begin, len(t.rankSum))
		for _, i := range points {
			t.ranks = append(t.ranks, r.ranks[int(i)*t.m:int(i+1)*t.m]...)
			t.rankSum = append(t.rankSum, r.sums[i])
		}
		return
	}
	half := len(points) / 2
	split(points, half, func(i int32) int32 { return r.ranks[int(i)*t.m+widest] })
	t.build(r, 2*v+1, points[:half])
	t.build(r, 2*v+2, points[half:])
}

// split reorders points so that no key of the first half of them exceeds one of
// the others (Hoare's selection).
func split(points []int32, half int, key func(int32) int32) {
	for low, high := 0, len(points)-1; low < high; {
		pivot := key(points[(low+high)/2])
		i, j := low, high
		for i <= j {
			for key(points[i]) < pivot {
				i++
			}
			for key(points[j]) > pivot {
				j--
			}
			if i <= j {
				points[i], points[j] = points[j], points[i]
				i++
				j--
			}
		}
		switch { // all of points[low..j] <= pivot <= all of points[i..high]
		case half <= j:
			high = j
		case half >= i:
			low = i
		default:
			return
		}
	}
}

// dominated reports whether a point below node v dominates x, given its ranks
// and their sum.
func (t *rankTree) dominated(v int, x []int32, sum int64) bool {
	if t.sum[v] >= sum || !noneLarger(t.corner[v*t.m:(v+1)*t.m], x) {
		return false
	}
	if v < t.inner {
		return t.dominated(2*v+1, x, sum) || t.dominated(2*v+2, x, sum)
	}
	leaf := v - t.inner
	for i := t.begin[leaf]; i < t.begin[leaf+1]; i++ {
		if t.rankSum[i] < sum && noneLarger(t.ranks[i*t.m:(i+1)*t.m], x) {
			return true
		}
	}
	return false
}

package trace

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// The indicators below take objectives to be minimised, and points as they are:
// where objectives have different units, scale them first ([Range.Scale]). All
// distances are Euclidean and all means arithmetic, which is what the library
// pymoo computes. (Van Veldhuizen's original GD divides the root of the sum of
// squares by the number of points; with one point they are equal.)

// GD is the generational distance: the mean over the points of the distance to
// the nearest point of the front.
func GD(points, front Points) float64 { return meanNearest(points, front, squaredDistance) }

// GDPlus is GD with distances that count only the objectives in which a point is
// worse than the front's (Ishibuchi et al. 2015): a point that no front point
// is needed to improve has none.
func GDPlus(points, front Points) float64 { return meanNearest(points, front, squaredExcess) }

// IGD is the inverted generational distance: the mean over the front's points of
// the distance to the nearest of the points.
func IGD(points, front Points) float64 { return meanNearest(front, points, squaredDistance) }

// IGDPlus is IGD with distances that count only the objectives in which a point
// is worse than the front's.
func IGDPlus(points, front Points) float64 {
	return meanNearest(front, points, func(z, a []float64, _ float64) float64 { return squaredExcess(a, z, math.Inf(1)) })
}

// meanNearest returns the mean over the points a of from of the root of the
// smallest square(a, b, so far) over the points b of to.
func meanNearest(from, to Points, square func(a, b []float64, stop float64) float64) float64 {
	if from.M != to.M || from.Len() == 0 || to.Len() == 0 {
		panic(fmt.Sprintf("trace: distances between %d points of %d objectives and %d of %d", from.Len(), from.M, to.Len(), to.M))
	}
	var sum float64
	for i := range from.Len() {
		a, least := from.At(i), math.Inf(1)
		for j := range to.Len() {
			least = min(least, square(a, to.At(j), least))
		}
		sum += math.Sqrt(least)
	}
	return sum / float64(from.Len())
}

// squaredDistance returns |a-b|^2, or something not below stop if it is not.
func squaredDistance(a, b []float64, stop float64) float64 {
	var sum float64
	for k, x := range a {
		sum += (x - b[k]) * (x - b[k])
		if sum >= stop {
			return sum
		}
	}
	return sum
}

// squaredExcess returns the square of how much worse a is than b, or something
// not below stop if it is not.
func squaredExcess(a, b []float64, stop float64) float64 {
	var sum float64
	for k, x := range a {
		if d := x - b[k]; d > 0 {
			sum += d * d
		}
		if sum >= stop {
			return sum
		}
	}
	return sum
}

// Range is the range of each objective over a front: from the ideal point (the
// smallest values) to the nadir point (the largest).
type Range struct {
	Ideal, Nadir []float64 // [M]
}

// RangeOf returns the range of the points of a front, at least one.
func RangeOf(front Points) Range {
	r := Range{slices.Clone(front.At(0)), slices.Clone(front.At(0))}
	for i := 1; i < front.Len(); i++ {
		for k, x := range front.At(i) {
			r.Ideal[k], r.Nadir[k] = min(r.Ideal[k], x), max(r.Nadir[k], x)
		}
	}
	return r
}

// Scale returns the points with the range mapped to [0, 1] in each objective; an
// objective without a range is only shifted.
func (r Range) Scale(p Points) Points {
	out := Points{M: p.M, F: make([]float64, len(p.F))}
	for i, x := range p.F {
		k := i % p.M
		width := r.Nadir[k] - r.Ideal[k]
		if width == 0 {
			width = 1
		}
		out.F[i] = (x - r.Ideal[k]) / width
	}
	return out
}

// Hypervolume returns the volume of the region that the points dominate and that
// dominates the reference point, length M. Points that do not dominate the
// reference point add nothing. The result is exact but for rounding, for up to
// 4 objectives; more are an error, as is NaN.
//
// It sums exclusive volumes (While, Bradstreet and Barone 2012): what point k
// adds to points k+1, k+2, .. is its own box without what those points, pushed
// into the box, cover of it.
func Hypervolume(points Points, reference []float64) (float64, error) {
	if len(reference) != points.M {
		panic(fmt.Sprintf("trace: a reference point of %d objectives for points of %d", len(reference), points.M))
	}
	if points.M > 4 {
		return 0, fmt.Errorf("the hypervolume is computed for up to 4 objectives, got %d: its exact computation is exponential in their number", points.M)
	}
	if slices.ContainsFunc(points.F, math.IsNaN) || slices.ContainsFunc(reference, math.IsNaN) {
		return 0, errors.New("the hypervolume of points with NaN is not defined")
	}
	inside := Points{M: points.M}
	for i := range points.Len() {
		f := points.At(i)
		below := true
		for k, x := range f {
			below = below && x < reference[k]
		}
		if below {
			inside.Append(f)
		}
	}
	return hypervolume(inside, reference), nil
}

func hypervolume(p Points, reference []float64) float64 {
	p = distinctNonDominated(p)
	if p.M == 1 {
		if p.Len() == 0 {
			return 0
		}
		return reference[0] - p.F[0]
	}
	var volume float64
	if p.M == 2 { // ascending in the first objective, so descending in the second
		top := reference[1]
		for i := range p.Len() {
			f := p.At(i)
			volume += (reference[0] - f[0]) * (top - f[1])
			top = f[1]
		}
		return volume
	}
	for i := range p.Len() {
		f := p.At(i)
		box := 1.0
		for k, x := range f {
			box *= reference[k] - x
		}
		pushed := Points{M: p.M}
		for j := i + 1; j < p.Len(); j++ {
			for k, x := range p.At(j) {
				pushed.F = append(pushed.F, max(x, f[k]))
			}
		}
		volume += box - hypervolume(pushed, reference)
	}
	return volume
}

// distinctNonDominated returns the points that none dominates, each once, in
// ascending lexical order.
func distinctNonDominated(p Points) Points {
	order := make([]int, p.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return slices.Compare(p.At(a), p.At(b)) })
	out := Points{M: p.M}
next:
	for _, i := range order { // whatever dominates a point comes before it
		f := p.At(i)
		for j := range out.Len() {
			if g := out.At(j); Dominates(g, f) || slices.Equal(g, f) {
				continue next
			}
		}
		out.Append(f)
	}
	return out
}

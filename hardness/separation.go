package hardness

import (
	"fmt"
	"math"
	"math/big"
)

// Separation is an instance of bilinear separability (Bennett and Mangasarian
// 1993; the paper, Appendix C.4): are there two planes such that every inside
// point x has w'x >= gamma+1 for both, and every outside point w'x <= gamma-1
// for at least one? The inside set is then cut out of space by a wedge. Both
// sets live in R^Dim; either may be empty.
type Separation struct {
	Dim             int
	Inside, Outside [][]*big.Rat // points of Dim coordinates
}

// NewSeparation checks that all points have dim finite coordinates and converts
// them exactly.
func NewSeparation(dim int, inside, outside [][]float64) (Separation, error) {
	s := Separation{Dim: dim}
	if dim < 1 {
		return s, fmt.Errorf("separation: points need at least 1 coordinate, got %d", dim)
	}
	convert := func(name string, points [][]float64) ([][]*big.Rat, error) {
		rows := make([][]*big.Rat, len(points))
		for i, x := range points {
			if len(x) != dim {
				return nil, fmt.Errorf("separation: %s point %d has %d coordinates, not %d", name, i+1, len(x), dim)
			}
			rows[i] = make([]*big.Rat, dim)
			for j, v := range x {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					return nil, fmt.Errorf("separation: %s point %d, coordinate %d is %v", name, i+1, j+1, v)
				}
				rows[i][j] = new(big.Rat).SetFloat64(v)
			}
		}
		return rows, nil
	}
	var err error
	if s.Inside, err = convert("inside", inside); err != nil {
		return s, err
	}
	s.Outside, err = convert("outside", outside)
	return s, err
}

// Plane is {x : w'x = gamma}.
type Plane struct {
	W     []*big.Rat
	Gamma *big.Rat
}

// At returns w'x - gamma.
func (p Plane) At(x []*big.Rat) *big.Rat {
	sum, t := new(big.Rat).Neg(p.Gamma), new(big.Rat)
	for j, w := range p.W {
		sum.Add(sum, t.Mul(w, x[j]))
	}
	return sum
}

// Margins says how every point stands to a pair of planes: by how much it keeps
// its condition, so that a negative entry breaks it. For an inside point this
// is min(w1'x - gamma1, w2'x - gamma2) - 1, for an outside point max(gamma1 -
// w1'x, gamma2 - w2'x) - 1.
type Margins struct {
	Inside, Outside []*big.Rat
}

// Check measures a pair of planes against every point, exactly.
func (s Separation) Check(planes [2]Plane) Margins {
	m := Margins{make([]*big.Rat, len(s.Inside)), make([]*big.Rat, len(s.Outside))}
	one := big.NewRat(1, 1)
	for i, x := range s.Inside {
		u, v := planes[0].At(x), planes[1].At(x)
		if v.Cmp(u) < 0 {
			u = v
		}
		m.Inside[i] = u.Sub(u, one)
	}
	for i, x := range s.Outside {
		u, v := planes[0].At(x), planes[1].At(x)
		if v.Cmp(u) < 0 {
			u = v
		}
		u.Neg(u)
		m.Outside[i] = u.Sub(u, one)
	}
	return m
}

// Err returns nil if no margin is negative, else which point fails and by how
// much.
func (m Margins) Err() error {
	for _, set := range []struct {
		name    string
		margins []*big.Rat
	}{{"inside", m.Inside}, {"outside", m.Outside}} {
		for i, x := range set.margins {
			if x.Sign() < 0 {
				f, _ := x.Float64()
				return fmt.Errorf("%s point %d misses its side by %g", set.name, i+1, -f)
			}
		}
	}
	return nil
}

// round returns the planes in float64, scaled up by powers of two until the
// rounded planes themselves pass Check: a reader of decimal output can then
// verify it without meeting an error of rounding. Scaling up keeps a separating
// pair separating.
func (s Separation) round(planes [2]Plane) ([2]Plane, bool) {
	scale := big.NewRat(1, 1)
	for range 64 {
		var r [2]Plane
		for p, plane := range planes {
			r[p] = Plane{W: make([]*big.Rat, len(plane.W))}
			for j, w := range append(append([]*big.Rat(nil), plane.W...), plane.Gamma) {
				f, _ := new(big.Rat).Mul(w, scale).Float64()
				if math.IsInf(f, 0) {
					return planes, false
				}
				x := new(big.Rat).SetFloat64(f)
				if j < len(plane.W) {
					r[p].W[j] = x
				} else {
					r[p].Gamma = x
				}
			}
		}
		if s.Check(r).Err() == nil {
			return r, true
		}
		scale.Mul(scale, big.NewRat(2, 1))
	}
	return planes, false
}

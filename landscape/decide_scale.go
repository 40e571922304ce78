package landscape

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"markovicl/moment"
)

// The exponents of two between which the largest entry of a point must lie, so
// that neither the squares of a block nor what is said about it leave the range of
// floating-point numbers.
const leastExponent, largestExponent = -900, 1000

// ErrScale says that a point is too small or too large for floating-point numbers.
// Whether a point is a transformer does not depend on its scale.
var ErrScale = errors.New("multiply X by a number that takes its largest entry near 1: whether it is a transformer does not depend on its scale")

// scaledPoint checks the shape of X and returns X/2^exponent, whose largest entry
// is in [1/2, 1).
func scaledPoint(X []float64, q, D int) (scaled []float64, exponent int, err error) {
	if err := checkPoint(len(X), q, D); err != nil {
		return nil, 0, err
	}
	largest, m := 0.0, moment.Pairs(D)
	for i, x := range X {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			row, column := pairAt(i%m, D)
			return nil, 0, fmt.Errorf("X, block %d, pair (%d,%d) is %g; every entry must be a finite number", i/m, row, column, x)
		}
		largest = max(largest, math.Abs(x))
	}
	if _, exponent = math.Frexp(largest); largest > 0 && (exponent < leastExponent || exponent > largestExponent) {
		return nil, 0, fmt.Errorf("the largest entry of X is %g in size; %w", largest, ErrScale)
	}
	scaled = make([]float64, len(X))
	for i, x := range X {
		scaled[i] = math.Ldexp(x, -exponent)
	}
	return scaled, exponent, nil
}

// pairAt returns the pair at a place in a block, the inverse of moment.PairIndex.
func pairAt(place, D int) (i, k int) {
	for place >= D-i {
		place -= D - i
		i++
	}
	return i, i + place
}

// multiply turns the decision about a point into that about the point times
// 2^exponent.
func (d *Decision) multiply(exponent int) {
	times := func(xs ...*float64) {
		for _, x := range xs {
			*x = math.Ldexp(*x, exponent)
		}
	}
	times(&d.Precision, &d.Residual, &d.Distance)
	for i := range d.A {
		times(&d.A[i])
	}
	if o := d.Obstruction; o != nil {
		times(&o.Scale)
		for i := range o.Eigenvalues {
			times(&o.Eigenvalues[i])
		}
		for i := range o.Candidates {
			times(&o.Candidates[i].Value)
		}
	}
}

// clone returns a copy that multiply may change.
func (d *Decision) clone() *Decision {
	c := *d
	c.A = slices.Clone(d.A)
	if d.Obstruction != nil {
		o := *d.Obstruction
		o.Eigenvalues, o.Candidates = slices.Clone(o.Eigenvalues), slices.Clone(o.Candidates)
		c.Obstruction = &o
	}
	return &c
}

// checkPoint checks that a point of so many entries has q blocks for b of length D.
func checkPoint(entries, q, D int) error {
	if q < 1 || D < 1 {
		return fmt.Errorf("X must have at least one block and b at least one entry, got q = %d, D = %d", q, D)
	}
	if m := moment.Pairs(D); entries != q*m {
		return fmt.Errorf("X has %d entries, want %d: %d blocks of D(D+1)/2 = %d each for D = %d", entries, q*m, q, m, D)
	}
	return nil
}

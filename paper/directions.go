package paper

import (
	"math"

	"markovicl/figure"
)

// directionCells is the number of cells across a map of directions.
const directionCells = 240

// Directions samples a function on the directions of R^3, where b and -b are
// the same: a hemisphere seen from above the last axis, in Lambert's equal-area
// projection to the unit disc. Opposite points of the rim are one direction.
// The function gets unit vectors and may return NaN.
func Directions(value func(b [3]float64) float64) figure.Heat {
	var h figure.Heat
	for i := range directionCells {
		at := -1 + (2*float64(i)+1)/directionCells
		h.X, h.Y = append(h.X, at), append(h.Y, at)
	}
	for _, y := range h.Y {
		row := make(figure.Numbers, directionCells)
		for j, x := range h.X {
			row[j] = math.NaN()
			if b, inside := directionAt(x, y); inside {
				row[j] = value(b)
			}
		}
		h.Z = append(h.Z, row)
	}
	return h
}

// PlaceOf returns where a map of directions shows the unit vector b.
func PlaceOf(b [3]float64) (x, y float64) {
	if b[2] < 0 {
		b = [3]float64{-b[0], -b[1], -b[2]}
	}
	s := 1 / math.Sqrt(1+b[2])
	return b[0] * s, b[1] * s
}

// directionAt is the inverse of PlaceOf inside the unit disc.
func directionAt(x, y float64) (b [3]float64, inside bool) {
	r := x*x + y*y
	if r > 1 {
		return b, false
	}
	s := math.Sqrt(2 - r)
	return [3]float64{x * s, y * s, 1 - r}, true
}

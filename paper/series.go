package paper

import (
	"fmt"
	"slices"
)

// Add appends a point.
func (s *Series) Add(x, y float64) {
	s.X, s.Y = append(s.X, x), append(s.Y, y)
}

// AddBand appends a point with its band.
func (s *Series) AddBand(x, y, low, high float64) {
	s.Add(x, y)
	s.Low, s.High = append(s.Low, low), append(s.High, high)
}

// at returns the value at x, which must be one of the points.
func (s *Series) at(x float64) float64 {
	i := slices.Index(s.X, x)
	if i < 0 {
		panic(fmt.Sprintf("paper: series %s has no point at %v", s.Name, x))
	}
	return s.Y[i]
}

// last returns the value of the last point.
func (s *Series) last() float64 { return s.Y[len(s.Y)-1] }

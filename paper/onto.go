package paper

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

var ontoItem = Item{
	ID:        "onto",
	Title:     "Does every point of the enlarged space come from a transformer?",
	Source:    "Section 3, Eq. 8",
	Question:  "How many of the enlarged parameters can the parameters (b, A) of a transformer move, and is every point φ(b, A) for some of them?",
	Statement: "φ is an onto mapping from the parameters (b, A) to the enlarged space.",
	Revision:  2,
	Run:       runOnto,
}

// ontoRank is from which part of the largest on a singular value counts: the others are
// rounding, some 1e-16 (both stand in the table).
const ontoRank = 1e-10

// ontoCase is what is found for one d.
type ontoCase struct {
	D          int      `column:"d"`
	Parameters int      `column:"parameters"`
	Dimension  int      `column:"enlarged"`
	AtMost     int      `column:"image_at_most"`
	Rank       int      `column:"rank"`
	Smallest   float64  `column:"smallest_counted"`
	Beyond     *float64 `column:"largest_not_counted"` // nil: all are counted
	Points     int      `column:"points"`              // random
	Realised   int      `column:"realised"`            // those that a transformer is
}

func runOnto(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	largest, points := 6, 200
	if s.Quick {
		largest, points = 3, 50
	}
	var cases []ontoCase
	for d := 1; d <= largest; d++ {
		progress(d-1, largest)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rng := rand.New(markov.Stream(s.Seed, uint64(d)))
		c := ontoCase{D: d, Parameters: (d + 1) * (d + 1), Dimension: d * moment.Pairs(d+1), Points: points}
		c.AtMost = min(c.Dimension, c.Parameters-1)
		values := phiSingularValues(rng, d)
		for c.Rank < len(values) && values[c.Rank] > ontoRank*values[0] {
			c.Rank++
		}
		c.Smallest = values[c.Rank-1]
		if c.Rank < len(values) {
			c.Beyond = &values[c.Rank]
		}
		for range points {
			X := make([]*big.Rat, c.Dimension)
			for i := range X {
				X[i] = big.NewRat(int64(rng.IntN(19)-9), 1)
			}
			decision, err := landscape.DecideExact(X, d, d+1)
			if err != nil {
				return nil, err
			}
			if decision.Verdict == landscape.Realisable {
				c.Realised++
			}
		}
		cases = append(cases, c)
	}
	progress(largest, largest)
	one, last := cases[0], cases[len(cases)-1]
	return &Result{
		Setup:   fmt.Sprintf("one layer, one head, d from 1 to %d; a random (b, A) and %d random points for each (seed %d).", largest, points, s.Seed),
		Verdict: verdictOnto(cases), Condition: under(verdictOnto(cases), "only at d=1"),
		Why: fmt.Sprintf("for d = 1 the image has all %d dimensions but leaves out the points with X_xy² < 4 X_xx X_yy: %d of %d random points come from a transformer; from d = 2 on the (d+1)² parameters, one of which is a scaling, are fewer than the enlarged ones, and the image has %d of %d dimensions at d = %d",
			one.Dimension, one.Realised, one.Points, last.Rank, last.Dimension, last.D),
		Quantity: fmt.Sprintf("dimensions of the image of φ at d = %d, of %d", last.D, last.Dimension),
		Ours:     number(float64(last.Rank)), StandardError: number(0),
		Tables: []Table{TableOf("dimensions", "Parameters (b, A) of one layer and head; enlarged parameters; the most that the image can have, since b and A can be scaled against each other; the rank of the derivative of φ at a random (b, A), by singular values above 1e-10 times the largest; and how many random points with entries from -9 to 9 are φ(b, A), decided in fractions.", cases)},
		Plots:  []figure.Plot{plotOnto(cases)},
	}, nil
}

// plotOnto shows the dimensions of the enlarged space and of the image in it.
func plotOnto(cases []ontoCase) figure.Plot {
	space, image := figure.Series{Name: "enlarged space"}, figure.Series{Name: "image of φ"}
	for _, c := range cases {
		space.Add(float64(c.D), float64(c.Dimension))
		image.Add(float64(c.D), float64(c.Rank))
	}
	return figure.Plot{
		Name: "dimensions", Title: "Dimensions of the enlarged space and of the image of φ",
		X: figure.Axis{Label: "d"}, Y: figure.Axis{Label: "dimensions", Log: true},
		Series:  []figure.Series{space, image},
		Caption: "The image's is the rank of the derivative of φ at a random (b, A), which is (d+1)² - 1; the space has d(d+1)(d+2)/2.",
	}
}

// phiSingularValues returns the singular values, falling, of the derivative of φ at a
// random (b, A): φ is bilinear, so that its columns are φ(e_i, A) and φ(b, E).
func phiSingularValues(rng *rand.Rand, d int) []float64 {
	D := d + 1
	b, A := make([]float64, D), make([]float64, D*d)
	for _, list := range [][]float64{b, A} {
		for i := range list {
			list[i] = rng.NormFloat64()
		}
	}
	J := mat.NewDense(d*moment.Pairs(D), D+D*d, nil)
	for i := range D {
		e := make([]float64, D)
		e[i] = 1
		J.SetCol(i, landscape.Phi(e, A))
	}
	for i := range D * d {
		E := make([]float64, D*d)
		E[i] = 1
		J.SetCol(D+i, landscape.Phi(b, E))
	}
	var svd mat.SVD
	if !svd.Factorize(J, mat.SVDNone) {
		panic("paper: no singular values of a finite matrix")
	}
	return svd.Values(nil)
}

// verdictOnto judges by the random points and the ranks: onto if every point comes
// from a transformer; onto an open set, at least, if every rank is full.
func verdictOnto(cases []ontoCase) Verdict {
	all, full := true, true
	for _, c := range cases {
		all = all && c.Realised == c.Points
		full = full && c.Rank == c.Dimension
	}
	switch {
	case all && full:
		return Holds
	case full:
		return HoldsUnder
	}
	return Differs
}

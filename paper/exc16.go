package paper

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/mat"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

var exampleC16 = Item{
	ID:        "exc16",
	Title:     "The two blocks of the optimum for d = 2",
	Source:    "Example C.16",
	Question:  "Is each of the two blocks of X* for itself the symmetrised product of a vector b_j with another, and do they share it?",
	Statement: "For d = 2 no transformer is X*.",
	Revision:  2,
	Run:       runExampleC16,
}

// blocks16 is what is found for one task.
type blocks16 struct {
	P       float64 `column:"p"`
	N       any     `column:"n"`
	Zero    bool    `column:"block1_zero"`  // which any b gives
	First   bool    `column:"block1_alone"` // it is a product for itself
	Second  bool    `column:"block2_alone"`
	Both    bool    `column:"transformer"` // products with one b, that is, X* is a transformer
	Because *string `column:"obstruction"` // nil where there is none

	// Middle eigenvalue of each block over the largest in size: 0 of a product, which has
	// at most one eigenvalue of each sign.
	FirstMiddle  float64 `column:"block1_middle"`
	SecondMiddle float64 `column:"block2_middle"`
}

func runExampleC16(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	tenths, numbers := []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, []markov.Context{1, 2, 3, 5, 10, 30, 100, 1000, markov.Infinite}
	if s.Quick {
		tenths, numbers = []int{1, 5, 9}, []markov.Context{1, 10, 100, markov.Infinite}
	}
	var cases []blocks16
	for k, p := range tenths {
		progress(k, len(tenths))
		task, err := markov.NewTask(markov.Spec{D: 2, P: big.NewRat(int64(p), 10).String()})
		if err != nil {
			return nil, err
		}
		exact, err := moment.ExactOf(ctx, task)
		if err != nil {
			return nil, err
		}
		for _, n := range numbers {
			o, err := landscape.MinimiseExact(ctx, exact.At(n))
			if err != nil {
				return nil, err
			}
			if !o.Unique {
				return nil, fmt.Errorf("p = %d/10, n = %v: there is more than one optimum", p, n)
			}
			c, err := blocksOf(o.X)
			if err != nil {
				return nil, err
			}
			c.P, c.N = float64(p)/10, contextCell(n)
			cases = append(cases, c)
		}
	}
	progress(len(tenths), len(tenths))
	zero, apart, alone, both := countBlocks(cases)
	return &Result{
		Setup:   fmt.Sprintf("d = 2, two states, uniform kernels, p from %d/10 to %d/10, %d numbers of in-context chains from 1 to infinitely many; optimum and decision in fractions.", tenths[0], tenths[len(tenths)-1], len(numbers)),
		Verdict: verdictBlocks(cases), Condition: under(verdictBlocks(cases), "some tasks"),
		Why: fmt.Sprintf("X* is a transformer in %d of %d cases; in %d a block for itself is no product of two vectors, so that there is no b to compare with the other block's or entry by entry, and in %d both are products, of different b; block 1 is 0 in %d",
			both, len(cases), alone, apart, zero),
		Quantity: fmt.Sprintf("cases in which X* is a transformer, of %d", len(cases)),
		Ours:     number(float64(both)), StandardError: number(0),
		Tables: []Table{TableOf("blocks", "X* for d = 2, two states, uniform kernels, in fractions: whether block 1 is 0, whether each block is a symmetrised product for itself (it is unless it is definite on a plane), whether both are with the same b, and why X* is no transformer (candidates: each block is a product, but of different b). middle: the middle one of the three eigenvalues of each block over the largest in size, which a product has 0.", cases)},
		Plots:  []figure.Plot{plotBlocks(cases)},
	}, nil
}

// plotBlocks shows how far the blocks are from products: a panel for each.
func plotBlocks(cases []blocks16) figure.Plot {
	plot := figure.Plot{
		Name: "blocks", Title: "How far each block of X* is from a product (d = 2)",
		Caption: "The middle eigenvalue of a block over the largest in size, with its sign. A product of two vectors has at most one eigenvalue of each sign, and 0 between them; a point at 0 would be a block that a transformer can have.",
	}
	for j := range 2 {
		panel := figure.Plot{Title: fmt.Sprintf("block %d", j+1), X: figure.Axis{Label: "in-context chains n", Log: true}, Y: figure.Axis{Label: "middle eigenvalue, relative"}}
		for _, p := range []float64{0.1, 0.3, 0.5, 0.7, 0.9} {
			line := figure.Series{Name: fmt.Sprintf("p = %g", p)}
			for _, c := range cases {
				if c.P == p {
					line.Add(placeOf(c.N), []float64{c.FirstMiddle, c.SecondMiddle}[j])
				}
			}
			if len(line.X) > 0 {
				panel.Series = append(panel.Series, line)
			}
		}
		panel.Levels = []figure.Level{{Name: "product", Y: 0}}
		plot.Panels = append(plot.Panels, panel)
	}
	return plot
}

// placeOf returns where a cell of contextCell lies on an axis.
func placeOf(cell any) float64 {
	if n, ok := cell.(int); ok {
		return float64(n)
	}
	return math.Inf(1)
}

// middleEigenvalue returns the middle eigenvalue of the symmetric matrix M of order 3
// whose entries on pairs are x (x_kl = M_kl + M_lk for k < l), over the largest in size; 0
// if all are.
func middleEigenvalue(x []*big.Rat) (float64, error) {
	M := mat.NewSymDense(3, nil)
	for k := range 3 {
		for l := k; l < 3; l++ {
			v, _ := x[moment.PairIndex(3, k, l)].Float64()
			if l > k {
				v /= 2
			}
			M.SetSym(k, l, v)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(M, false) {
		return 0, errors.New("a block of the optimum has no eigenvalues")
	}
	values := eigen.Values(nil) // ascending
	largest := max(math.Abs(values[0]), math.Abs(values[2]))
	if largest == 0 {
		return 0, nil
	}
	return values[1] / largest, nil
}

// blocksOf decides X*, d = 2, whole and block by block.
func blocksOf(X []*big.Rat) (blocks16, error) {
	m := moment.Pairs(3)
	c := blocks16{Zero: true}
	for _, x := range X[:m] {
		c.Zero = c.Zero && x.Sign() == 0
	}
	zero := make([]*big.Rat, m)
	for i := range zero {
		zero[i] = new(big.Rat)
	}
	middle := []*float64{&c.FirstMiddle, &c.SecondMiddle}
	for j, alone := range []*bool{&c.First, &c.Second} {
		var err error
		if *middle[j], err = middleEigenvalue(X[j*m : (j+1)*m]); err != nil {
			return c, err
		}
		decision, err := landscape.DecideExact(append(append([]*big.Rat(nil), X[j*m:(j+1)*m]...), zero...), 2, 3)
		if err != nil {
			return c, err
		}
		*alone = decision.Verdict == landscape.Realisable
	}
	decision, err := landscape.DecideExact(X, 2, 3)
	if err != nil {
		return c, err
	}
	c.Both = decision.Verdict == landscape.Realisable
	if decision.Obstruction != nil {
		c.Because = &decision.Obstruction.Kind
	}
	return c, nil
}

// countBlocks counts the cases with a block 1 of 0, with two products of different b,
// with a block that is no product, and with a transformer.
func countBlocks(cases []blocks16) (zero, apart, alone, both int) {
	for _, c := range cases {
		if c.Zero {
			zero++
		}
		switch {
		case c.Both:
			both++
		case c.First && c.Second:
			apart++
		default:
			alone++
		}
	}
	return zero, apart, alone, both
}

// verdictBlocks judges by the cases in which X* is a transformer: never, at times or
// always.
func verdictBlocks(cases []blocks16) Verdict {
	switch _, _, _, both := countBlocks(cases); both {
	case 0:
		return Holds
	case len(cases):
		return Differs
	}
	return HoldsUnder
}

package paper

import (
	"context"
	"fmt"
	"math/big"

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
	Revision:  1,
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
		Tables: []Table{TableOf("blocks", "X* for d = 2, two states, uniform kernels, in fractions: whether block 1 is 0, whether each block is a symmetrised product for itself (it is unless it is definite on a plane), whether both are with the same b, and why X* is no transformer (candidates: each block is a product, but of different b).", cases)},
	}, nil
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
	for j, alone := range []*bool{&c.First, &c.Second} {
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

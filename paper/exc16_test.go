package paper

import (
	"math"
	"math/big"
	"testing"

	"markovicl/landscape"
)

func TestExampleC16(t *testing.T) {
	r := quick(t, exampleC16)
	blocks := table(t, r, "blocks")
	if len(blocks.Rows) != 12 {
		t.Errorf("%d rows, want 12", len(blocks.Rows))
	}
	for _, row := range blocks.Rows {
		for j := range 2 { // decided in fractions, and by eigenvalues
			if middle := math.Abs(row[7+j].(float64)); (middle < 1e-9) != (row[3+j] == true) {
				t.Errorf("the block %d is a product: %v, and its middle eigenvalue %v", j+1, row[3+j], middle)
			}
		}
		if row[5] == true && (row[3] == false || row[4] == false) {
			t.Errorf("a transformer with a block that is no product: %v", row)
		}
	}
}

// Points that were made from known vectors.
func TestBlocksOf(t *testing.T) {
	product := func(b1, b2 []float64) []*big.Rat {
		var X []*big.Rat
		for j, b := range [][]float64{b1, b2} {
			A := make([]float64, 6)
			A[j], A[2+j], A[4+j] = 2, -1, 3
			for _, x := range landscape.Phi(b, A)[6*j : 6*j+6] {
				X = append(X, rat(x))
			}
		}
		return X
	}
	c, err := blocksOf(product([]float64{1, 2, 1}, []float64{1, 2, 1}))
	if err != nil || !c.Both || !c.First || !c.Second || c.Zero || math.Abs(c.FirstMiddle) > 1e-15 || math.Abs(c.SecondMiddle) > 1e-15 {
		t.Errorf("one b: %+v, %v", c, err)
	}
	c, err = blocksOf(product([]float64{1, 2, 1}, []float64{1, -1, 1}))
	if err != nil || !c.First || !c.Second {
		t.Errorf("two b: %+v, %v", c, err)
	}
	// Two b whose other factor is the same share that one.
	if !c.Both {
		t.Errorf("two b with the same a: %+v", c)
	}
	X := product([]float64{1, 2, 1}, []float64{1, 2, 1})
	for i, x := range []int64{1, 0, 0, 1, 0, 1} { // the identity is no product
		X[i] = big.NewRat(x, 1)
	}
	if c, err = blocksOf(X); err != nil || c.First || !c.Second || c.Both || c.FirstMiddle != 1 {
		t.Errorf("a definite block: %+v, %v", c, err)
	}
	// 2, 2 and 7 are the eigenvalues of 2 + 5 vv' for v = (0, 3, 4)/5.
	for i, x := range []*big.Rat{rat(2), rat(0), rat(0), big.NewRat(19, 5), big.NewRat(24, 5), big.NewRat(26, 5)} {
		X[i] = x
	}
	if c, err = blocksOf(X); err != nil || math.Abs(c.FirstMiddle-2.0/7) > 1e-14 {
		t.Errorf("eigenvalues 2, 2 and 7: %+v, %v", c, err)
	}
	apart := blocks16{First: true, Second: true}
	transformer := apart
	transformer.Both = true
	for _, want := range []struct {
		cases   []blocks16
		verdict Verdict
	}{
		{[]blocks16{{}, apart}, Holds},
		{[]blocks16{{}, transformer}, HoldsUnder},
		{[]blocks16{transformer, transformer}, Differs},
	} {
		if got := verdictBlocks(want.cases); got != want.verdict {
			t.Errorf("%v: %q, want %q", want.cases, got, want.verdict)
		}
	}
}

package paper

import (
	"context"
	"fmt"
	"math/big"

	"markovicl/markov"
	"markovicl/moment"
)

var denseItem = Item{
	ID:        "dense",
	Title:     "Are H and its inverse dense?",
	Source:    "Lemma C.8",
	Question:  "How many entries of H and of its inverse are not 0?",
	Statement: "H and its inverse are dense.",
	Revision:  1,
	Run:       runDense,
}

// denseRow is how many entries of H and of its inverse are not 0 in a setting.
type denseRow struct {
	Setting        string  `column:"setting"`
	D              int     `column:"d"`
	N              int     `column:"n"`
	Dimension      int     `column:"dimension"`
	Entries        int     `column:"entries"`
	NonzeroH       int     `column:"nonzero_H"`
	NonzeroInverse int     `column:"nonzero_inverse"`
	ShareH         float64 `column:"share_H"`
	ShareInverse   float64 `column:"share_inverse"`
}

func runDense(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	largest := 4
	if s.Quick {
		largest = 3
	}
	settings := []struct {
		name string
		spec markov.Spec
	}{
		{"p = 1/2", markov.Spec{P: "1/2"}},
		{"p = 3/10", markov.Spec{P: "3/10"}},
		{"correlated, g0 = 1/4, g1 = 3/4", markov.Spec{Start: "correlated:1/2,1/4,3/4"}},
	}
	numbers := []markov.Context{1, 2, 10, 100}
	var rows []denseRow
	leastH, leastInverse := 1.0, 1.0
	for k, setting := range settings {
		for d := 1; d <= largest; d++ {
			progress(k*largest+d-1, len(settings)*largest)
			spec := setting.spec
			spec.D = d
			task, err := markov.NewTask(spec)
			if err != nil {
				return nil, err
			}
			exact, err := moment.ExactOf(ctx, task)
			if err != nil {
				return nil, err
			}
			for _, n := range numbers {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				form := exact.At(n)
				adjugate, err := adjugateOf(form)
				if err != nil {
					return nil, fmt.Errorf("%s, d = %d, n = %d: %w", setting.name, d, n, err)
				}
				dim := form.Dim()
				row := denseRow{Setting: setting.name, D: d, N: int(n), Dimension: dim, Entries: dim * dim}
				for i := range dim {
					for j := range dim {
						if form.H[moment.PairIndex(dim, min(i, j), max(i, j))].Sign() != 0 {
							row.NonzeroH++
						}
						if adjugate[i][j].Sign() != 0 {
							row.NonzeroInverse++
						}
					}
				}
				row.ShareH, row.ShareInverse = float64(row.NonzeroH)/float64(row.Entries), float64(row.NonzeroInverse)/float64(row.Entries)
				rows = append(rows, row)
				leastH, leastInverse = min(leastH, row.ShareH), min(leastInverse, row.ShareInverse)
			}
		}
	}
	progress(len(settings)*largest, len(settings)*largest)
	return &Result{
		Setup:   fmt.Sprintf("two states, uniform kernels, %d kinds of starts, d from 1 to %d, n = 1, 2, 10 and 100; in fractions. Dense without reserve is no entry of 0; with one, more than half of the entries of each matrix.", len(settings), largest),
		Verdict: verdictDense(rows), Condition: under(verdictDense(rows), "more chains"),
		Why: fmt.Sprintf("of %d pairs of H and its inverse %d have no entry of 0; at the least %.0f%% of the entries of H and %.0f%% of those of the inverse are not 0",
			len(rows), withoutZero(rows), 100*leastH, 100*leastInverse),
		Quantity: "smallest share of entries of the inverse of H that are not 0",
		Ours:     number(leastInverse), StandardError: number(0),
		Tables: []Table{TableOf("entries", "Entries of H and of its inverse that are not 0, counted in fractions. Two states, uniform kernels.", rows)},
	}, nil
}

func withoutZero(rows []denseRow) int {
	count := 0
	for _, r := range rows {
		if r.ShareH == 1 && r.ShareInverse == 1 {
			count++
		}
	}
	return count
}

// verdictDense judges by the shares of entries that are not 0: dense if none is 0
// anywhere, under a condition if more than half are not in every matrix.
func verdictDense(rows []denseRow) Verdict {
	half := true
	for _, r := range rows {
		half = half && r.ShareH > 0.5 && r.ShareInverse > 0.5
	}
	switch {
	case withoutZero(rows) == len(rows):
		return Holds
	case half:
		return HoldsUnder
	}
	return Differs
}

// adjugateOf returns the determinant of Scale H times its inverse, in integers, by
// elimination without fractions (Bareiss): what is divided is always divisible. A
// positive definite H needs no exchange of rows, since its leading minors are not 0;
// for another one with a leading minor of 0 it fails.
func adjugateOf(form *moment.ExactForm) ([][]*big.Int, error) {
	dim := form.Dim()
	M := make([][]*big.Int, dim) // [H | 1]
	for i := range M {
		M[i] = make([]*big.Int, 2*dim)
		for j := range dim {
			M[i][j] = new(big.Int).Set(form.H[moment.PairIndex(dim, min(i, j), max(i, j))])
			M[i][dim+j] = new(big.Int)
		}
		M[i][dim+i].SetInt64(1)
	}
	previous, t := big.NewInt(1), new(big.Int)
	for k := range dim {
		pivot := M[k][k]
		if pivot.Sign() == 0 {
			return nil, fmt.Errorf("the leading minor of %d rows of H is 0", k+1)
		}
		for i := range dim {
			if i == k {
				continue
			}
			factor := new(big.Int).Set(M[i][k])
			for j := range M[i] {
				x := M[i][j]
				x.Mul(x, pivot).Sub(x, t.Mul(factor, M[k][j])).Quo(x, previous)
			}
		}
		previous = new(big.Int).Set(pivot)
	}
	for i := range M {
		M[i] = M[i][dim:]
	}
	return M, nil
}

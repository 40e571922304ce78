package paper

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"strings"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

var regression = Item{
	ID:        "regression",
	Title:     "Linear regression, the control",
	Source:    "after Theorems 3.3 and 3.5",
	Question:  "Is the optimum for linear regression sparse and a transformer, where that for Markov chains is neither?",
	Statement: "For linear regression the optimal parameters are sparse; for Markov chains they are not.",
	Revision:  2,
	Run:       runRegression,
}

// theoremOfAhn returns the optimum of Ahn et al. (2023), Theorem 1, for x ~ N(0,
// diag(l)), w ~ N(0, I) and no noise: block i is zero but for the entry (i, D).
func theoremOfAhn(l []*big.Rat, n int64) []*big.Rat {
	d, trace := len(l), new(big.Rat)
	for _, x := range l {
		trace.Add(trace, x)
	}
	X := make([]*big.Rat, d*moment.Pairs(d+1))
	for i := range X {
		X[i] = new(big.Rat)
	}
	for i, x := range l {
		v := new(big.Rat).Mul(big.NewRat(n+1, n), x)
		v.Add(v, new(big.Rat).Quo(trace, big.NewRat(n, 1)))
		X[i*moment.Pairs(d+1)+moment.PairIndex(d+1, i, d)].Inv(v)
	}
	return X
}

// zeroEntry is up to which size an entry of X, and a difference of entries, counts as
// rounding: the others are of order 0.01 and more.
const zeroEntry = 1e-10

// nonzero returns how many entries of X are not 0, up to rounding.
func nonzero(X []float64) int {
	count := 0
	for _, x := range X {
		if math.Abs(x) > zeroEntry {
			count++
		}
	}
	return count
}

// regressionRow is an optimum beside the theorem's, and beside that for Markov chains.
type regressionRow struct {
	D          int     `column:"d"`
	Entries    int     `column:"entries"`
	Difference float64 `column:"difference"` // the largest of an entry
	Nonzero    int     `column:"nonzero"`
	Realisable bool    `column:"realisable"`
	Markov     int     `column:"nonzero_markov"`
}

// shiftedRow is the optimum and the best transformer for weights of a mean.
type shiftedRow struct {
	D         int      `column:"d"`
	Mean      string   `column:"mean"`
	Enlarged  float64  `column:"loss_enlarged"`
	Best      float64  `column:"best_transformer"`
	Lower     *float64 `column:"lower_bound"` // nil where nothing is proven
	Certified bool     `column:"certified"`
	Nonzero   int      `column:"nonzero"`
}

func runRegression(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	largest, most := 6, 4
	if s.Quick {
		largest, most = 3, 2
	}
	var theorem []regressionRow
	var shifted []shiftedRow
	var worst float64
	sparse, dense := 0, 0
	for d := 1; d <= largest; d++ {
		progress(d-1, largest+2*most)
		l, words := make([]*big.Rat, d), make([]string, d)
		for i := range l {
			l[i] = big.NewRat(int64(i+1), 2)
			words[i] = l[i].RatString()
		}
		moments, err := momentsOf(ctx, markov.Spec{Family: markov.RegressionFamily, D: d, Covariance: markov.MatrixSpec{Text: "diag:" + strings.Join(words, ",")}})
		if err != nil {
			return nil, err
		}
		o, err := landscape.Minimise(ctx, moments.At(10))
		if err != nil {
			return nil, err
		}
		want := theoremOfAhn(l, 10)
		var difference float64
		for i, x := range want {
			difference = max(difference, math.Abs(o.X[i]-markov.Float(x)))
		}
		decision, err := landscape.DecideExact(want, d, d+1)
		if err != nil {
			return nil, err
		}
		chains, err := momentsOf(ctx, markov.Spec{D: d})
		if err != nil {
			return nil, err
		}
		of, err := landscape.Minimise(ctx, chains.At(10))
		if err != nil {
			return nil, err
		}
		worst = max(worst, difference)
		sparse, dense = nonzero(o.X), nonzero(of.X)
		theorem = append(theorem, regressionRow{d, len(o.X), difference, sparse, decision.Verdict == landscape.Realisable, dense})
	}
	var gap float64
	for d := 1; d <= most; d++ {
		for k, mean := range []string{"0", "1"} {
			progress(largest+2*(d-1)+k, largest+2*most)
			moments, err := momentsOf(ctx, markov.Spec{Family: markov.RegressionFamily, D: d, Mean: mean})
			if err != nil {
				return nil, err
			}
			form := moments.At(10)
			r, err := recoverForm(ctx, form)
			if err != nil {
				return nil, err
			}
			o, err := landscape.Minimise(ctx, form)
			if err != nil {
				return nil, err
			}
			shifted = append(shifted, shiftedRow{d, mean, r.LossEnlarged, r.Loss, provenBound(r), r.Certified(), nonzero(o.X)})
			gap = r.Loss/r.LossEnlarged - 1
		}
	}
	progress(largest+2*most, largest+2*most)
	entries := largest * moment.Pairs(largest+1)
	verdict := verdictRegression(worst, sparse, largest, dense, entries)
	return &Result{
		Setup:   fmt.Sprintf("n = 10, d from 1 to %d; exact moments by Isserlis' theorem, certificates for d up to %d.", largest, most),
		Verdict: verdict,
		Why: fmt.Sprintf("for weights of mean 0 the optimum has %d entries that are not 0 out of %d at d = %d, exactly those of Ahn et al. and a transformer's, for Markov chains %d; but that is a matter of the mean: for mean (1,..,1) the regression's optimum is no transformer either, and the best one is %.0f%% above it at d = %d",
			sparse, entries, largest, dense, 100*gap, most),
		Quantity: fmt.Sprintf("largest difference of an entry of X from Ahn et al.'s theorem, d up to %d", largest),
		Expected: number(0), Ours: number(worst), StandardError: number(0),
		Tables: []Table{
			TableOf("theorem", "The enlarged optimum X for w ~ N(0, I), no noise and x ~ N(0, diag(1, 2, .., d)/2), n = 10, against Theorem 1 of Ahn et al. (2023): the largest difference of an entry, entries that are not 0, and whether X is a transformer, decided in fractions. Beside it the entries that are not 0 for Markov chains of the same d (p = 1/2, uniform kernels).", theorem),
			TableOf("mean", "w ~ N(mean (1,..,1), I), x ~ N(0, I), no noise, n = 10: for a mean that is not 0 the optimum is no transformer, and the best transformer, with its proof, lies above it.", shifted),
		},
	}, nil
}

package paper

import (
	"context"
	"fmt"
	"math/big"

	"markovicl/figure"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
)

var theorem34 = Item{
	ID:        "thm3.4",
	Title:     "The closed form for correlated starts, d = 1",
	Source:    "Theorem 3.4, Lemma C.3, Example C.5",
	Question:  "When the chains' first states depend on the query's: are the formulas for H and h right, and is the optimum a transformer?",
	Statement: "For d = 1 and correlated starts H and h are given by c1 = Σ E[x_i x_{n+1}] and c2 = Σ E[x_i x_j x_{n+1}] (i ≠ j), and the global optimum of the one-layer loss in closed form by parameters (b, A).",
	Revision:  3,
	Run:       runTheorem34,
}

// lemmaC3 returns the loss for d = 1 and uniform kernels by the paper's Lemma
// C.3: p = E[x_{n+1}] and, given that the query starts in state 1, first = E[x_i]
// and second = E[x_i x_j] for two different in-context chains, so that c1 = n p
// first and c2 = n(n-1) p second.
func lemmaC3(n int64, p, first, second *big.Rat) *moment.ExactForm {
	times := func(k int64, xs ...*big.Rat) *big.Rat {
		product := big.NewRat(k, 1)
		for _, x := range xs {
			product.Mul(product, x)
		}
		return product
	}
	c1, c2 := times(n, p, first), times(n*(n-1), p, second)
	// 12 n^2 H as combinations of c1, c2 and p; order xx, xy, yy.
	combine := func(one, two, three int64) *big.Rat {
		sum := times(one, c1)
		sum.Add(sum, times(two, c2))
		return sum.Add(sum, times(three, p))
	}
	H := []*big.Rat{
		combine(12, 12, 0), combine(6, 6, 0), combine(6*n, 0, 0),
		combine(6, 4, 0), combine(6+3*(n-1), 1, 0),
		combine(-2*(n-1), 2, 6*n+4*n*(n-1)),
	}
	h := []*big.Rat{combine(6*n, 0, 0), combine(4*n, 0, 0), combine(n, 0, 3*n*n)} // 12 n^2 h

	scale := new(big.Int).Mul(c1.Denom(), new(big.Int).Mul(c2.Denom(), p.Denom()))
	integer := func(x *big.Rat) *big.Int {
		scaled := new(big.Rat).Mul(x, new(big.Rat).SetInt(scale))
		return scaled.Num() // its denominator is 1
	}
	form := &moment.ExactForm{Q: 1, C: big.NewRat(1, 2)} // P(y = 1) = 1/2
	for _, x := range H {
		form.H = append(form.H, integer(x))
	}
	for _, x := range h {
		form.L = append(form.L, integer(x))
	}
	form.Scale = scale.Mul(scale, big.NewInt(12*n*n))
	return form
}

// sameForm reports whether two forms are equal as fractions.
func sameForm(f, g *moment.ExactForm) bool {
	for i := range f.Dim() {
		if f.LAt(i).Cmp(g.LAt(i)) != 0 {
			return false
		}
		for k := range f.Dim() {
			if f.HAt(i, k).Cmp(g.HAt(i, k)) != 0 {
				return false
			}
		}
	}
	return f.Dim() == g.Dim() && f.C.Cmp(g.C) == 0
}

// runTheorem34 compares Lemma C.3 with the moments of tasks, in fractions, and
// then uses it for starts that no task has: in-context chains whose first
// states are correlated with each other given the query's.
func runTheorem34(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	step, largest := 1, 100
	probabilities, numbers := []int{10, 25, 50, 75, 90}, []markov.Context{1, 2, 5, 10, 100}
	if s.Quick {
		step, largest = 5, 60
		probabilities, numbers = []int{25, 50, 90}, []markov.Context{1, 5, 10}
	}
	total := len(probabilities)*len(probabilities) + 5
	done, equal := 0, 0
	var formulas []formulaRow34
	realisable := map[[2]int]bool{} // by g1 in hundredths and n: X* must not depend on p or g0
	for _, p := range probabilities {
		for _, g1 := range probabilities {
			progress(done, total)
			done++
			for _, g0 := range []int{20, 80} {
				rows, err := formulas34(ctx, p, g0, g1, numbers, s.Seed)
				if err != nil {
					return nil, err
				}
				for _, row := range rows {
					if row.Same {
						equal++
					}
					if before, seen := realisable[[2]int{g1, row.N}]; seen && before != row.Realisable {
						return nil, fmt.Errorf("p, g0, g1 = %d, %d, %d hundredths, n = %d: realisable %v, but not with another p or g0", p, g0, g1, row.N, row.Realisable)
					}
					realisable[[2]int{g1, row.N}] = row.Realisable
				}
				formulas = append(formulas, rows...)
			}
		}
	}
	smallest, curves, err := smallest34(ctx, step, largest, func() {
		progress(done, total)
		done++
	})
	if err != nil {
		return nil, err
	}
	example, err := exampleC5(ctx, largest)
	if err != nil {
		return nil, err
	}
	fits, fewest, most := 0, largest, 0
	for _, row := range example {
		fewest, most = min(fewest, row.N), max(most, row.N)
		if row.Same {
			fits++
		}
	}
	progress(total, total)

	result := &Result{
		Setup: fmt.Sprintf("d = 1, uniform kernels; query start Bernoulli(p), in-context starts Bernoulli(g0) or Bernoulli(g1) given it, %d combinations with n up to %d; beyond that by Lemma C.3, n up to %d; moments, optimum and decision in fractions.",
			2*len(probabilities)*len(probabilities), numbers[len(numbers)-1], largest),
		Why: fmt.Sprintf("Lemma C.3 equals our moments as fractions in all %d cases; X* depends on the starts only through the in-context chains' law given that the query starts in state 1, and is a transformer under the same condition as in Theorem 3.3, X_xy² ≥ 4 X_xx X_yy, from n = %.0f on for g1 = 1/2 and conditionally independent chains; in Example C.5 c1 = n(p - 2p² + p³) and the c2 that belongs to it give our moments in %d of %d cases, and X* is a transformer from n = %d to %d on, by p",
			equal, curves[0].At(0.5), fits, len(example), fewest, most),
		Ours: number(curves[0].At(0.5)), StandardError: number(0),
		Quantity: "smallest n at which X* is a transformer, g1 = 1/2",
		Tables: []Table{
			TableOf("formulas", "Query starts in state 1 with probability p, each in-context chain with probability g0 or g1 given the query's first state. Lemma C.3 against the moments of the task, compared as fractions; the optimum; the best transformer and what is proven about it.", formulas),
			TableOf("smallest-n", fmt.Sprintf("The smallest number n of in-context chains (up to %d) at which the optimum is a transformer, by the probability g1 that an in-context chain starts in state 1 when the query does, and by the correlation of two in-context chains' first states given that. It depends on nothing else. No value: none up to %d.", largest, largest), smallest),
			TableOf("example-c5", fmt.Sprintf("Example C.5: g(x) = (x - p)², so that g0 = p² and g1 = (1 - p)². The smallest number n of in-context chains (up to %d) at which X* is a transformer, in fractions; c1 = n(p - 2p² + p³) and c2 = n(n-1) p (1-p)⁴ there, and whether H and h by them equal the moments of the task.", largest), example),
		},
		Plots: []figure.Plot{{
			Name: "smallest-n", Title: "Smallest n with a realisable optimum, correlated starts (d = 1)",
			Caption: "Correlated starts. Each line is for one correlation between the first states of two in-context chains, given that the query starts in state 1. Neither p nor g0 matters. Decided in fractions, without rounding.",
			X:       figure.Axis{Label: "probability g1 that a chain starts in state 1 when the query does", Min: number(0), Max: number(1)},
			Y:       figure.Axis{Label: "smallest n", Min: number(0)},
			Series:  curves,
		}},
	}
	result.judge(verdictClosedForm(equal+fits, len(formulas)+len(example), curves[0].At(0.5)), "n large enough")
	if result.Verdict == Differs {
		result.Why = fmt.Sprintf("Lemma C.3 equals our moments in %d of %d cases, and in %d of %d of Example C.5", equal, len(formulas), fits, len(example))
	}
	return result, nil
}

type formulaRow34 struct {
	P          float64  `column:"p"`
	G0         float64  `column:"g0"`
	G1         float64  `column:"g1"`
	N          int      `column:"n"`
	Same       bool     `column:"lemma_equals_moments"`
	Loss       float64  `column:"loss_enlarged"`
	Exact      string   `column:"loss_exact"`
	XX         float64  `column:"x_xx"`
	XY         float64  `column:"x_xy"`
	YY         float64  `column:"x_yy"`
	Realisable bool     `column:"realisable"`
	Best       float64  `column:"loss_best"`
	Lower      *float64 `column:"lower_bound"`
	Bayes      float64  `column:"bayes_risk"`
}

// formulas34 compares Lemma C.3 with the moments of a task, given in hundredths, and finds
// the optimum and the best transformer, for each n.
func formulas34(ctx context.Context, p, g0, g1 int, numbers []markov.Context, seed uint64) (rows []formulaRow34, err error) {
	task, err := markov.NewTask(markov.Spec{D: 1, Start: fmt.Sprintf("correlated:%s,%s,%s", hundredths(p), hundredths(g0), hundredths(g1))})
	if err != nil {
		return nil, err
	}
	exact, err := moment.ExactOf(ctx, task)
	if err != nil {
		return nil, err
	}
	mean := big.NewRat(int64(g1), 100)
	for _, n := range numbers {
		form := exact.At(n)
		o, ok, err := exactOptimum(ctx, form)
		if err != nil {
			return nil, err
		}
		X := floats(o.X)
		row := formulaRow34{
			P: float64(p) / 100, G0: float64(g0) / 100, G1: float64(g1) / 100, N: int(n),
			Same: sameForm(form, lemmaC3(int64(n), big.NewRat(int64(p), 100), mean, new(big.Rat).Mul(mean, mean))),
			Loss: markov.Float(o.Loss), Exact: markov.FormatRat(o.Loss), XX: X[0], XY: X[1], YY: X[2], Realisable: ok,
		}
		row.Best, row.Lower = row.Loss, &row.Loss
		if !ok {
			r, err := recoverForm(ctx, form.Float())
			if err != nil {
				return nil, err
			}
			row.Best, row.Lower = r.Loss, provenBound(r)
		}
		risk, err := predict.BayesRisk(ctx, task.WithContext(n), seed, predict.Settings{})
		if err != nil {
			return nil, err
		}
		row.Bayes = risk.Mean
		rows = append(rows, row)
	}
	return rows, nil
}

type smallestRow34 struct {
	Correlation float64 `column:"correlation"`
	G1          float64 `column:"g1"`
	N           *int    `column:"smallest_n"` // nil: none was found
}

// smallest34 finds the smallest n up to largest with which the optimum is a transformer, by
// the correlation of in-context chains, as a table and a curve each.
func smallest34(ctx context.Context, step, largest int, begin func()) (rows []smallestRow34, curves []figure.Series, err error) {
	for quarter := range 5 {
		begin()
		name := fmt.Sprintf("correlation %.2g", float64(quarter)/4)
		if quarter == 0 {
			name = "independent (Theorem 3.3)"
		}
		curve := figure.Series{Name: name}
		for g1 := step; g1 < 100; g1 += step {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			mean, row := big.NewRat(int64(g1), 100), smallestRow34{Correlation: float64(quarter) / 4, G1: float64(g1) / 100}
			for n := 1; n <= largest; n++ {
				_, ok, err := exactOptimum(ctx, lemmaC3(int64(n), big.NewRat(1, 2), mean, secondMoment(mean, quarter)))
				if err != nil {
					return nil, nil, fmt.Errorf("correlation %d/4, g1 = %s, n = %d: %w", quarter, hundredths(g1), n, err)
				}
				if ok {
					row.N = &n
					curve.Add(row.G1, float64(n))
					break
				}
			}
			rows = append(rows, row)
		}
		if len(curve.X) > 0 {
			curves = append(curves, curve)
		}
	}
	return rows, curves, nil
}

// secondMoment returns E[x_i x_j] of two states with the given mean and
// correlation, in quarters.
func secondMoment(mean *big.Rat, quarters int) *big.Rat {
	variance := new(big.Rat).Sub(big.NewRat(1, 1), mean)
	variance.Mul(variance, mean)
	covariance := variance.Mul(variance, big.NewRat(int64(quarters), 4))
	return covariance.Add(covariance, new(big.Rat).Mul(mean, mean))
}

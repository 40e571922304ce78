package paper

import (
	"context"
	"fmt"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/predict"
)

var orderItem = Item{
	ID:        "order",
	Title:     "Chains of order two and three",
	Source:    "beyond the paper, which names it as future work",
	Question:  "What does one layer reach on chains of higher order, what could depth add, and what does a model lose that was made for order one?",
	Statement: "The analysis is for chains of order one; higher orders are left to future work.",
	Revision:  3,
	Run:       runOrder,
}

// orderRow is what bounds models of chains of an order.
type orderRow struct {
	D        int      `column:"d"`
	N        string   `column:"n"`
	Order    int      `column:"order"`
	Enlarged float64  `column:"loss_enlarged"`
	First    float64  `column:"loss_first"` // of the optimum for order one
	Floor    estimate `column:"floor"`
	Bayes    estimate `column:"bayes_risk"`
}

func runOrder(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	ds, contexts, prompts := []int{3, 4, 5, 6}, 10_000, 20_000
	if s.Quick {
		ds, contexts, prompts = []int{3, 4}, 500, 1000
	}
	var rows []orderRow
	plot := figure.Plot{
		Name: "orders", Title: "What one layer reaches by the order of the chains (n = 100)",
		Caption: "Enlarged optimum, floor of every depth, and Bayes risk. Bands: standard errors.",
		X:       figure.Axis{Label: "d"}, Y: figure.Axis{Label: "loss"},
	}
	total := len(ds) * 2 * 3
	var lost, gain float64
	var losses []float64 // of the optimum for order one, relative, on every task of higher order
	curves := map[string]*figure.Series{}
	var names []string
	add := func(name string, quantity figure.Quantity, x float64, e estimate) {
		if curves[name] == nil {
			curves[name] = &figure.Series{Name: name, Quantity: quantity}
			names = append(names, name)
		}
		addWithError(curves[name], x, e)
	}
	for i, d := range ds {
		for j, n := range []string{"10", "100"} {
			var first *landscape.Optimum
			for k := 1; k <= 3; k++ {
				progress(6*i+3*j+k-1, total)
				b, err := bound(ctx, markov.Spec{D: d, N: n, Order: k}, contexts, s.Seed)
				if err != nil {
					return nil, err
				}
				if k == 1 {
					first = b.o
				}
				risk, err := predict.BayesRisk(ctx, b.task, s.Seed, predict.Settings{Prompts: prompts})
				if err != nil {
					return nil, err
				}
				wrong := b.form.Loss(first.X)
				rows = append(rows, orderRow{d, n, k, b.o.Loss, wrong, b.floorEstimate(), risk.Metric})
				if k > 1 {
					losses = append(losses, wrong/b.o.Loss-1)
				}
				if k == 2 {
					lost, gain = wrong/b.o.Loss-1, b.gain()
				}
				if j == 1 && k < 3 {
					add(fmt.Sprintf("order %d, one layer", k), figure.Enlarged, float64(d), estimate{Mean: b.o.Loss})
					add(fmt.Sprintf("order %d, every depth", k), figure.Floor, float64(d), b.floorEstimate())
					add(fmt.Sprintf("order %d, Bayes", k), figure.Bayes, float64(d), risk.Metric)
				}
			}
		}
	}
	progress(total, total)
	for _, name := range names {
		plot.Series = append(plot.Series, *curves[name])
	}
	d := ds[len(ds)-1]
	result := &Result{
		Setup: fmt.Sprintf("two states, p = 1/2, uniform rows, d from %d to %d, n = 10 and 100; exact moments, %d contexts for floors, %d prompts for Bayes risks (seed %d).", ds[0], d, contexts, prompts, s.Seed),
		Why: fmt.Sprintf("an optimum for order one is worse by more than 1%% on %d of the %d tasks of order two and three, while nothing of the analysis needs order one: the same forms, optima and floors are had for higher orders; at d = %d, n = 100 the optimum for order one is %.0f%% worse than that for order two on chains of order two, and depth can gain %.1f%% at most beyond the latter",
			worse(losses), len(losses), d, 100*lost, 100*gain),
		Quantity: fmt.Sprintf("relative loss of the optimum for order one on chains of order two, d = %d, n = 100", d),
		Ours:     number(lost), StandardError: number(0),
		Tables: []Table{TableOf("orders", "Binary chains of order k, uniform rows, p = 1/2. loss_enlarged: optimum of one layer; loss_first: loss of the optimum for order one on these chains; floor of every depth and Bayes risk with their standard errors (0: exact).", rows)},
		Plots:  []figure.Plot{plot},
	}
	result.judge(verdictOrder(losses), "some tasks only")
	return result, nil
}

// worse counts the relative losses above 1%.
func worse(losses []float64) int {
	count := 0
	for _, x := range losses {
		if x > 0.01 {
			count++
		}
	}
	return count
}

// verdictOrder judges by the relative loss, exact, of the optimum for order one on each
// task of higher order: an analysis of order one leaves higher orders open where it is
// above 1% on all of them, does under a condition where on some, and loses nothing
// where on none.
func verdictOrder(losses []float64) Verdict {
	switch worse(losses) {
	case 0:
		return Differs
	case len(losses):
		return Holds
	}
	return HoldsUnder
}

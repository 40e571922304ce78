package paper

import (
	"context"
	"fmt"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
)

var theorem35 = Item{
	ID:        "thm3.5",
	Title:     "From the optimum back to a transformer, for any d",
	Source:    "Theorem 3.5, Problem C.9, Remark C.15, Example C.16",
	Question:  "Is the enlarged optimum X* a one-layer transformer, how hard is it to tell, and if it is none, what is the best transformer?",
	Statement: "Recovering transformer parameters that realise X* is NP-hard in general; where there are none, the best transformer lies between X* and the projection of X*: f~* ≤ f* ≤ f(ψ(X*)).",
	Revision:  3,
	Run:       runTheorem35,
}

// theorem35Case is a family of tasks with the d and n that are looked at.
type theorem35Case struct {
	name    string
	spec    markov.Spec
	largest int // d
	numbers []markov.Context
}

// exactDecisionDimension is the largest dimension at which X* is also computed
// in fractions and decided without rounding.
const exactDecisionDimension = 110

func runTheorem35(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	if s.Quick {
		return theorem35Of(ctx, []theorem35Case{
			{"p = 1/2", markov.Spec{P: "1/2"}, 4, []markov.Context{10, 100}},
			{"three states", markov.Spec{States: 3}, 2, []markov.Context{100}},
		}, s.Seed, 20_000, progress)
	}
	return theorem35Of(ctx, []theorem35Case{
		{"p = 1/2", markov.Spec{P: "1/2"}, 10, []markov.Context{10, 100}},
		{"p = 3/10", markov.Spec{P: "3/10"}, 4, []markov.Context{1, 10, 100}},
		{"stationary", markov.Spec{Start: "stationary"}, 4, []markov.Context{10, 100}},
		{"prior Beta(2, 5)", markov.Spec{Prior: markov.PriorSpec{Text: "beta:2,5"}}, 4, []markov.Context{10, 100}},
		{"three states", markov.Spec{States: 3}, 4, []markov.Context{10, 100}},
	}, s.Seed, 200_000, progress)
}

func theorem35Of(ctx context.Context, cases []theorem35Case, seed uint64, prompts int, progress func(done, total int)) (*Result, error) {
	total, done := 0, 0
	for _, c := range cases {
		for d := 1; d <= c.largest; d++ {
			total += d * d * d * len(c.numbers)
		}
	}
	var rows []recoveryRow35
	byN := map[markov.Context]*curves35{} // of the first case
	for i, c := range cases {
		for d := 1; d <= c.largest; d++ {
			spec := c.spec
			spec.D = d
			moments, err := momentsOf(ctx, spec)
			if err != nil {
				return nil, err
			}
			var exact *moment.ExactMoments
			if task := moments.Task(); d*moment.Pairs(d+1) <= exactDecisionDimension && task.Start().Kind() != markov.StationaryStart {
				if exact, err = moment.ExactOf(ctx, task); err != nil {
					return nil, err
				}
			}
			for _, n := range c.numbers {
				progress(done, total)
				done += d * d * d
				row, err := recovery35(ctx, moments, exact, n, seed, prompts)
				if err != nil {
					return nil, fmt.Errorf("%s, d = %d, n = %d: %w", c.name, d, n, err)
				}
				row.Setting = c.name
				rows = append(rows, row)
				if i == 0 {
					if byN[n] == nil {
						byN[n] = &curves35{}
					}
					byN[n].add(row)
				}
			}
		}
	}
	progress(total, total)
	realisable, certified, chains, decided := 0, 0, 0, 0
	where := "none with d > 1"
	for _, row := range rows {
		if row.inOrder() {
			chains++
		}
		if row.Certified {
			certified++
		}
		if row.Realisable == nil {
			continue
		}
		decided++
		if *row.Realisable {
			realisable++
			if row.D > 1 {
				where = "also with d > 1"
			}
		}
	}
	count := len(rows)

	first := cases[0]
	losses, excess := plots35(first, byN, prompts)
	most := first.numbers[len(first.numbers)-1]
	last := byN[most]
	result := &Result{
		Setup: fmt.Sprintf("%d tasks: %s with d up to %d, and others; exact moments, Bayes risks from %d prompts (seed %d).",
			count, first.name, first.largest, prompts, seed),
		Why: fmt.Sprintf("the chain f~* ≤ f* ≤ f(ψ(X*)) holds in %d of %d cases; the reduction behind the theorem is to general bilinear systems (Problem C.10), while the system of a transformer is special: whether X* is one is decided here by eigenvalues of one block (yes in %d cases, %s), and the best transformer is proven best in %d of %d, well below the projection (%.4f and %.4f at d = %d, n = %d)",
			chains, count, realisable, where, certified, count, last.best.Last(), last.projection.Last(), first.largest, most),
		Ours: number(last.excess.Last()), StandardError: number(0),
		Quantity: fmt.Sprintf("best transformer above the enlarged optimum, d = %d, n = %d", first.largest, most),
		Tables:   []Table{TableOf("recovery", "Problem C.9 for X* (realisable; for small d also decided in fractions, without rounding), why X* is no transformer (obstruction), and the chain enlarged optimum ≤ proven lower bound ≤ best transformer ≤ projection. certified: the bound and the best transformer agree to a relative 1e-6. Uniform kernels, two states and p = 1/2 where nothing else is said.", rows)},
		Plots:    []figure.Plot{losses, excess},
	}
	result.judge(verdictTheorem35(count, chains, decided), "general bilinear systems")
	return result, nil
}

// plots35 are the losses by d, a panel for each n, and the best transformer's excess.
func plots35(first theorem35Case, byN map[markov.Context]*curves35, prompts int) (losses, excess figure.Plot) {
	losses = figure.Plot{
		Name: "losses", Title: "Optimum, best transformer and projection (" + first.name + ")",
		Caption: fmt.Sprintf("Mean squared errors by d, the chains having d + 1 states. The Bayes risk is no one-layer bound but the floor of every predictor; for d ≥ 2 it is a mean over %d prompts. Otherwise exact moments.", prompts),
	}
	excess = figure.Plot{
		Name: "excess", Title: "Best transformer above the enlarged optimum (" + first.name + ")",
		Caption: "Loss of the best one-layer transformer with one head less the optimum of the enlarged model. Exact moments; the best transformer is proven best to a relative 1e-6 where the table says so.",
		X:       figure.Axis{Label: "d"}, Y: figure.Axis{Label: "difference in loss", Min: number(0)},
	}
	for _, n := range first.numbers {
		at := byN[n]
		at.enlarged.Name, at.best.Name, at.projection.Name, at.bayes.Name = "enlarged optimum", "best transformer", "projection of X*", "Bayes risk"
		at.enlarged.Quantity, at.best.Quantity, at.bayes.Quantity = figure.Enlarged, figure.Best, figure.Bayes
		losses.Panels = append(losses.Panels, figure.Plot{
			Title: fmt.Sprintf("n = %d", n),
			X:     figure.Axis{Label: "d"}, Y: figure.Axis{Label: "loss"},
			Series: []figure.Series{at.projection, at.best, at.enlarged, at.bayes},
		})
		at.excess.Name = fmt.Sprintf("n = %d", n)
		excess.Series = append(excess.Series, at.excess)
	}
	return losses, excess
}

type recoveryRow35 struct {
	Setting     string   `column:"setting"`
	D           int      `column:"d"`
	N           int      `column:"n"`
	Dimension   int      `column:"dimension"`
	Realisable  *bool    `column:"realisable"` // nil: undecided
	Exactly     *bool    `column:"decided_exactly"`
	Obstruction *string  `column:"obstruction"`
	Enlarged    float64  `column:"loss_enlarged"`
	Lower       *float64 `column:"lower_bound"`
	Best        float64  `column:"loss_best"`
	Certified   bool     `column:"certified"`
	Method      string   `column:"method"`
	Projection  float64  `column:"loss_projection"`
	Minima      int      `column:"local_minima"`
	Bayes       estimate `column:"bayes_risk"`
}

// inOrder reports whether f~* <= f* <= f(psi(X*)), up to rounding.
func (r *recoveryRow35) inOrder() bool {
	return r.Enlarged <= r.Best*(1+equalLosses) && r.Best <= r.Projection*(1+equalLosses)
}

// recovery35 finds the best transformer of a task at one n; exact is nil where its moments
// are not compared in fractions.
func recovery35(ctx context.Context, moments *moment.Moments, exact *moment.ExactMoments, n markov.Context, seed uint64, prompts int) (row recoveryRow35, err error) {
	r, err := recoverForm(ctx, moments.At(n))
	if err != nil {
		return row, err
	}
	if r.Certificate != nil {
		if _, err := r.Certificate.Verify(ctx); err != nil {
			return row, fmt.Errorf("the certificate does not verify: %w", err)
		}
	}
	d := moments.Task().Positions()
	row = recoveryRow35{
		D: d, N: int(n), Dimension: d * moment.Pairs(d+1), Enlarged: r.LossEnlarged, Lower: provenBound(r), Best: r.Loss,
		Certified: r.Certified(), Method: string(r.Method), Projection: r.ProjectionLoss, Minima: len(r.LocalMinima),
	}
	if row.Exactly, err = decidedExactly(ctx, exact, n, r.Realisable); err != nil {
		return row, err
	}
	if yes := r.Realisable == landscape.Realisable; r.Realisable != landscape.Undecided {
		row.Realisable = &yes
	}
	if r.Decision != nil && r.Decision.Obstruction != nil {
		row.Obstruction = &r.Decision.Obstruction.Kind
	}
	risk, err := predict.BayesRisk(ctx, moments.Task().WithContext(n), seed, predict.Settings{Prompts: prompts})
	row.Bayes = estimate{Mean: risk.Mean, SE: risk.SE}
	return row, err
}

// curves35 are losses by d, for one n.
type curves35 struct{ enlarged, best, projection, bayes, excess figure.Series }

func (c *curves35) add(row recoveryRow35) {
	x := float64(row.D)
	c.enlarged.Add(x, row.Enlarged)
	c.best.Add(x, row.Best)
	c.projection.Add(x, row.Projection)
	c.bayes.Add(x, row.Bayes.Mean)
	c.excess.Add(x, row.Best-row.Enlarged)
}

// decidedExactly decides X* in fractions and compares with the answer in
// floating point, and says that it has; nil without exact moments.
func decidedExactly(ctx context.Context, exact *moment.ExactMoments, n markov.Context, answer landscape.Verdict) (*bool, error) {
	if exact == nil {
		return nil, nil
	}
	_, realisable, err := exactOptimum(ctx, exact.At(n))
	if err != nil {
		return nil, err
	}
	if answer != landscape.Undecided && realisable != (answer == landscape.Realisable) {
		return nil, fmt.Errorf("realisable: %v in fractions, %v in floating point", realisable, answer)
	}
	yes := true
	return &yes, nil
}

package ask

import (
	"bytes"
	"context"
	"encoding/csv"
	"math/big"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// Optimum asks for the enlarged optimum: the loss of a one-layer LSA is a quadratic
// form in X = phi(b, A), and its minimum bounds that of every transformer from
// below (paper, Lemma 3.2). Its answers are Results[OptimumAnswer], for each p of
// SweepP and for each n.
type Optimum struct {
	Task
	SweepP   string `placeholder:"FROM:TO:STEP" help:"Answer for every start bernoulli:p with p from FROM to TO, both included (2 states)."`
	Exact    bool   `help:"Solve in fractions: the entries of X, the loss, c and h exactly."`
	Rule     string `placeholder:"NAME" help:"How kernels are averaged: gauss-jacobi, gauss-jacobi-split, dirichlet-counts or quasi-monte-carlo; by default the cheapest exact one."`
	Floor    bool   `help:"Add the floor of every depth: no linear self-attention of any number of layers and heads is below it."`
	Contexts int    `default:"2000" help:"Contexts drawn for a floor that is no sum."`
	Seed     uint64 `default:"1" help:"Seed of quasi-monte-carlo and of the contexts."`
}

// Command implements Question.
func (*Optimum) Command() string { return "optimum" }

// OptimumAnswer is the optimum of one task.
type OptimumAnswer struct {
	Task           markov.Task              `json:"task"`
	Dimension      int                      `json:"dimension"`
	Rank           int                      `json:"rank"`
	Loss           float64                  `json:"loss"`
	Claim          moment.Claim             `json:"claim"`                  // what is known of the loss
	ClaimReason    string                   `json:"claim_reason,omitempty"` // why nothing is proven
	LossError      float64                  `json:"loss_error"`             // proven, unless the claim is numeric
	LabelPower     float64                  `json:"label_power"`
	X              []float64                `json:"x"`
	LambdaMin      float64                  `json:"lambda_min"`
	LambdaMax      float64                  `json:"lambda_max"`
	Condition      float64                  `json:"condition"`
	Residual       float64                  `json:"residual"`
	Unique         bool                     `json:"unique"`
	Rule           string                   `json:"rule"`
	Nodes          int                      `json:"nodes"`
	StandardError  float64                  `json:"standard_error"`            // of the loss
	StandardErrors *landscape.OptimumErrors `json:"standard_errors,omitempty"` // of the other numbers, where moments are sampled
	*ExactOptimum
	*FloorAnswer
	Realisability

	exact *moment.ExactForm // nil if it was not asked for
}

// ExactOptimum holds numbers as fractions "a/b".
type ExactOptimum struct {
	XExact    []string `json:"x_exact,omitempty"`
	LossExact string   `json:"loss_exact,omitempty"`
	CExact    string   `json:"c_exact,omitempty"`
	HExact    []string `json:"h_exact,omitempty"` // the vector h

	// DiscriminantExact is X_xy^2 - 4 X_xx X_yy for d = 1 without bias: X is a
	// transformer exactly if it is not negative (paper, Theorem 3.3).
	DiscriminantExact string `json:"discriminant_exact,omitempty"`
}

// Files returns H_exact.csv, the matrix H in fractions, where the question was for
// exact numbers.
func (a *OptimumAnswer) Files() ([]File, error) {
	if a.exact == nil {
		return nil, nil
	}
	rows := make([][]string, a.exact.Dim())
	for i := range rows {
		for k := range rows {
			rows[i] = append(rows[i], a.exact.HAt(i, k).RatString())
		}
	}
	var data bytes.Buffer
	if err := csv.NewWriter(&data).WriteAll(rows); err != nil {
		return nil, err
	}
	return []File{{"H_exact.csv", data.Bytes()}}, nil
}

func (q *Optimum) ask(ctx context.Context, env Env) (Answer, error) {
	for _, f := range given(q) {
		if f.name == "contexts" && !q.Floor {
			return nil, inputf("contexts", "`contexts` is for `floor`; leave it out")
		}
	}
	if q.Contexts < 2 {
		return nil, inputf("contexts", "`contexts` must be at least 2, got %d: there is no standard error from fewer", q.Contexts)
	}
	tasks, source, err := q.subjects(ctx, env, q.options())
	if err != nil {
		return nil, err
	}
	if q.Floor && source.own != nil {
		return nil, inputf("floor", "`floor` is of the prompts of a task, of which a form says nothing: leave out `%s` or `floor`", q.ownField())
	}
	sweep, err := q.sweep(tasks)
	if err != nil {
		return nil, err
	}
	var results Results[OptimumAnswer]
	for i, task := range sweep {
		if i > 0 {
			if err := source.prepare(ctx, task, q.options()); err != nil {
				return nil, err
			}
		}
		solve, err := q.solver(ctx, env, source)
		if err != nil {
			return nil, err
		}
		for _, t := range tasks {
			at := task
			if !t.Given() && source.averaged == nil {
				at = task.WithContext(t.Context())
			}
			answer, err := solve(at)
			if err != nil {
				return nil, err
			}
			results = append(results, answer)
			env.progress("optimum", len(results), len(sweep)*len(tasks))
		}
	}
	return results, nil
}

func (q *Optimum) options() moment.Options { return moment.Options{Rule: q.Rule, Seed: q.Seed} }

// sweep returns the tasks whose moments are needed, one for each start law.
func (q *Optimum) sweep(tasks []markov.Task) ([]markov.Task, error) {
	if q.SweepP == "" {
		return tasks[:1], nil
	}
	if q.P != "" || q.Start != "" {
		return nil, inputf("sweep-p", "`sweep-p` sets the start law; leave out `p` and `start`")
	}
	values, err := sweepValues("sweep-p", q.SweepP)
	if err != nil {
		return nil, err
	}
	if tasks[0].States() != 2 {
		return nil, inputf("sweep-p", "`sweep-p` is for 2 states, this task has %d", tasks[0].States())
	}
	var sweep []markov.Task
	for _, p := range values {
		one := big.NewRat(1, 1)
		if p.Sign() <= 0 || p.Cmp(one) >= 0 {
			return nil, inputf("sweep-p", "`sweep-p` %q: p = %s does not lie between 0 and 1", q.SweepP, markov.FormatRat(p))
		}
		start, err := markov.IIDStartOf([]*big.Rat{one.Sub(one, p), p})
		if err != nil {
			return nil, input("sweep-p", err)
		}
		sweep = append(sweep, tasks[0].WithStart(start))
	}
	return sweep, nil
}

// solver returns what answers for every n of a task.
func (q *Optimum) solver(ctx context.Context, env Env, source *forms) (func(markov.Task) (OptimumAnswer, error), error) {
	var exact func(n markov.Context) *moment.ExactForm
	if q.Exact {
		var err error
		if exact, err = source.exact(ctx); err != nil {
			return nil, inputUnlessEnded(ctx, "exact", err)
		}
	}
	return func(task markov.Task) (OptimumAnswer, error) {
		var form *moment.ExactForm
		if exact != nil {
			form = exact(task.Context())
		}
		answer, err := optimum(ctx, source, task, form)
		if err == nil && q.Floor {
			err = q.addFloor(ctx, env, source, &answer)
		}
		return answer, err
	}, nil
}

// addFloor adds the floor of every depth to an answer.
func (q *Optimum) addFloor(ctx context.Context, env Env, source *forms, a *OptimumAnswer) error {
	o := &landscape.Optimum{X: a.X, Loss: a.Loss}
	floor, err := source.floor(ctx, env, a.Task, source.at(a.Task.Context()), o, a.Loss, q.Contexts, q.Seed)
	if err != nil {
		return inputUnlessEnded(ctx, "floor", err)
	}
	if !q.Exact {
		floor.FloorExact = ""
	}
	a.FloorAnswer = floor
	return nil
}

// optimum answers for one task, whose moments, the same for every n, are given, and
// its form in fractions if they are asked for.
func optimum(ctx context.Context, source *forms, task markov.Task, exact *moment.ExactForm) (OptimumAnswer, error) {
	form := source.at(task.Context())
	if exact != nil {
		form = exact.Float()
	}
	o, err := landscape.Minimise(ctx, form)
	if err != nil {
		return OptimumAnswer{}, err
	}
	if exact != nil && o.Exact == nil {
		if err := o.SolveExactly(ctx, form, exact); err != nil {
			return OptimumAnswer{}, err
		}
	}
	answer := OptimumAnswer{
		Task: task, Dimension: o.Dimension, Rank: o.Rank, Loss: o.Loss, Claim: o.Claim, ClaimReason: o.Reason, LossError: o.LossError,
		LabelPower: form.C, X: o.X,
		LambdaMin: o.LambdaMin, LambdaMax: o.LambdaMax, Condition: o.Condition, Residual: o.Residual, Unique: o.Unique,
		Rule: source.rule, Nodes: source.nodes, exact: exact,
	}
	if exact != nil {
		answer.ExactOptimum = newExactOptimum(o.Exact, exact)
	} else {
		if answer.StandardErrors, err = source.standardErrors(ctx, task.Context()); err != nil {
			return OptimumAnswer{}, err
		}
		if answer.StandardErrors != nil {
			answer.StandardError = answer.StandardErrors.Loss
		}
	}
	realisation, err := landscape.Realise(ctx, form, o)
	if err != nil {
		return OptimumAnswer{}, err
	}
	answer.Realisability = newRealisability(realisation)
	return answer, ctx.Err()
}

func newExactOptimum(o *landscape.ExactOptimum, f *moment.ExactForm) *ExactOptimum {
	e := &ExactOptimum{LossExact: o.Loss.RatString(), CExact: f.C.RatString()}
	for i, x := range o.X {
		e.XExact = append(e.XExact, x.RatString())
		e.HExact = append(e.HExact, f.LAt(i).RatString())
	}
	if f.Q == 1 {
		d := new(big.Rat).Mul(o.X[0], o.X[2])
		d.Sub(new(big.Rat).Mul(o.X[1], o.X[1]), d.Mul(d, big.NewRat(4, 1)))
		e.DiscriminantExact = d.RatString()
	}
	return e
}

package ask

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
)

// predictorNames lists what --predictors takes, in the order of tables.
var predictorNames = []string{"bayes", "oracle", "bigram", "bigram-smoothed", "linear-posterior", "optimum", "best-lsa", "lsa", "transformer", "linear", "logistic", "knn3", "svm", "frequency", "constant"}

// Beyond these sizes a predictor is only made when it is asked for by name, for
// it then takes more than some seconds.
const (
	quickOptimum = 900  // enlarged parameters
	quickBest    = 200  // enlarged parameters, for the search for the best transformer
	quickChains  = 1024 // different chains of more than two states, S^(d+1), for a task's moments
)

// predictors makes the predictors that apply, in the order of predictorNames.
// left says what was left out that a user might expect, and why.
func (q *Predict) predictors(ctx context.Context, env Env, src *promptSource, model *fileModel) (list []predict.Predictor, fit *MomentFit, left []string, err error) {
	wanted := func(name string) bool { return len(q.Predictors) == 0 || slices.Contains(q.Predictors, name) }
	if src.task.States() == 1 {
		list, left = oneState(src.task, wanted)
		return list, nil, left, nil
	}
	all := append(predict.Classical(src.task), predict.NewBayes(src.task))
	if src.task.Regression() == nil {
		all = append(all, predict.NewFrequency(src.task))
	}
	if constant, err := predict.NewConstant(src.task); err == nil {
		all = append(all, constant)
	} else {
		left = append(left, leftOut("constant", err))
	}
	if src.sequences == nil {
		all = append(all, predict.NewOracle(src.task))
	}
	if model != nil {
		p, err := model.predictor(src.task)
		if err != nil {
			return nil, nil, nil, inputf("params", "%s: %w", q.Params, err)
		}
		all = append(all, p)
	}
	if wanted("linear-posterior") {
		p, err := predict.NewLinearPosterior(src.task)
		if err == nil {
			all = append(all, p)
		} else {
			left = append(left, leftOut("linear-posterior", err))
		}
	}
	if wanted("optimum") || wanted("best-lsa") {
		attention, moments, notes, err := q.attention(ctx, env, src)
		if err != nil {
			return nil, nil, nil, err
		}
		all, fit, left = append(all, attention...), moments, append(left, notes...)
	}
	for _, p := range all {
		if wanted(p.Name()) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(p, q predict.Predictor) int {
		return cmp.Compare(slices.Index(predictorNames, p.Name()), slices.Index(predictorNames, q.Name()))
	})
	return list, fit, left, nil
}

// oneState makes the predictors that have an answer where there is a single state.
func oneState(task markov.Task, wanted func(string) bool) (list []predict.Predictor, left []string) {
	constant, _ := predict.NewConstant(task) // a single state needs no stationary law
	for _, p := range []predict.Predictor{predict.NewBayes(task), predict.NewBigram(task), predict.NewSmoothedBigram(task), predict.NewFrequency(task), constant} {
		if wanted(p.Name()) {
			list = append(list, p)
		}
	}
	return list, []string{"the file has a single state, so there is nothing to predict: only bayes, bigram, bigram-smoothed, frequency and constant have an answer"}
}

// attention makes optimum and best-lsa. One that cannot be had is left out with a
// note; an error is that of a context that has ended, or of an estimate.
func (q *Predict) attention(ctx context.Context, env Env, src *promptSource) (list []predict.Predictor, fit *MomentFit, left []string, err error) {
	task := src.task
	dim := task.QueryDim() * moment.Pairs(task.Dim())
	asked := func(name string) bool { return slices.Contains(q.Predictors, name) }
	if len(q.Predictors) == 0 {
		chains := math.Pow(float64(task.States()), float64(task.Positions()+1)) // 0 for a regression
		if dim > quickOptimum || task.States() > 2 && chains > quickChains && !q.Fit {
			return nil, nil, []string{fmt.Sprintf("optimum and best-lsa are left out, for with %d enlarged parameters and %d states they take long; `predictors` optimum runs the first", dim, task.States())}, nil
		}
	}
	without := func(names string, err error) ([]predict.Predictor, *MomentFit, []string, error) {
		if ctx.Err() != nil {
			return nil, nil, nil, err
		}
		return list, fit, append(left, leftOut(names, err)), nil
	}
	form, fit, err := q.form(ctx, env, src, dim)
	if err != nil {
		if q.Fit {
			return nil, nil, nil, err
		}
		return without("optimum and best-lsa", err)
	}
	optimum, err := landscape.Minimise(ctx, form)
	if err != nil {
		return without("optimum and best-lsa", err)
	}
	p, err := predict.NewEnlarged("optimum", task, optimum.X)
	if err != nil {
		return without("optimum and best-lsa", err)
	}
	list = append(list, p)
	if fit != nil {
		fit.Dimension, fit.Rank, fit.LossEnlarged = optimum.Dimension, optimum.Rank, optimum.Loss
	}
	switch {
	case asked("best-lsa"):
	case len(q.Predictors) > 0:
		return list, fit, nil, nil
	case dim > quickBest:
		return list, fit, []string{fmt.Sprintf("best-lsa is left out, for with %d enlarged parameters the search for it takes long; `predictors` best-lsa runs it", dim)}, nil
	case !optimum.Unique:
		return list, fit, []string{fmt.Sprintf("best-lsa is left out, for H is singular (rank %d of %d) and the search for it takes long then; `predictors` best-lsa runs it", optimum.Rank, dim)}, nil
	}
	best, err := landscape.Recover(ctx, form, landscape.Settings{Seed: q.Seed, Progress: env.bounds("best-lsa")})
	if err != nil {
		return without("best-lsa", err)
	}
	if best.Status == landscape.Interrupted {
		return nil, nil, nil, fmt.Errorf("the search for the best transformer was interrupted: %w", ctx.Err())
	}
	transformer, err := predict.NewLSA("best-lsa", task, best.Parameters)
	if err != nil {
		return without("best-lsa", err)
	}
	if fit != nil {
		certified := best.Certified()
		fit.Loss, fit.Certified = &best.Loss, &certified
		if best.LowerBound.Proven() {
			fit.LowerBound = &best.LowerBound.Value
		}
	}
	if !best.Certified() {
		bound := "no lower bound"
		if best.LowerBound.Proven() {
			bound = fmt.Sprintf("lower bound %.6g", best.LowerBound.Value)
		}
		left = append(left, fmt.Sprintf("best-lsa is the best transformer found, not proven best: loss %.6g, %s", best.Loss, bound))
	}
	return append(list, transformer), fit, left, nil
}

// form returns the loss of one-layer models: the task's, or with --fit the
// estimate from training prompts.
func (q *Predict) form(ctx context.Context, env Env, src *promptSource, dim int) (*moment.Form, *MomentFit, error) {
	if !q.Fit {
		moments, err := moment.Of(ctx, src.task, moment.Options{})
		if err != nil {
			return nil, nil, inputUnlessEnded(ctx, "", err)
		}
		return moments.At(src.task.Context()), nil, nil
	}
	prompts := q.FitPrompts
	if prompts == 0 {
		prompts = max(5000, 20*dim)
	}
	source, err := q.prompts(src, true)
	if err != nil {
		return nil, nil, err
	}
	form, err := predict.EmpiricalForm(ctx, src.task, source, predict.Settings{Prompts: prompts, Progress: func(done int) { env.progress("estimating moments", done, prompts) }})
	return form, &MomentFit{Prompts: prompts}, err
}

package ask

import (
	"fmt"

	"markovicl/chainfile"
	"markovicl/internal/plural"
	"markovicl/markov"
	"markovicl/predict"
)

// promptSource is where prompts come from.
type promptSource struct {
	task      markov.Task
	labels    []string             // [S] names of the states
	sequences *chainfile.Sequences // nil if simulated
	windows   *chainfile.Windows   // of the file to evaluate on or to take the context from
	training  *chainfile.Windows   // to fit on; nil if nothing is fitted or prompts are simulated
	prior     *PriorFit
	all       bool // a prompt has every chain of the file but those of the query
}

// FileReport says how a file was read.
type FileReport = chainfile.Report

func (src *promptSource) report() *FileReport {
	if src.sequences == nil {
		return nil
	}
	r := src.sequences.Report(nil)
	if src.windows != nil && src.windows.Left > 0 {
		r.Skipped["short"] = src.windows.Left
		r.Notes = append(r.Notes, fmt.Sprintf("left out, as too short for a chain of %d states: %s", src.task.Positions()+1, plural.Of(src.windows.Left, "sequence")))
	}
	return &r
}

// ordered reports whether the mean of states as numbers means something.
func (src *promptSource) ordered() bool {
	return len(src.labels) <= 2 || src.sequences == nil || src.sequences.Ordered
}

// chains returns how many in-context chains a prediction takes; 0 is all.
func (src *promptSource) chains() int {
	if src.all {
		return 0
	}
	return int(src.task.Context())
}

// PriorFit is what `prior` fit found.
type PriorFit struct {
	Chains        int                `json:"chains"`
	Units         int                `json:"units"`
	Alpha         [][]float64        `json:"alpha"`
	AtBound       []predict.BoundHit `json:"at_bound"`
	Unseen        []string           `json:"unseen"`
	LogLikelihood float64            `json:"log_likelihood"`
}

// MomentFit is what `fit` found.
type MomentFit struct {
	Prompts      int      `json:"prompts"`
	Dimension    int      `json:"dimension"`
	Rank         int      `json:"rank"`
	LossEnlarged float64  `json:"loss_enlarged"` // on the prompts of the estimate
	Loss         *float64 `json:"loss"`          // of best-lsa; null if it was left out
	LowerBound   *float64 `json:"lower_bound"`
	Certified    *bool    `json:"certified"`
}

// source returns the task and where its prompts come from.
func (q *Predict) source(env Env, model *fileModel) (*promptSource, error) {
	spec, all, err := q.specOf(env)
	if err != nil {
		return nil, err
	}
	fitPrior := spec.Prior.Text == "fit"
	if fitPrior {
		spec.Prior = markov.PriorSpec{}
	}
	src := &promptSource{all: all}
	var query []markov.State
	if !q.Simulate {
		if src.sequences, err = q.read(env, q.File); err != nil {
			return nil, err
		}
		src.labels = src.sequences.Labels
		if query, err = src.sequences.Parse(q.Query); err != nil {
			return nil, inputf("query", "`query`: %w", err)
		}
	}
	if spec.D, err = q.positions(spec, query, model, len(src.labels)); err != nil {
		return nil, err
	}
	if q.Simulate {
		return src, src.simulate(spec)
	}
	fit := fitPrior || q.Fit
	if err := q.cut(src, spec, fit); err != nil {
		return nil, err
	}
	if fit {
		if err := q.setTrainingApart(src, spec); err != nil {
			return nil, err
		}
	}
	if fitPrior {
		return src, src.fitPrior()
	}
	return src, nil
}

// specOf returns the task as it is given, and whether its prompts have every chain of the
// file, for which its number of chains is to be found. The prior may be fit.
func (q *Predict) specOf(env Env) (spec markov.Spec, all bool, err error) {
	task := q.Task
	all = len(task.N) == 1 && task.N[0] == "all" || q.Each && len(task.N) == 0
	if all {
		task.N = []string{"1"}
	}
	if spec, err = task.oneSpec(env); err != nil {
		return spec, all, err
	}
	fit := spec.Prior.Text == "fit"
	switch {
	case all && q.Simulate:
		err = inputf("n", "`n` all is every chain of a file; a simulation needs a number")
	case fit && spec.Order > 1:
		err = inputf("prior", "`prior` fit is for order 1; give the prior of order %d", spec.Order)
	case fit && q.Simulate:
		err = inputf("prior", "`prior` fit fits the prior to a file; a simulation needs one that is given")
	}
	return spec, all, err
}

// positions returns d: as it is given, or the length of the query, or that of a model's
// input, or 2.
func (q *Predict) positions(spec markov.Spec, query []markov.State, model *fileModel, states int) (d int, err error) {
	d = spec.D
	if spec.Family == markov.RegressionFamily {
		switch {
		case !q.Simulate:
			return 0, inputf("family", "family regression has no states to predict in a file; add `simulate`")
		case q.Steps > 0:
			return 0, inputf("steps", "family regression has pairs in place of chains, which nothing follows; leave out `steps`")
		}
	} else if d == 0 {
		switch {
		case len(query) > 0:
			d = len(query)
		case model != nil:
			if d, err = positionsOf(model.dim(), spec, states); err != nil {
				return 0, err
			}
		default:
			d = 2
		}
	}
	if q.Query != "" && len(query) != d {
		return 0, inputf("query", "`query` %q has %d states, but d = %d; give as many, or leave out `d`", q.Query, len(query), d)
	}
	return d, nil
}

// simulate gives a source the task whose prompts are drawn.
func (src *promptSource) simulate(spec markov.Spec) (err error) {
	if src.task, err = markov.NewTask(spec); err != nil {
		return input("", err)
	}
	if src.task.Context() == markov.Infinite {
		return inputf("n", "prompts with n = inf cannot be drawn; give a finite `n`")
	}
	for s := range src.task.States() {
		src.labels = append(src.labels, fmt.Sprint(s))
	}
	return nil
}

// cut gives a source the task of its file, and the file cut into chains, from which, if
// there is something to fit, something is fitted.
func (q *Predict) cut(src *promptSource, spec markov.Spec, fit bool) (err error) {
	if src.task, src.windows, err = q.taskOf(spec, src.sequences, src.all); err != nil {
		return err
	}
	if src.all && !q.Evaluate && !q.Each { // the query leaves as many chains as it leaves
		prompt, err := q.prompt(src)
		if err != nil {
			return err
		}
		spec.N = fmt.Sprint(len(prompt.Context) / (src.task.Positions() + 1))
		if src.task, src.windows, err = q.taskOf(spec, src.sequences, false); err != nil {
			return err
		}
	}
	if (q.Evaluate || fit) && !src.all {
		return input("", src.windows.CheckContext(int(src.task.Context())))
	}
	return nil
}

// setTrainingApart keeps the windows to fit on: all, or where there is an evaluation the
// first half, which then has the law of the starts as well.
func (q *Predict) setTrainingApart(src *promptSource, spec markov.Spec) error {
	src.training = src.windows
	if !q.Evaluate {
		return nil
	}
	if src.all {
		return inputf("n", "`n` all leaves one prompt for fitting; give a number")
	}
	src.training, src.windows = src.windows.Halves()
	for _, half := range []*chainfile.Windows{src.training, src.windows} {
		if err := half.CheckContext(int(src.task.Context())); err != nil {
			return input("", err)
		}
	}
	if spec.Start == "" && spec.P == "" {
		src.task = src.task.WithStart(src.training.StartLaw())
	}
	return nil
}

// fitPrior gives the task the prior that is fitted to the training part.
func (src *promptSource) fitPrior() error {
	fit, err := predict.FitWindows(src.training, int(src.task.Context()))
	if err != nil {
		return input("", err)
	}
	prior, err := fit.Prior()
	if err != nil {
		return err
	}
	src.task = src.task.WithPrior(prior)
	src.prior = &PriorFit{
		Chains: src.training.Len(), Units: fit.Units, Alpha: fit.Alpha,
		AtBound: append([]predict.BoundHit{}, fit.AtBound...), Unseen: []string{}, LogLikelihood: fit.LogLikelihood,
	}
	for _, s := range fit.Unseen {
		src.prior.Unseen = append(src.prior.Unseen, src.labels[s])
	}
	return nil
}

// prompts returns the prompts to evaluate on, or, for training, those to
// estimate moments from.
func (q *Predict) prompts(src *promptSource, training bool) (predict.Source, error) {
	windows, seed := src.windows, q.Seed
	if training {
		windows, seed = src.training, q.Seed+trainingSeed
	}
	if src.sequences == nil {
		sampler, err := markov.NewSampler(src.task, seed)
		return sampler, input("", err)
	}
	source, err := predict.FromWindows(windows, int(src.task.Context()), seed)
	return source, input("", err)
}

// trainingSeed keeps the prompts of an estimate apart from those of the
// evaluation, where both are simulated.
const trainingSeed = 1 << 32

package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"markovicl/chainfile"
	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
)

type predictCmd struct {
	File       string   `arg:"" optional:"" help:"Chain file: FASTA, text or CSV; - is standard input."`
	Simulate   bool     `help:"Instead of a file: draw the prompts from the task."`
	Evaluate   bool     `help:"Compare the predictors on many prompts."`
	Prompts    int      `default:"1000" help:"Number of prompts of the evaluation."`
	Seed       uint64   `default:"1" help:"Seed of the prompts and of sampled states."`
	Query      string   `placeholder:"STATES" help:"Predict what follows these states; without it, what follows the file's last d states."`
	Steps      int      `placeholder:"K" help:"Extend the query by K states with each predictor, feeding its output back."`
	Greedy     bool     `help:"With --steps: take the most likely state instead of drawing one."`
	Params     string   `placeholder:"FILE" help:"Add the predictor lsa with these parameters (.safetensors, .npz, .json)."`
	Fit        bool     `help:"Estimate the moments from prompts of the file's first half, and take optimum and best-lsa from them instead of from the task; evaluate on the second half."`
	FitPrompts int      `placeholder:"N" help:"Prompts of the estimate; by default 20 for each enlarged parameter and at least 5000."`
	Predictors []string `placeholder:"NAME,.." help:"Only these predictors."`

	taskFlags
	chainFlags
	JSON bool `name:"json" help:"Print one JSON object and nothing else."`
}

func (predictCmd) Help() string {
	return `Examples:

    markovicl predict examples/lambda_phage.fa --classes purine=AG,pyrimidine=CT --evaluate
    markovicl predict examples/lambda_phage.fa --d 3 --n 50 --prior fit --evaluate
    markovicl predict examples/opticks.txt --classes vowel=aeiou,other=* --steps 40
    markovicl predict --simulate --evaluate --d 2 --n 100

A prompt is n in-context chains and a query of d states (d = 2 here unless given). Predictors:
bayes (posterior mean under --prior), oracle (knows the kernel; simulated prompts only), bigram and
bigram-smoothed (transition frequencies, with one added), optimum (of the enlarged one-layer LSA),
best-lsa (the best one-layer transformer), lsa (--params), linear, logistic, knn3, svm.
--prior fit fits a Dirichlet prior to the file: to its first half when evaluating, on the second.`
}

// predictorNames lists what --predictors takes, in the order of tables.
var predictorNames = []string{"bayes", "oracle", "bigram", "bigram-smoothed", "optimum", "best-lsa", "lsa", "linear", "logistic", "knn3", "svm"}

// Beyond these sizes a predictor is only made when it is asked for by name, for
// it then takes more than some seconds.
const (
	quickOptimum = 900  // enlarged parameters
	quickBest    = 200  // enlarged parameters, for the search for the best transformer
	quickChains  = 1024 // different chains of more than two states, S^(d+1), for a task's moments
)

// predictSource is where prompts come from.
type predictSource struct {
	task      markov.Task
	labels    []string             // [S] names of the states
	sequences *chainfile.Sequences // nil if simulated
	windows   *chainfile.Windows   // of the file to evaluate on or to take the context from
	training  *chainfile.Windows   // to fit on; nil if nothing is fitted or prompts are simulated
	prior     *priorFitAnswer
}

// priorFitAnswer is what --prior fit found.
type priorFitAnswer struct {
	Chains        int                `json:"chains"`
	Units         int                `json:"units"`
	Alpha         [][]float64        `json:"alpha"`
	AtBound       []predict.BoundHit `json:"at_bound"`
	Unseen        []string           `json:"unseen"`
	LogLikelihood float64            `json:"log_likelihood"`
}

// momentFitAnswer is what --fit found.
type momentFitAnswer struct {
	Prompts      int      `json:"prompts"`
	Dimension    int      `json:"dimension"`
	Rank         int      `json:"rank"`
	LossEnlarged float64  `json:"loss_enlarged"` // on the prompts of the estimate
	Loss         *float64 `json:"loss"`          // of best-lsa; null if it was left out
	LowerBound   *float64 `json:"lower_bound"`
	Certified    *bool    `json:"certified"`
}

func (c *predictCmd) Run(a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	model, err := c.model()
	if err != nil {
		return err
	}
	src, err := c.source(model)
	if err != nil {
		return err
	}
	predictors, fit, left, err := c.predictors(a, src, model)
	if err != nil {
		return err
	}
	for _, note := range left {
		fmt.Fprintln(a.stderr, "note:", note)
	}
	if c.Evaluate {
		return c.evaluate(a, src, predictors, fit)
	}
	return c.predict(a, src, predictors, fit)
}

func (c *predictCmd) check() error {
	switch {
	case c.Simulate && c.File != "":
		return badInputf("--simulate draws prompts from the task; leave out %s, or --simulate", c.File)
	case !c.Simulate && c.File == "":
		return badInputf("give a chain file, or --simulate to draw prompts from the task")
	case c.Simulate && c.Query != "":
		return badInputf("--query is for files; a simulated prompt has a query of its own")
	case c.Evaluate && (c.Query != "" || c.Steps != 0):
		return badInputf("--evaluate takes its queries from the prompts; leave out --query and --steps")
	case c.Steps < 0:
		return badInputf("--steps must be at least 1, got %d", c.Steps)
	case c.Greedy && c.Steps == 0:
		return badInputf("--greedy says how states are chosen; give --steps too")
	case c.Evaluate && c.Prompts < 2:
		return badInputf("--prompts must be at least 2, got %d: there is no standard error from fewer", c.Prompts)
	case c.FitPrompts < 0:
		return badInputf("--fit-prompts must be at least 1, got %d", c.FitPrompts)
	case c.FitPrompts > 0 && !c.Fit:
		return badInputf("--fit-prompts is for --fit")
	}
	for _, name := range c.Predictors {
		if !slices.Contains(predictorNames, name) {
			return badInputf("there is no predictor %q; choose among %s", name, strings.Join(predictorNames, ", "))
		}
	}
	if slices.Contains(c.Predictors, "oracle") && !c.Simulate {
		return badInputf("the oracle knows the kernel, which a file does not tell; it is for --simulate")
	}
	if slices.Contains(c.Predictors, "lsa") && c.Params == "" {
		return badInputf("the predictor lsa needs parameters; give --params FILE")
	}
	return nil
}

// model returns the parameters of --params, or nil.
func (c *predictCmd) model() (lsa.Model, error) {
	if c.Params == "" {
		return nil, nil
	}
	model, err := lsa.Load(c.Params)
	return model, badInput(err)
}

// source returns the task and where its prompts come from.
func (c *predictCmd) source(model lsa.Model) (*predictSource, error) {
	spec, ns, err := c.spec()
	if err != nil {
		return nil, err
	}
	if len(ns) > 1 {
		return nil, badInputf("predict takes one value of --n, got %s", strings.Join(ns, ","))
	}
	spec.N = ns[0]
	fitPrior := spec.Prior.Text == "fit"
	if fitPrior {
		if c.Simulate {
			return nil, badInputf("--prior fit fits the prior to a file; a simulation needs one that is given")
		}
		spec.Prior = markov.PriorSpec{}
	}
	src := &predictSource{}
	var query []markov.State
	if !c.Simulate {
		if src.sequences, err = c.read(c.File); err != nil {
			return nil, err
		}
		src.labels = src.sequences.Labels
		if query, err = src.sequences.Parse(c.Query); err != nil {
			return nil, badInputf("--query: %w", err)
		}
	}
	if spec.D == 0 {
		switch {
		case len(query) > 0:
			spec.D = len(query)
		case model != nil:
			if spec.D, err = positionsOf(model, spec, len(src.labels)); err != nil {
				return nil, err
			}
		default:
			spec.D = 2
		}
	}
	if c.Query != "" && len(query) != spec.D {
		return nil, badInputf("--query %q has %d states, but d = %d; give as many, or leave out --d", c.Query, len(query), spec.D)
	}
	if c.Simulate {
		if src.task, err = markov.NewTask(spec); err != nil {
			return nil, badInput(err)
		}
		if src.task.Context() == markov.Infinite {
			return nil, badInputf("prompts with n = inf cannot be drawn; give a finite --n")
		}
		for s := range src.task.States() {
			src.labels = append(src.labels, fmt.Sprint(s))
		}
		return src, nil
	}
	if src.task, src.windows, err = c.chainFlags.task(spec, src.sequences); err != nil {
		return nil, err
	}
	if fitPrior || c.Fit {
		src.training = src.windows
		if c.Evaluate {
			src.training, src.windows = src.windows.Halves()
			for _, half := range []*chainfile.Windows{src.training, src.windows} {
				if err := half.CheckContext(int(src.task.Context())); err != nil {
					return nil, badInput(err)
				}
			}
			if spec.Start == "" && spec.P == "" {
				src.task = src.task.WithStart(src.training.StartLaw())
			}
		}
	}
	if fitPrior {
		return src, src.fitPrior()
	}
	return src, nil
}

// fitPrior gives the task the prior that is fitted to the training part.
func (src *predictSource) fitPrior() error {
	fit, err := predict.FitWindows(src.training, int(src.task.Context()))
	if err != nil {
		return badInput(err)
	}
	prior, err := fit.Prior()
	if err != nil {
		return err
	}
	src.task = src.task.WithPrior(prior)
	src.prior = &priorFitAnswer{
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
func (c *predictCmd) prompts(src *predictSource, training bool) (predict.Source, error) {
	windows, seed := src.windows, c.Seed
	if training {
		windows, seed = src.training, c.Seed+trainingSeed
	}
	if src.sequences == nil {
		sampler, err := markov.NewSampler(src.task, seed)
		return sampler, badInput(err)
	}
	source, err := predict.FromWindows(windows, int(src.task.Context()), seed)
	return source, badInput(err)
}

// trainingSeed keeps the prompts of an estimate apart from those of the
// evaluation, where both are simulated.
const trainingSeed = 1 << 32

// predictors makes the predictors that apply, in the order of predictorNames.
// left says what was left out that a user might expect, and why.
func (c *predictCmd) predictors(a *app, src *predictSource, model lsa.Model) (list []predict.Predictor, fit *momentFitAnswer, left []string, err error) {
	wanted := func(name string) bool { return len(c.Predictors) == 0 || slices.Contains(c.Predictors, name) }
	all := append(predict.Classical(src.task), predict.NewBayes(src.task))
	if src.sequences == nil {
		all = append(all, predict.NewOracle(src.task))
	}
	if model != nil {
		p, err := predict.NewLSA("lsa", src.task, model)
		if err != nil {
			return nil, nil, nil, badInputf("%s: %w", c.Params, err)
		}
		all = append(all, p)
	}
	if wanted("optimum") || wanted("best-lsa") {
		var attention []predict.Predictor
		if attention, fit, left, err = c.attention(a, src); err != nil {
			return nil, nil, nil, err
		}
		all = append(all, attention...)
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

// attention makes optimum and best-lsa.
func (c *predictCmd) attention(a *app, src *predictSource) (list []predict.Predictor, fit *momentFitAnswer, left []string, err error) {
	task := src.task
	dim := task.QueryDim() * moment.Pairs(task.Dim())
	asked := func(name string) bool { return slices.Contains(c.Predictors, name) }
	if len(c.Predictors) == 0 {
		chains := math.Pow(float64(task.States()), float64(task.Positions()+1))
		if dim > quickOptimum || task.States() > 2 && chains > quickChains && !c.Fit {
			return nil, nil, []string{fmt.Sprintf("optimum and best-lsa are left out, for with %d enlarged parameters and %d states they take long; --predictors optimum runs the first", dim, task.States())}, nil
		}
	}
	form, fit, err := c.form(a, src, dim)
	if err != nil {
		if a.ctx.Err() != nil || c.Fit || asked("optimum") || asked("best-lsa") {
			return nil, nil, nil, err
		}
		return nil, nil, []string{"optimum and best-lsa are left out: " + err.Error()}, nil
	}
	optimum, err := landscape.Minimise(a.ctx, form)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := predict.NewEnlarged("optimum", task, optimum.X)
	if err != nil {
		return nil, nil, nil, err
	}
	list = append(list, p)
	if fit != nil {
		fit.Dimension, fit.Rank, fit.LossEnlarged = optimum.Dimension, optimum.Rank, optimum.Loss
	}
	switch {
	case asked("best-lsa"):
	case len(c.Predictors) > 0:
		return list, fit, nil, nil
	case dim > quickBest:
		return list, fit, []string{fmt.Sprintf("best-lsa is left out, for with %d enlarged parameters the search for it takes long; --predictors best-lsa runs it", dim)}, nil
	case !optimum.Unique:
		return list, fit, []string{fmt.Sprintf("best-lsa is left out, for H is singular (rank %d of %d) and the search for it takes long then; --predictors best-lsa runs it", optimum.Rank, dim)}, nil
	}
	progress, end := a.bounds("best-lsa")
	best, err := landscape.Recover(a.ctx, form, landscape.Settings{Seed: c.Seed, Progress: progress})
	end()
	if err != nil {
		return nil, nil, nil, err
	}
	if best.Status == landscape.Interrupted {
		return nil, nil, nil, fmt.Errorf("the search for the best transformer was interrupted: %w", a.ctx.Err())
	}
	transformer, err := predict.NewLSA("best-lsa", task, best.Parameters)
	if err != nil {
		return nil, nil, nil, err
	}
	if fit != nil {
		certified := best.Certified()
		fit.Loss, fit.LowerBound, fit.Certified = &best.Loss, &best.LowerBound, &certified
	}
	if !best.Certified() {
		left = append(left, fmt.Sprintf("best-lsa is the best transformer found, not proven best: loss %.6g, lower bound %.6g", best.Loss, best.LowerBound))
	}
	return append(list, transformer), fit, left, nil
}

// form returns the loss of one-layer models: the task's, or with --fit the
// estimate from training prompts.
func (c *predictCmd) form(a *app, src *predictSource, dim int) (*moment.Form, *momentFitAnswer, error) {
	if !c.Fit {
		moments, err := moment.Of(a.ctx, src.task, moment.Options{})
		if err != nil {
			if a.ctx.Err() == nil {
				err = badInput(err)
			}
			return nil, nil, err
		}
		return moments.At(src.task.Context()), nil, nil
	}
	prompts := c.FitPrompts
	if prompts == 0 {
		prompts = max(5000, 20*dim)
	}
	source, err := c.prompts(src, true)
	if err != nil {
		return nil, nil, err
	}
	set, end := a.progress("estimating moments", int64(prompts))
	defer end()
	form, err := predict.EmpiricalForm(a.ctx, src.task, source, predict.Settings{Prompts: prompts, Progress: func(done int) { set(int64(done)) }})
	return form, &momentFitAnswer{Prompts: prompts}, err
}

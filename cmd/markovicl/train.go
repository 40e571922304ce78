package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8/decor"

	"markovicl/internal/atomicfile"
	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
	"markovicl/train"
)

type trainCmd struct {
	taskFlags
	trainFlags
	Seed   uint64 `group:"Run" default:"1" help:"First seed."`
	Seeds  int    `group:"Run" default:"1" help:"How many seeds, trained in parallel: seed, seed+1, .."`
	Out    string `group:"Run" placeholder:"DIR" help:"Write parameters, history, result and checkpoints to this folder."`
	Resume bool   `group:"Run" help:"Continue the run in --out from its checkpoints; the result is the same to the bit."`
	JSON   bool   `name:"json" group:"Run" help:"Print one JSON object and nothing else."`
}

// trainFlags are the settings of training. A flag that is given overrides the
// configuration file, and that overrides train.Defaults.
type trainFlags struct {
	Config          string   `group:"Training" placeholder:"FILE.yaml" help:"Read the settings from a YAML file with the names of these flags; flags given beside it override it."`
	Layers          *int     `group:"Training" placeholder:"1" help:"Layers of the model."`
	Heads           *int     `group:"Training" placeholder:"1" help:"Heads of each layer."`
	Dense           *bool    `group:"Training" negatable:"" help:"Train all of P and Q, not b and A."`
	Fresh           bool     `group:"Training" xor:"data" help:"Draw fresh prompts for every step (default)."`
	Fixed           bool     `group:"Training" xor:"data" help:"Train on one fixed batch of prompts."`
	Population      bool     `group:"Training" xor:"data" help:"Train on the population loss itself: one layer, or binary states and n = inf."`
	Batch           *int     `group:"Training" placeholder:"1000" help:"Prompts in a step."`
	Steps           *int     `group:"Training" placeholder:"1000" help:"Steps; of lbfgs the most iterations."`
	Optimizer       string   `group:"Training" placeholder:"adam" help:"adam, adamw, sgd, or lbfgs for a loss without sampling noise."`
	LR              *float64 `name:"lr" group:"Training" placeholder:"0.01" help:"Step size."`
	Schedule        string   `group:"Training" placeholder:"cosine" help:"Of the step size: cosine or constant."`
	WarmUp          *int     `group:"Training" placeholder:"0" help:"Steps in which the step size rises linearly."`
	Clip            *float64 `group:"Training" placeholder:"1" help:"Bound on the gradient's norm; 0 is none."`
	Beta1           *float64 `name:"beta1" group:"Training" placeholder:"0.9" help:"Adam's memory of the gradient."`
	Beta2           *float64 `name:"beta2" group:"Training" placeholder:"0.95" help:"Adam's memory of the gradient's square."`
	Epsilon         *float64 `group:"Training" placeholder:"1e-8" help:"Adam's epsilon."`
	WeightDecay     *float64 `group:"Training" placeholder:"0.01" help:"Of adamw."`
	Momentum        *float64 `group:"Training" placeholder:"0.9" help:"Of sgd."`
	InitScale       *float64 `group:"Training" placeholder:"0.25" help:"Initial standard deviation of a parameter times the square root of D."`
	LossBound       *float64 `group:"Training" placeholder:"10000" help:"A loss above this many times the largest squared label is a divergence."`
	EvalPrompts     *int     `group:"Training" placeholder:"100000" help:"Fresh prompts of the final evaluation; 0 is none."`
	CheckpointEvery *int     `group:"Training" placeholder:"STEPS" help:"Steps between checkpoints; a tenth of all if not given."`
}

func (trainCmd) Help() string {
	return `Example: markovicl train --d 5 --n 100 --layers 4 --seeds 3 --out run

Trains linear self-attention by descent and prints the loss on fresh prompts beside the enlarged optimum, which
bounds every one-layer model from below, and the Bayes risk, which bounds every predictor. A run that is interrupted
(Ctrl-C, or kill) continues with --resume. --out holds params.safetensors and params.npz (the best seed),
seed-K.safetensors, history.csv and result.json.`
}

// config returns the settings that the flags name.
func (f *trainFlags) config() (train.Config, error) {
	c := train.Defaults()
	if f.Config != "" {
		data, err := os.ReadFile(f.Config)
		if err != nil {
			return c, badInput(err)
		}
		if c, err = train.ParseConfig(data, c); err != nil {
			return c, badInputf("%s: %w", f.Config, err)
		}
	}
	override(&c.Layers, f.Layers)
	override(&c.Heads, f.Heads)
	override(&c.Dense, f.Dense)
	switch {
	case f.Fresh:
		c.Data = train.Fresh
	case f.Fixed:
		c.Data = train.Fixed
	case f.Population:
		c.Data = train.Population
	}
	override(&c.Batch, f.Batch)
	override(&c.Steps, f.Steps)
	if f.Optimizer != "" {
		c.Optimizer = f.Optimizer
	}
	override(&c.Rate, f.LR)
	if f.Schedule != "" {
		c.Schedule = f.Schedule
	}
	override(&c.WarmUp, f.WarmUp)
	override(&c.Clip, f.Clip)
	override(&c.Beta1, f.Beta1)
	override(&c.Beta2, f.Beta2)
	override(&c.Epsilon, f.Epsilon)
	override(&c.WeightDecay, f.WeightDecay)
	override(&c.Momentum, f.Momentum)
	override(&c.Scale, f.InitScale)
	override(&c.LossBound, f.LossBound)
	override(&c.EvalPrompts, f.EvalPrompts)
	override(&c.CheckpointEvery, f.CheckpointEvery)
	return c, badInput(c.Validate())
}

func override[T any](dst *T, flag *T) {
	if flag != nil {
		*dst = *flag
	}
}

// trainAnswer is the command's JSON. What a run does not have is null.
type trainAnswer struct {
	Task            markov.Task  `json:"task"`
	Config          train.Config `json:"config"`
	Seeds           []seedAnswer `json:"seeds"`
	Mean            *float64     `json:"mean"`
	SD              *float64     `json:"sd"`
	SE              *float64     `json:"se"`
	EnlargedOptimum *float64     `json:"enlarged_optimum"`
	BayesRisk       *float64     `json:"bayes_risk"`
	BayesRiskSE     *float64     `json:"bayes_risk_se"`
	Seconds         float64      `json:"seconds,omitempty"` // on the terminal only, not in files
}

type seedAnswer struct {
	Seed            uint64       `json:"seed"`
	Status          train.Status `json:"status"`
	Steps           int          `json:"steps"`
	LossTrain       float64      `json:"loss_train"`
	AccuracyTrain   *float64     `json:"accuracy_train"`
	LossFresh       *float64     `json:"loss_fresh"`
	LossFreshSE     *float64     `json:"loss_fresh_se"`
	AccuracyFresh   *float64     `json:"accuracy_fresh"`
	AccuracyFreshSE *float64     `json:"accuracy_fresh_se"`
	LossPopulation  *float64     `json:"loss_population"` // exact
}

func (c *trainCmd) Run(a *app) error {
	start := time.Now()
	task, err := c.task()
	if err != nil {
		return err
	}
	config, err := c.config()
	if err != nil {
		return err
	}
	if err := c.checkOut(); err != nil {
		return err
	}
	problem := train.Problem{Task: task, Config: config, Seed: c.Seed}
	if err := problem.Check(); err != nil {
		return badInput(err)
	}
	report, end := c.progress(a, config)
	study, failed := train.RunSeeds(a.ctx, problem, c.Seeds, train.Settings{Dir: c.Out, Resume: c.Resume, Progress: report})
	end()
	if errors.Is(failed, train.ErrOtherProblem) {
		return badInput(failed)
	}
	if study == nil || len(study.Results) == 0 {
		return failed
	}
	answer := newTrainAnswer(task, config, study)
	interrupted := false
	for _, r := range study.Results {
		interrupted = interrupted || r.Status == train.Interrupted
	}
	if !interrupted {
		// What is trained is not lost to a Ctrl-C at the comparison.
		err := answer.compare(a, task, study)
		interrupted = err != nil && a.ctx.Err() != nil
		if err != nil && !interrupted {
			return err
		}
	}
	if c.Out != "" {
		if err := writeStudy(c.Out, study, answer); err != nil {
			return err
		}
	}
	answer.Seconds = time.Since(start).Seconds()
	if c.JSON {
		err = a.writeJSON(answer)
	} else {
		err = answer.print(a)
	}
	if interrupted {
		failed = errors.Join(failed, c.interruption())
	}
	return errors.Join(failed, err)
}

// checkOut makes the folder, and refuses to overwrite a run.
func (c *trainCmd) checkOut() error {
	if c.Resume && c.Out == "" {
		return badInputf("--resume needs --out, the folder of the run to continue")
	}
	if c.Seeds < 1 {
		return badInputf("seeds must be at least 1, got %d", c.Seeds)
	}
	if c.Out == "" {
		return nil
	}
	if err := os.MkdirAll(c.Out, 0o777); err != nil { // now rather than after the work
		return badInput(err)
	}
	if c.Resume {
		return nil
	}
	for k := range uint64(c.Seeds) {
		if _, err := os.Stat(train.CheckpointFile(c.Out, c.Seed+k)); !errors.Is(err, fs.ErrNotExist) {
			return badInputf("%s holds a run of seed %d; --resume continues it, another --out starts anew", c.Out, c.Seed+k)
		}
	}
	return nil
}

func (c *trainCmd) interruption() error {
	if c.Out == "" {
		return errors.New("interrupted; with --out a run can be continued")
	}
	return fmt.Errorf("interrupted; the same command with --resume continues the run in %s", c.Out)
}

// progress draws the steps of all seeds together, with the last loss and rate.
func (c *trainCmd) progress(a *app, config train.Config) (report func(train.Progress), end func()) {
	var mu sync.Mutex
	var last train.Progress
	done := map[uint64]int{}
	note := decor.Any(func(decor.Statistics) string {
		mu.Lock()
		defer mu.Unlock()
		return fmt.Sprintf("loss %.4f  lr %.4f ", last.Loss, last.Rate)
	})
	set, end := a.progress("training", int64(config.Steps)*int64(c.Seeds), note)
	if !a.terminal {
		return nil, end
	}
	return func(p train.Progress) {
		mu.Lock()
		last = p
		done[p.Seed] = p.Step
		total := 0
		for _, steps := range done {
			total += steps
		}
		mu.Unlock()
		if p.Step%20 == 0 || p.Step == p.Steps {
			set(int64(total))
		}
	}, end
}

func newTrainAnswer(task markov.Task, config train.Config, study *train.Study) *trainAnswer {
	answer := &trainAnswer{Task: task, Config: config}
	complete := true
	for _, r := range study.Results {
		s := seedAnswer{Seed: r.Seed, Status: r.Status, Steps: r.Steps, LossTrain: r.Train.Loss}
		if r.Train.Prompts > 0 {
			s.AccuracyTrain = &r.Train.Accuracy
		}
		if r.Fresh != (train.Score{}) {
			s.LossFresh, s.LossFreshSE = &r.Fresh.Loss, &r.Fresh.LossSE
			if r.Fresh.Prompts > 0 {
				s.AccuracyFresh, s.AccuracyFreshSE = &r.Fresh.Accuracy, &r.Fresh.AccuracySE
			}
		}
		complete = complete && s.LossFresh != nil
		answer.Seeds = append(answer.Seeds, s)
	}
	if complete {
		answer.Mean = &study.Mean
		if len(study.Results) > 1 {
			answer.SD, answer.SE = &study.SD, &study.SE
		}
	}
	return answer
}

// largestComparison is the dimension up to which the enlarged optimum is
// computed beside a training run: a matter of seconds.
const largestComparison = 1000

// largestSum is the n up to which exact risks at d = 1 are summed beside a
// training run.
const largestSum = 200

// bayesPrompts is the number of prompts for the Bayes risk where it is not had
// exactly. With a stationary start the risk given a prompt is an integral.
func bayesPrompts(task markov.Task) int {
	if task.Start().Kind() == markov.StationaryStart {
		return 2000
	}
	return 20_000
}

// compare adds the enlarged optimum, the exact losses and the Bayes risk, where
// they are had.
func (t *trainAnswer) compare(a *app, task markov.Task, study *train.Study) error {
	var form *moment.Form
	if q := task.QueryDim(); q*moment.Pairs(q+1) <= largestComparison {
		if moments, err := moment.Of(a.ctx, task, moment.Options{}); err == nil {
			form = moments.At(task.Context())
			o, err := landscape.Minimise(a.ctx, form)
			if err != nil {
				return err
			}
			t.EnlargedOptimum = &o.Loss
		} else if a.ctx.Err() != nil {
			return err
		}
	}
	for i, r := range study.Results {
		var loss float64
		var err error
		switch {
		case t.Config.Data == train.Population:
			loss = r.Train.Loss
		case t.Config.Layers == 1 && form != nil:
			loss, err = train.PopulationLoss(form, r.Model)
		case task.Positions() == 1 && task.States() == 2 && task.Context() <= largestSum && task.Start().Kind() != markov.StationaryStart:
			loss, err = train.ExactRisk(task, r.Model.NewForward().Predict)
		default:
			continue
		}
		if err != nil {
			return err
		}
		t.Seeds[i].LossPopulation = &loss
	}
	risk, err := predict.BayesRisk(a.ctx, task, study.Results[0].Seed, predict.Settings{Prompts: bayesPrompts(task)})
	if err != nil {
		return err
	}
	t.BayesRisk, t.BayesRiskSE = &risk.Mean, &risk.SE
	return nil
}

// writeStudy writes the files of a run. Times are not among them: the files of
// the same run are the same.
func writeStudy(dir string, study *train.Study, answer *trainAnswer) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := atomicfile.RemoveLeftovers(dir); err != nil {
		return err
	}
	for _, r := range study.Results {
		if err := lsa.Save(filepath.Join(dir, fmt.Sprintf("seed-%d.safetensors", r.Seed)), r.Model); err != nil {
			return err
		}
	}
	for _, name := range []string{"params.safetensors", "params.npz"} {
		if err := lsa.Save(filepath.Join(dir, name), study.Best().Model); err != nil {
			return err
		}
	}
	data, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(
		atomicfile.Write(filepath.Join(dir, "history.csv"), train.HistoryCSV(study.Results)),
		atomicfile.Write(filepath.Join(dir, "result.json"), append(data, '\n')),
	)
}

func (t *trainAnswer) print(a *app) error {
	kind := "structured"
	if t.Config.Dense {
		kind = "dense"
	}
	fmt.Fprintf(a.stdout, "task: %s\n", t.Task)
	fmt.Fprintf(a.stdout, "model: %s, %d layers, %d heads; %s on %s, batch %d\n\n",
		kind, t.Config.Layers, t.Config.Heads, t.Config.Optimizer, t.Config.Data, t.Config.Batch)
	number := func(x *float64, digits int) string {
		if x == nil {
			return "-"
		}
		return fmt.Sprintf("%.*f", digits, *x)
	}
	w := a.table()
	fmt.Fprintln(w, "\tsteps\tloss, training\tloss, fresh prompts\tstandard error\tloss, exact\taccuracy, fresh\tstatus")
	for _, s := range t.Seeds {
		fmt.Fprintf(w, "seed %d\t%d\t%.6f\t%s\t%s\t%s\t%s\t%s\n", s.Seed, s.Steps, s.LossTrain,
			number(s.LossFresh, 6), number(s.LossFreshSE, 6), number(s.LossPopulation, 6), number(s.AccuracyFresh, 4), s.Status)
	}
	if t.SD != nil {
		fmt.Fprintf(w, "mean\t\t\t%s\t%s\t\t\tsd over seeds %s\n", number(t.Mean, 6), number(t.SE, 6), number(t.SD, 6))
	}
	if t.EnlargedOptimum != nil {
		fmt.Fprintf(w, "enlarged optimum\t\t\t\t\t%s\t\tfloor of one layer\n", number(t.EnlargedOptimum, 6))
	}
	switch {
	case t.BayesRisk == nil:
	case *t.BayesRiskSE == 0:
		fmt.Fprintf(w, "Bayes risk\t\t\t\t\t%s\t\tfloor of every predictor\n", number(t.BayesRisk, 6))
	default:
		fmt.Fprintf(w, "Bayes risk\t\t\t%s\t%s\t\t\tfloor of every predictor\n", number(t.BayesRisk, 6), number(t.BayesRiskSE, 6))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\n%.1f seconds in all\n", t.Seconds)
	return nil
}

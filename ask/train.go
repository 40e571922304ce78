package ask

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"markovicl/internal/plural"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/train"
	"markovicl/transformer"
)

// Train asks for models of any depth trained by descent. Its answer is a TrainAnswer.
// Env says where checkpoints are kept.
type Train struct {
	Task
	TrainSettings
	Seed  uint64 `group:"Run" default:"1" help:"First seed."`
	Seeds int    `group:"Run" default:"1" help:"How many seeds, trained in parallel: seed, seed+1, .."`
	Init  string `group:"Run" placeholder:"FILE" help:"Begin with the parameters of this file, of linear self-attention or a transformer, in place of random ones."`
}

// Command implements Question.
func (*Train) Command() string { return "train" }

// TrainAnswer is what the seeds found. What a run does not have is null.
type TrainAnswer struct {
	Task            markov.Task   `json:"task"`
	Config          train.Config  `json:"config"`
	Init            string        `json:"init,omitempty"` // the file of the initial parameters
	Seeds           []TrainedSeed `json:"seeds"`
	Mean            *float64      `json:"mean"`
	SD              *float64      `json:"sd"`
	SE              *float64      `json:"se"`
	EnlargedOptimum *float64      `json:"enlarged_optimum"`
	BayesRisk       *float64      `json:"bayes_risk"`
	BayesRiskSE     *float64      `json:"bayes_risk_se"`
	FloorAnswer                   // the gain is over the mean loss on fresh prompts, without them over the enlarged optimum
	// Diverged are the seeds that left the reasonable numbers; they are not among Seeds.
	Diverged []DivergedSeed `json:"diverged,omitempty"`

	study *train.Study
}

// TrainedSeed is what one seed found.
type TrainedSeed struct {
	Seed            uint64       `json:"seed"`
	Status          train.Status `json:"status"`
	Steps           int          `json:"steps"`
	LossTrain       float64      `json:"loss_train"`
	AccuracyTrain   *float64     `json:"accuracy_train"`
	LossFresh       *float64     `json:"loss_fresh"`
	LossFreshSE     *float64     `json:"loss_fresh_se"` // null for one prompt
	AccuracyFresh   *float64     `json:"accuracy_fresh"`
	AccuracyFreshSE *float64     `json:"accuracy_fresh_se"`
	LossPopulation  *float64     `json:"loss_population"` // exact
}

func (q *Train) ask(ctx context.Context, env Env) (Answer, error) {
	config, err := q.config(env)
	if err != nil {
		return nil, err
	}
	var initial *fileModel
	if q.Init != "" {
		if initial, err = env.readModel("init", q.Init); err != nil {
			return nil, err
		}
		q.fit(&config, initial)
	}
	task, source, err := q.subject(ctx, env, initial)
	if err != nil {
		return nil, err
	}
	var form *moment.Form // to train on, where it is not the task's own
	if source != nil {
		form = source.at(task.Context())
	}
	if q.Seeds < 1 {
		return nil, inputf("seeds", "seeds must be at least 1, got %d", q.Seeds)
	}
	problem := train.Problem{Task: task, Config: config, Seed: q.Seed, Form: form}
	if initial != nil {
		problem.Initial = &train.Initial{Model: initial.linear, Transformer: initial.nonlinear}
	}
	if err := problem.Check(); err != nil {
		return nil, input("", err)
	}
	settings := train.Settings{Checkpoints: env.Checkpoints, Resume: env.Resume, Progress: q.watch(env, config)}
	study, failed := train.RunSeeds(ctx, problem, q.Seeds, settings)
	if errors.Is(failed, train.ErrOtherProblem) {
		return nil, input("", failed)
	}
	if study != nil {
		for _, d := range study.Diverged {
			failed = errors.Join(failed, d)
		}
	}
	if study == nil || len(study.Results) == 0 {
		return nil, failed
	}
	answer := newTrainAnswer(task, config, study)
	answer.Init = q.Init
	interrupted := slices.ContainsFunc(study.Results, func(r *train.Result) bool { return r.Status == train.Interrupted })
	interrupted = interrupted || study.Missing > 0
	if !interrupted {
		// What is trained is not lost to an interruption of the comparison.
		err := answer.compare(ctx, env, task, source, study)
		interrupted = err != nil && ctx.Err() != nil
		if err != nil && !interrupted {
			return nil, err
		}
	}
	if interrupted {
		failed = &Error{Kind: Interrupted, Message: "interrupted; the answer is about what was trained so far", Err: failed}
	}
	return *answer, failed
}

// subject returns the task, and what gives the form to train on where that is not the
// task's own: a form or prompts that were given, or an average over n.
// Without `d` the number of positions is that of the initial parameters, if there are
// any.
func (q *Train) subject(ctx context.Context, env Env, initial *fileModel) (markov.Task, *forms, error) {
	if !q.needsForm() {
		f := q.Task
		if initial != nil {
			spec, err := f.oneSpec(env)
			if err != nil {
				return markov.Task{}, nil, err
			}
			if spec.D == 0 {
				d, err := positionsOf(initial.dim(), spec, 0)
				if err != nil {
					return markov.Task{}, nil, err
				}
				f.D = &d
			}
		}
		task, err := f.task(env)
		return task, nil, err
	}
	tasks, source, err := q.subjects(ctx, env, moment.Options{})
	if err != nil {
		return markov.Task{}, nil, err
	}
	return tasks[0], source, nil
}

// fit gives the configuration the layers, heads and kind of the initial parameters,
// where the question says nothing of them.
func (q *Train) fit(config *train.Config, initial *fileModel) {
	if initial.linear == nil || config.Nonlinear() || q.Config != "" {
		return
	}
	layers, heads, _ := initial.linear.Size()
	if q.Layers == nil {
		config.Layers = layers
	}
	if q.Heads == nil {
		config.Heads = heads
	}
	if _, dense := initial.linear.(*lsa.Dense); dense && q.Dense == nil {
		config.Dense = true
	}
}

// watch reports the steps of all seeds together, with the last loss and rate.
func (q *Train) watch(env Env, config train.Config) func(train.Progress) {
	if env.Progress == nil {
		return nil
	}
	var lock sync.Mutex
	var total, tokens int64
	done := map[uint64]int{}
	start := time.Now()
	return func(p train.Progress) {
		lock.Lock()
		tokens += int64(p.Tokens)
		read := tokens
		total += int64(p.Step - done[p.Seed])
		done[p.Seed] = p.Step
		now := total
		lock.Unlock()
		if p.Step%20 == 0 || p.Step == p.Steps {
			note := fmt.Sprintf("loss %.4f  lr %.4f ", p.Loss, p.Rate)
			if read > 0 { // a transformer
				note += fmt.Sprintf(" %.0f tokens/s ", float64(read)/time.Since(start).Seconds())
			}
			env.Progress(Progress{Stage: "training", Done: now, Total: int64(config.Steps) * int64(q.Seeds), Note: note})
		}
	}
}

// DivergedSeed says where a seed diverged.
type DivergedSeed struct {
	Seed  uint64   `json:"seed"`
	Step  int      `json:"step"`  // from 0
	Layer int      `json:"layer"` // from 0, the first whose output is to blame
	Loss  *float64 `json:"loss"`  // null if it was not a number
}

func newDivergedSeed(d *train.DivergedError) DivergedSeed {
	seed := DivergedSeed{Seed: d.Seed, Step: d.Step, Layer: d.Layer}
	if !math.IsNaN(d.Loss) && !math.IsInf(d.Loss, 0) {
		seed.Loss = &d.Loss
	}
	return seed
}

// Results returns the runs of the seeds, histories included.
func (a *TrainAnswer) Results() []*train.Result { return a.study.Results }

// Model says in words what was trained.
func (a *TrainAnswer) Model() string {
	from := ""
	if a.Init != "" {
		from = ", beginning with " + a.Init
	}
	if m := a.study.Results[0].Transformer; m != nil {
		return fmt.Sprintf("%s, width %d, %s, %s, %d parameters: %s%s", a.Config.Model, m.Width, plural.Of(m.Blocks, "block"), plural.Of(m.Heads, "head"), m.ParameterCount(), m.Words(), from)
	}
	kind := "structured"
	if a.Config.Dense {
		kind = "dense"
	}
	return fmt.Sprintf("%s, %s, %s%s", kind, plural.Of(a.Config.Layers, "layer"), plural.Of(a.Config.Heads, "head"), from)
}

// Files returns the parameters of every seed and of the best, the history of all, and the
// answer, and of a linear model the best as NPZ: seed-K.safetensors, params.safetensors, params.npz, history.csv, result.json.
func (a *TrainAnswer) Files() ([]File, error) {
	var files []File
	metadata, err := recorded(a.Task)
	if err != nil {
		return nil, err
	}
	encode := func(r *train.Result) ([]byte, error) {
		if r.Transformer != nil {
			return transformer.Encode(r.Transformer, nil, metadata)
		}
		return lsa.EncodeSafetensorsWith(r.Model, nil, metadata)
	}
	for _, r := range a.study.Results {
		data, err := encode(r)
		if err != nil {
			return nil, err
		}
		files = append(files, File{fmt.Sprintf("seed-%d.safetensors", r.Seed), data})
	}
	best := a.study.Best()
	data, err := encode(best)
	if err != nil {
		return nil, err
	}
	files = append(files, File{"params.safetensors", data})
	if best.Model != nil {
		if data, err = lsa.EncodeNPZWith(best.Model, metadata); err != nil {
			return nil, err
		}
		files = append(files, File{"params.npz", data})
	}
	var result bytes.Buffer
	if err := Encode(&result, a); err != nil {
		return nil, err
	}
	return append(files,
		File{"history.csv", train.HistoryCSV(a.study.Results)}, File{"result.json", result.Bytes()},
	), nil
}

func newTrainAnswer(task markov.Task, config train.Config, study *train.Study) *TrainAnswer {
	answer := &TrainAnswer{Task: task, Config: config, study: study}
	complete := study.Missing == 0
	for _, r := range study.Results {
		s := TrainedSeed{Seed: r.Seed, Status: r.Status, Steps: r.Steps, LossTrain: r.Train.MSE.Mean}
		if r.Train.Prompts > 0 && task.Regression() == nil {
			s.AccuracyTrain = &r.Train.Accuracy.Mean
		}
		if r.Evaluated() {
			s.LossFresh = &r.Fresh.MSE.Mean
			if r.Fresh.Prompts != 1 { // one prompt says nothing of its error
				s.LossFreshSE = &r.Fresh.MSE.SE
			}
			if r.Fresh.Prompts > 0 && task.Regression() == nil {
				s.AccuracyFresh = &r.Fresh.Accuracy.Mean
			}
			if r.Fresh.Prompts > 1 {
				s.AccuracyFreshSE = &r.Fresh.Accuracy.SE
			}
		}
		complete = complete && s.LossFresh != nil
		answer.Seeds = append(answer.Seeds, s)
	}
	for _, d := range study.Diverged {
		answer.Diverged = append(answer.Diverged, newDivergedSeed(d))
	}
	if complete {
		answer.Mean = &study.Mean
		if len(study.Results) > 1 {
			answer.SD, answer.SE = &study.SD, &study.SE
		}
	}
	return answer
}

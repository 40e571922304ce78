package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
	"markovicl/transformer"
)

// Problem is what a run is about. Together with nothing else it determines the
// trained parameters to the bit.
type Problem struct {
	Task   markov.Task
	Config Config
	Seed   uint64

	// Form is the population loss of one layer where it is not that of the task at
	// its n: a form of one's own, or an average over n. Training is then on the
	// population, and the losses are values of the form.
	Form *moment.Form

	// Initial, if not nil, are the parameters to begin with, in place of random ones.
	Initial *Initial
}

// Settings are what a run may be given that does not change its result; the
// zero value is useful.
type Settings struct {
	Workers int // goroutines, 0 for GOMAXPROCS
	// Checkpoints is where the run keeps its checkpoints; nil for none.
	Checkpoints Checkpoints
	Resume      bool // from the checkpoint there, if there is one

	// Progress, if not nil, is called after every step. Runs of several seeds
	// call it from several goroutines, one for each seed.
	Progress func(Progress)

	form *moment.Form // the population loss of one layer, if RunSeeds has it
}

// Progress is how far a run has come.
type Progress struct {
	Seed        uint64
	Step, Steps int     // done, and in all
	Loss, Rate  float64 // of the last step
	Tokens      int     // of the last step, of a transformer
}

// Status says why a run ended.
type Status int

// The ways in which a run ends without an error.
const (
	Finished    Status = iota // all steps are done
	Converged                 // L-BFGS: the loss has stopped to fall
	Interrupted               // the context ended; the checkpoint is written
)

var statusNames = []string{"finished", "converged", "interrupted"}

func (s Status) String() string { return statusNames[s] }

// MarshalText writes the status as a word.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Result is what a run found.
type Result struct {
	Seed    uint64
	Status  Status
	Steps   int // done
	History []Row

	// The model at the end is one of these.
	Model       lsa.Model
	Transformer *transformer.Model

	// Train is loss and accuracy, at the end, on the data of training: the batch,
	// the last step's prompts, or the population, which has no accuracy.
	Train predict.Score

	// Fresh is loss and accuracy at the end on prompts not seen in training. At
	// n = infinity it is the population loss; it is the zero Score if no
	// evaluation was asked for or the run was interrupted. Prompt i of them is prompt
	// i of a [markov.Sampler], as for every other predictor.
	Fresh predict.Score

	// QuadratureError is by how much the population loss at n = infinity, as
	// training saw it, differed from the converged value that Train reports.
	QuadratureError float64
}

// DivergedError says where a run left the reasonable numbers. The last
// checkpoint before is kept.
type DivergedError struct {
	Seed  uint64
	Step  int     // from 0
	Layer int     // from 0, the first whose output is to blame
	Loss  float64 // NaN if there is none
}

func (e *DivergedError) Error() string {
	what := "the output is not a finite number"
	if !math.IsNaN(e.Loss) {
		what = fmt.Sprintf("the loss has grown to %.3g", e.Loss)
	}
	return fmt.Sprintf("training with seed %d diverged at step %d, layer %d: %s; a smaller lr, init-scale or clip helps", e.Seed, e.Step, e.Layer, what)
}

// Check says whether the problem can be trained at all: its settings are valid
// and its data can be had for its task.
func (p Problem) Check() error {
	c, n := p.Config, p.Task.Context()
	if err := c.Validate(); err != nil {
		return err
	}
	if p.Form != nil && (c.Data != Population || c.Layers != 1 || c.Nonlinear()) {
		return fmt.Errorf("of a form only the population loss of one layer is known: train on the population, with one layer of linear self-attention")
	}
	if err := p.checkInitial(); err != nil {
		return err
	}
	if c.Nonlinear() {
		return p.checkNonlinear()
	}
	if c.Data != Population {
		if n == markov.Infinite {
			return fmt.Errorf("no prompts with n = inf can be drawn; train on the population, or give a finite n")
		}
		return nil
	}
	if t := p.Task; c.Layers > 1 && (n != markov.Infinite || t.Order() != 1 || t.States() != 2 && t.Prior().Mixture() == nil) {
		return fmt.Errorf("the population loss of %d layers is known for n = inf and binary states or a mixture of kernels, both of order 1, only; train on fresh prompts, many in a batch", c.Layers)
	}
	return nil
}

// labelScale returns the largest squared label of a task, of a regression the
// mean squared label.
func labelScale(t markov.Task) float64 {
	if r := t.Regression(); r != nil {
		return markov.Float(r.LabelPowerRat())
	}
	var largest float64
	for state := range t.States() {
		label := t.Embedding().Label(markov.State(state))
		largest = max(largest, label*label)
	}
	return largest
}

// What a seed is used for, so that its streams are independent.
const (
	initialSeed = iota
	promptSeed
	evaluationSeed
)

func (p Problem) derivedSeed(purpose uint64) uint64 {
	return markov.Stream(p.Seed, math.MaxUint64-purpose).Uint64()
}

// run is a run on its way.
type run struct {
	problem     Problem
	checkpoints Checkpoints
	progress    func(Progress)
	model       lsa.Model
	params      []float64 // all parts of model, one after the other
	grad        []float64
	objective   objective
	optimizer   optimizer
	bound       float64 // on the loss
	step        int
	history     []Row
}

// Run trains one model. It fails with a *DivergedError if the loss leaves the
// reasonable numbers; if ctx ends, it writes the checkpoint and returns what it
// has, as Interrupted.
func Run(ctx context.Context, p Problem, s Settings) (*Result, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if s.Workers == 0 {
		s.Workers = runtime.GOMAXPROCS(0)
	}
	if p.Config.Nonlinear() {
		return runTransformer(ctx, p, s)
	}
	r := &run{problem: p, checkpoints: s.Checkpoints, progress: s.Progress}
	r.model, r.params = newModel(p.Config, p.Task.Dim())
	r.grad = make([]float64, len(r.params))
	rng := rand.New(markov.Stream(p.derivedSeed(initialSeed), 0))
	for i := range r.params {
		r.params[i] = p.Config.Scale / math.Sqrt(float64(p.Task.Dim())) * rng.NormFloat64()
	}
	if p.Initial != nil {
		own := r.model.Parts()
		for k, part := range p.Initial.linear(p.Config).Parts() {
			copy(own[k].Data, part.Data)
		}
	}
	r.bound = p.Config.LossBound
	if p.Form != nil {
		r.bound *= p.Form.C
	} else {
		r.bound *= labelScale(p.Task)
	}
	var err error
	if r.objective, err = newObjective(ctx, p, r.model, s); err != nil {
		return nil, err
	}
	defer r.objective.close()

	var status Status
	if p.Config.Optimizer == "lbfgs" {
		status, err = r.minimize(ctx)
	} else {
		r.optimizer = newOptimizer(p.Config, len(r.params))
		if s.Resume && r.checkpoints != nil {
			if err := r.restore(); err != nil {
				return nil, err
			}
		}
		status, err = r.descend(ctx)
	}
	if err != nil {
		return nil, err
	}
	return r.result(ctx, status, s.Workers)
}

// descend takes the steps that are left. Checkpoints on the way are of
// parameters whose loss has been seen; the last one is result's.
func (r *run) descend(ctx context.Context) (Status, error) {
	c := r.problem.Config
	for r.step < c.Steps {
		if ctx.Err() != nil {
			return Interrupted, nil
		}
		loss, err := r.objective.gradient(r.step, r.grad)
		if err := r.checkDivergence(loss, err); err != nil {
			return 0, err
		}
		// Only now is it known that these parameters are worth keeping.
		if r.step%c.checkpointEvery() == 0 {
			if err := r.save(); err != nil {
				return 0, err
			}
		}
		norm, rate := clip(r.grad, c.Clip), c.rate(r.step)
		if c.keeps(r.step) {
			r.history = append(r.history, Row{r.step, loss, rate, norm})
		}
		r.optimizer.update(r.params, r.grad, rate, r.step)
		r.step++
		if r.progress != nil {
			r.progress(Progress{Seed: r.problem.Seed, Step: r.step, Steps: c.Steps, Loss: loss, Rate: rate})
		}
	}
	return Finished, nil
}

// checkDivergence turns a loss that is too large, or a pass that failed, into
// the error that names the layer.
func (r *run) checkDivergence(loss float64, err error) error {
	diverged := &DivergedError{Seed: r.problem.Seed, Step: r.step, Loss: math.NaN()}
	var divergence *lsa.DivergenceError
	switch {
	case errors.As(err, &divergence):
		diverged.Layer = divergence.Layer
		return diverged
	case err != nil:
		return err
	case loss <= r.bound:
		return nil
	}
	// The first layer after which the loss is beyond the bound.
	diverged.Loss = loss
	layers, _, _ := r.model.Size()
	for diverged.Layer = range layers - 1 {
		early, err := r.objective.loss(r.step, lsa.FirstLayers(r.model, diverged.Layer+1))
		if err != nil || early > r.bound {
			return diverged
		}
	}
	diverged.Layer = layers - 1
	return diverged
}

// result checks where the run ended, writes the checkpoint and evaluates.
func (r *run) result(ctx context.Context, status Status, workers int) (*Result, error) {
	p := r.problem
	out := &Result{Seed: p.Seed, Status: status, Steps: r.step, Model: r.model, History: r.history}
	loss, err := r.objective.loss(max(0, r.step-1), r.model)
	if err := r.checkDivergence(loss, err); err != nil {
		return nil, err
	}
	if err := r.save(); err != nil {
		return nil, err
	}
	noPrompts := p.Form != nil || p.Task.Context() == markov.Infinite
	if p.Config.Data == Population {
		if p.Config.Layers > 1 {
			if loss, out.QuadratureError, err = convergedLawLoss(p.Task, r.model); err != nil {
				return nil, err
			}
		}
		out.Train = predict.Score{Name: lsaName, MSE: predict.Metric{Mean: loss}}
	} else {
		if out.Train, err = EvaluateBatch(context.WithoutCancel(ctx), p, max(0, r.step-1), r.model, workers); err != nil {
			return nil, err
		}
	}
	switch {
	case status == Interrupted || p.Config.EvalPrompts == 0:
	case noPrompts:
		out.Fresh = out.Train
	default:
		out.Fresh, err = p.scoreFresh(ctx, r.model, workers)
		if err != nil && ctx.Err() != nil {
			out.Status, err = Interrupted, nil
		}
	}
	return out, err
}

package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"markovicl/internal/npz"
	"markovicl/internal/tensorfile"
	"markovicl/markov"
	"markovicl/predict"
	"markovicl/transformer"
)

// Nonlinear models are trained as sequence models: the loss of a step is the mean
// of the squared errors of all predictions of its prompts, which with interleaved
// tokens are one for every chain. What Result reports is the error after all n
// chains, as for linear models.

// The models of a Config that are not presets of package transformer.
const (
	LinearModel = "lsa"       // also ""
	CustomModel = "attention" // a transformer whose sizes are given
)

// Nonlinear reports whether the configuration is that of a transformer.
func (c Config) Nonlinear() bool { return c.Model != "" && c.Model != LinearModel }

// DefaultsOf returns the defaults of a model: those of Defaults, but for
// transformers batches of 64, a smaller step after a warm-up, and fewer prompts at
// the end, for each of them costs a pass over all of its tokens.
func DefaultsOf(model string) Config {
	c := Defaults()
	if model == "" || model == LinearModel {
		return c
	}
	c.Model = model
	c.Batch, c.Rate, c.WarmUp, c.Beta2, c.EvalPrompts = 64, 1e-3, 100, 0.99, 5000
	if model == CustomModel {
		c.Width, c.Blocks, c.HeadsPerBlock = 64, 1, 1
	}
	return c
}

// Models lists what Config.Model can be.
func Models() []string {
	return append(append([]string{LinearModel}, transformer.Presets()...), CustomModel)
}

// transformer returns the shape of a nonlinear model for a task.
func (c Config) transformer(t markov.Task) (transformer.Config, error) {
	shape := transformer.Config{Width: c.Width, Blocks: c.Blocks, Heads: c.HeadsPerBlock}
	if c.Model != CustomModel {
		preset, err := transformer.Preset(c.Model)
		if err != nil {
			return shape, err
		}
		for _, f := range []struct{ own, preset *int }{{&shape.Width, &preset.Width}, {&shape.Blocks, &preset.Blocks}, {&shape.Heads, &preset.Heads}} {
			if *f.own == 0 {
				*f.own = *f.preset
			}
		}
	}
	shape.LinearAttention, shape.NoMLP, shape.NoNorm, shape.NoPositions = c.LinearAttention, c.NoMLP, c.NoNorm, c.NoPositions
	shape.Joined, shape.Full = c.Joined, c.Full
	shape = shape.For(t, int(t.Context()))
	return shape, shape.Validate()
}

// checkNonlinear says whether a transformer can be trained as the problem asks.
func (p Problem) checkNonlinear() error {
	c := p.Config
	switch {
	case c.Data == Population:
		return errors.New("the population loss of a transformer is not known; train it on fresh prompts")
	case p.Task.Context() == markov.Infinite:
		return errors.New("no prompts with n = inf can be drawn; give a finite n")
	case c.Optimizer != "adam" && c.Optimizer != "adamw":
		return fmt.Errorf("optimizer %q is for linear models; transformers are trained by adam or adamw", c.Optimizer)
	case c.Dense:
		return errors.New("dense is for linear models; all of a transformer's matrices are free")
	}
	if _, err := c.transformer(p.Task); err != nil {
		return err
	}
	_, _, err := c.curriculum(int(p.Task.Context()))
	return err
}

// curriculum returns the numbers of in-context chains at the start of training and
// from its middle on, for a task with n. Curriculum counts the query as a chain, as
// the paper does: 26:101 ends at n = 100.
func (c Config) curriculum(n int) (from, to int, err error) {
	if c.Curriculum == "" {
		return n, n, nil
	}
	first, last, ok := strings.Cut(c.Curriculum, ":")
	a, err1 := strconv.Atoi(first)
	b, err2 := strconv.Atoi(last)
	if !ok || err1 != nil || err2 != nil || a < 2 || b < a || b > n+1 {
		return 0, 0, fmt.Errorf("curriculum must be FROM:TO, chains of a prompt with the query among them, 2 <= FROM <= TO <= n+1 = %d, got %q", n+1, c.Curriculum)
	}
	return a - 1, b - 1, nil
}

// chains returns the in-context chains of a step: a linear rise over the first half
// of the steps. The task's n is shown from the middle on.
func (c Config) chains(step, from, to int) int {
	half := max(1, c.Steps/2)
	return from + (to-from)*min(step, half)/half
}

// sequenceRun is the run of a transformer on its way.
type sequenceRun struct {
	problem  Problem
	settings Settings
	model    *transformer.Model
	trainer  *transformer.Trainer
	sampler  *markov.Sampler
	from, to int     // in-context chains at the start and from the middle on
	bound    float64 // on the loss
	step     int
	history  []Row
	prompt   markov.Prompt
}

// runTransformer is Run for a nonlinear model; the problem has been checked.
func runTransformer(ctx context.Context, p Problem, s Settings) (*Result, error) {
	c := p.Config
	shape, err := c.transformer(p.Task)
	if err != nil {
		return nil, err
	}
	r := &sequenceRun{problem: p, settings: s, bound: c.LossBound * labelScale(p.Task)}
	if r.from, r.to, err = c.curriculum(int(p.Task.Context())); err != nil {
		return nil, err
	}
	if r.model, err = transformer.New(shape); err != nil {
		return nil, err
	}
	r.model.Draw(rand.New(markov.Stream(p.derivedSeed(initialSeed), 0)))
	if p.Initial != nil {
		own := r.model.Parts()
		for k, part := range p.Initial.Transformer.Parts() {
			copy(own[k].Data, part.Data)
		}
	}
	if r.sampler, err = markov.NewSampler(p.Task, p.derivedSeed(promptSeed)); err != nil {
		return nil, err
	}
	if r.trainer, err = transformer.NewTrainer(r.model, p.Task, c.Batch, s.Workers); err != nil {
		return nil, err
	}
	defer r.trainer.Close()
	if s.Resume && s.Checkpoints != nil {
		if err := r.restore(); err != nil {
			return nil, err
		}
	}
	status, err := r.descend(ctx)
	if err != nil {
		return nil, err
	}
	return r.result(ctx, status)
}

// firstPrompt returns the number of the first prompt of a step.
func (r *sequenceRun) firstPrompt(step int) uint64 {
	if r.problem.Config.Data == Fixed {
		return 0
	}
	return uint64(step) * uint64(r.problem.Config.Batch)
}

// descend takes the steps that are left.
func (r *sequenceRun) descend(ctx context.Context) (Status, error) {
	c := r.problem.Config
	decay := 0.0
	if c.Optimizer == "adamw" {
		decay = c.WeightDecay
	}
	for r.step < c.Steps {
		if ctx.Err() != nil {
			return Interrupted, nil
		}
		loss, norm, err := r.gradient()
		if err := r.checkDivergence(loss, err); err != nil {
			return 0, err
		}
		// Only now is it known that these parameters are worth keeping.
		if r.step%c.checkpointEvery() == 0 {
			if err := r.save(); err != nil {
				return 0, err
			}
		}
		scale, rate := 1.0, c.rate(r.step)
		if c.Clip > 0 && norm > c.Clip {
			scale = c.Clip / norm
		}
		if c.keeps(r.step) {
			r.history = append(r.history, Row{r.step, loss, rate, norm})
		}
		r.trainer.Update(r.step, scale, transformer.Adam{Rate: rate, Beta1: c.Beta1, Beta2: c.Beta2, Epsilon: c.Epsilon, WeightDecay: decay})
		tokens := c.Batch * r.model.Tokens(c.chains(r.step, r.from, r.to))
		r.step++
		if r.settings.Progress != nil {
			r.settings.Progress(Progress{Seed: r.problem.Seed, Step: r.step, Steps: c.Steps, Loss: loss, Rate: rate, Tokens: tokens})
		}
	}
	return Finished, nil
}

// gradient draws the prompts of the step and computes its gradient.
func (r *sequenceRun) gradient() (loss, norm float64, err error) {
	c := r.problem.Config
	if err := r.trainer.Start(c.chains(r.step, r.from, r.to)); err != nil {
		return 0, 0, err
	}
	first := r.firstPrompt(r.step)
	for i := range c.Batch {
		if err := r.sampler.Prompt(&r.prompt, first+uint64(i)); err != nil {
			return 0, 0, err
		}
		r.trainer.Set(i, &r.prompt)
	}
	return r.trainer.Gradient()
}

func (r *sequenceRun) checkDivergence(loss float64, err error) error {
	diverged := &DivergedError{Seed: r.problem.Seed, Step: r.step, Layer: r.model.Blocks - 1, Loss: loss}
	if divergence, ok := errors.AsType[*transformer.DivergenceError](err); ok {
		diverged.Layer, diverged.Loss = divergence.Block, math.NaN()
		return diverged
	}
	if err != nil || loss <= r.bound {
		return err
	}
	return diverged
}

// result checks where the run ended, writes the checkpoint and evaluates.
func (r *sequenceRun) result(ctx context.Context, status Status) (*Result, error) {
	p := r.problem
	out := &Result{Seed: p.Seed, Status: status, Steps: r.step, Transformer: r.model, History: r.history}
	var err error
	out.Train, err = r.evaluate(context.WithoutCancel(ctx), r.sampler, r.firstPrompt(max(0, r.step-1)), p.Config.Batch)
	if err != nil {
		return nil, r.checkDivergence(0, err)
	}
	if err := r.save(); err != nil {
		return nil, err
	}
	if status == Interrupted || p.Config.EvalPrompts == 0 {
		return out, nil
	}
	fresh, err := markov.NewSampler(p.Task, p.derivedSeed(evaluationSeed))
	if err != nil {
		return nil, err
	}
	out.Fresh, err = r.evaluate(ctx, fresh, 0, p.Config.EvalPrompts)
	if err != nil && ctx.Err() != nil {
		out.Status, err = Interrupted, nil
	}
	return out, err
}

// evaluate returns the score on prompts of the task's n.
func (r *sequenceRun) evaluate(ctx context.Context, source predict.Source, first uint64, prompts int) (predict.Score, error) {
	predictor, err := predict.NewTransformer(r.problem.Config.Model, r.problem.Task, r.model)
	if err != nil {
		return predict.Score{}, err
	}
	return scoreOf(ctx, r.problem.Task, predictor, source, predict.Settings{Prompts: prompts, First: first, Workers: r.settings.Workers})
}

// save writes the checkpoint: a parameter file with Adam's moments, the history,
// the problem and the step beside the parameters.
func (r *sequenceRun) save() error {
	if r.settings.Checkpoints == nil {
		return nil
	}
	metadata, err := r.problem.metadata(r.step)
	if err != nil {
		return err
	}
	m, v := r.trainer.Moments()
	data, err := transformer.Encode(r.model, []tensorfile.Tensor{
		{Name: "adam_m", Shape: []int{len(m)}, F32: m},
		{Name: "adam_v", Shape: []int{len(v)}, F32: v},
		{Name: "history", Shape: []int{4 * len(r.history)}, F64: historyNumbers(r.history)},
	}, metadata)
	if err != nil {
		return err
	}
	return r.settings.Checkpoints.Save(r.problem.Seed, data)
}

// restore sets the run to where its checkpoint left it. Without a checkpoint it
// does nothing; a checkpoint of another problem is an error.
func (r *sequenceRun) restore() error {
	data, err := r.settings.Checkpoints.Load(r.problem.Seed)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	fail := func(err error) error { return fmt.Errorf("checkpoint of seed %d: %w", r.problem.Seed, err) }
	_, metadata, err := tensorfile.Decode(data)
	if err != nil {
		return fail(err)
	}
	// First: the problem says more than a shape that does not fit.
	if r.step, err = r.problem.checkMetadata(metadata); err != nil {
		return fail(err)
	}
	model, tensors, _, err := transformer.Decode(data)
	if err != nil {
		return fail(err)
	}
	parts := r.model.Parts()
	for k, part := range model.Parts() {
		if want := parts[k]; part.Name != want.Name || !slices.Equal(part.Shape, want.Shape) {
			return fail(fmt.Errorf("the parameters have %q of shape %s where this run has %q of shape %s", part.Name, npz.Shape(part.Shape), want.Name, npz.Shape(want.Shape)))
		}
		copy(parts[k].Data, part.Data)
	}
	m, v := r.trainer.Moments()
	for name, own := range map[string][]float32{"adam_m": m, "adam_v": v} {
		if got := tensors[name].F32; len(got) != len(own) {
			return fail(fmt.Errorf("the optimiser's %q has %d numbers, want %d", name, len(got), len(own)))
		}
		copy(own, tensors[name].F32)
	}
	r.history = historyOf(tensors["history"].F64)
	return nil
}

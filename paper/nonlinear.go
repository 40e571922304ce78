package paper

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"markovicl/figure"
	"markovicl/internal/plural"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
	"markovicl/train"
)

var nonlinear = Item{
	ID:        "nonlinear",
	Title:     "Which part of a transformer buys what?",
	Source:    "ours, beside Figures 3 and 6",
	Question:  "From one-layer linear self-attention to GPT-2, one part at a time: what does each take off the loss?",
	Statement: "Linear self-attention of any depth cannot come below the floor of every depth; nonlinear parts can.",
	Revision:  2,
	Run:       runNonlinear,
}

// rung is a model of the ladder: what is added to the one before.
type rung struct {
	name   string
	adds   string
	affine bool // linear with a constant coordinate: it has the floor of that task
	config train.Config
}

// ladder returns the models, from one-layer linear self-attention to GPT-2 tiny.
func ladder(steps, batch, width int) []rung {
	linear := func(layers, heads int) train.Config {
		c := train.Defaults()
		c.Layers, c.Heads, c.Dense = layers, heads, true
		c.Steps, c.Batch, c.Rate = steps, batch, 0.003
		return c
	}
	gpt := func(change func(*train.Config)) train.Config {
		c := train.DefaultsOf("gpt2-tiny")
		c.Width, c.Steps, c.Batch = width, steps, batch
		c.Joined, c.Full, c.NoMLP, c.NoNorm, c.NoPositions = true, true, true, true, true
		change(&c)
		return c
	}
	return []rung{
		{"one layer", "", false, linear(1, 1)},
		{"three layers", "depth", false, linear(3, 1)},
		{"two heads", "heads", false, linear(3, 2)},
		{"bias", "a constant coordinate", true, linear(3, 2)},
		{"wide", "width, biases of the maps (and with them the constant)", true, gpt(func(c *train.Config) { c.LinearAttention = true })},
		{"softmax", "softmax", false, gpt(func(c *train.Config) {})},
		{"norm", "LayerNorm", false, gpt(func(c *train.Config) { c.NoNorm = false })},
		{"mlp", "MLP", false, gpt(func(c *train.Config) { c.NoNorm, c.NoMLP = false, false })},
		{"gpt2", "causal prefixes and positions", false, gpt(func(c *train.Config) {
			c.NoNorm, c.NoMLP, c.NoPositions, c.Joined, c.Full = false, false, false, false, false
		})},
	}
}

// linear reports whether the model predicts linearly in the query's features, with a
// constant among them or not, so that the floor of every depth holds for it.
func (r rung) linear() bool {
	c := r.config
	return !c.Nonlinear() || c.LinearAttention && c.NoMLP && c.NoNorm
}

// nonlinearSize is how large the experiment is.
type nonlinearSize struct {
	d, n     int
	ladder   []rung
	prompts  int // of the evaluation, the same for all
	contexts int // of the floor
	seeds    []uint64
}

func runNonlinear(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	size := nonlinearSize{d: 3, n: 30, ladder: ladder(4000, 64, 64), prompts: 20_000, contexts: 2000, seeds: s.SeedList(3)}
	if s.Quick {
		size = nonlinearSize{d: 2, n: 10, ladder: ladder(400, 16, 16), prompts: 3000, contexts: 500, seeds: s.SeedList(1)}
	}
	return nonlinearOf(ctx, s.Seed, size, progress)
}

// rungRow is a row of the table of the ladder.
type rungRow struct {
	Model    string   `column:"model"`
	Adds     string   `column:"adds"`
	Loss     estimate `column:"loss"`
	Above    estimate `column:"above_bayes"`
	Accuracy estimate `column:"accuracy"`
	Floor    estimate `column:"floor"` // of linear models of the same features
	Diverged int      `column:"diverged"`
}

func nonlinearOf(ctx context.Context, seed uint64, size nonlinearSize, progress func(done, total int)) (*Result, error) {
	total := len(size.ladder)*len(size.seeds) + 1
	tasks, floors := map[bool]markov.Task{}, map[bool]estimate{}
	progress(0, total)
	for _, bias := range []bool{false, true} {
		spec := markov.Spec{D: size.d, N: fmt.Sprint(size.n), Bias: bias}
		moments, err := momentsOf(ctx, spec)
		if err != nil {
			return nil, err
		}
		task := moments.Task().WithContext(markov.Context(size.n))
		tasks[bias] = task
		form := moments.At(task.Context())
		optimum, err := landscape.Minimise(ctx, form)
		if err != nil {
			return nil, err
		}
		contexts, err := moment.NewContexts(task, seed)
		if err != nil {
			return nil, err
		}
		floor, err := landscape.FloorOf(ctx, contexts, form, optimum, landscape.FloorSettings{Contexts: size.contexts})
		if err != nil {
			return nil, err
		}
		floors[bias] = estimate{Mean: floor.Value, SE: floor.SE}
	}
	var rows []rungRow
	losses := figure.Series{Name: "loss", Kind: figure.Points, Quantity: figure.Trained}
	axis := figure.Axis{Label: "model"}
	for k, r := range size.ladder {
		row, err := r.run(ctx, tasks[r.affine && !r.config.Nonlinear()], seed, size, func(done int) { progress(1+k*len(size.seeds)+done, total) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		row.Floor = floors[r.affine]
		rows = append(rows, row)
		losses.AddBand(float64(k), row.Loss.Mean, row.Loss.Mean-row.Loss.SE, row.Loss.Mean+row.Loss.SE)
		axis.Categories = append(axis.Categories, r.name)
	}
	progress(total, total)
	bayes := rows[0].Loss.Mean - rows[0].Above.Mean
	last := rows[len(rows)-1]
	result := &Result{
		Setup: fmt.Sprintf("two states, uniform kernels, d = %d, n = %d, starts Bernoulli(1/2); every model has the same prompts: %d steps of %d, %s, and %d prompts to be evaluated on.",
			size.d, size.n, size.ladder[0].config.Steps, size.ladder[0].config.Batch, plural.Of(len(size.seeds), "seed"), size.prompts),
		Quantity: "loss of the last model above Bayes on the same prompts", Ours: number(last.Above.Mean), StandardError: number(last.Above.SE),
		Tables: []Table{TableOf("ladder", "Loss after all chains, means over seeds and prompts with standard errors; above_bayes by differences on the same prompts; floor: no linear self-attention of any depth on the same features is below it, of models with biases with a constant feature.", rows)},
		Plots: []figure.Plot{{
			Name: "ladder", Title: "One part at a time", Caption: "Loss on fresh prompts; bars are one standard error. Lines: the floor of linear self-attention of every depth without and with a constant coordinate, and the Bayes risk on these prompts.",
			X: axis, Y: figure.Axis{Label: "mean squared error"}, Series: []figure.Series{losses},
			Levels: []figure.Level{{Name: "floor", Y: floors[false].Mean, Quantity: figure.Floor}, {Name: "floor with bias", Y: floors[true].Mean, Quantity: figure.Floor}, {Name: "Bayes", Y: bayes, Quantity: figure.Bayes}},
		}},
	}
	result.judgeLadder(rows, size.ladder)
	return result, nil
}

// judgeLadder says who is below the floor, and whether a linear model is.
func (r *Result) judgeLadder(rows []rungRow, ladder []rung) {
	var below, words []string
	violated := false
	for k, row := range rows {
		words = append(words, fmt.Sprintf("%s %.4f", row.Model, row.Loss.Mean))
		linear := ladder[k].linear()
		far := row.Floor.Mean - row.Loss.Mean
		if linear && far > 4*(row.Loss.SE+row.Floor.SE) {
			violated = true
		}
		if !linear && far > 2*(row.Loss.SE+row.Floor.SE) {
			below = append(below, row.Model)
		}
	}
	losses := strings.Join(words, ", ")
	switch {
	case violated:
		r.judge(Differs, "")
		r.Why = "a linear model is below the floor, which cannot be: " + losses
	case len(below) == 0:
		r.judge(Undecided, "")
		r.Why = fmt.Sprintf("no linear model is below its floor; with so little training no nonlinear one is either: %s; floor %.4f", losses, rows[0].Floor.Mean)
	default:
		r.judge(Holds, "")
		r.Why = fmt.Sprintf("no linear model is below its floor, and below that of the same features (%.4f) are %s; losses: %s", rows[0].Floor.Mean, strings.Join(below, ", "), losses)
	}
}

// run trains a model with all seeds and evaluates it beside Bayes.
func (r rung) run(ctx context.Context, task markov.Task, seed uint64, size nonlinearSize, progress func(done int)) (rungRow, error) {
	row := rungRow{Model: r.name, Adds: r.adds}
	config := r.config
	config.EvalPrompts = 0
	predictors := []predict.Predictor{predict.NewBayes(task)}
	for k, s := range size.seeds {
		progress(k)
		result, err := train.Run(ctx, train.Problem{Task: task, Config: config, Seed: s}, train.Settings{})
		if _, diverged := errors.AsType[*train.DivergedError](err); diverged {
			row.Diverged++
			continue
		}
		if err != nil {
			return row, err
		}
		if ctx.Err() != nil {
			return row, ctx.Err()
		}
		var p predict.Predictor
		if result.Transformer != nil {
			p, err = predict.NewTransformer(fmt.Sprint(s), task, result.Transformer)
		} else {
			p, err = predict.NewLSA(fmt.Sprint(s), task, result.Model)
		}
		if err != nil {
			return row, err
		}
		predictors = append(predictors, p)
	}
	if len(predictors) == 1 {
		return row, errors.New("every seed diverged")
	}
	e, err := evaluateFresh(ctx, task, seed, size.prompts, predictors)
	if err != nil {
		return row, err
	}
	of := onFresh(e, 1, len(predictors))
	row.Loss, row.Accuracy = of.loss, of.accuracy
	bayes := e.SquaredErrors(0)
	var above [][]float64
	for i := 1; i < len(predictors); i++ {
		diff := make([]float64, len(bayes))
		for k, x := range e.SquaredErrors(i) {
			diff[k] = x - bayes[k]
		}
		above = append(above, diff)
	}
	row.Above = crossed(above)
	return row, nil
}

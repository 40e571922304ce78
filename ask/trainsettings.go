package ask

import (
	"markovicl/train"
)

// TrainSettings are the settings of training. A field that is given overrides the
// configuration file, and that overrides train.DefaultsOf the model.
type TrainSettings struct {
	Config          string   `group:"Training" placeholder:"FILE.yaml" help:"Read the settings from a YAML file with the names of these flags; flags given beside it override it."`
	Model           string   `group:"Model" placeholder:"lsa" help:"lsa (linear self-attention), gpt2-tiny, gpt2-small, gpt2-standard, or attention (a transformer of the sizes given)."`
	Width           *int     `group:"Model" placeholder:"64" help:"Width of a transformer."`
	Blocks          *int     `group:"Model" placeholder:"3" help:"Blocks of a transformer."`
	HeadsPerBlock   *int     `group:"Model" placeholder:"2" help:"Heads of each block of a transformer."`
	LinearAttention *bool    `group:"Model" help:"Average over the tokens without softmax."`
	NoMLP           *bool    `name:"no-mlp" group:"Model" help:"Leave out the MLPs."`
	NoNorm          *bool    `group:"Model" help:"Leave out the norms."`
	NoPositions     *bool    `group:"Model" help:"Leave out the learned positions."`
	Joined          *bool    `group:"Model" help:"One token (x, y) for a chain, and one prediction, in place of two and one at every x."`
	Full            *bool    `group:"Model" help:"With joined: every token sees all but the query, in place of those before it."`
	Curriculum      string   `group:"Model" placeholder:"FROM:TO" help:"Chains of a prompt, query included, at the start of training and from its middle on."`
	Layers          *int     `group:"Training" placeholder:"1" means:"1" help:"Layers of the model."`
	Heads           *int     `group:"Training" placeholder:"1" means:"1" help:"Heads of each layer."`
	Dense           *bool    `group:"Training" means:"false" negatable:"" help:"Train all of P and Q, not b and A."`
	Fresh           bool     `group:"Training" means:"true" help:"Draw fresh prompts for every step (default)."`
	Fixed           bool     `group:"Training" help:"Train on one fixed batch of prompts."`
	Population      bool     `group:"Training" help:"Train on the population loss itself: one layer, or binary states and n = inf."`
	Batch           *int     `group:"Training" placeholder:"1000" means:"1000" help:"Prompts in a step; 64 for a transformer."`
	Steps           *int     `group:"Training" placeholder:"1000" means:"1000" help:"Steps; of lbfgs the most iterations."`
	Optimizer       string   `group:"Training" placeholder:"adam" means:"adam" help:"adam, adamw, sgd, or lbfgs for a loss without sampling noise."`
	LR              *float64 `name:"lr" group:"Training" placeholder:"0.01" means:"0.01" help:"Step size; 0.001 for a transformer."`
	Schedule        string   `group:"Training" placeholder:"cosine" means:"cosine" help:"Of the step size: cosine or constant."`
	WarmUp          *int     `group:"Training" placeholder:"0" means:"0" help:"Steps in which the step size rises linearly; 100 for a transformer."`
	Clip            *float64 `group:"Training" placeholder:"1" means:"1" help:"Bound on the gradient's norm; 0 is none."`
	Beta1           *float64 `name:"beta1" group:"Training" placeholder:"0.9" means:"0.9" help:"Adam's memory of the gradient."`
	Beta2           *float64 `name:"beta2" group:"Training" placeholder:"0.95" means:"0.95" help:"Adam's memory of the gradient's square; 0.99 for a transformer."`
	Epsilon         *float64 `group:"Training" placeholder:"1e-8" means:"1e-08" help:"Adam's epsilon."`
	WeightDecay     *float64 `group:"Training" placeholder:"0.01" means:"0.01" help:"Of adamw."`
	Momentum        *float64 `group:"Training" placeholder:"0.9" means:"0.9" help:"Of sgd."`
	InitScale       *float64 `group:"Training" placeholder:"0.25" means:"0.25" help:"Initial standard deviation of a parameter times the square root of D."`
	LossBound       *float64 `group:"Training" placeholder:"10000" means:"10000" help:"A loss above this many times the largest squared label is a divergence."`
	EvalPrompts     *int     `group:"Training" placeholder:"100000" means:"100000" help:"Fresh prompts of the final evaluation; 0 is none; 5000 for a transformer."`
	CheckpointEvery *int     `group:"Training" placeholder:"STEPS" help:"Steps between checkpoints; a tenth of all if not given."`
}

// config returns the settings that the fields name.
func (f *TrainSettings) config(env Env) (train.Config, error) {
	c := train.DefaultsOf(f.Model)
	kinds := 0
	for _, given := range []bool{f.Fresh, f.Fixed, f.Population} {
		if given {
			kinds++
		}
	}
	if kinds > 1 {
		return c, inputf("fresh", "`fresh`, `fixed` and `population` are three kinds of data; give one of them")
	}
	if f.Config != "" {
		data, err := env.read("config", f.Config)
		if err != nil {
			return c, err
		}
		// The file may name the model, and with it the defaults.
		read, err := train.ParseConfig(data, c)
		if err == nil && f.Model == "" && read.Nonlinear() {
			read, err = train.ParseConfig(data, train.DefaultsOf(read.Model))
		}
		if err != nil {
			return c, inputf("config", "%s: %w", f.Config, err)
		}
		c = read
	}
	if f.Model != "" {
		c.Model = f.Model
	}
	override(&c.Width, f.Width)
	override(&c.Blocks, f.Blocks)
	override(&c.HeadsPerBlock, f.HeadsPerBlock)
	override(&c.LinearAttention, f.LinearAttention)
	override(&c.NoMLP, f.NoMLP)
	override(&c.NoNorm, f.NoNorm)
	override(&c.NoPositions, f.NoPositions)
	override(&c.Joined, f.Joined)
	override(&c.Full, f.Full)
	if f.Curriculum != "" {
		c.Curriculum = f.Curriculum
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
	if err := f.idle(&c); err != nil {
		return c, err
	}
	return c, input("", c.Validate())
}

// idle refuses fields that are given, other than what leaving them out means, and have no
// effect on a training by c.
func (f *TrainSettings) idle(c *train.Config) error {
	usual := train.Defaults()
	adam := c.Optimizer == "adam" || c.Optimizer == "adamw"
	for _, field := range []struct {
		name        string
		given, used bool
		what        string
	}{
		{"layers", differs(f.Layers, usual.Layers), !c.Nonlinear(), "a transformer, which has `blocks`"},
		{"heads", differs(f.Heads, usual.Heads), !c.Nonlinear(), "a transformer, which has `heads-per-block`"},
		{"batch", differs(f.Batch, usual.Batch), c.Data != train.Population, "the population loss, which takes no prompts"},
		{"lr", differs(f.LR, usual.Rate), c.Optimizer != "lbfgs", "lbfgs, which chooses its steps"},
		{"schedule", f.Schedule != "" && f.Schedule != usual.Schedule, c.Optimizer != "lbfgs", "lbfgs, which chooses its steps"},
		{"warm-up", differs(f.WarmUp, usual.WarmUp), c.Optimizer != "lbfgs", "lbfgs, which chooses its steps"},
		{"clip", differs(f.Clip, usual.Clip), c.Optimizer != "lbfgs", "lbfgs, which chooses its steps"},
		{"beta1", differs(f.Beta1, usual.Beta1), adam, "optimizer " + c.Optimizer},
		{"beta2", differs(f.Beta2, usual.Beta2), adam, "optimizer " + c.Optimizer},
		{"epsilon", differs(f.Epsilon, usual.Epsilon), adam, "optimizer " + c.Optimizer},
		{"weight-decay", differs(f.WeightDecay, usual.WeightDecay), c.Optimizer == "adamw", "optimizer " + c.Optimizer},
		{"momentum", differs(f.Momentum, usual.Momentum), c.Optimizer == "sgd", "optimizer " + c.Optimizer},
	} {
		if field.given && !field.used {
			return inputf(field.name, "`%s` has no effect on %s; leave it out", field.name, field.what)
		}
	}
	return nil
}

func differs[T comparable](given *T, usual T) bool { return given != nil && *given != usual }

func override[T any](dst *T, flag *T) {
	if flag != nil {
		*dst = *flag
	}
}

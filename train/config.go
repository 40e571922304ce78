package train

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Config holds all settings of a training run. Defaults returns the documented
// defaults, with which models of 1 to 10 layers train without divergence on
// binary tasks up to d = 10; YAML keys and JSON names equal the flags of the
// command.
type Config struct {
	// Model is "lsa" or empty for linear self-attention, of Layers and Heads; or a
	// transformer: the name of a preset of package transformer, or "attention".
	Model string `yaml:"model" json:"model,omitempty"`

	// Of a transformer; sizes of 0 are those of the preset. Curriculum is FROM:TO,
	// the chains of a prompt, query included, at the start and from the middle on.
	Width           int    `yaml:"width" json:"width,omitempty"`
	Blocks          int    `yaml:"blocks" json:"blocks,omitempty"`
	HeadsPerBlock   int    `yaml:"heads-per-block" json:"heads-per-block,omitempty"`
	LinearAttention bool   `yaml:"linear-attention" json:"linear-attention,omitempty"`
	NoMLP           bool   `yaml:"no-mlp" json:"no-mlp,omitempty"`
	NoNorm          bool   `yaml:"no-norm" json:"no-norm,omitempty"`
	NoPositions     bool   `yaml:"no-positions" json:"no-positions,omitempty"`
	Joined          bool   `yaml:"joined" json:"joined,omitempty"` // tokens (x, y) in place of x, y
	Full            bool   `yaml:"full" json:"full,omitempty"`     // joined tokens see all but the query
	Curriculum      string `yaml:"curriculum" json:"curriculum,omitempty"`

	Layers int  `yaml:"layers" json:"layers"` // default 1
	Heads  int  `yaml:"heads" json:"heads"`   // default 1
	Dense  bool `yaml:"dense" json:"dense"`   // all of P and Q free; default structured

	// Data says what the loss is taken over: "fresh" prompts every step
	// (default), one "fixed" batch, or the "population" itself without sampling,
	// which is possible for one layer, and for binary tasks at n = inf.
	Data  string `yaml:"data" json:"data"`
	Batch int    `yaml:"batch" json:"batch"` // prompts in a step, default 1000
	Steps int    `yaml:"steps" json:"steps"` // default 1000

	// Optimizer is "adam" (default), "adamw", "sgd", or, for a loss without
	// sampling noise, "lbfgs", for which Steps bounds the iterations and only the
	// initial scale applies of what follows.
	Optimizer   string  `yaml:"optimizer" json:"optimizer"`
	Rate        float64 `yaml:"lr" json:"lr"`                     // step size, default 0.01
	Schedule    string  `yaml:"schedule" json:"schedule"`         // of the step size: "cosine" to 0 (default) or "constant"
	WarmUp      int     `yaml:"warm-up" json:"warm-up"`           // steps in which the step size rises linearly, default 0
	Clip        float64 `yaml:"clip" json:"clip"`                 // bound on the gradient's norm, default 1; 0 is none
	Beta1       float64 `yaml:"beta1" json:"beta1"`               // Adam's memory of the gradient, default 0.9
	Beta2       float64 `yaml:"beta2" json:"beta2"`               // Adam's memory of its square, default 0.95, see below
	Epsilon     float64 `yaml:"epsilon" json:"epsilon"`           // Adam's, default 1e-8
	WeightDecay float64 `yaml:"weight-decay" json:"weight-decay"` // of adamw, default 0.01
	Momentum    float64 `yaml:"momentum" json:"momentum"`         // of sgd, default 0.9

	// Scale is the initial standard deviation of a parameter times the square
	// root of D, default 0.25.
	Scale float64 `yaml:"init-scale" json:"init-scale"`

	// LossBound stops the run as diverged when a loss exceeds this many times the
	// largest square of a label, default 1e4.
	LossBound float64 `yaml:"loss-bound" json:"loss-bound"`

	EvalPrompts     int `yaml:"eval-prompts" json:"eval-prompts"`         // fresh prompts at the end, default 100000; 0 is none
	CheckpointEvery int `yaml:"checkpoint-every" json:"checkpoint-every"` // steps, default 0: a tenth of Steps
}

// The kinds of data of a Config.
const (
	Fresh      = "fresh"
	Fixed      = "fixed"
	Population = "population"
)

// Defaults returns the default configuration.
//
// Beta2 = 0.95 in place of Adam's usual 0.999: the gradient shrinks by orders of
// magnitude from the start to the flat valley in which the minimum lies, and a
// long memory of its square keeps the steps small there. One layer, n = 100,
// 1500 steps on the population loss end 0.0-0.2% above the best transformer with
// it, 0.2-2% with 0.999 (d = 3, 4, 5).
func Defaults() Config {
	return Config{
		Layers: 1, Heads: 1, Data: Fresh, Batch: 1000, Steps: 1000,
		Optimizer: "adam", Rate: 0.01, Schedule: "cosine", Clip: 1,
		Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8, WeightDecay: 0.01, Momentum: 0.9,
		Scale: 0.25, LossBound: 1e4, EvalPrompts: 100_000,
	}
}

// ParseConfig reads a configuration file, YAML with the keys of Config; what it
// does not say stays as in base, all of it if the file is empty. Unknown keys and
// keys without a value are errors.
func ParseConfig(data []byte, base Config) (Config, error) {
	var content any
	if err := yaml.Unmarshal(data, &content); err != nil {
		return Config{}, fmt.Errorf("config file: %w", err)
	}
	if content == nil { // nothing, or comments
		return base, nil
	}
	if settings, ok := content.(map[string]any); ok {
		for _, key := range slices.Sorted(maps.Keys(settings)) {
			if settings[key] == nil {
				return Config{}, fmt.Errorf("config file: %s has no value; give one, or leave the line out for the default", key)
			}
		}
	}
	if err := yaml.UnmarshalWithOptions(data, &base, yaml.Strict()); err != nil {
		return Config{}, fmt.Errorf("config file: %w", err)
	}
	return base, nil
}

// Limits that keep a slip of the keyboard from filling the memory.
const (
	maxLayers = 1000
	maxHeads  = 1000
	maxBatch  = 10_000_000
	maxSteps  = 1_000_000_000
)

// Validate checks every setting. Errors name the setting, what was given, and
// what would be right.
func (c Config) Validate() error {
	whole := func(name string, x, least, most int) error {
		if x < least || x > most {
			return fmt.Errorf("%s must be from %d to %d, got %d", name, least, most, x)
		}
		return nil
	}
	real := func(name string, x float64, ok bool, want string) error {
		if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%s must be %s, got %v", name, want, x)
		}
		return nil
	}
	oneOf := func(name, x string, choices ...string) error {
		if !slices.Contains(choices, x) {
			known := slices.DeleteFunc(slices.Clone(choices), func(c string) bool { return c == "" })
			return fmt.Errorf("%s %q is not known; choose one of %s", name, x, strings.Join(known, ", "))
		}
		return nil
	}
	for _, err := range []error{
		oneOf("model", c.Model, append(Models(), "")...),
		whole("width", c.Width, 0, maxLayers*maxHeads),
		whole("blocks", c.Blocks, 0, maxLayers),
		whole("heads-per-block", c.HeadsPerBlock, 0, maxHeads),
		whole("layers", c.Layers, 1, maxLayers),
		whole("heads", c.Heads, 1, maxHeads),
		oneOf("data", c.Data, Fresh, Fixed, Population),
		whole("batch", c.Batch, 1, maxBatch),
		whole("steps", c.Steps, 1, maxSteps),
		oneOf("optimizer", c.Optimizer, "adam", "adamw", "sgd", "lbfgs"),
		real("lr", c.Rate, c.Rate > 0, "> 0"),
		oneOf("schedule", c.Schedule, "cosine", "constant"),
		whole("warm-up", c.WarmUp, 0, maxSteps),
		real("clip", c.Clip, c.Clip >= 0, ">= 0 (0 is none)"),
		real("beta1", c.Beta1, c.Beta1 >= 0 && c.Beta1 < 1, "in [0, 1)"),
		real("beta2", c.Beta2, c.Beta2 >= 0 && c.Beta2 < 1, "in [0, 1)"),
		real("epsilon", c.Epsilon, c.Epsilon > 0, "> 0"),
		real("weight-decay", c.WeightDecay, c.WeightDecay >= 0, ">= 0"),
		real("momentum", c.Momentum, c.Momentum >= 0 && c.Momentum < 1, "in [0, 1)"),
		real("init-scale", c.Scale, c.Scale > 0, "> 0"),
		real("loss-bound", c.LossBound, c.LossBound > 0, "> 0"),
		whole("eval-prompts", c.EvalPrompts, 0, maxSteps),
		whole("checkpoint-every", c.CheckpointEvery, 0, maxSteps),
	} {
		if err != nil {
			return err
		}
	}
	if c.Optimizer == "lbfgs" && c.Data == Fresh {
		return fmt.Errorf("optimizer lbfgs needs a loss without sampling noise; use it with a fixed batch or the population")
	}
	if sizes := c.Width+c.Blocks+c.HeadsPerBlock > 0 || c.LinearAttention || c.NoMLP || c.NoNorm || c.NoPositions || c.Joined || c.Full || c.Curriculum != ""; sizes && !c.Nonlinear() {
		return fmt.Errorf("width, blocks, heads-per-block, linear-attention, no-mlp, no-norm, no-positions, joined, full and curriculum are for transformers; give a model among %s", strings.Join(Models()[1:], ", "))
	}
	return nil
}

// checkpointEvery returns the number of steps between checkpoints.
func (c Config) checkpointEvery() int {
	if c.CheckpointEvery > 0 {
		return c.CheckpointEvery
	}
	return max(1, c.Steps/10)
}

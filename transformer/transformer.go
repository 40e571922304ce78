// Package transformer is GPT-2 on prompts of Markov chains: decoder blocks with
// softmax attention, MLP and LayerNorm (Radford et al. 2019), trained as in Garg,
// Tsipras, Liang and Valiant, "What Can Transformers Learn In-Context?" (NeurIPS
// 2022), the models of the paper's Figures 6 and 7.
//
// Tokens are vectors of numbers, read in by a linear map; the prediction is a
// number, read out by another. Every part can be switched off, down to linear
// attention on the columns of a prompt matrix: one such layer without MLP, norms
// and positions is the linear self-attention of package lsa.
//
// A [Model] has float32 parameters. [Model.Reference] is the model in float64,
// written to be read beside the definition; predictions and training compute the
// same in float32 on several sequences at once, out of the loops of
// internal/dense, and tests hold one to the other. [Trainer] takes steps of Adam on
// batches, with the same bits for any number of processors; [Share] makes
// predictors; [StudyAttention] asks which chains attend to each other.
//
//	model, err := transformer.New(transformer.Config{Width: 64, Blocks: 3, Heads: 2}.For(task, 100))
//	model.Draw(rand.New(rand.NewPCG(1, 1)))        // to train by a Trainer, or
//	shared, err := transformer.Share(model, task)  // to predict with
//	y, err := shared.NewPredictor().Predict(&prompt)
//
// Where to read what:
//
//   - reference.go: the model, token by token; start here
//   - model.go: parameters, their names and shapes, how they begin
//   - sequence.go: prompts as sequences of tokens
//   - pass.go: forward and backward pass; attention.go: their attention
//   - trainer.go: steps of training; team.go: the goroutines that take them
//   - predictor.go: predictions and attention maps of prompts
//   - study.go: attention beside the similarity of chains; ranks.go: rank correlation
//   - file.go: parameters as safetensors
package transformer

import (
	"fmt"
	"strings"
)

// Config is the shape of a model and what it is made of. The JSON names are those
// of parameter files.
type Config struct {
	Width  int `json:"width"`  // C, numbers in a token's state
	Blocks int `json:"blocks"` // L
	Heads  int `json:"heads"`  // H of each block; they share the width, C/H each

	// Features is the number of numbers in a token, and Positions the length of the
	// longest sequence, for which the model has learned positions.
	Features  int `json:"features"`
	Positions int `json:"positions"`

	// LinearAttention takes the mean over the visible tokens of their values times
	// the inner product of key and query, in place of softmax weights.
	LinearAttention bool `json:"linear_attention,omitempty"`
	NoMLP           bool `json:"no_mlp,omitempty"`
	NoNorm          bool `json:"no_norm,omitempty"`
	NoPositions     bool `json:"no_positions,omitempty"`

	// Joined gives a chain one token (x_i, y_i) and the query (x, 0), as the columns
	// of a prompt matrix. Otherwise a chain has two tokens, x_i and (y_i, 0, .., 0),
	// and the model predicts y_i at every x_i.
	Joined bool `json:"joined,omitempty"`

	// Full lets every token see all tokens but the query, as the matrix M of linear
	// self-attention does; of joined tokens only. Otherwise a token sees itself and
	// those before it.
	Full bool `json:"full,omitempty"`
}

// presets are the sizes of Garg et al. (2022) that the paper uses.
var presets = []struct {
	name                 string
	width, blocks, heads int
}{
	{"gpt2-tiny", 64, 3, 2},
	{"gpt2-small", 128, 6, 4},
	{"gpt2-standard", 256, 12, 8},
}

// Presets returns the names that Preset knows.
func Presets() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}

// Preset returns the width, blocks and heads of a named size: "gpt2-tiny",
// "gpt2-small" or "gpt2-standard".
func Preset(name string) (Config, error) {
	for _, p := range presets {
		if p.name == name {
			return Config{Width: p.width, Blocks: p.blocks, Heads: p.heads}, nil
		}
	}
	return Config{}, fmt.Errorf("no size is called %q; choose one of %s", name, strings.Join(Presets(), ", "))
}

// Limits that keep a slip of the keyboard from filling the memory.
const (
	maxWidth      = 1 << 14
	maxBlocks     = 1000
	maxPositions  = 1 << 16
	maxParameters = 1 << 29
)

// Validate checks the sizes. Errors name the field and what would be right.
func (c Config) Validate() error {
	for _, f := range []struct {
		name           string
		x, least, most int
	}{
		{"width", c.Width, 1, maxWidth}, {"blocks", c.Blocks, 1, maxBlocks}, {"heads", c.Heads, 1, maxWidth},
		{"features", c.Features, 1, maxWidth}, {"positions", c.Positions, 1, maxPositions},
	} {
		if f.x < f.least || f.x > f.most {
			return fmt.Errorf("%s must be from %d to %d, got %d", f.name, f.least, f.most, f.x)
		}
	}
	if c.Width%c.Heads != 0 {
		return fmt.Errorf("the heads share the width, but %d is no multiple of %d; choose another width or number of heads", c.Width, c.Heads)
	}
	if c.Full && !c.Joined {
		return fmt.Errorf("full attention would show a prediction its own label; it is for joined columns")
	}
	size := 0
	c.visit(func(_ string, shape ...int) { size += product(shape) })
	if size > maxParameters {
		return fmt.Errorf("the model would have %d parameters; the most is %d", size, maxParameters)
	}
	return nil
}

// Words says what the model is made of.
func (c Config) Words() string {
	words := []string{"softmax attention"}
	if c.LinearAttention {
		words[0] = "linear attention"
	}
	for _, part := range []struct {
		off  bool
		name string
	}{{c.NoMLP, "MLP"}, {c.NoNorm, "LayerNorm"}, {c.NoPositions, "learned positions"}} {
		if !part.off {
			words = append(words, part.name)
		}
	}
	tokens := "interleaved tokens, causal"
	if c.Joined {
		tokens = "joined columns, causal"
	}
	if c.Full {
		tokens = "joined columns, all but the query seen"
	}
	return strings.Join(append(words, tokens), ", ")
}

func product(shape []int) int {
	n := 1
	for _, size := range shape {
		n *= size
	}
	return n
}

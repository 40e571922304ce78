package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// Model is a transformer with its parameters.
type Model struct {
	Config
	params  []float32 // all tensors, one after the other in the order of visit
	tensors tensors[float32]
}

// Part is one tensor of a model's parameters.
type Part struct {
	Name  string
	Shape []int
	Data  []float32 // row-major, a view of the model
}

// tensors are the parameters of a model, in either precision. A linear map has
// W [out, in] and a bias [out], as in PyTorch.
type tensors[F float32 | float64] struct {
	readIn    linear[F] // [C, features]
	positions []F       // [positions, C], nil without
	blocks    []block[F]
	norm      norm[F]   // [C], nil without
	readOut   linear[F] // [1, C]
}

type linear[F float32 | float64] struct{ w, b []F }

type norm[F float32 | float64] struct{ w, b []F }

type block[F float32 | float64] struct {
	norm1   norm[F]   // [C]
	qkv     linear[F] // [3C, C] queries, keys, values; head h has C/H rows of each
	project linear[F] // [C, C]
	norm2   norm[F]   // [C]
	up      linear[F] // [4C, C]
	down    linear[F] // [C, 4C]
}

// visit names every tensor of the model with its shape, in the order in which they
// are kept. The names are those of nanoGPT's model.py, with read_in and read_out
// (Garg et al.) in place of the embedding of words.
func (c Config) visit(tensor func(name string, shape ...int)) {
	C := c.Width
	linear := func(name string, out, in int) {
		tensor(name+".weight", out, in)
		tensor(name+".bias", out)
	}
	norm := func(name string) {
		if !c.NoNorm {
			tensor(name+".weight", C)
			tensor(name+".bias", C)
		}
	}
	linear("read_in", C, c.Features)
	if !c.NoPositions {
		tensor("transformer.wpe.weight", c.Positions, C)
	}
	for l := range c.Blocks {
		h := fmt.Sprintf("transformer.h.%d.", l)
		norm(h + "ln_1")
		linear(h+"attn.c_attn", 3*C, C)
		linear(h+"attn.c_proj", C, C)
		if !c.NoMLP {
			norm(h + "ln_2")
			linear(h+"mlp.c_fc", 4*C, C)
			linear(h+"mlp.c_proj", C, 4*C)
		}
	}
	norm("transformer.ln_f")
	linear("read_out", 1, C)
}

// bind returns the tensors of a configuration as views of params.
func bind[F float32 | float64](c Config, params []F) tensors[F] {
	views := map[string][]F{}
	c.visit(func(name string, shape ...int) {
		n := product(shape)
		views[name], params = params[:n:n], params[n:]
	})
	linearOf := func(name string) linear[F] { return linear[F]{views[name+".weight"], views[name+".bias"]} }
	normOf := func(name string) norm[F] { return norm[F]{views[name+".weight"], views[name+".bias"]} }
	t := tensors[F]{
		readIn: linearOf("read_in"), positions: views["transformer.wpe.weight"],
		norm: normOf("transformer.ln_f"), readOut: linearOf("read_out"),
	}
	for l := range c.Blocks {
		h := fmt.Sprintf("transformer.h.%d.", l)
		t.blocks = append(t.blocks, block[F]{
			normOf(h + "ln_1"), linearOf(h + "attn.c_attn"), linearOf(h + "attn.c_proj"),
			normOf(h + "ln_2"), linearOf(h + "mlp.c_fc"), linearOf(h + "mlp.c_proj"),
		})
	}
	return t
}

// parameterCount returns the number of parameters.
func (c Config) parameterCount() int {
	n := 0
	c.visit(func(_ string, shape ...int) { n += product(shape) })
	return n
}

// New returns a model whose parameters are all zero, but for the factors of its
// norms, which are one.
func New(c Config) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	m := &Model{Config: c, params: make([]float32, c.parameterCount())}
	m.tensors = bind(c, m.params)
	for _, part := range m.Parts() {
		if isNorm(part.Name) {
			for i := range part.Data {
				part.Data[i] = 1
			}
		}
	}
	return m, nil
}

// isNorm reports whether a tensor holds the factors of a norm.
func isNorm(name string) bool {
	return strings.Contains(name, "ln_") && strings.HasSuffix(name, ".weight")
}

// Draw draws the parameters anew as GPT-2 begins: weights N(0, 0.02^2), those that
// add to the tokens' states N(0, 0.02^2/(2 blocks)), biases zero. The read-in is
// drawn so that a token of ones has states of about unit size.
func (m *Model) Draw(rng *rand.Rand) {
	const scale = 0.02
	for _, part := range m.Parts() {
		if isNorm(part.Name) || strings.HasSuffix(part.Name, ".bias") {
			continue
		}
		s := scale
		switch {
		case part.Name == "read_in.weight":
			s = 1 / math.Sqrt(float64(m.Features))
		case strings.HasSuffix(part.Name, "c_proj.weight"):
			s = scale / math.Sqrt(float64(2*m.Blocks))
		}
		for i := range part.Data {
			part.Data[i] = float32(s * rng.NormFloat64())
		}
	}
}

// Parts returns the parameters as named tensors, views in the order in which they
// are kept.
func (m *Model) Parts() []Part {
	var parts []Part
	rest := m.params
	m.visit(func(name string, shape ...int) {
		n := product(shape)
		parts = append(parts, Part{name, shape, rest[:n:n]})
		rest = rest[n:]
	})
	return parts
}

// ParameterCount returns the number of parameters.
func (m *Model) ParameterCount() int { return len(m.params) }

// clone returns a copy of the model.
func (m *Model) clone() *Model {
	out := &Model{Config: m.Config, params: append([]float32(nil), m.params...)}
	out.tensors = bind(m.Config, out.params)
	return out
}

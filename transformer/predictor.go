package transformer

import (
	"fmt"
	"math"

	"markovicl/markov"
)

// Predictor predicts the labels of prompts. It has memory of its own and is for one
// goroutine at a time; it does not see later changes of the parameters.
type Predictor struct {
	pass    *pass
	encoder *encoder
}

// Shared is what predictors of one model have in common: its packed parameters.
type Shared struct {
	model   *Model
	weights *packedWeights
	task    markov.Task
}

// Share packs a model for predictions of a task's prompts. It fails if the model is
// for tokens of another size.
func Share(m *Model, t markov.Task) (*Shared, error) {
	if err := m.CheckTask(t, 1); err != nil {
		return nil, err
	}
	s := &Shared{model: m.clone(), task: t}
	s.weights = newPackedWeights(s.model)
	s.weights.packAll()
	return s, nil
}

// NewPredictor returns a predictor for one goroutine.
func (s *Shared) NewPredictor() *Predictor {
	return &Predictor{newPass(s.model, s.weights), newEncoder(s.model.Config, s.task)}
}

// run runs the model forward on a prompt.
func (p *Predictor) run(prompt *markov.Prompt) error {
	n := p.encoder.task.Columns(prompt)
	T := p.pass.m.Tokens(n)
	if err := p.pass.m.checkLength(T); err != nil {
		return err
	}
	p.pass.resize(1, T)
	p.encoder.encode(p.pass.x, nil, prompt, n)
	p.pass.forward()
	return nil
}

// Predict returns the prediction of the query's label after all chains of a
// prompt. It fails with a *DivergenceError if it is not finite.
func (p *Predictor) Predict(prompt *markov.Prompt) (float64, error) {
	if err := p.run(prompt); err != nil {
		return 0, err
	}
	out := float64(p.pass.predict(p.pass.T - 1))
	if math.IsNaN(out - out) {
		return 0, &DivergenceError{p.pass.firstDiverged()}
	}
	return out, nil
}

// Attention is the attention weights of a model on a prompt.
type Attention struct {
	Tokens  int
	Weights [][][]float32 // [blocks][heads] of [T, T], row-major: row t sees column s
}

// Attention returns the attention weights of every block and head on a prompt.
func (p *Predictor) Attention(prompt *markov.Prompt) (*Attention, error) {
	if err := p.run(prompt); err != nil {
		return nil, err
	}
	f := p.pass
	a := &Attention{Tokens: f.T}
	for l := range f.saved {
		var heads [][]float32
		for head := range f.m.Heads {
			from := f.weightsOf(&f.saved[l], 0, head)
			out := make([]float32, f.T*f.T)
			for t := range f.T {
				n := f.m.sees(t, f.T)
				copy(out[t*f.T:t*f.T+n], from[t*f.stride:t*f.stride+n])
			}
			for _, w := range out {
				if w-w != 0 {
					return nil, fmt.Errorf("attention: %w", &DivergenceError{l})
				}
			}
			heads = append(heads, out)
		}
		a.Weights = append(a.Weights, heads)
	}
	return a, nil
}

package predict

import (
	"fmt"
	"sync"

	"markovicl/markov"
	"markovicl/transformer"
)

// Transformer predicts with a nonlinear transformer.
type Transformer struct {
	name       string
	predictors sync.Pool
}

// NewTransformer returns the predictor of a model, which must read tokens of the
// task's size. A prompt with more chains than the model has positions for is an
// error of Predict.
func NewTransformer(name string, t markov.Task, m *transformer.Model) (*Transformer, error) {
	shared, err := transformer.Share(m, t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	p := &Transformer{name: name}
	p.predictors.New = func() any { return shared.NewPredictor() }
	return p, nil
}

// Name returns the name given to NewTransformer.
func (p *Transformer) Name() string { return p.name }

// Predict implements Predictor.
func (p *Transformer) Predict(prompt *markov.Prompt, out *Prediction) error {
	predictor := p.predictors.Get().(*transformer.Predictor)
	defer p.predictors.Put(predictor)
	y, err := predictor.Predict(prompt)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	out.none()
	out.Expected = y
	return nil
}

package train

import (
	"context"

	"markovicl/lsa"
)

// objective is a loss of a model's parameters. Its methods allocate nothing
// unless they fail; they fail with a *lsa.DivergenceError if the loss is not
// finite, and an objective that draws prompts may fail to draw.
type objective interface {
	// gradient returns the loss of a step at the model's parameters and writes
	// its gradient to grad, in the order of the model's Parts.
	gradient(step int, grad []float64) (float64, error)

	// loss returns the loss of a step at the parameters of m, a model that may
	// have fewer layers.
	loss(step int, m lsa.Model) (float64, error)

	// close ends the objective's goroutines.
	close()
}

// newObjective returns the loss that a problem, which has been checked, is about.
func newObjective(ctx context.Context, p Problem, m lsa.Model, s Settings) (objective, error) {
	c := p.Config
	switch {
	case c.Data == Population && c.Layers > 1:
		return newLawObjective(p.Task, m, s.Workers)
	case c.Data == Population:
		form := s.form
		if form == nil {
			var err error
			if form, err = populationForm(ctx, p); err != nil {
				return nil, err
			}
		}
		return newFormObjective(form, m), nil
	case c.Data == Fixed && c.Layers == 1 && formPays(p.Task.Dim(), c.Heads, c.Batch):
		form, err := BatchForm(p)
		if err != nil {
			return nil, err
		}
		return newFormObjective(form, m), nil
	}
	return newPromptObjective(p, m, s.Workers)
}

// newModel returns a model of a configuration for prompt matrices of D rows
// whose parts are views of params, one after the other.
func newModel(c Config, D int) (m lsa.Model, params []float64) {
	m = lsa.NewStructured(c.Layers, c.Heads, D)
	if c.Dense {
		m = lsa.NewDense(c.Layers, c.Heads, D)
	}
	params = make([]float64, lsa.ParameterCount(m))
	lsa.Bind(m, params)
	return m, params
}

package train

import (
	"context"
	"fmt"

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
			if form, err = populationForm(ctx, p.Task); err != nil {
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
// whose parts are views of params, which has their total length.
func newModel(c Config, D int) (m lsa.Model, params []float64) {
	if c.Dense {
		p := lsa.NewDense(c.Layers, c.Heads, D)
		params = make([]float64, len(p.P)+len(p.Q))
		p.P, p.Q = params[:len(p.P)], params[len(p.P):]
		return p, params
	}
	p := lsa.NewStructured(c.Layers, c.Heads, D)
	params = make([]float64, len(p.B)+len(p.A))
	p.B, p.A = params[:len(p.B)], params[len(p.B):]
	return p, params
}

// firstLayers returns the model that stops after the first layers of m, as
// views.
func firstLayers(m lsa.Model, layers int) lsa.Model {
	switch m := m.(type) {
	case *lsa.Structured:
		k, D := layers*m.Heads, m.Dim
		return &lsa.Structured{Layers: layers, Heads: m.Heads, Dim: D, B: m.B[:k*D], A: m.A[:k*D*(D-1)]}
	case *lsa.Dense:
		k, D := layers*m.Heads, m.Dim
		return &lsa.Dense{Layers: layers, Heads: m.Heads, Dim: D, P: m.P[:k*D*D], Q: m.Q[:k*D*D]}
	}
	panic(fmt.Sprintf("train: a model of type %T", m))
}

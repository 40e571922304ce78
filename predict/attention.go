package predict

import (
	"fmt"
	"sync"

	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
)

// Enlarged predicts with a point X of the enlarged parameter space of one-layer
// linear self-attention (paper, Section 3): sum_j u_j <X_j, g>, where u are the
// query's features and g is the upper triangle of the prompt's Gram matrix.
type Enlarged struct {
	name string
	task markov.Task
	X    []float64 // [q, m]
}

// NewEnlarged returns the predictor of X, length q*D(D+1)/2 in the order of
// [moment.Form]. Other lengths are an error.
func NewEnlarged(name string, t markov.Task, X []float64) (*Enlarged, error) {
	if want := t.QueryDim() * moment.Pairs(t.Dim()); len(X) != want {
		return nil, fmt.Errorf("%s: X has %d entries, but a task with %d query features takes %d", name, len(X), t.QueryDim(), want)
	}
	return &Enlarged{name, t, X}, nil
}

// Name returns the name given to NewEnlarged.
func (e *Enlarged) Name() string { return e.name }

// Predict implements Predictor.
func (e *Enlarged) Predict(p *markov.Prompt, out *Prediction) error {
	q, D := e.task.QueryDim(), e.task.Dim()
	m := moment.Pairs(D)
	G, u := gramAndFeatures(e.task, p)
	g := upperTriangle(G, D)
	out.none()
	out.Expected = 0
	for j := range q {
		if u[j] == 0 {
			continue
		}
		var sum float64
		for r, x := range e.X[j*m : (j+1)*m] {
			sum += x * g[r]
		}
		out.Expected += u[j] * sum
	}
	return nil
}

func gramAndFeatures(t markov.Task, p *markov.Prompt) (G, u []float64) {
	G, u = make([]float64, t.Dim()*t.Dim()), make([]float64, t.QueryDim())
	t.Gram(G, p)
	t.Query(u, p)
	return G, u
}

// upperTriangle returns the upper triangle of G, flat [D*D], row-major.
func upperTriangle(G []float64, D int) []float64 {
	g := make([]float64, 0, moment.Pairs(D))
	for i := range D {
		g = append(g, G[i*D+i:(i+1)*D]...)
	}
	return g
}

// LSA predicts with a linear self-attention model.
type LSA struct {
	name     string
	task     markov.Task
	forwards sync.Pool
}

// NewLSA returns the predictor of a model, whose prompt matrices must have as
// many rows as the task's.
func NewLSA(name string, t markov.Task, m lsa.Model) (*LSA, error) {
	if _, _, dim := m.Size(); dim != t.Dim() {
		return nil, fmt.Errorf("%s: the parameters are for prompt matrices of %d rows, but this task (%v) has %d; give the `d`, `embedding` and `bias` that they were made for", name, dim, t, t.Dim())
	}
	p := &LSA{name: name, task: t}
	p.forwards.New = func() any { return m.NewForward() }
	return p, nil
}

// Name returns the name given to NewLSA.
func (p *LSA) Name() string { return p.name }

// Predict implements Predictor.
func (p *LSA) Predict(prompt *markov.Prompt, out *Prediction) error {
	G, u := gramAndFeatures(p.task, prompt)
	f := p.forwards.Get().(lsa.Forward)
	defer p.forwards.Put(f)
	y, err := f.Predict(G, u)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	out.none()
	out.Expected = y
	return nil
}

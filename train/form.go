package train

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas64"

	"markovicl/internal/each"
	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
)

// formObjective is the loss of one layer as a quadratic form in X = sum over
// heads of phi(b, A): of the population, or of a fixed batch, whose moments are
// accumulated once so that a step no longer depends on its size.
type formObjective struct {
	model lsa.Model
	form  *moment.Form
	x, hx blas64.Vector // [qm] X and HX
	a, da []float64     // [D, q] A of a dense head and its gradient
}

func newFormObjective(f *moment.Form, m lsa.Model) *formObjective {
	n, D := f.Dim(), f.Q+1
	return &formObjective{
		model: m, form: f,
		x: blas64.Vector{N: n, Inc: 1, Data: make([]float64, n)}, hx: blas64.Vector{N: n, Inc: 1, Data: make([]float64, n)},
		a: make([]float64, D*f.Q), da: make([]float64, D*f.Q),
	}
}

// populationForm returns the population loss of one layer, the same for every
// model of a problem.
func populationForm(ctx context.Context, p Problem) (*moment.Form, error) {
	if p.Form != nil {
		return p.Form, nil
	}
	t := p.Task
	moments, err := moment.Of(ctx, t, moment.Options{})
	if err != nil {
		return nil, err
	}
	return moments.At(t.Context()), nil
}

// head returns b and A of a head; of a dense one A is a copy, for only the last
// row of P and the first q columns of Q matter to one layer.
func (o *formObjective) head(m lsa.Model, t int) (b, a []float64) {
	switch m := m.(type) {
	case *lsa.Structured:
		return m.Head(0, t)
	case *lsa.Dense:
		P, Q := m.Head(0, t)
		D, q := m.Dim, m.Dim-1
		for i := range D {
			copy(o.a[i*q:(i+1)*q], Q[i*D:i*D+q])
		}
		return P[q*D:], o.a
	}
	panic("train: a model that is neither structured nor dense")
}

// value sets x and hx and returns the loss.
func (o *formObjective) value(m lsa.Model) (float64, error) {
	clear(o.x.Data)
	_, heads, _ := m.Size()
	for t := range heads {
		b, a := o.head(m, t)
		landscape.AddPhi(o.x.Data, b, a)
	}
	blas64.Symv(1, o.form.H.RawSymmetric(), o.x, 0, o.hx)
	loss := o.form.C
	for r, x := range o.x.Data {
		loss += x * (o.hx.Data[r] - 2*o.form.L[r])
	}
	if math.IsNaN(loss - loss) {
		return 0, &lsa.DivergenceError{Layer: 0}
	}
	return loss, nil
}

// PopulationLoss returns the loss of a one-layer model as the quadratic form of
// its task, at the task's n, has it: exact, without sampling.
func PopulationLoss(f *moment.Form, m lsa.Model) (float64, error) {
	if layers, _, D := m.Size(); layers != 1 || D != f.Q+1 {
		panic(fmt.Sprintf("train: a form with q = %d for a model of %d layers with D = %d", f.Q, layers, D))
	}
	return newFormObjective(f, m).value(m)
}

func (o *formObjective) loss(_ int, m lsa.Model) (float64, error) { return o.value(m) }

func (o *formObjective) gradient(_ int, grad []float64) (float64, error) {
	loss, err := o.value(o.model)
	if err != nil {
		return 0, err
	}
	dX := o.hx.Data
	for r := range dX {
		dX[r] = 2 * (dX[r] - o.form.L[r])
	}
	clear(grad)
	_, heads, D := o.model.Size()
	q := D - 1
	for t := range heads {
		b, a := o.head(o.model, t)
		if _, dense := o.model.(*lsa.Dense); dense {
			gradP, gradQ := grad[t*D*D:(t+1)*D*D], grad[(heads+t)*D*D:(heads+t+1)*D*D]
			clear(o.da)
			addPhiGradient(gradP[q*D:], o.da, dX, b, a)
			for i := range D {
				copy(gradQ[i*D:i*D+q], o.da[i*q:(i+1)*q])
			}
		} else {
			at := heads*D + t*D*q
			addPhiGradient(grad[t*D:(t+1)*D], grad[at:at+D*q], dX, b, a)
		}
	}
	return loss, nil
}

func (o *formObjective) close() {}

// addPhiGradient takes a gradient dX with respect to phi(b, A) back to b and A,
// adding to db and dA.
func addPhiGradient(db, dA, dX, b, A []float64) {
	D, q := len(b), len(b)-1
	r := 0
	for j := range q {
		for i := range D {
			db[i] += dX[r] * A[i*q+j]
			dA[i*q+j] += dX[r] * b[i]
			r++
			for k := i + 1; k < D; k++ {
				db[i] += dX[r] * A[k*q+j]
				db[k] += dX[r] * A[i*q+j]
				dA[k*q+j] += dX[r] * b[i]
				dA[i*q+j] += dX[r] * b[k]
				r++
			}
		}
	}
}

// formPays reports whether a step through the form of a fixed batch is cheaper
// than through its prompts: (qm)^2 multiplications against about 4Dq for a
// prompt and head, which the vector kernels do about four times as fast. It
// decides by the sizes alone, so that the same run is the same everywhere.
func formPays(D, heads, prompts int) bool {
	q := D - 1
	dim := q * moment.Pairs(D)
	return dim*dim < D*q*heads*prompts
}

// BatchForm returns the loss of one layer on a problem's fixed batch as a
// quadratic form. Its minimiser is the least-squares fit of the enlarged model to
// that batch.
func BatchForm(p Problem) (*moment.Form, error) {
	return moment.FromPrompts(context.Background(), p.Task.Dim(), p.Config.Batch, each.Settings{}, func() (moment.Draw, error) {
		sampler, err := markov.NewGramSampler(p.Task, p.derivedSeed(promptSeed))
		if err != nil {
			return nil, err
		}
		return func(i int, G, u []float64) (float64, error) { return sampler.Draw(uint64(i), G, u) }, nil
	})
}

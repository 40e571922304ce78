package lsa

import "fmt"

// Gradient computes losses of a model on batches, and their gradients, by
// reverse mode through the Gram-compressed forward pass. It has memory of its
// own and is for one goroutine at a time; it sees later changes of the model's
// parameters. Its methods allocate nothing unless they fail.
type Gradient struct {
	model   Model
	pass    pass
	one     *oneLayer // for prompts, if the model is a structured one of one layer
	flat    []float64 // gradient, as Parts one after the other
	lanes   []vec     // the same for each lane
	loss    vec
	dTheta  []vec // [q]
	scratch []vec // [q]
}

// pass is a forward pass over a group of prompts that can be run backwards.
type pass interface {
	// forward returns theta, [q], of a group.
	forward(gram []vec) []vec
	// backward adds the gradient of the parameters to grad, given the gradient
	// of theta, which it may overwrite, after forward on the same group.
	backward(grad, dTheta, gram []vec)
	// firstDiverged returns the first layer of the last forward whose output has
	// a number that is not finite, or the last layer.
	firstDiverged() int
}

// NewGradient returns a Gradient of m.
func NewGradient(m Model) *Gradient {
	_, _, D := m.Size()
	size := ParameterCount(m)
	g := &Gradient{
		model: m, pass: m.newPass(), flat: make([]float64, size), lanes: make([]vec, size),
		dTheta: make([]vec, D-1), scratch: make([]vec, D-1),
	}
	if p, ok := m.(*Structured); ok && p.Layers == 1 {
		g.one = newOneLayer(p)
	}
	return g
}

// Of returns the loss of the groups from <= k < to of a batch and the gradient
// with respect to the parameters, in the order of Parts, one part after the
// other: a view that is valid until the next call. It fails with a
// *DivergenceError if the loss is not finite.
func (g *Gradient) Of(b *Batch, from, to int) (loss float64, grad []float64, err error) {
	clear(g.lanes)
	if loss, err = g.run(b, from, to, true); err != nil {
		return 0, nil, err
	}
	sums(g.flat, g.lanes)
	return loss, g.flat, nil
}

// Loss returns the loss of the groups from <= k < to of a batch. It fails with a
// *DivergenceError if the loss is not finite.
func (g *Gradient) Loss(b *Batch, from, to int) (float64, error) { return g.run(b, from, to, false) }

func (g *Gradient) run(b *Batch, from, to int, backward bool) (float64, error) {
	if _, _, D := g.model.Size(); b.dim != D {
		panic(fmt.Sprintf("lsa: a batch with D = %d for a model with D = %d", b.dim, D))
	}
	g.loss = vec{}
	if g.one != nil && !b.law {
		if !g.one.run(b, from, to, backward, &g.loss, g.lanes) {
			return 0, &DivergenceError{Layer: 0}
		}
		return sum(&g.loss), nil
	}
	for k := from; k < to; k++ {
		group := b.group(k)
		theta := g.pass.forward(group.gram)
		group.loss(&g.loss, g.dTheta, theta, g.scratch)
		if !finite(g.loss[:]) {
			return 0, &DivergenceError{Layer: g.pass.firstDiverged()}
		}
		if backward {
			g.pass.backward(g.lanes, g.dTheta, group.gram)
		}
	}
	return sum(&g.loss), nil
}

// structuredPass is StructuredForward on groups of prompts, with its reverse.
type structuredPass struct {
	p     *Structured
	theta []vec // [L+1, q]
	s     []vec // [L, h, D] G(theta_l) b
	beta  []vec // [D] T'b
	ds    []vec // [D]
	dBeta []vec // [D]
	dNext []vec // [q] gradient of theta_{l+1} while that of theta_l is built
}

func (p *Structured) newPass() pass {
	L, h, D, q := p.Layers, p.Heads, p.Dim, p.Dim-1
	return &structuredPass{
		p: p, theta: make([]vec, (L+1)*q), s: make([]vec, L*h*D),
		beta: make([]vec, D), ds: make([]vec, D), dBeta: make([]vec, D), dNext: make([]vec, q),
	}
}

func (f *structuredPass) forward(gram []vec) []vec {
	p, D, q := f.p, f.p.Dim, f.p.Dim-1
	for l := range p.Layers {
		theta, next := f.theta[l*q:(l+1)*q], f.theta[(l+1)*q:(l+2)*q]
		copy(next, theta)
		for t := range p.Heads {
			b, A := p.Head(l, t)
			k := l*p.Heads + t
			s := f.s[k*D : (k+1)*D]
			for i := range D {
				f.beta[i] = splat(b[i])
			}
			if l > 0 { // theta_0 = 0
				addScaled(f.beta[:q], b[q], theta)
			}
			symMulVec(s, gram, f.beta)
			if l > 0 {
				addDot(&s[q], s[:q], theta)
			}
			addTMul(next, s, A)
		}
	}
	return f.theta[p.Layers*q:]
}

func (f *structuredPass) firstDiverged() int {
	q := f.p.Dim - 1
	for l := range f.p.Layers {
		for _, x := range f.theta[(l+1)*q : (l+2)*q] {
			if !finite(x[:]) {
				return l
			}
		}
	}
	return f.p.Layers - 1
}

// backward reverses forward. With T' as in StructuredForward, s = T G T'b has
// the derivatives
//
//	d beta = G T' ds,  db = T d beta,  d theta = ds_y s_x + b_y d beta_x .
func (f *structuredPass) backward(grad, dTheta, gram []vec) {
	p, D, q := f.p, f.p.Dim, f.p.Dim-1
	gradB, gradA := grad[:len(p.B)], grad[len(p.B):]
	for l := p.Layers - 1; l >= 0; l-- {
		theta := f.theta[l*q : (l+1)*q]
		copy(f.dNext, dTheta)
		for t := range p.Heads {
			b, A := p.Head(l, t)
			k := l*p.Heads + t
			s, db := f.s[k*D:(k+1)*D], gradB[k*D:(k+1)*D]
			addOuter(gradA[k*D*q:(k+1)*D*q], s, f.dNext)
			mulScalar(f.ds, A, f.dNext)
			if l > 0 {
				addOuter(dTheta, f.ds[q:], s[:q])
				addOuter(f.ds[:q], f.ds[q:], theta) // T' ds
			}
			symMulVec(f.dBeta, gram, f.ds)
			addScaled(db, 1, f.dBeta)
			if l > 0 {
				addDot(&db[q], theta, f.dBeta[:q])
				addScaled(dTheta, b[q], f.dBeta[:q])
			}
		}
	}
}

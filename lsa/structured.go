package lsa

import "fmt"

// StructuredForward is the Gram-compressed forward pass of a structured model.
//
// With P zero but for its last row only the label row of the prompt matrix
// moves: after l layers the in-context labels are y_i + theta_l'x_i and the
// query's is theta_l'u, with theta_0 = 0. In matrices Z_l = T Z_0 on the
// in-context columns, T = [[I, 0], [theta_l', 1]], so their Gram matrix is
// G(theta_l) = T G T' and
//
//	theta_{l+1}' = theta_l' + sum_t b_t' T G T' A_t .
//
// Read from the left this takes D^2 + Dq multiplications for a head.
type StructuredForward struct {
	p     *Structured
	theta []float64 // [L+1, q]
	beta  []float64 // [D] T'b = (b_x + b_y theta, b_y)
	s     []float64 // [D] G(theta) b
}

// NewStructuredForward returns a forward pass of p with memory of its own, for
// one goroutine at a time.
func NewStructuredForward(p *Structured) *StructuredForward {
	return &StructuredForward{
		p:     p,
		theta: make([]float64, (p.Layers+1)*(p.Dim-1)),
		beta:  make([]float64, p.Dim),
		s:     make([]float64, p.Dim),
	}
}

// NewForward returns a *StructuredForward of p.
func (p *Structured) NewForward() Forward { return NewStructuredForward(p) }

// Layer returns theta_l, l = 0..L, of the last call of Theta or Predict: a view
// of length q.
func (f *StructuredForward) Layer(l int) []float64 {
	q := f.p.Dim - 1
	return f.theta[l*q : (l+1)*q]
}

// Theta returns theta_L: see [Forward].
func (f *StructuredForward) Theta(G []float64) ([]float64, error) {
	p, D, q := f.p, f.p.Dim, f.p.Dim-1
	if len(G) != D*D {
		panic(fmt.Sprintf("lsa: Gram matrix of %d numbers for a model of %d rows", len(G), D))
	}
	for l := range p.Layers {
		theta, next := f.Layer(l), f.Layer(l+1) // [q]
		copy(next, theta)
		for t := range p.Heads {
			b, A := p.Head(l, t) // [D], [D, q]
			copy(f.beta, b)
			axpy(f.beta[:q], b[q], theta) // [D] T'b
			for i := range D {
				f.s[i] = dot(G[i*D:(i+1)*D], f.beta) // [D] G T'b
			}
			f.s[q] += dot(f.s[:q], theta) // [D] T G T'b
			for i, si := range f.s {
				axpy(next, si, A[i*q:(i+1)*q]) // [q] A' T G T'b
			}
		}
		if !finite(next) {
			return nil, &DivergenceError{Layer: l}
		}
	}
	return f.Layer(p.Layers), nil
}

// Predict returns theta_L'u: see [Forward].
func (f *StructuredForward) Predict(G, u []float64) (float64, error) { return predict(f, G, u) }

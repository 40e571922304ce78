package lsa

import "fmt"

// Structured holds the parameters of an LSA whose P is zero but for its last
// row b' and whose Q is [A 0] (paper, Eq. 7 and 11). D = q+1 is the number of
// rows of the prompt matrix.
type Structured struct {
	Layers, Heads, Dim int
	B                  []float64 // [Layers, Heads, D] row-major
	A                  []float64 // [Layers, Heads, D, q] row-major
}

// Dense holds the parameters of an LSA whose P and Q are free.
type Dense struct {
	Layers, Heads, Dim int
	P                  []float64 // [Layers, Heads, D, D] row-major
	Q                  []float64 // [Layers, Heads, D, D] row-major
}

// NewStructured returns structured parameters, all zero, of the given numbers
// of layers and heads for prompt matrices of dim rows.
func NewStructured(layers, heads, dim int) *Structured {
	checkShape(layers, heads, dim)
	return allocate(&Structured{Layers: layers, Heads: heads, Dim: dim})
}

// NewDense returns dense parameters, all zero, of the given numbers of layers
// and heads for prompt matrices of dim rows.
func NewDense(layers, heads, dim int) *Dense {
	checkShape(layers, heads, dim)
	return allocate(&Dense{Layers: layers, Heads: heads, Dim: dim})
}

func checkShape(layers, heads, dim int) {
	if layers < 1 || heads < 1 || dim < 2 {
		panic(fmt.Sprintf("lsa: parameters with %d layers, %d heads, %d rows", layers, heads, dim))
	}
}

// Head returns b (length D) and A ([D, q] row-major) of one head, as views.
func (p *Structured) Head(layer, head int) (b, a []float64) {
	D, q, k := p.Dim, p.Dim-1, layer*p.Heads+head
	return p.B[k*D : (k+1)*D], p.A[k*D*q : (k+1)*D*q]
}

// Head returns P and Q ([D, D] row-major) of one head, as views.
func (p *Dense) Head(layer, head int) (P, Q []float64) {
	DD, k := p.Dim*p.Dim, layer*p.Heads+head
	return p.P[k*DD : (k+1)*DD], p.Q[k*DD : (k+1)*DD]
}

// Dense returns the same model with all of P and Q written out.
func (p *Structured) Dense() *Dense {
	D, q := p.Dim, p.Dim-1
	out := NewDense(p.Layers, p.Heads, D)
	for l := range p.Layers {
		for t := range p.Heads {
			b, a := p.Head(l, t)
			P, Q := out.Head(l, t)
			copy(P[q*D:], b)
			for i := range D {
				copy(Q[i*D:i*D+q], a[i*q:(i+1)*q])
			}
		}
	}
	return out
}

// Size returns the numbers of layers and heads and D.
func (p *Structured) Size() (layers, heads, dim int) { return p.Layers, p.Heads, p.Dim }

// Size returns the numbers of layers and heads and D.
func (p *Dense) Size() (layers, heads, dim int) { return p.Layers, p.Heads, p.Dim }

// Parts returns b [L, h, D] and A [L, h, D, q].
func (p *Structured) Parts() []Part { return partsOf(p) }

// Parts returns P and Q, both [L, h, D, D].
func (p *Dense) Parts() []Part { return partsOf(p) }

func (p *Structured) fields() []field {
	return []field{{"b", []int{p.Dim}, &p.B}, {"A", []int{p.Dim, p.Dim - 1}, &p.A}}
}

func (p *Dense) fields() []field {
	return []field{{"P", []int{p.Dim, p.Dim}, &p.P}, {"Q", []int{p.Dim, p.Dim}, &p.Q}}
}

func (p *Structured) sized(layers, heads, dim int) Model {
	return &Structured{Layers: layers, Heads: heads, Dim: dim}
}

func (p *Dense) sized(layers, heads, dim int) Model {
	return &Dense{Layers: layers, Heads: heads, Dim: dim}
}

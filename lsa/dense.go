package lsa

import "fmt"

// DenseForward is the Gram-compressed forward pass of a dense model.
//
// Layer l maps every column, query included, by the same matrix
//
//	C_l = I + sum_t P_{l,t} W_l Q_{l,t},   W_l = (1/n) Z_l M Z_l',
//
// so W_0 = G and W_{l+1} = C_l W_l C_l'. The prediction is the last entry of
// C_{L-1} .. C_0 (u, 0): theta is the last row of that product without its last
// entry.
type DenseForward struct {
	p        *Dense
	w        []float64 // [L, D, D] W_l
	c        []float64 // [L, D, D] C_l; of the last layer only the last row
	rho      []float64 // [L+1, D] rows: rho_L = e_D', rho_l = rho_{l+1} C_l
	pw, prod []float64 // [D, D] scratch
}

// NewDenseForward returns a forward pass of p with memory of its own, for one
// goroutine at a time.
func NewDenseForward(p *Dense) *DenseForward {
	L, D := p.Layers, p.Dim
	return &DenseForward{
		p: p,
		w: make([]float64, L*D*D), c: make([]float64, L*D*D), rho: make([]float64, (L+1)*D),
		pw: make([]float64, D*D), prod: make([]float64, D*D),
	}
}

// NewForward returns a *DenseForward of p.
func (p *Dense) NewForward() Forward { return NewDenseForward(p) }

// Theta returns theta: see [Forward].
func (f *DenseForward) Theta(G []float64) ([]float64, error) {
	p, L, D := f.p, f.p.Layers, f.p.Dim
	DD := D * D
	if len(G) != DD {
		panic(fmt.Sprintf("lsa: Gram matrix of %d numbers for a model of %d rows", len(G), D))
	}
	copy(f.w, G)
	for l := range L {
		W, C := f.w[l*DD:(l+1)*DD], f.c[l*DD:(l+1)*DD]
		first := 0 // the first row of C that is needed
		if l == L-1 {
			first = D - 1
		}
		clear(C)
		for i := first; i < D; i++ {
			C[i*D+i] = 1
		}
		for t := range p.Heads {
			P, Q := p.Head(l, t)
			mul(f.pw[first*D:], P[first*D:], W, D-first, D, D)
			addMul(C[first*D:], f.pw[first*D:], Q, D-first, D, D) // C += P W Q
		}
		if !finite(C) {
			return nil, &DivergenceError{Layer: l}
		}
		if l < L-1 {
			mul(f.prod, C, W, D, D, D)
			mulT(f.w[(l+1)*DD:(l+2)*DD], f.prod, C, D, D, D) // W_{l+1} = C W C'
		}
	}
	last := f.rho[L*D:]
	clear(last)
	last[D-1] = 1
	for l := L - 1; l >= 0; l-- {
		mul(f.rho[l*D:(l+1)*D], f.rho[(l+1)*D:(l+2)*D], f.c[l*DD:(l+1)*DD], 1, D, D)
	}
	if !finite(f.rho[:D]) {
		return nil, &DivergenceError{Layer: L - 1}
	}
	return f.rho[:D-1], nil
}

// Predict returns theta'u: see [Forward].
func (f *DenseForward) Predict(G, u []float64) (float64, error) { return predict(f, G, u) }

// mul writes X Y to dst, where X is [m, k] and Y is [k, n], row-major.
func mul(dst, X, Y []float64, m, k, n int) {
	clear(dst[:m*n])
	addMul(dst, X, Y, m, k, n)
}

// addMul adds X Y to dst, where X is [m, k] and Y is [k, n], row-major.
func addMul(dst, X, Y []float64, m, k, n int) {
	for i := range m {
		row := dst[i*n : (i+1)*n]
		for j, x := range X[i*k : (i+1)*k] {
			axpy(row, x, Y[j*n:(j+1)*n])
		}
	}
}

// mulT writes X Y' to dst, where X is [m, k] and Y is [n, k], row-major.
func mulT(dst, X, Y []float64, m, k, n int) {
	for i := range m {
		for j := range n {
			dst[i*n+j] = dot(X[i*k:(i+1)*k], Y[j*k:(j+1)*k])
		}
	}
}

package trace

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"markovicl/lsa"
)

// Step writes to next the preconditioned update of Theorem 4.1, layer l of
// model p applied at w, where g1 and g2, flat [D, q], are the gradients of R1
// and R2 at w:
//
//	next' = w' - sum_t b_t' ( g1 Abar_t + g2 [0; a_t'] ),   A_t = -[Abar_t; a_t'].
//
// next must not overlap w.
func Step(next, w, g1, g2 []float64, p *lsa.Structured, layer int) {
	q := p.Dim - 1
	copy(next, w)
	for t := range p.Heads {
		b, A := p.Head(layer, t) // [D], [D, q]
		for k, bk := range b {
			for i, g := range g1[k*q : (k+1)*q] {
				axpy(next, bk*g, A[i*q:(i+1)*q]) // minus Abar is the upper part of A
			}
			axpy(next, bk*g2[k*q+q-1], A[q*q:]) // [0; a'] sees the derivative by w_q only
		}
	}
}

// IdentityError checks Theorem 4.1 on one prompt. Z0, [D, n+1], is the prompt
// matrix: in-context columns, then (u, 0). It returns the largest deviation
// over the layers, relative to 1 + |w_{l+1}|, between the real forward pass and
// the preconditioned update; rounding alone leaves about 1e-15.
//
// The real pass is the explicit one, token by token. The mask hides the query
// from the context, so w_l can be read off it without any theory: after l
// layers a query with the k-th unit vector for features has the label -w_lk.
// Compared are, in every layer, w_{l+1} with the update of w_l, the in-context
// labels with y_j - w_l'x_j, and the query's label with -w_l'u.
//
// It is an error if a number is no longer finite.
func IdentityError(p *lsa.Structured, Z0 *mat.Dense) (float64, error) {
	D, columns := Z0.Dims()
	q, n := D-1, columns-1
	if D != p.Dim || n < 1 {
		panic(fmt.Sprintf("trace: prompt matrix of %d x %d for a model of %d rows", D, columns, p.Dim))
	}
	flat := make([]float64, n*D)
	for j := range n {
		mat.Col(flat[j*D:(j+1)*D], j, Z0)
	}
	o := NewObjectives(q)
	if err := o.SetColumns(flat); err != nil {
		return 0, err
	}

	w := make([]float64, (p.Layers+1)*q) // [L+1, q] of the real pass
	probe := mat.DenseCopyOf(Z0)
	for k := range q {
		for i := range D {
			probe.Set(i, n, 0)
		}
		probe.Set(k, n, 1)
		p.Explicit(probe, func(l int, Z *mat.Dense) { w[l*q+k] = -Z.At(q, n) })
	}

	var worst float64 // max keeps a NaN, so none can look small
	g1, g2, next := make([]float64, D*q), make([]float64, D*q), make([]float64, q)
	for l := range p.Layers {
		o.Gradients(g1, g2, w[l*q:(l+1)*q])
		Step(next, w[l*q:(l+1)*q], g1, g2, p, l)
		worst = max(worst, stepDeviation(w[(l+1)*q:(l+2)*q], next))
	}
	p.Explicit(Z0, func(l int, Z *mat.Dense) {
		wl := w[l*q : (l+1)*q]
		for j := range columns {
			label := Z0.At(q, j)
			for i, wi := range wl {
				label -= wi * Z0.At(i, j)
			}
			worst = max(worst, math.Abs(Z.At(q, j)-label)/(1+norm(wl)))
		}
	})
	if math.IsNaN(worst - worst) {
		return 0, errors.New("the forward pass leaves the floating-point numbers; the parameters are too large for this depth")
	}
	return worst, nil
}

// stepDeviation returns the largest difference of w and its prediction relative
// to 1 + |w|.
func stepDeviation(w, predicted []float64) float64 {
	var worst float64
	for i, x := range w {
		worst = max(worst, math.Abs(x-predicted[i]))
	}
	return worst / (1 + norm(w))
}

func norm(x []float64) float64 { return math.Sqrt(dot(x, x)) }

// axpy adds a x to y.
func axpy(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += a * x[i]
	}
}

package landscape

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
	"markovicl/moment"
)

// A proven bound for D-1 heads, by branch and bound.
//
// X is realisable with D-1 heads iff one v != 0 has v'M_j v = 0 for all blocks,
// which for given v is q linear constraints B(v)X = 0, B(v) = I (x) w(v)' with
// w(v)_(i,k) = v_i v_k, i <= k. For a definite H and any y in R^q
//
//	min {f(X): B(v)X = 0} >= min_X f(X) + 2y'B(v)X = f~* + 2y'B(v)X* - y'B(v)H^{-1}B(v)'y,
//
// with equality at y = (B H^{-1} B')^{-1} B X*. With y fixed at its best for the
// centre of a box the right side is a polynomial of degree 4 in v, whose value and
// gradient at the centre are those of the left side, so that its Taylor bound over
// the box is off by the square of the box's size only: boxes do not cluster round
// a minimum. v is projective: one of its entries is 1, the others lie in [-1, 1].

// headsDimension is the largest q for which the bound is tried.
const headsDimension = 4

// headsBox is a box of v, one of whose intervals is [1, 1].
type headsBox struct {
	center, radius [headsDimension + 1]float64
	lower          float64 // of the minimum over the box, above f~*
}

type headsHeap []*headsBox

func (h headsHeap) Len() int           { return len(h) }
func (h headsHeap) Less(i, j int) bool { return h[i].lower < h[j].lower }
func (h headsHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *headsHeap) Push(x any)        { *h = append(*h, x.(*headsBox)) }
func (h *headsHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// headsBounder holds an approximate inverse of H and minimiser with proven bounds
// of their errors, and scratch space.
type headsBounder struct {
	D, q, m int
	X       []float64 // [q, m] near X*
	G       []float64 // [q m, q m] near H^{-1}, symmetric
	errX    float64   // >= |X - X*|
	errG    float64   // >= |G - H^{-1}|, spectral norm

	w, dw     []float64 // [m]
	a, p      []float64 // [m]
	Gy, row   []float64 // [m, m], [m]
	K         *mat.SymDense
	s, y      *mat.VecDense
	linear    []float64 // [D]
	quadratic []float64 // [m]
}

// newHeadsBounder fails if rounding leaves open whether H is definite.
func newHeadsBounder(form *moment.Form) (*headsBounder, error) {
	D, q, n := form.Q+1, form.Q, form.Dim()
	b := &headsBounder{D: D, q: q, m: moment.Pairs(D), K: mat.NewSymDense(q, nil), s: mat.NewVecDense(q, nil), y: mat.NewVecDense(q, nil)}
	for _, x := range []*[]float64{&b.w, &b.dw, &b.a, &b.p, &b.row, &b.quadratic} {
		*x = make([]float64, b.m)
	}
	b.Gy, b.linear = make([]float64, b.m*b.m), make([]float64, D)

	// H >= 0: the Cholesky factorisation of H less more than its rounding errors
	// (Rump 2006: gamma_{n+1} tr H) goes through.
	shifted := mat.NewSymDense(n, nil)
	shifted.CopySym(form.H)
	shift := 2 * certificate.Gamma(n+2) * mat.Trace(form.H)
	for i := range n {
		shifted.SetSym(i, i, form.H.At(i, i)-shift)
	}
	var chol, definite mat.Cholesky
	if !definite.Factorize(shifted) || !chol.Factorize(form.H) {
		return nil, errors.New("rounding leaves open whether H is definite")
	}
	G := mat.NewSymDense(n, nil)
	if err := chol.InverseTo(G); err != nil {
		return nil, fmt.Errorf("H is too badly conditioned to invert: %w", err)
	}
	// |I - HG| <= r < 1 in the Frobenius norm, its rounding included, gives
	// |H^{-1}| <= |G|/(1-r) and |G - H^{-1}| <= |G| r/(1-r).
	var residual mat.Dense
	residual.Mul(form.H, G)
	for i := range n {
		residual.Set(i, i, residual.At(i, i)-1)
	}
	normH, normG := mat.Norm(form.H, 2), mat.Norm(G, 2) // Frobenius
	r := (mat.Norm(&residual, 2) + certificate.Gamma(n+2)*(normH*normG+math.Sqrt(float64(n)))) * (1 + certificate.Gamma(n*n+8))
	if !(r < 0.5) {
		return nil, errors.New("H is too badly conditioned to invert")
	}
	up := 1 + certificate.Gamma(n*n+8)
	b.errG = normG * r / (1 - r) * up
	inverse := normG / (1 - r) * up
	b.X = make([]float64, n)
	x := mat.NewVecDense(n, b.X)
	if err := chol.SolveVecTo(x, mat.NewVecDense(n, form.L)); err != nil {
		return nil, fmt.Errorf("H is too badly conditioned to invert: %w", err)
	}
	var left mat.VecDense
	left.MulVec(form.H, x)
	left.SubVec(&left, mat.NewVecDense(n, form.L))
	rounding := certificate.Gamma(n+2) * (normH*mat.Norm(x, 2) + mat.Norm(mat.NewVecDense(n, form.L), 2))
	b.errX = inverse * (mat.Norm(&left, 2) + rounding) * up
	b.G = make([]float64, n*n)
	for i := range n {
		for k := range n {
			b.G[i*n+k] = G.At(i, k)
		}
	}
	return b, nil
}

// bound sets a box's lower bound, of the loss above f~*.
func (b *headsBounder) bound(box *headsBox) {
	D, q, m, n := b.D, b.q, b.m, b.q*b.m
	r := 0
	for i := range D {
		for k := i; k < D; k++ {
			b.w[r] = box.center[i] * box.center[k]
			r++
		}
	}
	// s = B X*, K = B G B' at the centre, y = K^{-1} s; any y will do.
	for j := range q {
		b.s.SetVec(j, dot(b.w, b.X[j*m:(j+1)*m]))
		for l := j; l < q; l++ {
			sum := 0.0
			for i, x := range b.w {
				if x != 0 {
					at := (j*m+i)*n + l*m
					sum += x * dot(b.w, b.G[at:at+m])
				}
			}
			b.K.SetSym(j, l, sum)
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(b.K) || chol.SolveVecTo(b.y, b.s) != nil {
		b.y.Zero()
	}
	zero(b.a)
	zero(b.Gy)
	var one, two float64 // |y|_1, |y|^2
	for j := range q {
		yj := b.y.AtVec(j)
		one += math.Abs(yj)
		two += yj * yj
		for i := range m {
			b.a[i] += yj * b.X[j*m+i]
		}
		for l := range q {
			c := yj * b.y.AtVec(l)
			for i := range m {
				at := (j*m+i)*n + l*m
				for k, g := range b.G[at : at+m] {
					b.Gy[i*m+k] += c * g
				}
			}
		}
	}
	box.lower = b.taylor(box) - 2*one*float64(D)*b.errX - two*float64(D*D)*b.errG
}

// taylor bounds 2a'w(v) - w(v)'Gy w(v) over the box from below: with w(v) = w + dw,
// dw = J delta + (delta_i delta_k), it is its value at the centre, plus
// p'dw for p = 2(a - Gy w), less dw'Gy dw.
func (b *headsBounder) taylor(box *headsBox) float64 {
	D, m := b.D, b.m
	value, size := 0.0, 0.0 // size: of all terms, for rounding
	for i := range m {
		row := dot(b.Gy[i*m:(i+1)*m], b.w)
		b.p[i] = 2 * (b.a[i] - row)
		value += b.w[i] * (2*b.a[i] - row)
		size += 2 * math.Abs(b.a[i])
		for _, g := range b.Gy[i*m : (i+1)*m] {
			size += math.Abs(g)
		}
	}
	zero(b.linear)
	r := 0
	for i := range D {
		for k := i; k < D; k++ {
			b.linear[i] += b.p[r] * box.center[k]
			b.linear[k] += b.p[r] * box.center[i]
			// For i = k both lines hit the same entry: the derivative 2 v_i.
			square := box.radius[i] * box.radius[k]
			b.quadratic[r] = square
			b.dw[r] = math.Abs(box.center[k])*box.radius[i] + math.Abs(box.center[i])*box.radius[k] + square
			r++
		}
	}
	for i, x := range b.linear[:D] {
		value -= math.Abs(x) * box.radius[i]
	}
	for i := range m {
		value -= math.Abs(b.p[i]) * b.quadratic[i]
		sum := 0.0
		for k, g := range b.Gy[i*m : (i+1)*m] {
			sum += math.Abs(g) * b.dw[k]
		}
		value -= b.dw[i] * sum
	}
	// |w|, |dw| <= 3 entrywise, and every term is a product of few factors.
	return value - certificate.Gamma(8*b.m+8*b.q*b.q+64)*9*size
}

// boundHeads proves how low the loss of a model with D-1 heads can be above f~*,
// for a definite form with q <= headsDimension: with a bound f0 of f~* from below,
// no such model has a loss below f0 + lower. It stops when lower comes within gap
// of upper (a loss above f~* that is attained), after so many boxes, or when ctx
// ends; what it returns is proven in each case. The claim is about the stored H, h
// and c.
func boundHeads(ctx context.Context, form *moment.Form, upper, gap float64, boxes int) (lower float64, used int, err error) {
	if form.Q > headsDimension {
		return 0, 0, fmt.Errorf("the bound for d heads is for d <= %d, this form has %d", headsDimension, form.Q)
	}
	b, err := newHeadsBounder(form)
	if err != nil {
		return 0, 0, err
	}
	var open headsHeap
	for face := range b.D {
		box := &headsBox{}
		for i := range b.D {
			box.radius[i] = 1
		}
		box.center[face], box.radius[face] = 1, 0
		b.bound(box)
		heap.Push(&open, box)
	}
	for used = 0; ; used++ {
		lower = math.Max(0, open[0].lower) // f >= f~* whatever X
		if lower >= upper-gap || used >= boxes || (used%256 == 0 && ctx.Err() != nil) {
			return lower, used, nil
		}
		box := heap.Pop(&open).(*headsBox)
		widest := 0
		for i := range b.D {
			if box.radius[i] > box.radius[widest] {
				widest = i
			}
		}
		for _, side := range []float64{-1, 1} {
			half := *box
			half.radius[widest] /= 2
			half.center[widest] += side * half.radius[widest]
			b.bound(&half)
			half.lower = math.Max(half.lower, box.lower)
			heap.Push(&open, &half)
		}
	}
}

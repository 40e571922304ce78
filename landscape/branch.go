package landscape

import (
	"container/heap"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"markovicl/internal/each"
	"markovicl/moment"
)

// Branch and bound over the directions of b, for a definite H: slower than the
// certificate, with nothing in common with it, and able to close gaps that the
// certificate leaves.
//
// With f(b, A) = f~* + |x - B(b)a|^2, B(b) = sum_i b_i B_i, N_il = B_i'B_l, take a
// box with centre b0: K0 = B(b0)'B(b0), a0 the minimiser there, C_i = B_i'(x -
// B(b0)a0), G_il = a0'N_il a0, U_i = B(b0)'B_i a0, g_i = -2 C_i'a0 (the gradient of
// v), and omega < 1 with |B(e)a| <= omega |B(b0)a| for all a and all e in the box.
// Then for every e in the box
//
//	v(b0+e) >= v(b0) + g'e + e'Me,  M = (1-omega) G - T'K0^{-1}T/(1-omega)^2,
//	T_i = (1-omega) U_i - C_i.
//
// (Substitute a = a0 + a'; the only term beyond second order is B(e)a'; use
// |y+z|^2 >= (1-t)|y|^2 - (1/t-1)|z|^2 with t = omega, and minimise over a'.) As
// the box shrinks M tends to half the Hessian of v, so that boxes do not cluster
// round a minimum.

// branchSettings limit the search.
type branchSettings struct {
	gap   float64 // relative, at which to stop
	boxes int     // most boxes to bound
	// condition of H: rounding errors grow with it
	condition float64
	// progress is told the lower bound so far.
	progress func(lower float64)
}

// branchResult holds what the search proved: no loss is below lower. It is not
// interrupted only if the gap was closed.
type branchResult struct {
	lower  float64
	boxes  int
	closed bool
}

// box is a part of the face b_face = 1, |b_k| <= 1 of the cube.
type box struct {
	face           int
	centre, radius []float64
	bound          float64
	order          int // of creation, to break ties
}

type boxHeap []*box

func (h boxHeap) Len() int { return len(h) }
func (h boxHeap) Less(i, j int) bool {
	if h[i].bound != h[j].bound {
		return h[i].bound < h[j].bound
	}
	return h[i].order < h[j].order
}
func (h boxHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *boxHeap) Push(x any)   { *h = append(*h, x.(*box)) }
func (h *boxHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// branchMargin is what a bound of a box is lowered by for rounding, relative to
// c, and branchConditionMargin for each unit of H's condition: linear systems
// with K are solved to about that accuracy. Both are generous estimates.
const (
	branchMargin          = 1e-11
	branchOmega           = 1e-9  // what is added to omega, relatively, and a thousandth of it besides
	branchConvex          = 1e-12 // what is added to the shift that makes a quadratic convex, relative to its curvature
	branchConditionMargin = 64 * unitRoundoff
)

// branchAndBound proves a lower bound of the loss over all transformers, given
// the loss upper of one. Boxes are bounded in batches of a fixed size, so that
// the result does not depend on the number of workers.
func branchAndBound(ctx context.Context, form *moment.Form, upper float64, settings branchSettings) branchResult {
	form = isotropic(form)
	D := form.Q + 1
	const batch = 64
	workers := make([]*bounder, each.Workers(0, batch))
	for w := range workers {
		workers[w] = &bounder{p: newProjected(form)}
	}
	margin := (branchMargin + branchConditionMargin*settings.condition) * math.Abs(form.C)
	target := upper - settings.gap*math.Abs(upper)
	var open boxHeap
	result := branchResult{lower: math.Inf(-1)}
	finished := math.Inf(1) // least bound of the boxes that need no more splitting
	evaluate := func(boxes []*box) {
		each.Do(context.WithoutCancel(ctx), len(boxes), each.Settings{Workers: len(workers)}, func(w int) func(int) error {
			return func(i int) error {
				boxes[i].bound = max(boxes[i].bound, workers[w].bound(boxes[i])-margin)
				return nil
			}
		})
		for _, b := range boxes {
			b.order = result.boxes
			result.boxes++
			if b.bound >= target {
				finished = min(finished, b.bound)
			} else {
				heap.Push(&open, b)
			}
		}
	}
	var faces []*box
	for face := range D {
		b := &box{face: face, centre: unit(D, face), radius: make([]float64, D), bound: math.Inf(-1)}
		for k := range D {
			if k != face {
				b.radius[k] = 1
			}
		}
		faces = append(faces, b)
	}
	evaluate(faces)
	for {
		least := finished
		if len(open) > 0 {
			least = min(least, open[0].bound)
		}
		result.lower = min(least, upper)
		if settings.progress != nil {
			settings.progress(result.lower)
		}
		if len(open) == 0 {
			result.closed = true
			return result
		}
		if ctx.Err() != nil || result.boxes >= settings.boxes {
			return result
		}
		var halves []*box
		for len(open) > 0 && len(halves) < batch {
			halves = append(halves, heap.Pop(&open).(*box).split()...)
		}
		evaluate(halves)
	}
}

// split cuts a box in two across its longest side.
func (b *box) split() []*box {
	longest := 0
	for k, r := range b.radius {
		if r > b.radius[longest] {
			longest = k
		}
	}
	halves := make([]*box, 2)
	for s := range halves {
		h := &box{face: b.face, centre: slices.Clone(b.centre), radius: slices.Clone(b.radius), bound: b.bound}
		h.radius[longest] /= 2
		h.centre[longest] += float64(2*s-1) * h.radius[longest]
		halves[s] = h
	}
	return halves
}

type bounder struct{ p *projected }

// bound returns a lower bound of v over the box, minus infinity if the box is
// too large for one.
func (w *bounder) bound(b *box) float64 {
	p := w.p
	D, M, n, m := p.D, p.M, p.n, p.n/p.form.Q
	value := p.eval(b.centre)
	var free []int
	for k := range D {
		if k != b.face {
			free = append(free, k)
		}
	}
	// omega: the largest over the vertices of the box, the maximum of a convex
	// function; e and -e count once.
	var K0 mat.Cholesky
	if !K0.Factorize(p.K) {
		return math.Inf(-1)
	}
	var L mat.TriDense
	K0.LTo(&L)
	omega := 0.0
	e := make([]float64, D)
	for vertex := range 1 << max(0, len(free)-1) {
		for c, k := range free {
			e[k] = b.radius[k]
			if vertex>>c&1 == 1 {
				e[k] = -e[k]
			}
		}
		omega = max(omega, p.relativeNorm(e, &L))
	}
	omega = omega*(1+branchOmega) + branchOmega/1000
	if omega >= 1 {
		return math.Inf(-1)
	}
	// G, T, g.
	g := p.gradient()
	zero(p.xs)
	T := mat.NewDense(D, M, nil)
	for i := range D {
		x, hx := p.xs[i*n:(i+1)*n], p.hxs[i*n:(i+1)*n]
		for j := range p.form.Q {
			for k := range D {
				x[j*m+p.pair[i*D+k]] = p.a[j*D+k]
			}
		}
		mat.NewVecDense(n, hx).MulVec(p.form.H, mat.NewVecDense(n, x))
		row := T.RawRowView(i)
		p.addDrop(row, p.b, hx)
		for j := range p.form.Q {
			for k := range D {
				s := j*D + k
				row[s] = (1-omega)*row[s] - p.r[j*m+p.pair[i*D+k]]
			}
		}
	}
	var KT, TKT mat.Dense
	if K0.SolveTo(&KT, T.T()) != nil {
		return math.Inf(-1)
	}
	TKT.Mul(T, &KT)
	// The quadratic in coordinates that make the box a cube of radius 1.
	f := len(free)
	Q, linear := mat.NewSymDense(f, nil), make([]float64, f)
	for c, k := range free {
		linear[c] = g[k] * b.radius[k]
		for o := c; o < f; o++ {
			l := free[o]
			G := dot(p.xs[k*n:(k+1)*n], p.hxs[l*n:(l+1)*n])
			t := (TKT.At(k, l) + TKT.At(l, k)) / 2
			Q.SetSym(c, o, ((1-omega)*G-t/((1-omega)*(1-omega)))*b.radius[k]*b.radius[l])
		}
	}
	return value + quadraticOnCube(Q, linear)
}

// relativeNorm returns the largest |B(e)a|/|B(b0)a|, L being the Cholesky factor
// of K(b0).
func (p *projected) relativeNorm(e []float64, L *mat.TriDense) float64 {
	M, m := p.M, p.n/p.form.Q
	S := mat.NewDense(p.n, M, nil)
	for j := range p.form.Q {
		for k := range p.D {
			for i, ei := range e {
				r := j*m + p.pair[i*p.D+k]
				S.Set(r, j*p.D+k, S.At(r, j*p.D+k)+ei)
			}
		}
	}
	var HS, K mat.Dense
	HS.Mul(p.form.H, S)
	K.Mul(S.T(), &HS)
	// L^{-1} K L^{-T}.
	var left, both mat.Dense
	if left.Solve(L, &K) != nil || both.Solve(L, left.T()) != nil {
		return math.Inf(1)
	}
	sym := mat.NewSymDense(M, nil)
	for s := range M {
		for t := s; t < M; t++ {
			sym.SetSym(s, t, (both.At(s, t)+both.At(t, s))/2)
		}
	}
	var es mat.EigenSym
	if !es.Factorize(sym, false) {
		return math.Inf(1)
	}
	return math.Sqrt(max(0, es.Values(nil)[M-1]))
}

// quadraticOnCube returns a lower bound of linear'y + y'Qy over |y_k| <= 1. A
// multiple s of |y|^2 makes the quadratic convex and costs at most s times the
// dimension; the tangent plane at a near-minimiser bounds a convex function.
func quadraticOnCube(Q *mat.SymDense, linear []float64) float64 {
	f := len(linear)
	if f == 0 {
		return 0
	}
	var es mat.EigenSym
	if !es.Factorize(Q, false) {
		return math.Inf(-1)
	}
	values := es.Values(nil)
	shift := max(0, -values[0]) + branchConvex*math.Abs(values[f-1])
	y := make([]float64, f)
	slope := func(k int) float64 {
		s := linear[k] + 2*shift*y[k]
		for l := range f {
			s += 2 * Q.At(k, l) * y[l]
		}
		return s
	}
	const sweeps = 30
	for range sweeps {
		for k := range f {
			curvature := 2 * (Q.At(k, k) + shift)
			s := slope(k)
			next := -math.Copysign(1, s)
			if curvature > 0 {
				next = max(-1, min(1, y[k]-s/curvature))
			}
			y[k] = next
		}
	}
	value := -shift * float64(f)
	for k := range f {
		s := slope(k)
		value += (linear[k]+s)/2*y[k] - s*y[k] - math.Abs(s)
	}
	return value
}

package hardness

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"markovicl/moment"
)

// Transformer is a one-layer model and its loss under a form.
type Transformer struct {
	B    []float64 // [D]
	A    []float64 // [D, q] row-major
	Loss float64   // exact, rounded up
}

// Search looks for the best transformer of the form by variable projection
// (paper's Problem C.9 has no solution in general): for given b the best A is a
// linear least-squares problem, block by block, and what is left is minimised over
// b by a quasi-Newton method from random starts. Starts lie near b_k = 0, where
// the gauge can be kept, and half of them near 0 in some other entries too, as
// solutions with zeros do. It proves nothing. When ctx ends it returns the best so
// far.
func (f *RankOneForm) Search(ctx context.Context, starts int, seed uint64) Transformer {
	var best Transformer
	for start := range starts {
		if start > 0 && ctx.Err() != nil {
			break
		}
		random := rand.New(rand.NewPCG(seed, uint64(start)))
		b := make([]float64, f.D)
		for i := range f.D - 1 {
			b[i] = random.NormFloat64()
			if start%2 == 1 && random.IntN(2) == 0 {
				b[i] *= 1e-3
			}
		}
		b[f.D-1] = 1e-3 * random.NormFloat64()
		if t := f.Descend(ctx, b); start == 0 || t.Loss < best.Loss {
			best = t
		}
	}
	return best
}

// Descend returns a local minimum of the form from a start b [D], or where the descent has
// come to when ctx ends.
func (f *RankOneForm) Descend(ctx context.Context, b []float64) Transformer {
	p := newLeastSquares(f)
	problem := optimize.Problem{
		Func: func(b []float64) float64 { return p.eval(b) },
		Grad: func(grad, b []float64) {
			p.eval(b)
			copy(grad, p.gradient)
		},
		Status: func() (optimize.Status, error) {
			if err := ctx.Err(); err != nil {
				return optimize.Failure, err
			}
			return optimize.NotTerminated, nil
		},
	}
	// The method may end for want of progress at the minimum; what it returns is
	// evaluated without rounding below, so that no status has to be believed.
	result, err := optimize.Minimize(problem, b, &optimize.Settings{GradientThreshold: 1e-12, MajorIterations: 500}, &optimize.BFGS{})
	if result != nil && (err == nil || floats.Norm(result.X, 2) > 0) && !floats.HasNaN(result.X) {
		b = result.X
	}
	p.eval(b)
	t := Transformer{B: append([]float64(nil), b...), A: append([]float64(nil), p.A...), Loss: math.Inf(1)}
	if exact, err := f.Value(t.B, t.A); err == nil {
		if t.Loss, _ = exact.Float64(); !math.IsInf(t.Loss, 0) {
			t.Loss = math.Nextafter(t.Loss, math.Inf(1))
		}
	}
	return t
}

// leastSquares finds the best A for given b, and the gradient of the loss in b
// (the envelope theorem: that of f at the best A).
type leastSquares struct {
	D, q   int
	root   []float64 // [q m] square roots of the weights
	target []float64 // [q m]

	// What b [D] was evaluated last, with its loss, its best A [D, q] and the gradient [D]:
	// gonum asks for the value and for the gradient of a point by two calls.
	b, A, gradient []float64
	loss           float64
}

func newLeastSquares(f *RankOneForm) *leastSquares {
	p := &leastSquares{D: f.D, q: f.D - 1, A: make([]float64, f.D*(f.D-1)), gradient: make([]float64, f.D)}
	for i, w := range f.weights {
		weight, _ := w.Float64()
		target, _ := f.target[i].Float64()
		p.root, p.target = append(p.root, math.Sqrt(weight)), append(p.target, target)
	}
	return p
}

func (p *leastSquares) eval(b []float64) float64 {
	if slices.Equal(p.b, b) {
		return p.loss
	}
	p.b = append(p.b[:0], b...)
	D, q, m := p.D, p.q, moment.Pairs(p.D)
	floats.Scale(0, p.gradient)
	loss := 0.0
	for j := range q {
		rows, rhs := mat.NewDense(m, D, nil), mat.NewVecDense(m, nil)
		r := 0
		for i := range D {
			for k := i; k < D; k++ {
				w := p.root[j*m+r]
				rows.Set(r, i, w*b[k])
				rows.Set(r, k, w*b[i])
				rhs.SetVec(r, w*p.target[j*m+r])
				r++
			}
		}
		a := leastNormSolution(rows, rhs)
		for k := range D {
			p.A[k*q+j] = a.AtVec(k)
		}
		var residual mat.VecDense
		residual.MulVec(rows, a)
		residual.SubVec(&residual, rhs)
		loss += mat.Dot(&residual, &residual)
		r = 0
		for i := range D {
			for k := i; k < D; k++ {
				e := 2 * residual.AtVec(r) * p.root[j*m+r]
				p.gradient[i] += e * a.AtVec(k)
				if k > i {
					p.gradient[k] += e * a.AtVec(i)
				}
				r++
			}
		}
	}
	p.loss = loss
	return loss
}

// leastNormSolution solves min |rows a - rhs|, the least |a| where weights of 0
// leave it open.
func leastNormSolution(rows *mat.Dense, rhs *mat.VecDense) *mat.VecDense {
	_, D := rows.Dims()
	a := mat.NewVecDense(D, nil)
	if norm := mat.Norm(rows, 1); math.IsNaN(norm) || math.IsInf(norm, 0) {
		return a // a descent has left all reason
	}
	var svd mat.SVD
	if !svd.Factorize(rows, mat.SVDThin) {
		return a // as if b could not be used: no descent goes there
	}
	const rounding = 1e-13
	if rank := svd.Rank(rounding); rank > 0 {
		svd.SolveVecTo(a, rhs, rank)
	}
	return a
}

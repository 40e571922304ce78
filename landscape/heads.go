package landscape

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"markovicl/internal/lbfgs"
	"markovicl/moment"
)

// Several heads. X = sum_t phi(b_t, A_t) depends on the b's through their span U
// only, and a block is reached iff it vanishes on the orthogonal complement of U:
// X is realisable with h heads iff the quadratic forms M_1..M_q vanish together
// on a subspace of dimension D-h. With h = D heads every X is realised, in closed
// form: b_t = e_t, a_(t,j) = row t of M_j. With h = D-1 the question is whether
// the q quadrics have a common real zero. That attention of several heads is linear in an
// enlarged space of features, and comes back from there head by head, is the idea of Yau
// et al. (2024, arXiv 2410.10101).

// AllHeads returns D heads that realise X, q = D-1: the b's ([D, D], the
// identity) and the A's ([D, D, q]), row-major.
func AllHeads(X []float64, q int) (b, A []float64) {
	D := q + 1
	U := mat.NewDense(D, D, nil)
	for i := range D {
		U.Set(i, i, 1)
	}
	return U.RawMatrix().Data, headParameters(X, q, U)
}

// headParameters returns A_1..A_h ([h, D, q]) such that sum_t phi(u_t, A_t) = X,
// the u_t being the orthonormal columns of U ([D, h]), for an X whose blocks
// vanish on the orthogonal complement: a_t = 2 M u_t - U U'M u_t.
func headParameters(X []float64, q int, U *mat.Dense) []float64 {
	D, h := U.Dims()
	m := moment.Pairs(D)
	A := make([]float64, h*D*q)
	M := mat.NewSymDense(D, nil)
	for j := range q {
		setBlock(M, X[j*m:(j+1)*m])
		var MU, UMU, inside mat.Dense
		MU.Mul(M, U)
		UMU.Mul(U.T(), &MU)
		inside.Mul(U, &UMU)
		for t := range h {
			for k := range D {
				A[(t*D+k)*q+j] = 2*MU.At(k, t) - inside.At(k, t)
			}
		}
	}
	return A
}

// setBlock sets M to the symmetric matrix of a block of X.
func setBlock(M *mat.SymDense, block []float64) {
	D := M.SymmetricDim()
	for i := range D {
		for k := i; k < D; k++ {
			x := block[moment.PairIndex(D, i, k)]
			if i != k {
				x /= 2
			}
			M.SetSym(i, k, x)
		}
	}
}

// projectedHeads evaluates the best loss over A_1..A_h for the span of h b's, for any number
// of goroutines.
type projectedHeads struct {
	form    *moment.Form
	H       *mat.Dense // both triangles of form.H
	D, h, m int
	pair    []int
}

func newProjectedHeads(form *moment.Form, h int) *projectedHeads {
	D := form.Q + 1
	return &projectedHeads{form: form, H: mat.DenseCopyOf(form.H), D: D, h: h, m: moment.Pairs(D), pair: pairTable(D)}
}

// eval returns the loss, X, the orthonormal basis U ([D, h]) of the span of the
// columns of B ([D, h] row-major), and sets gradient to the derivative of the
// loss with respect to B.
func (p *projectedHeads) eval(B, gradient []float64) (loss float64, X []float64, U *mat.Dense) {
	D, h, m, q := p.D, p.h, p.m, p.form.Q
	var qr mat.QR
	qr.Factorize(mat.NewDense(D, h, B))
	var full, R mat.Dense
	qr.QTo(&full)
	qr.RTo(&R)
	U = mat.DenseCopyOf(full.Slice(0, D, 0, h))

	// Coordinates of the blocks that vanish on U's complement: u_s u_t' for
	// s <= t < h and u_s v_t', made symmetric; m_h of them.
	mh := h*(h+1)/2 + h*(D-h)
	change := mat.NewDense(m, mh, nil)
	at := 0
	for s := range h {
		for t := s; t < D; t++ {
			for i := range D {
				for k := i; k < D; k++ {
					x := full.At(i, s) * full.At(k, t)
					if i != k {
						x += full.At(k, s) * full.At(i, t)
					}
					change.Set(p.pair[i*D+k], at, x)
				}
			}
			at++
		}
	}
	P := mat.NewDense(q*m, q*mh, nil) // H S
	K := mat.NewSymDense(q*mh, nil)
	k := mat.NewVecDense(q*mh, nil)
	for l := range q {
		P.Slice(0, q*m, l*mh, (l+1)*mh).(*mat.Dense).Mul(p.H.Slice(0, q*m, l*m, (l+1)*m), change)
	}
	upper := K.RawSymmetric()
	for j := range q {
		var part mat.Dense // rows of K, from the block at the diagonal on
		part.Mul(change.T(), P.Slice(j*m, (j+1)*m, j*mh, q*mh))
		for r := range mh {
			row := j*mh + r
			copy(upper.Data[row*upper.Stride+row:row*upper.Stride+q*mh], part.RawRowView(r)[r:])
		}
		k.SliceVec(j*mh, (j+1)*mh).(*mat.VecDense).MulVec(change.T(), mat.NewVecDense(m, p.form.L[j*m:(j+1)*m]))
	}
	y := solveSemidefinite(K, k)
	X = make([]float64, q*m)
	for j := range q {
		mat.NewVecDense(m, X[j*m:(j+1)*m]).MulVec(change, y.SliceVec(j*mh, (j+1)*mh))
	}
	r := mat.NewVecDense(q*m, slices.Clone(p.form.L))
	var HX mat.VecDense
	HX.MulVec(P, y)
	r.SubVec(r, &HX)
	loss = p.form.C - dot(p.form.L, X) - mat.Dot(r, mat.NewVecDense(q*m, X))

	// d loss / d b_t = -2 sum_(j,k) r_(j,{i,k}) A_t,kj for b = u; B = U R.
	A := headParameters(X, q, U)
	gU := mat.NewDense(D, h, nil)
	for t := range h {
		for i := range D {
			sum := 0.0
			for j := range q {
				for k := range D {
					sum += r.AtVec(j*m+p.pair[i*D+k]) * A[(t*D+k)*q+j]
				}
			}
			gU.Set(i, t, -2*sum)
		}
	}
	var gB mat.Dense
	if err := gB.Solve(R.Slice(0, h, 0, h), gU.T()); err == nil { // (R^{-1} gU')' = gU R^{-T}
		for i := range D {
			for t := range h {
				gradient[i*h+t] = gB.At(t, i)
			}
		}
	} else {
		zero(gradient)
	}
	return loss, X, U
}

// solveSemidefinite returns the solution of K y = k of least norm.
func solveSemidefinite(K *mat.SymDense, k *mat.VecDense) *mat.VecDense {
	n := K.SymmetricDim()
	y := mat.NewVecDense(n, nil)
	var chol mat.Cholesky
	if chol.Factorize(K) && chol.Cond() < 0.1/innerTolerance && chol.SolveVecTo(y, k) == nil {
		return y
	}
	values, V := spectrumOrNaN(K)
	var z mat.VecDense
	z.MulVec(V.T(), k)
	for i, l := range values {
		if l <= innerTolerance*values[n-1] {
			z.SetVec(i, 0)
		} else {
			z.SetVec(i, z.AtVec(i)/l)
		}
	}
	y.MulVec(V, &z)
	return y
}

// HeadsResult is the best model with several heads that was found.
type HeadsResult struct {
	Heads int
	Loss  float64
	B     []float64 // [h, D] row-major
	A     []float64 // [h, D, q] row-major
	// Starts is how many random starts were taken, none for D heads; Hits is how many
	// descents, from them and from what X* points to, came within 1e-9 of Loss, relatively
	// (for D heads, as many as were asked for).
	Starts, Hits int
	// Realises reports that the loss is the enlarged optimum up to rounding. If
	// it is false for h < D, no such model was found, which proves nothing.
	Realises bool
}

// BestHeads looks for the best one-layer model with the given number of heads by
// variable projection over the span of the b's, from random starts. optimum is
// the enlarged optimum of the form, which D heads attain. It fails if no start leads
// to a finite loss.
func BestHeads(ctx context.Context, form *moment.Form, optimum *Optimum, heads, starts int, seed uint64) (*HeadsResult, error) {
	if heads < 1 || starts < 1 {
		return nil, fmt.Errorf("heads and starts must be at least 1, got %d and %d", heads, starts)
	}
	if err := usableForm(form); err != nil {
		return nil, err
	}
	q, D := form.Q, form.Q+1
	result := &HeadsResult{Heads: heads, Loss: math.Inf(1)}
	if heads >= D {
		b, A := AllHeads(optimum.X, q)
		result.B, result.A = make([]float64, heads*D), make([]float64, heads*D*q)
		copy(result.B, b)
		copy(result.A, A)
		result.Loss, result.Realises, result.Hits = optimum.Loss, true, starts
		return result, nil
	}
	guesses := commonZeros(ctx, form, optimum, heads, starts, seed)
	var best *headsMinimum
	var losses []float64
	p := newProjectedHeads(form, heads)
	eachStart(ctx, len(guesses)+starts, func() func(i int) *headsMinimum {
		return func(i int) *headsMinimum {
			if i < len(guesses) {
				m := p.minimumFrom(ctx, guesses[i])
				m.guessed = true
				return m
			}
			B := make([]float64, 0, D*heads)
			for t := range heads {
				B = append(B, randomDirection(seed, uint64((i-len(guesses))*heads+t), D)...)
			}
			return p.minimumFrom(ctx, B)
		}
	}, func(found []*headsMinimum) {
		for _, f := range found {
			if f != nil && !f.guessed {
				result.Starts++
			}
			if f == nil || math.IsNaN(f.loss) || math.IsInf(f.loss, 0) {
				continue
			}
			losses = append(losses, f.loss)
			if best == nil || f.known && !best.known || f.known == best.known && f.loss < best.loss {
				best = f
			}
		}
	})
	if best == nil {
		return nil, errors.New("no start led to a finite loss: H, h and c are not usable")
	}
	for _, loss := range losses {
		if math.Abs(loss-best.loss) <= tied*math.Abs(best.loss) {
			result.Hits++
		}
	}
	result.Loss = best.loss
	result.A = headParameters(best.X, q, best.U)
	for t := range heads {
		result.B = append(result.B, mat.Col(nil, t, best.U)...)
	}
	result.Realises = best.known && result.Loss <= optimum.Loss+attainedDefinite*math.Abs(optimum.Loss)
	return result, nil
}

// headsMinimum is where a descent over the span of several b's ended.
type headsMinimum struct {
	loss  float64
	X     []float64
	U     *mat.Dense
	known bool // the loss, whatever the rounding

	guessed bool // it began where X* points to, not at random
}

// minimumFrom descends from B ([D, h] row-major), which it changes, until ctx ends at the
// latest.
func (p *projectedHeads) minimumFrom(ctx context.Context, B []float64) *headsMinimum {
	const memory, most = 30, 400
	const flat = 1e-10 // a gradient that, along the size of B, changes the loss by no more of it
	_, _, _ = lbfgs.Minimise(B, 0.1, nil, memory, most, func(x, gradient []float64) (float64, bool, error) {
		loss, _, _ := p.eval(x, gradient)
		return loss, math.Sqrt(dot(gradient, gradient)*dot(x, x)) < flat*math.Abs(loss) || ctx.Err() != nil, nil
	})
	f := &headsMinimum{}
	f.loss, f.X, f.U = p.eval(B, make([]float64, len(B)))
	f.known = lossKnown(p.form, f.X, f.loss)
	return f
}

// commonZeros returns starts for D-1 heads: the complements of the directions z
// with z'M_j z near zero for all blocks of X*, found by Gauss-Newton steps.
func commonZeros(ctx context.Context, form *moment.Form, optimum *Optimum, heads, starts int, seed uint64) [][]float64 {
	q, D := form.Q, form.Q+1
	if heads != D-1 || D < 2 {
		return nil
	}
	m := moment.Pairs(D)
	blocks := make([]*mat.SymDense, q)
	for j := range q {
		blocks[j] = mat.NewSymDense(D, nil)
		setBlock(blocks[j], optimum.X[j*m:(j+1)*m])
	}
	best, least := []float64(nil), math.Inf(1)
	for s := range 4 * min(starts, startsAtOnce) {
		if s > 0 && ctx.Err() != nil {
			break
		}
		z := randomDirection(seed^0x9e3779b97f4a7c15, uint64(s), D)
		value := math.Inf(1)
		const most, slow = 60, 1e-6 // steps, and by what part one has to help
		for range most {
			J, r := mat.NewDense(q+1, D, nil), mat.NewVecDense(q+1, nil)
			sum := 0.0
			for j, M := range blocks {
				var Mz mat.VecDense
				Mz.MulVec(M, mat.NewVecDense(D, z))
				for i := range D {
					J.Set(j, i, 2*Mz.AtVec(i))
				}
				x := dot(z, Mz.RawVector().Data)
				r.SetVec(j, -x)
				sum += x * x
			}
			if sum >= value*(1-slow) {
				break
			}
			value = sum
			J.SetRow(q, z) // keep |z| to first order
			var step mat.VecDense
			if step.SolveVec(J, r) != nil {
				break
			}
			// Damped: no step longer than z itself.
			scale := 1.0
			if norm := mat.Norm(&step, 2); norm > 0.5 {
				scale = 0.5 / norm
			}
			for i := range z {
				z[i] += scale * step.AtVec(i)
			}
			normalise(z)
		}
		if value < least {
			least, best = value, slices.Clone(z)
		}
	}
	// An orthonormal basis of the complement of z, as the columns of B.
	var qr mat.QR
	qr.Factorize(mat.NewDense(D, 1, best))
	var full mat.Dense
	qr.QTo(&full)
	return [][]float64{mat.DenseCopyOf(full.Slice(0, D, 1, D)).RawMatrix().Data}
}

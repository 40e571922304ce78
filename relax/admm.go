package relax

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Where no certificate closes at a local minimum, the best l of the relaxation is
// looked for: maximise l subject to Z = Q(l, W) positive semidefinite, W
// admissible, by the alternating direction method of multipliers. With the
// multiplier X (the relaxed moments of (1, y)), the penalty rho and P = Q - X/rho
// the steps are closed forms:
//
//	Z = P+,  X = rho P-,  l = c - Z_00 - (X_00-1)/rho,  W from the coordinates of X/rho + Z - Q(0, 0).

// admmProgress is told (l, w) every so many steps, and says whether to go on.
type admmProgress func(l float64, w []float64) bool

// maximise runs the method from the coordinates w, which it changes. It returns
// the direction of b that the relaxed moments suggest. evaluated, if not nil, is called
// after each step.
func (d *dualSearch) maximise(ctx context.Context, w []float64, upper float64, steps, every int, evaluated func(), progress admmProgress) (b []float64, err error) {
	n := d.lift.size()
	m := n + 1
	low := newLowSpectrum(m)
	Q, X, P := make([]float64, m*m), make([]float64, m*m), make([]float64, m*m)
	X[0] = 1
	X[1], X[m] = d.length, d.length
	X[m+1] = d.length * d.length
	l := upper
	rho := 1.0
	inner, coordinates := make([]float64, n*n), make([]float64, len(w))
	for step := 1; step <= steps; step++ {
		// Q(l, w).
		copy(inner, d.lift.N)
		d.minors.add(inner, w)
		Q[0] = d.lift.c - l
		for r := range n {
			Q[r+1], Q[(r+1)*m] = -d.lift.k[r], -d.lift.k[r]
			copy(Q[(r+1)*m+1:(r+2)*m], inner[r*n:(r+1)*n])
		}
		for i := range P {
			P[i] = Q[i] - X[i]/rho
		}
		values, V, _, err := low.Below(ctx, P, 0)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return nil, err
		}
		if evaluated != nil {
			evaluated()
		}
		k := len(values)
		for c, v := range values {
			root := math.Sqrt(-v)
			for r := range m {
				V[r*k+c] *= root
			}
		}
		// X' = rho P-, Z = P + P-.
		change := 0.0
		if k > 0 {
			blas64.Syrk(blas.NoTrans, 1, blas64.General{Rows: m, Cols: k, Stride: k, Data: V}, 0,
				blas64.Symmetric{N: m, Stride: m, Data: Q, Uplo: blas.Upper}) // Q holds P- now
		} else {
			clear(Q)
		}
		for r := range m {
			for t := r; t < m; t++ {
				minus := Q[r*m+t]
				next := rho * minus
				diff := next - X[r*m+t]
				change += diff * diff
				Z := P[r*m+t] + minus
				P[r*m+t], P[t*m+r] = Z, Z
				X[r*m+t], X[t*m+r] = next, next
			}
		}
		oldL := l
		l = d.lift.c - P[0] - (X[0]-1)/rho
		for r := range n {
			for t := r; t < n; t++ {
				inner[r*n+t] = X[(r+1)*m+t+1]/rho + P[(r+1)*m+t+1] - d.lift.N[r*n+t]
			}
		}
		d.minors.project(coordinates, inner)
		moved := (l - oldL) * (l - oldL)
		for i, x := range coordinates {
			x /= 4
			moved += 4 * (x - w[i]) * (x - w[i])
			w[i] = x
		}
		if ctx.Err() != nil || step%every == 0 && !progress(l, w) {
			break
		}
		// Balance the residuals: X'-X over rho is the primal one, rho times the
		// movement of (l, w) the dual one.
		if step%25 == 0 {
			primal, dual := math.Sqrt(change)/rho, math.Sqrt(moved)
			switch {
			case primal > 3*dual:
				rho *= 1.7
			case dual > 3*primal:
				rho /= 1.7
			}
		}
	}
	return d.direction(X), nil
}

// direction returns the b of the rank-one matrix that is near the first column of
// the relaxed moments, the relaxed y.
func (d *dualSearch) direction(X []float64) []float64 {
	D, M, m := d.lift.D, d.lift.M, d.lift.size()+1
	Y := mat.NewDense(D, M, nil)
	for i := range D {
		for s := range M {
			Y.Set(i, s, X[(1+i*M+s)*m])
		}
	}
	var svd mat.SVD
	if !svd.Factorize(Y, mat.SVDThinU) {
		return nil
	}
	var U mat.Dense
	svd.UTo(&U)
	var b mat.VecDense
	b.MulVec(d.Tb, U.ColView(0))
	return append([]float64(nil), b.RawVector().Data...)
}

package landscape

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// RankTolerance is what an eigenvalue of H is compared with, relative to the
// largest: it counts as 0 if it is not greater.
const RankTolerance = 1e-11

// Optimum is the minimum of f(X) = X'HX - 2h'X + c over the enlarged parameter
// space (paper, Lemma 3.2): a bound from below for the loss of every one-layer
// model, and its loss if X is phi of some parameters.
type Optimum struct {
	X    []float64 // [qm] the minimiser; the one of least Euclidean norm if there are several
	Loss float64   // f(X) = c - h'X, mean squared error of the label

	Dimension int  // qm
	Rank      int  // of H: eigenvalues above RankTolerance times the largest
	Unique    bool // Rank == Dimension

	LambdaMax float64 // largest eigenvalue of H
	LambdaMin float64 // smallest eigenvalue of H that counts towards the rank
	Condition float64 // LambdaMax / LambdaMin
	Residual  float64 // |HX - h|, Euclidean norm

	// Exact is the optimum in fractions, where floats cannot know it: where
	// eigenvalues of H that are not 0 are below RankTolerance times the largest.
	// Then X and Loss are its numbers, rounded; Rank, Unique and LambdaMin remain
	// those by RankTolerance. It is nil where floats are enough, and where there
	// are no fractions or too large ones.
	Exact *ExactOptimum
}

// Minimise returns the enlarged optimum of a loss. It fails if the form holds a
// number that is not finite, if no linear system with H has the solution that
// it should have, or if ctx ends.
func Minimise(ctx context.Context, f *moment.Form) (*Optimum, error) {
	n := f.Dim()
	if f.H.SymmetricDim() != n || len(f.L) != n {
		panic(fmt.Sprintf("landscape: a form of dimension %d with H of %d and h of %d", n, f.H.SymmetricDim(), len(f.L)))
	}
	for i, x := range f.L {
		if math.IsNaN(x) || math.IsInf(x, 0) || math.IsNaN(f.H.At(i, i)) || math.IsInf(f.H.At(i, i), 0) {
			return nil, fmt.Errorf("landscape: the loss has h = %v and H = %v at coordinate %d; both must be finite", x, f.H.At(i, i), i)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o := &Optimum{Dimension: n}
	var err error
	if n <= denseDimension {
		err = o.byEigenvalues(f)
	} else {
		err = o.byFactors(ctx, f)
	}
	if err != nil {
		return nil, err
	}
	o.Unique = o.Rank == n
	o.Condition = o.LambdaMax / o.LambdaMin
	o.Loss = f.C
	for i, x := range o.X {
		o.Loss -= f.L[i] * x
	}
	if err := o.exactly(ctx, f); err != nil {
		return nil, err
	}
	o.Residual = mat.Norm(mat.NewVecDense(n, residual(f, o.X)), 2)
	if math.IsNaN(o.Loss+o.Residual) || math.IsInf(o.Loss+o.Residual, 0) {
		return nil, fmt.Errorf("landscape: the minimiser came out with loss %v and residual %v; H is not usable", o.Loss, o.Residual)
	}
	return o, nil
}

// What an optimum in fractions may cost where floats are not enough: additions
// of large integers for the form, and multiplications for the solution, in units
// of 64 bits; a few seconds each.
const (
	fractionsWork = 3e7
	solutionWork  = 5e7
)

// exactly replaces X and Loss by those of the exact form if H has eigenvalues
// that are not 0 but were taken for 0: their part of X is missing, and Loss lies
// above the minimum.
func (o *Optimum) exactly(ctx context.Context, f *moment.Form) error {
	if o.Unique {
		return nil
	}
	exact, err := f.Fractions(ctx, fractionsWork)
	if err != nil {
		return ctx.Err() // the floats have to do
	}
	n := float64(o.Dimension)
	if n*n*n*float64(1+exact.Scale.BitLen()/64) > solutionWork || exactRank(exact) == o.Rank {
		return nil
	}
	if o.Exact, err = MinimiseExact(ctx, exact); err != nil {
		return err
	}
	for i, x := range o.Exact.X {
		o.X[i] = nearest(x)
	}
	o.Loss = nearest(o.Exact.Loss)
	return nil
}

// nearest returns the float64 nearest to x.
func nearest(x *big.Rat) float64 {
	v, _ := x.Float64()
	return v
}

// denseDimension is the largest dimension at which all eigenvectors of H are
// computed; beyond, factorisations cost less and say the same.
const denseDimension = 256

// refinements is how often a solution is improved; each step gains about as
// many digits as the condition number leaves.
const refinements = 3

// byEigenvalues finds the minimum from all eigenvectors of H: in their
// coordinates the minimiser of least norm divides by every eigenvalue that
// counts and is 0 in the directions of the others.
func (o *Optimum) byEigenvalues(f *moment.Form) error {
	n := o.Dimension
	values, vectors, err := eigenvectors(f.H)
	if err != nil {
		return err
	}
	o.LambdaMax = values[n-1]
	if !(o.LambdaMax > 0) {
		return fmt.Errorf("landscape: H has no positive eigenvalue, the largest is %v", o.LambdaMax)
	}
	first := countBelow(values)
	o.Rank = n - first
	o.LambdaMin = values[first]
	kept := vectors.Slice(0, n, first, n)
	solve := func(dst *mat.VecDense, r mat.Vector) {
		var y mat.VecDense
		y.MulVec(kept.T(), r)
		for i := range o.Rank {
			y.SetVec(i, y.AtVec(i)/values[first+i])
		}
		dst.MulVec(kept, &y)
	}
	X := refine(f, solve)
	if first > 0 && f.HLow != nil {
		leastNorm(f, X, vectors.Slice(0, n, 0, first).(*mat.Dense), solve)
	}
	o.X = X.RawVector().Data
	return nil
}

func eigenvectors(H mat.Symmetric) (values []float64, vectors *mat.Dense, err error) {
	var eigen mat.EigenSym
	if !eigen.Factorize(H, true) {
		return nil, nil, errors.New("landscape: the eigenvalues of H did not converge")
	}
	vectors = new(mat.Dense)
	eigen.VectorsTo(vectors)
	return eigen.Values(nil), vectors, nil
}

// countBelow returns how many of the ascending eigenvalues count as 0.
func countBelow(values []float64) int {
	first := len(values)
	for first > 0 && values[first-1] > RankTolerance*values[len(values)-1] {
		first--
	}
	return first
}

// refine solves HX = h by a solver and improves the solution by solving for
// its residual.
func refine(f *moment.Form, solve func(dst *mat.VecDense, r mat.Vector)) *mat.VecDense {
	n := len(f.L)
	X, dX := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	solve(X, mat.NewVecDense(n, f.L))
	for range refinements {
		solve(dX, mat.NewVecDense(n, residual(f, X.RawVector().Data)))
		X.AddVec(X, dX)
	}
	return X
}

// leastNorm takes off X its part in the kernel of H. The eigenvectors of rounded
// numbers span the kernel only up to rounding times the condition number, so
// each is first improved like a solution: Hv is what is left of it outside.
func leastNorm(f *moment.Form, X *mat.VecDense, kernel *mat.Dense, solve func(dst *mat.VecDense, r mat.Vector)) {
	n, nullity := kernel.Dims()
	zero := &moment.Form{Q: f.Q, H: f.H, HLow: f.HLow, L: make([]float64, n)}
	v, dv := make([]float64, n), mat.NewVecDense(n, nil)
	for k := range nullity {
		mat.Col(v, k, kernel)
		for range refinements {
			solve(dv, mat.NewVecDense(n, residual(zero, v)))
			floats.Add(v, dv.RawVector().Data)
		}
		kernel.SetCol(k, v)
	}
	var along, part mat.VecDense
	for range refinements { // the improved vectors are orthonormal only nearly
		along.MulVec(kernel.T(), X)
		part.MulVec(kernel, &along)
		X.SubVec(X, &part)
	}
}

// residual returns h - HX, [qm], computed in twice the working precision: its
// terms cancel almost entirely, and what is left decides how many digits of X
// refinement can gain.
func residual(f *moment.Form, X []float64) []float64 {
	n := len(X)
	r, low := append([]float64(nil), f.L...), make([]float64, n)
	copy(low, f.LLow)
	subtract := func(i int, a, b float64) {
		product := a * b
		rest := math.FMA(a, b, -product)
		sum := r[i] - product
		z := sum - r[i]
		low[i] += (r[i] - (sum - z)) - (product + z) - rest
		r[i] = sum
	}
	H := f.H.RawSymmetric()
	for i := range n {
		row := H.Data[i*H.Stride : i*H.Stride+n]
		subtract(i, row[i], X[i])
		for j := i + 1; j < n; j++ {
			subtract(i, row[j], X[j])
			subtract(j, row[j], X[i])
		}
	}
	if f.HLow != nil {
		x, part := mat.NewVecDense(n, X), new(mat.VecDense)
		part.MulVec(f.HLow, x)
		floats.Sub(low, part.RawVector().Data)
	}
	floats.Add(r, low)
	return r
}

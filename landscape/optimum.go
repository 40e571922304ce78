package landscape

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
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
	Rank      int  // of H; without Exact, the eigenvalues above RankTolerance times the largest
	Unique    bool // Rank == Dimension

	LambdaMax float64 // largest eigenvalue of H
	LambdaMin float64 // smallest eigenvalue of H above RankTolerance times the largest
	Condition float64 // LambdaMax / LambdaMin; 0 for H = 0
	Residual  float64 // |HX - h|, Euclidean norm

	// Claim says what is known of Loss: that it is the fraction of Exact, rounded;
	// that the optimum is proven to be within LossError of it; or nothing, and
	// Reason says why. It is about the exact form of the task that the form comes
	// from, or about the stored form if it comes from none.
	Claim     moment.Claim
	Reason    string
	LossError float64
	// Bound is what is proven to be below the enlarged optimum, and so below every
	// loss.
	Bound certificate.Bound
	// Precision is a proven bound of the distance from X to the minimiser, +Inf if
	// there is none.
	Precision float64
	// Exact is the optimum in fractions, where those are cheap, or affordable and
	// floats do not know it. Then X, Loss, Rank and Unique are its numbers. Else nil.
	Exact *ExactOptimum

	exactForm *moment.ExactForm // that Exact belongs to, or nil
	definite  bool              // H is proven to be definite in floating point
}

// Minimise returns the enlarged optimum of a loss. For H = 0 = h every X has the loss
// c; the optimum is X = 0, of rank 0. It fails if the form holds a number that is not
// finite or of a size that cannot be calculated with, if H is not positive
// semidefinite, if no linear system with H has the solution that it should have, or
// if ctx ends.
func Minimise(ctx context.Context, f *moment.Form) (*Optimum, error) {
	o, err := minimiseFloats(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := o.prove(ctx, f); err != nil {
		return nil, err
	}
	return o, nil
}

// minimiseFloats is Minimise without a proof.
func minimiseFloats(ctx context.Context, f *moment.Form) (*Optimum, error) {
	if err := usableForm(f); err != nil {
		return nil, err
	}
	n := f.Dim()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o := &Optimum{Dimension: n, Claim: moment.Numeric, Precision: math.Inf(1), Bound: certificate.NoBound("")}
	if mat.Max(f.H) == 0 && mat.Min(f.H) == 0 {
		return o, o.constant(f)
	}
	var err error
	if n <= denseDimension {
		err = o.byEigenvalues(f)
	} else {
		err = o.byFactors(ctx, f)
	}
	if err != nil {
		return nil, err
	}
	if size := floats.Norm(o.X, math.Inf(1)); !(size <= largestNumber) {
		return nil, fmt.Errorf("landscape: the minimiser has an entry of size %.3g; h is too large beside H", size)
	}
	o.Unique = o.Rank == n
	o.Condition = o.LambdaMax / o.LambdaMin
	o.Loss = f.C
	for i, x := range o.X {
		o.Loss -= f.L[i] * x
	}
	o.Residual = mat.Norm(mat.NewVecDense(n, residual(f, o.X)), 2)
	if math.IsNaN(o.Loss+o.Residual) || math.IsInf(o.Loss+o.Residual, 0) {
		return nil, fmt.Errorf("landscape: the minimiser came out with loss %v and residual %v; H is not usable", o.Loss, o.Residual)
	}
	return o, nil
}

// The sizes between which the largest entry of H must lie, if it is not 0, and below
// which h and c must: beyond, products of a few of them leave the range of floats.
const leastNumber, largestNumber = 1e-100, 1e100

// usableForm checks the shapes of a form and that its numbers are finite and of a
// size that can be calculated with.
func usableForm(f *moment.Form) error {
	if err := certificate.CheckForm(f); err != nil {
		return err
	}
	size, other := math.Max(mat.Max(f.H), -mat.Min(f.H)), math.Abs(f.C)
	for _, x := range f.L {
		other = max(other, math.Abs(x))
	}
	if size > largestNumber || size > 0 && size < leastNumber || other > largestNumber {
		return fmt.Errorf("the largest entry of H is %.3g and that of h and c %.3g in size; H must be 0 or between %g and %g, h and c at most %g: choose other units of the features or of the label",
			size, other, leastNumber, largestNumber, largestNumber)
	}
	return nil
}

// constant is the optimum of a loss with H = 0: that of every X.
func (o *Optimum) constant(f *moment.Form) error {
	for i, x := range f.L {
		if x != 0 {
			return fmt.Errorf("landscape: H is 0 but h is %g at coordinate %d: the loss has no minimum", x, i)
		}
	}
	o.X, o.Loss = make([]float64, o.Dimension), f.C
	return nil
}

// denseDimension is the largest dimension at which all eigenvectors of H are
// computed; beyond, factorisations cost less and say the same.
const denseDimension = 256

// indefinite is how far below 0 an eigenvalue of H may lie, relative to the largest,
// before H does not count as a matrix of second moments.
const indefinite = 1e-8

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
	// What moments and sampling leave of a zero is far smaller.
	if values[0] < -indefinite*o.LambdaMax {
		return fmt.Errorf("landscape: H is not positive semidefinite, it has the eigenvalue %.3g beside %.3g: the loss has no minimum", values[0], o.LambdaMax)
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

package moment

import (
	"context"
	"errors"

	"gonum.org/v1/gonum/mat"
)

// Form is the loss of one-layer linear self-attention in the enlarged
// parameter space (paper, Lemma 3.2): f(X) = X'HX - 2h'X + c, the mean squared
// error of the label, with X in R^{qm}, m = D(D+1)/2, D = q+1,
//
//	H = E[uu' (x) gg'],  h = E[u y (x) g],  c = E[y^2],
//
// where u are the query's features, y its label, and g the upper triangle of
// the Gram matrix, row-major. The query position j is outermost in X: entry
// (j, (i,k)) with i <= k has index j*m + PairIndex(D, i, k).
type Form struct {
	Q int           // q, the number of query features
	H *mat.SymDense // [qm, qm] positive semidefinite
	L []float64     // [qm] the vector h
	C float64       // E[y^2], the loss of predicting 0

	// HLow and LLow are what rounding took off H and h, where that is known,
	// else nil: H + HLow and L + LLow have twice the working precision. A badly
	// conditioned minimiser needs them.
	HLow *mat.SymDense
	LLow []float64

	// Errors says how far H, L and C, without their low parts, are from the
	// exact form of the task.
	Errors FormErrors

	// fractions returns the form in fractions, or fails if that takes more work
	// than allowed; nil if there are none.
	fractions func(ctx context.Context, work float64) (*ExactForm, error)
}

// Fractions returns the exact form of the task that f was computed from. It
// fails if f was not, or if the task has no exact form, or one that takes more
// than about work additions of large integers to compute (ten million a second),
// or if ctx ends. Where fractions are known already they cost nothing.
func (f *Form) Fractions(ctx context.Context, work float64) (*ExactForm, error) {
	if f.fractions == nil {
		return nil, errors.New("the form was not computed from a task, and there are no fractions for it")
	}
	return f.fractions(ctx, work)
}

// Pairs returns m = D(D+1)/2, the number of pairs i <= k below D.
func Pairs(D int) int { return D * (D + 1) / 2 }

// PairIndex returns the place of the pair (i, k), i <= k < D, in the row-major
// upper triangle.
func PairIndex(D, i, k int) int { return i*D - i*(i-1)/2 + k - i }

// Dim returns qm, the number of enlarged parameters.
func (f *Form) Dim() int { return f.Q * Pairs(f.Q+1) }

// Loss returns f(X) = X'HX - 2h'X + c.
func (f *Form) Loss(X []float64) float64 {
	x := mat.NewVecDense(len(X), X)
	return mat.Inner(x, f.H, x) - 2*mat.Dot(mat.NewVecDense(len(f.L), f.L), x) + f.C
}

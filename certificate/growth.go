package certificate

import (
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"markovicl/internal/cholesky"
	"markovicl/moment"
)

// Growth says that a loss grows away from a point, rounding included:
//
//	f(v) >= Bound + Rate |v - v0|^2 for every v,  |v0| <= Centre,
//
// in coordinates v in which |X| <= Stretch |v| for the point X of every v. It is
// what carries a bound from one form to another that is close: only parameters
// that are not large can be better than a given loss.
type Growth struct {
	Bound, Rate, Centre, Stretch float64
}

// errSlow is returned where a loss is not proven to grow fast enough for the
// errors of its form.
var errSlow = errors.New("the loss is not proven to grow faster than the errors of H, h and c may")

// Charge returns how much lower than the loss of the stored form that of the
// exact one may be, for all parameters whose loss on the exact form is at most
// upper. errs bounds the errors of the stored form.
//
// With d = |v - v0| and |X| <= s (|v0| + d) such parameters have
//
//	upper >= Bound + Rate d^2 - (e_H |X|^2 + 2 e_h |X| + e_c),
//
// a quadratic inequality that bounds d, hence |X|, hence the charge.
func (g Growth) Charge(errs moment.FormErrors, upper float64) (float64, error) {
	if errs.Claim == moment.Exact || errs.H == 0 && errs.L == 0 && errs.C == 0 {
		return 0, nil
	}
	s, c := g.Stretch*up, g.Centre*up
	square := g.Rate*down - errs.H*s*s*up
	if !(square > 0) {
		return 0, errSlow
	}
	slope := (errs.H*s*s*c + errs.L*s) * up
	rest := (errs.H*s*s*c*c+2*errs.L*s*c+errs.C)*up + (upper-g.Bound)*up + cancelled*(math.Abs(upper)+math.Abs(g.Bound))
	distance := 0.0
	if inside := slope*slope + square*max(0, rest); inside > 0 {
		distance = (slope + math.Sqrt(inside)) / square * up
	}
	radius := s * (c + distance) * up
	charge := (errs.H*radius*radius + 2*errs.L*radius + errs.C) * up
	if math.IsNaN(charge) || math.IsInf(charge, 0) {
		return 0, errSlow
	}
	return charge, nil
}

// cancelled pays for the rounding of the difference of two bounds, as a part of both.
const cancelled = 1e-12

// Shift is a loss written round a point x: f(x+e) = f(x) + 2r'e + e'He, with bounds
// Value <= f(x) <= Upper, |r| <= Residual and |x| <= Size, rounding included.
type Shift struct{ Value, Upper, Residual, Size float64 }

// ShiftTo writes the loss of a form round a point x ([qm]). Every sum is taken in
// twice the working precision; its error is at most u times its value plus
// Gamma^2 times the sum of the absolute values of its terms (Ogita, Rump and
// Oishi 2005).
func ShiftTo(form *moment.Form, x []float64) Shift {
	n := len(x)
	g := Gamma(4*n + 16)
	tiny := float64(n)*0x1p-960 + underflow
	H := form.H.RawSymmetric()
	rows := make([]compensated, n)
	magnitude := make([]float64, n)
	for i := range n {
		rows[i].add(-1, form.L[i])
		magnitude[i] += math.Abs(form.L[i])
	}
	for i := range n {
		row := H.Data[i*H.Stride : i*H.Stride+n]
		for k := i; k < n; k++ {
			rows[i].add(row[k], x[k])
			magnitude[i] += math.Abs(row[k] * x[k])
			if k != i {
				rows[k].add(row[k], x[i])
				magnitude[k] += math.Abs(row[k] * x[i])
			}
		}
	}
	var value compensated
	value.add(1, form.C)
	errs, norm, size, terms := 0.0, 0.0, 0.0, math.Abs(form.C)
	for i, row := range rows {
		r := row.value()
		uncertain := 2*unitRoundoff*math.Abs(r) + g*g*magnitude[i] + tiny
		value.add(r, x[i])
		value.add(-form.L[i], x[i])
		errs += uncertain * math.Abs(x[i])
		terms += (math.Abs(r) + math.Abs(form.L[i])) * math.Abs(x[i])
		norm += (math.Abs(r) + uncertain) * (math.Abs(r) + uncertain)
		size += x[i] * x[i]
	}
	v := value.value()
	errs += 2*unitRoundoff*math.Abs(v) + g*g*terms + tiny
	return Shift{Value: v - errs*upSum, Upper: v + errs*upSum, Residual: math.Sqrt(norm)*upSum + tiny, Size: math.Sqrt(size) * upSum}
}

// growthRates are the parts of the smallest eigenvalue of H, as estimated, that
// are tried to be proven.
var growthRates = []float64{0.5, 0.1, 0.01}

// GrowthOf proves how the loss of a form grows away from its minimum, in the
// coordinates X. Its Bound is a lower bound of the enlarged optimum. It fails if
// H is not positive definite by more than rounding, and with ctx.
func GrowthOf(ctx context.Context, form *moment.Form) (Growth, error) {
	n := form.Dim()
	S := make([]float64, n*n)
	for r := range n {
		for t := range n {
			S[r*n+t] = form.H.At(r, t)
		}
	}
	scale, err := unitScale(S, n)
	if err != nil {
		return Growth{}, errors.New("H is not positive definite")
	}
	estimate, err := leastEigenvalue(ctx, S, n)
	if err != nil {
		return Growth{}, err
	}
	if !(estimate > 0) {
		return Growth{}, errors.New("H is not positive definite to working precision")
	}
	shifted := make([]float64, n*n)
	for _, part := range growthRates {
		rate := part * estimate
		copy(shifted, S)
		for r := range n {
			shifted[r*n+r] -= rate
		}
		unit, err := unitScale(shifted, n)
		if err != nil {
			continue
		}
		definite, err := provenDefinite(ctx, shifted, n, unit, 0, 0)
		if err != nil {
			return Growth{}, err
		}
		if definite <= 0 {
			continue
		}
		x, _, err := solveScaled(ctx, S, form.L, scale)
		if err != nil {
			return Growth{}, err
		}
		for _, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return Growth{}, errors.New("the minimum of the loss is not finite")
			}
		}
		at := ShiftTo(form, x)
		// 2r'e + rate |e|^2 >= rate/2 |e|^2 - 2|r|^2/rate
		g := Growth{Bound: RoundDown(at.Value - 2*at.Residual*at.Residual/rate*upSum), Rate: rate / 2, Centre: at.Size, Stretch: 1}
		if math.IsNaN(g.Bound) || math.IsInf(g.Bound, 0) {
			return Growth{}, errors.New("the minimum of the loss is not finite")
		}
		return g, nil
	}
	return Growth{}, errors.New("H is not proven to be positive definite: rounding hides its smallest eigenvalues")
}

// leastEigenvalue estimates the smallest eigenvalue of a positive definite S ([n,
// n]) by inverse iteration; 0 if S is not definite. The error is that of ctx, if it ends
// before.
func leastEigenvalue(ctx context.Context, S []float64, n int) (float64, error) {
	C := slices.Clone(S)
	if ok, err := cholesky.Factorise(ctx, blas64.Symmetric{N: n, Stride: n, Data: C, Uplo: blas.Upper}); !ok {
		return 0, err
	}
	factor := blas64.Triangular{N: n, Stride: n, Data: C, Uplo: blas.Upper, Diag: blas.NonUnit}
	x := make([]float64, n)
	for i := range x {
		x[i] = 1 + float64(i%7)/8 - float64(i%3)/2
	}
	value := 0.0
	const steps = 12
	for range steps {
		norm := blas64.Nrm2(blas64.Vector{N: n, Data: x, Inc: 1})
		if !(norm > 0) || math.IsInf(norm, 0) {
			return 0, nil
		}
		blas64.Scal(1/norm, blas64.Vector{N: n, Data: x, Inc: 1})
		lapack64.Potrs(factor, blas64.General{Rows: n, Cols: 1, Stride: 1, Data: x})
		value = 1 / blas64.Nrm2(blas64.Vector{N: n, Data: x, Inc: 1})
	}
	return value, nil
}

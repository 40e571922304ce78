package predict

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
)

// The bounds of a fitted prior's parameters.
const (
	LeastAlpha    = 1e-3
	GreatestAlpha = 1e4
)

// PriorFit is a prior fitted to counts by maximum likelihood.
type PriorFit struct {
	Alpha         [][]float64 // [S][S] the Dirichlet parameters of each row
	AtBound       []BoundHit  // parameters that ended at a bound
	Unseen        []int       // states that are never followed by another: their row is left at 1
	Units         int         // units of the likelihood
	LogLikelihood float64     // of the sequences, summed over rows; nats
}

// BoundHit is a fitted parameter that ended at a bound: the counts would have
// it smaller than LeastAlpha, because a transition is (nearly) absent, or larger
// than GreatestAlpha, because the units do not differ more than chance makes
// them differ.
type BoundHit struct {
	Row    int     `json:"row"`
	Column int     `json:"column"`
	Alpha  float64 `json:"alpha"`
}

// FitPrior fits one Dirichlet law to each row of the kernel. Each unit is a
// stretch of data under one kernel, given by its counts of transitions, flat
// [S*S]. The likelihood of row s is
//
//	prod over units of  Gamma(A)/Gamma(A+n) prod_r Gamma(alpha_r+n_r)/Gamma(alpha_r),
//
// A = sum alpha, n_r the unit's transitions from s to r and n their sum. It is
// maximised over LeastAlpha <= alpha_r <= GreatestAlpha, from alpha_r = 1; a maximum
// at a bound is reported.
func FitPrior(S int, units [][]int) (*PriorFit, error) {
	if len(units) == 0 {
		return nil, errors.New("a prior cannot be fitted without data")
	}
	fit := &PriorFit{Units: len(units)}
	for s := range S {
		row := newDirichletRow(S, s, units)
		alpha := make([]float64, S)
		for r := range alpha {
			alpha[r] = 1
		}
		if len(row.all) == 0 {
			fit.Unseen = append(fit.Unseen, s)
		} else {
			if err := row.maximise(alpha); err != nil {
				return nil, fmt.Errorf("fit of the prior, row %d: %w", s, err)
			}
			for r, a := range alpha {
				if a <= LeastAlpha || a >= GreatestAlpha {
					fit.AtBound = append(fit.AtBound, BoundHit{s, r, a})
				}
			}
		}
		fit.Alpha = append(fit.Alpha, alpha)
		fit.LogLikelihood += row.logLikelihood(alpha)
	}
	return fit, nil
}

// Prior returns the fitted prior with its parameters rounded to six digits, so
// that they can be read, written down and used again.
func (f *PriorFit) Prior() (markov.Prior, error) {
	rows := make([][]*big.Rat, len(f.Alpha))
	for s, row := range f.Alpha {
		for _, a := range row {
			x, err := markov.ParseRat(strconv.FormatFloat(a, 'g', 6, 64))
			if err != nil {
				return markov.Prior{}, err
			}
			rows[s] = append(rows[s], x)
		}
	}
	return markov.RowsPrior(rows)
}

// dirichletRow is the data of one row. As Gamma(a+n)/Gamma(a) is the product
// of a+i over i < n, all that matters is how many units have more than i
// transitions: the sums below are exact whatever the size of alpha.
type dirichletRow struct {
	each [][]float64 // [S][i] units with more than i transitions to a state
	all  []float64   // [i] units with more than i transitions from the row's state
}

func newDirichletRow(S, s int, units [][]int) *dirichletRow {
	d := &dirichletRow{each: make([][]float64, S)}
	more := func(list []float64, n int) []float64 {
		for len(list) < n {
			list = append(list, 0)
		}
		for i := range n {
			list[i]++
		}
		return list
	}
	for _, unit := range units {
		var total int
		for r, n := range unit[s*S : (s+1)*S] {
			d.each[r] = more(d.each[r], n)
			total += n
		}
		d.all = more(d.all, total)
	}
	return d
}

func (d *dirichletRow) logLikelihood(alpha []float64) float64 {
	var f, A float64
	for r, a := range alpha {
		A += a
		for i, units := range d.each[r] {
			f += units * math.Log(a+float64(i))
		}
	}
	for i, units := range d.all {
		f -= units * math.Log(A+float64(i))
	}
	return f
}

// magnitude bounds the sum of the sizes of the terms of the likelihood, of which
// rounding is a part.
func (d *dirichletRow) magnitude(alpha []float64) float64 {
	var A, transitions float64
	for _, a := range alpha {
		A += a
	}
	for _, units := range d.all {
		transitions += units
	}
	return 2 * transitions * (math.Abs(math.Log(LeastAlpha)) + math.Log(1+A+float64(len(d.all))))
}

// derivatives writes, for each r, sum units/(alpha_r+i) and its negative
// derivative to first and second, and returns the same for A.
func (d *dirichletRow) derivatives(alpha, first, second []float64) (firstA, secondA float64) {
	sums := func(a float64, more []float64) (x, y float64) {
		for i, units := range more {
			inverse := 1 / (a + float64(i))
			x += units * inverse
			y += units * inverse * inverse
		}
		return x, y
	}
	var A float64
	for r, a := range alpha {
		A += a
		first[r], second[r] = sums(a, d.each[r])
	}
	return sums(A, d.all)
}

// maximise moves alpha to a maximum of the likelihood within the bounds, by
// Newton's method in the logarithms of alpha, in which the scales of the parameters
// do not matter, projected to the bounds (Bertsekas, "Projected Newton methods for
// optimization problems with simple constraints", 1982).
func (d *dirichletRow) maximise(alpha []float64) error {
	const (
		tolerance = 1e-10 // of the gradient, for each unit
		rounding  = 2e-15 // of the terms of the likelihood; less is no gain
		poor      = 1e-9  // of the same: an error if no step brings it
		steps     = 1000
	)
	f := d.logLikelihood(alpha)
	for range steps {
		g, curvature := d.logDerivatives(alpha)
		free := make([]int, 0, len(alpha)) // not at a bound that the gradient pushes against
		var size float64
		for r, a := range alpha {
			if !(a <= LeastAlpha && g[r] <= 0 || a >= GreatestAlpha && g[r] >= 0) {
				free = append(free, r)
				size = max(size, math.Abs(g[r]))
			}
		}
		if size <= tolerance*d.all[0] {
			return nil
		}
		step := newtonStep(g, curvature, free)
		promised, terms := floats.Dot(g, step), d.magnitude(alpha)
		if promised <= rounding*terms {
			return nil
		}
		next, fNext := d.along(alpha, f, g, step)
		if next == nil { // the gradient itself, no longer than Newton's steps may be
			step = make([]float64, len(alpha))
			for _, r := range free {
				step[r] = g[r] / size
			}
			next, fNext = d.along(alpha, f, g, step)
		}
		if next == nil { // rounding leaves nothing to gain
			if promised > poor*terms {
				return fmt.Errorf("no progress with a gradient of %.1e", size)
			}
			return nil
		}
		copy(alpha, next)
		f = fNext
	}
	return fmt.Errorf("no convergence in %d steps", steps)
}

// logDerivatives returns the gradient of the likelihood by log alpha, and its
// Hessian with the sign changed.
func (d *dirichletRow) logDerivatives(alpha []float64) (g []float64, curvature *mat.SymDense) {
	S := len(alpha)
	first, second := make([]float64, S), make([]float64, S)
	firstA, secondA := d.derivatives(alpha, first, second)
	g, curvature = make([]float64, S), mat.NewSymDense(S, nil)
	for r, a := range alpha {
		g[r] = a * (first[r] - firstA)
		for t := r; t < S; t++ {
			curvature.SetSym(r, t, -secondA*a*alpha[t])
		}
		curvature.SetSym(r, r, curvature.At(r, r)+a*a*second[r]-g[r])
	}
	return g, curvature
}

// newtonStep returns Newton's step in the logarithms of the free parameters, in
// which negative curvature counts as positive, so that it leads upwards; no
// parameter changes by more than a factor of ten.
func newtonStep(g []float64, curvature *mat.SymDense, free []int) []float64 {
	n := len(free)
	C, gFree := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	for i, r := range free {
		gFree.SetVec(i, g[r])
		for k := i; k < n; k++ {
			C.SetSym(i, k, curvature.At(r, free[k]))
		}
	}
	step := make([]float64, len(g))
	var eigen mat.EigenSym
	if !eigen.Factorize(C, true) {
		return step
	}
	values := eigen.Values(nil)
	largest := max(math.Abs(values[0]), math.Abs(values[n-1]))
	var V mat.Dense
	eigen.VectorsTo(&V)
	var y, x mat.VecDense
	y.MulVec(V.T(), gFree)
	for i, l := range values {
		y.SetVec(i, y.AtVec(i)/max(math.Abs(l), 1e-10*largest, math.SmallestNonzeroFloat64))
	}
	x.MulVec(&V, &y)
	scale := min(1, math.Ln10/mat.Norm(&x, math.Inf(1)))
	for i, r := range free {
		step[r] = scale * x.AtVec(i)
	}
	return step
}

// along returns the first point on the way of a step in log alpha, bent at the
// bounds, at which the likelihood has risen by a part of what the gradient promises;
// nil if there is none.
func (d *dirichletRow) along(alpha []float64, f float64, g, step []float64) (next []float64, fNext float64) {
	const part, halvings = 1e-4, 50
	next = make([]float64, len(alpha))
	for range halvings {
		promised := 0.0
		for r, a := range alpha {
			next[r] = clampAlpha(a * math.Exp(step[r]))
			promised += g[r] * math.Log(next[r]/a)
		}
		if fNext = d.logLikelihood(next); fNext > f && fNext >= f+part*promised {
			return next, fNext
		}
		for r := range step {
			step[r] /= 2
		}
	}
	return nil, f
}

// clampAlpha returns the value within the bounds nearest to a; what is next to a
// bound is put onto it, lest a step end there at once and leave the others alone.
func clampAlpha(a float64) float64 {
	const near = 1e-6
	switch {
	case a <= LeastAlpha*(1+near):
		return LeastAlpha
	case a >= GreatestAlpha*(1-near):
		return GreatestAlpha
	}
	return a
}

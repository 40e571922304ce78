package predict

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"

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
// maximised over LeastAlpha <= alpha_r <= GreatestAlpha by Newton's method on
// the free parameters, whose Hessian is a diagonal plus a constant (Minka,
// "Estimating a Dirichlet distribution", 2000), and by his fixed-point
// iteration, which never decreases the likelihood, where a Newton step would.
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

// maximise moves alpha to the maximum of the likelihood within the bounds.
func (d *dirichletRow) maximise(alpha []float64) error {
	S := len(alpha)
	first, second, step, next := make([]float64, S), make([]float64, S), make([]float64, S), make([]float64, S)
	f := d.logLikelihood(alpha)
	const tolerance = 1e-10 // of the gradient by log alpha, for each transition
	for range 10_000 {
		firstA, secondA := d.derivatives(alpha, first, second)
		// Free parameters: not at a bound that the gradient pushes against.
		free := func(r int) bool {
			g := first[r] - firstA
			return !(alpha[r] <= LeastAlpha && g <= 0 || alpha[r] >= GreatestAlpha && g >= 0)
		}
		var size, inverse, weighted float64
		for r, a := range alpha {
			if free(r) {
				size = max(size, math.Abs(a*(first[r]-firstA)))
				if second[r] > 0 {
					inverse += 1 / second[r]
					weighted += (first[r] - firstA) / second[r]
				}
			}
		}
		if size <= tolerance*d.all[0] {
			return nil
		}
		// Newton: the Hessian is secondA - diag(second), negative definite on
		// the free parameters iff secondA sum 1/second < 1.
		better := false
		if slack := 1 - secondA*inverse; slack > 0 {
			for r := range alpha {
				step[r] = 0
				if free(r) && second[r] > 0 {
					step[r] = (first[r] - firstA + secondA*weighted/slack) / second[r]
				}
			}
			// No further than the first bound, and by a factor of ten at most.
			longest := 1.0
			for r, a := range alpha {
				if step[r] > 0 {
					longest = min(longest, (GreatestAlpha-a)/step[r])
				} else if step[r] < 0 {
					longest = min(longest, (max(LeastAlpha, a/10)-a)/step[r])
				}
			}
			for scale := longest; scale > longest/10 && !better; scale /= 2 {
				for r, a := range alpha {
					next[r] = clampAlpha(a + scale*step[r])
				}
				if fNext := d.logLikelihood(next); fNext > f {
					f, better = fNext, true
				}
			}
		}
		if !better {
			// The fixed point, and beyond it for as long as that pays: where the
			// likelihood is nearly flat its own steps are far too short.
			for r := range alpha {
				step[r] = first[r] / firstA
			}
			trial := make([]float64, S)
			for power := 1.0; ; power *= 2 {
				for r, a := range alpha {
					trial[r] = clampAlpha(a * math.Pow(step[r], power))
				}
				fTrial := d.logLikelihood(trial)
				if !(fTrial > f) {
					break
				}
				f, better = fTrial, true
				copy(next, trial)
			}
		}
		if !better { // rounding leaves nothing to gain
			if size > 1e-5*d.all[0] {
				return fmt.Errorf("no progress with a gradient of %.1e", size)
			}
			return nil
		}
		copy(alpha, next)
	}
	return errors.New("no convergence in 10000 steps")
}

// clampAlpha returns the value within the bounds nearest to a; what is at a
// bound up to rounding is put onto it.
func clampAlpha(a float64) float64 {
	const rounding = 1e-12
	switch {
	case a <= LeastAlpha*(1+rounding):
		return LeastAlpha
	case a >= GreatestAlpha*(1-rounding):
		return GreatestAlpha
	}
	return a
}

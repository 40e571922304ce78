package relax

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
	"markovicl/moment"
)

// The search first tries plainMost evaluations without a stretch, which is often
// enough and saves the stretch; then each margin with one.
const (
	plainMargin       = 1e-4
	ofMargin          = 0.1 // of a margin, is enough
	plainMost         = 20
	stretchedMost     = 1000
	stretchedPatience = 100 // evaluations in which F must fall by a tenth
)

var stretchedMargins = []float64{1e-3, 1e-5}

// Where a stretch would be too large, margins are tried one after the other with
// more evaluations instead: fewer for larger matrices, of size n.
var patientMargins = []float64{1e-4, 1e-5, 1e-6}

func patientMost(n int) int { return max(1000, min(20_000, 60_000_000_000/(n*n*n))) }

// Level1 looks for a certificate of level 1 at the minima, which are of
// equal loss, and passes each one that is better than those before on, with what it
// proves. enlarged is f~*. The parameters of the minima are those of reduced.Features.
// evaluated, if not nil, is called after each evaluation. A search that ctx ends passes
// nothing more on; errors say why there is no certificate.
func Level1(ctx context.Context, form *moment.Form, reduced *Reduced, minima []Minimum, enlarged float64, evaluated func(), better func(*certificate.Certificate, *certificate.Verification)) error {
	m, err := newMultiplierSearch(ctx, reduced, minima)
	if err != nil {
		return ignoreEnd(ctx, err)
	}
	w := append([]float64(nil), m.start...)
	reached, err := m.penalty(nil).descend(ctx, w, plainMargin, ofMargin*plainMargin, nil, plainMost, plainMost, evaluated)
	if err != nil {
		return err
	}
	gap := minima[0].Loss - enlarged
	var s *stretch
	if !reached && ctx.Err() == nil {
		if s = newStretch(ctx, m, gap); s != nil {
			reached, err = m.descend(ctx, w, stretchedMargins, s, stretchedMost, stretchedPatience, evaluated)
		}
		if err == nil && !reached && ctx.Err() == nil {
			patient := append([]float64(nil), m.start...)
			most := patientMost(m.n)
			reached, err = m.descend(ctx, patient, patientMargins, nil, most, most/40, evaluated)
			if reached || s == nil {
				w = patient
			}
		}
		if err != nil {
			return err
		}
	}
	if ctx.Err() != nil && !reached {
		return nil // rounding an unfinished W takes long and proves little
	}
	proving := ctx
	if reached {
		proving = untilProven(ctx, m.n, proofsOfLevel1)
	}
	c, v, err := m.certificate(proving, form, reduced, w)
	if err != nil {
		return ignoreEnd(proving, err)
	}
	better(c, v)
	if reached || s == nil {
		return nil
	}

	// The sum of squares does not reach f*: for which l does it? Bisect.
	m.release()
	if s = newStretch(ctx, m, gap); s == nil {
		return nil
	}
	low, high := max(v.Bound, enlarged), minima[0].Loss
	const bisected = 1e-3 // part of the gap
	for high-low > bisected*gap && ctx.Err() == nil {
		l := (low + high) / 2
		m.setLower(reduced, l)
		reached, err := m.descend(ctx, w, []float64{plainMargin}, s, stretchedMost/2, stretchedPatience/2, evaluated)
		if err != nil {
			return err
		}
		if ctx.Err() != nil && !reached {
			return nil
		}
		if c, v, err := m.certificate(ctx, form, reduced, w); err == nil && v.Bound > low {
			low = v.Bound
			better(c, v)
		}
		if !reached {
			high = l
		}
	}
	return nil
}

// proofsOfLevel1 is about how many factors a certificate of level 1 takes: of each share
// that is tried, for the l between which it bisects.
const proofsOfLevel1 = 130

// ignoreEnd returns err unless it says that ctx has ended.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// descend tries the margins one after the other, with a stretch if that is not nil.
func (m *multiplierSearch) descend(ctx context.Context, w []float64, margins []float64, s *stretch, most, patience int, evaluated func()) (reached bool, err error) {
	var precondition func(g []float64)
	if s != nil {
		precondition = s.precondition
	}
	for _, margin := range margins {
		if reached, err = m.penalty(s).descend(ctx, w, margin, ofMargin*margin, precondition, most, patience, evaluated); reached || err != nil || ctx.Err() != nil {
			return reached, err
		}
	}
	return false, nil
}

// release lets W v* change, as it must for l below f*.
func (m *multiplierSearch) release() {
	m.fixed = nil
}

// setLower sets l, after release.
func (m *multiplierSearch) setLower(f *Reduced, l float64) {
	m.core[0] = f.c - l // the first entry of (1, x) is 1 in both coordinates
	clear(m.Q)
	m.addCore(m.Q, identity(m.space.D).RawMatrix().Data)
}

// certificate returns the best certificate that the coordinates w give, and what it
// proves.
func (m *multiplierSearch) certificate(ctx context.Context, form *moment.Form, reduced *Reduced, w []float64) (*certificate.Certificate, *certificate.Verification, error) {
	var backB, backX mat.Dense
	if err := backB.Inverse(m.Tb); err != nil {
		return nil, nil, fmt.Errorf("the balanced coordinates of b are singular: %w", err)
	}
	if err := backX.Inverse(m.Tx); err != nil {
		return nil, nil, fmt.Errorf("the balanced coordinates of x are singular: %w", err)
	}
	W := make([]float64, m.n*m.n)
	m.space.add(W, w[:m.space.count()])
	W = congruence(W, &backB, &backX)
	moved := m.multiplierOf(w)
	return bestShare(ctx, form, func(share float64) (*certificate.Multiplier, []float64) {
		P := identity(m.space.D)
		blas64.Axpy(share, vector(moved), vector(P.RawMatrix().Data))
		P.Mul(P, &backB)
		P.Mul(backB.T(), P)
		sym := mat.NewSymDense(m.space.D, nil)
		for i := range m.space.D {
			for j := i; j < m.space.D; j++ {
				sym.SetSym(i, j, (P.At(i, j)+P.At(j, i))/2)
			}
		}
		return &certificate.Multiplier{P: sym, U: reduced.U, G: reduced.G}, m.known.exact(W, share, m.space.units)
	})
}

// Attained is the certificate of level 1 that the enlarged optimum is a
// bound: W = 0.
func Attained(ctx context.Context, form *moment.Form, reduced *Reduced) (*certificate.Certificate, *certificate.Verification, error) {
	multiplier := &certificate.Multiplier{U: reduced.U, G: reduced.G}
	D := multiplier.Entries()
	multiplier.P = mat.NewSymDense(D, identity(D).RawMatrix().Data)
	n := D * (1 + multiplier.Size())
	W := make([]float64, n*n)
	v, err := certificate.ProveMultiplier(ctx, form, W, multiplier, certificate.Uncertainty(form))
	if err != nil {
		return nil, nil, err
	}
	return &certificate.Certificate{W: W, Form: form, Multiplier: multiplier}, v, nil
}

// bestShare tries P and W, and shares of what they differ by from an interior point,
// W = 0: where the search did not reach a definite matrix, some share is definite for
// an l between the enlarged optimum and the loss.
func bestShare(ctx context.Context, form *moment.Form, at func(share float64) (*certificate.Multiplier, []float64)) (*certificate.Certificate, *certificate.Verification, error) {
	var best *certificate.Verification
	var proof *certificate.Certificate
	failure := errors.New("W has no definite share")
	for _, shrink := range []float64{0, 0x1p-36, 0x1p-32, 0x1p-28, 0x1p-24, 0x1p-22, 0x1p-20, 0x1p-18, 0x1p-16, 0x1p-14, 0x1p-12, 0x1p-10, 0x1p-8, 0x1p-6, 0x1p-4, 0x1p-2, 0x1p-1} {
		multiplier, W := at(1 - shrink)
		v, err := certificate.ProveMultiplier(ctx, form, W, multiplier, certificate.Uncertainty(form))
		if err != nil {
			failure = err
			continue
		}
		if best != nil && v.Bound <= best.Bound {
			break // the bound falls from here on
		}
		best, proof = v, &certificate.Certificate{W: W, Form: form, Multiplier: multiplier}
	}
	if best == nil {
		return nil, nil, failure
	}
	return proof, best, nil
}

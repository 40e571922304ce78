package landscape

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// Is a point X of the enlarged space a transformer (paper, Problem C.9)?
//
// Block j of X is a symmetric matrix M_j (its off-diagonal coordinates halved),
// and X = phi(b, A) says M_j = (b a_j' + a_j b')/2 for all j, a_j being column j
// of A. Equivalently every M_j vanishes on the hyperplane orthogonal to b. So
//
//   - a block that is definite on some plane rules out every b, because the
//     plane meets the hyperplane; this is the same as two positive or two
//     negative eigenvalues;
//   - a block k (p m' + m p')/2 leaves two candidates for the direction of b,
//     p and m, and either some block is not zero on the hyperplane orthogonal
//     to p and some block is not zero on that orthogonal to m, or one of the
//     two is a witness.
//
// All of this takes polynomial time. (The paper's Theorem 3.5 shows that a more
// general system, Problem C.10, is NP-hard.)

// Verdict is the answer to a question about realisability.
type Verdict int

// The verdicts.
const (
	Undecided     Verdict = iota // neither can be told at the given precision
	Realisable                   // X is a transformer
	NotRealisable                // no transformer is X
)

func (v Verdict) String() string {
	return [...]string{"undecided", "realisable", "not realisable"}[v]
}

// Decision answers Problem C.9 for a point known up to Precision.
//
// Distances between points are measured as the largest spectral norm among the
// blocks of their difference.
type Decision struct {
	Verdict   Verdict
	Precision float64 // how well X is known

	// The best transformer that the decision looked at: a witness when the
	// verdict is Realisable. Residual bounds its distance from X from above.
	B        []float64 // [D]
	A        []float64 // [D, q] row-major
	Residual float64
	// AtBoundary says of a Realisable X with one block for b of length 2 (d = 1)
	// that another point within Precision is no transformer. For larger shapes
	// the transformers have no interior, and a Realisable X is always such.
	AtBoundary bool

	// Why no transformer is closer to X than Distance > Precision; nil unless
	// the verdict is NotRealisable. Distance is a lower bound of the distance to
	// every transformer also when it is too small for a verdict.
	Obstruction *Obstruction
	Distance    float64
}

// DefaultPrecision is the relative precision of a point whose precision is not
// stated: it is known up to this times its largest block.
const DefaultPrecision = 1e-12

// Decide answers Problem C.9 for the point X with q blocks of D(D+1)/2
// coordinates each, in the order of Phi; q and D are free. X is taken to be
// known up to precision (see Decision for the norm); 0 means DefaultPrecision.
//
// The verdict is Realisable if a transformer lies within the precision,
// NotRealisable if none does, which the Obstruction proves, and Undecided in
// between.
func Decide(X []float64, q, D int, precision float64) (*Decision, error) {
	if precision < 0 || math.IsNaN(precision) || math.IsInf(precision, 0) {
		return nil, fmt.Errorf("the precision of X must be a number >= 0, got %g", precision)
	}
	scaled, exponent, err := scaledPoint(X, q, D)
	if err != nil {
		return nil, err
	}
	d, err := decideScaled(scaled, q, D, math.Ldexp(precision, -exponent))
	if err != nil {
		return nil, err
	}
	d.multiply(exponent)
	if precision > 0 {
		d.Precision = precision
	}
	return d, nil
}

// decideScaled is Decide for a point whose largest entry is near 1 in size, or 0.
func decideScaled(X []float64, q, D int, precision float64) (*Decision, error) {
	blocks, scale := symmetricBlocks(X, q, D)
	if precision == 0 {
		precision = DefaultPrecision * scale
	}
	d := &Decision{Precision: precision, A: make([]float64, D*q)}
	if scale == 0 {
		d.Verdict = Realisable
		d.B = make([]float64, D)
		d.B[0] = 1
		d.AtBoundary = D > 1
		return d, nil
	}

	largest, norm := 0, 0.0
	definite, margin := -1, 0.0
	spectra := make([]mat.EigenSym, q)
	for j, M := range blocks {
		if !spectra[j].Factorize(M, true) {
			return nil, fmt.Errorf("block %d of X: the eigenvalues did not converge", j)
		}
		if n := mat.Norm(M, 2); n > norm {
			largest, norm = j, n
		}
		if m := sameSign(spectra[j].Values(nil)); m > margin {
			definite, margin = j, m
		}
	}
	p, m := candidates(&spectra[largest])
	d.witness(blocks, p, m)
	if d.Residual <= precision {
		d.Verdict = Realisable
		d.AtBoundary = q > 1 || D > 2 || atBoundary(X, precision)
		return d, nil
	}
	if definite >= 0 {
		d.consider(blocks, definiteBlock(&spectra[definite], definite, scale))
	}
	d.consider(blocks, failedCandidates(blocks, &spectra[largest], largest, p, m))
	if d.Distance > precision {
		d.Verdict = NotRealisable
	} else {
		d.Obstruction = nil
	}
	return d, nil
}

// consider keeps the obstruction if it proves a greater distance.
func (d *Decision) consider(blocks []*mat.SymDense, o *Obstruction) {
	if distance, err := o.distance(blocks); err == nil && distance > d.Distance {
		d.Distance, d.Obstruction = distance, o
	}
}

// symmetricBlocks returns the blocks of X as symmetric matrices and the largest
// Frobenius norm among them.
func symmetricBlocks(X []float64, q, D int) (blocks []*mat.SymDense, scale float64) {
	m := moment.Pairs(D)
	for j := range q {
		M := mat.NewSymDense(D, nil)
		setBlock(M, X[j*m:(j+1)*m])
		blocks = append(blocks, M)
		scale = max(scale, mat.Norm(M, 2))
	}
	return blocks, scale
}

// largestBlock returns the largest Frobenius norm among the blocks of X, with which
// its precision is compared.
func largestBlock(X []float64, q, D int) (float64, error) {
	scaled, exponent, err := scaledPoint(X, q, D)
	if err != nil {
		return 0, err
	}
	_, scale := symmetricBlocks(scaled, q, D)
	return math.Ldexp(scale, exponent), nil
}

// sameSign returns how far a spectrum (ascending) is from having at most one
// positive and at most one negative eigenvalue.
func sameSign(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	return max(0, values[len(values)-2], -values[1])
}

// Verify checks the decision about the point X with q blocks for D = len(d.B),
// without anything of what found it: a witness is multiplied out, an obstruction
// is checked by the inequalities in its own documentation.
func (d *Decision) Verify(X []float64, q int) error {
	scaled, exponent, err := scaledPoint(X, q, len(d.B))
	if err != nil {
		return err
	}
	c := d.clone()
	c.multiply(-exponent)
	return c.verifyScaled(scaled, q)
}

// verifyScaled is Verify for a point whose largest entry is near 1 in size, or 0.
func (d *Decision) verifyScaled(X []float64, q int) error {
	D := len(d.B)
	blocks, scale := symmetricBlocks(X, q, D)
	switch d.Verdict {
	case Realisable:
		if len(d.A) != D*q {
			return fmt.Errorf("the witness A has %d entries, want %d", len(d.A), D*q)
		}
		m := moment.Pairs(D)
		for j := range q {
			sum := 0.0
			for i := range D {
				for k := i; k < D; k++ {
					x := d.B[i] * d.A[k*q+j]
					if i != k {
						x += d.B[k] * d.A[i*q+j]
					}
					r := x - X[j*m+moment.PairIndex(D, i, k)]
					if i != k {
						r /= math.Sqrt2 // twice, halved
					}
					sum += r * r
				}
			}
			const summed = 1e-6 // relative: more than the rounding of a sum of squares
			if r := math.Sqrt(sum); !(r <= d.Precision*(1+summed)+roundingMargin(D)*scale) {
				return fmt.Errorf("block %d of X is %.3g away from the witness, more than the precision %.3g", j, r, d.Precision)
			}
		}
		return nil
	case NotRealisable:
		if d.Obstruction == nil {
			return errors.New("the decision gives no obstruction")
		}
		distance, err := d.Obstruction.distance(blocks)
		if err != nil {
			return err
		}
		if !(distance > d.Precision) {
			return fmt.Errorf("the obstruction proves a distance of %.3g only, not more than the precision %.3g", distance, d.Precision)
		}
		return nil
	}
	return errors.New("the decision is undecided: there is nothing to verify")
}

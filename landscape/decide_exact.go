package landscape

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"markovicl/moment"
)

// ExactDecision answers Problem C.9 for a point with rational coordinates,
// without rounding; it is never undecided.
//
// The vector b of a witness, and the candidates that an obstruction rules out,
// have entries in the field of numbers x + y sqrt(Root).
type ExactDecision struct {
	Verdict Verdict
	Root    *big.Rat // >= 0; 0 if everything is rational

	B []Surd // [D] the witness of a realisable point
	A []Surd // [D, q] row-major

	Obstruction *ExactObstruction // why a point is not realisable
}

// Text writes the entries of b or A as text, with sqrt(Root) where it occurs.
func (d *ExactDecision) Text(xs []Surd) []string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = field{d.Root}.string(x)
	}
	return out
}

type ratBlock [][]*big.Rat // a symmetric matrix

func exactBlocks(X []*big.Rat, q, D int) ([]ratBlock, error) {
	if err := checkPoint(len(X), q, D); err != nil {
		return nil, err
	}
	m := moment.Pairs(D)
	half := big.NewRat(1, 2)
	blocks := make([]ratBlock, q)
	for j := range blocks {
		M := make(ratBlock, D)
		for i := range M {
			M[i] = make([]*big.Rat, D)
		}
		for i := range D {
			for k := i; k < D; k++ {
				x := new(big.Rat).Set(X[j*m+moment.PairIndex(D, i, k)])
				if i != k {
					x.Mul(x, half)
				}
				M[i][k], M[k][i] = x, x
			}
		}
		blocks[j] = M
	}
	return blocks, nil
}

// DecideExact answers Problem C.9 for a rational point X with q blocks of
// D(D+1)/2 coordinates each, in the order of Phi, without rounding.
func DecideExact(X []*big.Rat, q, D int) (*ExactDecision, error) {
	blocks, err := exactBlocks(X, q, D)
	if err != nil {
		return nil, err
	}
	d := &ExactDecision{Root: new(big.Rat)}
	// Candidates from the first block that is not zero, unless some block is
	// definite on a plane.
	var candidates [][]Surd
	from := -1
	for j, M := range blocks {
		positive, negative := diagonalise(M)
		for _, vs := range [][]diagonalVector{positive, negative} {
			if len(vs) >= 2 {
				kind := SignObstruction
				if len(positive)+len(negative) > 2 {
					kind = RankObstruction
				}
				d.Verdict = NotRealisable
				d.Obstruction = &ExactObstruction{Kind: kind, Block: j, Plane: [][]*big.Rat{vs[0].v, vs[1].v}}
				return d, nil
			}
		}
		if from < 0 && len(positive)+len(negative) > 0 {
			from = j
			candidates, d.Root = exactCandidates(M, positive, negative)
		}
	}
	if from < 0 { // X = 0
		d.Verdict = Realisable
		d.B, d.A = make([]Surd, D), make([]Surd, D*q)
		for i := range d.B {
			d.B[i] = field{}.zero()
		}
		for i := range d.A {
			d.A[i] = field{}.zero()
		}
		d.B[0] = rational(big.NewRat(1, 1))
		return d, nil
	}
	o := &ExactObstruction{Kind: CandidateObstruction, Block: from}
	for _, b := range candidates {
		failure := exactFailure(blocks, b, d.Root)
		if failure == nil {
			d.Verdict, d.B, d.A = Realisable, b, exactColumns(blocks, b, d.Root)
			return d, nil
		}
		o.Candidates = append(o.Candidates, *failure)
	}
	d.Verdict, d.Obstruction = NotRealisable, o
	return d, nil
}

// diagonalVector is a vector v of a basis in which a quadratic form is diagonal,
// with the form's value v'Mv, and Mv.
type diagonalVector struct {
	v, Mv []*big.Rat
	value *big.Rat
}

// diagonalise returns the vectors of positive and of negative value of a basis
// in which M is diagonal (Lagrange's reduction). By Sylvester's law their
// numbers are those of M's positive and negative eigenvalues.
func diagonalise(M ratBlock) (positive, negative []diagonalVector) {
	D := len(M)
	rest := make([][]*big.Rat, D)
	for i := range rest {
		rest[i] = make([]*big.Rat, D)
		for k := range rest[i] {
			rest[i][k] = new(big.Rat)
		}
		rest[i][i].SetInt64(1)
	}
	for {
		pivot := pivotVector(M, rest)
		if pivot == nil {
			return positive, negative
		}
		p := diagonalVector{v: pivot, Mv: ratMulVec(M, pivot)}
		p.value = ratDot(p.Mv, pivot)
		if p.value.Sign() > 0 {
			positive = append(positive, p)
		} else {
			negative = append(negative, p)
		}
		for _, w := range rest {
			t := ratDot(p.Mv, w)
			t.Quo(t, p.value)
			for i := range w {
				w[i] = new(big.Rat).Sub(w[i], new(big.Rat).Mul(t, pivot[i]))
			}
		}
	}
}

// pivotVector returns a vector of the span of rest whose value is not zero, nil
// if M vanishes on that span.
func pivotVector(M ratBlock, rest [][]*big.Rat) []*big.Rat {
	images := make([][]*big.Rat, len(rest))
	for i, w := range rest {
		images[i] = ratMulVec(M, w)
		if ratDot(images[i], w).Sign() != 0 {
			return slices.Clone(w)
		}
	}
	for i, w := range rest {
		for k := range i {
			if ratDot(images[k], w).Sign() != 0 { // then the sum has the value 2 w'Mv
				sum := make([]*big.Rat, len(w))
				for l := range w {
					sum[l] = new(big.Rat).Add(w[l], rest[k][l])
				}
				return sum
			}
		}
	}
	return nil
}

func ratMulVec(M ratBlock, v []*big.Rat) []*big.Rat {
	out := make([]*big.Rat, len(M))
	for i, row := range M {
		out[i] = ratDot(row, v)
	}
	return out
}

func ratDot(x, y []*big.Rat) *big.Rat {
	sum, t := new(big.Rat), new(big.Rat)
	for i := range x {
		if x[i].Sign() != 0 && y[i].Sign() != 0 {
			sum.Add(sum, t.Mul(x[i], y[i]))
		}
	}
	return sum
}

// exactCandidates factors the quadratic form of a block with at most one
// positive and one negative eigenvalue. With f = M v+, g = M v-, x = v+'M v+ > 0
// and -y = v-'M v- < 0 it is ff'/x - gg'/y, whose factors are
// f +- sqrt(x/y) g up to scale.
func exactCandidates(M ratBlock, positive, negative []diagonalVector) (candidates [][]Surd, root *big.Rat) {
	if len(positive) == 0 || len(negative) == 0 {
		only := append(positive, negative...)[0].Mv
		b := make([]Surd, len(M))
		for i, x := range only {
			b[i] = rational(x)
		}
		return [][]Surd{b}, new(big.Rat)
	}
	f, g := positive[0], negative[0]
	ratio := new(big.Rat).Quo(f.value, new(big.Rat).Neg(g.value))
	scale := big.NewRat(1, 1)
	root = ratio
	if s, ok := ratSqrt(ratio); ok {
		scale, root = s, new(big.Rat)
	}
	for _, sign := range []int64{1, -1} {
		t := new(big.Rat).Mul(scale, big.NewRat(sign, 1))
		b := make([]Surd, len(M))
		for i := range b {
			y := new(big.Rat).Mul(t, g.Mv[i])
			if root.Sign() == 0 {
				b[i] = rational(y.Add(y, f.Mv[i]))
			} else {
				b[i] = Surd{f.Mv[i], y}
			}
		}
		candidates = append(candidates, b)
	}
	return candidates, root
}

// exactColumns returns A for a right b: a_j = 2 M_j b/|b|^2 - (b'M_j b)/|b|^4 b.
func exactColumns(blocks []ratBlock, b []Surd, root *big.Rat) []Surd {
	f, D, q := field{root}, len(b), len(blocks)
	norm := f.zero()
	for _, x := range b {
		norm = f.add(norm, f.mul(x, x))
	}
	two := rational(big.NewRat(2, 1))
	A := make([]Surd, D*q)
	for j, M := range blocks {
		Mb := make([]Surd, D)
		bMb := f.zero()
		for i := range D {
			Mb[i] = f.zero()
			for k := range D {
				Mb[i] = f.add(Mb[i], f.mul(rational(M[i][k]), b[k]))
			}
			bMb = f.add(bMb, f.mul(b[i], Mb[i]))
		}
		t := f.quo(bMb, norm)
		for i := range D {
			A[i*q+j] = f.quo(f.sub(f.mul(two, Mb[i]), f.mul(t, b[i])), norm)
		}
	}
	return A
}

// Verify checks the decision about X, which has q blocks for b of length D, in
// exact arithmetic and without anything of what found it.
func (d *ExactDecision) Verify(X []*big.Rat, q, D int) error {
	blocks, err := exactBlocks(X, q, D)
	if err != nil {
		return err
	}
	if _, square := ratSqrt(d.Root); d.Root.Sign() < 0 || square && d.Root.Sign() > 0 {
		return fmt.Errorf("the root %s must be 0, or positive and not a square", d.Root.RatString())
	}
	f := field{d.Root}
	switch d.Verdict {
	case Realisable:
		if len(d.B) != D || len(d.A) != D*q {
			return errors.New("the witness has wrong shapes")
		}
		half := rational(big.NewRat(1, 2))
		for j, M := range blocks {
			for i := range D {
				for k := i; k < D; k++ {
					x := f.add(f.mul(d.B[i], d.A[k*q+j]), f.mul(d.B[k], d.A[i*q+j]))
					if !f.isZero(f.sub(f.mul(half, x), rational(M[i][k]))) {
						return fmt.Errorf("the witness differs from X in block %d, pair (%d,%d)", j, i, k)
					}
				}
			}
		}
		return nil
	case NotRealisable:
		return d.verifyObstruction(blocks, D)
	}
	return errors.New("an exact decision is never undecided")
}

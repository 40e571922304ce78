package landscape

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Why a point in fractions is no transformer, and the check of what is said.

// ExactObstruction is a certificate, free of rounding, that no transformer is X.
// For the kinds rank and sign, block Block is definite on the span of the two
// vectors of Plane. For the kind candidates, b can only have one of two
// directions (or one), and each of them fails.
type ExactObstruction struct {
	Kind       string
	Block      int
	Plane      [][]*big.Rat // two vectors of length D
	Candidates []ExactFailure
}

// ExactFailure says why one direction of b cannot be right: the vectors
// u = b_I e_K - b_K e_I and w = b_I e_L - b_L e_I are orthogonal to b, but
// u'Mw is not zero, M being block Block.
type ExactFailure struct {
	B       []Surd
	Block   int
	I, K, L int
}

// exactFailure returns the first block that is not zero on the hyperplane
// orthogonal to b, nil if all are.
func exactFailure(blocks []ratBlock, b []Surd, root *big.Rat) *ExactFailure {
	f := field{root}
	i := slices.IndexFunc(b, func(x Surd) bool { return !f.isZero(x) })
	for j := range blocks {
		for k := range b {
			for l := k; l < len(b); l++ {
				failure := &ExactFailure{B: b, Block: j, I: i, K: k, L: l}
				if k != i && l != i && !f.isZero(failure.value(blocks, root)) {
					return failure
				}
			}
		}
	}
	return nil
}

// value returns u'Mw.
func (e *ExactFailure) value(blocks []ratBlock, root *big.Rat) Surd {
	f, M := field{root}, blocks[e.Block]
	bi, bk, bl := e.B[e.I], e.B[e.K], e.B[e.L]
	at := func(i, k int) Surd { return rational(M[i][k]) }
	sum := f.mul(f.mul(bi, bi), at(e.K, e.L))
	sum = f.sub(sum, f.mul(f.mul(bi, bl), at(e.K, e.I)))
	sum = f.sub(sum, f.mul(f.mul(bk, bi), at(e.I, e.L)))
	return f.add(sum, f.mul(f.mul(bk, bl), at(e.I, e.I)))
}

func (d *ExactDecision) verifyObstruction(blocks []ratBlock, D int) error {
	o := d.Obstruction
	if o == nil || o.Block < 0 || o.Block >= len(blocks) {
		return errors.New("the decision gives no obstruction that names a block")
	}
	M := blocks[o.Block]
	if o.Kind != CandidateObstruction {
		if len(o.Plane) != 2 || len(o.Plane[0]) != D || len(o.Plane[1]) != D {
			return errors.New("the obstruction's plane is not two vectors of b's length")
		}
		// Definite on the plane iff the 2 x 2 Gram matrix has a positive
		// determinant (then the vectors are independent, too).
		u, w := o.Plane[0], o.Plane[1]
		Mu := ratMulVec(M, u)
		x, y, z := ratDot(Mu, u), ratDot(Mu, w), ratDot(ratMulVec(M, w), w)
		if x.Mul(x, z).Cmp(y.Mul(y, y)) <= 0 {
			return fmt.Errorf("block %d is not definite on the plane given", o.Block)
		}
		return nil
	}
	// The block must be the product of the two candidates, or of the one, up to
	// scale: then b is one of them.
	f := field{d.Root}
	for c, failure := range o.Candidates {
		if len(failure.B) != D || failure.Block < 0 || failure.Block >= len(blocks) ||
			min(failure.I, failure.K, failure.L) < 0 || max(failure.I, failure.K, failure.L) >= D {
			return fmt.Errorf("candidate %d has wrong shapes", c)
		}
		if f.isZero(failure.value(blocks, d.Root)) {
			return fmt.Errorf("candidate %d is not ruled out by block %d", c, failure.Block)
		}
	}
	if len(o.Candidates) < 1 || len(o.Candidates) > 2 {
		return fmt.Errorf("the obstruction has %d candidates, want 1 or 2", len(o.Candidates))
	}
	p, m := o.Candidates[0].B, o.Candidates[len(o.Candidates)-1].B
	product := func(i, k int) Surd { return f.add(f.mul(p[i], m[k]), f.mul(p[k], m[i])) }
	at := [2]int{-1, -1}
	for i := range D {
		for k := range D {
			if !f.isZero(product(i, k)) {
				at = [2]int{i, k}
			}
		}
	}
	if at[0] < 0 {
		return errors.New("the candidates are zero")
	}
	scale := f.quo(rational(M[at[0]][at[1]]), product(at[0], at[1]))
	if f.isZero(scale) {
		return fmt.Errorf("block %d is not the product of the candidates", o.Block)
	}
	for i := range D {
		for k := range D {
			if !f.isZero(f.sub(rational(M[i][k]), f.mul(scale, product(i, k)))) {
				return fmt.Errorf("block %d is not the product of the candidates", o.Block)
			}
		}
	}
	return nil
}

package moment

import (
	"fmt"
	"math/big"

	"gonum.org/v1/gonum/mat"
)

// axis is a quadrature rule for one variable x in [0,1]. Both x and 1-x are
// kept, each correctly rounded: near 1 the second carries the digits.
type axis struct {
	x, y, w []float64 // nodes, 1 - nodes, weights

	precise []*big.Float // the nodes, to jacobiBits; x, y, w may have been scaled since
}

// jacobiBits is the precision in which nodes and weights are computed, so that
// their doubles are correctly rounded.
const jacobiBits = 256

// betaAxis returns the Gauss rule with n nodes for the mean under Beta(a, b):
// exact for polynomials of degree 2n-1. The nodes are the zeros of the Jacobi
// polynomial, the eigenvalues of its recurrence's tridiagonal matrix (Golub and
// Welsch 1969), improved by Newton's method in high precision; the weights are
// the reciprocals of sums of squared orthonormal polynomials.
func betaAxis(n int, a, b *big.Rat) (axis, error) {
	exactA, exactB := jacobiRecurrence(n, a, b)
	A, B := make([]*big.Float, n), make([]*big.Float, n)
	for k := range n {
		A[k] = new(big.Float).SetPrec(jacobiBits).SetRat(exactA[k])
		B[k] = new(big.Float).SetPrec(jacobiBits).SetRat(exactB[k])
	}
	J := mat.NewSymDense(n, nil)
	for k := range n {
		J.SetSym(k, k, nearest(A[k]))
		if k+1 < n {
			J.SetSym(k, k+1, nearest(new(big.Float).Sqrt(B[k+1])))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(J, false) {
		return axis{}, fmt.Errorf("no %d-node rule for Beta(%s, %s): the eigenvalues did not converge", n, a.RatString(), b.RatString())
	}
	guess := eigen.Values(nil)

	out := axis{make([]float64, n), make([]float64, n), make([]float64, n), make([]*big.Float, n)}
	float := func() *big.Float { return new(big.Float).SetPrec(jacobiBits) }
	x, t, u := float(), float(), float()
	for i := range n {
		x.SetFloat64(guess[i])
		for range 60 {
			// p_{k+1} = (x - A_k) p_k - B_k p_{k-1} and its derivative in x
			p, before := float().SetInt64(1), float()
			dp, dbefore := float(), float()
			for k := range n {
				t.Sub(x, A[k])
				next := float().Mul(t, p)
				next.Sub(next, u.Mul(B[k], before))
				dnext := float().Mul(t, dp)
				dnext.Add(dnext, p)
				dnext.Sub(dnext, u.Mul(B[k], dbefore))
				before, p, dbefore, dp = p, next, dp, dnext
			}
			step := float().Quo(p, dp)
			x.Sub(x, step)
			if step.Sign() == 0 || step.MantExp(nil) < x.MantExp(nil)-jacobiBits/2 {
				break
			}
		}
		sum, p, before, norm := float().SetInt64(1), float().SetInt64(1), float(), float().SetInt64(1)
		for k := range n - 1 {
			next := float().Mul(t.Sub(x, A[k]), p)
			next.Sub(next, u.Mul(B[k], before))
			before, p = p, next
			norm.Mul(norm, B[k+1])
			sum.Add(sum, t.Quo(u.Mul(p, p), norm))
		}
		one := float().SetInt64(1)
		out.precise[i] = float().Set(x)
		out.x[i] = nearest(x)
		out.y[i] = nearest(t.Sub(one, x))
		out.w[i] = nearest(u.Quo(one, sum))
		if !(out.x[i] >= 0 && out.y[i] >= 0 && out.w[i] >= 0) || i > 0 && out.x[i] < out.x[i-1] {
			return axis{}, fmt.Errorf("no %d-node rule for Beta(%s, %s): node %d came out as %v", n, a.RatString(), b.RatString(), i, out.x[i])
		}
	}
	return out, nil
}

// jacobiRecurrence returns A_0..A_{n-1}, B_0..B_{n-1} of the monic polynomials
// orthogonal under Beta(a, b) on [0,1]; B_0 = 0.
func jacobiRecurrence(n int, a, b *big.Rat) (A, B []*big.Rat) {
	int64Rat := func(k int64) *big.Rat { return new(big.Rat).SetInt64(k) }
	add := func(x, y *big.Rat) *big.Rat { return new(big.Rat).Add(x, y) }
	mul := func(x, y *big.Rat) *big.Rat { return new(big.Rat).Mul(x, y) }
	alpha, beta := add(b, int64Rat(-1)), add(a, int64Rat(-1)) // of the paper's usual weight (1-t)^alpha (1+t)^beta
	sum := add(alpha, beta)
	difference := new(big.Rat).Sub(beta, alpha)
	half, quarter := big.NewRat(1, 2), big.NewRat(1, 4)
	for k := range n {
		K := int64Rat(int64(k))
		c := add(sum, add(K, K)) // 2k + alpha + beta
		c2 := add(c, int64Rat(2))
		var center *big.Rat // in [-1,1]
		if k == 0 {
			center = new(big.Rat).Quo(difference, c2)
		} else {
			center = new(big.Rat).Quo(mul(difference, sum), mul(c, c2))
		}
		A = append(A, mul(add(center, int64Rat(1)), half))
		var square *big.Rat
		switch k {
		case 0:
			square = new(big.Rat)
		case 1: // without the factor 1 + alpha + beta, which may be 0 above and below
			square = new(big.Rat).Quo(
				mul(int64Rat(4), mul(add(K, alpha), add(K, beta))),
				mul(mul(c, c), add(c, int64Rat(1))))
		default:
			square = new(big.Rat).Quo(
				mul(mul(int64Rat(4*int64(k)), add(K, alpha)), mul(add(K, beta), add(K, sum))),
				mul(mul(c, c), mul(add(c, int64Rat(1)), add(c, int64Rat(-1)))))
		}
		B = append(B, mul(square, quarter))
	}
	return A, B
}

func nearest(x *big.Float) float64 {
	f, _ := x.Float64()
	return f
}

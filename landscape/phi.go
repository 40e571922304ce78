package landscape

import "markovicl/moment"

// Phi returns phi(b, A) (paper, Eq. 8) for b of length D and A of shape [D, q],
// row-major, q = D-1: the point of the enlarged space, length q*D(D+1)/2, that
// the one-layer model with these parameters is. Block j, pair (i, k) is
// b_i A_kj + b_k A_ij for i < k and b_i A_ij for i = k.
func Phi(b, A []float64) []float64 {
	D := len(b)
	X := make([]float64, (D-1)*moment.Pairs(D))
	AddPhi(X, b, A)
	return X
}

// AddPhi adds phi(b, A) to X; the point of a model with several heads is the
// sum over its heads.
func AddPhi(X, b, A []float64) {
	D, q := len(b), len(b)-1
	m := moment.Pairs(D)
	if len(A) != D*q || len(X) != q*m {
		panic("landscape: phi of b, A, X whose shapes do not belong together")
	}
	for j := range q {
		block := X[j*m : (j+1)*m]
		r := 0
		for i := range D {
			block[r] += b[i] * A[i*q+j]
			r++
			for k := i + 1; k < D; k++ {
				block[r] += b[i]*A[k*q+j] + b[k]*A[i*q+j]
				r++
			}
		}
	}
}

// unitRoundoff is the largest relative error of a rounding to nearest.
const unitRoundoff = 0x1p-53

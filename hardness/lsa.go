package hardness

import (
	"fmt"
	"math"
	"math/big"
)

// LSASystem writes the transformer's own system, Problem C.9 of the paper, as a
// bilinear program: find b in R^{q+1} and A in R^{(q+1) x q} with phi(b, A) = X
// (Eq. 8), that is, for every query position j and pair (i,k), i <= k,
//
//	b_i A_kj + b_k A_ij = X_{j,(i,k)}  if i < k,      b_i A_ij = X_{j,(i,i)}.
//
// X has q*m entries, m = (q+1)(q+2)/2, j outermost, pairs in the row-major
// order of the upper triangle. Each D^(r) has at most two non-zero entries,
// every row is an equation, there is no objective, and nothing is fixed: this
// is one special case of Problem C.10. Reduce needs matrices D^(r) full of data,
// for which there is no place here, so it does not show that this case is hard;
// it is in fact decided in polynomial time by landscape.Decide. Solve refuses it
// with ErrBilinearRow.
func LSASystem(q int, X []float64) (*BilinearProgram, error) {
	if q < 1 || len(X) != q*pairCount(q) {
		return nil, fmt.Errorf("LSA system: q = %d needs q >= 1 and q(q+1)(q+2)/2 values of X, got %d", q, len(X))
	}
	p := &BilinearProgram{Dim: q, B: make([]Domain, q+1), A: make([]Domain, (q+1)*q)}
	one := big.NewRat(1, 1)
	r := 0
	for j := range q {
		for i := range q + 1 {
			for k := i; k <= q; k++ {
				if math.IsNaN(X[r]) || math.IsInf(X[r], 0) {
					return nil, fmt.Errorf("LSA system: X[%d] is %v", r, X[r])
				}
				x := new(big.Rat).SetFloat64(X[r])
				row := Row{Form: Form{Column: j, Terms: []Term{{i, k, one}}}, Lower: x, Upper: x, Label: fmt.Sprintf("j=%d, (i,k)=(%d,%d)", j, i, k)}
				if i < k {
					row.Terms = append(row.Terms, Term{k, i, one})
				}
				p.Rows = append(p.Rows, row)
				r++
			}
		}
	}
	return p, nil
}

// NewPoint takes floats as they are: b has d+1 entries, A is (d+1) x d
// row-major.
func NewPoint(b, A []float64) (Point, error) {
	var p Point
	var err error
	if p.B, err = rationals("point: b", b); err != nil {
		return p, err
	}
	p.A, err = rationals("point: A", A)
	return p, err
}

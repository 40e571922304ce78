package lsa

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Explicit runs the model on a prompt matrix token by token, as the paper
// defines it, and returns the prediction TF = [Z_L]_{D,n+1}. Z0 is [D, n+1]:
// n in-context columns, then the query with 0 in the place of its label. visit,
// if not nil, is called with every layer's Z_l, l = 0..L; Z_l is its to keep.
//
// This is the reference that the fast passes are tested against. Its cost grows
// with n squared.
func (p *Dense) Explicit(Z0 *mat.Dense, visit func(layer int, Z *mat.Dense)) float64 {
	D, columns := Z0.Dims()
	if D != p.Dim || columns < 2 {
		panic(fmt.Sprintf("lsa: prompt matrix of %d x %d for a model of %d rows", D, columns, p.Dim))
	}
	n := columns - 1
	if visit == nil {
		visit = func(int, *mat.Dense) {}
	}

	Z := mat.DenseCopyOf(Z0) // [D, n+1]
	visit(0, Z)
	for l := range p.Layers {
		var ZM mat.Dense // [D, n+1] = Z M: the query's column masked
		ZM.CloneFrom(Z)
		for i := range D {
			ZM.Set(i, n, 0)
		}
		next := mat.DenseCopyOf(Z) // [D, n+1]
		for t := range p.Heads {
			pFlat, qFlat := p.Head(l, t)
			P, Q := mat.NewDense(D, D, pFlat), mat.NewDense(D, D, qFlat)
			var attention, QZ, PZM, update mat.Dense
			QZ.Mul(Q, Z)                 // [D, n+1]
			attention.Mul(Z.T(), &QZ)    // [n+1, n+1] = Z' Q Z, who looks at whom
			PZM.Mul(P, &ZM)              // [D, n+1]   = P Z M
			update.Mul(&PZM, &attention) // [D, n+1]
			update.Scale(1/float64(n), &update)
			next.Add(next, &update)
		}
		Z = next
		visit(l+1, Z)
	}
	return Z.At(D-1, n)
}

// Explicit runs the model on a prompt matrix token by token: see
// [Dense.Explicit].
func (p *Structured) Explicit(Z0 *mat.Dense, visit func(layer int, Z *mat.Dense)) float64 {
	return p.Dense().Explicit(Z0, visit)
}

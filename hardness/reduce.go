package hardness

import (
	"fmt"
	"math/big"
)

// Back translates between the two sides of the reduction: it knows where in b
// and A_{:,1} the planes and the auxiliary variables are.
type Back struct {
	separation   Separation
	d            int
	z1, w1, g1   int // first positions in b
	w2, g2, oneB int
	z2, oneA     int // first positions in the first column of A
}

// Reduce writes the separation as a bilinear program (the paper, Eq. 69 and
// Problem C.11): minimise z1'z2 subject to
//
//	-A'w1 + g1 e + e <= 0,  -A'w2 + g2 e + e <= 0,  B w1 - g1 e + e <= z1,  B w2 - g2 e + e <= z2,  z1, z2 >= 0
//
// where the rows of A' are the inside and those of B the outside points. The
// variables are laid out as
//
//	b       = (z1, w1, g1, w2, g2, 1)      k' + 2n' + 3 entries
//	A_{:,1} = (z2, 0, .., 0, 1)            everything else in A is fixed at 0
//
// so that d = k' + 2n' + 2 (8 for m' = k' = n' = 2, the paper's Example C.13).
// The data stand in the matrices D^(r), not in A: z2 has to be in column 1 to
// meet z1 in the objective, and the rows that hold z2 together with B w2 can
// only use that column, where one fixed 1 on each side turns bilinear forms
// into the linear ones needed.
//
// Problem C.10 has room for d*m rows. An instance with so many inside points
// that its rows and signs do not fit gets more entries, fixed at 0, until they
// do; d stays polynomial in the size of the input.
//
// The points are separable if and only if the minimum is 0 (Lemma C.12).
func Reduce(s Separation) (*BilinearProgram, Back) {
	m, k, n := len(s.Inside), len(s.Outside), s.Dim
	d := k + 2*n + 2
	t := Back{separation: s, z1: 0, w1: k, g1: k + n, w2: k + n + 1, g2: k + 2*n + 1, oneB: d, z2: 0, oneA: d}
	one, minusOne := big.NewRat(1, 1), big.NewRat(-1, 1)

	p := &BilinearProgram{Dim: d, B: make([]Domain, d+1), A: make([]Domain, (d+1)*d)}
	for i := range p.A {
		p.A[i] = Fixed(new(big.Rat))
	}
	for i := range k {
		p.B[t.z1+i] = NonNegative()
		p.A[(t.z2+i)*d] = NonNegative()
		p.Objective.Terms = append(p.Objective.Terms, Term{t.z1 + i, t.z2 + i, one})
	}
	p.B[t.oneB] = Fixed(one)
	p.A[t.oneA*d] = Fixed(one)

	for plane, at := range [2]struct{ w, g int }{{t.w1, t.g1}, {t.w2, t.g2}} {
		for i, x := range s.Inside {
			row := Row{Upper: minusOne, Label: fmt.Sprintf("inside point %d, plane %d", i+1, plane+1)}
			for j, v := range x {
				row.addTerm(at.w+j, t.oneA, new(big.Rat).Neg(v))
			}
			row.addTerm(at.g, t.oneA, one)
			p.Rows = append(p.Rows, row)
		}
		for i, x := range s.Outside {
			row := Row{Upper: minusOne, Label: fmt.Sprintf("outside point %d, plane %d", i+1, plane+1)}
			for j, v := range x {
				row.addTerm(at.w+j, t.oneA, v)
			}
			row.addTerm(at.g, t.oneA, minusOne)
			if plane == 0 {
				row.addTerm(t.z1+i, t.oneA, minusOne)
			} else {
				row.addTerm(t.oneB, t.z2+i, minusOne)
			}
			p.Rows = append(p.Rows, row)
		}
	}
	for d*pairCount(d) < 1+2*m+4*k { // objective, rows, signs
		d++
	}
	if d > p.Dim {
		p = p.pad(d)
	}
	t.d = d
	return p, t
}

// addTerm leaves out zeros, so that D^(r) stays sparse.
func (r *Row) addTerm(i, k int, coef *big.Rat) {
	if coef.Sign() != 0 {
		r.Terms = append(r.Terms, Term{i, k, coef})
	}
}

// Planes reads the two planes off a point of the program. If the point is
// feasible with objective 0 they separate.
func (t Back) Planes(at Point) [2]Plane {
	n := t.separation.Dim
	return [2]Plane{
		{W: at.B[t.w1 : t.w1+n], Gamma: at.B[t.g1]},
		{W: at.B[t.w2 : t.w2+n], Gamma: at.B[t.g2]},
	}
}

// Point is the way there: the point of the program that belongs to two planes,
// with z1 and z2 as small as the rows allow. It is feasible if the inside
// points are on the right sides, and has objective 0 if and only if, further,
// every outside point is excluded.
func (t Back) Point(planes [2]Plane) Point {
	at := Point{make([]*big.Rat, t.d+1), make([]*big.Rat, (t.d+1)*t.d)}
	for i := range at.B {
		at.B[i] = new(big.Rat)
	}
	for i := range at.A {
		at.A[i] = new(big.Rat)
	}
	at.B[t.oneB].SetInt64(1)
	at.A[t.oneA*t.d].SetInt64(1)
	for j := range t.separation.Dim {
		at.B[t.w1+j].Set(planes[0].W[j])
		at.B[t.w2+j].Set(planes[1].W[j])
	}
	at.B[t.g1].Set(planes[0].Gamma)
	at.B[t.g2].Set(planes[1].Gamma)
	one := big.NewRat(1, 1)
	for i, x := range t.separation.Outside {
		if z := planes[0].At(x); z.Add(z, one).Sign() > 0 {
			at.B[t.z1+i].Set(z)
		}
		if z := planes[1].At(x); z.Add(z, one).Sign() > 0 {
			at.A[(t.z2+i)*t.d].Set(z)
		}
	}
	return at
}

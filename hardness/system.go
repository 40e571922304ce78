package hardness

import (
	"fmt"
	"math"
	"math/big"
)

// SystemBack translates between planes and points of System.
type SystemBack struct {
	back   Back
	base   *BilinearProgram // what Reduce writes
	d      int
	slacks []int // the entry that holds the root of each row's slack, then of z1 and z2
}

// System writes the separation as Problem C.10 with nothing added: equations
// b'D^(r) A_{:,1} = X_r over free b and A, no fixed entries, no signs, no
// objective. It has a solution if and only if the points are separable, so it
// is the reduction that proves Problem C.10 NP-hard; its size is
// d = 2m' + 5k' + 2n' + 2 (more only where Reduce needs room). Solve does not
// take it. Against Reduce,
//
//   - the two fixed ones become the equation b_e A_e = 1 (e the last entry
//     there). Nothing more has to be fixed: the forms do not change if b is
//     multiplied by t and A divided by t, and every row reads its variables as
//     products with b_e or A_e, w = b_w A_e for instance;
//   - what is at least 0 (the slack of each row, z1 and z2) becomes a square
//     b_s A_s, with b_s A_e = b_e A_s;
//   - the objective z1'z2 = 0 becomes an equation.
func System(s Separation) (*BilinearProgram, SystemBack) {
	base, back := Reduce(s)
	one, minusOne, e := big.NewRat(1, 1), big.NewRat(-1, 1), back.oneA
	k := len(s.Outside)
	extra := len(base.Rows) + 2*k
	for d := base.Dim + extra; d*pairCount(d) < 2+len(base.Rows)+2*k+extra; d++ {
		extra++ // room for the rows
	}
	p := base.pad(base.Dim + extra)
	t := SystemBack{back: back, base: base, d: p.Dim}
	next := base.Dim + 1
	slack := func() int {
		t.slacks = append(t.slacks, next)
		next++
		return next - 1
	}
	link := func(label string, i int) Row {
		return Row{Form: Form{0, []Term{{i, e, one}, {e, i, minusOne}}}, Lower: new(big.Rat), Upper: new(big.Rat), Label: label + ", square"}
	}
	equation := func(label string, value *big.Rat, terms ...Term) Row {
		return Row{Form: Form{0, terms}, Lower: value, Upper: value, Label: label}
	}
	rows := []Row{
		equation("the ones", one, Term{e, e, one}),
		equation("objective", new(big.Rat), base.Objective.Terms...),
	}
	for _, r := range base.Rows {
		i := slack()
		rows = append(rows, equation(r.Label, r.Upper, append(append([]Term(nil), r.Terms...), Term{i, i, one})...), link(r.Label, i))
	}
	for j := range k {
		i, label := slack(), fmt.Sprintf("sign of z1, outside point %d", j+1)
		rows = append(rows, equation(label, new(big.Rat), Term{back.z1 + j, e, one}, Term{i, i, minusOne}), link(label, i))
	}
	for j := range k {
		i, label := slack(), fmt.Sprintf("sign of z2, outside point %d", j+1)
		rows = append(rows, equation(label, new(big.Rat), Term{e, back.z2 + j, one}, Term{i, i, minusOne}), link(label, i))
	}
	p.Rows, p.Objective = rows, Form{}
	for i := range p.B {
		p.B[i] = Domain{}
	}
	for i := range p.A {
		p.A[i] = Domain{}
	}
	return p, t
}

// Point returns the point that belongs to separating planes, up to the rounding
// of square roots: its largest violation is about 1e-16 times the largest
// slack.
func (t SystemBack) Point(planes [2]Plane) Point {
	from := t.back.Point(planes)
	at := Point{make([]*big.Rat, t.d+1), make([]*big.Rat, (t.d+1)*t.d)}
	for i := range at.B {
		at.B[i] = new(big.Rat)
	}
	for i := range at.A {
		at.A[i] = new(big.Rat)
	}
	copy(at.B, from.B)
	for k := range t.base.Dim + 1 {
		copy(at.A[k*t.d:], from.A[k*t.base.Dim:(k+1)*t.base.Dim])
	}
	var squares []*big.Rat
	for _, r := range t.base.Rows {
		squares = append(squares, new(big.Rat).Sub(r.Upper, t.base.Evaluate(r.Form, from)))
	}
	k := len(t.back.separation.Outside)
	squares = append(squares, from.B[t.back.z1:t.back.z1+k]...)
	for i := range k {
		squares = append(squares, from.A[(t.back.z2+i)*t.base.Dim])
	}
	for i, x := range squares {
		f, _ := x.Float64()
		root := new(big.Rat).SetFloat64(math.Sqrt(math.Max(f, 0)))
		at.B[t.slacks[i]], at.A[t.slacks[i]*t.d] = root, root
	}
	return at
}

// Planes reads the planes off a solution, whatever its scale.
func (t SystemBack) Planes(at Point) [2]Plane {
	one := at.A[t.back.oneA*t.d]
	planes := t.back.Planes(at)
	for p := range planes {
		w := make([]*big.Rat, len(planes[p].W))
		for j, v := range planes[p].W {
			w[j] = new(big.Rat).Mul(v, one)
		}
		planes[p] = Plane{w, new(big.Rat).Mul(planes[p].Gamma, one)}
	}
	return planes
}

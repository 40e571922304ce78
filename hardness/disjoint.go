package hardness

import (
	"context"
	"errors"
	"math/big"
)

// What Solve cannot take, because an exact answer is promised for disjoint
// bilinear programs only.
var (
	// ErrBilinearRow: a row multiplies a free entry of b with a free entry of
	// A, as every row of the transformer system (Problem C.9) does.
	ErrBilinearRow = errors.New("the row is not linear after fixing")
	// ErrCoupled: the rows tie together variables that the objective multiplies
	// with each other.
	ErrCoupled = errors.New("the objective multiplies variables that the rows couple")
	// ErrUnbounded: the ranges of the single variables give the objective no
	// lower bound.
	ErrUnbounded = errors.New("no lower bound of the objective follows from the ranges of its variables")
)

// disjoint is what a program is after fixing, if its variables fall into two
// groups x and y that no row mixes:
//
//	minimise  K*objective = x'Cy + p'x + q'y + c   over x in P, y in Q
//
// in integers. Variables are numbered by their entry: i for b_i, d+1 + k*d+j
// for A_kj.
type disjoint struct {
	program *BilinearProgram
	sides   [2]polyhedron // P and Q
	c       [][]*big.Int  // len(x) x len(y); nil is 0
	linear  [2][]*big.Int // p and q; nil is 0
	offset  *big.Int      // c
	scale   *big.Int      // K > 0
}

// polyhedron is {x : every constraint holds}; the constraints' variables are
// positions in vars.
type polyhedron struct {
	vars        []int
	constraints []constraint
}

// dictionary is the polyhedron as a linear program with a zero objective, at a
// vertex; errInfeasible if it is empty.
func (p polyhedron) dictionary(ctx context.Context) (*dictionary, error) {
	free := make([]bool, len(p.vars))
	for i := range free {
		free[i] = true
	}
	d, err := newDictionary(ctx, free, p.constraints)
	if err != nil {
		return nil, err
	}
	return d, d.feasible()
}

// entry returns the coefficient of the product of variable i of the given side
// with variable j of the other one; nil is 0.
func (d *disjoint) entry(side, i, j int) *big.Int {
	if side == 0 {
		return d.c[i][j]
	}
	return d.c[j][i]
}

// against returns the objective as an affine function of one side's variables,
// the other side's being given; up to a positive factor.
func (d *disjoint) against(side int, other []*big.Rat) affine {
	e := newExpression()
	for i := range d.sides[side].vars {
		sum, t := new(big.Rat), new(big.Rat)
		if l := d.linear[side][i]; l != nil {
			sum.SetInt(l)
		}
		for j, v := range other {
			if c := d.entry(side, i, j); c != nil {
				sum.Add(sum, t.Mul(t.SetInt(c), v))
			}
		}
		if sum.Sign() != 0 {
			e.coef[i] = sum
		}
	}
	return e.integral()
}

// value returns K*objective.
func (d *disjoint) value(x, y []*big.Rat) *big.Rat {
	sum, t := new(big.Rat).SetInt(d.offset), new(big.Rat)
	for side, v := range [2][]*big.Rat{x, y} {
		for i, l := range d.linear[side] {
			if l != nil {
				sum.Add(sum, t.Mul(t.SetInt(l), v[i]))
			}
		}
	}
	for i := range x {
		for j := range y {
			if c := d.c[i][j]; c != nil {
				t.Mul(t.SetInt(c), x[i])
				sum.Add(sum, t.Mul(t, y[j]))
			}
		}
	}
	return sum
}

// point puts x and y back among the fixed entries of the program.
func (d *disjoint) point(x, y []*big.Rat) Point {
	p := d.program
	all := make([]*big.Rat, len(p.B)+len(p.A))
	for i, dom := range append(append([]Domain(nil), p.B...), p.A...) {
		if v := dom.Value(); v != nil {
			all[i] = new(big.Rat).Set(v)
		}
	}
	for side, v := range [2][]*big.Rat{x, y} {
		for i, entry := range d.sides[side].vars {
			all[entry] = new(big.Rat).Set(v[i])
		}
	}
	return Point{all[:len(p.B)], all[len(p.B):]}
}

// conditions sets up the linear program of one side (x, say) that Solve
// branches on: x in P together with multipliers l of the rows of Q, where y
// minimises x'Cy + q'y over Q = {Gy + g >= 0} exactly if G'l = C'x + q, l >= 0
// and l is complementary to Gy + g; the objective is then linear, p'x - g'l +
// c. Complementarity is left to the branching. Variables: x, then l, then the
// values of the rows of P. Only points with an objective of at least floor are
// of interest.
func (d *disjoint) conditions(ctx context.Context, side int, floor *big.Rat) (*dictionary, error) {
	own, other := d.sides[side], d.sides[1-side]
	n := len(own.vars)
	free := make([]bool, n+len(other.constraints))
	for i := range n {
		free[i] = true
	}
	rows := append([]constraint(nil), own.constraints...)
	objective := newAffine()
	objective.constant.Set(d.offset)
	for i, l := range d.linear[side] {
		if l != nil {
			objective.add(i, l)
		}
	}
	stationarity := make([]affine, len(other.vars))
	for j := range stationarity {
		stationarity[j] = newAffine()
		if l := d.linear[1-side][j]; l != nil {
			stationarity[j].constant.Neg(l)
		}
		for i := range n {
			if c := d.entry(side, i, j); c != nil {
				stationarity[j].add(i, new(big.Int).Neg(c))
			}
		}
	}
	for r, g := range other.constraints {
		free[n+r] = g.equality
		objective.add(n+r, new(big.Int).Neg(g.constant))
		for j, c := range g.coef {
			stationarity[j].add(n+r, c)
		}
	}
	for _, s := range stationarity {
		rows = append(rows, constraint{s, true})
	}
	// objective >= floor, with the floor's denominator multiplied out
	above := newAffine()
	above.constant.Mul(objective.constant, floor.Denom())
	above.constant.Sub(above.constant, floor.Num())
	for v, c := range objective.coef {
		above.add(v, new(big.Int).Mul(c, floor.Denom()))
	}
	rows = append(rows, constraint{above, false})

	lp, err := newDictionary(ctx, free, rows)
	if err != nil {
		return nil, err
	}
	if err := lp.feasible(); err != nil {
		return nil, err
	}
	lp.setObjective(objective)
	return lp, lp.minimise()
}

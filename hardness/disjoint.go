package hardness

import (
	"context"
	"errors"
	"fmt"
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

// newDisjoint takes the program apart. feasible is false if a row without free
// entries already fails.
func newDisjoint(p *BilinearProgram) (d *disjoint, feasible bool, err error) {
	domain := append(append([]Domain(nil), p.B...), p.A...)
	type product struct{ b, a int }
	// split substitutes the fixed entries.
	split := func(f Form) (expression, map[product]*big.Rat) {
		e, products := newExpression(), map[product]*big.Rat{}
		for _, t := range f.Terms {
			b, a := t.I, p.Dim+1+t.K*p.Dim+f.Column
			vb, va := domain[b].Value(), domain[a].Value()
			switch {
			case vb != nil && va != nil:
				x := new(big.Rat).Mul(vb, va)
				e.constant.Add(e.constant, x.Mul(x, t.Coef))
			case vb != nil:
				e.add(a, new(big.Rat).Mul(vb, t.Coef))
			case va != nil:
				e.add(b, new(big.Rat).Mul(va, t.Coef))
			default:
				q := product{b, a}
				if products[q] == nil {
					products[q] = new(big.Rat)
				}
				products[q].Add(products[q], t.Coef)
			}
		}
		for i, c := range e.coef {
			if c.Sign() == 0 {
				delete(e.coef, i)
			}
		}
		for q, c := range products {
			if c.Sign() == 0 {
				delete(products, q)
			}
		}
		return e, products
	}

	// Rows, and the components of variables that they tie together.
	component := make([]int, len(domain)) // union-find parents
	for i := range component {
		component[i] = i
	}
	find := func(i int) int {
		for component[i] != i {
			component[i] = component[component[i]]
			i = component[i]
		}
		return i
	}
	rows := make([]expression, len(p.Rows))
	for r, row := range p.Rows {
		e, products := split(row.Form)
		if len(products) > 0 {
			return nil, false, fmt.Errorf("row %d (%s): %w", r, row.Label, ErrBilinearRow)
		}
		if len(e.coef) == 0 && excess(e.constant, row.Lower, row.Upper).Sign() > 0 {
			return nil, false, nil
		}
		rows[r] = e
		first := -1
		for i := range e.coef {
			if first >= 0 {
				component[find(i)] = find(first)
			}
			first = i
		}
	}

	// Two groups: components joined by a product are on different sides.
	objective, products := split(p.Objective)
	neighbours := map[int][]int{}
	for q := range products {
		b, a := find(q.b), find(q.a)
		neighbours[b] = append(neighbours[b], a)
		neighbours[a] = append(neighbours[a], b)
	}
	side := map[int]int{} // by component: 1 or 2; components without products stay 0 and join x
	for i := range domain {
		start := find(i) // in the order of the components' first variables, whatever their roots
		if side[start] != 0 || neighbours[start] == nil {
			continue
		}
		side[start] = 1
		for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
			c := queue[0]
			for _, n := range neighbours[c] {
				if side[n] == side[c] {
					return nil, false, fmt.Errorf("%w", ErrCoupled)
				}
				if side[n] == 0 {
					side[n] = 3 - side[c]
					queue = append(queue, n)
				}
			}
		}
	}
	d = &disjoint{program: p}
	group, position := make([]int, len(domain)), make([]int, len(domain))
	for i := range domain {
		if domain[i].Value() != nil {
			continue
		}
		if side[find(i)] == 2 {
			group[i] = 1
		}
		s := &d.sides[group[i]]
		position[i] = len(s.vars)
		s.vars = append(s.vars, i)
	}

	// Constraints in integers: the rows, then the domains.
	bound := func(e expression, lower, upper *big.Rat) {
		if len(e.coef) == 0 {
			return
		}
		g := 0
		for i := range e.coef {
			g = group[i]
		}
		emit := func(side *big.Rat, sign int64, equality bool) {
			f := newExpression()
			f.constant.Sub(e.constant, side)
			f.constant.Mul(f.constant, big.NewRat(sign, 1))
			for i, c := range e.coef {
				f.coef[position[i]] = new(big.Rat).Mul(c, big.NewRat(sign, 1))
			}
			d.sides[g].constraints = append(d.sides[g].constraints, constraint{f.integral(), equality})
		}
		if lower != nil && upper != nil && lower.Cmp(upper) == 0 {
			emit(lower, 1, true)
			return
		}
		if lower != nil {
			emit(lower, 1, false)
		}
		if upper != nil {
			emit(upper, -1, false)
		}
	}
	for r, row := range p.Rows {
		bound(rows[r], row.Lower, row.Upper)
	}
	for i, dom := range domain {
		if dom.Value() == nil {
			e := newExpression()
			e.coef[i] = big.NewRat(1, 1)
			bound(e, dom.Lower, dom.Upper)
		}
	}

	// Objective in integers, times K.
	d.scale = new(big.Int).Set(objective.constant.Denom())
	for _, c := range objective.coef {
		lcm(d.scale, c.Denom())
	}
	for _, c := range products {
		lcm(d.scale, c.Denom())
	}
	scaled := func(c *big.Rat) *big.Int {
		x := new(big.Rat).SetInt(d.scale)
		return new(big.Int).Set(x.Mul(x, c).Num())
	}
	d.offset = scaled(objective.constant)
	for g := range d.linear {
		d.linear[g] = make([]*big.Int, len(d.sides[g].vars))
	}
	for i, c := range objective.coef {
		d.linear[group[i]][position[i]] = scaled(c)
	}
	d.c = make([][]*big.Int, len(d.sides[0].vars))
	for i := range d.c {
		d.c[i] = make([]*big.Int, len(d.sides[1].vars))
	}
	for q, c := range products {
		b, a := q.b, q.a
		if group[b] == 1 {
			b, a = a, b
		}
		d.c[position[b]][position[a]] = scaled(c)
	}
	return d, true, nil
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

package hardness

import (
	"fmt"
	"maps"
	"math/big"
)

// newDisjoint takes the program apart. feasible is false if a row without free
// entries already fails.
func newDisjoint(p *BilinearProgram) (d *disjoint, feasible bool, err error) {
	a := &apart{
		disjoint: &disjoint{program: p},
		domain:   append(append([]Domain(nil), p.B...), p.A...),
	}
	if feasible, err = a.substituteRows(); err != nil || !feasible {
		return nil, false, err
	}
	objective, products := a.substitute(p.Objective)
	if err := a.divide(products); err != nil {
		return nil, false, err
	}
	a.constrain()
	a.scaleObjective(objective, products)
	return a.disjoint, true, nil
}

// apart is a program while it is taken apart.
type apart struct {
	*disjoint
	domain    []Domain
	rows      []expression
	component []int // union-find parents of variables that rows tie together
	group     []int // of each variable: 0 for x, 1 for y
	position  []int // of each variable in its group
}

// product is a product of two free entries, one of b and one of A.
type product struct{ b, a int }

// substitute puts in the fixed entries of a form.
func (a *apart) substitute(f Form) (expression, map[product]*big.Rat) {
	p := a.program
	e, products := newExpression(), map[product]*big.Rat{}
	for _, t := range f.Terms {
		i, k := t.I, p.Dim+1+t.K*p.Dim+f.Column
		vb, va := a.domain[i].Value(), a.domain[k].Value()
		switch {
		case vb != nil && va != nil:
			x := new(big.Rat).Mul(vb, va)
			e.constant.Add(e.constant, x.Mul(x, t.Coef))
		case vb != nil:
			e.add(k, new(big.Rat).Mul(vb, t.Coef))
		case va != nil:
			e.add(i, new(big.Rat).Mul(va, t.Coef))
		default:
			q := product{i, k}
			if products[q] == nil {
				products[q] = new(big.Rat)
			}
			products[q].Add(products[q], t.Coef)
		}
	}
	isZero := func(c *big.Rat) bool { return c.Sign() == 0 }
	maps.DeleteFunc(e.coef, func(_ int, c *big.Rat) bool { return isZero(c) })
	maps.DeleteFunc(products, func(_ product, c *big.Rat) bool { return isZero(c) })
	return e, products
}

// find returns the representative of a variable's component.
func (a *apart) find(i int) int {
	for a.component[i] != i {
		a.component[i] = a.component[a.component[i]]
		i = a.component[i]
	}
	return i
}

// substituteRows sets the rows, and joins the variables that a row ties together.
// It reports whether the rows without free entries hold.
func (a *apart) substituteRows() (feasible bool, err error) {
	a.component = make([]int, len(a.domain))
	for i := range a.component {
		a.component[i] = i
	}
	for r, row := range a.program.Rows {
		e, products := a.substitute(row.Form)
		if len(products) > 0 {
			return false, fmt.Errorf("row %d (%s): %w", r, row.Label, ErrBilinearRow)
		}
		if len(e.coef) == 0 && excess(e.constant, row.Lower, row.Upper).Sign() > 0 {
			return false, nil
		}
		a.rows = append(a.rows, e)
		first := -1
		for i := range e.coef {
			if first >= 0 {
				a.component[a.find(i)] = a.find(first)
			}
			first = i
		}
	}
	return true, nil
}

// divide sorts the free variables into two groups: components joined by a product are
// on different sides, and those without products join x.
func (a *apart) divide(products map[product]*big.Rat) error {
	neighbours := map[int][]int{}
	for q := range products {
		i, k := a.find(q.b), a.find(q.a)
		neighbours[i] = append(neighbours[i], k)
		neighbours[k] = append(neighbours[k], i)
	}
	side := map[int]int{} // by component: 1 or 2, 0 without products
	for i := range a.domain {
		start := a.find(i) // in the order of the components' first variables, whatever their roots
		if side[start] != 0 || neighbours[start] == nil {
			continue
		}
		side[start] = 1
		for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
			c := queue[0]
			for _, n := range neighbours[c] {
				if side[n] == side[c] {
					return ErrCoupled
				}
				if side[n] == 0 {
					side[n] = 3 - side[c]
					queue = append(queue, n)
				}
			}
		}
	}
	a.group, a.position = make([]int, len(a.domain)), make([]int, len(a.domain))
	for i, domain := range a.domain {
		if domain.Value() != nil {
			continue
		}
		if side[a.find(i)] == 2 {
			a.group[i] = 1
		}
		s := &a.sides[a.group[i]]
		a.position[i] = len(s.vars)
		s.vars = append(s.vars, i)
	}
	return nil
}

// constrain sets the constraints in integers: the rows, then the domains.
func (a *apart) constrain() {
	for r, row := range a.program.Rows {
		a.bound(a.rows[r], row.Lower, row.Upper)
	}
	for i, domain := range a.domain {
		if domain.Value() == nil {
			e := newExpression()
			e.coef[i] = big.NewRat(1, 1)
			a.bound(e, domain.Lower, domain.Upper)
		}
	}
}

// bound adds lower <= e <= upper to the constraints of the side that e is about; nil
// is no bound.
func (a *apart) bound(e expression, lower, upper *big.Rat) {
	if len(e.coef) == 0 {
		return
	}
	g := 0
	for i := range e.coef {
		g = a.group[i]
	}
	emit := func(bound *big.Rat, sign int64, equality bool) {
		f := newExpression()
		f.constant.Sub(e.constant, bound)
		f.constant.Mul(f.constant, big.NewRat(sign, 1))
		for i, c := range e.coef {
			f.coef[a.position[i]] = new(big.Rat).Mul(c, big.NewRat(sign, 1))
		}
		a.sides[g].constraints = append(a.sides[g].constraints, constraint{f.integral(), equality})
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

// scaleObjective sets the objective in integers, times K.
func (a *apart) scaleObjective(objective expression, products map[product]*big.Rat) {
	a.scale = new(big.Int).Set(objective.constant.Denom())
	for _, c := range objective.coef {
		lcm(a.scale, c.Denom())
	}
	for _, c := range products {
		lcm(a.scale, c.Denom())
	}
	scaled := func(c *big.Rat) *big.Int {
		x := new(big.Rat).SetInt(a.scale)
		return new(big.Int).Set(x.Mul(x, c).Num())
	}
	a.offset = scaled(objective.constant)
	for g := range a.linear {
		a.linear[g] = make([]*big.Int, len(a.sides[g].vars))
	}
	for i, c := range objective.coef {
		a.linear[a.group[i]][a.position[i]] = scaled(c)
	}
	a.c = make([][]*big.Int, len(a.sides[0].vars))
	for i := range a.c {
		a.c[i] = make([]*big.Int, len(a.sides[1].vars))
	}
	for q, c := range products {
		x, y := q.b, q.a
		if a.group[x] == 1 {
			x, y = y, x
		}
		a.c[a.position[x]][a.position[y]] = scaled(c)
	}
}

// expression is an affine function of the entries that are not fixed, in exact
// fractions, while a program is taken apart.
type expression struct {
	constant *big.Rat
	coef     map[int]*big.Rat
}

func newExpression() expression { return expression{new(big.Rat), map[int]*big.Rat{}} }

func (e expression) add(entry int, c *big.Rat) {
	if old, ok := e.coef[entry]; ok {
		old.Add(old, c)
		return
	}
	e.coef[entry] = new(big.Rat).Set(c)
}

// lcm sets x to the least common multiple of x and y, both positive.
func lcm(x, y *big.Int) {
	g := new(big.Int).GCD(nil, nil, x, y)
	x.Mul(x, new(big.Int).Quo(y, g))
}

// integral multiplies by the least positive number that makes all coefficients
// integers without a common divisor.
func (e expression) integral() affine {
	m := new(big.Int).Set(e.constant.Denom())
	for _, c := range e.coef {
		lcm(m, c.Denom())
	}
	g := new(big.Int)
	times := func(c *big.Rat) *big.Int {
		x := new(big.Rat).SetInt(m)
		n := new(big.Int).Set(x.Mul(x, c).Num())
		g.GCD(nil, nil, g, new(big.Int).Abs(n))
		return n
	}
	f := affine{times(e.constant), map[int]*big.Int{}}
	for i, c := range e.coef {
		f.coef[i] = times(c)
	}
	if g.Sign() > 0 {
		f.constant.Quo(f.constant, g)
		for _, c := range f.coef {
			c.Quo(c, g)
		}
	}
	return f
}

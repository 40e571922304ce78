package hardness

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
)

// search is the state of one Solve. Objective values inside are K times those
// of the program.
type search struct {
	ctx      context.Context
	settings Settings
	*disjoint
	plain  [2]*dictionary // P and Q alone, for the alternating method
	floor  *big.Rat       // lower bound from the ranges of the variables
	target *big.Rat
	best   *big.Rat // objective of bestAt
	bestAt [2][]*big.Rat
	open   []node
	pruned *big.Rat // least bound of a node left because it is above the target
	nodes  int
	pivots int
	status Status
}

type node struct {
	sides [2]*dictionary
	bound *big.Rat
}

// ranges returns a lower bound of the objective from the ranges of the single
// variables, each found by linear programs.
func (s *search) ranges() (*big.Rat, error) {
	type end struct{ side, variable, sign int }
	known := map[end]*big.Rat{}
	// extreme returns the least (sign 1) or largest (sign -1) value of a
	// variable, nil if there is none.
	var stopped error
	extreme := func(side, i, sign int) *big.Rat {
		key := end{side, i, sign}
		if v, ok := known[key]; ok {
			return v
		}
		f := newAffine()
		f.add(i, big.NewInt(int64(sign)))
		s.plain[side].setObjective(f)
		known[key] = nil
		switch err := s.plain[side].minimise(); err {
		case nil:
			v := s.plain[side].objective()
			known[key] = v.Mul(v, big.NewRat(int64(sign), 1))
		case errUnbounded:
		default:
			stopped = err
		}
		return known[key]
	}
	sum := new(big.Rat).SetInt(s.offset)
	for i, row := range s.c {
		for j, c := range row {
			if c == nil {
				continue
			}
			l0, l1 := extreme(0, i, 1), extreme(1, j, 1)
			var v *big.Rat
			if c.Sign() > 0 && l0 != nil && l1 != nil && l0.Sign() >= 0 && l1.Sign() >= 0 {
				v = new(big.Rat).Mul(l0, l1) // as after the reduction; the upper ends do not matter
			} else {
				v = leastProduct(c.Sign(), [2]*big.Rat{l0, extreme(0, i, -1)}, [2]*big.Rat{l1, extreme(1, j, -1)})
			}
			if stopped != nil {
				return nil, stopped
			}
			if v == nil {
				return nil, fmt.Errorf("%w", ErrUnbounded)
			}
			sum.Add(sum, v.Mul(v, new(big.Rat).SetInt(c)))
		}
	}
	for side, l := range s.linear {
		for i, c := range l {
			if c == nil {
				continue
			}
			v := extreme(side, i, c.Sign())
			if stopped != nil {
				return nil, stopped
			}
			if v == nil {
				return nil, fmt.Errorf("%w", ErrUnbounded)
			}
			sum.Add(sum, new(big.Rat).Mul(v, new(big.Rat).SetInt(c)))
		}
	}
	return sum, nil
}

// leastProduct returns the x*y for which sign*x*y is least over two ranges (nil
// ends are infinite), or nil if there is no least value.
func leastProduct(sign int, x, y [2]*big.Rat) *big.Rat {
	var best *big.Rat
	for i, u := range x {
		for j, v := range y {
			if u == nil || v == nil {
				// The corner is infinite unless the finite factor is 0; its
				// sign tells whether it matters.
				su, sv := 2*i-1, 2*j-1
				if u != nil {
					su = u.Sign()
				}
				if v != nil {
					sv = v.Sign()
				}
				switch product := sign * su * sv; {
				case product < 0:
					return nil
				case product == 0 && (best == nil || best.Sign()*sign > 0):
					best = new(big.Rat)
				}
				continue
			}
			p := new(big.Rat).Mul(u, v)
			if best == nil || p.Cmp(best)*sign < 0 {
				best = p
			}
		}
	}
	return best
}

// start runs the alternating method from a few vertices: the one at hand, then
// the minima of random directions. The error is the context's.
func (s *search) start() error {
	x, y := s.vertex(0), s.vertex(1)
	s.offer(x, y)
	rng := rand.New(rand.NewPCG(s.settings.Seed, 0x9e3779b97f4a7c15))
	for run := range s.settings.Starts {
		if s.settled() {
			return nil
		}
		if run > 0 {
			f := newAffine()
			for i := range x {
				f.add(i, big.NewInt(rng.Int64N(201)-100))
			}
			s.plain[0].setObjective(f)
			// If this is unbounded, the vertex where it showed is as good a
			// start as any.
			if err := s.plain[0].minimise(); err != nil && err != errUnbounded {
				return err
			}
			x = s.vertex(0)
		}
		if err := s.alternate(x); err != nil {
			return err
		}
	}
	return nil
}

// vertex returns the present vertex of P (side 0) or Q.
func (s *search) vertex(side int) []*big.Rat {
	return s.plain[side].values()[:len(s.sides[side].vars)]
}

// alternate minimises over y for the given x, then over x for that y, and so on
// until nothing is gained. The error is the context's.
func (s *search) alternate(x []*big.Rat) error {
	var last *big.Rat
	at := [2][]*big.Rat{x, nil}
	for side := 1; ; side = 1 - side {
		lp := s.plain[side]
		lp.setObjective(s.against(side, at[1-side]))
		if err := lp.minimise(); err == errUnbounded {
			panic("hardness: a bounded objective is unbounded on one side")
		} else if err != nil {
			return err
		}
		at[side] = s.vertex(side)
		value := s.offer(at[0], at[1])
		if last != nil && value.Cmp(last) >= 0 {
			return nil
		}
		last = value
	}
}

// offer records a feasible point if it is the best so far.
func (s *search) offer(x, y []*big.Rat) *big.Rat {
	v := s.value(x, y)
	if s.best == nil || v.Cmp(s.best) < 0 {
		s.best, s.bestAt = v, [2][]*big.Rat{x, y}
	}
	return v
}

// settled reports whether the best point already answers the question.
func (s *search) settled() bool {
	return s.best != nil && (s.best.Cmp(s.floor) <= 0 || (s.target != nil && s.best.Cmp(s.target) <= 0))
}

// branch searches the tree depth first, the child with the lower bound first.
// It leaves in s.open what was not explored; the error is the context's.
func (s *search) branch() error {
	if s.settled() {
		return nil
	}
	root := node{bound: s.floor}
	for side := range root.sides {
		if s.exhausted() {
			return nil
		}
		lp, err := s.conditions(s.ctx, side, s.floor)
		if err == errInfeasible || err == errUnbounded {
			panic(fmt.Sprintf("hardness: optimality conditions of a bounded feasible program: %v", err))
		} else if err != nil {
			return err
		}
		s.nodes++
		s.pivots += lp.pivots
		root.sides[side] = lp
		if v := lp.objective(); v.Cmp(root.bound) > 0 {
			root.bound = v
		}
	}
	s.open[0] = root
	for len(s.open) > 0 && !s.settled() && !s.exhausted() {
		n := s.open[len(s.open)-1]
		s.open = s.open[:len(s.open)-1]
		if s.prune(n.bound) {
			continue
		}
		children, err := s.expand(n)
		if err != nil {
			s.open = append(s.open, n)
			return err
		}
		s.open = append(s.open, children...)
	}
	return nil
}

// expand offers the node's point and returns its children, the one to be looked
// at first last; none if the node's bound is attained.
func (s *search) expand(n node) ([]node, error) {
	side, row, gap := s.violated(n)
	if value := gap.Add(gap, n.sides[1].objective()); value.Cmp(s.best) < 0 {
		x, y := n.sides[0].values()[:len(s.sides[0].vars)], n.sides[1].values()[:len(s.sides[1].vars)]
		s.offer(x, y)
		if err := s.alternate(x); err != nil {
			return nil, err
		}
	}
	if row < 0 || s.prune(n.bound) {
		return nil, nil
	}
	var children []node
	for _, force := range []struct{ side, variable int }{
		{side, len(s.sides[side].vars) + row},                                        // the multiplier is 0
		{1 - side, len(s.sides[1-side].vars) + len(s.sides[side].constraints) + row}, // the slack is 0
	} {
		lp := n.sides[force.side].clone()
		err := lp.force(force.variable)
		s.nodes++
		s.pivots += lp.pivots - n.sides[force.side].pivots
		switch err {
		case nil:
			child := n
			child.sides[force.side] = lp
			if v := lp.objective(); v.Cmp(child.bound) > 0 {
				child.bound = v
			}
			children = append(children, child)
		case errInfeasible:
		default:
			return nil, err
		}
	}
	if len(children) == 2 && children[0].bound.Cmp(children[1].bound) < 0 {
		children[0], children[1] = children[1], children[0]
	}
	return children, nil
}

// exhausted reports, and records, that the budget or the context has ended.
func (s *search) exhausted() bool {
	switch {
	case s.ctx.Err() != nil:
		s.status = Interrupted
	case s.nodes >= max(s.settings.Nodes, 0):
		s.status = NodeLimit
	}
	return s.status != 0
}

// prune reports whether a node with this bound cannot change the answer.
func (s *search) prune(bound *big.Rat) bool {
	if bound.Cmp(s.best) >= 0 {
		return true
	}
	if s.target != nil && bound.Cmp(s.target) > 0 {
		if s.pruned == nil || bound.Cmp(s.pruned) < 0 {
			s.pruned = bound
		}
		return true
	}
	return false
}

// violated returns the row, of the side opposite to the program that holds its
// multiplier, whose multiplier times slack is largest, or -1 if all are 0. The
// sum of these products over one program is exactly what the objective at the
// node's point lies above that program's minimum; gap is this sum for the
// second program.
func (s *search) violated(n node) (side, row int, gap *big.Rat) {
	side, row = -1, -1
	where := [2][]int{n.sides[0].rowOf(), n.sides[1].rowOf()}
	var largest, product, sum big.Int
	for g := range 2 {
		multipliers, slacks := n.sides[g], n.sides[1-g]
		sum.SetInt64(0)
		for r, c := range s.sides[1-g].constraints {
			if c.equality {
				continue
			}
			i := where[g][len(s.sides[g].vars)+r]
			j := where[1-g][len(s.sides[1-g].vars)+len(s.sides[g].constraints)+r]
			if i < 0 || j < 0 {
				continue
			}
			product.Mul(multipliers.at(i, 0), slacks.at(j, 0))
			sum.Add(&sum, &product)
			if product.Cmp(&largest) > 0 {
				largest.Set(&product)
				side, row = g, r
			}
		}
	}
	return side, row, new(big.Rat).SetFrac(&sum, new(big.Int).Mul(&n.sides[0].det, &n.sides[1].det))
}

// result turns the state into an answer.
func (s *search) result() Result {
	unscale := func(v *big.Rat) *big.Rat {
		return new(big.Rat).Quo(v, new(big.Rat).SetInt(s.scale))
	}
	lower := s.best
	if s.pruned != nil && s.pruned.Cmp(lower) < 0 {
		lower = s.pruned
	}
	for _, n := range s.open {
		if n.bound.Cmp(lower) < 0 {
			lower = n.bound
		}
	}
	r := Result{Status: s.status, Lower: unscale(lower), Upper: unscale(s.best), Point: s.point(s.bestAt[0], s.bestAt[1]), Nodes: s.nodes, Pivots: s.pivots}
	switch {
	case lower.Cmp(s.best) == 0:
		r.Status = Optimal
	case s.target != nil && s.best.Cmp(s.target) <= 0:
		r.Status = Reached
	case s.target != nil && lower.Cmp(s.target) > 0:
		r.Status = Above
	}
	return r
}

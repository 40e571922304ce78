package hardness

import (
	"math/big"
	"slices"
)

// patience returns the pivot count after which the least-index rule, which
// cannot cycle, takes over from the rule that is fast in practice.
func (d *dictionary) patience() int { return d.pivots + 4*(d.rows+d.cols) }

// feasible runs the dual simplex method from a dictionary whose objective row
// is non-negative (with a zero objective: any dictionary) until every variable
// with a sign has one; it returns errInfeasible if the constraints contradict
// each other. The proof of that is the last row looked at: a negative constant
// and no positive coefficient.
func (d *dictionary) feasible() error {
	limit := d.patience()
	for {
		r := -1
		for i := range d.rows {
			if d.free[d.basic[i]] || d.at(i, 0).Sign() >= 0 {
				continue
			}
			if r < 0 || (d.pivots < limit && d.at(i, 0).Cmp(d.at(r, 0)) < 0) || (d.pivots >= limit && d.basic[i] < d.basic[r]) {
				r = i
			}
		}
		if r < 0 {
			return nil
		}
		c := d.dualRatio(r, 1)
		if c == 0 {
			return errInfeasible
		}
		if err := d.ctx.Err(); err != nil {
			return err
		}
		d.pivot(r, c)
	}
}

// dualRatio returns the column with sign*a_rj > 0 and the least c_j/|a_rj|,
// ties to the least variable, or 0.
func (d *dictionary) dualRatio(r, sign int) int {
	best := 0
	for j := 1; j <= d.cols; j++ {
		if d.at(r, j).Sign() != sign || d.free[d.nonbasic[j-1]] {
			continue
		}
		if best == 0 {
			best = j
			continue
		}
		// c_j/|a_rj| against c_best/|a_rbest|
		d.t.Mul(d.at(d.rows, j), d.at(r, best))
		d.u.Mul(d.at(d.rows, best), d.at(r, j))
		cmp := d.t.Cmp(&d.u) * sign
		if cmp < 0 || (cmp == 0 && d.nonbasic[j-1] < d.nonbasic[best-1]) {
			best = j
		}
	}
	return best
}

// minimise runs the primal simplex method from a feasible dictionary; it
// returns errUnbounded if the objective has no lower bound, and leaves a
// feasible dictionary in any case.
func (d *dictionary) minimise() error {
	limit := d.patience()
	for {
		c := 0
		for j := 1; j <= d.cols; j++ {
			x := d.at(d.rows, j)
			if d.free[d.nonbasic[j-1]] {
				if x.Sign() != 0 {
					return errUnbounded
				}
				continue
			}
			if x.Sign() >= 0 {
				continue
			}
			if c == 0 || (d.pivots < limit && x.Cmp(d.at(d.rows, c)) < 0) || (d.pivots >= limit && d.nonbasic[j-1] < d.nonbasic[c-1]) {
				c = j
			}
		}
		if c == 0 {
			return nil
		}
		r := -1
		for i := range d.rows {
			if d.free[d.basic[i]] || d.at(i, c).Sign() >= 0 {
				continue
			}
			if r < 0 {
				r = i
				continue
			}
			// a_i0/|a_ic| against a_r0/|a_rc|
			d.t.Mul(d.at(i, 0), d.at(r, c))
			d.u.Mul(d.at(r, 0), d.at(i, c))
			cmp := -d.t.Cmp(&d.u)
			if cmp < 0 || (cmp == 0 && d.basic[i] < d.basic[r]) {
				r = i
			}
		}
		if r < 0 {
			return errUnbounded
		}
		if err := d.ctx.Err(); err != nil {
			return err
		}
		d.pivot(r, c)
	}
}

// force adds the condition v = 0 for a variable with a sign to an optimal
// dictionary and restores optimality; it returns errInfeasible if that is
// impossible.
func (d *dictionary) force(v int) error {
	if c := slices.Index(d.nonbasic, v); c >= 0 {
		d.deleteColumn(c + 1)
		return nil
	}
	r := slices.Index(d.basic, v)
	if r < 0 {
		return nil // already forced
	}
	c := d.dualRatio(r, -1)
	if c == 0 {
		if d.at(r, 0).Sign() > 0 {
			return errInfeasible
		}
		// The value is 0 and can only grow.
		if c = d.dualRatio(r, 1); c == 0 {
			d.deleteRow(r) // identically zero
			return nil
		}
	}
	d.pivot(r, c)
	d.deleteColumn(c)
	return d.feasible()
}

// objective returns the value of the objective at the present vertex.
func (d *dictionary) objective() *big.Rat {
	return new(big.Rat).SetFrac(d.at(d.rows, 0), &d.det)
}

// values returns the present vertex, by variable (constraints' values
// included); nonbasic and forced variables are 0.
func (d *dictionary) values() []*big.Rat {
	x := make([]*big.Rat, len(d.free))
	for i, v := range d.basic {
		x[v] = new(big.Rat).SetFrac(d.at(i, 0), &d.det)
	}
	for v := range x {
		if x[v] == nil {
			x[v] = new(big.Rat)
		}
	}
	return x
}

package hardness

import (
	"context"
	"math/big"
	"slices"
)

// OracleResult is the Oracle's answer.
type OracleResult struct {
	Separable Answer    // Undecided only if the context ended
	Planes    *[2]Plane // if separable
	Nodes     int       // choices looked at, each with one linear program
}

// Oracle decides a separation from its definition, without the reduction: which
// plane excludes each outside point is a choice of one in two, and given the
// choices each plane is a linear feasibility problem of its own. It branches
// over the choices, point by point, and gives a branch up as soon as a plane
// cannot take its points any more. Exact, and exponential in the number of
// outside points: for small sets.
func Oracle(ctx context.Context, s Separation) OracleResult {
	var r OracleResult
	var assigned [2][]int // outside points each plane has to exclude
	var plane [2]Plane
	var err error
	if plane[0], err = s.exclude(ctx, nil); err != nil {
		return r // the context has ended: w = 0, gamma = -1 would do
	}
	plane[1] = plane[0]
	var place func(point int) Answer
	place = func(point int) Answer {
		if point == len(s.Outside) {
			r.Planes = &[2]Plane{plane[0], plane[1]}
			return Yes
		}
		for p := range 2 {
			// The planes are alike: the first point may as well go to the first
			// one.
			if point == 0 && p == 1 {
				continue
			}
			r.Nodes++
			saved := plane[p]
			assigned[p] = append(assigned[p], point)
			answer := No
			var err error
			switch plane[p], err = s.exclude(ctx, assigned[p]); err {
			case nil:
				answer = place(point + 1)
			case errInfeasible:
			default:
				answer = Undecided
			}
			assigned[p] = assigned[p][:len(assigned[p])-1]
			if answer != No {
				return answer
			}
			plane[p] = saved
		}
		return No
	}
	r.Separable = place(0)
	return r
}

// exclude finds a plane with all inside points on its upper side, w'x >=
// gamma+1, and the given outside points on its lower side.
func (s Separation) exclude(ctx context.Context, outside []int) (Plane, error) {
	n := s.Dim // variables w, then gamma
	free := slices.Repeat([]bool{true}, n+1)
	var rows []constraint
	side := func(x []*big.Rat, sign int64) {
		// sign * (w'x - gamma) - 1 >= 0
		e := newExpression()
		e.constant.SetInt64(-1)
		for j, v := range x {
			if v.Sign() != 0 {
				e.coef[j] = new(big.Rat).Mul(v, big.NewRat(sign, 1))
			}
		}
		e.coef[n] = big.NewRat(-sign, 1)
		rows = append(rows, constraint{e.integral(), false})
	}
	for _, x := range s.Inside {
		side(x, 1)
	}
	for _, i := range outside {
		side(s.Outside[i], -1)
	}
	d, err := newDictionary(ctx, free, rows)
	if err != nil {
		return Plane{}, err
	}
	if err := d.feasible(); err != nil {
		return Plane{}, err
	}
	v := d.values()
	return Plane{v[:n], v[n]}, nil
}

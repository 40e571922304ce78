package hardness

import (
	"context"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// halfspace is coef'x + constant >= 0, the form the slow method below works on.
type halfspace struct {
	coef     []*big.Rat
	constant *big.Rat
}

// project eliminates variable 0..n-1 by Fourier and Motzkin, exactly; what is
// left involves variable n alone.
func project(rows []halfspace, n int) []halfspace {
	for v := range n {
		var next, lower, upper []halfspace
		for _, r := range rows {
			switch r.coef[v].Sign() {
			case 0:
				next = append(next, r)
			case 1:
				lower = append(lower, r)
			default:
				upper = append(upper, r)
			}
		}
		for _, l := range lower {
			for _, u := range upper {
				// l/l_v + u/|u_v|
				a, b := new(big.Rat).Inv(l.coef[v]), new(big.Rat).Inv(new(big.Rat).Neg(u.coef[v]))
				mix := func(x, y *big.Rat) *big.Rat {
					return new(big.Rat).Add(new(big.Rat).Mul(a, x), new(big.Rat).Mul(b, y))
				}
				s := halfspace{make([]*big.Rat, len(l.coef)), mix(l.constant, u.constant)}
				for i := range s.coef {
					s.coef[i] = mix(l.coef[i], u.coef[i])
				}
				next = append(next, s)
			}
		}
		rows = next
	}
	return rows
}

// slowMinimum minimises objective over the rows by projecting onto its value.
func slowMinimum(n int, rows []halfspace, objective affine) (*big.Rat, error) {
	var all []halfspace
	for _, r := range rows {
		all = append(all, halfspace{append(append([]*big.Rat(nil), r.coef...), new(big.Rat)), r.constant})
	}
	up := halfspace{make([]*big.Rat, n+1), new(big.Rat).Neg(new(big.Rat).SetInt(objective.constant))} // t - objective >= 0
	for i := range n {
		up.coef[i] = new(big.Rat)
		if c, ok := objective.coef[i]; ok {
			up.coef[i].SetInt(c)
			up.coef[i].Neg(up.coef[i])
		}
	}
	up.coef[n] = big.NewRat(1, 1)
	all = append(all, up)
	var best *big.Rat
	feasible := true
	for _, r := range project(all, n) {
		switch r.coef[n].Sign() {
		case 0:
			feasible = feasible && r.constant.Sign() >= 0
		case 1:
			v := new(big.Rat).Quo(r.constant, r.coef[n])
			if v.Neg(v); best == nil || v.Cmp(best) > 0 {
				best = v
			}
		}
	}
	switch {
	case !feasible:
		return nil, errInfeasible
	case best == nil:
		return nil, errUnbounded
	}
	return best, nil
}

type smallProgram struct {
	free        []bool
	constraints []constraint
	objective   affine
}

// drawProgram draws a linear program with small integers, so that degenerate
// vertices, parallel rows and empty sets all are common.
func drawProgram(t *rapid.T) smallProgram {
	small := rapid.Int64Range(-3, 3)
	p := smallProgram{free: rapid.SliceOfN(rapid.Bool(), 1, 3).Draw(t, "free"), objective: newAffine()}
	n := len(p.free)
	form := func(label string) affine {
		f := newAffine()
		f.constant.SetInt64(small.Draw(t, label))
		for i := range n {
			f.add(i, big.NewInt(small.Draw(t, label)))
		}
		return f
	}
	for range rapid.IntRange(0, 5).Draw(t, "rows") {
		p.constraints = append(p.constraints, constraint{form("row"), rapid.IntRange(0, 5).Draw(t, "equality") == 0})
	}
	p.objective = form("objective")
	return p
}

// halfspaces writes the program for the slow method; every variable in force is
// 0 as well.
func (p smallProgram) halfspaces(force ...int) []halfspace {
	n := len(p.free)
	var rows []halfspace
	add := func(f affine, sign int64) {
		h := halfspace{make([]*big.Rat, n), new(big.Rat).SetInt(new(big.Int).Mul(f.constant, big.NewInt(sign)))}
		for i := range h.coef {
			h.coef[i] = new(big.Rat)
			if c, ok := f.coef[i]; ok {
				h.coef[i].SetInt(new(big.Int).Mul(c, big.NewInt(sign)))
			}
		}
		rows = append(rows, h)
	}
	variable := func(v int) affine {
		if v >= n {
			return p.constraints[v-n].affine
		}
		f := newAffine()
		f.add(v, big.NewInt(1))
		return f
	}
	for i, free := range p.free {
		if !free {
			add(variable(i), 1)
		}
	}
	for _, c := range p.constraints {
		add(c.affine, 1)
		if c.equality {
			add(c.affine, -1)
		}
	}
	for _, v := range force {
		add(variable(v), -1)
		add(variable(v), 1)
	}
	return rows
}

func (p smallProgram) solve() (*dictionary, error) {
	d, err := newDictionary(context.Background(), p.free, p.constraints)
	if err != nil {
		return nil, err
	}
	if err := d.feasible(); err != nil {
		return nil, err
	}
	d.setObjective(p.objective)
	return d, d.minimise()
}

// The simplex method agrees with Fourier-Motzkin elimination, and its vertex
// satisfies the constraints.
func TestDictionaryAgainstElimination(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProgram(t)
		want, wantErr := slowMinimum(len(p.free), p.halfspaces(), p.objective)
		d, err := p.solve()
		if !errors.Is(err, wantErr) {
			t.Fatalf("simplex says %v, elimination %v", err, wantErr)
		}
		if err != nil {
			return
		}
		if got := d.objective(); got.Cmp(want) != 0 {
			t.Fatalf("simplex found %s, elimination %s", got.RatString(), want.RatString())
		}
		x := d.values()
		value := new(big.Rat).SetInt(p.objective.constant)
		for i, c := range p.objective.coef {
			value.Add(value, new(big.Rat).Mul(new(big.Rat).SetInt(c), x[i]))
		}
		if value.Cmp(want) != 0 {
			t.Fatalf("the vertex has the value %s, not %s", value.RatString(), want.RatString())
		}
		for _, h := range p.halfspaces() {
			sum := new(big.Rat).Set(h.constant)
			for i, c := range h.coef {
				sum.Add(sum, new(big.Rat).Mul(c, x[i]))
			}
			if sum.Sign() < 0 {
				t.Fatalf("the vertex breaks a constraint by %s", sum.RatString())
			}
		}
	})
}

// Forcing variables to 0 one after the other, as the branches do, agrees with
// solving from scratch; the copy does not disturb the original.
func TestDictionaryForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProgram(t)
		d, err := p.solve()
		if err != nil {
			return
		}
		before := d.objective()
		e := d.clone()
		var forced []int
		for v := range len(p.free) + len(p.constraints) {
			if (v < len(p.free) && p.free[v]) || !rapid.Bool().Draw(t, "force") {
				continue
			}
			forced = append(forced, v)
			err := e.force(v)
			want, wantErr := slowMinimum(len(p.free), p.halfspaces(forced...), p.objective)
			if !errors.Is(err, wantErr) {
				t.Fatalf("forcing %v: simplex says %v, elimination %v", forced, err, wantErr)
			}
			if err != nil {
				break
			}
			if got := e.objective(); got.Cmp(want) != 0 {
				t.Fatalf("forcing %v: simplex found %s, elimination %s", forced, got.RatString(), want.RatString())
			}
		}
		if d.objective().Cmp(before) != 0 {
			t.Fatal("the original changed")
		}
	})
}

// Beale's example, on which the simplex method with the largest-coefficient
// rule cycles for ever.
func TestDictionaryBeale(t *testing.T) {
	row := func(constant int64, coef ...int64) affine {
		f := newAffine()
		f.constant.SetInt64(constant)
		for i, c := range coef {
			f.add(i, big.NewInt(c))
		}
		return f
	}
	// maximise 3/4 x1 - 150 x2 + 1/50 x3 - 6 x4, times 100
	p := smallProgram{free: make([]bool, 4), constraints: []constraint{
		{row(0, -25, 6000, 4, -900), false}, // 1/4 x1 - 60 x2 - 1/25 x3 + 9 x4 <= 0, times 100
		{row(0, -50, 9000, 2, -300), false},
		{row(1, 0, 0, -1, 0), false},
	}, objective: row(0, -75, 15000, -2, 600)}
	d, err := p.solve()
	if err != nil || d.objective().Cmp(big.NewRat(-5, 1)) != 0 {
		t.Fatalf("got %v, %v, want -5 = -100/20", d.objective(), err)
	}
}

// minor is what integers of any length say, or says that it is not: for factors of all
// sizes, the least and largest numbers among them.
func TestMinor(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	draw := func() int64 {
		switch rng.IntN(8) {
		case 0:
			return math.MinInt64
		case 1:
			return math.MaxInt64
		}
		return int64(rng.Uint64()) >> rng.IntN(64)
	}
	fit := [2]int{}
	for range 20_000 {
		p, x, q, y := draw(), draw(), draw(), draw()
		value := new(big.Int).Mul(big.NewInt(p), big.NewInt(x))
		value.Sub(value, new(big.Int).Mul(big.NewInt(q), big.NewInt(y)))
		det := int64(1)
		for _, divisor := range []int64{y ^ p, x ^ q, 1 << 40, 1000, 6} { // most divide nothing
			if divisor > 0 && new(big.Int).Rem(value, big.NewInt(divisor)).Sign() == 0 {
				det = divisor
				break
			}
		}
		if z := new(big.Int).GCD(nil, nil, new(big.Int).Abs(value), big.NewInt(math.MaxInt64-1)); rng.IntN(2) == 0 && z.Sign() > 0 {
			det = z.Int64()
		}
		value.Quo(value, big.NewInt(det))
		v, ok := minor(p, x, q, y, det)
		if ok && value.Cmp(big.NewInt(v)) != 0 || !ok && value.IsInt64() && value.Int64() != math.MinInt64 {
			t.Fatalf("(%d*%d - %d*%d)/%d: got %d (%v), want %v", p, x, q, y, det, v, ok, value)
		}
		if ok {
			fit[0]++
		} else {
			fit[1]++
		}
	}
	if fit[0] < 2000 || fit[1] < 2000 {
		t.Errorf("%d fit into 64 bits, %d do not", fit[0], fit[1])
	}
}

func TestDictionaryContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := newAffine()
	f.constant.SetInt64(-1)
	f.add(0, big.NewInt(1))
	d, err := newDictionary(ctx, []bool{false}, []constraint{{f, false}})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.feasible(); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

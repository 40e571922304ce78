package hardness

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// vertices lists the vertices of a polyhedron the slow way: every choice of as
// many constraints as variables, solved as equations.
func (p polyhedron) vertices() [][]*big.Rat {
	n := len(p.vars)
	var found [][]*big.Rat
	var choose func(from int, chosen []int)
	choose = func(from int, chosen []int) {
		if len(chosen) == n {
			if x := p.solveTight(chosen); x != nil {
				found = append(found, x)
			}
			return
		}
		for i := from; i < len(p.constraints); i++ {
			choose(i+1, append(chosen, i))
		}
	}
	choose(0, nil)
	return found
}

// solveTight returns the point where the chosen constraints hold with equality,
// if it is unique and satisfies the others.
func (p polyhedron) solveTight(chosen []int) []*big.Rat {
	n := len(p.vars)
	m := make([][]*big.Rat, n) // n x (n+1)
	for i, r := range chosen {
		m[i] = make([]*big.Rat, n+1)
		for j := range n {
			m[i][j] = new(big.Rat)
			if c, ok := p.constraints[r].coef[j]; ok {
				m[i][j].SetInt(c)
			}
		}
		m[i][n] = new(big.Rat).SetInt(p.constraints[r].constant)
		m[i][n].Neg(m[i][n])
	}
	for j := range n {
		pivot := -1
		for i := j; i < n; i++ {
			if m[i][j].Sign() != 0 {
				pivot = i
				break
			}
		}
		if pivot < 0 {
			return nil
		}
		m[j], m[pivot] = m[pivot], m[j]
		for i := range n {
			if i == j || m[i][j].Sign() == 0 {
				continue
			}
			f := new(big.Rat).Quo(m[i][j], m[j][j])
			for k := range m[i] {
				m[i][k].Sub(m[i][k], new(big.Rat).Mul(f, m[j][k]))
			}
		}
	}
	x := make([]*big.Rat, n)
	for j := range x {
		x[j] = m[j][n].Quo(m[j][n], m[j][j])
	}
	for _, c := range p.constraints {
		v := new(big.Rat).SetInt(c.constant)
		for j, a := range c.coef {
			v.Add(v, new(big.Rat).Mul(new(big.Rat).SetInt(a), x[j]))
		}
		if v.Sign() < 0 || (c.equality && v.Sign() != 0) {
			return nil
		}
	}
	return x
}

// slowBilinear is the least objective over all pairs of vertices; where both
// polyhedra have vertices and there is a minimum, it is that.
func slowBilinear(t interface{ Fatal(...any) }, p *BilinearProgram) *big.Rat {
	d, ok, err := newDisjoint(p)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return nil
	}
	var best *big.Rat
	ys := d.sides[1].vertices()
	for _, x := range d.sides[0].vertices() {
		for _, y := range ys {
			v := d.value(x, y)
			if best == nil || v.Cmp(best) < 0 {
				best = v
			}
		}
	}
	if best != nil {
		best.Quo(best, new(big.Rat).SetInt(d.scale))
	}
	return best
}

// drawDisjoint draws a disjoint bilinear program over two bounded polyhedra: x
// in the first entries of b, y in those of A_{:,0}, a fixed number at the end
// of each.
func drawDisjoint(t *rapid.T) *BilinearProgram {
	n := rapid.IntRange(1, 3).Draw(t, "variables")
	small := rapid.Int64Range(-4, 4)
	rational := func(label string) *big.Rat {
		return big.NewRat(small.Draw(t, label), rapid.Int64Range(1, 3).Draw(t, label))
	}
	p := &BilinearProgram{Dim: n, B: make([]Domain, n+1), A: make([]Domain, (n+1)*n)}
	for i := range p.A {
		p.A[i] = Fixed(new(big.Rat))
	}
	domain := func() Domain {
		lower := rational("lower")
		return Domain{lower, new(big.Rat).Add(lower, big.NewRat(rapid.Int64Range(0, 5).Draw(t, "width"), 1))}
	}
	for i := range n {
		p.B[i], p.A[i*n] = domain(), domain()
	}
	p.B[n], p.A[n*n] = Fixed(big.NewRat(2, 1)), Fixed(big.NewRat(1, 3))
	for i := range n + 1 {
		for k := range n + 1 {
			if rapid.Bool().Draw(t, "term") {
				p.Objective.Terms = append(p.Objective.Terms, Term{i, k, rational("c")})
			}
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "rows") {
		row := Row{}
		onB := rapid.Bool().Draw(t, "on b")
		for i := range n {
			if onB {
				row.addTerm(i, n, rational("a"))
			} else {
				row.addTerm(n, i, rational("a"))
			}
		}
		row.addTerm(n, n, rational("a"))
		switch rapid.IntRange(0, 4).Draw(t, "sides") {
		case 0:
			row.Lower = rational("side")
			row.Upper = row.Lower
		case 1:
			row.Lower = rational("side")
			row.Upper = new(big.Rat).Add(row.Lower, big.NewRat(1, 1))
		case 2:
			row.Lower = rational("side")
		default:
			row.Upper = rational("side")
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// Solve agrees with the enumeration of all pairs of vertices on general
// disjoint programs: signed objectives with linear parts, equations, ranges,
// empty sets. The starts are switched off in half of the cases, so that the
// branching has to find the minimum itself.
func TestSolveAgainstVertices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawDisjoint(t)
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		want := slowBilinear(t, p)
		r, err := Solve(background, p, Settings{Starts: rapid.SampledFrom([]int{-1, 0}).Draw(t, "starts")})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			if r.Status != Infeasible {
				t.Fatalf("no vertex, but %v", r.Status)
			}
			return
		}
		if r.Status != Optimal || r.Upper.Cmp(want) != 0 || r.Lower.Cmp(want) != 0 {
			t.Fatalf("%v in [%v, %v], the vertices say %v", r.Status, r.Lower, r.Upper, want)
		}
		if v, where := p.Violation(r.Point); v.Sign() != 0 {
			t.Fatalf("the point breaks %s by %v", where, v)
		}
		if v := p.Evaluate(p.Objective, r.Point); v.Cmp(want) != 0 {
			t.Fatalf("the point has the objective %v, not %v", v, want)
		}
	})
}

// The minimum of an inseparable instance, by both methods.
func TestReducedAgainstVertices(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 30 {
		// Three inside points in the plane that are not collinear: then there
		// are vertices.
		s := RandomInseparable(rng, 2, 3, 3).Separation
		area := new(big.Rat)
		sub := func(a, b, j int) *big.Rat { return new(big.Rat).Sub(s.Inside[a][j], s.Inside[b][j]) }
		area.Mul(sub(1, 0, 0), sub(2, 0, 1))
		if area.Sub(area, new(big.Rat).Mul(sub(1, 0, 1), sub(2, 0, 0))).Sign() == 0 {
			continue
		}
		program, _ := Reduce(s)
		want := slowBilinear(t, program)
		r, err := Solve(background, program, Settings{Starts: -1})
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != Optimal || r.Upper.Cmp(want) != 0 {
			t.Errorf("%v: %v, the vertices say %v", r.Status, r.Upper, want)
		}
	}
}

// A target changes the question, not the answer.
func TestTarget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawDisjoint(t)
		exact, err := Solve(background, p, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if exact.Status == Infeasible {
			return
		}
		target := new(big.Rat).Add(exact.Upper, big.NewRat(rapid.Int64Range(-3, 3).Draw(t, "offset"), 2))
		r, err := Solve(background, p, Settings{Target: target, Starts: rapid.SampledFrom([]int{-1, 0}).Draw(t, "starts")})
		if err != nil {
			t.Fatal(err)
		}
		if r.Lower.Cmp(exact.Upper) > 0 || r.Upper.Cmp(exact.Upper) < 0 {
			t.Fatalf("the minimum %v is outside [%v, %v]", exact.Upper, r.Lower, r.Upper)
		}
		switch {
		case r.Status == Optimal:
		case exact.Upper.Cmp(target) > 0 && r.Status == Above && r.Lower.Cmp(target) > 0:
		case exact.Upper.Cmp(target) <= 0 && r.Status == Reached && r.Upper.Cmp(target) <= 0:
		default:
			t.Fatalf("minimum %v, target %v: %v in [%v, %v]", exact.Upper, target, r.Status, r.Lower, r.Upper)
		}
	})
}

// hard is an inseparable instance whose minimum takes some hundred nodes.
func hard() *BilinearProgram {
	p, _ := Reduce(RandomInseparable(rand.New(rand.NewPCG(4, 2)), 3, 8, 8).Separation)
	return p
}

// With any budget the interval holds the minimum, and optimality is claimed
// only when it is proved.
func TestNodeBudget(t *testing.T) {
	p := hard()
	exact, err := Solve(background, p, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if exact.Status != Optimal || exact.Nodes < 50 {
		t.Fatalf("%v after %d nodes: not the instance this test wants", exact.Status, exact.Nodes)
	}
	for _, budget := range []int{-1, 1, 2, 3, 10, exact.Nodes / 2, exact.Nodes + 1} {
		r, err := Solve(background, p, Settings{Nodes: budget})
		if err != nil {
			t.Fatal(err)
		}
		if r.Lower.Cmp(exact.Upper) > 0 || r.Upper.Cmp(exact.Upper) < 0 {
			t.Errorf("budget %d: the minimum %v is outside [%v, %v]", budget, exact.Upper, r.Lower, r.Upper)
		}
		if r.Nodes > max(budget, 0)+1 {
			t.Errorf("budget %d: %d nodes", budget, r.Nodes)
		}
		want := NodeLimit
		if budget > exact.Nodes {
			want = Optimal
		}
		if r.Status != want || (r.Minimum() == nil) != (want == NodeLimit) {
			t.Errorf("budget %d: %v", budget, r.Status)
		}
	}
}

func TestSolveContext(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	cancel()
	r, err := Solve(ctx, hard(), Settings{})
	if err != nil || r.Status != Interrupted || r.Minimum() != nil {
		t.Errorf("cancelled before: %v, %v", r.Status, err)
	}
	// However late the end comes, what is reported is true.
	exact, err := Solve(background, hard(), Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []time.Duration{100 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(background, after)
		r, err := Solve(ctx, hard(), Settings{})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if (r.Lower != nil && r.Lower.Cmp(exact.Upper) > 0) || (r.Upper != nil && r.Upper.Cmp(exact.Upper) < 0) {
			t.Errorf("the minimum %v is outside [%v, %v]", exact.Upper, r.Lower, r.Upper)
		}
		if r.Status != Interrupted && r.Status != Optimal {
			t.Errorf("%v", r.Status)
		}
	}
}

// The same program gives the same result, whatever the order in which Go's maps
// are walked.
func TestSolveDeterministic(t *testing.T) {
	first := ""
	for range 5 {
		r, err := Solve(background, hard(), Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprint(r.Nodes, r.Pivots, r.Upper, r.Point); first == "" {
			first = s
		} else if s != first {
			t.Fatalf("%s\n%s", first, s)
		}
	}
}

func TestSolveRefuses(t *testing.T) {
	one := big.NewRat(1, 1)
	system, err := LSASystem(2, make([]float64, 12))
	if err != nil {
		t.Fatal(err)
	}
	// b0*A00 with a row that ties b0 to A00
	coupled := &BilinearProgram{Dim: 1, B: []Domain{NonNegative(), Fixed(one)}, A: []Domain{NonNegative(), Fixed(one)}}
	coupled.Objective.Terms = []Term{{0, 0, one}}
	coupled.Rows = []Row{{Form: Form{0, []Term{{0, 1, one}, {1, 0, one}}}, Lower: one}}
	// b0*A00 without any bounds
	unbounded := &BilinearProgram{Dim: 1, B: make([]Domain, 2), A: make([]Domain, 2)}
	unbounded.Objective.Terms = []Term{{0, 0, one}}
	for _, c := range []struct {
		program *BilinearProgram
		want    error
	}{{system, ErrBilinearRow}, {coupled, ErrCoupled}, {unbounded, ErrUnbounded}} {
		if _, err := Solve(background, c.program, Settings{}); !errors.Is(err, c.want) {
			t.Errorf("got %v, want %v", err, c.want)
		}
	}
	if _, err := Solve(background, &BilinearProgram{}, Settings{}); err == nil {
		t.Error("accepted an empty program")
	}
}

func BenchmarkOracle(b *testing.B) {
	s := RandomInseparable(rand.New(rand.NewPCG(4, 2)), 3, 8, 8).Separation
	b.ReportAllocs()
	for b.Loop() {
		Oracle(background, s)
	}
}

func BenchmarkSolve(b *testing.B) {
	for _, c := range []struct {
		name   string
		target *big.Rat
	}{{"decision", zero()}, {"minimum", nil}} {
		b.Run(c.name, func(b *testing.B) {
			p := hard()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Solve(background, p, Settings{Target: c.target}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

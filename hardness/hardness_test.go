package hardness

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var background = context.Background()

func separation(t *testing.T, dim int, inside, outside [][]float64) Separation {
	t.Helper()
	s, err := NewSeparation(dim, inside, outside)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// agree decides the separation by both ways and checks everything that one of
// them claims; it returns the answer.
func agree(t *testing.T, s Separation) Answer {
	t.Helper()
	oracle := Oracle(background, s)
	if oracle.Planes != nil {
		if err := s.Check(*oracle.Planes).Err(); err != nil {
			t.Errorf("oracle: %v", err)
		}
	}
	program, back := Reduce(s)
	if err := program.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, target := range []*big.Rat{nil, zero()} {
		r, err := Solve(background, program, Settings{Target: target})
		if err != nil {
			t.Fatal(err)
		}
		if v, where := program.Violation(r.Point); v.Sign() != 0 {
			t.Errorf("the point breaks the program: %s by %v", where, v)
		}
		if got := program.Evaluate(program.Objective, r.Point); got.Cmp(r.Upper) != 0 {
			t.Errorf("the point has the objective %v, not %v", got, r.Upper)
		}
		answer := No
		if r.Upper.Sign() == 0 {
			answer = Yes
			planes := back.Planes(r.Point)
			if err := s.Check(planes).Err(); err != nil {
				t.Errorf("planes: %v", err)
			}
			// and back again
			at := back.Point(planes)
			if v, where := program.Violation(at); v.Sign() != 0 {
				t.Errorf("the point of the planes breaks the program: %s by %v", where, v)
			}
			if v := program.Evaluate(program.Objective, at); v.Sign() != 0 {
				t.Errorf("the point of the planes has the objective %v", v)
			}
		} else if r.Lower.Sign() <= 0 {
			t.Errorf("no decision: %v", r)
		}
		if answer != oracle.Separable {
			t.Errorf("oracle says %v, reduction %v", oracle.Separable, answer)
		}
		if target == nil && (r.Status != Optimal || r.Lower.Cmp(r.Upper) != 0) {
			t.Errorf("the minimum is not proved: %v in [%v, %v]", r.Status, r.Lower, r.Upper)
		}
	}
	return oracle.Separable
}

// The reduction and the oracle agree on 500 random instances of 2-4 dimensions
// with up to 8 points a side, and on what the instances were built to be.
func TestFiveHundred(t *testing.T) {
	count := 500
	if testing.Short() {
		count = 60
	}
	rng := rand.New(rand.NewPCG(5, 13))
	yes := 0
	for i := range count {
		dim, inside, outside := 2+rng.IntN(3), 2+rng.IntN(7), 1+rng.IntN(8)
		draw := []func(*rand.Rand, int, int, int) Instance{RandomSeparable, RandomInseparable, RandomUnknown}[i%3]
		instance := draw(rng, dim, inside, outside)
		if instance.Planes != nil {
			if err := instance.Check(*instance.Planes).Err(); err != nil {
				t.Errorf("instance %d: its planes: %v", i, err)
			}
		}
		if instance.Reason != nil && !instance.Reason.Holds(instance.Separation) {
			t.Errorf("instance %d: its reason does not hold: %v", i, instance.Reason)
		}
		answer := agree(t, instance.Separation)
		if instance.Separable != Undecided && answer != instance.Separable {
			t.Errorf("instance %d is separable: %v by construction, %v by both methods", i, instance.Separable, answer)
		}
		if answer == Yes {
			yes++
		}
		if t.Failed() {
			t.Fatalf("instance %d: %d inside, %d outside points in %d dimensions", i, inside, outside, dim)
		}
	}
	if yes < count/3 || yes > 2*count/3 {
		t.Errorf("%d of %d instances are separable, not about half", yes, count)
	}
	t.Logf("%d of %d separable", yes, count)
}

// Inputs that make a careless linear program fail.
func TestDegenerate(t *testing.T) {
	line := [][]float64{{0, 0}, {1, 1}, {2, 2}, {3, 3}}
	for _, c := range []struct {
		name            string
		dim             int
		inside, outside [][]float64
		want            Answer
	}{
		{"both empty", 2, nil, nil, Yes},
		{"nothing inside", 2, nil, line, Yes},
		{"nothing outside", 2, line, nil, Yes},
		{"duplicates, separable", 2, [][]float64{{0, 0}, {0, 0}}, [][]float64{{1, 0}, {1, 0}, {-1, 0}, {-1, 0}}, Yes},
		{"a point in both sets", 2, [][]float64{{0, 0}, {5, 5}}, [][]float64{{5, 5}}, No},
		{"the same set twice", 2, line, line, No},
		{"one point, twice", 1, [][]float64{{0}}, [][]float64{{0}}, No},
		{"collinear, outside at both ends", 2, line[1:3], [][]float64{line[0], line[3]}, Yes},
		{"collinear, outside between", 2, [][]float64{line[0], line[3]}, line[1:3], No},
		{"collinear, alternating", 2, [][]float64{line[0], line[2]}, [][]float64{line[1], line[3]}, No},
		{"an interval of the line", 1, [][]float64{{0}, {1}}, [][]float64{{-1}, {2}, {7}}, Yes},
		{"two intervals of the line", 1, [][]float64{{0}, {3}}, [][]float64{{-1}, {1}, {4}}, No},
		{"zero coordinates", 3, [][]float64{{0, 0, 0}}, [][]float64{{0, 0, 1}, {0, 0, -1}}, Yes},
		{"a square round a point", 2, [][]float64{{0, 0}}, [][]float64{{1, 1}, {1, -1}, {-1, 1}, {-1, -1}}, Yes},
		{"a square round a cross", 2, [][]float64{{1, 0}, {-1, 0}, {0, 1}, {0, -1}}, [][]float64{{1, 1}, {1, -1}, {-1, 1}, {-1, -1}}, No},
		{"a square round a bar", 2, [][]float64{{1, 0}, {-1, 0}}, [][]float64{{1, 1}, {1, -1}, {-1, 1}, {-1, -1}}, Yes},
		{"a triangle's corners against its midpoints", 2, [][]float64{{1, 0}, {0, 1}, {1, 1}}, [][]float64{{0, 0}, {2, 0}, {0, 2}}, No},
		{"huge and tiny", 2, [][]float64{{1e300, 0}, {1e300, 1e-300}}, [][]float64{{-1e300, 0}, {1e300, 1}}, Yes},
		{"nearly a point in both sets", 1, [][]float64{{0}, {1}}, [][]float64{{1 + 1e-15}, {-5e-324}}, Yes},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := separation(t, c.dim, c.inside, c.outside)
			if got := agree(t, s); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Example C.13 of the paper: two points on each side in the plane.
func TestExampleC13(t *testing.T) {
	s := separation(t, 2, [][]float64{{0, 0}, {1, 0}}, [][]float64{{0, 1}, {0, -1}})
	program, _ := Reduce(s)
	want := Sizes{D: 8, M: 45, RightHandSides: 360, Variables: 2*2 + 2*2 + 2, Constraints: 8}
	if diff := cmp.Diff(want, program.Size()); diff != "" {
		t.Error(diff)
	}
	// With equations only, a slack for each of the 8 rows: d = 8 + 8.
	if got := program.Equations().Size().D; got != 16 {
		t.Errorf("with equations only d = %d, want 16", got)
	}
	if got := agree(t, s); got != Yes {
		t.Errorf("separable: %v", got)
	}
}

// d = k'+2n'+2, and never so small that Problem C.10 would lack room for the
// rows.
func TestSizes(t *testing.T) {
	for _, c := range []struct{ inside, outside, dim, d int }{
		{2, 2, 2, 8}, {8, 8, 4, 18}, {1, 0, 1, 4}, {0, 3, 2, 9}, {500, 1, 1, 12},
	} {
		s := Separation{Dim: c.dim}
		rng := rand.New(rand.NewPCG(1, 1))
		for range c.inside {
			s.Inside = append(s.Inside, exactPoint(gridPoint(rng, c.dim, 9)))
		}
		for range c.outside {
			s.Outside = append(s.Outside, exactPoint(gridPoint(rng, c.dim, 9)))
		}
		program, _ := Reduce(s)
		size := program.Size()
		if size.D != c.d || size.RightHandSides < 1+2*c.inside+4*c.outside {
			t.Errorf("%d inside, %d outside, %d dimensions: %+v, want d = %d", c.inside, c.outside, c.dim, size, c.d)
		}
		if got := c.outside + 2*c.dim + 2; got == c.d && size.Variables != 2*c.outside+2*c.dim+2 {
			t.Errorf("%d variables", size.Variables)
		}
	}
}

// Lemma C.12, both ways: the feasibility problem, in which the objective is one
// more equation, has a solution if and only if the minimum is 0. The solution
// is constructed from the planes; that there is none follows from a proved
// positive minimum, and no point that the solver, the oracle or chance can
// offer satisfies the equation then.
func TestLemmaC12(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 12))
	for i := range 60 {
		s := []func(*rand.Rand, int, int, int) Instance{RandomSeparable, RandomInseparable}[i%2](rng, 2, 4, 4)
		program, back := Reduce(s.Separation)
		feasibility := program.Feasibility(zero())
		r, err := Solve(background, program, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		minimum := r.Minimum()
		if (minimum.Sign() == 0) != (s.Separable == Yes) {
			t.Fatalf("minimum %v, separable %v", minimum, s.Separable)
		}
		if s.Separable == Yes {
			for _, at := range []Point{r.Point, back.Point(*s.Planes)} {
				if v, where := feasibility.Violation(at); v.Sign() != 0 {
					t.Errorf("minimum 0, but the feasibility problem is broken: %s by %v", where, v)
				}
			}
			continue
		}
		for range 20 {
			var planes [2]Plane
			for p := range planes {
				planes[p] = Plane{exactPoint(gridPoint(rng, 2, 5)), big.NewRat(int64(rng.IntN(101)-50), 1)}
			}
			at := back.Point(planes)
			if v, _ := program.Violation(at); v.Sign() != 0 {
				continue // an inside point is cut off
			}
			if v := program.Evaluate(program.Objective, at); v.Cmp(minimum) < 0 {
				t.Errorf("a feasible point has the objective %v, below the minimum %v", v, minimum)
			}
			if v, _ := feasibility.Violation(at); v.Sign() == 0 {
				t.Error("inseparable, but the feasibility problem has a solution")
			}
		}
	}
}

// The form with equations only is the same problem: points correspond, with the
// slacks as the rows' distances.
func TestEquations(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range 20 {
		s := []func(*rand.Rand, int, int, int) Instance{RandomSeparable, RandomInseparable}[i%2](rng, 2, 3, 3)
		program, _ := Reduce(s.Separation)
		equations := program.Equations()
		if err := equations.Validate(); err != nil {
			t.Fatal(err)
		}
		if got, want := equations.Size().D, 2*3+3*3+2*2+2; got != want {
			t.Errorf("d = %d, want 2m'+3k'+2n'+2 = %d", got, want)
		}
		for _, row := range equations.Rows {
			if !row.equation() {
				t.Errorf("row %s is not an equation", row.Label)
			}
		}
		a, err := Solve(background, program, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Solve(background, equations, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if a.Minimum().Cmp(b.Minimum()) != 0 {
			t.Errorf("minimum %v with inequalities, %v with equations", a.Minimum(), b.Minimum())
		}
		if v, where := equations.Violation(b.Point); v.Sign() != 0 {
			t.Errorf("%s by %v", where, v)
		}
	}
}

// Every kind of row survives the change to equations.
func TestEquationsOfEveryRow(t *testing.T) {
	one := big.NewRat(1, 1)
	program := &BilinearProgram{Dim: 1, B: make([]Domain, 2), A: []Domain{{}, Fixed(one)}}
	term := []Term{{0, 1, one}}
	program.Rows = []Row{
		{Form: Form{0, term}, Lower: one},
		{Form: Form{0, term}, Upper: big.NewRat(3, 1)},
		{Form: Form{0, term}, Lower: big.NewRat(-1, 1), Upper: big.NewRat(2, 1)},
		{Form: Form{0, term}},
		{Form: Form{0, []Term{{1, 1, one}}}, Lower: one, Upper: one},
	}
	equations := program.Equations()
	if d := equations.Dim; d != 5 {
		t.Fatalf("d = %d, want 1 + 4 slacks", d)
	}
	for _, c := range []struct {
		b0   int64
		want bool
	}{{0, false}, {1, true}, {2, true}, {3, false}} {
		at := Point{make([]*big.Rat, 6), make([]*big.Rat, 30)}
		for i := range at.A {
			at.A[i] = new(big.Rat)
			if v := equations.A[i].Value(); v != nil {
				at.A[i].Set(v)
			}
		}
		for i, v := range []int64{c.b0, 1, c.b0 - 1, 3 - c.b0, 2 - c.b0, -c.b0} {
			at.B[i] = big.NewRat(v, 1)
		}
		if v, where := equations.Violation(at); (v.Sign() == 0) != c.want {
			t.Errorf("b0 = %d: %v %s", c.b0, v, where)
		}
	}
}

// Between any two corners of a triangle lies an inside point, so that no plane
// excludes two corners. Two planes are enough for two corners, but not for
// three.
func ExampleDecide() {
	inside := [][]float64{{1, 0}, {0, 1}, {1, 1}}
	corners := [][]float64{{0, 0}, {2, 0}, {0, 2}}
	for _, outside := range [][][]float64{corners[:2], corners} {
		s, err := NewSeparation(2, inside, outside)
		if err != nil {
			fmt.Println(err)
			return
		}
		d, err := Decide(context.Background(), s, Settings{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("separable:", d.Separable, " minimum:", d.Result.Minimum().RatString(), " d:", d.Program.D)
	}
	// Output:
	// separable: yes  minimum: 0  d: 8
	// separable: no  minimum: 12  d: 9
}

// The answer comes first: a budget that suffices for it but not for the minimum
// still gives it.
func TestDecideBeforeMinimum(t *testing.T) {
	s := RandomInseparable(rand.New(rand.NewPCG(4, 2)), 3, 8, 8).Separation
	first, err := Decide(background, s, Settings{Target: zero()})
	if err != nil || first.Result.Status != Above {
		t.Fatal(first.Result.Status, err)
	}
	for _, budget := range []int{first.Result.Nodes, first.Result.Nodes + 1, first.Result.Nodes + 40} {
		d, err := Decide(background, s, Settings{Nodes: budget})
		if err != nil || d.Separable != No || d.Result.Status != NodeLimit || d.Result.Lower.Cmp(first.Result.Lower) < 0 {
			t.Errorf("budget %d: %v, %v, %v", budget, d.Separable, d.Result.Status, err)
		}
	}
}

// The minimum is at most 4k', the value at w1 = w2 = 0.
func TestMinimumIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 20 {
		s := RandomInseparable(rng, 2, 4, 4).Separation
		d, err := Decide(background, s, Settings{})
		if err != nil || d.Result.Minimum().Cmp(big.NewRat(4*4, 1)) > 0 {
			t.Error(d.Result.Minimum(), err)
		}
	}
}

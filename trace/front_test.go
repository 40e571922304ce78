package trace

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
)

func promptObjectives(t testing.TB, spec markov.Spec, i uint64) *Objectives {
	task, p := drawPrompt(t, spec, i)
	o := NewObjectives(task.QueryDim())
	o.SetPrompt(task, p)
	return o
}

// With one feature w is a number and the front can be had from a fine grid: every
// point of the one is near to the other, in w and in the objectives.
func TestFrontAgreesWithAGrid(t *testing.T) {
	for i := range uint64(5) {
		o := promptObjectives(t, markov.Spec{D: 1, N: "30"}, i)
		box := Cube(1, 2)
		grid := &Front{W: Points{M: 1}, F: Points{M: 4}}
		for k := range 4001 {
			grid.add(o, []float64{-2 + float64(k)/1000})
		}
		if err := grid.filter(); err != nil {
			t.Fatal(err)
		}
		front, err := NewFront(context.Background(), o, FrontSettings{Box: box, Samples: 1000, Seed: i}, Points{M: 1})
		if err != nil {
			t.Fatal(err)
		}
		for k := range front.W.Len() {
			if math.Abs(front.W.At(k)[0]) > 2 {
				t.Errorf("prompt %d: w = %v lies outside the box", i, front.W.At(k))
			}
		}
		if len(grid.W.F) == 4001 {
			t.Errorf("prompt %d: nothing of the box is dominated; the test shows nothing", i)
		}
		for name, distance := range map[string]float64{
			"w to grid": GD(front.W, grid.W), "grid to w": IGD(front.W, grid.W),
			"F to grid": GD(front.F, grid.F), "grid to F": IGD(front.F, grid.F),
		} {
			if distance > 2e-3 {
				t.Errorf("prompt %d: %s %v", i, name, distance)
			}
		}
	}
}

// R1 alone is convex: without a box its Pareto set is exactly {w >= w*}, w* the
// least-squares solution, because the gradients of R1_1..R1_q are minus the rows
// of G_xx and that of R1_{q+1} is G_xx (w - w*). Inside a large box the front of
// sampled points agrees.
func TestFrontOfR1IsAnOrthant(t *testing.T) {
	o := promptObjectives(t, markov.Spec{D: 2, N: "50"}, 2)
	xx := mat.NewDense(2, 2, []float64{o.gram[0], o.gram[1], o.gram[3], o.gram[4]})
	var best mat.VecDense
	if err := best.SolveVec(xx, mat.NewVecDense(2, []float64{o.gram[2], o.gram[5]})); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 5))
	w, r1 := Points{M: 2}, Points{M: 3}
	value1, value2 := make([]float64, 3), make([]float64, 3)
	for range 60000 {
		x := []float64{best.AtVec(0) + 2*rng.Float64() - 1, best.AtVec(1) + 2*rng.Float64() - 1}
		o.Values(value1, value2, x)
		w.Append(x)
		r1.Append(value1)
	}
	keep, err := NonDominated(r1)
	if err != nil {
		t.Fatal(err)
	}
	inside := 0
	for i := range w.Len() {
		if x := w.At(i); x[0] >= best.AtVec(0) && x[1] >= best.AtVec(1) {
			inside++
		}
	}
	kept := w.Select(keep)
	for i := range kept.Len() {
		if x := kept.At(i); x[0] < best.AtVec(0)-0.1 || x[1] < best.AtVec(1)-0.1 {
			t.Errorf("w = %v is kept, w* = %v", x, mat.Formatted(best.T()))
		}
	}
	if len(keep) < inside {
		t.Errorf("%d points are at or above w*, %d are kept", inside, len(keep))
	}
	if share := float64(len(keep)) / float64(inside); share > 1.15 {
		t.Errorf("%v times as many points are kept as lie above w*", share)
	}
}

func TestFrontIsAFront(t *testing.T) {
	o := promptObjectives(t, markov.Spec{D: 3, N: "40"}, 1)
	start := NewPoints(make([]float64, 3), []float64{-0.5, -0.5, -0.5}, []float64{9, 0, 0}) // the last lies outside the box
	s := FrontSettings{Box: Cube(3, 1), Samples: 200, Seed: 3}
	front, err := NewFront(context.Background(), o, s, start)
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewFront(context.Background(), o, s, start)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(front, again); diff != "" {
		t.Errorf("equal settings, different fronts: %s", diff)
	}
	r1, r2 := make([]float64, 4), make([]float64, 4)
	for i := range front.F.Len() {
		o.Values(r1, r2, front.W.At(i))
		if diff := cmp.Diff(append(append([]float64(nil), r1...), r2...), front.F.At(i)); diff != "" {
			t.Fatalf("F of point %d is not at its w: %s", i, diff)
		}
		for j := range front.F.Len() {
			if Dominates(front.F.At(j), front.F.At(i)) {
				t.Fatalf("point %d dominates point %d", j, i)
			}
		}
	}
}

// From w = 0 every step with positive entries descends all objectives of binary
// states, if every x_k is 1 together with y somewhere: the prior keeps kernels
// away from the edges, so that this happens in all prompts.
func TestDescentDominates(t *testing.T) {
	for i := range uint64(20) {
		o := promptObjectives(t, markov.Spec{D: 4, N: "200", Prior: markov.PriorSpec{Text: "beta:5,5"}}, i)
		d := newDescender(o, Cube(4, 2))
		start := make([]float64, 4)
		end := append([]float64(nil), d.descend(start)...)
		f := &Front{W: Points{M: 4}, F: Points{M: 10}}
		f.add(o, start)
		f.add(o, end)
		if !Dominates(f.F.At(1), f.F.At(0)) {
			t.Errorf("prompt %d: the end %v does not dominate the start", i, end)
		}
		// No random short step from the end descends everything by a part in 1e6.
		rng := rand.New(rand.NewPCG(i, 1))
		worst := 0.0
		for range 2000 {
			w := append([]float64(nil), end...)
			for k := range w {
				w[k] += 1e-3 * rng.NormFloat64()
			}
			f.add(o, w)
			least := math.Inf(1)
			for k, x := range f.F.At(f.F.Len() - 1) {
				least = min(least, f.F.At(1)[k]-x)
			}
			worst = max(worst, least)
		}
		if worst > 1e-5 {
			t.Errorf("prompt %d: a step of 1e-3 from the end lowers every objective by %v", i, worst)
		}
	}
}

func TestFrontRefuses(t *testing.T) {
	o := promptObjectives(t, markov.Spec{D: 2}, 1)
	for name, s := range map[string]FrontSettings{
		"no box":      {},
		"short box":   {Box: Cube(1, 1)},
		"empty box":   {Box: Cube(2, 0)},
		"endless box": {Box: Cube(2, math.Inf(1))},
		"NaN box":     {Box: Cube(2, math.NaN())},
		"samples":     {Box: Cube(2, 1), Samples: 3},
	} {
		if _, err := NewFront(context.Background(), o, s, Points{M: 2}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := NewFront(ctx, o, FrontSettings{Box: Cube(2, 1)}, Points{M: 2}); err == nil {
		t.Error("cancelled: no error")
	}
}

func BenchmarkFront(b *testing.B) {
	o := promptObjectives(b, markov.Spec{D: 5, N: "100"}, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewFront(context.Background(), o, FrontSettings{Box: Cube(5, 1)}, Points{M: 5}); err != nil {
			b.Fatal(err)
		}
	}
}

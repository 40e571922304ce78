package predict

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"markovicl/markov"
)

// TestLikelihoodByHand: two units of two transitions, all of one kind in each.
// Each has likelihood (1/2)(a+1)/(2a+1) under alpha = (a, a), so the smaller a
// the better; with one of each kind in each unit it is a/(2(2a+1)), the larger
// the better.
func TestLikelihoodByHand(t *testing.T) {
	for _, c := range []struct {
		units [][]int
		want  float64
		at    func(a float64) float64
	}{
		{[][]int{{2, 0, 0, 0}, {0, 2, 0, 0}}, LeastAlpha, func(a float64) float64 { return 2 * math.Log((a+1)/(2*a+1)/2) }},
		{[][]int{{1, 1, 0, 0}, {1, 1, 0, 0}}, GreatestAlpha, func(a float64) float64 { return 2 * math.Log(a/(2*a+1)/2) }},
	} {
		fit, err := FitPrior(2, c.units)
		if err != nil {
			t.Fatal(err)
		}
		if fit.Alpha[0][0] != c.want || fit.Alpha[0][1] != c.want || len(fit.AtBound) != 2 {
			t.Errorf("units %v: alpha %v, at bounds %v; want %v", c.units, fit.Alpha[0], fit.AtBound, c.want)
		}
		if math.Abs(fit.LogLikelihood-c.at(c.want)) > 1e-12 {
			t.Errorf("log likelihood %v, want %v", fit.LogLikelihood, c.at(c.want))
		}
		if len(fit.Unseen) != 1 || fit.Unseen[0] != 1 || fit.Alpha[1][0] != 1 {
			t.Errorf("a state without transitions: unseen %v, row %v", fit.Unseen, fit.Alpha[1])
		}
	}
}

// drawUnits draws units of one row from a Dirichlet-multinomial law.
func drawUnits(S, units, size int, alpha []float64, seed uint64) [][]int {
	rng := rand.New(rand.NewPCG(seed, 1))
	list := make([][]int, units)
	p := make([]float64, S)
	for i := range list {
		list[i] = make([]int, S*S)
		markov.DrawDirichlet(p, alpha, rng)
		for range size {
			list[i][markov.DrawState(rng, p)]++
		}
	}
	return list
}

func TestFitFindsTheParameters(t *testing.T) {
	want := []float64{0.5, 2, 6}
	fit, err := FitPrior(3, drawUnits(3, 4000, 40, want, 1))
	if err != nil {
		t.Fatal(err)
	}
	for r, a := range fit.Alpha[0] {
		if math.Abs(a-want[r]) > 0.06*want[r] {
			t.Errorf("alpha %v, want near %v", fit.Alpha[0], want)
		}
	}
	if len(fit.AtBound) != 0 {
		t.Errorf("at bounds: %v", fit.AtBound)
	}
}

// TestFitIsOptimal checks that no point near the fit, nor any of a random set
// within the bounds, has a higher likelihood.
func TestFitIsOptimal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		S := rapid.IntRange(2, 4).Draw(rt, "S")
		alpha := rapid.SliceOfN(rapid.Float64Range(0.01, 30), S, S).Draw(rt, "alpha")
		units := drawUnits(S, rapid.IntRange(1, 30).Draw(rt, "units"), rapid.IntRange(1, 30).Draw(rt, "size"), alpha, 3)
		fit, err := FitPrior(S, units)
		if err != nil {
			rt.Fatal(err)
		}
		row := newDirichletRow(S, 0, units)
		best := row.logLikelihood(fit.Alpha[0])
		rng := rand.New(rand.NewPCG(4, 4))
		other := make([]float64, S)
		for i := range 200 {
			for r, a := range fit.Alpha[0] {
				if i < 100 {
					other[r] = clampAlpha(a * math.Exp(0.05*rng.NormFloat64()))
				} else {
					other[r] = math.Exp(math.Log(LeastAlpha) + rng.Float64()*math.Log(GreatestAlpha/LeastAlpha))
				}
			}
			if f := row.logLikelihood(other); f > best+1e-7 {
				rt.Fatalf("alpha %v has log likelihood %v, but %v has %v", fit.Alpha[0], best, other, f)
			}
		}
	})
}

// slowMaximum maximises the likelihood of a row without derivatives: along each
// parameter, and along all together, over the whole range, in turn, from several
// starts.
func slowMaximum(row *dirichletRow, S int) float64 {
	low, high := math.Log(LeastAlpha), math.Log(GreatestAlpha)
	best := math.Inf(-1)
	for _, start := range []float64{low, 0, 3, high} {
		x := make([]float64, S)
		for r := range x {
			x[r] = start + 0.1*float64(r)
		}
		value := func(x []float64) float64 {
			alpha := make([]float64, S)
			for r := range x {
				alpha[r] = math.Exp(min(high, max(low, x[r])))
			}
			return row.logLikelihood(alpha)
		}
		moved := func(along int, t float64) []float64 {
			y := append([]float64(nil), x...)
			for r := range y {
				if along == r || along == S {
					y[r] = min(high, max(low, y[r]+t))
				}
			}
			return y
		}
		for range 300 {
			before := value(x)
			for along := range S + 1 {
				width := high - low // the best of a grid, and of finer ones around it
				centre := 0.0
				for width > 1e-5 { // of which the square counts
					top, at := value(moved(along, centre)), centre
					for k := -10; k <= 10; k++ {
						t := centre + width*float64(k)/10
						if v := value(moved(along, t)); v > top {
							top, at = v, t
						}
					}
					centre, width = at, width/8
				}
				x = moved(along, centre)
			}
			if value(x)-before < 1e-12 {
				break
			}
		}
		best = max(best, value(x))
	}
	return best
}

// A transition that is never seen puts the maximum at the bound; there, and for
// short files of all sorts, no other maximiser finds more.
func TestFitAtTheBound(t *testing.T) {
	check := func(S int, units [][]int) *PriorFit {
		fit, err := FitPrior(S, units)
		if err != nil {
			t.Fatalf("units %v: %v", units, err)
		}
		row := newDirichletRow(S, 0, units)
		if got, want := row.logLikelihood(fit.Alpha[0]), slowMaximum(row, S); got < want-1e-6 {
			t.Errorf("units %v: alpha %v has log likelihood %.9f, the maximum is %.9f", units, fit.Alpha[0], got, want)
		}
		return fit
	}
	// Flat near the maximum: steps that do not know the curvature need thousands.
	for _, counts := range [][][]int{
		{{1, 0, 0}, {0, 2, 0}, {0, 2, 0}, {0, 3, 0}, {1, 0, 0}, {0, 3, 0}},
		{{2, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 1, 0}, {0, 0, 1, 0}},
		{{1, 0, 2, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}},
	} {
		S := len(counts[0])
		var units [][]int
		for _, c := range counts {
			units = append(units, append(c, make([]int, S*S-S)...))
		}
		check(S, units)
	}
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 5))
		S := 2 + int(seed%2)
		var units [][]int
		for range 1 + rng.IntN(8) {
			unit := make([]int, S*S)
			for r := range S - 1 { // never to the last
				unit[r] = rng.IntN(12)
			}
			if seed%4 == 3 {
				unit[S-1] = rng.IntN(2)
			}
			units = append(units, unit)
		}
		units[0][0]++
		fit := check(S, units)
		if seed%4 != 3 && !slices.ContainsFunc(fit.AtBound, func(h BoundHit) bool { return h.Row == 0 && h.Column == S-1 && h.Alpha == LeastAlpha }) {
			t.Errorf("seed %d, units %v: alpha %v, at bounds %v; the last is never seen", seed, units, fit.Alpha[0], fit.AtBound)
		}
	}
}

// Any counts have a fit within the bounds.
func FuzzFitPrior(f *testing.F) {
	f.Add(uint8(0), []byte{1, 0, 2, 0, 1, 0, 0, 9, 200, 0, 0, 0})
	f.Add(uint8(1), []byte{255, 255, 0, 0, 1, 255, 255, 0, 0})
	f.Fuzz(func(t *testing.T, states uint8, counts []byte) {
		S := 2 + int(states%3)
		var units [][]int
		for c := range slices.Chunk(counts[:min(len(counts), 90)], S*S) {
			unit := make([]int, S*S)
			for i, n := range c {
				unit[i] = int(n) * 4
			}
			units = append(units, unit)
		}
		fit, err := FitPrior(S, units)
		if err != nil {
			if len(units) > 0 {
				t.Fatalf("units %v: %v", units, err)
			}
			return
		}
		for _, row := range fit.Alpha {
			for _, a := range row {
				if !(a >= LeastAlpha && a <= GreatestAlpha) {
					t.Fatalf("alpha %v", fit.Alpha)
				}
			}
		}
	})
}

package predict

import (
	"math"
	"math/rand/v2"
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

package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// anyPoints draws points whose objectives often tie, so that equal points, equal
// coordinates and chains of dominance all occur.
func anyPoints(t *rapid.T, most, leastM, mostM int, name string) Points {
	p := Points{M: rapid.IntRange(leastM, mostM).Draw(t, name+".M")}
	n := rapid.IntRange(1, most).Draw(t, name+".N")
	levels := rapid.IntRange(1, 12).Draw(t, name+".levels")
	p.F = make([]float64, n*p.M)
	for i := range p.F {
		p.F[i] = float64(rapid.IntRange(-levels, levels).Draw(t, "f"))
	}
	return p
}

func TestNonDominatedAgreesWithAllPairs(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, p Points) {
		got, err := NonDominated(p)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if diff := cmp.Diff(allPairs(p), got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%d points of %d objectives: %s", p.Len(), p.M, diff)
		}
	}
	rapid.Check(t, func(t *rapid.T) { check(t, anyPoints(t, 80, 1, 6, "points")) })
	for _, n := range []int{1, 7, 65, 1000} {
		for _, kind := range pointKinds {
			check(t, kind.draw(n, 1))
		}
	}
	check(t, NewPoints([]float64{0, math.Inf(-1)}, []float64{math.Inf(1), math.Inf(-1)}, []float64{-1, 5}))
}

// allPairs is the plain version of NonDominated.
func allPairs(p Points) []int {
	var kept []int
next:
	for i := range p.Len() {
		for j := range p.Len() {
			if Dominates(p.At(j), p.At(i)) {
				continue next
			}
		}
		kept = append(kept, i)
	}
	return kept
}

func TestNonDominatedRefusesNaN(t *testing.T) {
	if _, err := NonDominated(NewPoints([]float64{1, 2}, []float64{math.NaN(), 0})); err == nil {
		t.Error("no error")
	}
	if got, err := NonDominated(Points{M: 3}); err != nil || len(got) != 0 {
		t.Errorf("no points: %v, %v", got, err)
	}
}

// pointKinds are clouds of 12 objectives: what a prompt with d = 5 has, points
// in a cube, and points none of which dominates another.
var pointKinds = []struct {
	name string
	draw func(n int, seed uint64) Points
}{
	{"prompt", func(n int, seed uint64) Points {
		rng := rand.New(rand.NewPCG(seed, 2))
		o := NewObjectives(5)
		columns := make([]float64, 100*6)
		for i := range columns {
			columns[i] = float64(rng.IntN(2))
		}
		if err := o.SetColumns(columns); err != nil {
			panic(err)
		}
		f := &Front{W: Points{M: 5}, F: Points{M: 12}}
		w := make([]float64, 5)
		for range n {
			for k := range w {
				w[k] = 4*rng.Float64() - 2
			}
			f.add(o, w)
		}
		return f.F
	}},
	{"cube", func(n int, seed uint64) Points {
		rng := rand.New(rand.NewPCG(seed, 3))
		p := Points{M: 12, F: make([]float64, 12*n)}
		for i := range p.F {
			p.F[i] = rng.Float64()
		}
		return p
	}},
	{"sphere", func(n int, seed uint64) Points {
		rng := rand.New(rand.NewPCG(seed, 4))
		p := Points{M: 12, F: make([]float64, 12*n)}
		for i := range p.F {
			p.F[i] = -math.Abs(rng.NormFloat64())
		}
		for i := range n {
			f := p.At(i)
			for k, size := 0, norm(f); k < len(f); k++ {
				f[k] /= size
			}
		}
		return p
	}},
}

func BenchmarkNonDominated(b *testing.B) {
	for _, kind := range pointKinds {
		for _, n := range []int{1e4, 1e5} {
			p := kind.draw(n, 1)
			b.Run(fmt.Sprintf("%s/%d", kind.name, n), func(b *testing.B) {
				b.ReportAllocs()
				var kept []int
				for b.Loop() {
					kept, _ = NonDominated(p)
				}
				b.ReportMetric(float64(len(kept)), "kept")
			})
			if n > 1e4 {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d/all pairs", kind.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					allPairs(p)
				}
			})
		}
	}
}

package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The example of Ishibuchi et al. (2015) that the documentation of pymoo and
// others compute.
func ExampleGD() {
	points := NewPoints([]float64{2, 4}, []float64{3, 3}, []float64{4, 2})
	front := NewPoints([]float64{0, 10}, []float64{1, 6}, []float64{2, 2}, []float64{6, 1}, []float64{10, 0})
	fmt.Printf("GD %.3f, GD+ %.3f, IGD %.3f, IGD+ %.3f\n",
		GD(points, front), GDPlus(points, front), IGD(points, front), IGDPlus(points, front))
	// Output:
	// GD 1.805, GD+ 1.138, IGD 3.707, IGD+ 1.483
}

func TestDistancesAgreeWithAllPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := anyPoints(t, 10, 1, 5, "points")
		front := anyPoints(t, 10, points.M, points.M, "front")
		mean := func(from, to Points, distance func(a, b []float64) float64) float64 {
			var sum float64
			for i := range from.Len() {
				least := math.Inf(1)
				for j := range to.Len() {
					least = math.Min(least, distance(from.At(i), to.At(j)))
				}
				sum += least
			}
			return sum / float64(from.Len())
		}
		euclid := func(a, b []float64) float64 {
			var sum float64
			for k := range a {
				sum += math.Pow(a[k]-b[k], 2)
			}
			return math.Sqrt(sum)
		}
		worse := func(a, z []float64) float64 {
			var sum float64
			for k := range a {
				sum += math.Pow(math.Max(a[k]-z[k], 0), 2)
			}
			return math.Sqrt(sum)
		}
		want := []float64{
			mean(points, front, euclid), mean(points, front, worse), mean(front, points, euclid),
			mean(front, points, func(z, a []float64) float64 { return worse(a, z) }),
		}
		got := []float64{GD(points, front), GDPlus(points, front), IGD(points, front), IGDPlus(points, front)}
		if diff := cmp.Diff(want, got, close12); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestScale(t *testing.T) {
	front := NewPoints([]float64{0, 5, 2}, []float64{4, 5, -2}, []float64{1, 5, 0})
	got := RangeOf(front).Scale(NewPoints([]float64{0, 5, 2}, []float64{4, 6, -2}, []float64{-4, 5, 4}))
	want := NewPoints([]float64{0, 0, 1}, []float64{1, 1, 0}, []float64{-1, 0, 1.5})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// On the grid of whole numbers the hypervolume counts unit cells.
func TestHypervolumeAgreesWithCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const side = 5
		m := rapid.IntRange(1, 4).Draw(t, "M")
		p := Points{M: m}
		for range rapid.IntRange(0, 12).Draw(t, "N") {
			f := make([]float64, m)
			for k := range f {
				f[k] = float64(rapid.IntRange(0, side+1).Draw(t, "f")) // side+1 lies beyond the reference
			}
			p.Append(f)
		}
		reference := make([]float64, m)
		cells := 1
		for k := range reference {
			reference[k] = side
			cells *= side
		}
		var want float64
		for c := range cells {
			for i := range p.Len() {
				covered, rest := true, c
				for _, x := range p.At(i) {
					covered = covered && x <= float64(rest%side)
					rest /= side
				}
				if covered {
					want++
					break
				}
			}
		}
		got, err := Hypervolume(p, reference)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("%d objectives: %v, counted %v", m, got, want)
		}
	})
}

func TestHypervolumeKnown(t *testing.T) {
	// A simplex of whole points x + y + z + v = 3 below (4, 4, 4, 4): the cells
	// (a, b, c, e) of [0, 4)^4 with a + b + c + e >= 3, which are 256 - 15.
	p := Points{M: 4}
	for a := range 4 {
		for b := range 4 - a {
			for c := range 4 - a - b {
				p.Append([]float64{float64(a), float64(b), float64(c), float64(3 - a - b - c)})
			}
		}
	}
	got, err := Hypervolume(p, []float64{4, 4, 4, 4})
	if err != nil || got != 241 {
		t.Errorf("%v, %v, want 241", got, err)
	}
	if _, err := Hypervolume(Points{M: 5}, make([]float64, 5)); err == nil {
		t.Error("5 objectives: no error")
	}
	if _, err := Hypervolume(NewPoints([]float64{math.NaN()}), []float64{1}); err == nil {
		t.Error("NaN: no error")
	}
}

func BenchmarkHypervolume(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, m := range []int{3, 4} {
		p := Points{M: m}
		for range 200 {
			f := make([]float64, m)
			for k := range f {
				f[k] = -math.Abs(rng.NormFloat64())
			}
			size := norm(f)
			for k := range f {
				f[k] /= size
			}
			p.Append(f)
		}
		b.Run(fmt.Sprintf("%d objectives/200 points", m), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Hypervolume(p, make([]float64, m)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

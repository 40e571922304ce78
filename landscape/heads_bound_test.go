package landscape

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
	"markovicl/moment"
)

// aboveEnlarged is the least loss above f~* with D-1 heads whose b's are
// orthogonal to v, by the formula s'K^{-1}s with an explicit B(v).
func aboveEnlarged(t *testing.T, form *moment.Form, X, v []float64) float64 {
	t.Helper()
	q, D, n := form.Q, form.Q+1, form.Dim()
	m := moment.Pairs(D)
	B := mat.NewDense(q, n, nil)
	for j := range q {
		for i := range D {
			for k := i; k < D; k++ {
				B.Set(j, j*m+moment.PairIndex(D, i, k), v[i]*v[k])
			}
		}
	}
	var HB, K mat.Dense
	if err := HB.Solve(form.H, B.T()); err != nil {
		t.Fatal(err)
	}
	K.Mul(B, &HB)
	var s, y mat.VecDense
	s.MulVec(B, mat.NewVecDense(n, X))
	if err := y.SolveVec(&K, &s); err != nil {
		t.Fatal(err)
	}
	return mat.Dot(&s, &y)
}

func uniformForm(t *testing.T, d int, n string) *moment.Form {
	t.Helper()
	task, err := markov.NewTask(markov.Spec{D: d, N: n})
	if err != nil {
		t.Fatal(err)
	}
	moments, err := moment.Of(t.Context(), task, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return moments.At(task.Context())
}

// No point of a box lies below the box's bound, and a small box's bound is near.
func TestHeadsBoxes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, d := range []int{2, 3, 4} {
		form := uniformForm(t, d, "10")
		optimum, err := Minimise(t.Context(), form)
		if err != nil {
			t.Fatal(err)
		}
		b, err := newHeadsBounder(form)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			box := &headsBox{}
			size := math.Exp(-8 * random.Float64())
			face := random.IntN(d + 1)
			for i := range d + 1 {
				box.radius[i] = size * random.Float64()
				box.center[i] = (2*random.Float64() - 1) * (1 - box.radius[i])
			}
			box.center[face], box.radius[face] = 1, 0
			b.bound(box)
			v := make([]float64, d+1)
			for point := range 6 {
				for i := range v {
					v[i] = box.center[i] + box.radius[i]*(2*random.Float64()-1)
					if point%2 == 0 || random.IntN(3) == 0 { // a corner
						v[i] = box.center[i] + math.Copysign(box.radius[i], v[i]-box.center[i])
					}
				}
				if above := aboveEnlarged(t, form, optimum.X, v); above < box.lower {
					t.Fatalf("d = %d: v = %v has %.12g, the bound of its box is %.12g", d, v, above, box.lower)
				}
			}
			center := aboveEnlarged(t, form, optimum.X, box.center[:d+1])
			if size < 1e-3 && box.lower < center-0.1*math.Abs(center)-1e-3 {
				t.Errorf("d = %d: a box of size %.1e is bounded by %.6g, its centre has %.6g", d, size, box.lower, center)
			}
		}
	}
}

// The bound meets the best model found, whose losses a fine grid gave as well. At d = 4 that
// takes 180,000 boxes: the whole form (-whole).
func TestBoundHeads(t *testing.T) {
	for _, c := range []struct {
		d, boxes int
		n        string
		want     float64
	}{{1, 1000, "5", math.NaN()}, {2, 20_000, "10", 0.24504608684}, {3, 400_000, "10", 0.21689926432}, {4, 400_000, "10", math.NaN()}} {
		if testing.Short() && c.d == 3 || c.d == 4 && !*everyCase {
			continue
		}
		form := uniformForm(t, c.d, c.n)
		optimum, err := Minimise(t.Context(), form)
		if err != nil {
			t.Fatal(err)
		}
		best, err := BestHeads(t.Context(), form, optimum, c.d, 40, 1)
		if err != nil {
			t.Fatal(err)
		}
		if !math.IsNaN(c.want) && math.Abs(best.Loss-c.want) > 1e-10 {
			t.Errorf("d = %d: best model %.12g, want %.11g", c.d, best.Loss, c.want)
		}
		gap := CertifiedGap / 2 * best.Loss
		lower, boxes, err := boundHeads(t.Context(), form, best.Loss-optimum.Loss, gap, c.boxes)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("d = %d: %d boxes, lower bound %.12g of %.12g", c.d, boxes, optimum.Loss+lower, best.Loss)
		if bound := optimum.Loss + lower; bound > best.Loss || bound < best.Loss-2*gap {
			t.Errorf("d = %d: after %d boxes the bound is %.12g, the best model has %.12g", c.d, boxes, bound, best.Loss)
		}
	}
}

// Recover certifies d heads.
func TestRecoverHeadsCertified(t *testing.T) {
	for _, c := range []struct {
		d    int
		n    string
		want float64
	}{{2, "10", 0.24504608684}, {2, "100", 0.233093}, {3, "10", 0.21689926432}} {
		r, err := Recover(t.Context(), uniformForm(t, c.d, c.n), Settings{Heads: c.d})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Certified() || math.Abs(r.Loss-c.want) > 1e-6 || r.LowerBound.Value > r.LossBounds.Upper() {
			t.Errorf("d = %d, n = %s: loss %.12g, bound %+v, %d boxes (%s)", c.d, c.n, r.Loss, r.LowerBound, r.Boxes, r.Note)
		}
	}
}

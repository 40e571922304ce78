package moment

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"markovicl/markov"
)

// missed returns the errors of a form's floats against the exact form, computed
// in fractions and rounded once: the Frobenius norm of H's, which is not below
// the spectral norm, the Euclidean norm of h's, and that of c.
func missed(f *Form, exact *ExactForm) (H, L, C float64) {
	// x - numerator/scale, without a greatest common divisor: x is a whole number of
	// units 2^exponent.
	off := func(x float64, numerator *big.Int) float64 {
		fraction, exponent := math.Frexp(x)
		unit := uint(max(0, 53-exponent)) // of 1/2, as many times as x needs to be whole
		whole := big.NewInt(int64(math.Ldexp(fraction, 53)))
		whole.Lsh(whole, uint(max(0, exponent-53)))
		d := whole.Mul(whole, exact.Scale)
		d.Sub(d, new(big.Int).Lsh(numerator, unit))
		v, _ := new(big.Float).Quo(new(big.Float).SetInt(d), new(big.Float).SetInt(new(big.Int).Lsh(exact.Scale, unit))).Float64()
		return math.Abs(v)
	}
	for i := range f.L {
		L = math.Hypot(L, off(f.L[i], exact.L[i]))
		for k := range i + 1 {
			if v := off(f.H.At(i, k), exact.H[PairIndex(f.Dim(), k, i)]); k < i {
				H = math.Hypot(H, math.Sqrt2*v)
			} else {
				H = math.Hypot(H, v)
			}
		}
	}
	c := new(big.Rat).SetFloat64(f.C)
	C, _ = c.Sub(c, exact.C).Float64()
	return H, L, math.Abs(C)
}

// hardTask draws a task where floats are weak: concentrated priors, starts near
// 0 and 1, every embedding.
func hardTask(t testing.TB, rng *rand.Rand) markov.Task {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	alpha := func() string {
		return fmt.Sprintf("%.4ge%d", 1+9*rng.Float64(), rng.IntN(7)-3)
	}
	spec := markov.Spec{D: 1 + rng.IntN(3), Embedding: pick("index", "sign", "onehot"), Bias: rng.IntN(2) == 0}
	switch rng.IntN(4) {
	case 0:
		spec.States = 3
		spec.Embedding = pick("index", "onehot")
		spec.D = 1 + rng.IntN(2)
		spec.Prior.Rows = [][]string{{alpha(), alpha(), alpha()}, {alpha(), alpha(), alpha()}, {alpha(), alpha(), alpha()}}
		spec.Start = pick("uniform", "probs:1e-9,0.3,0.699999999", "probs:0,1,0")
	case 1:
		spec.Start = "correlated:" + pick("1e-6", "0.999", "1/3") + "," + pick("0", "1", "1e-12") + "," + pick("1", "0.5")
		spec.Prior.Text = "beta:" + alpha() + "," + alpha()
	default:
		spec.P = pick("1e-12", "0.001", "0.5", "0.999999", "1/3")
		spec.Prior.Rows = [][]string{{alpha(), alpha()}, {alpha(), alpha()}}
	}
	return newTask(t, spec)
}

// The bounds hold against fractions, whatever computed the floats, and are not
// absurdly loose.
func TestErrorsHold(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	check := func(task markov.Task, tight float64) {
		t.Helper()
		e, err := ExactOf(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		b := newBasis(task)
		first := starts(task)
		counted, err := count(t.Context(), task, b, first, 2)
		if err != nil {
			t.Fatal(err)
		}
		counted.roundings = countRoundings(b, len(first), countTypes(task, task.Positions()+1))
		quadrature := of(t, task, Options{Rule: GaussJacobi})
		for _, n := range []markov.Context{1, 1000, markov.Infinite} {
			exact := e.At(n)
			plain := counted.at(b, n)
			plain.Errors = counted.errors(b, plain, "")
			for name, f := range map[string]*Form{"fractions": exact.Float(), "counts": plain, "quadrature": quadrature.At(n)} {
				got := f.Errors
				if got.Claim == Numeric || got.Reason != "" {
					t.Errorf("%s, n %s, %s: %+v", task, n, name, got)
					continue
				}
				H, L, C := missed(f, exact)
				if !(H <= got.H && L <= got.L && C <= got.C) {
					t.Errorf("%s, n %s, %s: errors %.3g %.3g %.3g exceed %+v", task, n, name, H, L, C, got)
				}
				if (got.Claim == Exact) != (H+L+C == 0) {
					t.Errorf("%s, n %s, %s: errors %.3g %.3g %.3g, claim %+v", task, n, name, H, L, C, got)
				}
				relative := got.H / frobenius(f.H)
				if name == "fractions" && relative > 1.2*unitRoundoff || tight > 0 && relative > tight {
					t.Errorf("%s, n %s, %s: the bound for H is %.3g relative", task, n, name, relative)
				}
			}
		}
	}
	for d := 1; d <= 5; d++ {
		check(newTask(t, markov.Spec{D: d}), 1e-12)
	}
	check(newTask(t, markov.Spec{D: 2, States: 3, Embedding: "onehot", Bias: true}), 1e-11)
	for range 16 {
		check(hardTask(t, rng), 0)
	}
}

// The exact form is at hand whatever rule gave the floats.
func TestExactAt(t *testing.T) {
	task := newTask(t, markov.Spec{D: 2, P: "0.3"})
	e, err := ExactOf(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{"", GaussJacobi, DirichletCounts, QuasiMonteCarlo} {
		m := of(t, task, Options{Rule: rule, Points: 64})
		for _, n := range []markov.Context{1, 7, markov.Infinite} {
			f, err := m.ExactAt(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			if g, err := m.At(n).Fractions(t.Context(), 0); err != nil || g.Scale.Cmp(f.Scale) != 0 {
				t.Errorf("rule %q, n %s: fractions that are known are not returned: %v", rule, n, err)
			}
			X := make([]*big.Rat, f.Dim())
			for i := range X {
				X[i] = big.NewRat(int64(i*i-7), 11)
			}
			if f.Loss(X).Cmp(e.At(n).Loss(X)) != 0 {
				t.Errorf("rule %q, n %s: another exact form", rule, n)
			}
		}
	}
	if _, err := of(t, newTask(t, markov.Spec{D: 1, Start: "stationary"}), Options{}).ExactAt(t.Context(), 1); err == nil {
		t.Error("a stationary start has fractions")
	}
	form := of(t, newTask(t, markov.Spec{D: 8}), Options{}).At(10)
	if _, err := form.Fractions(t.Context(), 1e6); err == nil {
		t.Error("fractions were computed that take more work than was allowed")
	}
	if _, err := (&Form{}).Fractions(t.Context(), 1e9); err == nil {
		t.Error("a form of nothing has fractions")
	}
}

// What is sampled, or converges only, or has too few nodes, is not proven.
func TestErrorsNumeric(t *testing.T) {
	for _, c := range []struct {
		spec markov.Spec
		opts Options
	}{
		{markov.Spec{D: 1, Start: "stationary"}, Options{}},
		{markov.Spec{D: 1, States: 3, Start: "stationary"}, Options{Points: 64, Replicates: 2}},
		{markov.Spec{D: 3}, Options{Rule: GaussJacobi, Nodes: 4}},
		{markov.Spec{D: 2}, Options{Rule: QuasiMonteCarlo, Points: 64, Replicates: 2}},
	} {
		m := of(t, newTask(t, c.spec), c.opts)
		forms := []*Form{m.At(7)}
		if m.Rule().Replicates > 0 {
			forms = append(forms, m.LeaveOut(1, 7))
		}
		for _, f := range forms {
			if e := f.Errors; e.Claim != Numeric || e.Reason == "" || !math.IsInf(e.Charge(1), 1) {
				t.Errorf("%s, %s: %+v", m.Task(), m.Rule().Name, e)
			}
		}
	}
}

// Tables whose roundings nobody counted prove nothing.
func TestErrorsUncounted(t *testing.T) {
	m := of(t, newTask(t, markov.Spec{D: 2}), Options{Rule: GaussJacobi})
	m.tables.roundings = 0
	if e := m.At(3).Errors; e.Claim != Numeric || e.Reason == "" {
		t.Errorf("%+v", e)
	}
}

// The charge covers what a perturbation within the bounds can do at X.
func TestCharge(t *testing.T) {
	e := FormErrors{Claim: Proven, H: 1e-3, L: 1e-4, C: 1e-5}
	if got := e.Charge(10); !(got >= 0.1+2e-3+1e-5) || got > 0.1021 {
		t.Errorf("charge %v", got)
	}
	if got := (FormErrors{Claim: Exact}).Charge(1e300); got != 0 {
		t.Errorf("charge %v of an exact form", got)
	}
	if got := (FormErrors{}).Charge(0); !math.IsInf(got, 1) {
		t.Errorf("charge %v of a form that says nothing", got)
	}
}

// A rule whose numbers are off by a few units in the last place is not enclosed.
func TestEnclosure(t *testing.T) {
	for _, c := range [][2]*big.Rat{
		{big.NewRat(1, 1), big.NewRat(1, 1)}, {big.NewRat(1, 1000), big.NewRat(10_000, 1)},
		{big.NewRat(10_000, 1), big.NewRat(9_999, 1)}, {big.NewRat(1, 1000), big.NewRat(1, 1000)}, {big.NewRat(1, 3), big.NewRat(2, 3)},
	} {
		for _, n := range []int{1, 2, 9, 30} {
			ax, err := betaAxis(n, c[0], c[1])
			if err != nil {
				t.Fatal(err)
			}
			if !ax.enclosed(c[0], c[1]) {
				t.Errorf("Beta(%s, %s), %d nodes: not enclosed", c[0].RatString(), c[1].RatString(), n)
				continue
			}
			for _, list := range [][]float64{ax.x, ax.y, ax.w} {
				old := list[n/2]
				for _, to := range []float64{math.Nextafter(math.Nextafter(old, 2), 2), math.Nextafter(math.Nextafter(old, 0), 0)} {
					if list[n/2] = to; ax.enclosed(c[0], c[1]) {
						t.Errorf("Beta(%s, %s), %d nodes: %v counts as %v", c[0].RatString(), c[1].RatString(), n, to, old)
					}
				}
				list[n/2] = old
			}
			if ax.enclosed(c[0], new(big.Rat).Add(c[1], big.NewRat(1, 1_000_000_000))) {
				t.Errorf("Beta(%s, %s), %d nodes: counts as the rule of another law", c[0].RatString(), c[1].RatString(), n)
			}
		}
	}
}

func BenchmarkEnclosure(b *testing.B) {
	for _, n := range []int{3, 15, 30, 63} {
		b.Run(fmt.Sprintf("nodes=%d", n), func(b *testing.B) {
			ax, err := betaAxis(n, big.NewRat(1, 1), big.NewRat(1, 1))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				ax.enclosed(big.NewRat(1, 1), big.NewRat(1, 1))
			}
		})
	}
}

// TestIntervalTimes multiplies intervals of all signs, with 0 within and at an end: the
// least and the largest product of their ends bound the product, as tightly as rounding
// lets them.
func TestIntervalTimes(t *testing.T) {
	thirds := []int64{-7, -2, 0, 1, 5}
	for _, xl := range thirds {
		for _, xh := range thirds {
			for _, yl := range thirds {
				for _, yh := range thirds {
					if xl > xh || yl > yh {
						continue
					}
					got := interval{intervalOf(big.NewRat(xl, 3)).lo, intervalOf(big.NewRat(xh, 3)).hi}.times(
						interval{intervalOf(big.NewRat(yl, 3)).lo, intervalOf(big.NewRat(yh, 3)).hi})
					products := []int64{xl * yl, xl * yh, xh * yl, xh * yh}
					for end, p := range map[*big.Float]int64{got.lo: slices.Min(products), got.hi: slices.Max(products)} {
						x, _ := end.Rat(nil)
						off := x.Sub(x, big.NewRat(p, 9))
						if end == got.hi {
							off.Neg(off)
						}
						if v, _ := off.Float64(); v > 0 || v < -1e-130 {
							t.Errorf("[%d,%d]/3 times [%d,%d]/3: an end is within by %g", xl, xh, yl, yh, v)
						}
					}
				}
			}
		}
	}
}

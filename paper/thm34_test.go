package paper

import (
	"math"
	"math/big"
	"math/bits"
	"testing"

	"markovicl/moment"
)

func TestTheorem34(t *testing.T) {
	t.Parallel()
	r := quick(t, theorem34)
	if r.Verdict != HoldsUnder {
		t.Errorf("verdict %q: %s", r.Verdict, r.Why)
	}
	smallest := table(t, r, "smallest-n")
	for g1, want := range map[float64]int{0.25: 5, 0.5: 6, 0.75: 7, 0.9: 9, 0.95: 10} { // those of Theorem 3.3
		if got := cell(t, smallest, "smallest_n", map[string]any{"correlation": 0.0, "g1": g1}); got != want {
			t.Errorf("g1 = %v: smallest n = %v, want %d", g1, got, want)
		}
	}
	// All chains start alike.
	if got := cell(t, smallest, "smallest_n", map[string]any{"correlation": 1.0, "g1": 0.3}); got != 58 {
		t.Errorf("correlation 1: smallest n = %v, want 58", got)
	}
	// Example C.5.
	example := table(t, r, "example-c5")
	for p, want := range map[float64]int{0.05: 9, 0.1: 8, 0.15: 7, 0.2: 6, 0.4: 6, 0.5: 5, 0.9: 5} {
		at := map[string]any{"p": p}
		if got := cell(t, example, "smallest_n", at); got != want {
			t.Errorf("Example C.5, p = %v: smallest n = %v, want %d", p, got, want)
		}
		if got := cell(t, example, "equals_moments", at); got != true {
			t.Errorf("Example C.5, p = %v: the formula equals the moments: %v", p, got)
		}
	}
	if got := cell(t, example, "c2", map[string]any{"p": 0.5}); got != "0.625" { // 5*4/2/16
		t.Errorf("Example C.5, p = 1/2: c2 = %v, want 0.625", got)
	}
	// With g0 = g1 = p the start is independent of the query: X* = (4/57, 52/57, 8/19).
	at := map[string]any{"p": 0.5, "g0": 0.2, "g1": 0.5, "n": 10}
	formulas := table(t, r, "formulas")
	near(t, "X_xx", cell(t, formulas, "x_xx", at), 4.0/57, 1e-15)
	near(t, "X_xy", cell(t, formulas, "x_xy", at), 52.0/57, 1e-15)
	near(t, "X_yy", cell(t, formulas, "x_yy", at), 8.0/19, 1e-15)
}

// TestLemmaC3 sums over all prompts of three chains whose first states have an
// arbitrary exchangeable law given the query's, with Beta integrals for the
// uniform kernel.
func TestLemmaC3(t *testing.T) {
	const n = 3
	// Given that the query starts in 1: the probability of each set of first
	// states with k ones.
	law := []float64{0.1, 0.1, 0.15, 0.15}
	p := 0.4
	first, second, total := 0.0, 0.0, 0.0
	var H [3][3]float64
	var h [3]float64
	for starts := range 1 << n {
		weight := law[bits.OnesCount(uint(starts))]
		total += weight
		first += weight * float64(starts&1)
		second += weight * float64(starts&1) * float64(starts>>1&1)
		for labels := range 1 << n {
			// ones[s]: labels 1 after state s; all[s]: chains that start in s.
			var ones, all [2]int
			var g [3]float64
			for i := range n {
				x, y := starts>>i&1, labels>>i&1
				all[x]++
				ones[x] += y
				for r, v := range []int{x, x * y, y} { // squares of states are states
					g[r] += float64(v) / n
				}
			}
			likelihood := beta(ones[0], all[0]) * beta(ones[1], all[1])
			withLabel := beta(ones[0], all[0]) * beta(ones[1]+1, all[1]+1) // the query's label is 1 too
			for r := range 3 {
				h[r] += p * weight * withLabel * g[r]
				for s := range 3 {
					H[r][s] += p * weight * likelihood * g[r] * g[s]
				}
			}
		}
	}
	if math.Abs(total-1) > 1e-15 {
		t.Fatalf("the law sums to %v", total)
	}
	form := lemmaC3(n, rat(p), rat(first), rat(second)).Float()
	for r := range 3 {
		if math.Abs(h[r]-form.L[r]) > 1e-15 {
			t.Errorf("h[%d] = %v, the lemma has %v", r, h[r], form.L[r])
		}
		for s := range 3 {
			if math.Abs(H[r][s]-form.H.At(r, s)) > 1e-15 {
				t.Errorf("H[%d][%d] = %v, the lemma has %v", r, s, H[r][s], form.H.At(r, s))
			}
		}
	}
}

// beta returns the integral of x^ones (1-x)^(all-ones) over [0, 1].
func beta(ones, all int) float64 {
	out := 1 / float64(all+1)
	for i := range ones {
		out *= float64(i+1) / float64(all-i)
	}
	return out
}

func rat(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }

func TestSameForm(t *testing.T) {
	f := func(second int64) *moment.ExactForm {
		return lemmaC3(4, big.NewRat(1, 3), big.NewRat(1, 2), big.NewRat(second, 8))
	}
	if !sameForm(f(2), f(2)) || sameForm(f(2), f(3)) {
		t.Error("sameForm does not tell forms apart")
	}
}

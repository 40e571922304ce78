package landscape

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"markovicl/moment"
)

// phiAny is Phi for any number of columns of A.
func phiAny(b, A []float64, q int) []float64 {
	D, m := len(b), moment.Pairs(len(b))
	X := make([]float64, q*m)
	for j := range q {
		for i := range D {
			for k := range D {
				X[j*m+moment.PairIndex(D, min(i, k), max(i, k))] += b[i] * A[k*q+j]
			}
		}
	}
	return X
}

func TestDecidePlanted(t *testing.T) {
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 1))
		D, q := 2+r.IntN(5), 1+r.IntN(6)
		b, A := gaussians(r, D), gaussians(r, D*q)
		if seed%3 == 0 { // a first column parallel to b: its block has rank one
			for i := range D {
				A[i*q] = 3 * b[i]
			}
		}
		if seed%7 == 0 {
			for i := range D {
				A[i*q] = 0
			}
		}
		X := phiAny(b, A, q)
		d, err := Decide(X, q, D, 0)
		if err != nil {
			t.Fatal(err)
		}
		if d.Verdict != Realisable {
			t.Fatalf("seed %d, D %d, q %d: planted transformer is %v, residual %g, distance %g", seed, D, q, d.Verdict, d.Residual, d.Distance)
		}
		if err := d.Verify(X, q); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		// The witness is the planted one up to scale, whenever it is unique.
		if q >= 3 && D >= 3 {
			got, want := append([]float64(nil), d.B...), append([]float64(nil), b...)
			normalise(got)
			normalise(want)
			if 1-math.Abs(dot(got, want)) > 1e-8 {
				t.Fatalf("seed %d: b = %v, planted %v", seed, got, want)
			}
		}
	}
}

func TestDecidePerturbed(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 2))
		D, q := 2+r.IntN(5), 2+r.IntN(5)
		X := phiAny(gaussians(r, D), gaussians(r, D*q), q)
		size := math.Pow(10, -4*r.Float64())
		for i, x := range gaussians(r, len(X)) {
			if seed%2 == 0 || i >= moment.Pairs(D) { // half of them leave the first block a transformer's
				X[i] += size * x
			}
		}
		if seed%2 == 1 {
			for i := range moment.Pairs(D) { // and make it the largest
				X[i] *= 100
			}
		}
		d, err := Decide(X, q, D, 0)
		if err != nil {
			t.Fatal(err)
		}
		if d.Verdict != NotRealisable {
			t.Fatalf("seed %d, D %d, q %d: perturbed by %g is %v, residual %g, distance %g", seed, D, q, size, d.Verdict, d.Residual, d.Distance)
		}
		if d.Distance > d.Residual*(1+1e-9) {
			t.Fatalf("seed %d: distance %g above the distance %g of a transformer", seed, d.Distance, d.Residual)
		}
		if err := d.Verify(X, q); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		kinds[d.Obstruction.Kind]++
	}
	for _, kind := range []string{RankObstruction, SignObstruction, CandidateObstruction} {
		if kinds[kind] == 0 {
			t.Errorf("no obstruction of kind %s among %v", kind, kinds)
		}
	}
}

// A point that another one certifies is rejected, whatever is wrong.
func TestDecideRejectsForgery(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	D, q := 4, 3
	good := phiAny(gaussians(r, D), gaussians(r, D*q), q)
	bad := append([]float64(nil), good...)
	for i := range bad {
		bad[i] += 0.1 * r.NormFloat64()
	}
	no, err := Decide(bad, q, D, 0)
	if err != nil || no.Verdict != NotRealisable {
		t.Fatal(no, err)
	}
	if no.Verify(good, q) == nil {
		t.Error("the obstruction of another point was accepted for a transformer")
	}
	yes, err := Decide(good, q, D, 0)
	if err != nil || yes.Verdict != Realisable {
		t.Fatal(yes, err)
	}
	if yes.Verify(bad, q) == nil {
		t.Error("the witness of another point was accepted")
	}
	no.Obstruction.Plane[0][0] += 0.1
	if no.Verify(bad, q) == nil {
		t.Error("a plane that is not orthonormal was accepted")
	}
	no.Obstruction.Kind = "hearsay"
	if no.Verify(bad, q) == nil {
		t.Error("an unknown kind was accepted")
	}
}

// Between the two verdicts lies a band in which the answer is "undecided".
func TestDecideUndecided(t *testing.T) {
	// One block diag(1, e), d = 1: at distance e from diag(1, 0) = sym(e_1 e_1').
	for _, c := range []struct {
		e, precision float64
		want         Verdict
	}{
		{0, 1e-9, Realisable},
		{-1e-3, 1e-9, Realisable},
		{1e-12, 1e-9, Realisable},
		{1e-3, 1e-9, NotRealisable},
		{1e-9, 1e-12, NotRealisable},
	} {
		d, err := Decide([]float64{1, 0, c.e}, 1, 2, c.precision)
		if err != nil {
			t.Fatal(err)
		}
		if d.Verdict != c.want {
			t.Errorf("diag(1, %g) at precision %g: %v, want %v (residual %g, distance %g)", c.e, c.precision, d.Verdict, c.want, d.Residual, d.Distance)
		}
	}
	// x^2 and x^2 - e y^2 have no factor in common, but nearly so: within
	// the precision, beyond it, and beyond it without a proof.
	seen := map[Verdict]bool{}
	for k := range 30 {
		e := math.Pow(10, -10+float64(k)/4)
		d, err := Decide([]float64{1, 0, 0, 1, 0, -e}, 2, 2, 1e-8)
		if err != nil {
			t.Fatal(err)
		}
		seen[d.Verdict] = true
		if d.Verdict == NotRealisable && d.Residual < 1e-8 || d.Verdict == Realisable && d.Distance > 1e-8 {
			t.Errorf("e = %g: contradictory decision %+v", e, d)
		}
	}
	if len(seen) != 3 {
		t.Errorf("verdicts %v, want all three", seen)
	}
}

func ratsOf(xs []int) []*big.Rat {
	out := make([]*big.Rat, len(xs))
	for i, x := range xs {
		out[i] = big.NewRat(int64(x), 1)
	}
	return out
}

// The exact decision agrees with the floating one, and its certificates hold.
func TestDecideExact(t *testing.T) {
	verdicts := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		D, q := rapid.IntRange(1, 5).Draw(t, "D"), rapid.IntRange(1, 4).Draw(t, "q")
		small := rapid.IntRange(-3, 3)
		var X []int
		if rapid.Bool().Draw(t, "planted") {
			b, A := rapid.SliceOfN(small, D, D).Draw(t, "b"), rapid.SliceOfN(small, D*q, D*q).Draw(t, "A")
			m := moment.Pairs(D)
			X = make([]int, q*m)
			for j := range q {
				for i := range D {
					for k := range D {
						X[j*m+moment.PairIndex(D, min(i, k), max(i, k))] += b[i] * A[k*q+j]
					}
				}
			}
			if rapid.Bool().Draw(t, "scaled") { // d c has another factorisation with roots
				X[0] += rapid.IntRange(-2, 2).Draw(t, "change")
			}
		} else {
			n := q * moment.Pairs(D)
			X = rapid.SliceOfN(small, n, n).Draw(t, "X")
		}
		exact, err := DecideExact(ratsOf(X), q, D)
		if err != nil {
			t.Fatal(err)
		}
		if err := exact.Verify(ratsOf(X), q, D); err != nil {
			t.Fatalf("%v: %v", exact.Verdict, err)
		}
		floats := make([]float64, len(X))
		for i, x := range X {
			floats[i] = float64(x)
		}
		d, err := Decide(floats, q, D, 0)
		if err != nil {
			t.Fatal(err)
		}
		if d.Verdict != exact.Verdict {
			t.Fatalf("exact says %v, floating %v (residual %g, distance %g)", exact.Verdict, d.Verdict, d.Residual, d.Distance)
		}
		name := exact.Verdict.String()
		if exact.Obstruction != nil {
			name = exact.Obstruction.Kind
		} else if exact.Root.Sign() != 0 {
			name = "realisable with a root"
			for i, x := range exact.B {
				if got := x.Float(exact.Root); math.IsNaN(got) {
					t.Fatalf("b[%d] = %v", i, exact.Text(exact.B))
				}
			}
		}
		verdicts[name]++
	})
	t.Log(verdicts)
}

// Exact decisions made by hand.
func TestDecideExactByHand(t *testing.T) {
	// x^2 - 2y^2 = (x + sqrt2 y)(x - sqrt2 y): realisable, with a root.
	X := ratsOf([]int{1, 0, -2})
	d, err := DecideExact(X, 1, 2)
	if err != nil || d.Verdict != Realisable || d.Root.Sign() == 0 {
		t.Fatal(d, err)
	}
	if ratio := d.B[1].Float(d.Root) / d.B[0].Float(d.Root); math.Abs(math.Abs(ratio)-math.Sqrt2) > 1e-15 {
		t.Errorf("b = %v", d.Text(d.B))
	}
	// The same with a second block that has another factor: neither root fits.
	X = ratsOf([]int{1, 0, -2, 1, 0, -3})
	if d, err = DecideExact(X, 2, 2); err != nil || d.Verdict != NotRealisable || d.Obstruction.Kind != CandidateObstruction {
		t.Fatal(d, err)
	}
	if err := d.Verify(X, 2, 2); err != nil {
		t.Error(err)
	}
	if d.Verify(ratsOf([]int{1, 0, -2, 2, 0, -4}), 2, 2) == nil {
		t.Error("an obstruction was accepted for a realisable point")
	}
}

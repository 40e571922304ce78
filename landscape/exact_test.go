package landscape

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/floats"

	"markovicl/markov"
	"markovicl/moment"
)

func minimiseExact(t testing.TB, task markov.Task) *ExactOptimum {
	t.Helper()
	e, err := moment.ExactOf(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	o, err := MinimiseExact(t.Context(), e.At(task.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestExactByHand(t *testing.T) {
	o := minimiseExact(t, newTask(t, markov.Spec{D: 1, N: "10"}))
	for i, want := range []*big.Rat{big.NewRat(4, 57), big.NewRat(52, 57), big.NewRat(8, 19)} {
		if o.X[i].Cmp(want) != 0 {
			t.Errorf("X[%d] = %s, want %s", i, o.X[i], want)
		}
	}
	if want := big.NewRat(121, 342); o.Loss.Cmp(want) != 0 {
		t.Errorf("loss %s, want %s", o.Loss, want)
	}
	// With a constant coordinate and infinitely many chains: E[Var(y | P, x)].
	for _, spec := range []markov.Spec{{D: 2, N: "inf", Bias: true}, {D: 2, N: "inf", Embedding: "onehot"}} {
		o := minimiseExact(t, newTask(t, spec))
		if want := big.NewRat(1, 6); o.Loss.Cmp(want) != 0 || o.Unique || o.Rank != 18 {
			t.Errorf("%+v: loss %s, rank %d; want 1/6 and 18", spec, o.Loss, o.Rank)
		}
	}
}

// The enlarged optimum is that of testdata/enlarged.py, which calculates it in fractions
// from the definition of the loss and shares nothing with this program: no words, rules,
// primes or code. Cutting off small eigenvalues gave 0.17827988 at d = 8, p = 1/20,
// n = inf, and 0.17827942 at n = 1e9; it is 0.178278022756 and 0.178278375823.
func TestEnlargedFromTheDefinition(t *testing.T) {
	data, err := os.ReadFile("testdata/enlarged.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		D, Rank, Dimension int
		P, Loss            string
		N                  any
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 40 {
		t.Errorf("%d cases only", len(cases))
	}
	for _, c := range cases {
		n := fmt.Sprint(c.N)
		if x, ok := c.N.(float64); ok {
			n = strconv.Itoa(int(x))
		}
		if !*everyCase && (c.D > 6 || c.D == 6 && c.P == "1/2") {
			continue // d = 8 takes half a minute
		}
		o, err := Minimise(t.Context(), taskForm(t, markov.Spec{D: c.D, P: c.P, N: n}))
		if err != nil {
			t.Fatal(err)
		}
		want, ok := new(big.Rat).SetString(c.Loss) // rounded down to 20 decimals
		if !ok {
			t.Fatalf("%q is not a number", c.Loss)
		}
		off := new(big.Rat).Sub(new(big.Rat).SetFloat64(o.Loss), want)
		if off.Abs(off).Cmp(new(big.Rat).SetFloat64(o.LossError+1e-20)) > 0 || o.Claim == moment.Numeric {
			t.Errorf("d %d, p %s, n %s: %.17g +- %.2g (%s), want %s", c.D, c.P, n, o.Loss, o.LossError, o.Claim, c.Loss)
		}
		if o.Dimension != c.Dimension || o.Claim == moment.Exact && o.Rank != c.Rank {
			t.Errorf("d %d, p %s, n %s: rank %d of %d, want %d of %d", c.D, c.P, n, o.Rank, o.Dimension, c.Rank, c.Dimension)
		}
	}
}

// Floating point and fractions agree in every entry of X and in the rank.
func TestExactAgrees(t *testing.T) {
	specs := []markov.Spec{
		{D: 1}, {D: 2, P: "0.3", N: "3"}, {D: 3}, {D: 3, N: "inf"}, {D: 4, N: "inf"}, {D: 5, N: "inf"}, {D: 3, N: "inf", Bias: true}, {D: 4, N: "1"}, {D: 5, N: "10"}, {D: 5, N: "100"},
		{D: 2, Embedding: "sign"}, {D: 2, Bias: true, N: "inf"}, {D: 2, Embedding: "onehot"},
		{D: 3, Prior: markov.PriorSpec{Text: "beta:0.5,2"}}, {D: 3, Start: "correlated:0.4,0.2,0.9", N: "4"}, {D: 2, Start: "correlated:0.5,0,1"},
		{D: 2, States: 3, N: "10"}, {D: 1, States: 3, Embedding: "onehot", Bias: true, N: "inf"},
		{D: 2, States: 3, Embedding: "onehot", Prior: markov.PriorSpec{Text: "dirichlet:0.5"}},
	}
	if *everyCase {
		specs = append(specs, markov.Spec{D: 6, N: "inf"}, markov.Spec{D: 7, N: "1000"})
	}
	for _, spec := range specs {
		task := newTask(t, spec)
		exact, o := minimiseExact(t, task), minimise(t, task)
		if exact.Rank != o.Rank || exact.Unique != o.Unique {
			t.Errorf("%s: rank %d of %d, in fractions %d", task, o.Rank, o.Dimension, exact.Rank)
			continue
		}
		var worst float64
		for i, x := range exact.X {
			worst = max(worst, math.Abs(o.X[i]-markov.Float(x)))
		}
		worst /= floats.Norm(o.X, math.Inf(1))
		loss := math.Abs(o.Loss - markov.Float(exact.Loss))
		if !(worst <= 2e-15) || !(loss <= 2e-15) {
			t.Errorf("%s: X differs by %.2g, loss by %.2g", task, worst, loss)
		}
		miss := new(big.Rat).SetFloat64(o.Loss)
		if miss.Sub(miss, exact.Loss); o.Claim == moment.Numeric || miss.Abs(miss).Cmp(new(big.Rat).SetFloat64(o.LossError)) > 0 {
			t.Errorf("%s: %.17g +- %.2g (%s), in fractions %s", task, o.Loss, o.LossError, o.Claim, exact.Loss.FloatString(25))
		}
	}
}

func TestPrimes(t *testing.T) {
	for _, p := range primes {
		if !new(big.Int).SetUint64(p).ProbablyPrime(20) {
			t.Errorf("%d is not a prime", p)
		}
	}
}

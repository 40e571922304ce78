package moment

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/markov"
)

// The code's entries for d = 1 are the polynomials of Lemma C.1, coefficient by
// coefficient.
func TestLemmaC1(t *testing.T) {
	got, err := Polynomials(t.Context(), newTask(t, markov.Spec{D: 1}))
	if err != nil {
		t.Fatal(err)
	}
	same := cmp.Comparer(func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
	if diff := cmp.Diff(LemmaC1(), got, same); diff != "" {
		t.Error(diff)
	}
}

// Polynomials take the exact values at p and n that they were not made from.
func TestPolynomials(t *testing.T) {
	p := big.NewRat(2, 7)
	task := newTask(t, markov.Spec{D: 2, Bias: true, P: "2/7", Prior: markov.PriorSpec{Text: "beta:0.5,3"}})
	f, err := Polynomials(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ExactOf(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []markov.Context{1, 7, markov.Infinite} {
		want := e.At(n)
		for i := range want.Dim() {
			if f.L[i].At(p, n).Cmp(want.LAt(i)) != 0 {
				t.Errorf("h[%d] differs", i)
			}
			for k := i; k < want.Dim(); k++ {
				if f.H[PairIndex(want.Dim(), i, k)].At(p, n).Cmp(want.HAt(i, k)) != 0 {
					t.Errorf("H[%d,%d] differs", i, k)
				}
			}
		}
		if f.C.At(p, n).Cmp(want.C) != 0 {
			t.Error("c differs")
		}
	}
	for _, spec := range []markov.Spec{{States: 3}, {Start: "stationary"}, {Start: "correlated:0.5,0.1,0.9"}} {
		if _, err := Polynomials(t.Context(), newTask(t, spec)); err == nil {
			t.Errorf("%+v was accepted", spec)
		}
	}
}

// Correlated starts, d = 1: the formulas of Lemma C.3 in
// c1 = sum_i E[x_i x_(n+1)], c2 = sum_(i!=j) E[x_i x_j x_(n+1)], p = E[x_(n+1)].
func TestLemmaC3(t *testing.T) {
	for _, start := range []string{"0.5,0.2,0.9", "1/3,0,1", "0.1,0.7,0.3"} {
		task := newTask(t, markov.Spec{D: 1, Start: "correlated:" + start})
		e, err := ExactOf(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int64{1, 2, 5, 100} {
			p, g := task.Start().QueryRat()[1], task.Start().ContextRat(1)[1]
			c1 := new(big.Rat).Mul(big.NewRat(n, 1), new(big.Rat).Mul(p, g))
			c2 := new(big.Rat).Mul(big.NewRat(n-1, 1), new(big.Rat).Mul(c1, g))
			combine := func(a, b, c *big.Rat) *big.Rat { // a c1 + b c2 + c p
				sum := new(big.Rat).Mul(a, c1)
				sum.Add(sum, new(big.Rat).Mul(b, c2))
				return sum.Add(sum, new(big.Rat).Mul(c, p))
			}
			R := big.NewRat
			H := []*big.Rat{ // n^2 H
				combine(R(1, 1), R(1, 1), R(0, 1)),
				combine(R(1, 2), R(1, 2), R(0, 1)),
				combine(R(n, 2), R(0, 1), R(0, 1)),
				combine(R(1, 2), R(1, 3), R(0, 1)),
				combine(R(n+1, 4), R(1, 12), R(0, 1)),
				combine(R(1-n, 6), R(1, 6), new(big.Rat).Add(R(n, 2), R(n*(n-1), 3))),
			}
			h := []*big.Rat{combine(R(1, 2*n), R(0, 1), R(0, 1)), combine(R(1, 3*n), R(0, 1), R(0, 1)), combine(R(1, 12*n), R(0, 1), R(1, 4))}
			f := e.At(markov.Context(n))
			for i := range 3 {
				if f.LAt(i).Cmp(h[i]) != 0 {
					t.Errorf("%s, n %d: h[%d] = %s, want %s", start, n, i, f.LAt(i), h[i])
				}
				for k := i; k < 3; k++ {
					want := new(big.Rat).Quo(H[PairIndex(3, i, k)], R(n*n, 1))
					if f.HAt(i, k).Cmp(want) != 0 {
						t.Errorf("%s, n %d: H[%d,%d] = %s, want %s", start, n, i, k, f.HAt(i, k), want)
					}
				}
			}
		}
	}
}

func ExampleLemmaC1() {
	f := LemmaC1()
	fmt.Println("xx,xx:", f.H[0])
	fmt.Println("yy,yy:", f.H[5])
	fmt.Println("h_yy:", f.L[2])
	// Output:
	// xx,xx: p^3 + p^2/n - p^3/n
	// yy,yy: 1/3 p - 1/6 p^2 + 1/6 p^3 + 1/6 p/n + 1/6 p^2/n - 1/6 p^3/n
	// h_yy: 1/4 p + 1/12 p^2
}

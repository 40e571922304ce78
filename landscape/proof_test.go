package landscape

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"markovicl/certificate"
	"markovicl/markov"
	"markovicl/moment"
)

// The exact proof holds for the form's entries taken as rationals, bounds the
// loss closely, and does not survive changes.
func TestProof(t *testing.T) {
	for d := 1; d <= 4; d++ {
		form := binaryForm(d, 5, 0.5, false)
		r, err := Recover(context.Background(), form, Settings{Starts: 20})
		if err != nil || r.Certificate == nil {
			t.Fatal(d, err)
		}
		rational := certificate.Dyadic(form)
		p, err := certificate.NewProof(t.Context(), rational, r.Certificate, 10)
		if err != nil {
			t.Fatal(d, err)
		}
		if err := p.Verify(t.Context(), rational); err != nil {
			t.Error(d, err)
		}
		if lower, _ := p.Lower.Float64(); lower > r.Loss || lower < r.Loss-2e-10 {
			t.Errorf("d %d: proven %v, loss %.15g", d, p.Lower, r.Loss)
		}
		forgeries := map[string]func(p *certificate.Proof){
			"a higher bound":  func(p *certificate.Proof) { p.Lower = new(big.Rat).Add(p.Lower, big.NewRat(1, 100_000)) },
			"another W":       func(p *certificate.Proof) { p.W = slices.Clone(p.W); p.W[1] += 1e-3 },
			"another R":       func(p *certificate.Proof) { p.Factor.R = slices.Clone(p.Factor.R); p.Factor.R[0] += 1 << 48 },
			"another y":       func(p *certificate.Proof) { p.Y = slices.Clone(p.Y); p.Y[0] = big.NewRat(7, 1) },
			"a greater shift": func(p *certificate.Proof) { p.Factor.Shift -= 3 },
			"overflow":        func(p *certificate.Proof) { p.Factor.R = slices.Clone(p.Factor.R); p.Factor.R[0] = math.MaxInt64 },
		}
		for name, change := range forgeries {
			forged := *p
			change(&forged)
			if forged.Verify(t.Context(), rational) == nil {
				t.Errorf("d %d: %s was accepted", d, name)
			}
		}
		other := certificate.Dyadic(binaryForm(d, 50, 0.5, false))
		if p.Verify(t.Context(), other) == nil {
			t.Errorf("d %d: the proof was accepted for another task", d)
		}
	}
}

// Polynomials, certificate and local search agree for d = 1.
func TestPolynomial(t *testing.T) {
	for seed := range uint64(40) {
		form := randomForm(rand.New(rand.NewPCG(seed, 11)), 1, 100)
		v, err := newCircle(certificate.Dyadic(form))
		if err != nil {
			t.Fatal(err)
		}
		lower, upper := v.bestLoss(big.NewRat(1, 1<<50))
		low, _ := lower.Float64()
		high, _ := upper.Float64()
		r, err := Recover(context.Background(), form, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Loss < low-1e-12 || r.Loss > high+1e-12*(1+high) || r.LowerBound.Value > high+1e-12 {
			t.Errorf("seed %d: polynomials say %.15g..%.15g, the search %.15g, the certificate %.15g", seed, low, high, r.Loss, r.LowerBound.Value)
		}
	}
	// p(t) = (t^2-1)(t-3) has three real roots, t^2+1 none, t^2 one.
	roots := func(xs ...int64) int {
		p := make(polynomial, len(xs))
		for i, x := range xs {
			p[i] = big.NewRat(x, 1)
		}
		return p.realRoots()
	}
	if a, b, c := roots(3, -1, -3, 1), roots(1, 0, 1), roots(0, 0, 1); a != 3 || b != 0 || c != 1 {
		t.Errorf("real roots %d %d %d, want 3 0 1", a, b, c)
	}
}

// exactForm returns the form of a task in fractions.
func exactForm(t testing.TB, spec markov.Spec) *moment.ExactForm {
	t.Helper()
	task := newTask(t, spec)
	moments, err := moment.ExactOf(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	return moments.At(task.Context())
}

// Proofs about tasks themselves, whose moments are fractions.
func TestProofOfTask(t *testing.T) {
	for _, spec := range []markov.Spec{{D: 1, N: "5"}, {D: 2, N: "10"}, {D: 3, N: "1", Prior: markov.PriorSpec{Text: "beta:2,5"}}, {D: 4, N: "100"}} {
		exact := exactForm(t, spec)
		r, err := Recover(context.Background(), exact.Float(), Settings{Starts: 20})
		if err != nil || r.Certificate == nil {
			t.Fatal(spec, err)
		}
		p, err := certificate.NewProof(t.Context(), exact, r.Certificate, 12)
		if err != nil {
			t.Fatal(spec, err)
		}
		if err := p.Verify(t.Context(), exact); err != nil {
			t.Error(spec, err)
		}
		if lower, _ := p.Lower.Float64(); lower > r.Loss || lower < r.Loss-1e-11 {
			t.Errorf("%+v: proven %v, loss %.15g", spec, p.Lower, r.Loss)
		}
	}
}

func BenchmarkProof(b *testing.B) {
	for d := 2; d <= 5; d++ {
		b.Run(fmt.Sprint("d=", d), func(b *testing.B) {
			exact := exactForm(b, markov.Spec{D: d})
			r, err := Recover(context.Background(), exact.Float(), Settings{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := certificate.NewProof(b.Context(), exact, r.Certificate, 12); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package landscape

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
)

// BenchmarkRecover times everything: minima, certificate, check.
func BenchmarkRecover(b *testing.B) {
	for _, d := range []int{2, 3, 4, 5, 6, 8} {
		for _, n := range []string{"1", "10", "100"} {
			b.Run(fmt.Sprintf("d=%d/n=%s", d, n), func(b *testing.B) {
				form := taskForm(b, markov.Spec{D: d, N: n})
				b.ReportAllocs()
				for b.Loop() {
					r, err := Recover(context.Background(), form, Settings{})
					if err != nil {
						b.Fatal(err)
					}
					if !r.Certified() {
						b.Fatalf("relative gap %g", r.RelativeGap())
					}
				}
			})
		}
	}
}

// BenchmarkLowSpectrum compares the eigenpairs below a bound, a fifth of the
// spectrum and a twentieth, with a complete eigendecomposition.
func BenchmarkLowSpectrum(b *testing.B) {
	for _, n := range []int{100, 294, 648} {
		r := rand.New(rand.NewPCG(1, 61))
		G := mat.NewDense(n, n, gaussians(r, n*n))
		var S mat.Dense
		S.Add(G, G.T())
		sym := mat.NewSymDense(n, S.RawMatrix().Data)
		var es mat.EigenSym
		es.Factorize(sym, false)
		values := es.Values(nil)
		for _, part := range []int{5, 20} {
			b.Run(fmt.Sprintf("size=%d/lowest=%d", n, n/part), func(b *testing.B) {
				low := newLowSpectrum(n)
				b.ReportAllocs()
				for b.Loop() {
					if _, _, _, err := low.below(S.RawMatrix().Data, values[n/part]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("size=%d/complete", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var es mat.EigenSym
				es.Factorize(sym, true)
			}
		})
	}
}

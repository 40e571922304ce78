package eigen

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func gaussians(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

func TestBelow(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 60, 190} {
		r := rand.New(rand.NewPCG(uint64(n), 4))
		rank := max(1, n/3)
		for name, S := range map[string]*mat.Dense{
			"random":  mat.NewDense(n, n, gaussians(r, n*n)),
			"diag":    mat.DenseCopyOf(mat.NewDiagDense(n, gaussians(r, n))),
			"cluster": mat.NewDense(n, n, nil),
			"glued":   mat.NewDense(n, n, nil),
		} {
			for i := range n { // Wilkinson's matrices of size 21, coupled weakly: pairs and clusters closer than rounding
				if name == "glued" {
					S.Set(i, i, -math.Abs(float64(i%21-10))/20)
					if i > 0 {
						S.Set(i, i-1, 0.1)
						if i%21 == 0 {
							S.Set(i, i-1, 1e-10)
						}
					}
				}
			}
			if name == "cluster" { // -P, P a projection: equal eigenvalues
				var qr mat.QR
				qr.Factorize(mat.NewDense(n, n, gaussians(r, n*n)))
				var Q mat.Dense
				qr.QTo(&Q)
				U := Q.Slice(0, n, 0, rank)
				S.Mul(U, U.T())
				S.Scale(-1, S)
			}
			var sym mat.Dense
			sym.Add(S, S.T())
			data := sym.RawMatrix().Data
			values, V, least, err := New(n).Below(t.Context(), data, -0.1)
			if err != nil {
				t.Fatal(err)
			}
			var es mat.EigenSym
			es.Factorize(mat.NewSymDense(n, data), false)
			want := es.Values(nil)
			if math.Abs(least-want[0]) > 1e-12*(1+math.Abs(want[0])) {
				t.Errorf("%s %d: smallest eigenvalue %g, want %g", name, n, least, want[0])
			}
			k := 0
			for k < n && want[k] < -0.1 {
				k++
			}
			if k != len(values) {
				t.Fatalf("%s %d: %d eigenvalues, want %d", name, n, len(values), k)
			}
			if k == 0 {
				continue
			}
			W := mat.NewDense(n, k, V)
			var gram, SW mat.Dense
			gram.Mul(W.T(), W)
			SW.Mul(&sym, W)
			for c := range k {
				for o := range k {
					want := 0.0
					if c == o {
						want = 1
					}
					if math.Abs(gram.At(c, o)-want) > 1e-12 {
						t.Errorf("%s %d: vectors %d, %d have the product %g", name, n, c, o, gram.At(c, o))
					}
				}
				for i := range n {
					if math.Abs(SW.At(i, c)-values[c]*W.At(i, c)) > 1e-11 {
						t.Errorf("%s %d: vector %d is no eigenvector", name, n, c)
					}
				}
			}
		}
	}
}

// BenchmarkBelow compares the eigenpairs below a bound, a fifth of the
// spectrum and a twentieth, with a complete eigendecomposition.
func BenchmarkBelow(b *testing.B) {
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
				low := New(n)
				b.ReportAllocs()
				for b.Loop() {
					if _, _, _, err := low.Below(b.Context(), S.RawMatrix().Data, values[n/part]); err != nil {
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

// untilLook is a context that ends when it has been looked at so many times.
type untilLook struct {
	context.Context
	left *int
}

func (c untilLook) Err() error {
	if *c.left--; *c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// TestBelowEnds: the eigenpairs end with the context in each of their stages,
// after little more work.
func TestBelowEnds(t *testing.T) {
	const n = 300
	rng := rand.New(rand.NewPCG(3, 1))
	S := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			S[i*n+j] = rng.NormFloat64()
			S[j*n+i] = S[i*n+j]
		}
	}
	looks := 1 << 30
	low := New(n)
	if _, _, _, err := low.Below(untilLook{t.Context(), &looks}, S, 0); err != nil {
		t.Fatal(err)
	}
	looks = 1<<30 - looks
	if looks < n/32-4+n/3 {
		t.Errorf("only %d looks at the context", looks)
	}
	for _, at := range []int{0, 1, n/32 - 5, n / 32, looks - 1} {
		left := at
		if _, _, _, err := low.Below(untilLook{t.Context(), &left}, S, 0); !errors.Is(err, context.DeadlineExceeded) || left != -1 {
			t.Errorf("after look %d of %d: %v, %d more", at, looks, err, -left-1)
		}
	}
}

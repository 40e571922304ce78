package relax

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
)

// A sequence of matrices, each close to the one before: the penalties are those of all
// eigenpairs, up to the tolerance, and a least eigenvalue that is called positive is.
func TestNearly(t *testing.T) {
	const n, margin = krylovSize + 40, 0.05
	r := rand.New(rand.NewPCG(8, 4))
	var qr mat.QR
	qr.Factorize(mat.NewDense(n, n, gaussians(r, n*n)))
	var Q, S, change mat.Dense
	qr.QTo(&Q)
	values := make([]float64, n)
	for i := range values {
		values[i] = 0.02 + math.Pow(float64(i)/n, 2)
		if i < 8 {
			values[i] = -0.4 * r.Float64()
		}
	}
	S.Mul(&Q, mat.NewDiagDense(n, values))
	S.Mul(&S, Q.T())
	nearly := newLowSpectrum(n)
	below := func(i, j int) float64 { return float64(i*n + j) } // what stands below the diagonal, and stays
	for i := range n {
		for j := range i {
			nearly.Scratch()[i*n+j] = below(i, j)
		}
	}
	wantG := make([]float64, n*n)
	iterated := 0
	for step := range 14 {
		change.Reset()
		w := mat.NewDense(n, 3, gaussians(r, 3*n)) // and something new comes down
		change.Mul(w, w.T())
		change.Scale([]float64{0.00002, -0.0001}[step%2], &change)
		S.Add(&S, &change)
		for i := range n {
			S.Set(i, i, S.At(i, i)+0.03)
			for j := range i {
				S.Set(i, j, S.At(j, i))
			}
		}
		data := S.RawMatrix().Data
		before := nearly.before
		F, least, gotG, err := nearly.penalty(t.Context(), func(S []float64) {
			for i := range n {
				copy(S[i*n+i:(i+1)*n], data[i*n+i:(i+1)*n])
			}
		}, margin)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && before.vectors != nil {
			iterated++
		}
		exact := newLowSpectrum(n)
		all, V, lowest, err := exact.Below(t.Context(), data, margin)
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for _, l := range all {
			want += (margin - l) * (margin - l) / 2
		}
		if math.Abs(F-want) > 1e-3*want+1e-12 || math.Abs(least-lowest) > 0.01*(margin-lowest) || least > 0 && lowest <= 0 {
			t.Errorf("step %d: penalty %g of least eigenvalue %g, want %g and %g", step, F, least, want, lowest)
		}
		// The gradient, -sum (margin - l) v v'.
		clear(wantG)
		off, size := 0.0, 0.0
		for i := range n {
			for j := i; j < n; j++ {
				for c, l := range all {
					wantG[i*n+j] -= (margin - l) * V[i*len(all)+c] * V[j*len(all)+c]
				}
				off, size = off+math.Pow(gotG[i*n+j]-wantG[i*n+j], 2), size+wantG[i*n+j]*wantG[i*n+j]
			}
		}
		if off > 0.01*0.01*size+1e-20 {
			t.Errorf("step %d: the gradient is off by %g of %g", step, math.Sqrt(off), math.Sqrt(size))
		}
	}
	for i := range n {
		for j := range i {
			if x := nearly.Scratch()[i*n+j]; x != below(i, j) {
				t.Fatalf("entry %d, %d below the diagonal has become %g", i, j, x)
			}
		}
	}
	if iterated < 5 {
		t.Errorf("%d matrices by the one before only: the test says little", iterated)
	}
}

// What is told of a search is every matrix whose eigenvalues it calculates: a search that
// is stopped at its first progress has taken as many steps as there are between two.
func TestEvaluationsAreTold(t *testing.T) {
	form := randomForm(rand.New(rand.NewPCG(3, 3)), 2, 10)
	b, A := []float64{1, 0, 0}, []float64{1, 0, 0, 1, 0, 0}
	count, told := 0, 0
	if _, err := Maximise(t.Context(), form, b, A, form.C, func() { count++ }, func([]float64, *certificate.Verification) bool {
		told++
		return true
	}); err != nil || told != 1 || count%200 != 0 || count == 0 {
		t.Errorf("%d evaluations were told of, %d bounds, %v", count, told, err)
	}
}

package landscape

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/relax"
)

func certified(t *testing.T, spec markov.Spec) *Recovery {
	t.Helper()
	r, err := Recover(context.Background(), taskForm(t, spec), Settings{Starts: 20})
	if err != nil {
		t.Fatal(err)
	}
	if r.Certificate == nil || !r.Certified() {
		t.Fatalf("%+v: no certificate, gap %g", spec, r.RelativeGap())
	}
	return r
}

func TestCertificateFile(t *testing.T) {
	c := certified(t, markov.Spec{D: 2}).Certificate
	c.Task = `{"d":2}`
	path := filepath.Join(t.TempDir(), "c.npz")
	if err := c.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	got, err := certificate.ReadCertificate(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.Lower != c.Lower || got.Task != c.Task || got.Form.C != c.Form.C || !slices.Equal(got.W, c.W) ||
		!slices.Equal(got.Form.L, c.Form.L) || !mat.Equal(got.Form.H, c.Form.H) || got.Form.Q != 2 {
		t.Error("the file does not hold what was written")
	}
	if _, err := got.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	// The reader's own check: the bordered matrix has no negative eigenvalue.
	S, k, err := certificate.Bordered(t.Context(), got.Form, got.W)
	if err != nil {
		t.Fatal(err)
	}
	Q := mat.NewSymDense(len(k)+1, nil)
	Q.SetSym(0, 0, got.Form.C-got.Lower)
	for i := range k {
		Q.SetSym(0, i+1, -k[i])
		for j := i; j < len(k); j++ {
			Q.SetSym(i+1, j+1, S[i*len(k)+j])
		}
	}
	var es mat.EigenSym
	es.Factorize(Q, false)
	if least := es.Values(nil)[0]; least < -1e-14 {
		t.Errorf("the bordered matrix has the eigenvalue %g", least)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 10, len(data) / 2, len(data) - 1} {
		short := filepath.Join(t.TempDir(), "short.npz")
		if err := os.WriteFile(short, data[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := certificate.ReadCertificate(short); err == nil {
			t.Errorf("a file cut off after %d of %d bytes was accepted", n, len(data))
		}
	}
}

func scaled(W []float64, factor float64) {
	for i := range W {
		W[i] *= factor
	}
}

func TestCertificateRejectsForgery(t *testing.T) {
	genuine := certified(t, markov.Spec{D: 2}).Certificate
	other := certified(t, markov.Spec{D: 2, N: "100"}).Certificate
	n := 18
	for name, c := range map[string]struct {
		change  func(c *certificate.Certificate)
		message string
	}{
		"a higher bound":      {func(c *certificate.Certificate) { c.Lower += 1e-5 }, "not proven"},
		"an asymmetric W":     {func(c *certificate.Certificate) { c.W[1*n+9]++ }, "W is not symmetric"},
		"a W without minors":  {func(c *certificate.Certificate) { c.W[0]++ }, "not a combination of 2 x 2 minors"},
		"W scaled":            {func(c *certificate.Certificate) { scaled(c.W, 1.1) }, "proven"},
		"W = 0":               {func(c *certificate.Certificate) { zero(c.W) }, "proven"},
		"W huge":              {func(c *certificate.Certificate) { scaled(c.W, 1e3) }, "not positive semidefinite"},
		"NaN":                 {func(c *certificate.Certificate) { c.W[5] = math.NaN() }, "finite"},
		"another task's W":    {func(c *certificate.Certificate) { c.W = other.W }, "proven"},
		"another task's form": {func(c *certificate.Certificate) { c.Form = other.Form }, "proven"},
		"infinite l":          {func(c *certificate.Certificate) { c.Lower = math.Inf(-1) }, "finite"},
		"a short W":           {func(c *certificate.Certificate) { c.W = c.W[:7] }, "entries"},
	} {
		forged := *genuine
		forged.W = slices.Clone(genuine.W)
		c.change(&forged)
		_, err := forged.Verify(t.Context())
		if err == nil {
			t.Errorf("%s was accepted", name)
		} else if !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := genuine.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// randomMinors is an admissible W for D rows and M columns: a sum of 2 x 2 minors with
// random coefficients of the given size.
func randomMinors(r *rand.Rand, D, M int, size float64) []float64 {
	n := D * M
	W := make([]float64, n*n)
	for i := range D {
		for j := i + 1; j < D; j++ {
			for s := range M {
				for t := s + 1; t < M; t++ {
					x := size * r.NormFloat64()
					is, it, js, jt := i*M+s, i*M+t, j*M+s, j*M+t
					W[is*n+jt], W[jt*n+is] = x, x
					W[it*n+js], W[js*n+it] = -x, -x
				}
			}
		}
	}
	return W
}

// What Verify proves is true: no parameters have a loss below the bound, for
// genuine and for arbitrary W alike.
func TestProveBoundIsSound(t *testing.T) {
	proofs := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 21))
		q := 1 + r.IntN(2)
		form := randomForm(r, q, math.Pow(10, 8*r.Float64()))
		W := randomMinors(r, q+1, q*(q+1), math.Pow(10, -6*r.Float64()))
		if r.IntN(2) == 0 {
			if inside := relax.InteriorPoint(t.Context(), form); inside != nil {
				for i := range W {
					W[i] += inside[i]
				}
			}
		}
		v, err := certificate.Prove(t.Context(), form, W, true)
		if err != nil {
			continue
		}
		proofs++
		best := minimaOf(context.Background(), form, nil, 0, 20, seed)[0].Loss
		if v.Bound > best*(1+1e-12) {
			t.Errorf("seed %d: proved %.15g, but a transformer has the loss %.15g (slack %g)", seed, v.Bound, best, v.Slack)
		}
		// The bordered matrix itself, by its eigenvalues.
		if v.Slack == 0 {
			S, k, err := certificate.Bordered(t.Context(), form, W)
			if err != nil {
				t.Fatal(err)
			}
			n := len(k)
			Q := mat.NewSymDense(n+1, nil)
			Q.SetSym(n, n, form.C-v.Bound)
			for i := range n {
				Q.SetSym(i, n, -k[i])
				for j := i; j < n; j++ {
					Q.SetSym(i, j, S[i*n+j])
				}
			}
			var es mat.EigenSym
			es.Factorize(Q, false)
			if l := es.Values(nil); l[0] < -1e-13*l[n] {
				t.Errorf("seed %d: the bordered matrix has the eigenvalue %g", seed, l[0])
			}
		}
	}
	if proofs < 50 {
		t.Errorf("%d proofs only: the test says little", proofs)
	}
}

// A slack takes over where N + W is singular.
func TestSlack(t *testing.T) {
	form := binaryForm(1, 10, 0.5, false)
	v, err := certificate.Prove(t.Context(), form, make([]float64, 16), true) // W = 0 on a singular N
	if err != nil {
		t.Fatal(err)
	}
	enlarged, err := Minimise(context.Background(), form)
	if err != nil {
		t.Fatal(err)
	}
	if v.Slack <= 0 || v.Bound > enlarged.Loss || v.Bound < enlarged.Loss-1e-9 {
		t.Errorf("%+v, enlarged optimum %.15g", v, enlarged.Loss)
	}
	// H singular: no bound of |y|.
	singular := &moment.Form{Q: 1, H: mat.NewSymDense(3, []float64{1, 0, 0, 0, 1, 0, 0, 0, 0}), L: []float64{1, 0, 0}, C: 2}
	if _, err := certificate.Prove(t.Context(), singular, make([]float64, 16), true); err == nil {
		t.Error("a bound was proven from a singular form and W = 0")
	}
}

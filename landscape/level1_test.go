package landscape

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
	"markovicl/markov"
)

var everyCase = flag.Bool("whole", false, "all cases of TestLevel1, TestEnlargedFromTheDefinition, TestExactAgrees and TestBoundHeads, some of which take seconds or half a minute")

// biased is a task whose H is singular.
func biased(d int, n string) markov.Spec { return markov.Spec{D: d, N: n, Bias: true} }

// With a bias the best transformer is certified at level 1.
func TestLevel1(t *testing.T) {
	for d := 1; d <= 3; d++ {
		for _, n := range []string{"1", "10", "100"} {
			if d == 3 && (n != "10" && !*everyCase || testing.Short()) {
				continue
			}
			r := recoverLevel1(t, biased(d, n))
			realisable := NotRealisable
			if d == 1 {
				realisable = Realisable
			}
			if !r.Certified() || r.Realisable != realisable || r.Status != Certified || r.Note != "" {
				t.Errorf("d %d, n %s: gap %g, %v, %v, %q", d, n, r.RelativeGap(), r.Realisable, r.Status, r.Note)
			}
			if r.Certificate == nil || r.Certificate.Level() != 1 {
				t.Errorf("d %d, n %s: no certificate of level 1", d, n)
			}
			checkChain(t, fmt.Sprintf("d %d, n %s", d, n), r)
		}
	}
}

// recoverLevel1 recovers the best transformer of a task, once for all tests, which
// leave it as it is.
func recoverLevel1(t testing.TB, spec markov.Spec) *Recovery {
	t.Helper()
	key := fmt.Sprintf("%+v", spec)
	if r := recovered[key]; r != nil {
		return r
	}
	r, err := Recover(context.Background(), taskForm(t, spec), Settings{Level: 1, Boxes: -1})
	if err != nil {
		t.Fatal(err)
	}
	recovered[key] = r
	return r
}

var recovered = make(map[string]*Recovery)

// Other tasks on which level 0 says nothing or leaves a gap.
func TestLevel1Tasks(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 2, N: "1", P: "0.68", Prior: markov.PriorSpec{Text: "beta:2.7,0.8"}},
		{D: 2, Embedding: "onehot"},
		{D: 2, Embedding: "sign", Bias: true},
		{D: 1, States: 3, Embedding: "onehot"}, // three best transformers, by symmetry
		{D: 1, States: 3, Bias: true},
		{D: 2, Bias: true, Start: "stationary"},
		{D: 2, Bias: true, Start: "correlated:0.5,0.3,0.7"},
		{D: 3, N: "inf"},
		// Open as long as P is the identity.
		{D: 2, N: "40", Bias: true, P: "0.22", Prior: markov.PriorSpec{Text: "beta:1.7,1.3"}},
		// With many small directions.
		{D: 2, Bias: true, Prior: markov.PriorSpec{Text: "beta:0.3,2"}},
	} {
		r := recoverLevel1(t, spec)
		certified := r.Certified() && r.Realisable == NotRealisable
		if spec.Start == "stationary" { // whose moments are not proven
			certified = !r.Certified() && r.StoredBound.Value > r.Loss*(1-CertifiedGap)
		}
		if !certified {
			t.Errorf("%+v: gap %g, %v, %q", spec, r.RelativeGap(), r.Realisable, r.Note)
		}
		checkChain(t, fmt.Sprintf("%+v", spec), r)
	}
}

// Random tasks with a bias are certified.
func TestLevel1Random(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	tasks := 12
	if testing.Short() {
		tasks = 4
	}
	for range tasks {
		spec := markov.Spec{
			D: 2, Bias: true, N: fmt.Sprint([]int{1, 2, 5, 10, 40, 100, 1000}[r.IntN(7)]), P: fmt.Sprintf("%d/100", 15+r.IntN(70)),
			Prior: markov.PriorSpec{Text: fmt.Sprintf("beta:%d/10,%d/10", 5+r.IntN(25), 5+r.IntN(25))},
		}
		x := recoverLevel1(t, spec)
		checkChain(t, fmt.Sprintf("%+v", spec), x)
		if !x.Certified() {
			t.Errorf("%+v: gap %g", spec, x.RelativeGap())
		}
	}
}

// One-hot inputs, with and without a bias, span the same functions as a bias alone:
// the best loss is the same, and no parameters with rounding for a loss are taken
// for a transformer that attains the enlarged optimum.
func TestRedundantFeatures(t *testing.T) {
	want := recoverLevel1(t, biased(2, "10"))
	for _, spec := range []markov.Spec{{D: 2, Embedding: "onehot"}, {D: 2, Embedding: "onehot", Bias: true}} {
		form := taskForm(t, spec)
		r, err := Recover(context.Background(), form, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Realisable != Undecided || math.Abs(r.Loss-want.Loss) > 1e-12 {
			t.Errorf("%+v: %v, loss %.15g, want %.15g", spec, r.Realisable, r.Loss, want.Loss)
		}
		b, A := r.Parameters.Head(0, 0)
		if loss := form.Loss(Phi(b, A)); math.Abs(loss-r.Loss) > 1e-10 {
			t.Errorf("%+v: the parameters have the loss %.15g, reported %.15g", spec, loss, r.Loss)
		}
	}
}

func TestLevel1File(t *testing.T) {
	for _, spec := range []markov.Spec{biased(1, "10"), biased(2, "10"), {D: 2, Embedding: "onehot", Bias: true}} {
		c := recoverLevel1(t, spec).Certificate
		path := filepath.Join(t.TempDir(), "c.npz")
		if err := c.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		got, err := certificate.ReadCertificate(path)
		if err != nil {
			t.Fatal(err)
		}
		if got.Lower != c.Lower || !slices.Equal(got.W, c.W) || !mat.Equal(got.Multiplier.P, c.Multiplier.P) ||
			!mat.Equal(got.Multiplier.U, c.Multiplier.U) || !mat.Equal(got.Multiplier.G, c.Multiplier.G) || !mat.Equal(got.Form.H, c.Form.H) {
			t.Errorf("%+v: the file does not hold what was written", spec)
		}
		if _, err := got.Verify(t.Context()); err != nil {
			t.Errorf("%+v: %v", spec, err)
		}
	}
}

func TestLevel1RejectsForgery(t *testing.T) {
	genuine := recoverLevel1(t, biased(2, "10")).Certificate
	other := recoverLevel1(t, biased(2, "100")).Certificate
	n := int(math.Sqrt(float64(len(genuine.W))))
	changed := func(M *mat.Dense, i, j int, x float64) *mat.Dense {
		M = mat.DenseCopyOf(M)
		M.Set(i, j, x)
		return M
	}
	for name, c := range map[string]struct {
		change  func(c *certificate.Certificate)
		message string
	}{
		"a higher bound":      {func(c *certificate.Certificate) { c.Lower += 1e-5 }, "not proven"},
		"an asymmetric W":     {func(c *certificate.Certificate) { c.W[1]++ }, "W is not symmetric"},
		"an entry of W":       {func(c *certificate.Certificate) { c.W[3*n+5] += 1e-9; c.W[5*n+3] += 1e-9 }, "W is not admissible"},
		"W scaled":            {func(c *certificate.Certificate) { scaled(c.W, 1.125) }, "proven"},
		"W = 0":               {func(c *certificate.Certificate) { zero(c.W) }, "proven"},
		"W huge":              {func(c *certificate.Certificate) { scaled(c.W, 1<<20) }, "not positive semidefinite"},
		"NaN":                 {func(c *certificate.Certificate) { c.W[5] = math.NaN() }, "finite"},
		"a short W":           {func(c *certificate.Certificate) { c.W = c.W[:7] }, "entries"},
		"another task's form": {func(c *certificate.Certificate) { c.Form = other.Form }, "proves nothing"},
		"another task's W":    {func(c *certificate.Certificate) { c.W, c.Multiplier = other.W, other.Multiplier }, "proven"},
		"a P not definite": {func(c *certificate.Certificate) {
			P := mat.NewSymDense(4, nil)
			P.CopySym(c.Multiplier.P)
			P.SetSym(0, 0, -1)
			c.Multiplier.P = P
		}, "P is not positive definite"},
		"a P too small":       {func(c *certificate.Certificate) { c.Multiplier.P = mat.NewSymDense(3, nil) }, "P is 3 x 3"},
		"another dependence":  {func(c *certificate.Certificate) { c.Multiplier.G = changed(c.Multiplier.G, 1, 4, 0) }, "W is not admissible"},
		"half a dependence":   {func(c *certificate.Certificate) { c.Multiplier.G = changed(c.Multiplier.G, 1, 4, 0.5) }, "whole number"},
		"no echelon":          {func(c *certificate.Certificate) { c.Multiplier.U = changed(c.Multiplier.U, 0, 0, 2) }, "no column"},
		"no P":                {func(c *certificate.Certificate) { c.Multiplier.P = nil }, "needs P, U and G"},
		"no multiplier":       {func(c *certificate.Certificate) { c.Multiplier = nil }, "entries"},
		"an infinite l":       {func(c *certificate.Certificate) { c.Lower = math.Inf(1) }, "finite"},
		"an H a little off":   {func(c *certificate.Certificate) { c.Form.H.SetSym(0, 1, c.Form.H.At(0, 1)+1e-9) }, "dependences"},
		"a task a little off": {func(c *certificate.Certificate) { c.Form.C -= 1e-6 }, "proven"},
		"a vanishing P": {func(c *certificate.Certificate) {
			P := mat.NewSymDense(4, nil)
			for i := range 4 {
				P.SetSym(i, i, 36*0x1p-1074)
			}
			zero(c.W)
			c.Multiplier.P, c.Lower = P, 0.375
		}, "P: diagonal entries"},
		"a bound far below": {func(c *certificate.Certificate) { c.Form.C = 1e-5 }, "proven"},
		"c = 0":             {func(c *certificate.Certificate) { c.Form.C = 0 }, "nothing to prove"},
		"tiny numbers":      {func(c *certificate.Certificate) { c.Form.C = 1e-300 }, "not positive semidefinite"},
	} {
		forged := *genuine
		forged.W = slices.Clone(genuine.W)
		multiplier := *genuine.Multiplier
		forged.Multiplier = &multiplier
		form := *genuine.Form
		form.H = mat.NewSymDense(form.Dim(), nil)
		form.H.CopySym(genuine.Form.H)
		forged.Form = &form
		c.change(&forged)
		if _, err := forged.Verify(t.Context()); err == nil {
			t.Errorf("%s was accepted", name)
		} else if !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := genuine.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// Proofs of level 1 without rounding, and what they do not survive.
func TestLevel1Proof(t *testing.T) {
	for _, spec := range []markov.Spec{biased(1, "10"), biased(2, "10"), {D: 2, Embedding: "onehot", Bias: true}} {
		exact := exactForm(t, spec)
		r, err := Recover(context.Background(), exact.Float(), Settings{Level: 1})
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
		if lower, _ := p.Lower.Float64(); lower > r.Loss || lower < r.Loss*(1-1e-7) {
			t.Errorf("%+v: proven %v, loss %.15g", spec, p.Lower, r.Loss)
		}
		for name, change := range map[string]func(p *certificate.Proof){
			"a higher bound": func(p *certificate.Proof) { p.Lower = new(big.Rat).Add(p.Lower, big.NewRat(1, 100_000)) },
			"another W":      func(p *certificate.Proof) { p.W = slices.Clone(p.W); p.W[0]++ },
			"another R":      func(p *certificate.Proof) { p.Factor.R = slices.Clone(p.Factor.R); p.Factor.R[0] += 1 << 48 },
			"no R":           func(p *certificate.Proof) { p.Factor.R = nil },
			"no bound":       func(p *certificate.Proof) { p.Lower = nil },
		} {
			forged := *p
			change(&forged)
			if forged.Verify(t.Context(), exact) == nil {
				t.Errorf("%+v: %s was accepted", spec, name)
			}
		}
		if p.Verify(t.Context(), exactForm(t, markov.Spec{D: spec.D, N: "7", Embedding: spec.Embedding, Bias: spec.Bias})) == nil {
			t.Errorf("%+v: the proof was accepted for another n", spec)
		}
	}
}

// Losses that only ever larger parameters approach are not taken for attained, and
// no loss below a bound is certified.
func TestInfimum(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 1, Bias: true, Start: "stationary"},
		{D: 2, Start: "stationary", Embedding: "onehot"},
		{D: 2, N: "100", Start: "stationary", Embedding: "onehot"},
		{D: 2, N: "1000000", Bias: true},
	} {
		r, err := Recover(context.Background(), taskForm(t, spec), Settings{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Realisable == Realisable || r.Loss < r.LossEnlarged*(1-1e-9) {
			t.Errorf("%+v: %v, loss %.15g, enlarged %.15g", spec, r.Realisable, r.Loss, r.LossEnlarged)
		}
	}
}

// Stopped in the middle, the bounds are true and the status says so.
func TestLevel1Interrupted(t *testing.T) {
	form := taskForm(t, biased(2, "100"))
	for _, reports := range []int{1, 5} {
		ctx, cancel := context.WithCancel(context.Background())
		count := 0
		r, err := Recover(ctx, form, Settings{Level: 1, Progress: func(_, _ float64) {
			if count++; count == reports {
				cancel()
			}
		}})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		checkChain(t, "interrupted", r)
		if r.Status != Interrupted || r.Certified() || r.LowerBound != r.Enlarged.Bound || r.Realisable != Undecided {
			t.Errorf("after %d reports: %v, gap %g, %v", reports, r.Status, r.RelativeGap(), r.Realisable)
		}
	}
}

// BenchmarkLevel1 is the whole answer for tasks with a bias.
func BenchmarkLevel1(b *testing.B) {
	for d := 2; d <= 3; d++ {
		for _, n := range []string{"1", "10", "100"} {
			b.Run(fmt.Sprintf("d=%d/n=%s", d, n), func(b *testing.B) {
				form := taskForm(b, biased(d, n))
				b.ReportAllocs()
				evaluations := 0
				for b.Loop() {
					if _, err := Recover(context.Background(), form, Settings{Level: 1, Progress: func(_, _ float64) { evaluations++ }}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(evaluations)/float64(b.N), "evaluations/op")
			})
		}
	}
}

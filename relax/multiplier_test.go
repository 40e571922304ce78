package relax

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
	"markovicl/markov"
	"markovicl/moment"
)

// biased is a task whose H is singular.
func biased(d int, n string) markov.Spec { return markov.Spec{D: d, N: n, Bias: true} }

func reducedOf(t testing.TB, form *moment.Form) *Reduced {
	t.Helper()
	reduced, err := Reduce(form, rankOf(t, form))
	if err != nil {
		t.Fatal(err)
	}
	return reduced
}

// spaceOf is the space of W in random coordinates Tb, Tu = 1, Tg.
func spaceOf(t testing.TB, r *rand.Rand, reduced *Reduced) (s *space, known *relations, Tb, Tx *mat.Dense) {
	t.Helper()
	units, _ := reduced.U.Dims()
	grams, _ := reduced.G.Dims()
	known, err := newRelations(t.Context(), bilinear(reduced.G, units+1), units+1)
	if err != nil {
		t.Fatal(err)
	}
	Tb = mat.NewDense(units+1, units+1, gaussians(r, (units+1)*(units+1)))
	Tg := mat.NewDense(grams, grams, gaussians(r, grams*grams))
	Tx = identity(1 + units*grams)
	Tx.Slice(1, 1+units*grams, 1, 1+units*grams).(*mat.Dense).Kronecker(identity(units), Tg)
	return newSpace(context.Background(), known, units+1, units, grams, Tb, Tg), known, Tb, Tx
}

// lifted returns v for b~ and A~.
func (f *Reduced) lifted(b, A []float64) []float64 {
	x := append([]float64{1}, f.coordinates(phi(b, A))...)
	var v []float64
	for _, bi := range b {
		for _, xt := range x {
			v = append(v, bi*xt)
		}
	}
	return v
}

// singular and definite tasks with small matrices.
var multiplierTasks = []markov.Spec{
	{D: 1}, {D: 2}, biased(1, "10"), biased(2, "10"), {D: 1, Embedding: "onehot"}, {D: 1, States: 3, Embedding: "onehot"},
	{D: 2, Embedding: "sign", Bias: true}, {D: 3, N: "inf"},
}

// The reduced form has the loss of the form.
func TestReducedForm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 61))
	for _, spec := range append(slices.Clone(multiplierTasks), markov.Spec{D: 2, States: 3, Embedding: "onehot", Bias: true}) {
		form := taskForm(t, spec)
		reduced := reducedOf(t, form)
		units, _ := reduced.U.Dims()
		small := reduced.Features(form)
		for range 20 {
			b, A := gaussians(r, form.Q+1), gaussians(r, (form.Q+1)*form.Q)
			want := form.Loss(phi(b, A))
			// Z b and Z A U'.
			small1 := reduced.Restricted(b)
			ZA := mat.NewDense(units+1, form.Q, nil)
			for j := range form.Q {
				ZA.SetCol(j, reduced.Restricted(mat.Col(nil, j, mat.NewDense(form.Q+1, form.Q, A))))
			}
			var ZAU mat.Dense
			ZAU.Mul(ZA, reduced.U.T())
			smallA := ZAU.RawMatrix().Data
			x := mat.NewVecDense(len(reduced.s), reduced.coordinates(phi(small1, smallA)))
			got := mat.Inner(x, mat.NewDense(len(reduced.s), len(reduced.s), reduced.R), x) - 2*mat.Dot(x, mat.NewVecDense(len(reduced.s), reduced.s)) + reduced.c
			wholeB, wholeA := reduced.Extend(small1, smallA)
			for name, value := range map[string]float64{
				"in coordinates":      got,
				"without rounding":    certificate.LossBound(form, nil, wholeB, wholeA, 1).Value,
				"of the small form":   small.Loss(phi(small1, smallA)),
				"of extended A and b": form.Loss(phi(wholeB, wholeA)),
			} {
				if math.Abs(value-want) > 1e-11*(1+math.Abs(want)) {
					t.Errorf("%+v: the loss %s is %.15g, want %.15g", spec, name, value, want)
				}
			}
		}
	}
	// The kernel of this H is not one of dependent features.
	form := taskForm(t, markov.Spec{D: 2, Start: "correlated:0.5,0,1"})
	if _, err := Reduce(form, 10); err == nil || !strings.Contains(err.Error(), "rank 10") {
		t.Errorf("reduced: %v", err)
	}
}

// The W are all symmetric matrices that vanish on the v, no more and no fewer: their
// dimension and the rank of many vv' add up.
func TestSpaceIsWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 61))
	for _, spec := range multiplierTasks {
		reduced := reducedOf(t, taskForm(t, spec))
		units, _ := reduced.U.Dims()
		s, _, _, _ := spaceOf(t, r, reduced)
		n := (units + 1) * (1 + len(reduced.s))
		if n > 30 {
			continue
		}
		all := n * (n + 1) / 2
		M := mat.NewDense(all+10, all, nil)
		for k := range all + 10 {
			v := reduced.lifted(gaussians(r, units+1), gaussians(r, (units+1)*units))
			normalise(v)
			at := 0
			for i := range n {
				for j := i; j < n; j++ {
					M.Set(k, at, v[i]*v[j])
					at++
				}
			}
		}
		var svd mat.SVD
		svd.Factorize(M, mat.SVDNone)
		rank := 0
		for _, x := range svd.Values(nil) {
			if x > 1e-10*svd.Values(nil)[0] {
				rank++
			}
		}
		if s.count() != all-rank {
			t.Errorf("%+v: %d W, but %d of %d products are independent", spec, s.count(), rank, all)
		}
	}
}

// In any coordinates: W vanishes on v, the coordinates are orthonormal, and project is
// add's adjoint.
func TestSpace(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 61))
	for _, spec := range multiplierTasks {
		reduced := reducedOf(t, taskForm(t, spec))
		units, _ := reduced.U.Dims()
		s, known, Tb, Tx := spaceOf(t, r, reduced)
		n := (units + 1) * (1 + len(reduced.s))
		w, back := gaussians(r, s.count()), make([]float64, s.count())
		W := make([]float64, n*n)
		s.add(W, w)
		s.project(back, W)
		for i := range w {
			if math.Abs(w[i]-back[i]) > 100*orthogonality {
				t.Fatalf("%+v: coordinate %d is %g, then %g", spec, i, w[i], back[i])
			}
		}
		G := mat.NewSymDense(n, nil)
		G.SymOuterK(1, mat.NewDense(n, n, gaussians(r, n*n)))
		full := mat.DenseCopyOf(G).RawMatrix().Data
		s.project(back, full)
		if x, y := dot(W, full), dot(w, back); math.Abs(x-y) > 1e-9*math.Abs(x) {
			t.Errorf("%+v: <W, G> = %g, by coordinates %g", spec, x, y)
		}
		// Back in the original coordinates: exactly zero on v once it is exact.
		var backB, backX mat.Dense
		if backB.Inverse(Tb) != nil || backX.Inverse(Tx) != nil {
			t.Fatal("singular coordinates")
		}
		plain := congruence(W, &backB, &backX)
		exact := known.exact(plain, 1, units)
		size := mat.Norm(mat.NewVecDense(n*n, plain), math.Inf(1))
		for i := range plain {
			if math.Abs(plain[i]-exact[i]) > 1e-8*size {
				t.Fatalf("%+v: W[%d] is %g, made exact %g", spec, i, plain[i], exact[i])
			}
		}
		if err := certificate.CheckIdentity(exact, reduced.G, units+1, len(reduced.s)); err != nil {
			t.Errorf("%+v: %v", spec, err)
		}
		u := reduced.lifted(gaussians(r, units+1), gaussians(r, (units+1)*units))
		normalise(u)
		U := mat.NewVecDense(n, u)
		if x := mat.Inner(U, mat.NewDense(n, n, exact), U); math.Abs(x) > 1e-13*size {
			t.Errorf("%+v: v'Wv = %g", spec, x)
		}
		exact[n+2]++
		exact[2*n+1]++
		if certificate.CheckIdentity(exact, reduced.G, units+1, len(reduced.s)) == nil {
			t.Errorf("%+v: a change of W was not noticed", spec)
		}
	}
}

// With P as well: project is add's adjoint, products are those of the matrix with vectors,
// and the search starts at a matrix that vanishes on v*.
func TestMultiplierSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 61))
	for _, spec := range []markov.Spec{biased(2, "10"), {D: 1, States: 3, Embedding: "onehot"}, {D: 2}} {
		form := taskForm(t, spec)
		reduced := reducedOf(t, form)
		minima := []Minimum{lowest(r, reduced.Features(form), 5)}
		m, err := newMultiplierSearch(context.Background(), reduced, minima)
		if err != nil {
			t.Fatal(err)
		}
		w, back := gaussians(r, m.count()), make([]float64, m.count())
		S, G := make([]float64, m.n*m.n), mat.NewSymDense(m.n, nil)
		G.SymOuterK(1, mat.NewDense(m.n, m.n, gaussians(r, m.n*m.n)))
		m.add(S, w)
		full := mat.DenseCopyOf(G).RawMatrix().Data
		m.project(back, full)
		if x, y := dot(S, full), dot(w, back); math.Abs(x-y) > 1e-9*math.Abs(x) {
			t.Errorf("%+v: <W, G> = %g, by coordinates %g", spec, x, y)
		}
		checkProducts(t, r, m, w, S)
		copy(S, m.Q)
		m.add(S, m.start)
		star, _, err := m.at(&minima[0], reduced.coordinates(minima[0].X))
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.n {
			if x := dot(S[i*m.n:(i+1)*m.n], star) - star[i]; math.Abs(x) > 1e-7 {
				t.Errorf("%+v: entry %d of Qv* is %g", spec, i, x)
			}
		}
		// The gradient of the penalty, stretched and not, by differences.
		s := newStretch(t.Context(), m, minima[0].Loss-0.9*minima[0].Loss)
		for _, p := range []penalty{m.penalty(nil), m.penalty(s)} {
			x, step := slices.Clone(m.start), gaussians(r, m.count())
			m.fixed.removeFrom(step)
			normalise(step)
			gradient, scratch := make([]float64, m.count()), make([]float64, m.count())
			const margin, h = 0.5, 1e-5
			if _, _, err := p(t.Context(), x, margin, gradient); err != nil {
				t.Fatal(err)
			}
			value := func(h float64) float64 {
				y := slices.Clone(x)
				for i := range y {
					y[i] += h * step[i]
				}
				F, _, err := p(t.Context(), y, margin, scratch)
				if err != nil {
					t.Fatal(err)
				}
				return F
			}
			if x, y := (value(h)-value(-h))/(2*h), dot(gradient, step); math.Abs(x-y) > 1e-5*(1+math.Abs(x)) {
				t.Errorf("%+v: the penalty rises by %g, by its gradient %g", spec, x, y)
			}
		}
	}
}

// checkProducts compares J, J' and JJ' with the matrix S of the coordinates w.
func checkProducts(t *testing.T, r *rand.Rand, m *multiplierSearch, w, S []float64) {
	t.Helper()
	vs := [][]float64{gaussians(r, m.n), gaussians(r, m.n), gaussians(r, m.n)}
	p, err := newProducts(t.Context(), m, vs)
	if err != nil {
		t.Fatal(err)
	}
	got, back := make([]float64, p.rows()), make([]float64, m.count())
	p.times(got, w)
	e := gaussians(r, p.rows())
	p.addTransposed(back, e)
	if x, y := dot(got, e), dot(back, w); math.Abs(x-y) > 1e-9*(1+math.Abs(x)) {
		t.Errorf("<Jw, r> = %g, <w, J'r> = %g", x, y)
	}
	gram, err := p.gram(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	column := make([]float64, p.rows())
	for k, v := range vs {
		for i := range m.n {
			at := k*m.n + i
			if x := dot(S[i*m.n:(i+1)*m.n], v); math.Abs(x-got[at]) > 1e-9*(1+math.Abs(x)) {
				t.Fatalf("entry %d of product %d is %g, by coordinates %g", i, k, x, got[at])
			}
			if i%7 != 0 {
				continue
			}
			clear(back)
			clear(column)
			column[at] = 1
			p.addTransposed(back, column)
			p.times(column, back)
			for o, x := range column {
				if y := gram.At(at, o); math.Abs(x-y) > 1e-9*(1+math.Abs(x)) {
					t.Fatalf("JJ'[%d, %d] is %g, by coordinates %g", at, o, y, x)
				}
			}
		}
	}
}

// What a certificate of level 1 proves is true, whatever its W: no parameters have a
// loss below the bound.
func TestMultiplierBoundIsSound(t *testing.T) {
	proofs := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 62))
		form := taskForm(t, biased(1, "3"))
		if seed%2 == 0 {
			form = randomForm(r, 1+r.IntN(2), math.Pow(10, 6*r.Float64()))
		}
		reduced := reducedOf(t, form)
		units, _ := reduced.U.Dims()
		s, known, Tb, Tx := spaceOf(t, r, reduced)
		w := gaussians(r, s.count())
		size := math.Pow(10, -8*r.Float64())
		for i := range w {
			w[i] *= size
		}
		n := (units + 1) * (1 + len(reduced.s))
		W := make([]float64, n*n)
		s.add(W, w)
		var backB, backX mat.Dense
		if backB.Inverse(Tb) != nil || backX.Inverse(Tx) != nil {
			continue
		}
		P := mat.NewSymDense(units+1, nil)
		P.SymOuterK(1, backB.T())
		multiplier := &certificate.Multiplier{P: P, U: reduced.U, G: reduced.G}
		v, err := certificate.ProveMultiplier(t.Context(), form, known.exact(congruence(W, &backB, &backX), 1, units), multiplier, certificate.Uncertainty(form))
		if err != nil {
			continue
		}
		proofs++
		best := math.Inf(1)
		for range 10 {
			m := alternated(reduced.Features(form), gaussians(r, units+1), 100)
			wholeB, wholeA := reduced.Extend(m.B, m.A)
			best = min(best, certificate.LossBound(form, nil, wholeB, wholeA, 1).Value)
		}
		if v.Bound > best {
			t.Errorf("seed %d: proved %.15g, but a transformer has the loss %.15g", seed, v.Bound, best)
		}
	}
	if proofs < 20 {
		t.Errorf("%d proofs only: the test says little", proofs)
	}
}

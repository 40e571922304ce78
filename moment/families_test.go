package moment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"markovicl/markov"
	"markovicl/markov/markovtest"
)

// kernelLaw is the law of a kernel as the probability of words: chains that share
// it, each a string of its states, have the returned joint probability, starts
// left out.
type kernelLaw func(words []string) float64

// wordLaws returns what the kernel of a task says about words: one law for a
// Dirichlet prior, one for each kernel of a mixture, with its weight and its
// stationary law.
func wordLaws(task markov.Task) (laws []kernelLaw, weights []float64, stationary [][]float64) {
	S, order := task.States(), task.Order()
	row := func(context string) int {
		number := 0
		for _, s := range []byte(context) {
			number = number*S + int(s)
		}
		return number
	}
	transitions := func(words []string, each func(context string, next int)) {
		for _, w := range words {
			for i := order; i < len(w); i++ {
				each(w[i-order:i], int(w[i]))
			}
		}
	}
	m := task.Prior().Mixture()
	if m == nil {
		// Polya's urn: each transition adds one to its row's alpha.
		return []kernelLaw{func(words []string) float64 {
			urns := map[string][]float64{}
			p := 1.0
			transitions(words, func(context string, next int) {
				urn := urns[context]
				if urn == nil {
					urn = task.Prior().Alpha(row(context))
					urns[context] = urn
				}
				var sum float64
				for _, a := range urn {
					sum += a
				}
				p *= urn[next] / sum
				urn[next]++
			})
			return p
		}}, []float64{1}, [][]float64{nil}
	}
	for k := range m.Len() {
		kernel := m.KernelRat(k)
		laws = append(laws, func(words []string) float64 {
			p := 1.0
			transitions(words, func(context string, next int) { p *= markov.Float(kernel[row(context)*S+next]) })
			return p
		})
		weights = append(weights, markov.Float(m.WeightRat(k)))
		law := make([]float64, S)
		law[0] = 1
		for range 5000 { // by powers of the lazy chain
			next := make([]float64, S)
			for s, x := range law {
				next[s] += x / 2
				for r := range S {
					next[r] += x / 2 * markov.Float(kernel[s*S+r])
				}
			}
			law = next
			if order > 1 {
				break
			}
		}
		stationary = append(stationary, law)
	}
	return laws, weights, stationary
}

// enumerateWords returns the loss of a task of any order and prior by adding up
// all words of its n+1 chains.
func enumerateWords(task markov.Task, n int) *Form {
	S, d, D := task.States(), task.Positions(), task.Dim()
	q, size, order := D-1, Pairs(D), task.Order()
	f := &Form{Q: q, H: mat.NewSymDense(q*size, nil), L: make([]float64, q*size)}
	laws, weights, stationary := wordLaws(task)
	total := int(math.Round(math.Pow(float64(S), float64((n+1)*(d+1)))))
	z, u, ug := make([]float64, D), make([]float64, q), make([]float64, q*size)
	for number := range total {
		words := make([]string, n+1) // the query last
		rest := number
		for c := range words {
			letters := make([]byte, d+1)
			for i := range letters {
				letters[i] = byte(rest % S)
				rest /= S
			}
			words[c] = string(letters)
		}
		var probability float64
		for k, law := range laws {
			query, context := stationary[k], stationary[k]
			if task.Start().Kind() != markov.StationaryStart {
				query, context = task.Start().Query(), task.Start().Context(words[n][0])
			}
			p := weights[k] * law(words)
			for c, w := range words {
				start := context
				if c == n {
					start = query
				}
				for i := range order {
					p *= start[w[i]]
				}
			}
			probability += p
		}
		clear(ug)
		task.Features(u, []byte(words[n][:d]))
		y := task.Embedding().Label(words[n][d])
		for _, w := range words[:n] {
			task.Column(z, []byte(w))
			for j, x := range u {
				for a := range D {
					for b := a; b < D; b++ {
						ug[j*size+PairIndex(D, a, b)] += x * z[a] * z[b] / float64(n)
					}
				}
			}
		}
		for i, x := range ug {
			f.L[i] += probability * y * x
			for k := i; k < len(ug); k++ {
				f.H.SetSym(i, k, f.H.At(i, k)+probability*x*ug[k])
			}
		}
		f.C += probability * y * y
	}
	return f
}

// Every order, mixture, embedding and start, with and without bias, against all
// words: by the rule that is chosen, by counts or kernels in fractions, and, of
// an order above 1, by a product rule over kernels.
func TestWords(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		task := markovtest.Tasks(markovtest.Limits{States: 3, Positions: 3, Order: 3, Kernels: 4, QueryDim: 7}).Draw(r, "task")
		mixed := task.Prior().Mixture() != nil
		if !mixed && task.Start().Kind() == markov.StationaryStart {
			r.Skip("the mean over stationary laws is no finite sum")
		}
		n := 1
		if words := math.Pow(float64(task.States()), float64(3*(task.Positions()+1))); words <= 600 {
			n = rapid.IntRange(1, 2).Draw(r, "chains")
		}
		if math.Pow(float64(task.States()), float64((n+1)*(task.Positions()+1))) > 7000 {
			r.Skip("too many words")
		}
		want := enumerateWords(task, n)
		m, err := Of(r.Context(), task, Options{})
		if err != nil {
			r.Fatal(err)
		}
		if d := difference(m.At(markov.Context(n)), want); !(d < 1e-13) {
			r.Errorf("%s, n %d, %s: differs by %.2g", task, n, m.Rule().Name, d)
		}
		e, err := ExactOf(r.Context(), task)
		if err != nil {
			r.Fatal(err)
		}
		if d := difference(e.At(markov.Context(n)).Float(), want); !(d < 1e-13) {
			r.Errorf("%s, n %d, fractions: differs by %.2g", task, n, d)
		}
		b := newBasis(task)
		var other tables
		if mixed {
			rule, err := mixtureRule(task)
			if err != nil {
				r.Fatal(err)
			}
			if other, err = average(r.Context(), b, rule, starts(task), 2); err != nil {
				r.Fatal(err)
			}
		} else if other, err = count(r.Context(), task, b, starts(task), 2); err != nil {
			r.Fatal(err)
		}
		if d := difference(other.at(b, markov.Context(n)), want); !(d < 1e-13) {
			r.Errorf("%s, n %d, floating point: differs by %.2g", task, n, d)
		}
	})
}

// Of an order above 1 a product rule over kernels agrees with the counts.
func TestOrderRules(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 3, Order: 2}, {D: 3, Order: 3, P: "0.3", Bias: true}, {D: 4, Order: 2, Embedding: "sign", Prior: markov.PriorSpec{Text: "beta:2,0.5"}},
		{D: 2, Order: 2, Prior: markov.PriorSpec{Rows: [][]string{{"1", "2"}, {"3", "1/2"}, {"1", "1"}, {"0.3", "4"}}}},
	} {
		task := newTask(t, spec)
		counts, gauss := of(t, task, Options{Rule: DirichletCounts}), of(t, task, Options{Rule: GaussJacobi})
		for _, n := range []markov.Context{1, 10, markov.Infinite} {
			if d := difference(gauss.At(n), counts.At(n)); !(d < 1e-13) {
				t.Errorf("%s, n %s: rules differ by %.2g", task, n, d)
			}
		}
		fewer := of(t, task, Options{Rule: GaussJacobi, Nodes: exactNodes(task) - 1})
		if d := difference(fewer.At(10), counts.At(10)); !(d > 1e-13) {
			t.Errorf("%s: one node fewer changes only %.2g", task, d)
		}
	}
}

// Chains of order 1 are chains of order 2 whose rows do not depend on the oldest
// state; a mixture says so exactly. The first two states differ in law: start at
// the fixed point of a kernel with equal rows.
func TestOrderOfMixture(t *testing.T) {
	one := markov.MixtureSpec{Kernels: [][][]string{{{"0.3", "0.7"}, {"0.3", "0.7"}}, {{"0.3", "0.7"}, {"0.3", "0.7"}}}}
	two := markov.MixtureSpec{Kernels: [][][]string{
		{{"0.3", "0.7"}, {"0.3", "0.7"}, {"0.3", "0.7"}, {"0.3", "0.7"}}, {{"0.3", "0.7"}, {"0.3", "0.7"}, {"0.3", "0.7"}, {"0.3", "0.7"}},
	}}
	a := of(t, newTask(t, markov.Spec{D: 3, Prior: markov.PriorSpec{Mixture: &one}, P: "0.7"}), Options{})
	b := of(t, newTask(t, markov.Spec{D: 3, Order: 2, Prior: markov.PriorSpec{Mixture: &two}, P: "0.7"}), Options{})
	if d := difference(a.At(10), b.At(10)); d > 1e-15 {
		t.Errorf("differs by %.2g", d)
	}
}

// The bounds of the errors hold for the families too, whatever computed the
// floats.
func TestErrorsOfFamilies(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	kernel := func(rows int) (out [][]string) {
		for range rows {
			p := 1 + rng.IntN(999_999)
			out = append(out, []string{fmt.Sprintf("%d/1000000", p), fmt.Sprintf("%d/1000000", 1_000_000-p)})
		}
		return out
	}
	alpha := func() string { return fmt.Sprintf("%.4ge%d", 1+9*rng.Float64(), rng.IntN(7)-3) }
	for i := range 16 {
		spec := markov.Spec{D: 2 + rng.IntN(2), Order: 1 + rng.IntN(2), Bias: i%2 == 0, Embedding: []string{"index", "sign", "onehot"}[rng.IntN(3)], P: []string{"1/3", "1e-9", "0.9"}[rng.IntN(3)]}
		rows := 2 * spec.Order
		if mixed := i%4 > 1; mixed {
			spec.Prior.Mixture = &markov.MixtureSpec{Kernels: [][][]string{kernel(rows), kernel(rows), kernel(rows)}, Weights: []string{"1/7", "3", "1e-6"}}
			if spec.Order == 1 && i%8 > 3 {
				spec.P, spec.Start = "", "stationary"
			}
		} else {
			for range rows {
				spec.Prior.Rows = append(spec.Prior.Rows, []string{alpha(), alpha()})
			}
		}
		task := newTask(t, spec)
		e, err := ExactOf(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		b, first := newBasis(task), starts(task)
		floating := map[string]tables{}
		if task.Prior().Mixture() != nil {
			rule, err := mixtureRule(task)
			if err != nil {
				t.Fatal(err)
			}
			m, err := average(t.Context(), b, rule, first, 2)
			if err != nil {
				t.Fatal(err)
			}
			m.roundings = quadratureRoundings(b, len(first), rule.rule.Nodes)
			floating["kernels"] = m
		} else {
			m, err := count(t.Context(), task, b, first, 2)
			if err != nil {
				t.Fatal(err)
			}
			m.roundings = countRoundings(b, len(first), countTypes(task, task.Positions()+1))
			floating["counts"] = m
			gauss := of(t, task, Options{Rule: GaussJacobi})
			if gauss.unproven != "" {
				t.Errorf("%s: %s", task, gauss.unproven)
			}
			floating["quadrature"] = gauss.tables
		}
		for _, n := range []markov.Context{1, 1000, markov.Infinite} {
			exact := e.At(n)
			for name, m := range floating {
				f := m.at(b, n)
				got := m.errors(b, f, "")
				H, L, C := missed(f, exact)
				if got.Claim != Proven || !(H <= got.H && L <= got.L && C <= got.C) {
					t.Errorf("%s, n %s, %s: errors %.3g %.3g %.3g exceed %+v", task, n, name, H, L, C, got)
				}
			}
		}
	}
	regression := newTask(t, markov.Spec{Family: "regression", D: 3, Mean: "1/3", Noise: "0.1", Covariance: markov.MatrixSpec{Rows: randomCovariance(rng, 3, 3)}})
	e, err := ExactOf(t.Context(), regression)
	if err != nil {
		t.Fatal(err)
	}
	f := of(t, regression, Options{}).At(10)
	if H, L, C := missed(f, e.At(10)); f.Errors.Claim != Proven || !(H <= f.Errors.H && L <= f.Errors.L && C <= f.Errors.C) {
		t.Errorf("regression: errors %.3g %.3g %.3g exceed %+v", H, L, C, f.Errors)
	}
}

package moment

import (
	"math"
	"math/rand/v2"
	"testing"

	"markovicl/markov"
)

// The posterior by draws against others: for two states the integral, for three a
// product rule for the kernel. What is drawn is off by chance, differently in each
// context, and its mean over contexts is not; nor is that of the gap, which is not
// linear in the posterior.
func TestDrawnPosterior(t *testing.T) {
	for _, test := range []struct {
		spec     markov.Spec
		contexts int
	}{
		{markov.Spec{D: 2, N: "3", Start: "stationary", Prior: markov.PriorSpec{Text: "beta:2,3"}, Bias: true}, 150},
		{markov.Spec{D: 3, N: "20", Start: "stationary"}, 80},
		{markov.Spec{States: 3, D: 1, N: "2", Start: "stationary", Prior: markov.PriorSpec{Text: "dirichlet:2"}}, 60},
		{markov.Spec{States: 3, D: 2, N: "4", Start: "stationary", Prior: markov.PriorSpec{Text: "dirichlet:2"}, Embedding: "onehot"}, 40},
	} {
		task, err := markov.NewTask(test.spec)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPosterior(task)
		if err != nil {
			t.Fatal(err)
		}
		reference := p.by
		if task.States() > 2 {
			reference = newWeightedKernels(t, task, p.b)
		}
		exact := &Posterior{task, p.b, reference}
		draws := &Posterior{task, p.b, newDrawnQuery(task, p.b)}
		sampler, err := markov.NewSampler(task, 3)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		var prompt markov.Prompt
		want, got := exact.NewQueryLaw(), draws.NewQueryLaw()
		var differences [3][]float64 // of the sums of K and of L, of the gap
		for i := range test.contexts {
			if err := sampler.Prompt(&prompt, uint64(i)); err != nil {
				t.Fatal(err)
			}
			if err := exact.Of(&prompt, want); err != nil {
				t.Fatal(err)
			}
			if err := draws.Of(&prompt, got); err != nil {
				t.Fatal(err)
			}
			a := make([]float64, len(want.L))
			for j := range a {
				a[j] = want.Theta()[j] + 0.1*rng.NormFloat64()
			}
			differences[0] = append(differences[0], total(got.K)-total(want.K))
			differences[1] = append(differences[1], total(got.L)-total(want.L))
			differences[2] = append(differences[2], got.gap(a)-want.Gap(want.Theta(), a))
		}
		for i, name := range []string{"K", "L", "the gap"} {
			var mean, square float64
			n := float64(test.contexts)
			for _, x := range differences[i] {
				mean += x / n
			}
			for _, x := range differences[i] {
				square += (x - mean) * (x - mean)
			}
			if se := math.Sqrt(square / (n - 1) / n); !(math.Abs(mean) <= 4.5*se) || !(se > 0 && se < 1e-2) {
				t.Errorf("%s: %s differs by %.2g ± %.2g on average", task, name, mean, se)
			}
		}
	}
}

func total(xs []float64) (sum float64) {
	for _, x := range xs {
		sum += x
	}
	return sum
}

// weightedKernels is a posterior by a product rule for the kernel, weighted by the
// likelihood of chains, their first states included.
type weightedKernels struct {
	t       *testing.T
	b       *basis
	kernels [][]float64
	starts  [][]float64
	pairs   [][]float64
	weights []float64
}

func newWeightedKernels(t *testing.T, task markov.Task, b *basis) *weightedKernels {
	w := &weightedKernels{t: t, b: b}
	var err error
	if w.kernels, w.weights, err = Kernels(task, 5); err != nil {
		t.Fatal(err)
	}
	c, means := newChain(b), make([]float64, len(b.monomials))
	for _, P := range w.kernels {
		mu := make([]float64, task.States())
		for i := range mu {
			mu[i] = 1 / float64(len(mu))
		}
		for range 3000 { // powers of the kernel
			next := make([]float64, len(mu))
			var change float64
			for j := range next {
				for i, x := range mu {
					next[j] += x * P[i*len(mu)+j]
				}
				change += math.Abs(next[j] - mu[j])
			}
			if mu = next; change < 1e-14 {
				break
			}
		}
		c.kernel(P)
		c.means(means, mu)
		var row []float64
		for _, id := range b.pairID {
			row = append(row, means[id])
		}
		w.starts, w.pairs = append(w.starts, mu), append(w.pairs, row)
	}
	return w
}

func (w *weightedKernels) query(c *chainCounts, law *QueryLaw) error {
	clear(law.pairs)
	var sum float64
	for k, P := range w.kernels {
		p := w.weights[k]
		for i, n := range c.transitions {
			for range int(n) {
				p *= P[i]
			}
		}
		for s, n := range c.starts {
			for range int(n) {
				p *= w.starts[k][s]
			}
		}
		sum += p
		for r, x := range w.pairs[k] {
			law.pairs[r] += p * x
		}
	}
	for r := range law.pairs {
		law.pairs[r] /= sum
	}
	return nil
}

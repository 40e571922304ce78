package predict

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"markovicl/markov"
)

// Bayes predicts by the posterior mean of the kernel's row under the task's
// prior. On prompts of that task no predictor that does not see the kernel has
// a smaller mean squared error.
//
// Starts that do not depend on the kernel (iid, correlated) tell nothing about
// it: the posterior of row s is Dirichlet(alpha_s + counts of transitions from
// s), with the counts of all in-context chains and of the query's own past.
//
// A stationary start multiplies the likelihood by mu_P(first state) for each of
// the n+1 chains, which is not conjugate. For two states the posterior mean is
// then integrated numerically, to about 12 digits (stationary.go). For more
// states it is an average over 1000 kernels drawn from the conjugate posterior
// without the starts, each weighted by the probability of the first states; its
// standard error is about the posterior standard deviation over sqrt(1000
// times the efficiency of the weights).
//
// Of an order k the rows are those of contexts. The kernels of a mixture are
// weighed by their likelihood. For a regression the posterior mean of the weights
// predicts, see LinearPosterior.
type Bayes struct {
	task    markov.Task
	alpha   []float64         // [S^k*S] of a Dirichlet prior
	mixture *mixturePosterior // of a mixture
	linear  *LinearPosterior  // of a regression
}

// NewBayes returns the Bayes predictor of a task.
func NewBayes(t markov.Task) *Bayes {
	b := &Bayes{task: t}
	switch {
	case t.Regression() != nil:
		b.linear = newGaussianPosterior(t)
	case t.Prior().Mixture() != nil:
		b.mixture = newMixturePosterior(t)
	default:
		for row := range t.Prior().Rows() {
			b.alpha = append(b.alpha, t.Prior().Alpha(row)...)
		}
	}
	return b
}

// Name returns "bayes".
func (b *Bayes) Name() string { return "bayes" }

// Predict implements Predictor.
func (b *Bayes) Predict(p *markov.Prompt, out *Prediction) error {
	if b.linear != nil {
		return b.linear.Predict(p, out)
	}
	S, d := b.task.States(), b.task.Positions()
	c := countOrder(S, b.task.Order(), d, p)
	law := out.law(S)
	if b.mixture != nil {
		b.mixture.next(law, c, countStarts(S, d, p), p.Query)
		out.mean(b.task.Embedding())
		return nil
	}
	for i, a := range b.alpha {
		c[i] += a
	}
	from := 0 // the query's context
	for _, s := range p.Query[d-b.task.Order():] {
		from = from*S + int(s)
	}
	switch {
	case b.task.Start().Kind() != markov.StationaryStart:
		copy(law, c[from*S:])
		normalise(law)
	case S == 2:
		post := stationaryPosterior(c, countStarts(2, d, p))
		law[1] = post.mean[from]
		law[0] = 1 - law[1]
	default:
		if err := weightedPosterior(law, c, countStarts(S, d, p), from); err != nil {
			return err
		}
	}
	out.mean(b.task.Embedding())
	return nil
}

// countStarts returns how many of the n+1 chains start in each state, length S.
func countStarts(S, d int, p *markov.Prompt) []float64 {
	k := make([]float64, S)
	for at := 0; at < len(p.Context); at += d + 1 {
		k[p.Context[at]]++
	}
	k[p.Query[0]]++
	return k
}

const weightedDraws = 1000

// weightedPosterior writes the posterior mean of row `from` of a kernel with
// stationary starts to dst: the mean over kernels drawn from independent
// Dirichlet rows with parameters c, flat [S*S], weighted by the probability of
// the starts. The draws are the same for every prompt.
func weightedPosterior(dst, c, starts []float64, from int) error {
	S := len(dst)
	rng := rand.New(markov.Stream(0, 0))
	kernels := make([]float64, weightedDraws*S)
	logWeight := make([]float64, weightedDraws)
	p, mu := make([]float64, S*S), make([]float64, S)
	largest := math.Inf(-1)
	for i := range logWeight {
		for s := range S {
			markov.DrawDirichlet(p[s*S:(s+1)*S], c[s*S:(s+1)*S], rng)
		}
		kernel, err := markov.NewKernel(S, p)
		if err != nil {
			return fmt.Errorf("bayes: %w", err)
		}
		if err := kernel.Stationary(mu); err != nil {
			return fmt.Errorf("bayes: %w", err)
		}
		copy(kernels[i*S:], kernel.Row(markov.State(from)))
		for s, k := range starts {
			if k > 0 {
				logWeight[i] += k * math.Log(max(mu[s], math.SmallestNonzeroFloat64))
			}
		}
		largest = max(largest, logWeight[i])
	}
	clear(dst)
	for i, l := range logWeight {
		w := math.Exp(l - largest)
		for s := range S {
			dst[s] += w * kernels[i*S+s]
		}
	}
	normalise(dst)
	return nil
}

// Oracle knows the kernel, or the weights, that drove the prompt. It is for simulated prompts;
// its risk is what even perfect knowledge leaves.
type Oracle struct{ task markov.Task }

// NewOracle returns the oracle.
func NewOracle(t markov.Task) *Oracle { return &Oracle{t} }

// Name returns "oracle".
func (o *Oracle) Name() string { return "oracle" }

// Predict implements Predictor. It is an error if the prompt has no kernel,
// as prompts cut from files have none.
func (o *Oracle) Predict(p *markov.Prompt, out *Prediction) error {
	if p.Real != nil {
		out.none()
		out.Expected = 0
		for i, x := range p.Real.Input(p.Real.Len()) {
			out.Expected += p.Real.Weights[i] * x
		}
		return nil
	}
	if p.Kernel.States() == 0 {
		return errors.New("the oracle needs the kernel of the prompt, and prompts from files have none; leave the oracle out")
	}
	copy(out.law(o.task.States()), p.Kernel.Next(p.Query))
	out.mean(o.task.Embedding())
	return nil
}

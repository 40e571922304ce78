package predict

import (
	"fmt"
	"math"
	"sync"

	"markovicl/markov"
	"markovicl/moment"
)

// LinearPosterior predicts u'K^+k, K = E[uu' | C], k = E[u y | C], where C is what
// the in-context chains tell: the best of all predictions that are linear in the
// query's features, as those of linear self-attention are. Its risk is the floor
// of every depth. It does not use what the query's own past tells about the
// kernel.
type LinearPosterior struct {
	task      markov.Task
	posterior *moment.Posterior
	laws      sync.Pool
}

// NewLinearPosterior returns the predictor, "linear-posterior". It fails where the
// posterior of the task is not computed.
func NewLinearPosterior(t markov.Task) (*LinearPosterior, error) {
	posterior, err := moment.NewPosterior(t)
	if err != nil {
		return nil, fmt.Errorf("linear-posterior: %w", err)
	}
	p := &LinearPosterior{task: t, posterior: posterior}
	p.laws.New = func() any { return posterior.NewQueryLaw() }
	return p, nil
}

func newGaussianPosterior(t markov.Task) *LinearPosterior {
	p, err := NewLinearPosterior(t)
	if err != nil {
		panic("predict: a regression without a posterior: " + err.Error())
	}
	return p
}

// Name returns "linear-posterior".
func (p *LinearPosterior) Name() string { return "linear-posterior" }

// Predict implements Predictor.
func (p *LinearPosterior) Predict(prompt *markov.Prompt, out *Prediction) error {
	law := p.laws.Get().(*moment.QueryLaw)
	defer p.laws.Put(law)
	if err := p.posterior.Of(prompt, law); err != nil {
		return fmt.Errorf("linear-posterior: %w", err)
	}
	u := make([]float64, p.task.QueryDim())
	p.task.Query(u, prompt)
	out.none()
	out.Expected = 0
	for i, x := range law.Theta() {
		out.Expected += x * u[i]
	}
	return nil
}

// mixturePosterior weighs the kernels of a mixture by their likelihood.
type mixturePosterior struct {
	kernels                  []markov.Kernel
	logWeight                []float64
	logKernel, logStationary [][]float64 // [K][S^k*S]; [K][S] or nil
}

func newMixturePosterior(t markov.Task) *mixturePosterior {
	m := t.Prior().Mixture()
	out := &mixturePosterior{logWeight: logs(m.Weights())}
	for k := range m.Len() {
		kernel := m.Kernel(k)
		out.kernels = append(out.kernels, kernel)
		out.logKernel = append(out.logKernel, logs(kernel.Flat()))
		if t.Start().Kind() == markov.StationaryStart {
			law, err := m.StationaryRat(k)
			if err != nil {
				panic("predict: a task with a kernel without a stationary law: " + err.Error())
			}
			mu := make([]float64, len(law))
			for s, x := range law {
				mu[s] = markov.Float(x)
			}
			out.logStationary = append(out.logStationary, logs(mu))
		}
	}
	return out
}

func logs(xs []float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = math.Log(x)
	}
	return out
}

// next adds the law of the state after the query to law, given transitions and
// starts of all chains, the query's among them. Kernels under which what was seen
// cannot be have no weight; where that is all of them, as may be in a file, the
// prior's weights are left.
func (m *mixturePosterior) next(law []float64, c counts, starts []float64, query []markov.State) {
	log := append([]float64(nil), m.logWeight...)
	largest := math.Inf(-1)
	for k := range log {
		log[k] += logLikelihood(c, m.logKernel[k])
		if m.logStationary != nil {
			log[k] += logLikelihood(starts, m.logStationary[k])
		}
		largest = max(largest, log[k])
	}
	if math.IsInf(largest, -1) {
		log, largest = m.logWeight, 0
	}
	for k, l := range log {
		w := math.Exp(l - largest)
		for s, p := range m.kernels[k].Next(query) {
			law[s] += w * p
		}
	}
	normalise(law)
}

func logLikelihood(counts, log []float64) float64 {
	var sum float64
	for i, n := range counts {
		if n > 0 {
			sum += n * log[i]
		}
	}
	return sum
}

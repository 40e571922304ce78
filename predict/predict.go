// Package predict is the company that a transformer keeps: predictors of the
// next state of a Markov chain from a prompt, and their honest comparison.
//
// A [Predictor] sees a prompt (n in-context chains and the query's first d
// states) and says what it expects the query's next state to be, as a number
// (the mean of its embedding e(y)) and, where it can, as a distribution.
//
//	sampler, err := markov.NewSampler(task, 1)
//	list := []predict.Predictor{predict.NewBayes(task), predict.NewOracle(task)}
//	list = append(list, predict.Classical(task)...)
//	e, err := predict.Evaluate(ctx, task, sampler, list, predict.Settings{Prompts: 10_000})
//	for _, s := range e.Scores {
//		fmt.Println(s.Name, s.MSE.Mean, s.MSE.SE)
//	}
//
// Where to read what:
//
//   - predict.go: Predictor and Prediction; which state a prediction names
//   - counts.go: the transitions seen in a prompt
//   - bayes.go: Bayes (nothing that does not see the kernel is better) and the oracle
//   - posterior.go: the best prediction that is linear in the query; mixtures
//   - stationary.go: the posterior where first states tell about the kernel, too
//   - bigram.go: empirical transition frequencies
//   - constant.go: what is known without the prompt, and without its order
//   - attention.go: linear self-attention and points of its enlarged space
//   - pairs.go: a prompt as pairs (x_i, y_i), for the learners below
//   - linear.go, logistic.go, neighbours.go, svm.go: classical learners
//   - evaluate.go: mean squared error, accuracy and log loss over many prompts
//   - risk.go: the Bayes risk
//   - curve.go: metrics against the number of in-context chains
//   - likelihood.go: a Dirichlet prior fitted to counts
//   - file.go: prompts and tasks from chain files
//   - continuation.go: a query extended by many states
package predict

import (
	"markovicl/markov"
)

// Predictor predicts the next state of a prompt's query.
type Predictor interface {
	// Name returns the name of the predictor in tables and files.
	Name() string

	// Predict writes the prediction for a prompt to out, reusing its memory. It
	// does not look at the prompt's label, and only the oracle looks at its
	// kernel. Several goroutines may call it at once.
	Predict(prompt *markov.Prompt, out *Prediction) error
}

// Prediction is what a predictor says about the label y of a prompt.
type Prediction struct {
	Expected     float64   // the prediction of e(y); its squared distance from e(y) is the loss
	Distribution []float64 // [S] probability of each state; empty where the predictor has none
}

// none says that there is no distribution, and keeps the memory for the next.
func (p *Prediction) none() { p.Distribution = p.Distribution[:0] }

// law returns the distribution to be filled in, length S, all zero.
func (p *Prediction) law(S int) []float64 {
	if cap(p.Distribution) < S {
		p.Distribution = make([]float64, S)
	}
	p.Distribution = p.Distribution[:S]
	clear(p.Distribution)
	return p.Distribution
}

// mean sets the expectation to that of the distribution.
func (p *Prediction) mean(e markov.Embedding) {
	p.Expected = 0
	for s, prob := range p.Distribution {
		p.Expected += prob * e.Label(markov.State(s))
	}
}

// tie is the distance below which two numbers count as equal when a state is
// chosen, so that rounding does not choose it.
const tie = 1e-9

// Nearest is [markov.Task.Nearest].
func Nearest(t markov.Task, expected float64) markov.State {
	return t.Nearest(expected)
}

// Mode returns the most likely state of a distribution; a tie, up to 1e-9,
// goes to the lower state.
func Mode(distribution []float64) markov.State {
	best := 0
	for s, p := range distribution {
		if p > distribution[best]+tie {
			best = s
		}
	}
	return markov.State(best)
}

// Classical returns the predictors that learn from the prompt alone, without a
// prior: bigram, bigram-smoothed, linear, logistic, knn3, svm; for a regression
// linear.
func Classical(t markov.Task) []Predictor {
	if t.Regression() != nil {
		return []Predictor{NewLinear(t), NewNeighbours(t)}
	}
	return []Predictor{NewBigram(t), NewSmoothedBigram(t), NewLinear(t), NewLogistic(t), NewNeighbours(t), NewSVM(t)}
}

package predict

import "markovicl/markov"

// Constant says the same whatever the prompt is: the law of a state that the
// prior expects in the long run, the stationary law of the prior's mean kernel
// (uniform for a flat prior); for a kernel of higher order the mean of its rows; for
// a regression 0, the mean of y. A predictor that does not beat it has learnt
// nothing from the prompt.
type Constant struct {
	task markov.Task
	law  []float64 // [S]; nil for a regression
}

// NewConstant returns the constant predictor of a task, "constant". It is an error
// if the stationary law of the mean kernel cannot be found.
func NewConstant(t markov.Task) (*Constant, error) {
	c := &Constant{task: t}
	if t.Regression() != nil {
		return c, nil
	}
	S, rows := t.States(), t.Prior().Rows()
	mean := make([]float64, rows*S)
	if m := t.Prior().Mixture(); m != nil {
		for k, w := range m.Weights() {
			for i, p := range m.Kernel(k).Flat() {
				mean[i] += w * p
			}
		}
	} else {
		for row := range rows {
			alpha := t.Prior().Alpha(row)
			normalise(alpha)
			copy(mean[row*S:], alpha)
		}
	}
	c.law = make([]float64, S)
	if rows != S || S == 1 {
		for i, p := range mean {
			c.law[i%S] += p / float64(rows)
		}
		return c, nil
	}
	kernel, err := markov.NewKernel(S, mean)
	if err != nil {
		return nil, err
	}
	return c, kernel.Stationary(c.law)
}

// Name returns "constant".
func (c *Constant) Name() string { return "constant" }

// Predict implements Predictor.
func (c *Constant) Predict(_ *markov.Prompt, out *Prediction) error {
	if c.law == nil {
		out.none()
		out.Expected = 0
		return nil
	}
	copy(out.law(c.task.States()), c.law)
	out.mean(c.task.Embedding())
	return nil
}

// Frequency predicts by how often each state occurs in the prompt, wherever it
// stands: what can be known without looking at what follows what. A predictor
// that does not beat it has learnt no transitions.
type Frequency struct{ task markov.Task }

// NewFrequency returns the frequencies of states, "frequency".
func NewFrequency(t markov.Task) *Frequency { return &Frequency{t} }

// Name returns "frequency".
func (f *Frequency) Name() string { return "frequency" }

// Predict implements Predictor.
func (f *Frequency) Predict(p *markov.Prompt, out *Prediction) error {
	law := out.law(f.task.States())
	for _, s := range p.Context {
		law[s]++
	}
	for _, s := range p.Query {
		law[s]++
	}
	normalise(law) // the query has a state
	out.mean(f.task.Embedding())
	return nil
}

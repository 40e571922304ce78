package markov

import "gonum.org/v1/gonum/mat"

// Prompt is one example of a task: n in-context chains, a query, and what the
// learner is asked for.
type Prompt struct {
	Kernel  Kernel  // the kernel that drove the chains; zero for prompts cut from files
	Context []State // [n*(d+1)] the in-context chains, one after the other
	Query   []State // [d] the query's states that the learner sees
	Label   State   // the query's next state

	Real *RealPrompt // in place of all that, for a regression
}

// RealPrompt is a prompt of a [Regression]: n pairs (x, y), then the query's.
type RealPrompt struct {
	Weights []float64 // [d] the weights that drove the labels
	Inputs  []float64 // [(n+1)*d] x, one after the other; the last is the query
	Labels  []float64 // [n+1] y; the last is what the learner is asked for
}

// Len returns n, the number of in-context pairs.
func (p *RealPrompt) Len() int { return len(p.Labels) - 1 }

// Input returns x of pair i, i = Len() for the query.
func (p *RealPrompt) Input(i int) []float64 {
	d := len(p.Inputs) / len(p.Labels)
	return p.Inputs[i*d : (i+1)*d]
}

// Columns returns n, the number of in-context columns of a prompt.
func (t Task) Columns(p *Prompt) int {
	if p.Real != nil {
		return p.Real.Len()
	}
	return len(p.Context) / (t.positions + 1)
}

// PromptColumn writes in-context column i of a prompt to dst, length D; i =
// Columns(p) is the query with its label.
func (t Task) PromptColumn(dst []float64, p *Prompt, i int) {
	n := t.Columns(p)
	switch {
	case p.Real != nil:
		features := dst
		if t.bias {
			dst[0] = 1
			features = dst[1:]
		}
		copy(features, p.Real.Input(i))
		dst[t.Dim()-1] = p.Real.Labels[i]
	case i < n:
		d := t.positions
		t.Column(dst, p.Context[i*(d+1):(i+1)*(d+1)])
	default:
		t.Features(dst, p.Query)
		dst[t.Dim()-1] = t.embedding.Label(p.Label)
	}
}

// Target returns the label of a prompt's query as a number.
func (t Task) Target(p *Prompt) float64 {
	if p.Real != nil {
		return p.Real.Labels[p.Real.Len()]
	}
	return t.embedding.Label(p.Label)
}

// Query writes the features of a prompt's query to u, length q, and returns its
// label as Target does.
func (t Task) Query(u []float64, p *Prompt) float64 {
	if p.Real == nil {
		t.Features(u, p.Query)
		return t.Target(p)
	}
	if t.bias {
		u[0] = 1
		u = u[1:]
	}
	copy(u, p.Real.Input(p.Real.Len()))
	return t.Target(p)
}

// Features writes the feature vector of d states to dst, length q: the bias
// coordinate if there is one, then the coordinates of each position in turn.
func (t Task) Features(dst []float64, states []State) {
	if t.bias {
		dst[0] = 1
		dst = dst[1:]
	}
	if t.embedding == OneHot {
		clear(dst[:t.states*len(states)])
		for i, s := range states {
			dst[i*t.states+int(s)] = 1
		}
		return
	}
	for i, s := range states {
		dst[i] = t.embedding.Label(s)
	}
}

// Column writes the column z = (features of the first d states, label of the
// last) of one chain of d+1 states to dst, length D.
func (t Task) Column(dst []float64, chain []State) {
	d := t.positions
	t.Features(dst, chain[:d])
	dst[t.Dim()-1] = t.embedding.Label(chain[d])
}

// Z0 returns the prompt matrix, D x (n+1): a column for each in-context chain,
// then the query's features with 0 in the place of its label (paper, Eq. 3).
func (t Task) Z0(p *Prompt) *mat.Dense {
	n := t.Columns(p)
	z := mat.NewDense(t.Dim(), n+1, nil)
	column := make([]float64, t.Dim())
	for i := range n {
		t.PromptColumn(column, p, i)
		z.SetCol(i, column)
	}
	t.Query(column, p)
	column[t.Dim()-1] = 0
	z.SetCol(n, column)
	return z
}

// Gram writes G = (1/n) sum_i z_i z_i' of the prompt's in-context columns to
// dst, flat [D*D] row-major, both triangles.
func (t Task) Gram(dst []float64, p *Prompt) {
	D, n := t.Dim(), t.Columns(p)
	clear(dst[:D*D])
	z := make([]float64, D)
	for i := range n {
		t.PromptColumn(z, p, i)
		for a, za := range z {
			if za == 0 {
				continue
			}
			row := dst[a*D : (a+1)*D]
			for b := a; b < D; b++ {
				row[b] += za * z[b]
			}
		}
	}
	for a := range D {
		for b := a; b < D; b++ {
			g := dst[a*D+b] / float64(n)
			dst[a*D+b], dst[b*D+a] = g, g
		}
	}
}

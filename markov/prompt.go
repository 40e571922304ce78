package markov

import "gonum.org/v1/gonum/mat"

// Prompt is one example of a task: n in-context chains, a query, and what the
// learner is asked for.
type Prompt struct {
	Kernel  Kernel  // the kernel that drove the chains; zero for prompts cut from files
	Context []State // [n*(d+1)] the in-context chains, one after the other
	Query   []State // [d] the query's states that the learner sees
	Label   State   // the query's next state
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
	chainLen, n := t.positions+1, len(p.Context)/(t.positions+1)
	z := mat.NewDense(t.Dim(), n+1, nil)
	column := make([]float64, t.Dim())
	for i := range n {
		t.Column(column, p.Context[i*chainLen:(i+1)*chainLen])
		z.SetCol(i, column)
	}
	t.Features(column, p.Query)
	column[t.Dim()-1] = 0
	z.SetCol(n, column)
	return z
}

// Gram writes G = (1/n) sum_i z_i z_i' of the prompt's in-context columns to
// dst, flat [D*D] row-major, both triangles.
func (t Task) Gram(dst []float64, p *Prompt) {
	D, chainLen := t.Dim(), t.positions+1
	n := len(p.Context) / chainLen
	clear(dst[:D*D])
	z := make([]float64, D)
	for i := range n {
		t.Column(z, p.Context[i*chainLen:(i+1)*chainLen])
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

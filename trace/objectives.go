package trace

import (
	"fmt"
	"math"

	"markovicl/markov"
)

// Objectives are the functions R1 and R2 of w in R^q that belong to one prompt
// (paper, Theorem 4.1). With in-context columns (x_j, y_j), residuals
// r_j = y_j - w'x_j, w_: and x_j: for all coordinates but the last (the q-th),
// and averages over j,
//
//	R1_k     = -mean x_jk w'x_j                                           k = 1..q
//	R1_{q+1} =  mean r_j^2 / 2
//	R2_k     = -mean x_jk (y_j w_q - w_q <w_:, x_j:> - w_q^2 x_jq / 2)    k = 1..q
//	R2_{q+1} =  mean of r_j^3/(3 x_jq) where x_jq != 0,
//	            else of -(y_j - <w_:, x_j:>)^2 w_q .
//
// R2_k is what -x_k r integrates to along w_q, and R2_{q+1} what -r^2 does:
// the theorem only uses the derivatives by w_q.
//
// The zero value is not ready; make one with [NewObjectives] and give it a
// prompt. An Objectives is for one goroutine at a time.
type Objectives struct {
	q       int
	n       int            // columns of the prompt
	gram    []float64      // [D, D] mean z_j z_j'
	columns []float64      // [m, D] the different columns of the prompt, in order of first appearance
	weight  []float64      // [m] the share of the n columns that are equal to each
	place   map[string]int // chain -> its row in columns; reused between prompts
	xx      []float64      // [q] G_xx w
}

// NewObjectives returns objectives for prompts with q features, without a
// prompt yet.
func NewObjectives(q int) *Objectives {
	if q < 1 {
		panic(fmt.Sprintf("trace: objectives of %d features", q))
	}
	return &Objectives{q: q, gram: make([]float64, (q+1)*(q+1)), place: map[string]int{}, xx: make([]float64, q)}
}

// SetPrompt makes o the objectives of a prompt of task t. Chains that are equal
// are gathered: their number is at most S^(d+1), whatever n is.
func (o *Objectives) SetPrompt(t markov.Task, p *markov.Prompt) {
	D, chainLen := t.Dim(), t.Positions()+1
	if D != o.q+1 {
		panic(fmt.Sprintf("trace: a prompt with q = %d for objectives with q = %d", D-1, o.q))
	}
	clear(o.place)
	o.columns, o.weight = o.columns[:0], o.weight[:0]
	o.n = t.Columns(p)
	if p.Real != nil {
		o.columns = make([]float64, o.n*D)
		for i := range o.n {
			t.PromptColumn(o.columns[i*D:(i+1)*D], p, i)
			o.weight = append(o.weight, 1/float64(o.n))
		}
		o.setGram()
		return
	}
	var counts = o.weight
	for i := range o.n {
		chain := p.Context[i*chainLen : (i+1)*chainLen]
		k, seen := o.place[string(chain)]
		if !seen {
			k = len(counts)
			o.place[string(chain)] = k
			counts = append(counts, 0)
			o.columns = append(o.columns, make([]float64, D)...)
			t.Column(o.columns[k*D:], chain)
		}
		counts[k]++
	}
	o.weight = counts
	for k := range o.weight {
		o.weight[k] /= float64(o.n)
	}
	o.setGram()
}

// SetColumns makes o the objectives of n in-context columns (x_j, y_j), flat
// [n, D] row-major: column j of a prompt matrix is row j here. Numbers that are
// not finite are an error, and so is a last feature so close to 0 that the
// definition's division by it means nothing: R2_{q+1} has a pole there, and its
// case x_jq = 0 is not the limit.
func (o *Objectives) SetColumns(columns []float64) error {
	D := o.q + 1
	if len(columns) == 0 || len(columns)%D != 0 {
		panic(fmt.Sprintf("trace: %d numbers are no columns of %d rows", len(columns), D))
	}
	for i, v := range columns {
		if math.IsNaN(v - v) {
			return fmt.Errorf("in-context column %d, row %d is %v; every number of a prompt must be finite", i/D, i%D, v)
		}
		if i%D == o.q-1 && v != 0 && math.Abs(v) < 1e-12 {
			return fmt.Errorf("in-context column %d: its last feature is %v; R2 divides by it, so it must be 0 or at least 1e-12 in size", i/D, v)
		}
	}
	o.n = len(columns) / D
	o.columns = append(o.columns[:0], columns...)
	o.weight = o.weight[:0]
	for range o.n {
		o.weight = append(o.weight, 1/float64(o.n))
	}
	o.setGram()
	return nil
}

func (o *Objectives) setGram() {
	D := o.q + 1
	clear(o.gram)
	for j, share := range o.weight {
		z := o.columns[j*D : (j+1)*D]
		for a, za := range z {
			row := o.gram[a*D : (a+1)*D]
			for b, zb := range z {
				row[b] += share * za * zb
			}
		}
	}
}

// Gram returns G = (1/n) sum_j z_j z_j' of the in-context columns, a view, flat
// [D, D].
func (o *Objectives) Gram() []float64 { return o.gram }

// Values writes R1(w) and R2(w), length D each, for w of length q.
func (o *Objectives) Values(r1, r2, w []float64) {
	q, D := o.q, o.q+1
	o.check(w)
	wq := w[q-1]
	for k := range q {
		row := o.gram[k*D : (k+1)*D]
		xx := dot(row[:q], w)
		r1[k] = -xx
		r2[k] = -wq * (row[q] - xx + wq*row[q-1]/2)
	}
	r1[q], r2[q] = 0, 0
	for j, share := range o.weight {
		z := o.columns[j*D : (j+1)*D]
		r := z[q] - dot(z[:q], w)
		r1[q] += share * r * r / 2
		if x := z[q-1]; x != 0 {
			r2[q] += share * r * r * r / (3 * x)
		} else {
			r2[q] -= share * r * r * wq // r = y - <w_:, x_:> here
		}
	}
}

// Gradients writes the gradients of R1 and R2 at w as rows of g1 and g2, flat
// [D, q].
func (o *Objectives) Gradients(g1, g2, w []float64) {
	q, D := o.q, o.q+1
	o.check(w)
	wq := w[q-1]
	for k := range q {
		row := o.gram[k*D : (k+1)*D]
		h1, h2 := g1[k*q:(k+1)*q], g2[k*q:(k+1)*q]
		for i := range q - 1 {
			h1[i] = -row[i]
			h2[i] = wq * row[i]
		}
		h1[q-1] = -row[q-1]
		h2[q-1] = dot(row[:q], w) - row[q]
	}
	h1, h2 := g1[q*q:D*q], g2[q*q:D*q]
	clear(h1)
	clear(h2)
	for j, share := range o.weight {
		z := o.columns[j*D : (j+1)*D]
		r := z[q] - dot(z[:q], w)
		slope := 2 * r * wq // of -(y - <w_:, x_:>)^2 w_q by -<w_:, x_:>
		if x := z[q-1]; x != 0 {
			slope = -r * r / x
		}
		for i, xi := range z[:q-1] {
			h1[i] -= share * r * xi
			h2[i] += share * slope * xi
		}
		h1[q-1] -= share * r * z[q-1]
		h2[q-1] -= share * r * r
	}
}

func (o *Objectives) check(w []float64) {
	if len(w) != o.q {
		panic(fmt.Sprintf("trace: w of length %d for objectives with q = %d", len(w), o.q))
	}
	if o.n == 0 {
		panic("trace: objectives without a prompt")
	}
}

func dot(x, y []float64) float64 {
	y = y[:len(x)]
	var sum float64
	for i, xi := range x {
		sum += xi * y[i]
	}
	return sum
}

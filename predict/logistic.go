package predict

import (
	"fmt"
	"math"

	"markovicl/markov"
)

// Logistic is logistic regression with the penalty |w|^2/2 on the coefficients
// (C = 1) and a free intercept; the penalty keeps it finite on separable
// prompts. With two labels in the prompt it models the log-odds of the higher
// one, with more it is multinomial with coefficients for each. Labels that do
// not occur get probability 0; a single label gets probability 1.
type Logistic struct{ task markov.Task }

// NewLogistic returns logistic regression, "logistic".
func NewLogistic(t markov.Task) *Logistic { return &Logistic{t} }

// Name returns "logistic".
func (l *Logistic) Name() string { return "logistic" }

// Predict implements Predictor.
func (l *Logistic) Predict(prompt *markov.Prompt, out *Prediction) error {
	p := newPairs(l.task, prompt)
	law := out.law(p.S)
	fit := newSoftmax(p)
	if err := fit.minimise(); err != nil {
		return err
	}
	for k, prob := range fit.probabilities(p.features(prompt.Query)) {
		law[p.classes[k]] = prob
	}
	out.mean(l.task.Embedding())
	return nil
}

// softmax is the multinomial logistic model. It has a block of q coefficients
// and an intercept for each class, or, with two classes, for the higher one
// alone.
type softmax struct {
	p      *pairs
	target []int     // [rows] place of the row's label among the classes
	blocks int       // classes, or 1 if there are two, or 0 if there is one
	w      []float64 // [blocks, q+1] the intercept last in each block
	prob   []float64 // [rows, classes] at the point where gradient was last asked for
}

func newSoftmax(p *pairs) *softmax {
	m := &softmax{p: p, blocks: len(p.classes)}
	if m.blocks <= 2 {
		m.blocks--
	}
	place := make([]int, p.S)
	for k, s := range p.classes {
		place[s] = k
	}
	for _, s := range p.y {
		m.target = append(m.target, place[s])
	}
	m.w = make([]float64, m.blocks*(p.q+1))
	m.prob = make([]float64, len(p.y)*len(p.classes))
	return m
}

// class returns the class that a block belongs to.
func (m *softmax) class(block int) int { return len(m.p.classes) - m.blocks + block }

func (m *softmax) block(w []float64, k int) []float64 { return w[k*(m.p.q+1) : (k+1)*(m.p.q+1)] }

// scores writes w'x + intercept for each class to dst; a class without a block
// has 0.
func (m *softmax) scores(dst, w []float64, active []int) {
	dst[0] = 0
	for k := range m.blocks {
		b := m.block(w, k)
		dst[m.class(k)] = sumAt(b, active) + b[m.p.q]
	}
}

// logSumExp returns log sum exp x, and turns x into exp(x)/sum exp x.
func logSumExp(x []float64) float64 {
	largest := math.Inf(-1)
	for _, v := range x {
		largest = max(largest, v)
	}
	var sum float64
	for i, v := range x {
		x[i] = math.Exp(v - largest)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
	return largest + math.Log(sum)
}

func (m *softmax) probabilities(active []int) []float64 {
	prob := make([]float64, len(m.p.classes))
	m.scores(prob, m.w, active)
	logSumExp(prob)
	return prob
}

// objective returns |w|^2/2 + the sum of the log losses, keeping the
// probabilities of each row.
func (m *softmax) objective(w []float64) float64 {
	C := len(m.p.classes)
	var f float64
	for k := range m.blocks {
		for _, x := range m.block(w, k)[:m.p.q] {
			f += x * x / 2
		}
	}
	for i, active := range m.p.active {
		prob := m.prob[i*C : (i+1)*C]
		m.scores(prob, w, active)
		own := prob[m.target[i]]
		f += m.p.weight[i] * (logSumExp(prob) - own)
	}
	return f
}

// penalty writes the gradient of |w|^2/2 to dst.
func (m *softmax) penalty(dst, w []float64) {
	copy(dst, w)
	for k := range m.blocks {
		m.block(dst, k)[m.p.q] = 0
	}
}

// scatter adds f x and f for the intercept to a block of dst.
func (m *softmax) scatter(dst []float64, block int, f float64, active []int) {
	b := m.block(dst, block)
	for _, j := range active {
		b[j] += f
	}
	b[m.p.q] += f
}

// gradient writes the gradient at w to dst, after objective(w).
func (m *softmax) gradient(dst, w []float64) {
	C := len(m.p.classes)
	m.penalty(dst, w)
	for i, active := range m.p.active {
		for k := range m.blocks {
			f := m.prob[i*C+m.class(k)]
			if m.class(k) == m.target[i] {
				f--
			}
			m.scatter(dst, k, m.p.weight[i]*f, active)
		}
	}
	m.project(dst)
}

// project takes out of a gradient what rounding left of it along the
// direction that changes nothing: the same constant added to all intercepts.
func (m *softmax) project(g []float64) {
	if m.blocks < len(m.p.classes) {
		return // one class is the reference: there is no such direction
	}
	var mean float64
	for k := range m.blocks {
		mean += m.block(g, k)[m.p.q] / float64(m.blocks)
	}
	for k := range m.blocks {
		m.block(g, k)[m.p.q] -= mean
	}
}

// hessian writes the Hessian times v to dst, after objective.
func (m *softmax) hessian(dst, v []float64) {
	C := len(m.p.classes)
	m.penalty(dst, v)
	z := make([]float64, C)
	for i, active := range m.p.active {
		prob := m.prob[i*C : (i+1)*C]
		m.scores(z, v, active)
		var mean float64
		for k, pk := range prob {
			mean += pk * z[k]
		}
		for k := range m.blocks {
			c := m.class(k)
			m.scatter(dst, k, m.p.weight[i]*prob[c]*(z[c]-mean), active)
		}
	}
}

// minimise is Newton's method; each step solves its linear system by conjugate
// gradients, ever more exactly towards the end, and is halved until the
// objective decreases.
func (m *softmax) minimise() error {
	n := len(m.w)
	g, step, next := make([]float64, n), make([]float64, n), make([]float64, n)
	var total float64
	for _, w := range m.p.weight {
		total += w
	}
	const tolerance = 1e-11 // of the gradient, relative to the number of pairs
	f := m.objective(m.w)
	m.gradient(g, m.w)
	size := norm(g)
	for range 200 {
		if size <= tolerance*total {
			return nil
		}
		m.newtonStep(step, g, min(0.1, max(1e-6, size/total)))
		slope := dot(g, step)
		scale := 1.0
		for ; ; scale /= 2 {
			if scale < 1e-10 { // rounding leaves nothing to gain
				m.objective(m.w)
				return m.accept(size, total)
			}
			for i := range next {
				next[i] = m.w[i] + scale*step[i]
			}
			fNext := m.objective(next)
			if fNext <= f+1e-4*scale*slope {
				f = fNext
				break
			}
			if -slope <= 1e-10*(1+f) { // too little to see in f: judge by the gradient
				gNext := make([]float64, n)
				m.gradient(gNext, next)
				if norm(gNext) < size/2 {
					f = fNext
					break
				}
			}
		}
		m.w, next = next, m.w
		m.gradient(g, m.w)
		size = norm(g)
	}
	return m.accept(size, total)
}

func (m *softmax) accept(size, total float64) error {
	if size > 1e-9*total {
		return fmt.Errorf("logistic: the gradient is still %.1e after Newton's method stopped", size)
	}
	return nil
}

// newtonStep writes the solution of Hessian step = -g to step, up to a residual
// of tolerance |g|.
func (m *softmax) newtonStep(step, g []float64, tolerance float64) {
	n := len(g)
	clear(step)
	r, v, Hv := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, x := range g {
		r[i], v[i] = -x, -x
	}
	rr := dot(r, r)
	stop := tolerance * tolerance * rr
	for range 10 * n {
		if rr <= stop {
			return
		}
		m.hessian(Hv, v)
		curvature := dot(v, Hv)
		if curvature <= 0 {
			return
		}
		a := rr / curvature
		for i := range step {
			step[i] += a * v[i]
			r[i] -= a * Hv[i]
		}
		rrNext := dot(r, r)
		for i := range v {
			v[i] = r[i] + rrNext/rr*v[i]
		}
		rr = rrNext
	}
}

func dot(x, y []float64) float64 {
	var sum float64
	for i, a := range x {
		sum += a * y[i]
	}
	return sum
}

func norm(x []float64) float64 { return math.Sqrt(dot(x, x)) }

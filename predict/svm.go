package predict

import (
	"fmt"
	"math"

	"markovicl/markov"
)

// SVM is the linear support vector machine: it minimises |w|^2/2 + C times the
// sum of the hinge losses max(0, 1 - y(w'x + b)), C = 1, with a free intercept
// b. The intercept need not be unique; then the middle of its interval is
// taken, as LIBSVM does. With more than two labels each pair of labels has a
// machine and votes; a tie goes to the lower state, and so does a query on the
// border. The prediction is the embedding of the chosen state.
type SVM struct{ task markov.Task }

// NewSVM returns the linear support vector machine, "svm".
func NewSVM(t markov.Task) *SVM { return &SVM{t} }

// Name returns "svm".
func (s *SVM) Name() string { return "svm" }

// Predict implements Predictor.
func (s *SVM) Predict(prompt *markov.Prompt, out *Prediction) error {
	p := newPairs(s.task, prompt)
	out.none()
	query := newBitset(p.q, p.features(prompt.Query))
	votes := make([]int, p.S)
	for i, low := range p.classes {
		for _, high := range p.classes[i+1:] {
			m := newMachine(p, low, high)
			if err := m.solve(); err != nil {
				return err
			}
			const border = 1e-7 // more than the solver's error
			if m.decision(query) > border {
				votes[high]++
			} else {
				votes[low]++
			}
		}
	}
	best := p.classes[0]
	for _, c := range p.classes {
		if votes[c] > votes[best] {
			best = c
		}
	}
	out.Expected = s.task.Embedding().Label(best)
	return nil
}

// machine separates two labels. Its dual problem is to minimise
// 1/2 sum a_i a_j y_i y_j x_i'x_j - sum a_i under sum a_i y_i = 0 and
// 0 <= a_i <= C weight_i, where a_i is the sum over equal pairs.
type machine struct {
	x      []bitset
	y      []float64 // -1 the lower label, +1 the higher
	bound  []float64 // C weight_i
	kernel []float64 // [rows, rows] x_i'x_j
	a      []float64
	g      []float64 // gradient of the dual objective
	b      float64   // the intercept
}

func newMachine(p *pairs, low, high markov.State) *machine {
	m := &machine{}
	for i, label := range p.y {
		if label != low && label != high {
			continue
		}
		y := 1.0
		if label == low {
			y = -1
		}
		m.x = append(m.x, newBitset(p.q, p.active[i]))
		m.y = append(m.y, y)
		m.bound = append(m.bound, p.weight[i])
		m.g = append(m.g, -1)
	}
	rows := len(m.y)
	m.a = make([]float64, rows)
	m.kernel = make([]float64, rows*rows)
	for i, xi := range m.x {
		for j, xj := range m.x[:i+1] {
			k := xi.dot(xj)
			m.kernel[i*rows+j], m.kernel[j*rows+i] = k, k
		}
	}
	return m
}

// violation is how far the optimality conditions may be off at the end; the
// objective is then off by at most violation times the sum of the bounds.
const violation = 1e-9

// solve is sequential minimal optimisation with second-order working sets (Fan,
// Chen and Lin 2005, the method of LIBSVM): in each step two multipliers move,
// those that violate the optimality conditions and promise the largest decrease.
func (m *machine) solve() error {
	rows := len(m.y)
	const most = 10_000_000
	for range most {
		i, j, gap := m.workingSet()
		if i < 0 {
			m.intercept()
			return nil
		}
		ki, kj := m.kernel[i*rows:(i+1)*rows], m.kernel[j*rows:(j+1)*rows]
		curvature := max(ki[i]+kj[j]-2*ki[j], 1e-12)
		step := gap / curvature // of y_i a_i up and of y_j a_j down
		step = min(step, m.room(i, m.y[i]), m.room(j, -m.y[j]))
		m.move(i, m.y[i]*step)
		m.move(j, -m.y[j]*step)
		for k := range m.g {
			m.g[k] += m.y[k] * step * (ki[k] - kj[k])
		}
	}
	return fmt.Errorf("svm: not optimal after %d steps", most)
}

// room returns how far a_i can move in a direction, +1 or -1.
func (m *machine) room(i int, direction float64) float64 {
	if direction > 0 {
		return m.bound[i] - m.a[i]
	}
	return m.a[i]
}

// move adds delta to a_i, exactly onto a bound where it meets one.
func (m *machine) move(i int, delta float64) {
	m.a[i] = min(max(m.a[i]+delta, 0), m.bound[i])
	const snap = 1e-14
	if m.a[i] < snap*m.bound[i] {
		m.a[i] = 0
	} else if m.a[i] > (1-snap)*m.bound[i] {
		m.a[i] = m.bound[i]
	}
}

// workingSet returns the pair to move, y_i a_i up and y_j a_j down, and how
// much it violates the optimality conditions; i < 0 if no pair does.
func (m *machine) workingSet() (i, j int, gap float64) {
	rows := len(m.y)
	i, j = -1, -1
	top := math.Inf(-1)
	for k, y := range m.y {
		if m.room(k, y) > 0 && -y*m.g[k] > top {
			i, top = k, -y*m.g[k]
		}
	}
	if i < 0 {
		return i, j, 0
	}
	best := 0.0
	worst := math.Inf(1)
	ki := m.kernel[i*rows : (i+1)*rows]
	for k, y := range m.y {
		if m.room(k, -y) <= 0 {
			continue
		}
		worst = min(worst, -y*m.g[k])
		if diff := top + y*m.g[k]; diff > 0 {
			gain := diff * diff / max(ki[i]+m.kernel[k*rows+k]-2*ki[k], 1e-12)
			if gain > best {
				j, best = k, gain
			}
		}
	}
	if j < 0 || top-worst < violation {
		return -1, -1, 0
	}
	return i, j, top + m.y[j]*m.g[j]
}

// intercept sets b to the middle of the interval that the optimality conditions
// leave; where a multiplier lies inside its bounds that is a point.
func (m *machine) intercept() {
	low, high := math.Inf(-1), math.Inf(1) // of b
	for k, y := range m.y {
		at := -y * m.g[k]
		if m.room(k, y) > 0 {
			low = max(low, at)
		}
		if m.room(k, -y) > 0 {
			high = min(high, at)
		}
	}
	m.b = (low + high) / 2
}

// decision returns w'u + b.
func (m *machine) decision(u bitset) float64 {
	d := m.b
	for i, a := range m.a {
		if a != 0 {
			d += a * m.y[i] * m.x[i].dot(u)
		}
	}
	return d
}

// objective returns |w|^2/2 + the sum of the hinge losses.
func (m *machine) objective() float64 {
	var f float64
	for i, xi := range m.x {
		score := m.decision(xi)
		f += m.a[i] * m.y[i] * (score - m.b) / 2
		f += m.bound[i] * max(0, 1-m.y[i]*score)
	}
	return f
}

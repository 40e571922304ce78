package predict

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
)

// Linear is least squares of the label's embedding on the features of a chain's
// first d states, with an intercept. Where the minimiser is not unique the
// coefficients (without the intercept) have minimum Euclidean norm. Features
// are the states for two states, indicators (position, state) for more.
type Linear struct{ task markov.Task }

// NewLinear returns linear regression, "linear".
func NewLinear(t markov.Task) *Linear { return &Linear{t} }

// Name returns "linear".
func (l *Linear) Name() string { return "linear" }

// rankTolerance is the eigenvalue, relative to the largest, up to which a
// direction counts as not seen.
const rankTolerance = 1e-11

// Predict implements Predictor.
func (l *Linear) Predict(prompt *markov.Prompt, out *Prediction) error {
	out.none()
	if prompt.Real != nil {
		return l.regression(prompt.Real, out)
	}
	p := newPairs(l.task, prompt)

	// Centre: with an intercept, y - mean = w'(x - mean).
	center := make([]float64, p.q)
	var n, yMean float64
	for i, w := range p.weight {
		n += w
		yMean += w * l.task.Embedding().Label(p.y[i])
		for _, k := range p.active[i] {
			center[k] += w
		}
	}
	yMean /= n
	for k := range center {
		center[k] /= n
	}

	// Rows of X are sqrt(weight)(x - mean); r is the same of y. The prediction
	// is u'(X'X)^+ X'r or, with the smaller matrix, u'X'(XX')^+ r.
	rows := len(p.y)
	X := mat.NewDense(rows, p.q, nil)
	r := mat.NewVecDense(rows, nil)
	for i, w := range p.weight {
		row := X.RawRowView(i)
		fillCentred(row, center, p.active[i])
		scale := math.Sqrt(w)
		for k := range row {
			row[k] *= scale
		}
		r.SetVec(i, scale*(l.task.Embedding().Label(p.y[i])-yMean))
	}
	u := mat.NewVecDense(p.q, nil)
	fillCentred(u.RawVector().Data, center, p.features(prompt.Query))

	gram := mat.NewSymDense(min(rows, p.q), nil)
	var left, right mat.VecDense
	if p.q <= rows {
		gram.SymOuterK(1, X.T())
		left.CloneFromVec(u)
		right.MulVec(X.T(), r)
	} else {
		gram.SymOuterK(1, X)
		left.MulVec(X, u)
		right.CloneFromVec(r)
	}
	inner, err := pseudoInner(gram, &left, &right)
	if err != nil {
		return err
	}
	out.Expected = yMean + inner
	return nil
}

// regression is Predict for pairs of real numbers.
func (l *Linear) regression(p *markov.RealPrompt, out *Prediction) error {
	n, d := p.Len(), len(p.Weights)
	center, yMean := make([]float64, d), 0.0
	for i := range n {
		yMean += p.Labels[i] / float64(n)
		for k, x := range p.Input(i) {
			center[k] += x / float64(n)
		}
	}
	gram := mat.NewSymDense(d, nil)
	u, right, x := mat.NewVecDense(d, nil), mat.NewVecDense(d, nil), mat.NewVecDense(d, nil)
	for k, v := range p.Input(n) {
		u.SetVec(k, v-center[k])
	}
	for i := range n {
		for k, v := range p.Input(i) {
			x.SetVec(k, v-center[k])
		}
		gram.SymRankOne(gram, 1, x)
		right.AddScaledVec(right, p.Labels[i]-yMean, x)
	}
	inner, err := pseudoInner(gram, u, right)
	out.Expected = yMean + inner
	return err
}

func fillCentred(dst, center []float64, active []int) {
	for k, c := range center {
		dst[k] = -c
	}
	for _, k := range active {
		dst[k]++
	}
}

// pseudoInner returns left' gram^+ right.
func pseudoInner(gram *mat.SymDense, left, right mat.Vector) (float64, error) {
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, true) {
		return 0, errors.New("linear: the eigenvalues of the features' Gram matrix did not converge")
	}
	values := eigen.Values(nil) // ascending
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	var sum float64
	for k, value := range values {
		if value > rankTolerance*values[len(values)-1] {
			v := vectors.ColView(k)
			sum += mat.Dot(v, left) * mat.Dot(v, right) / value
		}
	}
	return sum, nil
}

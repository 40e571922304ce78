package moment

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
)

// gaussianQuery is the posterior of a regression. With w = mu + A e, e ~ N(0, I),
// AA' = Sigma, and noise of variance s2 the posterior mean of e is
//
//	(M + s2 I)^+ A'(X'y - X'X mu),  M = A'X'XA,
//
// where without noise the pseudo-inverse is the limit. It depends on the context
// through its Gram matrix, as linear self-attention does, and u'E[w | C] is linear
// in u: without a bias the floor of every depth is the Bayes risk.
type gaussianQuery struct {
	d, offset    int       // offset is 1 with a bias
	lambda       []float64 // [d*d]
	factor, mean []float64 // A, mu
	noise        float64
}

func newGaussianQuery(t markov.Task, b *basis) *gaussianQuery {
	r, d := t.Regression(), t.Positions()
	q := &gaussianQuery{d: d, offset: b.q - d, factor: r.WeightsFactor(), noise: markov.Float(r.NoiseRat())}
	for _, row := range r.CovarianceRat() {
		for _, x := range row {
			q.lambda = append(q.lambda, markov.Float(x))
		}
	}
	for _, m := range r.MeanRat() {
		q.mean = append(q.mean, markov.Float(m))
	}
	return q
}

// query is for chains only.
func (q *gaussianQuery) query(*chainCounts, *QueryLaw) error {
	panic("moment: a regression has no transitions to count")
}

// prompt writes the law of the query of a prompt.
func (q *gaussianQuery) prompt(t markov.Task, p *markov.Prompt, law *QueryLaw) {
	D := t.Dim()
	G := make([]float64, D*D)
	t.Gram(G, p)
	w, spread := q.posterior(G, float64(t.Columns(p)))
	q.law(w, spread, law)
}

// relativeRank is the eigenvalue of M, relative to the largest, that is 0.
const relativeRank = 1e-11

// posterior returns E[w | C], [d], and its posterior covariance, [d*d], from the
// Gram matrix of n columns.
func (q *gaussianQuery) posterior(G []float64, n float64) (w, spread []float64) {
	d, D := q.d, q.d+1+q.offset
	general := func(data []float64) blas64.General {
		return blas64.General{Rows: d, Cols: d, Stride: d, Data: data}
	}
	xx, r := make([]float64, d*d), make([]float64, d) // X'X and X'y - X'X mu
	for i := range d {
		r[i] = n * G[(i+q.offset)*D+D-1]
		for k := range d {
			xx[i*d+k] = n * G[(i+q.offset)*D+k+q.offset]
			r[i] -= xx[i*d+k] * q.mean[k]
		}
	}
	half, m := make([]float64, d*d), make([]float64, d*d)
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, general(q.factor), general(xx), 0, general(half))
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, general(half), general(q.factor), 0, general(m))
	var eigen mat.EigenSym
	eigen.Factorize(mat.NewSymDense(d, m), true)
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	w, spread = append([]float64(nil), q.mean...), make([]float64, d*d)
	direction := make([]float64, d) // A v
	for i, value := range values {
		for k := range d {
			direction[k] = 0
			for j := range d {
				direction[k] += q.factor[k*d+j] * vectors.At(j, i)
			}
		}
		gain, left := 0.0, 1.0 // of the estimate, and the variance that remains
		if value > relativeRank*values[d-1] || q.noise > 0 {
			value = max(value, 0)
			gain, left = 1/(value+q.noise), q.noise/(value+q.noise)
		}
		var along float64 // v'A'r
		for k := range d {
			along += direction[k] * r[k]
		}
		for k := range d {
			w[k] += gain * along * direction[k]
			for j := range d {
				spread[k*d+j] += left * direction[k] * direction[j]
			}
		}
	}
	return w, spread
}

// law writes the law of the query given the mean and the covariance of w.
func (q *gaussianQuery) law(w, spread []float64, law *QueryLaw) {
	d, features := q.d, q.d+q.offset
	clear(law.K)
	clear(law.L)
	if q.offset == 1 {
		law.K[0] = 1
	}
	law.C = q.noise
	for i := range d {
		for k := range d {
			l := q.lambda[i*d+k]
			law.K[(i+q.offset)*features+k+q.offset] = l
			law.L[i+q.offset] += l * w[k]
			law.C += l * (w[i]*w[k] + spread[k*d+i])
		}
	}
}

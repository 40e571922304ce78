package trace

import (
	"math"

	"markovicl/lsa"
)

// sum gathers the mean and the spread of a number (Welford 1962), and merges
// with the sum of other prompts (Chan, Golub and LeVeque 1979).
type sum struct {
	n        int
	mean, m2 float64 // m2: sum of squared deviations from the mean
}

func (s *sum) addOne(x float64) {
	s.n++
	d := x - s.mean
	s.mean += d / float64(s.n)
	s.m2 += d * (x - s.mean)
}

func (s *sum) merge(t sum) {
	if t.n == 0 {
		return
	}
	n := s.n + t.n
	d := t.mean - s.mean
	s.mean += d * float64(t.n) / float64(n)
	s.m2 += t.m2 + d*d*float64(s.n)*float64(t.n)/float64(n)
	s.n = n
}

func (s *sum) estimate() Estimate {
	e := Estimate{Mean: s.mean, Count: s.n}
	if s.n > 1 {
		e.SE = math.Sqrt(s.m2 / float64(s.n-1) / float64(s.n))
	}
	return e
}

type sums []sum

func (s sums) add(x []float64) {
	for k := range s {
		s[k].addOne(x[k])
	}
}

// addNorms adds the norm of each row of the gradient g, [D, q], and to cosines
// the cosine of the step with minus that row. An empty step has none.
func (s sums) addNorms(g []float64, cosines sums, step []float64) {
	q := len(g) / len(s)
	length := norm(step)
	for k := range s {
		row := g[k*q : (k+1)*q]
		size := norm(row)
		s[k].addOne(size)
		if length > 0 && size > 0 {
			cosines[k].addOne(-dot(row, step) / (length * size))
		}
	}
}

func (s sums) estimates() []Estimate {
	out := make([]Estimate, len(s))
	for k := range s {
		out[k] = s[k].estimate()
	}
	return out
}

// layerSums holds the sums of every layer in one slice, so that merging is one
// loop.
type layerSums struct {
	q, each int
	all     sums // [L+1, each]
}

type layerSum struct {
	w, r1, r2, norm1, norm2, cosine1, cosine2 sums
	loss                                      *sum
}

func newLayerSums(p *lsa.Structured) *layerSums {
	q, D := p.Dim-1, p.Dim
	each := q + 6*D + 1
	return &layerSums{q: q, each: each, all: make(sums, (p.Layers+1)*each)}
}

func (s *layerSums) at(l int) layerSum {
	rest := s.all[l*s.each : (l+1)*s.each]
	take := func(k int) sums {
		part := rest[:k:k]
		rest = rest[k:]
		return part
	}
	D := s.q + 1
	return layerSum{
		w: take(s.q), r1: take(D), r2: take(D), norm1: take(D), norm2: take(D), cosine1: take(D), cosine2: take(D),
		loss: &rest[0],
	}
}

func (s *layerSums) merge(t *layerSums) {
	for k := range s.all {
		s.all[k].merge(t.all[k])
	}
}

func (s *layerSums) layers(p *lsa.Structured) []Layer {
	out := make([]Layer, p.Layers+1)
	for l := range out {
		at := s.at(l)
		out[l] = Layer{
			Layer: l, W: at.w.estimates(), R1: at.r1.estimates(), R2: at.r2.estimates(), QueryLoss: at.loss.estimate(),
			Norm1: at.norm1.estimates(), Norm2: at.norm2.estimates(),
		}
		if l < p.Layers {
			out[l].Cosine1, out[l].Cosine2 = at.cosine1.estimates(), at.cosine2.estimates()
		}
	}
	return out
}

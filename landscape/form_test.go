package landscape

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
	"markovicl/moment"
	"markovicl/moment/momenttest"
)

// binaryForm is the form of the binary task with uniform kernel rows and
// Bernoulli(p) starts, by enumerating all chains at the nodes of a Gauss-Legendre
// rule: slow and independent of package moment. n = 0 stands for infinity.
func binaryForm(d, n int, p float64, bias bool) *moment.Form {
	q := d
	if bias {
		q++
	}
	D := q + 1
	m := moment.Pairs(D)
	form := &moment.Form{Q: q, H: mat.NewSymDense(q*m, nil), L: make([]float64, q*m)}
	nodes, weights := make([]float64, 3*d/2+1), make([]float64, 3*d/2+1)
	quad.Legendre{}.FixedLocations(nodes, weights, 0, 1)
	once := 0.0
	if n > 0 {
		once = 1 / float64(n)
	}
	for i, p01 := range nodes {
		for k, p11 := range nodes {
			w := weights[i] * weights[k]
			m2, m4 := make([]float64, m), mat.NewSymDense(m, nil)
			qq, qy := mat.NewSymDense(q, nil), make([]float64, q)
			for chain := range 1 << (d + 1) {
				z := make([]float64, 0, D)
				if bias {
					z = append(z, 1)
				}
				prob, last := 1.0, -1
				for t := range d + 1 {
					x := chain >> t & 1
					up := p
					if last == 0 {
						up = p01
					} else if last == 1 {
						up = p11
					}
					if x == 1 {
						prob *= up
					} else {
						prob *= 1 - up
					}
					last = x
					z = append(z, float64(x))
				}
				g := make([]float64, 0, m)
				for a := range D {
					for b := a; b < D; b++ {
						g = append(g, z[a]*z[b])
					}
				}
				for a, x := range g {
					m2[a] += prob * x
				}
				m4.SymRankOne(m4, prob, mat.NewVecDense(m, g))
				qq.SymRankOne(qq, prob, mat.NewVecDense(q, z[:q]))
				for a := range q {
					qy[a] += prob * z[a] * z[q]
				}
				form.C += w * prob * z[q] * z[q]
			}
			for a := range q {
				for s := range m {
					form.L[a*m+s] += w * qy[a] * m2[s]
					for b := range q {
						for t := range m {
							if a*m+s <= b*m+t {
								x := qq.At(a, b) * (once*m4.At(s, t) + (1-once)*m2[s]*m2[t])
								form.H.SetSym(a*m+s, b*m+t, form.H.At(a*m+s, b*m+t)+w*x)
							}
						}
					}
				}
			}
		}
	}
	return form
}

var gaussians, taskForm, randomForm = momenttest.Gaussians, momenttest.Form, momenttest.Random

// Package moment agrees with the enumeration.
func TestBinaryForm(t *testing.T) {
	for _, c := range []struct {
		spec markov.Spec
		form *moment.Form
	}{
		{markov.Spec{D: 2, N: "7", P: "0.3"}, binaryForm(2, 7, 0.3, false)},
		{markov.Spec{D: 3, N: "inf", Bias: true}, binaryForm(3, 0, 0.5, true)},
	} {
		form := taskForm(t, c.spec)
		if !mat.EqualApprox(form.H, c.form.H, 1e-13) || math.Abs(form.C-c.form.C) > 1e-13 {
			t.Errorf("%+v: H or c differ", c.spec)
		}
		for i, x := range form.L {
			if math.Abs(x-c.form.L[i]) > 1e-13 {
				t.Errorf("%+v: h[%d] = %g, enumeration %g", c.spec, i, x, c.form.L[i])
			}
		}
	}
}

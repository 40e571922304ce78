package landscape

import (
	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
	"markovicl/relax"
)

// isotropic returns the form in coordinates of R^D in which the average of
// tr(K(b)^{-1} N_il) over directions b is near the identity: the boxes then have
// the right shape. b = T b~ and A = T A~ turn the blocks into T M_j T'.
func isotropic(form *moment.Form) *moment.Form {
	D := form.Q + 1
	const samples, rounds = 40, 3
	for range rounds {
		p := newProjected(form)
		average := mat.NewSymDense(D, nil)
		for i := range samples {
			p.eval(randomDirection(0, uint64(i), D))
			var chol mat.Cholesky
			if !chol.Factorize(p.K) {
				return form
			}
			var inverse mat.SymDense
			if chol.InverseTo(&inverse) != nil {
				return form
			}
			for k := range D {
				for l := k; l < D; l++ {
					average.SetSym(k, l, average.At(k, l)+p.traceWith(&inverse, k, l)/samples)
				}
			}
		}
		T, err := relax.InverseRoot(average)
		if err != nil {
			return form
		}
		form = congruentForm(form, T)
	}
	return form
}

// traceWith returns tr(inverse N_il).
func (p *projected) traceWith(inverse *mat.SymDense, i, l int) float64 {
	m, sum := p.n/p.form.Q, 0.0
	for s := range p.M {
		for t := range p.M {
			sum += inverse.At(s, t) * p.form.H.At(s/p.D*m+p.pair[i*p.D+s%p.D], t/p.D*m+p.pair[l*p.D+t%p.D])
		}
	}
	return sum
}

// congruentForm returns the form as a function of the blocks M~_j, M_j = T M~_j T'.
func congruentForm(form *moment.Form, T *mat.Dense) *moment.Form {
	q, D := form.Q, form.Q+1
	m := moment.Pairs(D)
	// Column (k, l) of the change of coordinates of a block: e_k e_l', made
	// symmetric, has the coordinate 1 at the pair {k, l}.
	change := mat.NewDense(m, m, nil)
	for k := range D {
		for l := k; l < D; l++ {
			for i := range D {
				for j := i; j < D; j++ {
					x := T.At(i, k) * T.At(j, l)
					if i != j {
						x += T.At(j, k) * T.At(i, l)
					}
					change.Set(moment.PairIndex(D, i, j), moment.PairIndex(D, k, l), x)
				}
			}
		}
	}
	full := mat.NewDense(q*m, q*m, nil)
	for j := range q {
		full.Slice(j*m, (j+1)*m, j*m, (j+1)*m).(*mat.Dense).Copy(change)
	}
	var HT, H mat.Dense
	HT.Mul(form.H, full)
	H.Mul(full.T(), &HT)
	out := &moment.Form{Q: q, H: mat.NewSymDense(q*m, nil), L: make([]float64, q*m), C: form.C}
	for r := range q * m {
		for t := r; t < q*m; t++ {
			out.H.SetSym(r, t, (H.At(r, t)+H.At(t, r))/2)
		}
	}
	mat.NewVecDense(q*m, out.L).MulVec(full.T(), mat.NewVecDense(q*m, form.L))
	return out
}

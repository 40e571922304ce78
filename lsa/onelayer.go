package lsa

// oneLayer computes losses of a structured model of one layer on prompts, and their
// gradients, with fewer operations than a pass that knows nothing of the query. With v_t =
// A_t u and s_t = G b_t
//
//	e = sum_t s_t'v_t - y,  d b_t = 2we G v_t,  d A_t = 2we s_t u'
//
// so that theta is never needed: one product with A in place of two.
type oneLayer struct {
	p     *Structured
	beta  []vec // [h, D] b in every lane
	s, v  []vec // [h, D]
	es    []vec // [slots, h, D] 2we s
	ev    []vec // [D] 2we v
	e     vec   // 2we
	dBeta []vec // [D]
}

// slots is how many groups pass by before their outer products are added up: each entry of
// the gradient then is loaded and stored once for all of them.
const slots = 8

func newOneLayer(p *Structured) *oneLayer {
	h, D := p.Heads, p.Dim
	vecs := func(n int) []vec { return make([]vec, n) }
	return &oneLayer{p: p, beta: vecs(h * D), s: vecs(h * D), v: vecs(h * D), es: vecs(slots * h * D), ev: vecs(D), dBeta: vecs(D)}
}

// run adds the weighted losses of the groups from <= k < to to loss, and their gradient to
// grad if backward is set. It ends at the first group after which a loss is not finite, and
// then returns false.
func (f *oneLayer) run(b *Batch, from, to int, backward bool, loss *vec, grad []vec) bool {
	h, D, q := f.p.Heads, f.p.Dim, f.p.Dim-1
	gradB, gradA := grad[:h*D], grad[h*D:]
	for i, x := range f.p.B {
		f.beta[i] = splat(x)
	}
	for first := from; first < to; first += slots {
		count := min(slots, to-first)
		for slot := range count {
			group := b.group(first + slot)
			f.errors(group, loss)
			if !finite(loss[:]) {
				return false
			}
			if !backward {
				continue
			}
			scaleBy(f.es[slot*h*D:(slot+1)*h*D], f.s, &f.e)
			for t := range h {
				scaleBy(f.ev, f.v[t*D:(t+1)*D], &f.e)
				symMulVec(f.dBeta, group.gram, f.ev)
				addScaled(gradB[t*D:(t+1)*D], 1, f.dBeta)
			}
		}
		if backward {
			for t := range h {
				addOuters(gradA[t*D*q:(t+1)*D*q], f.es[t*D:], b.query[first*q:], D, q, count, h*D, q)
			}
		}
	}
	return true
}

// errors sets s, v and 2we for a group, and adds its weighted losses to loss.
func (f *oneLayer) errors(group group, loss *vec) {
	h, D, e := f.p.Heads, f.p.Dim, &f.e
	for lane, y := range group.label {
		e[lane] = -y
	}
	for t := range h {
		_, A := f.p.Head(0, t)
		s, v := f.s[t*D:(t+1)*D], f.v[t*D:(t+1)*D]
		symMulVec(s, group.gram, f.beta[t*D:(t+1)*D])
		mulScalar(v, A, group.query)
		addDot(e, s, v)
	}
	for lane, w := range group.weight {
		loss[lane] += float64(w * e[lane] * e[lane])
		e[lane] *= 2 * w
	}
}

package lsa

import "fmt"

// Batch holds what the loss needs of many prompts, in groups of Lanes with the
// prompt innermost. It is one of two kinds:
//
//   - prompts: Gram matrix, query and label; the loss of a prompt is
//     (theta'u - y)^2
//   - laws of prompts: Gram matrix and moments of the query given it; the loss
//     is E (theta'u - y)^2 = theta'U theta - 2 v'theta + c
//
// and the loss of the batch is the weighted sum over its prompts.
type Batch struct {
	dim, len int
	law      bool
	gram     []vec // [groups, D(D+1)/2] upper triangles
	query    []vec // [groups, q] u, or v of a law
	label    []vec // [groups] y, or c of a law
	second   []vec // [groups, q(q+1)/2] upper triangles of U, of laws only
	weight   []vec // [groups] 0 in the places after the last prompt
}

// NewBatch returns a batch of n prompts for prompt matrices of dim rows, to be
// filled with Set.
func NewBatch(dim, n int) *Batch { return newBatch(dim, n, false) }

// NewLawBatch returns a batch of n laws of prompts, to be filled with SetLaw.
func NewLawBatch(dim, n int) *Batch { return newBatch(dim, n, true) }

func newBatch(dim, n int, law bool) *Batch {
	if dim < 2 || n < 1 {
		panic(fmt.Sprintf("lsa: a batch of %d prompts with %d rows", n, dim))
	}
	q, groups := dim-1, (n+Lanes-1)/Lanes
	b := &Batch{
		dim: dim, len: n, law: law,
		gram:   make([]vec, groups*triangle(dim)),
		query:  make([]vec, groups*q),
		label:  make([]vec, groups),
		weight: make([]vec, groups),
	}
	if law {
		b.second = make([]vec, groups*triangle(q))
	}
	return b
}

// triangle returns the number of pairs i <= k below n.
func triangle(n int) int { return n * (n + 1) / 2 }

// Dim returns D.
func (b *Batch) Dim() int { return b.dim }

// Len returns the number of prompts.
func (b *Batch) Len() int { return b.len }

// Groups returns the number of groups of Lanes prompts.
func (b *Batch) Groups() int { return len(b.label) }

// Set makes prompt i one with Gram matrix G, flat [D*D], query features u,
// length q, label y, and the given weight in the loss. Different goroutines may
// set prompts of different groups at once.
func (b *Batch) Set(i int, G, u []float64, y, weight float64) {
	if b.law {
		panic("lsa: Set on a batch of laws; use SetLaw")
	}
	b.set(i, G, u, y, weight)
}

// SetTogether is Set for so many prompts from number i on, side by side: of prompt i+k, entry
// r of the upper triangle of the Gram matrix, row-major, is upper[r*width+k], feature j of
// the query is u[j*width+k], and the label is y[k]. They are of one group.
func (b *Batch) SetTogether(i, count, width int, upper, u, y []float64, weight float64) {
	D, q := b.dim, b.dim-1
	group, lane := i/Lanes, i%Lanes
	if b.law || i < 0 || i+count > b.len || lane+count > Lanes || count > width || len(upper) != triangle(D)*width || len(u) != q*width {
		panic(fmt.Sprintf("lsa: prompts %d to %d of %d, of one group, with %d and %d numbers, D = %d", i, i+count, b.len, len(upper), len(u), D))
	}
	put := func(to []vec, from []float64) {
		for r := range to {
			copy(to[r][lane:lane+count], from[r*width:])
		}
	}
	put(b.gram[group*triangle(D):][:triangle(D)], upper)
	put(b.query[group*q:][:q], u)
	copy(b.label[group][lane:lane+count], y)
	for k := range count {
		b.weight[group][lane+k] = weight
	}
}

// SetLaw makes element i the law of prompts whose Gram matrix is G, flat [D*D],
// and whose query has E[uu'] = U, flat [q*q], E[u y] = v, length q, and
// E[y^2] = c; weight is its probability.
func (b *Batch) SetLaw(i int, G, U, v []float64, c, weight float64) {
	if !b.law || len(U) != len(v)*len(v) {
		panic("lsa: SetLaw on a batch of prompts, or moments of different sizes")
	}
	b.set(i, G, v, c, weight)
	q := b.dim - 1
	group, lane := i/Lanes, i%Lanes
	packUpper(b.second[group*triangle(q):], lane, U, q)
}

func (b *Batch) set(i int, G, u []float64, y, weight float64) {
	D, q := b.dim, b.dim-1
	if i < 0 || i >= b.len || len(G) != D*D || len(u) != q {
		panic(fmt.Sprintf("lsa: prompt %d of %d with a Gram matrix of %d and a query of %d numbers, D = %d", i, b.len, len(G), len(u), D))
	}
	group, lane := i/Lanes, i%Lanes
	packUpper(b.gram[group*triangle(D):], lane, G, D)
	for j, x := range u {
		b.query[group*q+j][lane] = x
	}
	b.label[group][lane] = y
	b.weight[group][lane] = weight
}

// packUpper writes the upper triangle of a symmetric matrix, flat [n*n], to one
// lane of dst.
func packUpper(dst []vec, lane int, matrix []float64, n int) {
	r := 0
	for i := range n {
		for _, x := range matrix[i*n+i : (i+1)*n] {
			dst[r][lane] = x
			r++
		}
	}
}

// group is the view of one group of a batch.
type group struct {
	gram, query, second []vec
	label, weight       *vec
}

func (b *Batch) group(k int) group {
	D, q := b.dim, b.dim-1
	g := group{
		gram:   b.gram[k*triangle(D) : (k+1)*triangle(D)],
		query:  b.query[k*q : (k+1)*q],
		label:  &b.label[k],
		weight: &b.weight[k],
	}
	if b.law {
		g.second = b.second[k*triangle(q) : (k+1)*triangle(q)]
	}
	return g
}

// loss adds the group's weighted losses at theta to sum and writes their
// derivatives with respect to theta to dTheta. scratch has q vecs.
func (g *group) loss(sum *vec, dTheta, theta, scratch []vec) {
	if g.second == nil {
		e := &scratch[0] // theta'u - y
		for lane, y := range g.label {
			e[lane] = -y
		}
		addDot(e, theta, g.query)
		for lane, w := range g.weight {
			sum[lane] += float64(w * e[lane] * e[lane])
			e[lane] *= 2 * w
		}
		clear(dTheta)
		addOuter(dTheta, scratch[:1], g.query)
		return
	}
	symMulVec(scratch, g.second, theta) // U theta
	loss := *g.label
	for j := range theta {
		for lane, x := range theta[j] {
			v := g.query[j][lane]
			loss[lane] += float64(x * (scratch[j][lane] - float64(2*v)))
			dTheta[j][lane] = 2 * g.weight[lane] * (scratch[j][lane] - v)
		}
	}
	for lane, w := range g.weight {
		sum[lane] += float64(w * loss[lane])
	}
}

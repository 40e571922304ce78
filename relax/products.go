package relax

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// products is the linear map J from the coordinates w of a multiplierSearch to the
// products Mv of their matrix M with given vectors v. As a matrix J would have n rows of
// m.count() entries for each v. But the matrix of a coordinate meets two columns a_l, a_m
// only, and those of one relation are the same for all pairs of columns. So what is kept is,
// for each relation, its matrix times the part of each v that belongs to each column:
// J, its transpose and JJ' are products of these.
type products struct {
	m  *multiplierSearch
	vs [][]float64

	// symmetric and antisymmetric are [relations, len(vs)*units*N], entry (k, (v, l, x))
	// being that of the matrix of relation k times the part of v for column l, at e_x, for
	// pairs of different columns.
	symmetric, antisymmetric blas64.General
	inner                    blas64.General // [mixed relations, len(vs)*N] their matrices times the b_i of v
	outer                    blas64.General // [mixed relations, len(vs)*units*D] times the part for column l
	multiplier               blas64.General // [directions of P, len(vs)*n]
}

func matrix(rows, columns int) blas64.General {
	return blas64.General{Rows: rows, Cols: columns, Stride: max(columns, 1), Data: make([]float64, rows*columns)}
}

// part returns columns first to first+count of B.
func part(B blas64.General, first, count int) blas64.General {
	B.Cols = count
	if len(B.Data) > 0 {
		B.Data = B.Data[first:]
	}
	return B
}

// gemm is blas64.Gemm, but nothing for empty factors.
func gemm(tA, tB blas.Transpose, alpha float64, A, B blas64.General, beta float64, C blas64.General) {
	if C.Rows > 0 && C.Cols > 0 && A.Rows > 0 && A.Cols > 0 && B.Rows > 0 && B.Cols > 0 {
		blas64.Gemm(tA, tB, alpha, A, B, beta, C)
	}
}

// newProducts takes long for large matrices; it fails if ctx ends.
func newProducts(ctx context.Context, m *multiplierSearch, vs [][]float64) (*products, error) {
	s := m.space
	D, units, N := s.D, s.units, s.D*s.grams
	size := m.n / D
	p := &products{m: m, vs: vs}
	// The parts of the v for the columns, [len(vs)*units, N], and the b_i of the v.
	parts, bs := matrix(len(vs)*units, N), matrix(len(vs), D)
	for k, v := range vs {
		for l := range units {
			for y, at := range s.place[l] {
				parts.Data[(k*units+l)*N+y] = v[at]
			}
		}
		for i := range D {
			bs.Data[k*D+i] = v[i*size]
		}
	}
	whole := matrix(N, N)
	p.symmetric = matrix(s.symmetric.Rows, parts.Rows*N)
	for k := range s.symmetric.Rows {
		if k%panel == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row := s.symmetric.Data[k*s.symmetric.Stride:]
		at := 0
		for x := range N {
			whole.Data[x*N+x] = row[at] / math.Sqrt2
			at++
			for y := x + 1; y < N; y++ {
				whole.Data[x*N+y], whole.Data[y*N+x] = row[at]/2, row[at]/2
				at++
			}
		}
		gemm(blas.NoTrans, blas.NoTrans, 1, parts, whole, 0,
			blas64.General{Rows: parts.Rows, Cols: N, Stride: N, Data: p.symmetric.Data[k*p.symmetric.Stride:]})
	}
	p.antisymmetric = matrix(s.antisymmetric.Rows, parts.Rows*N)
	clear(whole.Data)
	for k := range s.antisymmetric.Rows {
		if k%panel == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row := s.antisymmetric.Data[k*s.antisymmetric.Stride:]
		at := 0
		for x := range N {
			for y := x + 1; y < N; y++ {
				whole.Data[x*N+y], whole.Data[y*N+x] = row[at]/2, -row[at]/2
				at++
			}
		}
		gemm(blas.NoTrans, blas.Trans, 1, parts, whole, 0,
			blas64.General{Rows: parts.Rows, Cols: N, Stride: N, Data: p.antisymmetric.Data[k*p.antisymmetric.Stride:]})
	}
	p.inner, p.outer = matrix(s.mixed.Rows, len(vs)*N), matrix(s.mixed.Rows, parts.Rows*D)
	for k := range s.mixed.Rows {
		M := blas64.General{Rows: D, Cols: N, Stride: N, Data: s.mixed.Data[k*s.mixed.Stride:]}
		gemm(blas.NoTrans, blas.NoTrans, 1/math.Sqrt2, bs, M, 0, blas64.General{Rows: len(vs), Cols: N, Stride: N, Data: p.inner.Data[k*p.inner.Stride:]})
		gemm(blas.NoTrans, blas.Trans, 1/math.Sqrt2, parts, M, 0, blas64.General{Rows: parts.Rows, Cols: D, Stride: D, Data: p.outer.Data[k*p.outer.Stride:]})
	}
	p.multiplier = matrix(len(m.directions), len(vs)*m.n)
	for k, S := range m.directions {
		for at, v := range vs {
			for i := range m.n {
				sum := 0.0
				for j := range D {
					if x := S[i/size*D+j]; x != 0 {
						sum += x * dot(m.core[i%size*size:(i%size+1)*size], v[j*size:(j+1)*size])
					}
				}
				p.multiplier.Data[k*p.multiplier.Stride+at*m.n+i] = sum / m.unit
			}
		}
	}
	return p, nil
}

// rows returns the number of rows of J: n for each v.
func (p *products) rows() int { return len(p.vs) * p.m.n }

// pair returns the row of a pair of columns among the coordinates of symmetric
// relations, and of antisymmetric ones.
func (s *space) pair(l, m int) (symmetric, antisymmetric int) {
	l, m = min(l, m), max(l, m)
	at := l*s.units - l*(l-1)/2 + m - l
	return at, at - l - 1
}

// oriented returns the row of the relation of columns l and m, and the factor with
// which it counts in that order: an antisymmetric one is 0 where they are the same,
// and a symmetric one stands for one entry there instead of two.
func (s *space) oriented(l, m int, anti bool) (at int, factor float64) {
	symmetric, antisymmetric := s.pair(l, m)
	switch {
	case !anti && l == m:
		return symmetric, math.Sqrt2
	case !anti:
		return symmetric, 1
	case l < m:
		return antisymmetric, -1
	case l > m:
		return antisymmetric, 1
	}
	return 0, 0
}

// times sets out ([len(vs)*n]) to Jw.
func (p *products) times(out, w []float64) {
	s, n := p.m.space, p.m.n
	D, units, N := s.D, s.units, s.D*s.grams
	clear(out)
	mixed, symmetric, antisymmetric := s.split(w[:s.count()])
	ofPairs := func(l int, from blas64.General, anti bool) blas64.General { // [units, relations]: rows (m, l)
		rows := matrix(units, from.Cols)
		for m := range units {
			at, factor := s.oriented(l, m, anti)
			if factor == 0 {
				continue
			}
			row := rows.Data[m*rows.Stride : m*rows.Stride+from.Cols]
			blas64.Axpy(factor, vector(from.Data[at*from.Stride:at*from.Stride+from.Cols]), vector(row))
		}
		return rows
	}
	columns := matrix(len(p.vs)*units, N) // of the e_x(a_l) in the result
	for l := range units {                // the part of v that is multiplied
		ws, wa := ofPairs(l, symmetric, false), ofPairs(l, antisymmetric, true)
		for k := range p.vs {
			into := blas64.General{Rows: units, Cols: N, Stride: N, Data: columns.Data[k*units*N:]}
			gemm(blas.NoTrans, blas.NoTrans, 1, ws, part(p.symmetric, (k*units+l)*N, N), 1, into)
			gemm(blas.NoTrans, blas.NoTrans, 1, wa, part(p.antisymmetric, (k*units+l)*N, N), 1, into)
		}
	}
	b := matrix(1, D)
	for k := range p.vs {
		gemm(blas.NoTrans, blas.NoTrans, 1, mixed, part(p.inner, k*N, N), 1, blas64.General{Rows: units, Cols: N, Stride: N, Data: columns.Data[k*units*N:]})
		clear(b.Data)
		for l := range units {
			gemm(blas.NoTrans, blas.NoTrans, 1, blas64.General{Rows: 1, Cols: mixed.Cols, Stride: mixed.Stride, Data: mixed.Data[l*mixed.Stride:]}, part(p.outer, (k*units+l)*D, D), 1, b)
		}
		for i, x := range b.Data {
			out[k*n+i*n/D] += x
		}
		for l := range units {
			for x, at := range s.place[l] {
				out[k*n+at] += columns.Data[(k*units+l)*N+x]
			}
		}
	}
	if p.multiplier.Rows > 0 {
		blas64.Gemv(blas.Trans, 1, p.multiplier, vector(w[s.count():]), 1, vector(out))
	}
}

// addTransposed adds J'r to w, for an r ([len(vs)*n]).
func (p *products) addTransposed(w, r []float64) {
	s, n := p.m.space, p.m.n
	D, units, N := s.D, s.units, s.D*s.grams
	mixed, symmetric, antisymmetric := s.split(w[:s.count()])
	columns, bs := matrix(len(p.vs)*units, N), matrix(len(p.vs), D)
	for k := range p.vs {
		for l := range units {
			for x, at := range s.place[l] {
				columns.Data[(k*units+l)*N+x] = r[k*n+at]
			}
		}
		for i := range D {
			bs.Data[k*D+i] = r[k*n+i*n/D]
		}
	}
	products := func(of, into blas64.General, anti bool) {
		rows := matrix(units, into.Cols)
		for l := range units {
			clear(rows.Data)
			for k := range p.vs {
				gemm(blas.NoTrans, blas.Trans, 1, blas64.General{Rows: units, Cols: N, Stride: N, Data: columns.Data[k*units*N:]}, part(of, (k*units+l)*N, N), 1, rows)
			}
			for m := range units {
				at, factor := s.oriented(l, m, anti)
				if factor == 0 {
					continue
				}
				blas64.Axpy(factor, vector(rows.Data[m*rows.Stride:m*rows.Stride+into.Cols]), vector(into.Data[at*into.Stride:at*into.Stride+into.Cols]))
			}
		}
	}
	if symmetric.Cols > 0 {
		products(p.symmetric, symmetric, false)
	}
	if antisymmetric.Cols > 0 {
		products(p.antisymmetric, antisymmetric, true)
	}
	for k := range p.vs {
		gemm(blas.NoTrans, blas.Trans, 1, blas64.General{Rows: units, Cols: N, Stride: N, Data: columns.Data[k*units*N:]}, part(p.inner, k*N, N), 1, mixed)
		b := blas64.General{Rows: 1, Cols: D, Stride: D, Data: bs.Data[k*D:]}
		for l := range units {
			gemm(blas.NoTrans, blas.Trans, 1, b, part(p.outer, (k*units+l)*D, D), 1, blas64.General{Rows: 1, Cols: mixed.Cols, Stride: mixed.Stride, Data: mixed.Data[l*mixed.Stride:]})
		}
	}
	if p.multiplier.Rows > 0 {
		blas64.Gemv(blas.NoTrans, 1, p.multiplier, vector(r), 1, vector(w[s.count():]))
	}
}

// gram returns JJ'. It fails if ctx ends.
func (p *products) gram(ctx context.Context) (*mat.SymDense, error) {
	s, n := p.m.space, p.m.n
	D, units, N := s.D, s.units, s.D*s.grams
	all := len(p.vs) * units * N
	square := func(B blas64.General) (blas64.General, error) { // B'B, both triangles
		G := matrix(B.Cols, B.Cols)
		width := panelOf(float64(B.Rows) * float64(B.Cols))
		for i := 0; i < B.Cols && B.Rows > 0; i += width {
			if err := ctx.Err(); err != nil {
				return G, err
			}
			w := min(width, B.Cols-i)
			gemm(blas.Trans, blas.NoTrans, 1, part(B, i, w), part(B, i, B.Cols-i), 0,
				blas64.General{Rows: w, Cols: B.Cols - i, Stride: G.Stride, Data: G.Data[i*G.Stride+i:]})
		}
		for i := range G.Rows {
			for j := range i {
				G.Data[i*G.Stride+j] = G.Data[j*G.Stride+i]
			}
		}
		return G, nil
	}
	S, err := square(p.symmetric)
	if err != nil {
		return nil, err
	}
	A, err := square(p.antisymmetric)
	if err != nil {
		return nil, err
	}
	out := mat.NewSymDense(p.rows(), nil)
	if p.multiplier.Rows > 0 {
		blas64.Syrk(blas.Trans, 1, p.multiplier, 0, out.RawSymmetric())
	}
	raw := out.RawSymmetric()
	add := func(i, j int, x float64) { // once for each place of the upper triangle
		if i <= j {
			raw.Data[i*raw.Stride+j] += x
		}
	}
	inner := multiplyTransposed(p.inner, p.inner) // [len(vs)*N, len(vs)*N]
	cross := multiplyTransposed(p.inner, p.outer) // [len(vs)*N, len(vs)*units*D]
	outer := multiplyTransposed(p.outer, p.outer) // [len(vs)*units*D, the same]
	for k := range p.vs {
		for h := range p.vs {
			if h < k {
				continue
			}
			row, column := k*n, h*n
			for l := range units {
				for i := range D {
					for j := range D {
						add(row+i*n/D, column+j*n/D, outer.Data[((k*units+l)*D+i)*outer.Stride+(h*units+l)*D+j])
					}
					for x, at := range s.place[l] {
						add(row+at, column+i*n/D, cross.Data[(k*N+x)*cross.Stride+(h*units+l)*D+i])
						add(row+i*n/D, column+at, cross.Data[(h*N+x)*cross.Stride+(k*units+l)*D+i])
					}
				}
				for m := range units {
					if m != l { // the pair (l, m) only
						for x, at := range s.place[l] {
							from := ((k*units+m)*N + x) * all
							for y, to := range s.place[m] {
								add(row+at, column+to, S.Data[from+(h*units+l)*N+y]-A.Data[from+(h*units+l)*N+y])
							}
						}
						continue
					}
					for x, at := range s.place[l] {
						for y, to := range s.place[l] {
							sum := inner.Data[(k*N+x)*inner.Stride+h*N+y]
							for o := range units {
								place := ((k*units+o)*N+x)*all + (h*units+o)*N + y
								if o == l {
									sum += 2 * S.Data[place]
								} else {
									sum += S.Data[place] + A.Data[place]
								}
							}
							add(row+at, column+to, sum)
						}
					}
				}
			}
		}
	}
	return out, nil
}

// multiplyTransposed returns A'B.
func multiplyTransposed(A, B blas64.General) blas64.General {
	out := matrix(A.Cols, B.Cols)
	gemm(blas.Trans, blas.NoTrans, 1, A, B, 0, out)
	return out
}

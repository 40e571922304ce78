package dense

import "fmt"

// View is a matrix within a slice: entry (i, j) is Data[i*RowStride +
// j*ColStride].
type View[F Float] struct {
	Data                 []F
	Rows, Cols           int
	RowStride, ColStride int
}

// Matrix is the view of a row-major matrix whose rows are stride apart.
func Matrix[F Float](data []F, rows, cols, stride int) View[F] {
	return View[F]{data, rows, cols, stride, 1}
}

// T is the transpose, a view.
func (v View[F]) T() View[F] {
	return View[F]{v.Data, v.Cols, v.Rows, v.ColStride, v.RowStride}
}

// check panics if the view reaches beyond its data.
func (v View[F]) check() {
	if v.Rows < 1 || v.Cols < 1 || v.RowStride < 0 || v.ColStride < 0 ||
		(v.Rows-1)*v.RowStride+(v.Cols-1)*v.ColStride >= len(v.Data) {
		panic(fmt.Sprintf("dense: a view of %d x %d with strides %d, %d in %d numbers", v.Rows, v.Cols, v.RowStride, v.ColStride, len(v.Data)))
	}
}

// kernel is the inner tile of a product: it computes mr x nr entries of C at
// once, so that they stay in registers while k runs.
type kernel[F Float] struct {
	mr, nr int

	// micro computes the tile sum_k A[i, k] B[k, j] and writes it to c, or adds it
	// there. A[i, k] is a[i*rs + k*cs], B[k, j] is b[k*nr + j] and the tile's entry
	// (i, j) is c[i*ldc + j]. Every entry is summed in the order of k.
	micro func(k int, a []F, rs, cs int, b, c []F, ldc int, add bool)
}

// The tiles in use, one for each float type.
var (
	single = kernel[float32]{4, 4, microPlain[float32]}
	double = kernel[float64]{4, 4, microPlain[float64]}
)

func kernelOf[F Float]() *kernel[F] {
	var zero F
	if _, ok := any(zero).(float32); ok {
		return any(&single).(*kernel[F])
	}
	return any(&double).(*kernel[F])
}

// depth is how many k a tile runs over before it is put down: nr columns of B for
// that many k stay in the first-level cache while all rows of A pass by.
const depth = 256

// Panels is a matrix B packed for products A B: columns in panels of nr, k by k,
// cut at every depth. The last panel is filled up with zeros. A matrix that takes
// part in many products is packed once.
type Panels[F Float] struct {
	k, n     int
	from, to int // rows that take part
	data     []F // [k/depth][n/nr][depth][nr]
}

// Rows returns the rows from <= k < to of a packed matrix, as a view.
func (p *Panels[F]) Rows(from, to int) Panels[F] {
	if from < 0 || to > p.k || from >= to {
		panic(fmt.Sprintf("dense: rows %d to %d of %d", from, to, p.k))
	}
	out := *p
	out.from, out.to = from, to
	return out
}

// Pack makes p the packed form of b. It allocates only to grow.
func (p *Panels[F]) Pack(b View[F]) {
	b.check()
	nr := kernelOf[F]().nr
	p.k, p.n, p.from, p.to = b.Rows, b.Cols, 0, b.Rows
	panels := (p.n + nr - 1) / nr
	if size := p.k * panels * nr; cap(p.data) < size {
		p.data = make([]F, size)
	} else {
		p.data = p.data[:size]
	}
	at := p.data
	for k0 := 0; k0 < p.k; k0 += depth {
		kc := min(depth, p.k-k0)
		for j0 := 0; j0 < p.n; j0 += nr {
			packPanel(at[:kc*nr], b, k0, j0, nr)
			at = at[kc*nr:]
		}
	}
}

// packPanel writes the columns from j0 on of the rows from k0 on to dst, [kc, nr].
func packPanel[F Float](dst []F, b View[F], k0, j0, nr int) {
	width := min(nr, b.Cols-j0)
	if width < nr {
		clear(dst)
	}
	if to, ok := any(dst).([]float64); ok {
		from := any(b.Data).([]float64)[k0*b.RowStride+j0*b.ColStride:]
		packVectors(to, nr, width, len(dst)/nr, from, b.ColStride, b.RowStride, 1)
		return
	}
	if b.ColStride == 1 {
		for k := 0; k*nr < len(dst); k++ {
			from := (k0+k)*b.RowStride + j0
			copy(dst[k*nr:k*nr+width], b.Data[from:from+width])
		}
		return
	}
	if b.RowStride != 1 {
		for k := 0; k*nr < len(dst); k++ {
			for j := range width {
				dst[k*nr+j] = b.Data[(k0+k)*b.RowStride+(j0+j)*b.ColStride]
			}
		}
		return
	}
	kc := len(dst) / nr
	for j := range width { // a transposed matrix: read along its rows
		from := k0 + (j0+j)*b.ColStride
		for k, x := range b.Data[from : from+kc] {
			dst[k*nr+j] = x
		}
	}
}

// Work is what a goroutine needs for products; the zero value is ready.
type Work[F Float] struct {
	tile []F // [mr, nr] of C at its edges
	edge []F // [mr, depth] the last rows of A
}

// Mul writes A B to c, or adds it there; c's rows must be contiguous. If c has
// fewer columns than B, only the first columns of B take part. Every entry is
// summed in the order of k, in stretches of at most 256. It allocates only on the
// first call.
func (w *Work[F]) Mul(c, a View[F], b *Panels[F], add bool) {
	if a.Cols != b.to-b.from || c.Rows != a.Rows || c.Cols > b.n || c.ColStride != 1 {
		panic(fmt.Sprintf("dense: product of %d x %d and %d x %d to %d x %d with column stride %d", a.Rows, a.Cols, b.to-b.from, b.n, c.Rows, c.Cols, c.ColStride))
	}
	a.check()
	c.check()
	kern := kernelOf[F]()
	mr, nr := kern.mr, kern.nr
	if len(w.tile) != mr*nr {
		w.tile, w.edge = make([]F, mr*nr), make([]F, mr*depth)
	}
	whole := a.Rows - a.Rows%mr
	panels := (b.n + nr - 1) / nr
	for start := b.from - b.from%depth; start < b.to; start += depth {
		high := min(depth, b.k-start) // of the stretch as packed
		k0, k1 := max(start, b.from), min(start+high, b.to)
		kc, column := k1-k0, k0-b.from
		add := add || k0 > b.from
		if whole < a.Rows { // the last rows, filled up with zeros
			clear(w.edge)
			for i := range a.Rows - whole {
				for k := range kc {
					w.edge[i*kc+k] = a.Data[(whole+i)*a.RowStride+(column+k)*a.ColStride]
				}
			}
		}
		for j0 := 0; j0 < c.Cols; j0 += nr {
			at := start*panels*nr + j0*high + (k0-start)*nr
			panel := b.data[at : at+kc*nr]
			width := min(nr, c.Cols-j0)
			for i0 := 0; i0 < whole; i0 += mr {
				from := a.Data[i0*a.RowStride+column*a.ColStride:]
				to := c.Data[i0*c.RowStride+j0:]
				if width == nr {
					kern.micro(kc, from, a.RowStride, a.ColStride, panel, to, c.RowStride, add)
					continue
				}
				kern.micro(kc, from, a.RowStride, a.ColStride, panel, w.tile, nr, false)
				putTile(to, c.RowStride, w.tile, nr, mr, width, add)
			}
			if whole < a.Rows {
				kern.micro(kc, w.edge, kc, 1, panel, w.tile, nr, false)
				putTile(c.Data[whole*c.RowStride+j0:], c.RowStride, w.tile, nr, a.Rows-whole, width, add)
			}
		}
	}
}

// putTile writes or adds the first rows and columns of a tile to c.
func putTile[F Float](c []F, ldc int, tile []F, nr, rows, cols int, add bool) {
	for i := range rows {
		from, to := tile[i*nr:i*nr+cols], c[i*ldc:i*ldc+cols]
		if !add {
			copy(to, from)
			continue
		}
		for j, x := range from {
			to[j] += x
		}
	}
}

// microPlain is the tile of 4 x 4 in plain Go.
func microPlain[F Float](k int, a []F, rs, cs int, b, c []F, ldc int, add bool) {
	for i := range 4 {
		var c0, c1, c2, c3 F
		at := i * rs
		for r := range k {
			x, y := a[at], b[r*4:r*4+4]
			c0 += x * y[0]
			c1 += x * y[1]
			c2 += x * y[2]
			c3 += x * y[3]
			at += cs
		}
		row := c[i*ldc : i*ldc+4]
		if add {
			c0, c1, c2, c3 = row[0]+c0, row[1]+c1, row[2]+c2, row[3]+c3
		}
		row[0], row[1], row[2], row[3] = c0, c1, c2, c3
	}
}

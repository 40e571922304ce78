package dense

import (
	"runtime"
	"sync"
)

// Blocks of a large product: rowBlock rows of A for depth k stay in the second-level
// cache while the panels of B pass by, columnBlock columns of B for as many k in the
// third.
const (
	rowBlock    = 192
	columnBlock = 2048
)

// part is the part of C that a product is asked for.
type part int

const (
	whole part = iota
	lower      // entries (i, j) with j <= i
	upper      // entries (i, j) with j >= i
)

// product is C = C + alpha A B, or C = alpha A B unless add is set, or the part of
// it named. Every entry is summed in the order of k, in stretches of 256, whatever
// the blocks and whoever computes them: the bits do not depend on the workers.
type product struct {
	alpha float64
	a, b  View[float64]
	c     []float64
	ldc   int
	part  part
	add   bool
}

// buffers are a worker's packed block of A and the tile at an edge of C.
type buffers struct{ a, tile []float64 }

var (
	bufferPool = sync.Pool{New: func() any { return new(buffers) }}
	panelPool  = sync.Pool{New: func() any { return new([]float64) }}
)

func grown(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n)
	}
	return x[:n]
}

// together is the size, in multiplications, from which on a product is worth a
// second goroutine.
const together = 1 << 18

// thinTiles is how many tiles wide a product may be to count as thin: the large factor is
// then read from where it is, once for each.
const thinTiles = 3

// turnedDepth is how many times deeper than its rows a product with few rows must be to be
// computed as its transpose, for C is then transposed twice.
const turnedDepth = 8

// run computes the product with at most so many workers.
func (p *product) run(workers int) {
	m, n, depthAll := p.a.Rows, p.b.Cols, p.a.Cols
	if m == 0 || n == 0 || depthAll == 0 {
		return
	}
	if float64(m)*float64(n)*float64(depthAll) < together {
		workers = 1
	}
	kern := &double
	if p.part == whole && (n <= thinTiles*kern.nr && n <= m || m <= thinTiles*kern.nr && m*turnedDepth < depthAll) {
		p.runThin(workers)
		return
	}
	packed := panelPool.Get().(*[]float64)
	defer panelPool.Put(packed)
	for j0 := 0; j0 < n; j0 += columnBlock {
		j1 := min(j0+columnBlock, n)
		panels := (j1 - j0 + kern.nr - 1) / kern.nr
		for k0 := 0; k0 < depthAll; k0 += depth {
			kc := min(depth, depthAll-k0)
			*packed = grown(*packed, panels*kern.nr*kc)
			p.packB(*packed, j0, j1, k0, kc, workers)
			s := stretch{p, kern, *packed, j0, j1, k0, kc, p.add || k0 > 0}
			s.run(workers)
		}
	}
}

// thin is what a thin product needs: the small factor packed, and a piece of C'.
type thin struct {
	panels Panels[float64]
	out    []float64
	pieces sync.Pool // of Work[float64]
}

var thinPool = sync.Pool{New: func() any {
	return &thin{pieces: sync.Pool{New: func() any { return new(Work[float64]) }}}
}}

// runThin computes a product with few rows or columns: packing the large factor
// would take longer than the product. With few rows it is the transpose that is
// computed. Entries are summed in the same order as elsewhere.
func (p *product) runThin(workers int) {
	t := thinPool.Get().(*thin)
	defer thinPool.Put(t)
	small, large, turned := p.b, p.a, p.a.Rows < p.b.Cols
	if turned {
		small, large = p.a.T(), p.b.T()
	}
	t.panels.Pack(small)
	if p.alpha != 1 {
		for i := range t.panels.data {
			t.panels.data[i] *= p.alpha
		}
	}
	width := small.Cols
	if turned {
		t.out = grown(t.out, large.Rows*width)
	}
	const rows = 768 // a multiple of every tile's
	share((large.Rows+rows-1)/rows, workers, func(at int) {
		w := t.pieces.Get().(*Work[float64])
		defer t.pieces.Put(w)
		first := at * rows
		count := min(rows, large.Rows-first)
		part := large.sub(first, 0, count, large.Cols)
		if !turned {
			w.Mul(Matrix(p.c[first*p.ldc:], count, width, p.ldc), part, &t.panels, p.add)
			return
		}
		out := Matrix(t.out[first*width:(first+count)*width], count, width, width)
		c := Matrix(p.c[first:], width, count, p.ldc).T()
		if p.add {
			copyView(out, c)
		}
		w.Mul(out, part, &t.panels, p.add)
		copyView(c, out)
	})
}

func copyView(to, from View[float64]) {
	for j := range to.Cols {
		for i := range to.Rows {
			to.Data[i*to.RowStride+j*to.ColStride] = from.Data[i*from.RowStride+j*from.ColStride]
		}
	}
}

// packB writes the columns j0 to j1 of B in panels.
func (p *product) packB(to []float64, j0, j1, k0, kc, workers int) {
	nr := double.nr
	panels := (j1 - j0 + nr - 1) / nr
	b := p.b
	b.Cols = j1
	const chunk = 16
	chunks := (panels + chunk - 1) / chunk
	share(chunks, min(workers, 1+panels*nr*kc/(1<<16)), func(at int) {
		for i := at * chunk; i < min((at+1)*chunk, panels); i++ {
			packPanel(to[i*nr*kc:(i+1)*nr*kc], b, k0, j0+i*nr, nr)
		}
	})
}

// stretch is a product over kc values of k from k0 on, for the columns j0 to j1, of
// which B is packed.
type stretch struct {
	*product
	kern   *kernel[float64]
	packed []float64
	j0, j1 int
	k0, kc int
	add    bool
}

// run splits C into blocks of rows, and of columns where the rows are too few to
// share.
func (s *stretch) run(workers int) {
	m, mr := s.a.Rows, s.kern.mr
	blocks := (m + rowBlock - 1) / rowBlock
	if workers > 1 {
		blocks = (blocks + workers - 1) / workers * workers
		if s.part != whole { // of a triangle the blocks are of different size
			blocks *= 2
		}
	}
	rows := ((m+blocks-1)/blocks + mr - 1) / mr * mr
	blocks = (m + rows - 1) / rows
	pieces := 1
	if blocks < workers {
		pieces = workers
	}
	nr := s.kern.nr
	columns := ((s.j1-s.j0+pieces-1)/pieces + nr - 1) / nr * nr
	share(blocks*pieces, workers, func(i int) {
		buf := bufferPool.Get().(*buffers)
		defer bufferPool.Put(buf)
		buf.a = grown(buf.a, rows*s.kc)
		buf.tile = grown(buf.tile, mr*nr)
		block := i / pieces
		if s.part == lower {
			block = blocks - 1 - block // the largest first
		}
		i0, j := block*rows, i%pieces*columns
		s.block(buf, i0, min(i0+rows, m), j, min(j+columns, s.j1-s.j0))
	})
}

// block computes rows i0 to i1, columns from to to of those packed.
func (s *stretch) block(buf *buffers, i0, i1, from, to int) {
	mr, nr, kc := s.kern.mr, s.kern.nr, s.kc
	switch first, last := s.j0+from, s.j0+to-1; { // nothing of the part lies here
	case from >= to, s.part == lower && first > i1-1, s.part == upper && last < i0:
		return
	}
	packA(buf.a, s.a, i0, i1, s.k0, kc, mr, s.alpha)
	for j := from; j < to; j += nr {
		panel := s.packed[j*kc : (j+nr)*kc]
		left, width := s.j0+j, min(nr, to-j)
		for i := i0; i < i1; i += mr {
			rows := min(mr, i1-i)
			if s.part == lower && left > i+rows-1 || s.part == upper && left+width-1 < i {
				continue
			}
			inside := s.part == whole || s.part == lower && left+width-1 <= i || s.part == upper && left >= i+rows-1
			a, c := buf.a[(i-i0)*kc:], s.c[i*s.ldc+left:]
			if inside && rows == mr && width == nr {
				s.kern.micro(kc, a, 1, mr, panel, c, s.ldc, s.add)
				continue
			}
			s.kern.micro(kc, a, 1, mr, panel, buf.tile, nr, false)
			if inside {
				putTile(c, s.ldc, buf.tile, nr, rows, width, s.add)
				continue
			}
			for r := range rows { // across the diagonal
				start, end := 0, width
				if s.part == lower {
					end = min(width, i+r-left+1)
				} else {
					start = max(0, i+r-left)
				}
				if start < end {
					putTile(c[r*s.ldc+start:], s.ldc, buf.tile[r*nr+start:], nr, 1, end-start, s.add)
				}
			}
		}
	}
}

// packA writes alpha times the rows i0 to i1 of A, columns k0 to k0+kc, in panels of
// mr rows, k by k; the last one is filled up with zeros.
func packA(to []float64, a View[float64], i0, i1, k0, kc, mr int, alpha float64) {
	for i := i0; i < i1; i += mr {
		panel := to[(i-i0)*kc : (i-i0)*kc+mr*kc]
		rows := min(mr, i1-i)
		if rows < mr {
			clear(panel)
		}
		packVectors(panel, mr, rows, kc, a.Data[i*a.RowStride+k0*a.ColStride:], a.RowStride, a.ColStride, alpha)
	}
}

// cores is how many workers a large product has.
func cores() int { return runtime.GOMAXPROCS(0) }

package dense

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/gonum"
)

// Tridiagonal reduces symmetric matrices to tridiagonal form by reflections, as LAPACK's
// dsytrd does (Dongarra, Sorensen and Hammarling 1989: what follows a panel is updated
// once for all its reflections), but along rows, which lie in one piece here. It keeps
// its working space between calls, and is for one goroutine at a time; the zero value is
// ready.
type Tridiagonal struct {
	n       int
	rows    []float64 // [2 panelWidth, n]: v and w of each reflection of the panel, by turns
	turned  []float64 // [2 panelWidth, n]: the same, w before v
	sums    []float64 // [symvParts, n]: pieces of A v
	factors []float64 // [2 panelWidth]: of the rows
	dots    []float64 // [columnPieces, 2 panelWidth]: of the rows with v, pieces
	partial [columnPieces]float64
}

const (
	panelWidth   = 32  // reflections of a panel; rows are read four at a time
	columnPieces = 2   // pieces of what goes by columns
	alone        = 160 // size up to which it is one piece, for one worker
)

// Reduce replaces the symmetric A ([n, n] row-major, of which the upper triangle is
// read) by the reflectors of an orthogonal Q with Q'AQ = T tridiagonal. It writes T's
// diagonal to d ([n]), the numbers beside it to e ([n-1]), and the factors of the
// reflections to tau ([n-1]): Q = H_0 H_1 .., H_i = I - tau_i v_i v_i', where v_i is
// zero up to i, one at i+1, and has the entries of row i of A behind. So the n-1 rows
// that begin at A[1] are what LAPACK's dormlq takes. The bits do not depend on the
// number of cores. Reduce looks at ctx before every row and returns its error.
func (t *Tridiagonal) Reduce(ctx context.Context, n int, a, d, e, tau []float64) error {
	t.n = n
	t.rows, t.turned = grown(t.rows, 2*panelWidth*n), grown(t.turned, 2*panelWidth*n)
	t.sums = grown(t.sums, symvParts*n)
	t.factors, t.dots = grown(t.factors, 2*panelWidth), grown(t.dots, columnPieces*2*panelWidth)
	for first := 0; first < n; first += panelWidth {
		end := min(first+panelWidth, n)
		clear(t.rows)
		for j := first; j < end; j++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			t.column(first, j, a, d, e, tau)
		}
		t.update(first, end, a)
	}
	return nil
}

// pieces is into how many pieces work on the columns from first on is cut.
func (t *Tridiagonal) pieces(first int) int {
	if t.n-first > alone {
		return columnPieces
	}
	return 1
}

// columns is the range of a piece, without the columns before from.
func (t *Tridiagonal) columns(piece, first, from int) (lo, hi int) {
	pieces := t.pieces(first)
	cut := func(piece int) int { return first + (t.n-first)*piece/pieces }
	return max(cut(piece), from), max(cut(piece+1), from)
}

// combine adds factors times the first count rows to y, on the columns lo to hi.
func (t *Tridiagonal) combine(count, lo, hi int, y []float64) {
	for g := 0; g < count && lo < hi; g += 4 {
		add4(hi-lo, t.rows[g*t.n+lo:], t.n, (*[4]float64)(t.factors[g:]), y[lo:hi])
	}
}

// column makes the entries of row j beyond its second zero by a reflection, and adds
// the reflection to the panel that begins at first.
func (t *Tridiagonal) column(first, j int, a, d, e, tau []float64) {
	n, count := t.n, 2*(j-first) // rows of the panel so far
	row, pieces, workers := a[j*n:(j+1)*n], t.pieces(first), cores()
	if pieces == 1 {
		workers = 1
	}
	v, w := t.rows[count*n:(count+1)*n], t.rows[(count+1)*n:(count+2)*n]

	// Row j of A less V'W + W'V of the reflections before.
	clear(t.factors)
	for k := 0; k < count; k += 2 {
		t.factors[k], t.factors[k+1] = -t.rows[(k+1)*n+j], -t.rows[k*n+j]
	}
	share(pieces, workers, func(piece int) {
		lo, hi := t.columns(piece, first, j)
		t.combine(count, lo, hi, row)
		lo = max(lo, min(j+2, hi))
		t.partial[piece] = dot(row[lo:hi], row[lo:hi])
	})
	if d[j] = row[j]; j == n-1 {
		return
	}
	e[j], tau[j] = reflection(row[j+1:], sum(t.partial[:pieces]))
	copy(v[j+2:], row[j+2:])
	v[j+1] = 1

	// A v for what follows, as the panel found it, and the rows' products with v.
	m := n - j - 1
	parts := 1
	if m > alone {
		parts = symvParts
	}
	share(parts+pieces, workers, func(piece int) {
		if piece < pieces {
			lo, hi := t.columns(piece, first, j+1)
			dots := t.dots[piece*2*panelWidth:]
			clear(dots[:2*panelWidth])
			for g := 0; g < count && lo < hi; g += 4 {
				dots4(hi-lo, t.rows[g*n+lo:], n, v[lo:hi], (*[4]float64)(dots[g:]))
			}
			return
		}
		p := piece - pieces
		to := t.sums[p*n : p*n+m]
		from := cutTriangle(upper, m, p, parts)
		clear(to[from:])
		symvRows(upper, m, from, cutTriangle(upper, m, p+1, parts), a[(j+1)*n+j+1:], n, v[j+1:], to)
	})

	// w = tau (A - V'W - W'V) v, less what makes A - v w' - w v' the matrix reflected.
	for k := 0; k < count; k += 2 {
		t.factors[k], t.factors[k+1] = 0, 0
		for p := range pieces {
			t.factors[k] -= t.dots[p*2*panelWidth+k+1]
			t.factors[k+1] -= t.dots[p*2*panelWidth+k]
		}
	}
	share(pieces, workers, func(piece int) {
		lo, hi := t.columns(piece, first, j+1)
		copy(w[lo:hi], t.sums[lo-j-1:])
		for p := 1; p < parts; p++ {
			from := max(lo, j+1+cutTriangle(upper, m, p, parts))
			if from < hi {
				add64(w[from:hi], t.sums[p*n+from-j-1:])
			}
		}
		t.combine(count, lo, hi, w)
		t.partial[piece] = dot(w[lo:hi], v[lo:hi])
	})
	less := -0.5 * tau[j] * tau[j] * sum(t.partial[:pieces])
	for c := j + 1; c < n; c++ {
		w[c] = tau[j]*w[c] + less*v[c]
	}
}

// update takes V'W + W'V of a panel off what follows: one product of twice the depth.
func (t *Tridiagonal) update(first, end int, a []float64) {
	n, count := t.n, 2*(end-first)
	if end == n {
		return
	}
	for k := range count {
		copy(t.turned[(k^1)*n+end:(k^1+1)*n], t.rows[k*n+end:(k+1)*n])
	}
	p := product{
		alpha: -1, a: Matrix(t.rows[end:], count, n-end, n).T(), b: Matrix(t.turned[end:], count, n-end, n),
		c: a[end*n+end:], ldc: n, part: upper, add: true,
	}
	p.run(cores())
}

// reflection replaces x by (beta, v) such that I - tau (1, v)(1, v)' takes x to (beta,
// 0), as LAPACK's dlarfg; squares is the sum of squares behind the first entry.
func reflection(x []float64, squares float64) (beta, tau float64) {
	if !(squares > 1e-270 && squares < 1e270) { // rounded in a way that matters, or zero
		if len(x) == 1 {
			return x[0], 0
		}
		beta, tau = gonum.Implementation{}.Dlarfg(len(x), x[0], x[1:], 1)
		return beta, tau
	}
	alpha := x[0]
	beta = -math.Copysign(math.Hypot(alpha, math.Sqrt(squares)), alpha)
	scale := 1 / (alpha - beta)
	for i := range x[1:] {
		x[1+i] *= scale
	}
	x[0] = beta
	return beta, (beta - alpha) / beta
}

func dot(x, y []float64) float64 {
	return blas64.Implementation().Ddot(len(x), x, 1, y, 1)
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

func add64(dst, x []float64) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] += v
	}
}

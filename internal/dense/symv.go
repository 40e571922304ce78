package dense

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/blas"
)

// rows4 adds to y ([n]) A't and to s A x, for four rows of A, lda apart, each entry
// of which it reads once; n is a positive multiple of four.
var rows4 = rows4Plain

func rows4Plain(n int, a []float64, lda int, x, y []float64, t, s *[4]float64) {
	r0, r1, r2, r3 := a[:n], a[lda:lda+n], a[2*lda:2*lda+n], a[3*lda:3*lda+n]
	var s0, s1, s2, s3 float64
	x, y = x[:n], y[:n]
	for j, v := range x {
		s0 += r0[j] * v
		s1 += r1[j] * v
		s2 += r2[j] * v
		s3 += r3[j] * v
		y[j] += t[0]*r0[j] + t[1]*r1[j] + t[2]*r2[j] + t[3]*r3[j]
	}
	s[0], s[1], s[2], s[3] = s[0]+s0, s[1]+s1, s[2]+s2, s[3]+s3
}

// add4 adds to y ([n]) A't, for four rows of A, lda apart.
var add4 = add4Plain

func add4Plain(n int, a []float64, lda int, t *[4]float64, y []float64) {
	r0, r1, r2, r3 := a[:n], a[lda:lda+n], a[2*lda:2*lda+n], a[3*lda:3*lda+n]
	y = y[:n]
	for j := range y {
		y[j] += t[0]*r0[j] + t[1]*r1[j] + t[2]*r2[j] + t[3]*r3[j]
	}
}

// dots4 adds to s A x, for four rows of A, lda apart, and x ([n]).
var dots4 = dots4Plain

func dots4Plain(n int, a []float64, lda int, x []float64, s *[4]float64) {
	r0, r1, r2, r3 := a[:n], a[lda:lda+n], a[2*lda:2*lda+n], a[3*lda:3*lda+n]
	var s0, s1, s2, s3 float64
	for j, v := range x[:n] {
		s0 += r0[j] * v
		s1 += r1[j] * v
		s2 += r2[j] * v
		s3 += r3[j] * v
	}
	s[0], s[1], s[2], s[3] = s[0]+s0, s[1]+s1, s[2]+s2, s[3]+s3
}

// symvParts is into how many pieces of about equal area a large triangle is cut. It
// is the same for any number of cores: each piece has a sum of its own, and these
// are added in order.
const symvParts = 4

var vectorPool = sync.Pool{New: func() any { return new([]float64) }}

// Dsymv computes y = alpha A x + beta y for a symmetric A, of which a triangle is
// given. It is what half of a reduction to tridiagonal form consists of, and waits
// for memory.
func (impl BLAS) Dsymv(ul blas.Uplo, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	which, ok := triangle(ul)
	if !ok || n < 16 || alpha == 0 || incX < 1 || incY < 1 || !fits(a, n, n, lda) ||
		len(x) <= (n-1)*incX || len(y) <= (n-1)*incY {
		impl.Implementation.Dsymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	parts, workers := 1, 1
	if n >= 400 {
		parts, workers = symvParts, cores()
	}
	room := vectorPool.Get().(*[]float64)
	defer vectorPool.Put(room)
	*room = grown(*room, (parts+1)*n)
	clear((*room)[n:])
	xs := (*room)[:n]
	for i := range xs {
		xs[i] = x[i*incX]
	}
	share(parts, workers, func(p int) {
		sum := (*room)[(p+1)*n : (p+2)*n]
		symvRows(which, n, cutTriangle(which, n, p, parts), cutTriangle(which, n, p+1, parts), a, lda, xs, sum)
	})
	for i := range n {
		sum := (*room)[n+i]
		for p := 1; p < parts; p++ {
			sum += (*room)[(p+1)*n+i]
		}
		if sum *= alpha; beta != 0 {
			sum += beta * y[i*incY]
		}
		y[i*incY] = sum
	}
}

// cutTriangle is how many rows of a triangle of size n come before piece p of so many
// of about equal area: a multiple of four, but for the end.
func cutTriangle(which part, n, p, parts int) int {
	at := math.Sqrt(float64(p) / float64(parts)) // the area grows with the square
	if which == upper {
		at = 1 - math.Sqrt(float64(parts-p)/float64(parts))
	}
	if p == parts {
		return n
	}
	return int(at*float64(n)) &^ 3
}

// symvRows adds to y what rows from to to of the triangle contribute to A x; from is a
// multiple of four.
func symvRows(which part, n, from, to int, a []float64, lda int, x, y []float64) {
	i := from
	for ; i+4 <= to; i += 4 {
		t, s := (*[4]float64)(x[i:]), (*[4]float64)(y[i:])
		first, count, tail := 0, i, i // columns beside the block on the diagonal
		if which == upper {
			first = i + 4
			count = (n - first) &^ 3
			tail = first + count
		}
		if count > 0 {
			rows4(count, a[i*lda+first:], lda, x[first:], y[first:], t, s)
		}
		for r := range 4 {
			row := a[(i+r)*lda : (i+r)*lda+n]
			if which == upper {
				for j := tail; j < n; j++ {
					s[r] += row[j] * x[j]
					y[j] += row[j] * t[r]
				}
			}
			symvRow(which, row[i:i+4], r, t[:], s[:])
		}
	}
	for ; i < to; i++ {
		symvRow(which, a[i*lda:i*lda+n], i, x, y)
	}
}

// symvRow adds what the entries of row r on its side of the diagonal contribute.
func symvRow(which part, row []float64, r int, x, y []float64) {
	first, end := 0, r
	if which == upper {
		first, end = r+1, len(row)
	}
	sum := row[r] * x[r]
	for j := first; j < end; j++ {
		sum += row[j] * x[j]
		y[j] += row[j] * x[r]
	}
	y[r] += sum
}

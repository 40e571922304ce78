package dense

// packVectors writes alpha times count vectors of n numbers beside each other: to[k*step +
// r] = alpha a[r*vs + k*ks] for r < count, k < n. It is a panel of A or B in a product.
func packVectors(to []float64, step, count, n int, a []float64, vs, ks int, alpha float64) {
	r := 0
	switch {
	case ks == 1: // vectors that are contiguous
		for ; r+4 <= count; r += 4 {
			packRows(n, a[r*vs:], vs, to[r:], step, alpha)
		}
	case vs == 1: // numbers that are contiguous
		if r = count &^ 1; r > 0 {
			packRuns(n, r, a, ks, to, step, alpha)
		}
	}
	for ; r < count; r++ {
		for k := range n {
			to[k*step+r] = alpha * a[r*vs+k*ks]
		}
	}
}

// packRows is packVectors for four vectors, vs apart, whose numbers are contiguous, packRuns
// for an even number of vectors that are beside each other already.
var (
	packRows = packRowsPlain
	packRuns = packRunsPlain
)

func packRowsPlain(n int, a []float64, vs int, to []float64, step int, alpha float64) {
	x0, x1, x2, x3 := a[:n], a[vs:vs+n], a[2*vs:2*vs+n], a[3*vs:3*vs+n]
	for k, x := range x0 {
		p := to[k*step : k*step+4]
		p[0], p[1], p[2], p[3] = alpha*x, alpha*x1[k], alpha*x2[k], alpha*x3[k]
	}
}

func packRunsPlain(n, count int, a []float64, ks int, to []float64, step int, alpha float64) {
	for k := range n {
		from, p := a[k*ks:k*ks+count], to[k*step:k*step+count]
		for r, x := range from {
			p[r] = alpha * x
		}
	}
}

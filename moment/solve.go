package moment

import (
	"math"
	"math/big"
)

// semidefinite solves systems with positive semidefinite matrices.
type semidefinite struct {
	a, x  []float64
	order []int
}

// singular is the pivot, relative to the largest diagonal entry, below which a
// coordinate depends linearly on those before it.
const singular = 1e-13

// solve returns x with Kx = k by a Cholesky decomposition with diagonal
// pivoting; the coordinates beyond the rank are 0.
func (s *semidefinite) solve(K, k []float64) []float64 {
	n := len(k)
	if s.order == nil {
		s.a, s.x, s.order = make([]float64, n*n), make([]float64, n), make([]int, n)
	}
	copy(s.a, K)
	a := s.a
	var largest float64
	for i := range n {
		s.order[i] = i
		largest = max(largest, a[i*n+i])
	}
	rank := 0
	for ; rank < n; rank++ {
		pivot := rank
		for i := rank + 1; i < n; i++ {
			if at, best := s.order[i], s.order[pivot]; a[at*n+at] > a[best*n+best] {
				pivot = i
			}
		}
		p := s.order[pivot]
		if !(a[p*n+p] > singular*largest) {
			break
		}
		s.order[rank], s.order[pivot] = p, s.order[rank]
		root := math.Sqrt(a[p*n+p])
		a[p*n+p] = root
		for _, i := range s.order[rank+1:] {
			a[i*n+p] /= root // column p of L
		}
		for _, i := range s.order[rank+1:] {
			for _, j := range s.order[rank+1:] {
				a[i*n+j] -= a[i*n+p] * a[j*n+p]
			}
		}
	}
	x := s.x
	clear(x)
	for r := range rank { // L z = k
		i := s.order[r]
		v := k[i]
		for _, j := range s.order[:r] {
			v -= a[i*n+j] * x[j]
		}
		x[i] = v / a[i*n+i]
	}
	for r := rank - 1; r >= 0; r-- { // L' x = z
		i := s.order[r]
		v := x[i]
		for _, j := range s.order[r+1 : rank] {
			v -= a[j*n+i] * x[j]
		}
		x[i] = v / a[i*n+i]
	}
	return x
}

func zeroMatrix(n int) [][]*big.Rat {
	out := make([][]*big.Rat, n)
	for i := range out {
		for range n {
			out[i] = append(out[i], new(big.Rat))
		}
	}
	return out
}

// solveRat returns a solution of Kx = k, which has one; free unknowns are 0.
func solveRat(K [][]*big.Rat, k []*big.Rat) []*big.Rat {
	n := len(k)
	a := make([][]*big.Rat, n)
	for i := range a {
		for _, x := range append(K[i][:n:n], k[i]) {
			a[i] = append(a[i], new(big.Rat).Set(x))
		}
	}
	x, t := make([]*big.Rat, n), new(big.Rat)
	for i := range x {
		x[i] = new(big.Rat)
	}
	row := 0
	pivots := make([]int, 0, n)
	for c := 0; c < n && row < n; c++ {
		pivot := row
		for pivot < n && a[pivot][c].Sign() == 0 {
			pivot++
		}
		if pivot == n {
			continue
		}
		a[row], a[pivot] = a[pivot], a[row]
		for i := range n {
			if i == row || a[i][c].Sign() == 0 {
				continue
			}
			factor := new(big.Rat).Quo(a[i][c], a[row][c])
			for j := c; j <= n; j++ {
				a[i][j].Sub(a[i][j], t.Mul(factor, a[row][j]))
			}
		}
		pivots = append(pivots, c)
		row++
	}
	for i, c := range pivots {
		x[c].Quo(a[i][n], a[i][c])
	}
	return x
}

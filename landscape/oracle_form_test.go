package landscape_test

import (
	"math"
	"math/big"
)

// exactForm is the quadratic form of the loss in the enlarged space, in whole
// numbers over scale.
type exactForm struct {
	H     [][]*big.Int
	h     []*big.Int
	c     *big.Int
	scale *big.Int
}

// form returns the loss of the enlarged model, whose prediction is the sum of
// X_(j,{i,k}) u_j G_ik.
func (o *oracle) form() exactForm {
	var pairs [][2]int
	for i := range o.D {
		for k := i; k < o.D; k++ {
			pairs = append(pairs, [2]int{i, k})
		}
	}
	m := len(pairs)
	g := make([][]int64, len(o.z)) // [chains][m]
	for a, z := range o.z {
		for _, p := range pairs {
			g[a] = append(g[a], z[p[0]]*z[p[1]])
		}
	}
	n, scale := big.NewInt(1), new(big.Int).Set(o.scale)
	once, twice := new(big.Int), big.NewInt(1)
	if o.n > 0 {
		n.SetInt64(int64(o.n))
		once.SetInt64(1)
		twice.Sub(n, once)
	}
	scale.Mul(scale, n)
	f := exactForm{c: new(big.Int), scale: scale}
	dim := o.q * m
	for range dim {
		row := make([]*big.Int, dim)
		for k := range row {
			row[k] = new(big.Int)
		}
		f.H, f.h = append(f.H, row), append(f.h, new(big.Int))
	}
	t := new(big.Int)
	for i, u := range o.u {
		M := make([][]*big.Int, m) // of this query
		for r := range m {
			half := make([]*big.Int, len(o.z))
			for b := range half {
				half[b] = new(big.Int)
				for a := range o.z {
					if x := g[a][r]; x != 0 {
						half[b].Add(half[b], t.Mul(o.two[i][a][b], t.SetInt64(x)))
					}
				}
			}
			M[r] = make([]*big.Int, m)
			for s := range m {
				sum, single := new(big.Int), new(big.Int)
				for b := range o.z {
					if x := g[b][s]; x != 0 {
						sum.Add(sum, t.Mul(half[b], t.SetInt64(x)))
						if y := g[b][r]; y != 0 {
							single.Add(single, t.Mul(o.one[i][b], t.SetInt64(x*y)))
						}
					}
				}
				M[r][s] = sum.Add(sum.Mul(sum, twice), single.Mul(single, once))
			}
		}
		for j, x := range u {
			for l, y := range u {
				if x*y == 0 {
					continue
				}
				for r := range m {
					for s := range m {
						at := f.H[j*m+r][l*m+s]
						at.Add(at, t.Mul(M[r][s], t.SetInt64(x*y)))
					}
				}
			}
		}
	}
	for i, z := range o.z {
		y := z[o.q]
		f.c.Add(f.c, t.Mul(o.alone[i], t.SetInt64(y*y)))
		for a := range o.z {
			for j, x := range z[:o.q] {
				for r, v := range g[a] {
					if x*y*v != 0 {
						f.h[j*m+r].Add(f.h[j*m+r], t.Mul(o.labelled[i][a], t.SetInt64(x*y*v)))
					}
				}
			}
		}
	}
	f.c.Mul(f.c, n)
	for _, x := range f.h {
		x.Mul(x, n)
	}
	return f
}

// minimum returns the least loss of the enlarged model, c - h'H^+h, and the rank of H: the Schur
// complement of H in [[H, h], [h', c]], by elimination without fractions
// (Bareiss 1968). H is semidefinite, so that a pivot of 0 on the diagonal has a
// row of zeros.
func (f exactForm) minimum() (loss *big.Rat, rank int) {
	// Equal rows are equal functions, and rows of zeros the function 0.
	var kept []int
	seen := make(map[string]bool)
	for i, row := range f.H {
		key, zero := "", true
		for _, x := range row {
			key += x.Text(62) + ","
			zero = zero && x.Sign() == 0
		}
		if !zero && !seen[key] {
			seen[key] = true
			kept = append(kept, i)
		}
	}
	n := len(kept)
	A := make([][]*big.Int, n+1)
	for i := range A {
		A[i] = make([]*big.Int, n+1)
		for k := range A[i] {
			switch {
			case i < n && k < n:
				A[i][k] = new(big.Int).Set(f.H[kept[i]][kept[k]])
			case i < n:
				A[i][k] = new(big.Int).Set(f.h[kept[i]])
			case k < n:
				A[i][k] = new(big.Int).Set(f.h[kept[k]])
			default:
				A[i][k] = new(big.Int).Set(f.c)
			}
		}
	}
	previous := big.NewInt(1)
	done := make([]bool, n)
	t := new(big.Int)
	for {
		p := -1
		for i := range n {
			if !done[i] && A[i][i].Sign() != 0 {
				p = i
				break
			}
		}
		if p < 0 {
			break
		}
		done[p] = true
		rank++
		pivot := A[p][p]
		for i := range A {
			if i < n && done[i] {
				continue
			}
			for k := i; k <= n; k++ {
				if k < n && done[k] {
					continue
				}
				x := new(big.Int).Mul(pivot, A[i][k])
				x.Sub(x, t.Mul(A[i][p], A[p][k]))
				x.Quo(x, previous)
				A[i][k], A[k][i] = x, new(big.Int).Set(x)
			}
		}
		previous = pivot
	}
	for i := range n {
		if !done[i] && A[i][n].Sign() != 0 {
			panic("oracle: the form has no minimum")
		}
	}
	v := new(big.Rat).SetFrac(A[n][n], previous)
	return v.Quo(v, new(big.Rat).SetInt(f.scale)), rank
}

// floats returns the form in floating point.
func (f exactForm) floats() (H [][]float64, h []float64, c float64) {
	of := func(x *big.Int) float64 {
		v, _ := new(big.Rat).SetFrac(x, f.scale).Float64()
		return v
	}
	for i, row := range f.H {
		H = append(H, make([]float64, len(row)))
		for k, x := range row {
			H[i][k] = of(x)
		}
		h = append(h, of(f.h[i]))
	}
	return H, h, of(f.c)
}

// ridge solves (K + e I)x = k for a semidefinite K and an e at rounding level, by
// Cholesky, with a few steps of refinement.
func ridge(K [][]float64, k []float64) []float64 {
	n := len(k)
	largest := 0.0
	for i := range n {
		largest = max(largest, K[i][i])
	}
	L := make([][]float64, n)
	for i := range n {
		L[i] = make([]float64, n)
		for j := range i + 1 {
			sum := K[i][j]
			if i == j {
				sum += 1e-15*largest*float64(n) + 1e-300
			}
			for p := range j {
				sum -= L[i][p] * L[j][p]
			}
			if i == j {
				L[i][i] = math.Sqrt(max(sum, 1e-15*largest+1e-300))
			} else {
				L[i][j] = sum / L[j][j]
			}
		}
	}
	x := make([]float64, n)
	for range 3 {
		r := append([]float64(nil), k...)
		for i := range n {
			for j := range n {
				r[i] -= K[i][j] * x[j]
			}
		}
		for i := range n {
			for p := range i {
				r[i] -= L[i][p] * r[p]
			}
			r[i] /= L[i][i]
		}
		for i := n - 1; i >= 0; i-- {
			for p := i + 1; p < n; p++ {
				r[i] -= L[p][i] * r[p]
			}
			r[i] /= L[i][i]
			x[i] += r[i]
		}
	}
	return x
}

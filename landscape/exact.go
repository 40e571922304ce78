package landscape

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"markovicl/moment"
)

// ExactOptimum is the enlarged optimum in fractions: an [Optimum] without
// rounding.
type ExactOptimum struct {
	X    []*big.Rat // [qm] the minimiser; the one of least Euclidean norm if there are several
	Loss *big.Rat   // f(X) = c - h'X

	Dimension int  // qm
	Rank      int  // of H
	Unique    bool // Rank == Dimension
}

// MinimiseExact returns the enlarged optimum of a loss given in fractions. It
// calculates modulo primes, but what it returns is certain: HX = h is checked in
// full, a minimiser of least norm lies in the range of H, and the rank is
// bounded from below by rows that are independent modulo a prime and from above
// by checked linear relations of all other rows to them.
func MinimiseExact(ctx context.Context, f *moment.ExactForm) (*ExactOptimum, error) {
	for _, p := range primes {
		o, err := minimiseModulo(ctx, f, residues{p})
		if !errors.Is(err, errUnlucky) {
			return o, err
		}
	}
	return nil, fmt.Errorf("landscape: the exact optimum of dimension %d was not found with any of %d primes", f.Dim(), len(primes))
}

func minimiseModulo(ctx context.Context, f *moment.ExactForm, p residues) (*ExactOptimum, error) {
	n, H := f.Dim(), scaledRows(f)
	o := &ExactOptimum{Dimension: n}
	rows, err := p.independentRows(ctx, H)
	if err != nil {
		return nil, err
	}
	o.Rank = len(rows)
	o.Unique = o.Rank == n
	if o.Unique {
		var s *lifting
		if s, err = p.newLifting(ctx, H); err == nil {
			o.X, err = s.solve(ctx, f.L)
		}
	} else {
		o.X, err = p.leastNorm(ctx, H, f.L, rows)
	}
	if err != nil {
		return nil, err
	}
	o.Loss = new(big.Rat).Set(f.C)
	t := new(big.Rat)
	for i, x := range o.X {
		o.Loss.Sub(o.Loss, t.Mul(x, f.LAt(i)))
	}
	return o, nil
}

// scaledRows returns the matrix f.Scale H.
func scaledRows(f *moment.ExactForm) [][]*big.Int {
	n := f.Dim()
	H := make([][]*big.Int, n)
	for i := range H {
		H[i] = make([]*big.Int, n)
		for k := range H[i] {
			H[i][k] = f.H[moment.PairIndex(n, min(i, k), max(i, k))]
		}
	}
	return H
}

// leastNorm returns the solution of HX = h of least norm, given a largest set of
// rows B of the symmetric H that are independent. The solution lies in the range
// of H, which the rows in B span: X = H_B'y with H_B H_B' y = h_B.
func (p residues) leastNorm(ctx context.Context, H [][]*big.Int, h []*big.Int, B []int) ([]*big.Rat, error) {
	r := len(B)
	// The other rows depend on those in B: H_k = y'H_B with H_BB y = H_Bk.
	square, hB := make([][]*big.Int, r), make([]*big.Int, r)
	inB, seen := make(map[int]bool), make(map[string]bool)
	for i, row := range B {
		inB[row] = true
		seen[rowKey(H[row])] = true
		hB[i] = h[row]
		square[i] = make([]*big.Int, r)
		for k, col := range B {
			square[i][k] = H[row][col]
		}
	}
	relation, err := p.newLifting(ctx, square)
	if err != nil {
		return nil, err
	}
	columns := make([][]*big.Int, len(H)) // [n][r] H restricted to the columns in B
	for i := range H {
		columns[i] = make([]*big.Int, r)
		for k, col := range B {
			columns[i][k] = H[i][col]
		}
	}
	for k := range H {
		key := rowKey(H[k])
		if inB[k] || seen[key] {
			continue // equal rows, of which there are many, need no second proof
		}
		seen[key] = true
		y, err := relation.solve(ctx, columns[k])
		if err != nil {
			return nil, err
		}
		if !isSolution(columns, y, H[k]) {
			return nil, errUnlucky // the rank is higher than modulo p
		}
	}

	G := make([][]*big.Int, r)
	t := new(big.Int)
	for i := range G {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		G[i] = make([]*big.Int, r)
		for k := range i + 1 {
			sum := new(big.Int)
			for c, x := range H[B[i]] {
				sum.Add(sum, t.Mul(x, H[B[k]][c]))
			}
			G[i][k], G[k][i] = sum, sum
		}
	}
	s, err := p.newLifting(ctx, G)
	if err != nil {
		return nil, err
	}
	y, err := s.solve(ctx, hB)
	if err != nil {
		return nil, err
	}
	Y, denominator := commonDenominator(y)
	X := make([]*big.Rat, len(H))
	for c := range X {
		sum := new(big.Int)
		for i, row := range B {
			sum.Add(sum, t.Mul(H[row][c], Y[i]))
		}
		X[c] = new(big.Rat).SetFrac(sum, denominator)
	}
	if !isSolution(H, X, h) {
		return nil, fmt.Errorf("landscape: HX = h has no solution; H and h are not the moments of a task")
	}
	return X, nil
}

// rowKey returns a text that tells rows apart.
func rowKey(row []*big.Int) string {
	var key []byte
	for _, x := range row {
		key = x.Append(key, 62)
		key = append(key, ',')
	}
	return string(key)
}

// isSolution reports whether AX = b exactly.
func isSolution(A [][]*big.Int, X []*big.Rat, b []*big.Int) bool {
	Y, denominator := commonDenominator(X)
	return isScaledSolution(A, Y, denominator, b)
}

// isScaledSolution reports whether A Y = denominator b.
func isScaledSolution(A [][]*big.Int, Y []*big.Int, denominator *big.Int, b []*big.Int) bool {
	sum, t := new(big.Int), new(big.Int)
	for i, row := range A {
		sum.SetInt64(0)
		for k, a := range row {
			sum.Add(sum, t.Mul(a, Y[k]))
		}
		if sum.Cmp(t.Mul(b[i], denominator)) != 0 {
			return false
		}
	}
	return true
}

// commonDenominator returns numerators over the least common denominator.
func commonDenominator(X []*big.Rat) ([]*big.Int, *big.Int) {
	denominator, g := big.NewInt(1), new(big.Int)
	for _, x := range X {
		g.GCD(nil, nil, denominator, x.Denom())
		denominator = new(big.Int).Mul(denominator, g.Quo(x.Denom(), g))
	}
	Y := make([]*big.Int, len(X))
	for i, x := range X {
		Y[i] = new(big.Int).Quo(denominator, x.Denom())
		Y[i].Mul(Y[i], x.Num())
	}
	return Y, denominator
}

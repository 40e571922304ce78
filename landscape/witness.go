package landscape

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// The transformer next to a point: the directions that b can have, polished.

// candidates returns the two directions that b can have according to a block:
// from sqrt(l1) e1 +- sqrt(-l2) e2, l1 and l2 being its extreme eigenvalues.
func candidates(spectrum *mat.EigenSym) (p, m []float64) {
	values := spectrum.Values(nil)
	var vectors mat.Dense
	spectrum.VectorsTo(&vectors)
	D := len(values)
	high, low := math.Sqrt(max(values[D-1], 0)), math.Sqrt(max(-values[0], 0))
	p, m = make([]float64, D), make([]float64, D)
	for i := range D {
		x, y := high*vectors.At(i, D-1), low*vectors.At(i, 0)
		p[i], m[i] = x+y, x-y
	}
	if normalise(p) == 0 || normalise(m) == 0 { // D = 1, or a block that is zero up to rounding
		p, m = unit(D, 0), unit(D, 0)
	}
	return p, m
}

// witness sets B, A and Residual to the best of the two candidates and of the
// direction halfway between them, which is right for a block of rank one up to
// rounding, after polishing each.
func (d *Decision) witness(blocks []*mat.SymDense, p, m []float64) {
	d.Residual = math.Inf(1)
	between := make([]float64, len(p))
	sign := math.Copysign(1, dot(p, m))
	for i := range p {
		between[i] = p[i] + sign*m[i]
	}
	normalise(between)
	for _, b := range [][]float64{p, m, between} {
		b, columns, residual := polish(blocks, b)
		if residual < d.Residual {
			d.Residual, d.B = residual, b
			for j, a := range columns {
				for i, x := range a {
					d.A[i*len(blocks)+j] = x
				}
			}
		}
	}
}

// polish improves the direction b by Gauss-Newton steps until the residual
// stalls. A block with an eigenvalue that is zero up to rounding gives b to half
// the digits only; a few steps restore the others.
//
// A change e of b, orthogonal to b, changes the residual blocks R_j by
// -(e c_j' + c_j e')/2 to first order, c_j being a_j without its part along b:
// parts along b are what the a_j take care of.
func polish(blocks []*mat.SymDense, b []float64) (best []float64, columns [][]float64, residual float64) {
	const steps = 30
	D := len(b)
	best, b = append([]float64(nil), b...), append([]float64(nil), b...)
	columns, residual = nearestColumns(blocks, best)
	current := columns
	for range steps {
		normal := mat.NewSymDense(D, nil)
		right := mat.NewVecDense(D, nil)
		for j, M := range blocks {
			c := mat.NewVecDense(D, append([]float64(nil), current[j]...))
			v := mat.NewVecDense(D, b)
			c.AddScaledVec(c, -mat.Dot(c, v), v)
			normal.SymRankOne(normal, 0.5, c)
			half := mat.Dot(c, c) / 2
			for i := range D {
				normal.SetSym(i, i, normal.At(i, i)+half)
			}
			var Rc mat.VecDense
			Rc.MulVec(restricted(M, b), c)
			right.AddVec(right, &Rc)
		}
		var chol mat.Cholesky
		var e mat.VecDense
		if !chol.Factorize(normal) || chol.SolveVecTo(&e, right) != nil {
			break
		}
		for i := range b {
			b[i] += e.AtVec(i)
		}
		if norm := normalise(b); norm == 0 || math.IsNaN(norm) || math.IsInf(norm, 0) {
			break
		}
		var r float64
		current, r = nearestColumns(blocks, b)
		if r >= residual {
			break
		}
		best, columns, residual = append([]float64(nil), b...), current, r
	}
	return best, columns, residual
}

// nearestColumns returns, for a unit vector b, the a_j that minimise the
// Frobenius norms of M_j - (b a_j' + a_j b')/2, and the largest of these norms.
func nearestColumns(blocks []*mat.SymDense, b []float64) (columns [][]float64, residual float64) {
	D := len(b)
	v := mat.NewVecDense(D, b)
	for _, M := range blocks {
		var Mb mat.VecDense
		Mb.MulVec(M, v)
		bMb := mat.Dot(v, &Mb)
		a := make([]float64, D)
		for i := range D {
			a[i] = 2*Mb.AtVec(i) - bMb*b[i]
		}
		sum := 0.0
		for i := range D {
			for k := range D {
				r := M.At(i, k) - (b[i]*a[k]+a[i]*b[k])/2
				sum += r * r
			}
		}
		columns = append(columns, a)
		residual = max(residual, math.Sqrt(sum))
	}
	return columns, residual
}

// restricted returns P M P, P the projection off the unit vector b.
func restricted(M *mat.SymDense, b []float64) *mat.SymDense {
	D := len(b)
	v := mat.NewVecDense(D, b)
	var Mb mat.VecDense
	Mb.MulVec(M, v)
	bMb := mat.Dot(v, &Mb)
	R := mat.NewSymDense(D, nil)
	for i := range D {
		for k := i; k < D; k++ {
			R.SetSym(i, k, M.At(i, k)-b[i]*Mb.AtVec(k)-Mb.AtVec(i)*b[k]+bMb*b[i]*b[k])
		}
	}
	return R
}

func normalise(x []float64) float64 {
	norm := mat.Norm(mat.NewVecDense(len(x), x), 2)
	if norm > 0 {
		for i := range x {
			x[i] /= norm
		}
	}
	return norm
}

func unit(D, i int) []float64 {
	e := make([]float64, D)
	e[i] = 1
	return e
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

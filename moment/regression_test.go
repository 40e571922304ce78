package moment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
)

// randomCovariance returns a matrix AA' of fractions, which is singular if rank < d.
func randomCovariance(rng *rand.Rand, d, rank int) [][]string {
	A := make([][]int64, d)
	for i := range A {
		for range rank {
			A[i] = append(A[i], rng.Int64N(7)-3)
		}
	}
	rows := make([][]string, d)
	for i := range rows {
		for k := range d {
			var sum int64
			for j := range rank {
				sum += A[i][j] * A[k][j]
			}
			rows[i] = append(rows[i], fmt.Sprintf("%d/4", sum))
		}
	}
	return rows
}

// The moments of a regression against a rule for w that is exact, three
// Gauss-Hermite nodes for each coordinate, and fourth moments of a Gaussian by
// another such rule for x and the noise: no pairing, no formula for w.
func TestRegressionByQuadrature(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, spec := range []markov.Spec{
		{D: 1}, {D: 1, Noise: "0.5", Mean: "2", Bias: true},
		{D: 2, Noise: "1/4", Mean: "1,-1/2", Covariance: markov.MatrixSpec{Rows: randomCovariance(rng, 2, 2)}, Weights: markov.MatrixSpec{Rows: randomCovariance(rng, 2, 2)}},
		{D: 2, Mean: "1", Covariance: markov.MatrixSpec{Rows: randomCovariance(rng, 2, 1)}, Weights: markov.MatrixSpec{Text: "diag:2,0"}, Bias: true},
		{D: 3, Noise: "0.1", Covariance: markov.MatrixSpec{Rows: randomCovariance(rng, 3, 3)}, Weights: markov.MatrixSpec{Rows: randomCovariance(rng, 3, 2)}},
	} {
		spec.Family = "regression"
		task := newTask(t, spec)
		m := of(t, task, Options{})
		want := regressionByQuadrature(task)
		for _, n := range []markov.Context{1, 7, markov.Infinite} {
			if d := difference(m.At(n), want(n)); !(d < 1e-13) {
				t.Errorf("%s, n %s: differs by %.2g", task, n, d)
			}
			b := newBasis(task)
			floating, err := regressionTables(t.Context(), task, b)
			if err != nil {
				t.Fatal(err)
			}
			if d := difference(floating.at(b, n), want(n)); !(d < 1e-13) {
				t.Errorf("%s, n %s, floating point: differs by %.2g", task, n, d)
			}
		}
	}
}

// cholesky returns L with LL' = a, a positive semidefinite, by elimination in
// floating point.
func cholesky(a [][]*big.Rat) [][]float64 {
	d := len(a)
	L := make([][]float64, d)
	for i := range L {
		L[i] = make([]float64, d)
		for k := range i + 1 {
			sum := markov.Float(a[i][k])
			for j := range k {
				sum -= L[i][j] * L[k][j]
			}
			switch {
			case i == k:
				L[i][i] = math.Sqrt(max(sum, 0))
				if L[i][i] < 1e-7 {
					L[i][i] = 0
				}
			case L[k][k] != 0:
				L[i][k] = sum / L[k][k]
			}
		}
	}
	return L
}

// hermite calls f with the nodes and weights of the product Gauss-Hermite rule
// with three nodes a coordinate: exact up to degree 5 in each.
func hermite(d int, f func(x []float64, weight float64)) {
	nodes, weights := []float64{-math.Sqrt(3), 0, math.Sqrt(3)}, []float64{1. / 6, 2. / 3, 1. / 6}
	x := make([]float64, d)
	for number := range int(math.Round(math.Pow(3, float64(d)))) {
		weight, rest := 1.0, number
		for i := range x {
			x[i] = nodes[rest%3]
			weight *= weights[rest%3]
			rest /= 3
		}
		f(x, weight)
	}
}

func regressionByQuadrature(task markov.Task) func(n markov.Context) *Form {
	r, d, D := task.Regression(), task.Positions(), task.Dim()
	q, size := D-1, Pairs(D)
	L, W := cholesky(r.CovarianceRat()), cholesky(r.WeightsRat())
	s := math.Sqrt(markov.Float(r.NoiseRat()))
	dim := q * size
	h4, h22, h, c := mat.NewDense(dim, dim, nil), mat.NewDense(dim, dim, nil), make([]float64, dim), 0.0
	times := func(A [][]float64, x []float64) []float64 {
		out := make([]float64, d)
		for i, row := range A {
			for k, v := range row {
				out[i] += v * x[k]
			}
		}
		return out
	}
	hermite(d, func(e []float64, weight float64) {
		w := times(W, e)
		for i, m := range r.MeanRat() {
			w[i] += markov.Float(m)
		}
		m2, m4 := make([]float64, size), mat.NewDense(size, size, nil)
		hermite(d+1, func(e []float64, weight float64) {
			x := times(L, e[:d])
			y := s * e[d]
			for i := range x {
				y += x[i] * w[i]
			}
			z := append(append(make([]float64, 0, D), x...), y)
			if task.Bias() {
				z = append([]float64{1}, z...)
			}
			var g []float64
			for a := range D {
				for b := a; b < D; b++ {
					g = append(g, z[a]*z[b])
				}
			}
			for i, v := range g {
				m2[i] += weight * v
				for k, w := range g {
					m4.Set(i, k, m4.At(i, k)+weight*v*w)
				}
			}
		})
		for j := range q {
			for k := range q {
				Q := weight * m2[PairIndex(D, min(j, k), max(j, k))]
				for a := range size {
					for b := range size {
						h4.Set(j*size+a, k*size+b, h4.At(j*size+a, k*size+b)+Q*m4.At(a, b))
						h22.Set(j*size+a, k*size+b, h22.At(j*size+a, k*size+b)+Q*m2[a]*m2[b])
					}
				}
			}
			for a := range size {
				h[j*size+a] += weight * m2[PairIndex(D, j, D-1)] * m2[a]
			}
		}
		c += weight * m2[PairIndex(D, D-1, D-1)]
	})
	return func(n markov.Context) *Form {
		once := 0.0
		if n != markov.Infinite {
			once = 1 / float64(n)
		}
		f := &Form{Q: q, H: mat.NewSymDense(dim, nil), L: h, C: c}
		for i := range dim {
			for k := i; k < dim; k++ {
				f.H.SetSym(i, k, once*h4.At(i, k)+(1-once)*h22.At(i, k))
			}
		}
		return f
	}
}

// Moments that take long end with their context, in fractions too.
func TestRegressionInterrupted(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, d := range []int{2, 12} { // in fractions, and in floating point
		task := newTask(t, markov.Spec{D: d, Family: "regression"})
		if m, err := Of(ended, task, Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("d = %d: %v, %v", d, m, err)
		}
		if e, err := ExactOf(ended, task); !errors.Is(err, context.Canceled) {
			t.Errorf("d = %d, in fractions: %v, %v", d, e, err)
		}
	}
}

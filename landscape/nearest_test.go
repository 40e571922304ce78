package landscape

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// The distance to a point is the loss of the form with H = I, value and derivatives, for
// any b.
func TestNearness(t *testing.T) {
	for q := 1; q <= 6; q++ {
		r := rand.New(rand.NewPCG(uint64(q), 8))
		D := q + 1
		X := gaussians(r, q*moment.Pairs(D))
		identity := mat.NewSymDense(len(X), nil)
		for i := range X {
			identity.SetSym(i, i, 1)
		}
		loss := newProjected(&moment.Form{Q: q, H: identity, L: X, C: dot(X, X)})
		near := newNearness(X, q)
		for range 10 {
			b := gaussians(r, D)
			want, got := loss.eval(b), near.eval(b)
			for _, c := range []struct {
				name      string
				got, want []float64
			}{
				{"value", []float64{got}, []float64{want}},
				{"gradient", near.gradient(), loss.gradient()},
				{"hessian", whole(near.hessian()), whole(loss.hessian())},
				{"A", near.parameters(), loss.parameters()},
				{"point", near.point(), loss.point()},
			} {
				if !floats.EqualApprox(c.got, c.want, 1e-11*(1+floats.Norm(c.want, 2))) {
					t.Errorf("q %d: %s is %v, by the identity form %v", q, c.name, c.got, c.want)
				}
			}
		}
	}
}

// whole returns the entries of a matrix, row by row.
func whole(M mat.Matrix) []float64 { return mat.DenseCopyOf(M).RawMatrix().Data }

// A point that is a transformer is its own nearest one.
func TestNearestTransformerOfATransformer(t *testing.T) {
	for q := 1; q <= 5; q++ {
		r := rand.New(rand.NewPCG(uint64(q), 9))
		X := Phi(gaussians(r, q+1), gaussians(r, q*(q+1)))
		if m := nearestTransformer(t.Context(), X, q, 12*(q+1), 1); m.Loss > 1e-24*dot(X, X) || !floats.EqualApprox(m.X, X, 1e-11*floats.Norm(X, 2)) {
			t.Errorf("q %d: at a squared distance of %g", q, m.Loss)
		}
	}
}

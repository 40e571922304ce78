package landscape

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
	"markovicl/markov"
)

// A change of coordinates leaves the losses as they are.
func TestCongruentForm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 31))
	form := randomForm(r, 3, 100)
	T := mat.NewDense(4, 4, gaussians(r, 16))
	changed := congruentForm(form, T)
	b, A := gaussians(r, 4), gaussians(r, 12)
	var Tb, TA mat.Dense
	Tb.Mul(T, mat.NewDense(4, 1, b))
	TA.Mul(T, mat.NewDense(4, 3, A))
	got, want := changed.Loss(Phi(b, A)), form.Loss(Phi(Tb.RawMatrix().Data, TA.RawMatrix().Data))
	if math.Abs(got-want) > 1e-10*want {
		t.Errorf("loss %g, want %g", got, want)
	}
}

func TestQuadraticOnCube(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 32))
		f := 1 + r.IntN(3)
		Q := mat.NewSymDense(f, gaussians(r, f*f))
		linear := gaussians(r, f)
		bound, least := quadraticOnCube(Q, linear), math.Inf(1)
		for range 2000 {
			y := mat.NewVecDense(f, nil)
			for k := range f {
				y.SetVec(k, max(-1, min(1, 2.4*r.Float64()-1.2)))
			}
			least = min(least, mat.Dot(mat.NewVecDense(f, linear), y)+mat.Inner(y, Q, y))
		}
		if bound > least+1e-13*(1+math.Abs(least)) {
			t.Errorf("seed %d: bound %g, but the value %g occurs", seed, bound, least)
		}
	}
}

// The bound of a box is below v at points of the box.
func TestBoxBound(t *testing.T) {
	finite := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 33))
		q := 1 + r.IntN(3)
		form := randomForm(r, q, 1000)
		p := newProjected(form)
		w := &bounder{newProjected(form)}
		b := &box{face: r.IntN(q + 1), centre: gaussians(r, q+1), radius: make([]float64, q+1)}
		for k := range b.radius {
			b.radius[k] = math.Pow(10, -1.5-2*r.Float64())
		}
		b.radius[b.face], b.centre[b.face] = 0, 1
		bound := w.bound(b)
		if math.IsInf(bound, -1) {
			continue
		}
		finite++
		for range 100 {
			x := make([]float64, q+1)
			for k := range x {
				x[k] = b.centre[k] + b.radius[k]*(2*r.Float64()-1)
				if r.IntN(3) == 0 {
					x[k] = b.centre[k] + b.radius[k]
				}
			}
			if v := p.eval(x); v < bound-1e-9*v {
				t.Errorf("seed %d: bound %g, but v = %g in the box", seed, bound, v)
			}
		}
	}
	if finite < 30 {
		t.Errorf("%d boxes with a bound", finite)
	}
}

// Branch and bound, the certificate and, for d = 1, polynomials agree.
func TestThreeMethodsAgree(t *testing.T) {
	for _, c := range []struct {
		spec markov.Spec
		gap  float64
	}{
		{markov.Spec{D: 1, N: "5"}, 1e-7},
		{markov.Spec{D: 1, N: "1", P: "0.2"}, 1e-7},
		{markov.Spec{D: 2, N: "1"}, 1e-5},
		{markov.Spec{D: 2, N: "10"}, 1e-4},
		{markov.Spec{D: 3, N: "1"}, 2e-2},
	} {
		form := taskForm(t, c.spec)
		r, err := Recover(context.Background(), form, Settings{Starts: 20})
		if err != nil {
			t.Fatal(err)
		}
		b := branchAndBound(context.Background(), form, r.Loss, branchSettings{gap: c.gap, boxes: 100_000})
		t.Logf("%+v: %d boxes", c.spec, b.boxes)
		if !b.closed || b.lower < r.Loss*(1-1.01*c.gap) || b.lower > r.Loss {
			t.Errorf("%+v: branch and bound %.12g (%d boxes, closed %v), transformer %.12g", c.spec, b.lower, b.boxes, b.closed, r.Loss)
		}
		if form.Q == 1 {
			v, err := newCircle(certificate.Dyadic(form))
			if err != nil {
				t.Fatal(err)
			}
			if !v.below(new(big.Rat).SetFloat64(r.Loss*(1-1e-9))) || v.below(new(big.Rat).SetFloat64(r.Loss*(1+1e-9))) {
				t.Errorf("%+v: polynomials disagree with %.12g", c.spec, r.Loss)
			}
		}
	}
}

package landscape

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"markovicl/markov"
	"markovicl/moment"
)

// pointOf returns sum_t phi(b_t, A_t).
func pointOf(b, A []float64, heads, q int) []float64 {
	D := q + 1
	X := make([]float64, q*moment.Pairs(D))
	for t := range heads {
		AddPhi(X, b[t*D:(t+1)*D], A[t*D*q:(t+1)*D*q])
	}
	return X
}

// d+1 heads realise every point.
func TestAllHeads(t *testing.T) {
	for q := 1; q <= 5; q++ {
		X := gaussians(rand.New(rand.NewPCG(uint64(q), 41)), q*moment.Pairs(q+1))
		b, A := AllHeads(X, q)
		for i, x := range pointOf(b, A, q+1, q) {
			if math.Abs(x-X[i]) > 1e-14 {
				t.Fatalf("q %d: coordinate %d is %g, want %g", q, i, x, X[i])
			}
		}
	}
}

func TestProjectedHeads(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 42))
	form := randomForm(r, 3, 100)
	for h := 1; h <= 4; h++ {
		p := newProjectedHeads(form, h)
		B := gaussians(r, 4*h)
		g, other := make([]float64, len(B)), make([]float64, len(B))
		loss, X, U := p.eval(B, g)
		if got := form.Loss(X); math.Abs(got-loss) > 1e-10*loss {
			t.Errorf("h %d: loss %g, but X has %g", h, loss, got)
		}
		if h == 1 {
			if want := newProjected(form).eval(U.RawMatrix().Data); math.Abs(want-loss) > 1e-10*loss {
				t.Errorf("loss %g, for one head %g", loss, want)
			}
		}
		for i := range B {
			const e = 1e-5
			x := slices.Clone(B)
			x[i] += e
			plus, _, _ := p.eval(x, other)
			x[i] -= 2 * e
			minus, _, _ := p.eval(x, other)
			if d := (plus - minus) / (2 * e); math.Abs(d-g[i]) > 1e-5*(1+math.Abs(d)) {
				t.Errorf("h %d: derivative %d is %g, differences give %g", h, i, g[i], d)
			}
		}
	}
}

// The losses by number of heads that an independent search found.
func TestBestHeads(t *testing.T) {
	for _, c := range []struct {
		spec markov.Spec
		want []float64
	}{
		{markov.Spec{D: 2, N: "100"}, []float64{0.234724, 0.233093, 0.233093}},
		{markov.Spec{D: 3, N: "100"}, []float64{0.209971, 0.207101, 0.206832, 0.206832}},
		{markov.Spec{D: 2, N: "10"}, []float64{0.254605, 0.245046, 0.244422}},
		{markov.Spec{D: 3, N: "10"}, []float64{0.232209, 0.218734, 0.216899, 0.216523}},
	} {
		form := taskForm(t, c.spec)
		optimum, err := Minimise(context.Background(), form)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			r, err := BestHeads(context.Background(), form, optimum, i+1, 20, 1)
			if err != nil {
				t.Fatal(err)
			}
			if r.Loss > want+6e-7 || r.Loss < optimum.Loss*(1-1e-9) {
				t.Errorf("%+v, %d heads: %.9g, want %.6g", c.spec, i+1, r.Loss, want)
			}
			if got := form.Loss(pointOf(r.B, r.A, i+1, form.Q)); math.Abs(got-r.Loss) > 1e-9*got {
				t.Errorf("%+v, %d heads: the parameters have the loss %.12g, not %.12g", c.spec, i+1, got, r.Loss)
			}
			if r.Realises != (math.Abs(want-optimum.Loss) < 1e-6) {
				t.Errorf("%+v, %d heads: realises %v", c.spec, i+1, r.Realises)
			}
		}
	}
}

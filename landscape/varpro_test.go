package landscape

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"markovicl/markov"
	"markovicl/moment"
)

// v(b) against a minimisation over A written out, and its derivatives against
// differences.
func TestProjected(t *testing.T) {
	for q := 1; q <= 4; q++ {
		r := rand.New(rand.NewPCG(uint64(q), 7))
		form := randomForm(r, q, 1e3)
		p := newProjected(form)
		b := gaussians(r, q+1)
		normalise(b)
		value := p.eval(b)
		A := p.parameters()
		if got := form.Loss(Phi(b, A)); math.Abs(got-value) > 1e-11*got {
			t.Errorf("q %d: v = %g, but the loss there is %g", q, value, got)
		}
		for range 20 { // no A is better
			other := slices.Clone(A)
			for i := range other {
				other[i] += 0.01 * r.NormFloat64()
			}
			if form.Loss(Phi(b, other)) < value {
				t.Errorf("q %d: A is not the minimiser", q)
			}
		}
		g, S := p.gradient(), p.hessian()
		const e = 1e-5
		at := func(i int, s float64) (float64, []float64) {
			x := slices.Clone(b)
			x[i] += s
			return p.eval(x), p.gradient()
		}
		for i := range b {
			plus, gp := at(i, e)
			minus, gm := at(i, -e)
			if d := (plus - minus) / (2 * e); math.Abs(d-g[i]) > 1e-6*(1+math.Abs(d)) {
				t.Errorf("q %d: derivative %d is %g, differences give %g", q, i, g[i], d)
			}
			for k := range b {
				if d := (gp[k] - gm[k]) / (2 * e); math.Abs(d-S.At(i, k)) > 1e-5*(1+math.Abs(d)) {
					t.Errorf("q %d: second derivative %d,%d is %g, differences give %g", q, i, k, S.At(i, k), d)
				}
			}
		}
	}
}

type referenceCase struct {
	Flags        []string
	LossEnlarged float64 `json:"loss_enlarged"`
	Best         float64
}

func readReference(t *testing.T) []referenceCase {
	t.Helper()
	data, err := os.ReadFile("testdata/recover.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct{ Cases []referenceCase }
	if err := json.Unmarshal(data, &reference); err != nil {
		t.Fatal(err)
	}
	return reference.Cases
}

// form returns the form of the case's task.
func (c referenceCase) form(t *testing.T) *moment.Form {
	t.Helper()
	var spec markov.Spec
	for i, f := range c.Flags {
		switch f {
		case "--d":
			spec.D, _ = strconv.Atoi(c.Flags[i+1])
		case "--n":
			spec.N = c.Flags[i+1]
		case "--bias":
			spec.Bias = true
		case "--states":
			spec.States, _ = strconv.Atoi(c.Flags[i+1])
		case "--prior":
			spec.Prior.Text = c.Flags[i+1]
		case "--start":
			spec.Start = c.Flags[i+1]
		}
	}
	return taskForm(t, spec)
}

// The best transformers of an independent program are found, or better ones.
func TestLocalMinimaReference(t *testing.T) {
	for _, c := range readReference(t) {
		form := c.form(t)
		minima := minimaOf(context.Background(), form, nil, 0, 60, 1)
		if got := minima[0].Loss; got > c.Best+1e-7 || got < c.LossEnlarged-1e-9 {
			t.Errorf("%v: best loss %.12g, want at most %.12g and at least %.12g", c.Flags, got, c.Best, c.LossEnlarged)
		}
		hits := 0
		for _, m := range minima {
			hits += m.Hits
			if !slices.Contains(c.Flags, "--bias") && m.Curvature < -1e-7 {
				t.Errorf("%v: a minimum with the negative curvature %g", c.Flags, m.Curvature)
			}
		}
		if hits != 60 {
			t.Errorf("%v: %d hits of 60 starts", c.Flags, hits)
		}
	}
}

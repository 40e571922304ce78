package trace

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"markovicl/markov"
)

// definition evaluates R1 and R2 term by term as the paper writes them.
func definition(columns [][]float64, w []float64) (r1, r2 []float64) {
	q := len(w)
	r1, r2 = make([]float64, q+1), make([]float64, q+1)
	n := float64(len(columns))
	for _, z := range columns {
		x, y := z[:q], z[q]
		var all, butLast float64 // w'x, <w_:, x_:>
		for i := range q {
			all += w[i] * x[i]
			if i < q-1 {
				butLast += w[i] * x[i]
			}
		}
		wq, xq := w[q-1], x[q-1]
		for k := range q {
			r1[k] += -x[k] * all / n
			r2[k] += -x[k] * (y*wq - wq*butLast - wq*wq*xq/2) / n
		}
		r1[q] += math.Pow(y-all, 2) / 2 / n
		if xq != 0 {
			r2[q] += math.Pow(y-all, 3) / (3 * xq) / n
		} else {
			r2[q] += -math.Pow(y-butLast, 2) * wq / n
		}
	}
	return r1, r2
}

// anyColumns draws in-context columns of q features: small whole numbers, among
// them zeros, or numbers away from zero.
func anyColumns(t *rapid.T, q int) [][]float64 {
	n := rapid.IntRange(1, 12).Draw(t, "n")
	integers := rapid.Bool().Draw(t, "integers")
	columns := make([][]float64, n)
	for j := range columns {
		columns[j] = make([]float64, q+1)
		for i := range columns[j] {
			if integers {
				columns[j][i] = float64(rapid.IntRange(-1, 2).Draw(t, "z"))
			} else {
				sign := float64(2*rapid.IntRange(0, 1).Draw(t, "sign") - 1)
				columns[j][i] = sign * rapid.Float64Range(0.2, 2).Draw(t, "z")
			}
		}
	}
	return columns
}

func anyW(t *rapid.T, q int) []float64 {
	return rapid.SliceOfN(rapid.Float64Range(-2, 2), q, q).Draw(t, "w")
}

func flatten(columns [][]float64) []float64 {
	var flat []float64
	for _, z := range columns {
		flat = append(flat, z...)
	}
	return flat
}

func objectivesOf(t interface{ Fatal(...any) }, columns [][]float64) *Objectives {
	o := NewObjectives(len(columns[0]) - 1)
	if err := o.SetColumns(flatten(columns)); err != nil {
		t.Fatal(err)
	}
	return o
}

var close12 = cmpopts.EquateApprox(1e-12, 1e-12)

func TestValuesAgreeWithTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.IntRange(1, 6).Draw(t, "q")
		columns, w := anyColumns(t, q), anyW(t, q)
		o := objectivesOf(t, columns)
		r1, r2 := make([]float64, q+1), make([]float64, q+1)
		o.Values(r1, r2, w)
		want1, want2 := definition(columns, w)
		if diff := cmp.Diff([][]float64{want1, want2}, [][]float64{r1, r2}, close12); diff != "" {
			t.Fatal(diff)
		}
	})
}

// By hand: columns (x, y) = (1, 1), (0, 1), (2, 0) and w = 1/2 give residuals
// 1/2, 1, -1.
func TestValuesByHand(t *testing.T) {
	o := objectivesOf(t, [][]float64{{1, 1}, {0, 1}, {2, 0}})
	r1, r2 := make([]float64, 2), make([]float64, 2)
	o.Values(r1, r2, []float64{0.5})
	// R1_1 = -(1 + 4)/3 * 1/2;  R1_2 = (1/4 + 1 + 1)/6
	// R2_1 = -(1*(1/2 - 1/8) + 0 + 2*(0 - 2/8))/3
	// R2_2 = ( (1/8)/3 - 1*1/2 + (-1)/6 )/3
	want1, want2 := []float64{-5.0 / 6, 2.25 / 6}, []float64{0.125 / 3, (0.125/3 - 0.5 - 1.0/6) / 3}
	if diff := cmp.Diff([][]float64{want1, want2}, [][]float64{r1, r2}, close12); diff != "" {
		t.Error(diff)
	}
}

// The objectives are polynomials of degree 3 in w, so the central difference of
// step h errs by the third derivative times h^2/6, and the combination of steps
// h and 2h that cancels it is exact: only rounding is left, at any h.
func TestGradientsAgreeWithFiniteDifferences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.IntRange(1, 6).Draw(t, "q")
		columns, w := anyColumns(t, q), anyW(t, q)
		o, D := objectivesOf(t, columns), q+1
		g1, g2 := make([]float64, D*q), make([]float64, D*q)
		o.Gradients(g1, g2, w)

		at := func(i int, h float64) []float64 {
			v := append([]float64(nil), w...)
			v[i] += h
			f := make([]float64, 2*D)
			o.Values(f[:D], f[D:], v)
			return f
		}
		const h = 0.5
		for i := range q {
			p1, m1, p2, m2 := at(i, h), at(i, -h), at(i, 2*h), at(i, -2*h)
			for k := range 2 * D {
				want := (8*(p1[k]-m1[k]) - (p2[k] - m2[k])) / (12 * h)
				got := append(append([]float64(nil), g1...), g2...)[k*q+i]
				if math.Abs(got-want) > 1e-10*(1+math.Abs(want)) {
					t.Fatalf("objective %d, derivative by w_%d: %v, finite differences %v", k, i+1, got, want)
				}
			}
		}
	})
}

// Gathering equal chains changes nothing, in every embedding.
func TestSetPromptAgreesWithSetColumns(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 1, N: "3"}, {D: 5, N: "100"}, {D: 3, N: "40", Embedding: "sign"}, {D: 3, N: "40", Bias: true},
		{States: 3, D: 2, N: "50", Embedding: "onehot"}, {States: 4, D: 3, N: "7", Start: "stationary"},
		{D: 2, N: "20", Start: "correlated:0.3,0.2,0.9", Bias: true, Embedding: "onehot"},
	} {
		task, p := drawPrompt(t, spec, 7)
		q, D := task.QueryDim(), task.Dim()
		o, raw := NewObjectives(q), NewObjectives(q)
		o.SetPrompt(task, p)
		o.SetPrompt(task, p) // again: nothing of the first prompt may be left
		if err := raw.SetColumns(columnsOf(task, p)); err != nil {
			t.Fatal(err)
		}
		gram := make([]float64, D*D)
		task.Gram(gram, p)
		if diff := cmp.Diff(gram, o.Gram(), close12); diff != "" {
			t.Errorf("%v: Gram matrix: %s", task, diff)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		w := make([]float64, q)
		for i := range w {
			w[i] = rng.NormFloat64()
		}
		all := func(o *Objectives) []float64 {
			f := make([]float64, 2*D+2*D*q)
			o.Values(f[:D], f[D:2*D], w)
			o.Gradients(f[2*D:2*D+D*q], f[2*D+D*q:], w)
			return f
		}
		if diff := cmp.Diff(all(raw), all(o), close12); diff != "" {
			t.Errorf("%v: %s", task, diff)
		}
	}
}

func TestSetColumnsRefuses(t *testing.T) {
	o := NewObjectives(2)
	for name, columns := range map[string][]float64{
		"NaN":              {1, 1, math.NaN()},
		"Inf":              {math.Inf(1), 1, 1},
		"tiny last x":      {1, 1e-13, 1},
		"tiny, second one": {1, 1, 1, 1, -1e-200, 0},
	} {
		if o.SetColumns(columns) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := o.SetColumns([]float64{1e-13, 0, 1}); err != nil {
		t.Errorf("a tiny first feature is nothing to refuse: %v", err)
	}
}

// drawPrompt draws prompt number i of a task.
func drawPrompt(t testing.TB, spec markov.Spec, i uint64) (markov.Task, *markov.Prompt) {
	t.Helper()
	task, err := markov.NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	s, err := markov.NewSampler(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := new(markov.Prompt)
	if err := s.Prompt(p, i); err != nil {
		t.Fatal(err)
	}
	return task, p
}

func columnsOf(task markov.Task, p *markov.Prompt) []float64 {
	z0 := task.Z0(p)
	D, columns := z0.Dims()
	var flat []float64
	for j := range columns - 1 {
		for i := range D {
			flat = append(flat, z0.At(i, j))
		}
	}
	return flat
}

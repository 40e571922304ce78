package landscape

import (
	"context"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
	"markovicl/moment"
)

// constantForm is the loss c of every X.
func constantForm(q int, c float64) *moment.Form {
	form := &moment.Form{Q: q, C: c}
	form.H, form.L = mat.NewSymDense(form.Dim(), nil), make([]float64, form.Dim())
	return form
}

func TestConstantLoss(t *testing.T) {
	for _, q := range []int{1, 2, 4} {
		for _, c := range []float64{0, 0.25} {
			form := constantForm(q, c)
			o, err := Minimise(context.Background(), form)
			if err != nil {
				t.Fatal(err)
			}
			if o.Loss != c || o.Rank != 0 || o.Unique || mat.Norm(mat.NewVecDense(len(o.X), o.X), 2) != 0 || o.Condition != 0 {
				t.Errorf("q = %d, c = %g: %+v", q, c, o)
			}
			for heads := 1; heads <= q+1; heads++ {
				r, err := Recover(context.Background(), form, Settings{Heads: heads})
				if err != nil {
					t.Fatal(err)
				}
				if r.Loss != c || r.LowerBound.Value != c || !r.LowerBound.Proven() || r.Realisable != Realisable || !r.Certified() {
					t.Errorf("q = %d, c = %g, %d heads: loss %g, bound %g, %v", q, c, heads, r.Loss, r.LowerBound.Value, r.Realisable)
				}
			}
			form.L[0] = 1
			if _, err := Minimise(context.Background(), form); err == nil || !strings.Contains(err.Error(), "no minimum") {
				t.Errorf("H = 0, h = e_0: error %v", err)
			}
		}
	}
}

func TestUnusableForms(t *testing.T) {
	for name, change := range map[string]func(f *moment.Form){
		"huge H":        func(f *moment.Form) { f.H.SetSym(0, 0, 1e300) },
		"tiny H":        func(f *moment.Form) { f.H.ScaleSym(1e-310, f.H) },
		"huge h":        func(f *moment.Form) { f.L[1] = 1e200 },
		"huge c":        func(f *moment.Form) { f.C = math.MaxFloat64 },
		"NaN":           func(f *moment.Form) { f.H.SetSym(0, 1, math.NaN()) },
		"infinite h":    func(f *moment.Form) { f.L[0] = math.Inf(-1) },
		"indefinite H":  func(f *moment.Form) { f.H.SetSym(0, 0, -1) },
		"short h":       func(f *moment.Form) { f.L = f.L[1:] },
		"q = 0":         func(f *moment.Form) { f.Q = 0 },
		"h far above H": func(f *moment.Form) { f.H.ScaleSym(1e-90, f.H); f.L[0] = 1e90 },
	} {
		form := taskForm(t, markov.Spec{D: 2, N: "10"})
		change(form)
		if o, err := Minimise(context.Background(), form); err == nil {
			t.Errorf("%s: no error but %+v", name, o)
		}
		for heads := 1; heads <= 2; heads++ {
			if _, err := Recover(context.Background(), form, Settings{Heads: heads, Starts: 2}); err == nil {
				t.Errorf("%s, %d heads: no error", name, heads)
			}
		}
	}
}

// Any numbers at all: an answer of finite numbers, or an error.
func FuzzRecover(f *testing.F) {
	f.Add(uint8(1), uint8(2), 1e300, 1.0, 1.0, 0.5, 0.3, 1.0)
	f.Add(uint8(2), uint8(2), 5e-324, 0.0, 1.0, 1e308, -1e308, 0.0)
	f.Add(uint8(0), uint8(1), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
	f.Add(uint8(1), uint8(1), 1e-90, 1e90, 1e-200, 1e-90, math.Inf(1), math.NaN())
	f.Fuzz(func(t *testing.T, q, heads uint8, a, b, c, h0, h1, power float64) {
		form := constantForm(1+int(q%2), power)
		n := form.Dim()
		for i, x := range []float64{a, b, c} { // a sum of squares, of whatever size
			v := mat.NewVecDense(n, nil)
			for k := range n {
				v.SetVec(k, math.Cos(float64(1+i+k*(i+2))))
			}
			form.H.SymRankOne(form.H, x, v)
			form.H.SetSym(i, i, form.H.At(i, i)+x)
			form.L[i] = []float64{h0, h1, h0 * h1}[i]
		}
		r, err := Recover(t.Context(), form, Settings{Heads: 1 + int(heads%3), Starts: 2, Boxes: -1})
		if err != nil {
			return
		}
		numbers := []float64{r.Loss, r.LossEnlarged, r.ProjectionLoss}
		if r.LowerBound.Proven() {
			numbers = append(numbers, r.LowerBound.Value, r.RelativeGap())
		}
		for _, x := range numbers {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				t.Fatalf("loss %g, bound %+v, enlarged %g, projection %g, gap %g", r.Loss, r.LowerBound, r.LossEnlarged, r.ProjectionLoss, r.RelativeGap())
			}
		}
	})
}

// More starts than fit in memory are a matter of time only.
func TestManyStarts(t *testing.T) {
	form := taskForm(t, markov.Spec{D: 2, N: "10"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for heads := 1; heads <= 2; heads++ {
		r, err := Recover(ctx, form, Settings{Heads: heads, Starts: 1 << 50})
		if err == nil && r.Status != Interrupted || err != nil && err != context.Canceled {
			t.Errorf("%d heads: %v, %v", heads, r, err)
		}
	}
	few := minimaOf(context.Background(), form, nil, 0, 40, 1)
	all := minimaOf(context.Background(), form, nil, 0, startsAtOnce+40, 1)
	if all[0].Loss > few[0].Loss || len(all) < len(few) || all[0].Hits <= few[0].Hits {
		t.Errorf("%d minima from %v by more starts, %d from %v by few", len(all), all[0], len(few), few[0])
	}
}

// A task without a certificate whose best transformer few starts find.
func TestSearchHarder(t *testing.T) {
	form := taskForm(t, markov.Spec{
		D: 5, N: "inf", Embedding: "sign", Start: "probs:5/7,2/7",
		Prior: markov.PriorSpec{Rows: [][]string{{"2", "1"}, {"1/2", "1"}}},
	})
	r, err := Recover(context.Background(), form, Settings{Starts: 20})
	if err != nil {
		t.Fatal(err)
	}
	if r.Loss > 0.5540558172 {
		t.Errorf("the best transformer found has loss %.10f; one of 0.5540558171 is known", r.Loss)
	}
}

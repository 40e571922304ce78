package trace

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/lsa"
	"markovicl/markov"

	"gonum.org/v1/gonum/mat"
)

func sampler(t testing.TB, spec markov.Spec) (markov.Task, markov.Source) {
	t.Helper()
	task, err := markov.NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	s, err := markov.NewSampler(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	return task, s
}

// failing is a source that has no prompts.
type failing struct{ err error }

func (f failing) Prompt(*markov.Prompt, uint64) error { return f.err }

func trace(t testing.TB, p *lsa.Structured, task markov.Task, source markov.Source, s Settings) *Result {
	t.Helper()
	r, err := Run(context.Background(), p, task, source, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The slow way: the explicit pass for the loss and for w, the definition for R1
// and R2, two passes for mean and standard error.
func TestTraceAgreesWithTheSlowWay(t *testing.T) {
	for _, spec := range []markov.Spec{{D: 3, N: "9"}, {States: 3, D: 2, N: "9", Embedding: "onehot", Bias: true}} {
		task, source := sampler(t, spec)
		const prompts, layers = 37, 3
		model, _ := Random(task, layers, 2, 4)
		got := trace(t, model, task, source, Settings{Prompts: prompts})

		q, D := task.QueryDim(), task.Dim()
		var w, r1, r2, loss [layers + 1][][]float64 // by layer, prompt
		for i := range prompts {
			var p markov.Prompt
			if err := source.Prompt(&p, uint64(i)); err != nil {
				t.Fatal(err)
			}
			z0 := task.Z0(&p)
			var columns [][]float64
			for j := range len(columnsOf(task, &p)) / D {
				columns = append(columns, mat.Col(nil, j, z0))
			}
			var at [layers + 1][]float64
			for k := range q {
				probe := mat.DenseCopyOf(z0)
				for row := range q {
					probe.Set(row, len(columns), 0)
				}
				probe.Set(k, len(columns), 1)
				model.Explicit(probe, func(l int, Z *mat.Dense) { at[l] = append(at[l], -Z.At(q, len(columns))) })
			}
			model.Explicit(z0, func(l int, Z *mat.Dense) {
				miss := Z.At(q, len(columns)) - task.Embedding().Label(p.Label)
				loss[l] = append(loss[l], []float64{miss * miss})
			})
			for l := range at {
				a, b := definition(columns, at[l])
				w[l], r1[l], r2[l] = append(w[l], at[l]), append(r1[l], a), append(r2[l], b)
			}
		}
		for l, layer := range got.Layers {
			want := Layer{
				Layer: l, W: slowEstimates(w[l]), R1: slowEstimates(r1[l]), R2: slowEstimates(r2[l]), QueryLoss: slowEstimates(loss[l])[0],
				Norm1: layer.Norm1, Norm2: layer.Norm2, Cosine1: layer.Cosine1, Cosine2: layer.Cosine2,
			}
			if diff := cmp.Diff(want, layer, close12); diff != "" {
				t.Errorf("%v, layer %d: %s", task, l, diff)
			}
		}
		if got.IdentityError > 1e-12 || got.ExplicitPrompts != explicitPrompts {
			t.Errorf("identity error %v, token by token in %d prompts", got.IdentityError, got.ExplicitPrompts)
		}
	}
}

func slowEstimates(rows [][]float64) []Estimate {
	out := make([]Estimate, len(rows[0]))
	n := float64(len(rows))
	for k := range out {
		var mean, square float64
		for _, row := range rows {
			mean += row[k] / n
		}
		for _, row := range rows {
			square += (row[k] - mean) * (row[k] - mean)
		}
		out[k] = Estimate{mean, math.Sqrt(square / (n - 1) / n), len(rows)}
	}
	return out
}

// b = e_D and A = -c [I; 0] make every layer a gradient step on R1_{q+1}; A = -c
// [0; e_q'] one on the derivative of R2_{q+1} by w_q.
func TestTraceSeesDescent(t *testing.T) {
	task, source := sampler(t, markov.Spec{D: 3, N: "30", Prior: markov.PriorSpec{Text: "beta:5,5"}})
	q, D := task.QueryDim(), task.Dim()
	model := lsa.NewStructured(6, 1, D)
	for l := range model.Layers {
		b, A := model.Head(l, 0)
		b[q] = 1
		for i := range q {
			A[i*q+i] = -0.3
		}
	}
	r := trace(t, model, task, source, Settings{Prompts: 50})
	for l, layer := range r.Layers[:model.Layers] {
		if c := layer.Cosine1[q]; math.Abs(c.Mean-1) > 1e-12 || c.Count != 50 {
			t.Errorf("layer %d: cosine with minus grad R1_{q+1} is %+v", l, c)
		}
		if after := r.Layers[l+1]; after.R1[q].Mean >= layer.R1[q].Mean {
			t.Errorf("layer %d raises the squared residual from %v to %v", l, layer.R1[q].Mean, after.R1[q].Mean)
		}
		if layer.R1[q].Count != 50 || layer.Norm1[q].Mean <= 0 {
			t.Errorf("layer %d: %+v", l, layer)
		}
	}
	last := r.Layers[model.Layers]
	if last.Cosine1 != nil || last.Cosine2 != nil {
		t.Error("the last layer takes no step and has cosines")
	}

	one := lsa.NewStructured(1, 1, D)
	b, A := one.Head(0, 0)
	b[q], A[q*q+q-1] = 1, -0.3
	first := trace(t, one, task, source, Settings{Prompts: 50}).Layers[0]
	for k := range q - 1 {
		if math.Abs(first.W[k].Mean) > 0 {
			t.Errorf("w_0 = %v", first.W)
		}
	}
	if c := first.Cosine2[q]; c.Mean <= 0.3 || c.Mean > 1 {
		t.Errorf("cosine with minus grad R2_{q+1} is %+v", c)
	}
	// A model that does not move has no cosines.
	still := trace(t, lsa.NewStructured(1, 1, D), task, source, Settings{Prompts: 5}).Layers[0]
	if c := still.Cosine1[q]; c.Count != 0 || c.Mean != 0 {
		t.Errorf("a step of length 0 has cosine %+v", c)
	}
}

func TestTraceIsTheSameForAnyWorkers(t *testing.T) {
	task, source := sampler(t, markov.Spec{D: 3, N: "20"})
	model, _ := Random(task, 4, 1, 2)
	settings := Settings{Prompts: 50, Workers: 1, Pareto: &FrontSettings{Samples: 60, Rounds: 1}}
	want := trace(t, model, task, source, settings)
	for _, settings.Workers = range []int{2, 5} {
		if diff := cmp.Diff(want, trace(t, model, task, source, settings)); diff != "" {
			t.Errorf("%d workers: %s", settings.Workers, diff)
		}
	}
}

func TestTracePareto(t *testing.T) {
	task, source := sampler(t, markov.Spec{D: 3, N: "200", Prior: markov.PriorSpec{Text: "beta:5,5"}})
	q := task.QueryDim()
	// Gradient steps on the squared residual with w growing from 0: w_0 is
	// dominated in every prompt with a pair x_k = y = 1 for every k, because all
	// objectives fall along positive steps.
	model := lsa.NewStructured(5, 1, task.Dim())
	for l := range model.Layers {
		b, A := model.Head(l, 0)
		b[q] = 1
		for i := range q {
			A[i*q+i] = -0.5
		}
	}
	var calls, last int
	r := trace(t, model, task, source, Settings{
		Prompts: 20, Pareto: &FrontSettings{Samples: 300, Rounds: 2, Seed: 8},
		Progress: func(done, total int) {
			if done < last || total != 40 {
				t.Errorf("progress %d of %d after %d", done, total, last)
			}
			last = done
			calls++
		},
	})
	if last != 40 || calls < 2 {
		t.Errorf("progress ended at %d after %d calls", last, calls)
	}
	first, end := r.Layers[0], r.Layers[5]
	if first.Dominated.Mean != 1 || first.GD.Mean <= 0 {
		t.Errorf("w = 0 is dominated in a share %v of the prompts, GD %v", first.Dominated.Mean, first.GD.Mean)
	}
	if end.GD.Mean >= first.GD.Mean {
		t.Errorf("GD does not fall: %v, then %v", first.GD.Mean, end.GD.Mean)
	}
	for l, layer := range r.Layers {
		if layer.GD.Count != 20 || layer.GDSampled.Count != 20 {
			t.Errorf("layer %d: %+v", l, layer.GD)
		}
		var gd, mirrored [][]float64
		for i := range 20 {
			gd = append(gd, []float64{r.PromptGD[i*6+l]})
			mirrored = append(mirrored, []float64{r.PromptGDMirrored[i*6+l]})
		}
		want := []Estimate{slowEstimates(gd)[0], slowEstimates(mirrored)[0]}
		if diff := cmp.Diff(want, []Estimate{layer.GD, layer.GDMirrored}, close12); diff != "" {
			t.Errorf("layer %d: the distances of the prompts do not have these means: %s", l, diff)
		}
	}
	// Scaled by front and trace together all lies in the unit cube of 2D objectives,
	// and a point of the front is one in every scale.
	most := math.Sqrt(2 * float64(task.Dim()))
	for i, x := range r.PromptGDJoint {
		if !(x >= 0 && x <= most) || (x == 0) != (r.PromptGD[i] == 0) || x > r.PromptGD[i]*(1+1e-12) {
			t.Errorf("distance %v with the joint range, %v with the front's", x, r.PromptGD[i])
		}
	}
	if len(r.PromptGDJoint) != len(r.PromptGD) || len(r.PromptGDJointMirrored) != len(r.PromptGD) {
		t.Errorf("%d and %d joint distances, want %d", len(r.PromptGDJoint), len(r.PromptGDJointMirrored), len(r.PromptGD))
	}
	// -w goes the other way, along which all objectives of w = 0 rise.
	if end.GDMirrored.Mean <= first.GDMirrored.Mean || end.DominatedMirrored.Mean != 1 {
		t.Errorf("mirrored GD %v, then %v; dominated %v", first.GDMirrored.Mean, end.GDMirrored.Mean, end.DominatedMirrored.Mean)
	}
	if r.FrontSize < 10 || r.Box == nil || r.Box.High[0] < r.LargestW {
		t.Errorf("fronts of %v points in %+v", r.FrontSize, r.Box)
	}
}

func TestTraceRefuses(t *testing.T) {
	task, source := sampler(t, markov.Spec{D: 2})
	model, _ := Random(task, 3, 1, 1)
	wild, _ := Random(task, 9, 1, 1)
	for i := range wild.A {
		wild.A[i] *= 1e20
	}
	big, _ := Random(task, 2, 1, 1) // w stays finite, its cube does not
	for i := range big.A {
		big.A[i] *= 1e90
	}
	broken := errors.New("broken")
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	background := context.Background()
	for name, c := range map[string]struct {
		ctx    context.Context
		model  *lsa.Structured
		source markov.Source
		s      Settings
		want   error
	}{
		"size":      {background, lsa.NewStructured(1, 1, 5), source, Settings{}, nil},
		"prompts":   {background, model, source, Settings{Prompts: -1}, nil},
		"diverges":  {background, wild, source, Settings{}, nil},
		"overflows": {background, big, source, Settings{}, nil},
		"source":    {background, model, failing{broken}, Settings{}, broken},
		"cancelled": {cancelled, model, source, Settings{}, context.Canceled},
		"samples":   {background, model, source, Settings{Pareto: &FrontSettings{Samples: 1}}, nil},
		"box":       {background, model, source, Settings{Pareto: &FrontSettings{Box: Cube(7, 1)}}, nil},
	} {
		r, err := Run(c.ctx, c.model, task, c.source, c.s)
		if err == nil || r != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
}

func BenchmarkTrace(b *testing.B) {
	task, source := sampler(b, markov.Spec{D: 5, N: "100"})
	model, _ := Random(task, 10, 1, 1)
	b.ReportAllocs()
	for b.Loop() {
		trace(b, model, task, source, Settings{Prompts: 1000})
	}
}

func BenchmarkTracePareto(b *testing.B) {
	task, source := sampler(b, markov.Spec{D: 5, N: "100"})
	model, _ := Random(task, 10, 1, 1)
	b.ReportAllocs()
	for b.Loop() {
		trace(b, model, task, source, Settings{Prompts: 32, Pareto: &FrontSettings{}})
	}
}

func ExampleRun() {
	task, err := markov.NewTask(markov.Spec{D: 2, N: "50"})
	if err != nil {
		panic(err)
	}
	sampler, err := markov.NewSampler(task, 1)
	if err != nil {
		panic(err)
	}
	model, _ := Random(task, 3, 1, 1)
	result, err := Run(context.Background(), model, task, sampler, Settings{Prompts: 200})
	if err != nil {
		panic(err)
	}
	for _, layer := range result.Layers {
		fmt.Printf("layer %d: w has %d coordinates, the mean squared residual is positive: %v\n",
			layer.Layer, len(layer.W), 2*layer.R1[2].Mean > 0)
	}
	// Output:
	// layer 0: w has 2 coordinates, the mean squared residual is positive: true
	// layer 1: w has 2 coordinates, the mean squared residual is positive: true
	// layer 2: w has 2 coordinates, the mean squared residual is positive: true
	// layer 3: w has 2 coordinates, the mean squared residual is positive: true
}

package transformer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"markovicl/lsa"
	"markovicl/markov"
)

func taskOf(t testing.TB, spec markov.Spec) markov.Task {
	t.Helper()
	task, err := markov.NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// shapes are models that between them use every switch, sizes that are and are not
// multiples of eight, and attention that ends within and beyond a block of rows.
var shapes = map[string]Config{
	"gpt2":       {Width: 16, Blocks: 2, Heads: 2},
	"odd width":  {Width: 15, Blocks: 2, Heads: 3},
	"no mlp":     {Width: 16, Blocks: 2, Heads: 2, NoMLP: true},
	"no norm":    {Width: 8, Blocks: 2, Heads: 1, NoNorm: true},
	"bare":       {Width: 8, Blocks: 2, Heads: 2, NoMLP: true, NoNorm: true, NoPositions: true, LinearAttention: true},
	"linear":     {Width: 16, Blocks: 2, Heads: 2, LinearAttention: true},
	"joined":     {Width: 16, Blocks: 2, Heads: 2, Joined: true},
	"full":       {Width: 16, Blocks: 2, Heads: 4, Joined: true, Full: true},
	"linear lsa": {Width: 9, Blocks: 2, Heads: 3, Joined: true, Full: true, LinearAttention: true, NoPositions: true, NoNorm: true},
}

// modelOf returns a model of a shape for a task with random parameters of a size at
// which all parts matter.
func modelOf(t testing.TB, c Config, task markov.Task, n int, seed uint64) *Model {
	t.Helper()
	m, err := New(c.For(task, n))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, part := range m.Parts() {
		for i := range part.Data {
			part.Data[i] += float32(0.3 * rng.NormFloat64())
		}
	}
	return m
}

func prompts(t testing.TB, task markov.Task, seed uint64, count int) []markov.Prompt {
	t.Helper()
	s, err := markov.NewSampler(task, seed)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]markov.Prompt, count)
	for i := range out {
		if err := s.Prompt(&out[i], uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// TestForwardIsReference compares the fast pass with the reference at every token,
// for sequences shorter and longer than a block of attention.
func TestForwardIsReference(t *testing.T) {
	for name, c := range shapes {
		for _, n := range []int{1, 5, 24, 61} {
			task := taskOf(t, markov.Spec{D: 3, N: fmt.Sprint(n), States: 3, Prior: markov.PriorSpec{}})
			m := modelOf(t, c, task, n, 1)
			w := newPackedWeights(m)
			w.packAll()
			f := newPass(m, w)
			e := newEncoder(m.Config, task)
			const S = 3
			T := m.Tokens(n)
			f.resize(S, T)
			for s, p := range prompts(t, task, 1, S) {
				e.encode(f.x[s*T*m.Features:(s+1)*T*m.Features], nil, &p, n)
			}
			f.forward()
			for s := range S {
				want, err := m.Reference(wide(f.x[s*T*m.Features : (s+1)*T*m.Features]))
				if err != nil {
					t.Fatal(err)
				}
				for i := range T {
					got := float64(f.predict(s*T + i))
					if math.Abs(got-want[i]) > 1e-4*(0.1+math.Abs(want[i])) {
						t.Fatalf("%s, n = %d: prediction %d of sequence %d is %v, the reference says %v", name, n, i, s, got, want[i])
					}
				}
			}
		}
	}
}

// referenceLoss is the loss of a batch by the reference.
func referenceLoss(c Config, p tensors[float64], e *encoder, list []markov.Prompt, n int) float64 {
	T, k := c.Tokens(n), e.predictions(n)
	x, y := make([]float32, T*c.Features), make([]float32, k)
	var sum float64
	for _, prompt := range list {
		e.encode(x, y, &prompt, n)
		out := reference(c, p, wide(x))
		for i, label := range y {
			diff := out[e.token(i, n)] - float64(label)
			sum += diff * diff
		}
	}
	return sum / float64(len(list)*k)
}

// TestGradient compares the gradient of every tensor with finite differences of the
// reference, in float64: along random directions within the tensor, and at single
// entries.
func TestGradient(t *testing.T) {
	for name, c := range shapes {
		t.Run(name, func(t *testing.T) {
			for n, batch := range map[int]int{4: 3, 27: 2} { // the reference is slow
				task := taskOf(t, markov.Spec{D: 2, N: fmt.Sprint(n)})
				m := modelOf(t, c, task, n, 2)
				r, err := NewTrainer(m, task, batch, 2)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				list := prompts(t, task, 2, batch)
				if err := r.Start(n); err != nil {
					t.Fatal(err)
				}
				for i := range list {
					r.Set(i, &list[i])
				}
				loss, norm, err := r.Gradient()
				if err != nil {
					t.Fatal(err)
				}
				e := newEncoder(m.Config, task)
				params := wide(m.params)
				of := func() float64 { return referenceLoss(m.Config, bind(m.Config, params), e, list, n) }
				if want := of(); math.Abs(loss-want) > 1e-5*want {
					t.Fatalf("loss %v, the reference says %v", loss, want)
				}
				rng := rand.New(rand.NewPCG(3, 3))
				at := 0
				for _, part := range r.GradientParts() {
					own := params[at : at+len(part.Data)]
					at += len(part.Data)
					slope := func(direction []float64) (got, want float64) {
						const h = 1e-5
						start := slices.Clone(own)
						for i, v := range direction {
							got += float64(part.Data[i]) * v
							own[i] = start[i] + h*v
						}
						up := of()
						for i, v := range direction {
							own[i] = start[i] - h*v
						}
						want = (up - of()) / (2 * h)
						copy(own, start)
						return got, want
					}
					direction := make([]float64, len(own))
					for i := range direction {
						direction[i] = rng.NormFloat64() / math.Sqrt(float64(len(own)))
					}
					single := make([]float64, len(own))
					single[rng.IntN(len(own))] = 1
					for what, d := range map[string][]float64{"a random direction": direction, "one entry": single} {
						if n > 4 && what == "one entry" {
							continue
						}
						if got, want := slope(d); math.Abs(got-want) > 1e-4*(math.Abs(want)+0.02*norm) {
							t.Errorf("n = %d, %s along %s: %v, finite differences say %v", n, part.Name, what, got, want)
						}
					}
				}
				if at != len(params) {
					t.Errorf("%d of %d parameters have a gradient", at, len(params))
				}
			}
		})
	}
}

// TestIsLSA builds the transformer that one dense linear self-attention layer is:
// keys z, queries Q z, values z put back by P, no other part. One layer of one head
// and two of them.
func TestIsLSA(t *testing.T) {
	const n = 7
	for _, layers := range []int{1, 2} {
		task := taskOf(t, markov.Spec{D: 3, N: fmt.Sprint(n), States: 3, Bias: true})
		D := task.Dim()
		linear := lsa.NewDense(layers, 1, D)
		rng := rand.New(rand.NewPCG(4, 4))
		for _, part := range linear.Parts() {
			for i := range part.Data {
				part.Data[i] = float64(float32(0.2 * rng.NormFloat64())) // the same in both precisions
			}
		}
		c := Config{Width: D, Blocks: layers, Heads: 1, Joined: true, Full: true, LinearAttention: true, NoMLP: true, NoNorm: true, NoPositions: true}
		m, err := New(c.For(task, n))
		if err != nil {
			t.Fatal(err)
		}
		for i := range D {
			m.tensors.readIn.w[i*D+i] = 1
		}
		m.tensors.readOut.w[D-1] = 1
		for l, b := range m.tensors.blocks {
			P, Q := linear.Head(l, 0)
			for i := range D {
				for j := range D {
					b.qkv.w[i*D+j] = float32(Q[i*D+j])
					b.project.w[i*D+j] = float32(P[i*D+j])
				}
				b.qkv.w[(D+i)*D+i] = 1   // keys
				b.qkv.w[(2*D+i)*D+i] = 1 // values
			}
		}
		shared, err := Share(m, task)
		if err != nil {
			t.Fatal(err)
		}
		predictor := shared.NewPredictor()
		forward := linear.NewForward()
		G, u := make([]float64, D*D), make([]float64, D-1)
		x := make([]float32, m.Tokens(n)*D)
		for _, prompt := range prompts(t, task, 5, 20) {
			task.Gram(G, &prompt)
			task.Features(u, prompt.Query)
			want, err := forward.Predict(G, u)
			if err != nil {
				t.Fatal(err)
			}
			newEncoder(m.Config, task).encode(x, nil, &prompt, n)
			slow, err := m.Reference(wide(x))
			if err != nil {
				t.Fatal(err)
			}
			if got := slow[n]; math.Abs(got-want) > 1e-12*(1+math.Abs(want)) {
				t.Errorf("%d layers: the reference predicts %v, linear self-attention %v", layers, got, want)
			}
			fast, err := predictor.Predict(&prompt)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(fast-want) > 1e-4*(1+math.Abs(want)) {
				t.Errorf("%d layers: the fast pass predicts %v, linear self-attention %v", layers, fast, want)
			}
		}
	}
}

// TestCausal: what a causal model predicts after k chains does not depend on later
// ones, so one pass has all predictions that prompts cut short have; and it does
// depend on what it has seen.
func TestCausal(t *testing.T) {
	const n = 30
	task := taskOf(t, markov.Spec{D: 3, N: fmt.Sprint(n)})
	m := modelOf(t, shapes["gpt2"], task, n, 6)
	prompt := prompts(t, task, 6, 1)[0]
	e := newEncoder(m.Config, task)
	x := make([]float32, m.Tokens(n)*m.Features)
	e.encode(x, nil, &prompt, n)
	all, err := m.Reference(wide(x))
	if err != nil {
		t.Fatal(err)
	}
	shared, _ := Share(m, task)
	predictor := shared.NewPredictor()
	for _, k := range []int{1, 9, 24, 29} {
		cut := prompt
		chain := cut.Context[k*4 : (k+1)*4]
		cut.Context, cut.Query = cut.Context[:k*4], chain[:3]
		got, err := predictor.Predict(&cut)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got-all[2*k]) > 1e-4*(1+math.Abs(got)) {
			t.Errorf("after %d chains: %v, in one pass %v", k, got, all[2*k])
		}
		cut.Context = slices.Clone(cut.Context)
		cut.Context[len(cut.Context)-1] ^= 1
		other, err := predictor.Predict(&cut)
		if err != nil || other == got {
			t.Errorf("after %d chains: the last label does not matter (%v)", k, err)
		}
	}
}

// TestFullSeesNoQuery: with full attention context tokens do not see the query.
func TestFullSeesNoQuery(t *testing.T) {
	const n = 6
	task := taskOf(t, markov.Spec{D: 3, N: fmt.Sprint(n)})
	m := modelOf(t, shapes["full"], task, n, 7)
	prompt := prompts(t, task, 7, 1)[0]
	x := make([]float32, m.Tokens(n)*m.Features)
	e := newEncoder(m.Config, task)
	e.encode(x, nil, &prompt, n)
	a, _ := m.Reference(wide(x))
	prompt.Query[1] ^= 1
	e.encode(x, nil, &prompt, n)
	b, _ := m.Reference(wide(x))
	if !slices.Equal(a[:n], b[:n]) || a[n] == b[n] {
		t.Errorf("predictions %v and, with another query, %v", a, b)
	}
}

func TestErrors(t *testing.T) {
	for want, c := range map[string]Config{
		"width must be from 1":        {Blocks: 1, Heads: 1, Features: 1, Positions: 1},
		"no multiple of 3":            {Width: 16, Blocks: 1, Heads: 3, Features: 1, Positions: 1},
		"show a prediction its own":   {Width: 16, Blocks: 1, Heads: 1, Features: 1, Positions: 1, Full: true},
		"positions must be from 1 to": {Width: 16, Blocks: 1, Heads: 1, Features: 1},
		"would have":                  {Width: 1 << 14, Blocks: 1, Heads: 1, Features: 1, Positions: 1},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", c, err, want)
		}
	}
	if _, err := Preset("gpt3"); err == nil || !strings.Contains(err.Error(), "gpt2-tiny") {
		t.Errorf("unknown preset: %v", err)
	}
	task := taskOf(t, markov.Spec{D: 3, N: "12"})
	m := modelOf(t, shapes["gpt2"], task, 12, 12)
	long := taskOf(t, markov.Spec{D: 3, N: "13"})
	list := prompts(t, long, 12, 1)
	shared, err := Share(m, long)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shared.NewPredictor().Predict(&list[0]); err == nil || !strings.Contains(err.Error(), "27 tokens for a model with 25 learned positions; it takes prompts of up to 12") {
		t.Errorf("a prompt that is too long: %v", err)
	}
	if _, err := Share(m, taskOf(t, markov.Spec{D: 4, N: "12"})); err == nil || !strings.Contains(err.Error(), "tokens of 3 numbers") {
		t.Errorf("another d: %v", err)
	}
	if _, err := m.Reference(make([]float64, 4)); err == nil {
		t.Error("a sequence of 4/3 tokens")
	}
}

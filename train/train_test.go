package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/predict"
)

func mustTask(t testing.TB, spec markov.Spec) markov.Task {
	t.Helper()
	task, err := markov.NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// quick returns a configuration that runs in milliseconds.
func quick() Config {
	c := Defaults()
	c.Steps, c.Batch, c.EvalPrompts = 40, 50, 0
	return c
}

func mustRun(t testing.TB, p Problem, s Settings) *Result {
	t.Helper()
	r, err := Run(context.Background(), p, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fresh scores a model on prompts of a task.
func fresh(t *testing.T, task markov.Task, m lsa.Model, prompts int) predict.Score {
	t.Helper()
	source, err := markov.NewSampler(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	score, err := scoreLinear(t.Context(), task, m, source, predict.Settings{Prompts: prompts})
	if err != nil {
		t.Fatal(err)
	}
	return score
}

// everyKind returns one configuration of each kind of loss and optimiser.
func everyKind() map[string]Config {
	out := map[string]Config{}
	add := func(name string, change func(*Config)) {
		c := quick()
		change(&c)
		out[name] = c
	}
	add("fresh", func(c *Config) { c.Layers = 2 })
	add("fresh heads", func(c *Config) { c.Layers, c.Heads = 2, 2 })
	add("fresh dense", func(c *Config) { c.Layers, c.Dense = 2, true })
	add("fixed", func(c *Config) { c.Data, c.Layers = Fixed, 2 })
	add("fixed form", func(c *Config) { c.Data, c.Batch = Fixed, 1000 })
	add("population", func(c *Config) { c.Data = Population })
	add("sgd", func(c *Config) { c.Optimizer, c.Rate = "sgd", 0.05 })
	add("adamw", func(c *Config) { c.Optimizer, c.WarmUp = "adamw", 7 })
	add("lbfgs", func(c *Config) { c.Optimizer, c.Data = "lbfgs", Population })
	return out
}

// TestWorkersChangeNothing checks that one and several workers, and one and two
// processors, give the same bits.
func TestWorkersChangeNothing(t *testing.T) {
	task := mustTask(t, markov.Spec{D: 2, N: "20"})
	for name, c := range everyKind() {
		p := Problem{Task: task, Config: c, Seed: 3}
		old := runtime.GOMAXPROCS(1)
		want := mustRun(t, p, Settings{})
		runtime.GOMAXPROCS(old)
		if len(want.History) == 0 {
			t.Errorf("%s: no history", name)
		}
		for _, workers := range []int{1, 2, 5} {
			old := runtime.GOMAXPROCS(2)
			got := mustRun(t, p, Settings{Workers: workers})
			runtime.GOMAXPROCS(old)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %d workers: (-one +several)\n%s", name, workers, diff)
			}
		}
	}
}

// TestDivergence checks that a run with absurd steps stops, names step and layer,
// and leaves the last good checkpoint.
func TestDivergence(t *testing.T) {
	task := mustTask(t, markov.Spec{D: 2, N: "20"})
	for _, test := range []struct {
		optimizer   string
		rate, bound float64
	}{{"sgd", 1e3, 1e4}, {"adam", 1e3, 1e4}, {"adam", 1e60, 1e300}} {
		c := quick()
		c.Layers, c.Clip, c.CheckpointEvery = 4, 0, 1
		c.Optimizer, c.Rate, c.LossBound = test.optimizer, test.rate, test.bound
		dir := t.TempDir()
		_, err := Run(context.Background(), Problem{Task: task, Config: c, Seed: 1}, Settings{Checkpoints: Folder(dir)})
		var diverged *DivergedError
		if !errors.As(err, &diverged) || diverged.Step < 1 || diverged.Layer < 0 || diverged.Layer > 3 {
			t.Errorf("%+v: error %v, want a divergence", test, err)
			continue
		}
		if at := stepOf(Folder(dir).File(1)); at < 0 || at > diverged.Step {
			t.Errorf("%+v: diverged at step %d, the checkpoint is at step %d", test, diverged.Step, at)
		}
		kept, err := lsa.Load(Folder(dir).File(1))
		if err != nil {
			t.Errorf("%+v: the checkpoint cannot be read: %v", test, err)
			continue
		}
		// What is kept is from before the divergence, though every step is a
		// checkpoint.
		if score := fresh(t, task, kept, 200); !(score.MSE.Mean <= test.bound) {
			t.Errorf("%+v: the checkpoint has a loss of %v", test, score.MSE.Mean)
		}
		// So is what a run that ends with the step that diverges keeps.
		c.Steps, c.CheckpointEvery = diverged.Step, 1000
		dir = t.TempDir()
		if _, err := Run(context.Background(), Problem{Task: task, Config: c, Seed: 1}, Settings{Checkpoints: Folder(dir)}); err == nil {
			continue // the step's own prompts did not show it
		}
		if at := stepOf(Folder(dir).File(1)); at != 0 {
			t.Errorf("%+v: a run that diverged at its end kept step %d, want 0", test, at)
		}
	}
}

// TestStepAllocatesNothing covers drawing, gradient, clipping and update.
func TestStepAllocatesNothing(t *testing.T) {
	task := mustTask(t, markov.Spec{D: 3, N: "100"})
	for name, c := range everyKind() {
		if c.Optimizer == "lbfgs" {
			continue
		}
		p := Problem{Task: task, Config: c, Seed: 1}
		m, params := newModel(c, task.Dim())
		for i := range params {
			params[i] = 0.1
		}
		o, err := newObjective(context.Background(), p, m, Settings{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		opt, grad, step := newOptimizer(c, len(params)), make([]float64, len(params)), 0
		allocations := testing.AllocsPerRun(10, func() {
			if _, err := o.gradient(step, grad); err != nil {
				t.Fatal(err)
			}
			clip(grad, c.Clip)
			opt.update(params, grad, c.rate(step), step)
			step++
		})
		o.close()
		if allocations != 0 {
			t.Errorf("%s: %v allocations in a step", name, allocations)
		}
	}
}

func TestSeeds(t *testing.T) {
	task := mustTask(t, markov.Spec{D: 1, N: "20"})
	c := quick()
	c.EvalPrompts = 500
	study, err := RunSeeds(context.Background(), Problem{Task: task, Config: c, Seed: 10}, 4, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var mean float64
	for k, r := range study.Results {
		if r.Seed != uint64(10+k) {
			t.Errorf("result %d has seed %d", k, r.Seed)
		}
		alone := mustRun(t, Problem{Task: task, Config: c, Seed: r.Seed}, Settings{})
		if diff := cmp.Diff(alone, r); diff != "" {
			t.Errorf("seed %d: (-alone +together)\n%s", r.Seed, diff)
		}
		mean += r.Fresh.MSE.Mean / 4
	}
	var square float64
	for _, r := range study.Results {
		square += (r.Fresh.MSE.Mean - mean) * (r.Fresh.MSE.Mean - mean)
	}
	if math.Abs(study.Mean-mean) > 1e-15 || math.Abs(study.SD-math.Sqrt(square/3)) > 1e-15 || math.Abs(study.SE-study.SD/2) > 1e-15 {
		t.Errorf("mean %v, sd %v, se %v", study.Mean, study.SD, study.SE)
	}
	if !bytes.HasPrefix(HistoryCSV(study.Results), []byte("seed,step,loss,rate,gradient_norm\n10,0,0.")) {
		t.Errorf("history %.80s", HistoryCSV(study.Results))
	}
}

// TestUpdates checks two steps of each optimiser by hand.
func TestUpdates(t *testing.T) {
	c := Defaults()
	c.Beta1, c.Beta2, c.Epsilon, c.Momentum, c.WeightDecay = 0.5, 0.75, 0, 0.5, 0.1
	for _, test := range []struct {
		name  string
		after [2]float64
	}{
		// velocities 2, then 0.5*2 - 4 = -3
		{"sgd", [2]float64{1 - 0.1*2, 1 - 0.1*2 + 0.1*3}},
		// corrected moments (2, 4), then m = 0.5*1 - 2 = -1.5 over 0.75 and
		// v = 0.75*1 + 4 = 4.75 over 0.4375
		{"adam", [2]float64{1 - 0.1, 1 - 0.1 + 0.1*2/math.Sqrt(4.75/0.4375)}},
		{"adamw", [2]float64{0.99 - 0.1, 0.99*(0.99-0.1) + 0.1*2/math.Sqrt(4.75/0.4375)}},
	} {
		c.Optimizer = test.name
		o, x := newOptimizer(c, 1), []float64{1}
		for step, g := range []float64{2, -4} {
			o.update(x, []float64{g}, 0.1, step)
			if math.Abs(x[0]-test.after[step]) > 1e-15 {
				t.Errorf("%s, step %d: %v, want %v", test.name, step, x[0], test.after[step])
			}
		}
	}
	grad := []float64{3, 4}
	if norm := clip(grad, 1); norm != 5 || math.Abs(grad[0]-0.6) > 1e-15 || math.Abs(grad[1]-0.8) > 1e-15 {
		t.Errorf("clip: norm %v, gradient %v", norm, grad)
	}
	if norm := clip(grad, 0); math.Abs(norm-1) > 1e-15 {
		t.Errorf("no clip: norm %v", norm)
	}
}

func TestSchedule(t *testing.T) {
	c := Defaults()
	c.Rate, c.Steps, c.WarmUp = 1, 104, 4
	for step, want := range map[int]float64{0: 0.2, 3: 0.8, 4: 1, 54: 0.5} {
		if got := c.rate(step); math.Abs(got-want) > 1e-15 {
			t.Errorf("cosine, step %d: %v, want %v", step, got, want)
		}
	}
	if last := c.rate(103); last <= 0 || last > 1e-3 {
		t.Errorf("cosine, last step: %v", last)
	}
	c.Schedule = "constant"
	if c.rate(2) != 0.6 || c.rate(50) != 1 {
		t.Errorf("constant: %v, %v", c.rate(2), c.rate(50))
	}
}

func TestConfig(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Errorf("the defaults are wrong: %v", err)
	}
	got, err := ParseConfig([]byte("layers: 4\nlr: 0.003\ndata: fixed\nwarm-up: 10\n"), Defaults())
	want := Defaults()
	want.Layers, want.Rate, want.Data, want.WarmUp = 4, 0.003, Fixed, 10
	if err != nil || got != want {
		t.Errorf("parsed %+v, %v; want %+v", got, err, want)
	}
	for _, c := range []struct{ text, want string }{
		{"layer: 4", "layer"},
		{"layers: 0", "layers must be from 1"},
		{"heads: -1", "heads must be"},
		{"data: fesh", `data "fesh" is not known`},
		{"batch: 0", "batch must be"},
		{"optimizer: adm", `optimizer "adm" is not known`},
		{"lr: 0", "lr must be > 0"},
		{"lr: .nan", "lr must be > 0"},
		{"schedule: linear", "schedule"},
		{"beta2: 1", "beta2 must be in [0, 1)"},
		{"clip: -1", "clip must be >= 0"},
		{"init-scale: .inf", "init-scale must be > 0"},
		{"optimizer: lbfgs", "without sampling noise"},
	} {
		config, err := ParseConfig([]byte(c.text), Defaults())
		if err == nil {
			err = config.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.text, err, c.want)
		}
	}
	for _, c := range []struct {
		spec   markov.Spec
		change func(*Config)
		want   string
	}{
		{markov.Spec{D: 1, N: "inf"}, func(c *Config) {}, "n = inf"},
		{markov.Spec{D: 1, N: "5"}, func(c *Config) { c.Data, c.Layers = Population, 2 }, "known for n = inf"},
	} {
		config := quick()
		c.change(&config)
		if _, err := Run(context.Background(), Problem{Task: mustTask(t, c.spec), Config: config, Seed: 1}, Settings{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one with %q", c.spec, err, c.want)
		}
	}
}

func Example() {
	task, err := markov.NewTask(markov.Spec{D: 1, N: "100"})
	if err != nil {
		panic(err)
	}
	config := Defaults()
	config.Data, config.Optimizer, config.EvalPrompts = Population, "lbfgs", 0
	result, err := Run(context.Background(), Problem{Task: task, Config: config, Seed: 1}, Settings{})
	if err != nil {
		panic(err)
	}
	// Theorem 3.3's transformer attains the enlarged optimum.
	fmt.Printf("%v at loss %.8f\n", result.Status, result.Train.MSE.Mean)
	// Output: converged at loss 0.33642928
}

func fillRandom(params []float64, scale float64, seed uint64) {
	rng := rand.New(markov.Stream(seed, 0))
	for i := range params {
		params[i] = scale * rng.NormFloat64()
	}
}

// BenchmarkStep is a full-batch Adam step on 1000 prompts, and a step on 64 fresh
// ones.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		d, layers, batch int
		n, data          string
	}{
		{10, 1, 1000, "100", Fixed}, {4, 10, 1000, "100", Fixed}, {10, 1, 64, "100", Fresh}, {10, 1, 64, "1000", Fresh}, {10, 1, 64, "100", Fixed},
		{10, 1, 1000, "100000", Fixed}, {2, 1, 1000, "100", Fixed}, {10, 1, 1000, "100", Population},
	} {
		b.Run(fmt.Sprintf("%s/d=%d/layers=%d/batch=%d/n=%s", c.data, c.d, c.layers, c.batch, c.n), func(b *testing.B) {
			config := Defaults()
			config.Layers, config.Batch, config.Data = c.layers, c.batch, c.data
			p := Problem{Task: mustTask(b, markov.Spec{D: c.d, N: c.n}), Config: config, Seed: 1}
			m, params := newModel(config, p.Task.Dim())
			fillRandom(params, 0.1, 1)
			o, err := newObjective(context.Background(), p, m, Settings{Workers: runtime.GOMAXPROCS(0)})
			if err != nil {
				b.Fatal(err)
			}
			defer o.close()
			opt, grad, step := newOptimizer(config, len(params)), make([]float64, len(params)), 0
			b.ReportAllocs()
			for b.Loop() {
				if _, err := o.gradient(step, grad); err != nil {
					b.Fatal(err)
				}
				clip(grad, config.Clip)
				opt.update(params, grad, 1e-4, step)
				step++
			}
		})
	}
}

// path of a file of this package's tests.
func testdata(name string) string { return filepath.Join("testdata", name) }

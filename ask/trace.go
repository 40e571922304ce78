package ask

import (
	"context"
	"math"

	"markovicl/chainfile"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/predict"
	"markovicl/trace"
)

// Trace asks what a deep model does layer by layer (paper, Theorem 4.1): objectives, descent, and
// with Pareto the distance to the front. Its answer is a TraceAnswer.
type Trace struct {
	File    string `arg:"" optional:"" help:"Chain file to cut the prompts from; without it they are drawn from the task."`
	Params  string `placeholder:"FILE" xor:"model" help:"Parameters of a structured model (.safetensors, .npz, .json)."`
	Random  int    `placeholder:"L" xor:"model" help:"A random model of L layers: b, A ~ N(0, s^2) with an s, printed, that keeps |w| bounded."`
	Heads   int    `default:"1" help:"Heads of the random model."`
	Prompts int    `default:"100" help:"Number of prompts."`
	Seed    uint64 `default:"1" help:"Seed of the prompts, of the random model and of the fronts."`

	Pareto  bool    `group:"Pareto front" help:"Make a reference Pareto front for every prompt and measure each layer's distance to it."`
	Samples int     `group:"Pareto front" default:"2048" help:"Points of the box, and children in each round."`
	Rounds  int     `group:"Pareto front" default:"3" help:"Rounds of refinement."`
	Box     float64 `group:"Pareto front" placeholder:"R" help:"Look for fronts in |w_k| <= R; the largest |w_k| of the trace times 1.25, and at least 1, if not given."`

	Task
	ChainFile
}

// Command implements Question.
func (*Trace) Command() string { return "trace" }

// TraceAnswer is what the layers of a model do, on the mean over prompts.
type TraceAnswer struct {
	Task            markov.Task   `json:"task"`
	Model           TracedModel   `json:"model"`
	Prompts         int           `json:"prompts"`
	Layers          []TracedLayer `json:"layers"`
	IdentityError   float64       `json:"identity_error"`
	ExplicitPrompts int           `json:"explicit_prompts"`
	Pareto          *TracedFront  `json:"pareto"`
	Notes           []string      `json:"notes,omitempty"`
	// Files are the names of the files that were written. They are for whoever writes
	// them to set.
	Files []string `json:"files,omitempty"`

	result *trace.Result
}

// TracedModel says which model it was.
type TracedModel struct {
	Params string   `json:"params,omitempty"` // the file
	Layers int      `json:"layers"`
	Heads  int      `json:"heads"`
	Scale  *float64 `json:"scale"` // s of a random model
}

// TracedFront says how the reference fronts were made.
type TracedFront struct {
	Low       []float64 `json:"low"` // the box
	High      []float64 `json:"high"`
	Samples   int       `json:"samples"`
	Rounds    int       `json:"rounds"`
	FrontSize float64   `json:"front_size"`
}

// TracedLayer is one layer: means over the prompts with standard errors. A number
// that no prompt has is null, and a standard error of fewer than two.
type TracedLayer struct {
	Layer       int        `json:"layer"`
	W           []*float64 `json:"w"`
	WSE         []*float64 `json:"w_se"`
	R1          []*float64 `json:"r1"`
	R1SE        []*float64 `json:"r1_se"`
	R2          []*float64 `json:"r2"`
	R2SE        []*float64 `json:"r2_se"`
	QueryLoss   *float64   `json:"query_loss"`
	QueryLossSE *float64   `json:"query_loss_se"`
	Norm1       []*float64 `json:"gradient_norm_r1"`
	Norm2       []*float64 `json:"gradient_norm_r2"`
	Cosine1     []*float64 `json:"cosine_r1" jsonschema:"nullable"` // null for the last layer, which takes no step
	Cosine2     []*float64 `json:"cosine_r2" jsonschema:"nullable"`
	GD          *float64   `json:"gd"`
	GDSE        *float64   `json:"gd_se"`
	GDSampled   *float64   `json:"gd_sampled"`
	GDSampledSE *float64   `json:"gd_sampled_se"`
	Dominated   *float64   `json:"dominated"` // share of the prompts

	GDMirrored        *float64 `json:"gd_mirrored"` // at -w, where good predictions have the small residuals
	GDMirroredSE      *float64 `json:"gd_mirrored_se"`
	DominatedMirrored *float64 `json:"dominated_mirrored"`
}

func (q *Trace) ask(ctx context.Context, env Env) (Answer, error) {
	if q.Prompts < 1 {
		return nil, inputf("prompts", "`prompts` must be at least 1, got %d", q.Prompts)
	}
	model, file, err := q.readModel(env)
	if err != nil {
		return nil, err
	}
	task, source, err := q.prompts(env, model)
	if err != nil {
		return nil, err
	}
	about := TracedModel{Params: q.Params}
	if model == nil {
		var s float64
		model, s = trace.Random(task, q.Random, q.Heads, q.Seed)
		about.Scale = &s
	}
	about.Layers, about.Heads = model.Layers, model.Heads

	settings := trace.Settings{Prompts: q.Prompts}
	if q.Pareto {
		if settings.Pareto, err = q.front(task.QueryDim()); err != nil {
			return nil, err
		}
	}
	settings.Progress = func(done, total int) { env.progress("prompts", done, total) }
	result, err := trace.Run(ctx, model, task, source, settings)
	if err != nil {
		return nil, err
	}
	answer := newTraceAnswer(task, about, result, settings.Pareto)
	if file != nil {
		answer.Notes = file.notes(q.Params, task)
	}
	return *answer, nil
}

// Result returns the numbers with their counts, for tables and plots.
func (a *TraceAnswer) Result() *trace.Result { return a.result }

// readModel returns the parameters of --params with their file, or nil for a random model.
func (q *Trace) readModel(env Env) (*lsa.Structured, *fileModel, error) {
	if q.Params != "" && q.Random != 0 {
		return nil, nil, inputf("random", "`random` and `params` both name a model; give one of them")
	}
	if q.Params == "" {
		switch {
		case q.Random == 0:
			return nil, nil, inputf("params", "there is no model to trace; give `params`=FILE or `random`=L")
		case q.Random < 1:
			return nil, nil, inputf("random", "`random` must be at least 1, got %d", q.Random)
		case q.Heads < 1:
			return nil, nil, inputf("heads", "`heads` must be at least 1, got %d", q.Heads)
		}
		return nil, nil, nil
	}
	read, err := env.readModel("params", q.Params)
	if err != nil {
		return nil, nil, err
	}
	switch model := read.linear.(type) {
	case *lsa.Structured:
		return model, read, nil
	case nil:
		return nil, nil, inputf("params", "%s holds a transformer; Theorem 4.1 is about linear self-attention, with b and A", q.Params)
	}
	return nil, nil, inputf("params", "%s holds dense parameters P, Q; Theorem 4.1 is about structured ones, with b and A", q.Params)
}

// prompts returns the task and where its prompts come from. Without --d the
// number of positions is the model's, where there is one.
func (q *Trace) prompts(env Env, model *lsa.Structured) (markov.Task, markov.Source, error) {
	fail := func(err error) (markov.Task, markov.Source, error) { return markov.Task{}, nil, err }
	spec, err := q.oneSpec(env)
	if err != nil {
		return fail(err)
	}
	var sequences *chainfile.Sequences
	if q.File != "" {
		if sequences, err = q.read(env, q.File); err != nil {
			return fail(err)
		}
	}
	if model != nil && spec.D == 0 {
		var states int
		if sequences != nil {
			states = len(sequences.Labels)
		}
		if spec.D, err = positionsOf(dimOf(model), spec, states); err != nil { // a remainder shows below
			return fail(err)
		}
	}
	var task markov.Task
	var source markov.Source
	if sequences != nil {
		var windows *chainfile.Windows
		if task, windows, err = q.taskOf(spec, sequences, false); err == nil {
			err = input("", windows.CheckContext(int(task.Context())))
		}
		if err != nil {
			return fail(err)
		}
		if source, err = predict.FromWindows(windows, int(task.Context()), q.Seed); err != nil {
			return fail(input("", err))
		}
	} else {
		if task, err = markov.NewTask(spec); err != nil {
			return fail(input("", err))
		}
		sampler, err := markov.NewSampler(task, q.Seed)
		if err != nil {
			return fail(input("", err))
		}
		source = sampler
	}
	if model != nil && model.Dim != task.Dim() {
		return fail(inputf("params", "%s is for prompt matrices of %d rows, and those of the task have %d (%s)", q.Params, model.Dim, task.Dim(), task))
	}
	return task, source, nil
}

func (q *Trace) front(dim int) (*trace.FrontSettings, error) {
	if q.Samples < 4 || q.Rounds < 0 {
		return nil, inputf("samples", "`samples` must be at least 4 and `rounds` not negative, got %d and %d", q.Samples, q.Rounds)
	}
	s := &trace.FrontSettings{Samples: q.Samples, Rounds: q.Rounds, Seed: q.Seed}
	if q.Rounds == 0 {
		s.Rounds = -1
	}
	if q.Box != 0 {
		if !(q.Box > 0) || math.IsInf(q.Box, 0) {
			return nil, inputf("box", "`box` must be > 0 and finite, got %v", q.Box)
		}
		s.Box = trace.Cube(dim, q.Box)
	}
	return s, nil
}

func newTraceAnswer(task markov.Task, about TracedModel, r *trace.Result, front *trace.FrontSettings) *TraceAnswer {
	answer := &TraceAnswer{
		Task: task, Model: about, Prompts: r.Prompts, IdentityError: r.IdentityError, ExplicitPrompts: r.ExplicitPrompts, result: r,
	}
	if front != nil {
		answer.Pareto = &TracedFront{r.Box.Low, r.Box.High, front.Samples, max(0, front.Rounds), r.FrontSize}
	}
	for _, l := range r.Layers {
		layer := TracedLayer{Layer: l.Layer}
		layer.W, layer.WSE = estimates(l.W)
		layer.R1, layer.R1SE = estimates(l.R1)
		layer.R2, layer.R2SE = estimates(l.R2)
		layer.Norm1, _ = estimates(l.Norm1)
		layer.Norm2, _ = estimates(l.Norm2)
		layer.Cosine1, _ = estimates(l.Cosine1)
		layer.Cosine2, _ = estimates(l.Cosine2)
		layer.QueryLoss, layer.QueryLossSE = estimate(l.QueryLoss)
		layer.GD, layer.GDSE = estimate(l.GD)
		layer.GDSampled, layer.GDSampledSE = estimate(l.GDSampled)
		layer.Dominated, _ = estimate(l.Dominated)
		layer.GDMirrored, layer.GDMirroredSE = estimate(l.GDMirrored)
		layer.DominatedMirrored, _ = estimate(l.DominatedMirrored)
		answer.Layers = append(answer.Layers, layer)
	}
	return answer
}

func estimate(e trace.Estimate) (mean, se *float64) {
	if e.Count > 0 {
		mean = &e.Mean
	}
	if e.Count > 1 {
		se = &e.SE
	}
	return mean, se
}

func estimates(list []trace.Estimate) (means, ses []*float64) {
	for _, e := range list {
		mean, se := estimate(e)
		means, ses = append(means, mean), append(ses, se)
	}
	return means, ses
}

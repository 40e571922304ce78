package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"markovicl/chainfile"
	"markovicl/internal/atomicfile"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/multiobj"
	"markovicl/paper"
	"markovicl/report"
)

type traceCmd struct {
	File    string `arg:"" optional:"" help:"Chain file to cut the prompts from; without it they are drawn from the task."`
	Params  string `placeholder:"FILE" xor:"model" required:"" help:"Parameters of a structured model (.safetensors, .npz, .json)."`
	Random  int    `placeholder:"L" xor:"model" required:"" help:"A random model of L layers: b, A ~ N(0, s^2) with an s, printed, that keeps |w| bounded."`
	Heads   int    `default:"1" help:"Heads of the random model."`
	Prompts int    `default:"100" help:"Number of prompts."`
	Seed    uint64 `default:"1" help:"Seed of the prompts, of the random model and of the fronts."`

	Pareto  bool    `group:"Pareto front" help:"Make a reference Pareto front for every prompt and measure each layer's distance to it."`
	Samples int     `group:"Pareto front" default:"2048" help:"Points of the box, and children in each round."`
	Rounds  int     `group:"Pareto front" default:"3" help:"Rounds of refinement."`
	Box     float64 `group:"Pareto front" placeholder:"R" help:"Look for fronts in |w_k| <= R; the largest |w_k| of the trace times 1.25, and at least 1, if not given."`

	taskFlags
	chainFlags
	Out  string `placeholder:"DIR" help:"Write layers.csv and the panels of Figure 2 (layers.svg, layers.png) to this folder."`
	JSON bool   `name:"json" help:"Print one JSON object and nothing else."`
}

func (traceCmd) Help() string {
	return `Example: markovicl trace --random 10 --d 5 --n 100 --prompts 100 --pareto --out out

By Theorem 4.1 every layer of a structured model is a preconditioned descent step, from w_0 = 0, of 2(q+1)
objectives R1(w), R2(w) that belong to the prompt; its prediction is -w'u for a query with features u. For
each layer the table has the squared error of the query if that layer were the last, the objectives, and the
cosine of the layer's step with minus the gradient of each: positive where the step descends.`
}

// traceAnswer is the command's JSON.
type traceAnswer struct {
	Task            markov.Task  `json:"task"`
	Model           traceModel   `json:"model"`
	Prompts         int          `json:"prompts"`
	Layers          []traceLayer `json:"layers"`
	IdentityError   float64      `json:"identity_error"`
	ExplicitPrompts int          `json:"explicit_prompts"`
	Pareto          *tracePareto `json:"pareto"`
	Files           []string     `json:"files,omitempty"`
}

type traceModel struct {
	Params string   `json:"params,omitempty"` // the file
	Layers int      `json:"layers"`
	Heads  int      `json:"heads"`
	Scale  *float64 `json:"scale"` // s of a random model
}

type tracePareto struct {
	Low       []float64 `json:"low"` // the box
	High      []float64 `json:"high"`
	Samples   int       `json:"samples"`
	Rounds    int       `json:"rounds"`
	FrontSize float64   `json:"front_size"`
}

// traceLayer is one layer: means over the prompts with standard errors. A number
// that no prompt has is null, and a standard error of fewer than two.
type traceLayer struct {
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
	Cosine1     []*float64 `json:"cosine_r1"` // null for the last layer, which takes no step
	Cosine2     []*float64 `json:"cosine_r2"`
	GD          *float64   `json:"gd"`
	GDSE        *float64   `json:"gd_se"`
	GDSampled   *float64   `json:"gd_sampled"`
	GDSampledSE *float64   `json:"gd_sampled_se"`
	Dominated   *float64   `json:"dominated"` // share of the prompts

	GDMirrored        *float64 `json:"gd_mirrored"` // at -w, where good predictions have the small residuals
	GDMirroredSE      *float64 `json:"gd_mirrored_se"`
	DominatedMirrored *float64 `json:"dominated_mirrored"`
}

func (c *traceCmd) Run(a *app) error {
	if c.Prompts < 1 {
		return badInputf("--prompts must be at least 1, got %d", c.Prompts)
	}
	model, err := c.readModel()
	if err != nil {
		return err
	}
	task, source, err := c.prompts(model)
	if err != nil {
		return err
	}
	about := traceModel{Params: c.Params}
	if model == nil {
		var s float64
		model, s = multiobj.Random(task, c.Random, c.Heads, c.Seed)
		about.Scale = &s
	}
	about.Layers, about.Heads = model.Layers, model.Heads

	settings := multiobj.TraceSettings{Prompts: c.Prompts}
	if c.Pareto {
		if settings.Pareto, err = c.front(task.QueryDim()); err != nil {
			return err
		}
	}
	if c.Out != "" { // fail now rather than after the work
		if err := os.MkdirAll(c.Out, 0o777); err != nil {
			return badInput(err)
		}
	}
	end := func() {}
	var set func(int64)
	settings.Progress = func(done, total int) {
		if set == nil {
			set, end = a.progress("prompts", int64(total))
		}
		set(int64(done))
	}
	result, err := multiobj.Trace(a.ctx, model, task, source, settings)
	end()
	if err != nil {
		return err
	}
	answer := newTraceAnswer(task, about, result, settings.Pareto)
	if c.Out != "" {
		if answer.Files, err = c.write(result); err != nil {
			return err
		}
	}
	if c.JSON {
		return a.writeJSON(answer)
	}
	return c.print(a, task, about, result, answer.Files)
}

// readModel returns the parameters of --params, or nil for a random model.
func (c *traceCmd) readModel() (*lsa.Structured, error) {
	if c.Params == "" {
		if c.Random < 1 || c.Heads < 1 {
			return nil, badInputf("--random and --heads must be at least 1, got %d and %d", c.Random, c.Heads)
		}
		return nil, nil
	}
	read, err := lsa.Load(c.Params)
	if err != nil {
		return nil, badInput(err)
	}
	model, ok := read.(*lsa.Structured)
	if !ok {
		return nil, badInputf("%s holds dense parameters P, Q; Theorem 4.1 is about structured ones, with b and A", c.Params)
	}
	return model, nil
}

// prompts returns the task and where its prompts come from. Without --d the
// number of positions is the model's, where there is one.
func (c *traceCmd) prompts(model *lsa.Structured) (markov.Task, multiobj.Source, error) {
	fail := func(err error) (markov.Task, multiobj.Source, error) { return markov.Task{}, nil, err }
	spec, ns, err := c.spec()
	if err != nil {
		return fail(err)
	}
	if len(ns) > 1 {
		return fail(badInputf("trace takes one value of --n, got %s", strings.Join(ns, ",")))
	}
	spec.N = ns[0]
	var sequences *chainfile.Sequences
	if c.File != "" {
		if sequences, err = c.read(c.File); err != nil {
			return fail(err)
		}
	}
	if model != nil && spec.D == 0 {
		var states int
		if sequences != nil {
			states = len(sequences.Labels)
		}
		if spec.D, err = positionsOf(model, spec, states); err != nil { // a remainder shows below
			return fail(err)
		}
	}
	var task markov.Task
	var source multiobj.Source
	if sequences != nil {
		var windows *chainfile.Windows
		if task, windows, err = c.chainFlags.task(spec, sequences); err != nil {
			return fail(err)
		}
		source = func(p *markov.Prompt, i uint64) error {
			windows.Prompt(p, c.Seed, i, int(task.Context()))
			return nil
		}
	} else {
		if task, err = markov.NewTask(spec); err != nil {
			return fail(badInput(err))
		}
		sampler, err := markov.NewSampler(task, c.Seed)
		if err != nil {
			return fail(badInput(err))
		}
		source = sampler.Prompt
	}
	if model != nil && model.Dim != task.Dim() {
		return fail(badInputf("%s is for prompt matrices of %d rows, and those of the task have %d (%s)", c.Params, model.Dim, task.Dim(), task))
	}
	return task, source, nil
}

func (c *traceCmd) front(q int) (*multiobj.FrontSettings, error) {
	if c.Samples < 4 || c.Rounds < 0 {
		return nil, badInputf("--samples must be at least 4 and --rounds not negative, got %d and %d", c.Samples, c.Rounds)
	}
	s := &multiobj.FrontSettings{Samples: c.Samples, Rounds: c.Rounds, Seed: c.Seed}
	if c.Rounds == 0 {
		s.Rounds = -1
	}
	if c.Box != 0 {
		if !(c.Box > 0) || math.IsInf(c.Box, 0) {
			return nil, badInputf("--box must be > 0 and finite, got %v", c.Box)
		}
		s.Box = multiobj.Cube(q, c.Box)
	}
	return s, nil
}

func newTraceAnswer(task markov.Task, about traceModel, r *multiobj.TraceResult, front *multiobj.FrontSettings) *traceAnswer {
	answer := &traceAnswer{
		Task: task, Model: about, Prompts: r.Prompts, IdentityError: r.IdentityError, ExplicitPrompts: r.ExplicitPrompts,
	}
	if front != nil {
		answer.Pareto = &tracePareto{r.Box.Low, r.Box.High, front.Samples, max(0, front.Rounds), r.FrontSize}
	}
	for _, l := range r.Layers {
		layer := traceLayer{Layer: l.Layer}
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

func estimate(e multiobj.Estimate) (mean, se *float64) {
	if e.Count > 0 {
		mean = &e.Mean
	}
	if e.Count > 1 {
		se = &e.SE
	}
	return mean, se
}

func estimates(list []multiobj.Estimate) (means, ses []*float64) {
	for _, e := range list {
		mean, se := estimate(e)
		means, ses = append(means, mean), append(ses, se)
	}
	return means, ses
}

// write writes the table and the picture to the folder.
func (c *traceCmd) write(r *multiobj.TraceResult) ([]string, error) {
	table := paper.LayerTable(r)
	var csv bytes.Buffer
	if err := table.WriteCSV(&csv); err != nil {
		return nil, err
	}
	files := []struct {
		name string
		data []byte
	}{{"layers.csv", csv.Bytes()}}
	for _, format := range []string{"svg", "png"} {
		data, err := report.Draw(paper.Plot{Name: "layers", Panels: paper.LayerPlots(r)}, format)
		if err != nil {
			return nil, err
		}
		files = append(files, struct {
			name string
			data []byte
		}{"layers." + format, data})
	}
	var names []string
	for _, f := range files {
		name := filepath.Join(c.Out, f.name)
		if err := atomicfile.Write(name, f.data); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

func (c *traceCmd) print(a *app, task markov.Task, about traceModel, r *multiobj.TraceResult, files []string) error {
	fmt.Fprintf(a.stdout, "task: %s\n", task)
	model := c.Params
	if about.Scale != nil {
		model = fmt.Sprintf("random, b and A ~ N(0, s^2) with s = %.6g", *about.Scale)
	}
	fmt.Fprintf(a.stdout, "model: %d layers of %d heads, %s\n", about.Layers, about.Heads, model)
	fmt.Fprintf(a.stdout, "%d prompts; the layers are the steps of Theorem 4.1 up to a relative %.1e (token by token in %d prompts)\n\n", r.Prompts, r.IdentityError, r.ExplicitPrompts)

	q := task.QueryDim()
	t := a.table()
	fmt.Fprint(t, "layer\tquery loss\t+-\tmean r^2\t|grad| of it\tcosine\tdescends R1\tdescends R2")
	if c.Pareto {
		fmt.Fprint(t, "\tGD\t+-\tdominated\tGD at -w\t+-")
	}
	fmt.Fprintln(t)
	for _, l := range r.Layers {
		fmt.Fprintf(t, "%d\t%.6f\t%.6f\t%.6f\t%.6f", l.Layer, l.QueryLoss.Mean, l.QueryLoss.SE, 2*l.R1[q].Mean, 2*l.Norm1[q].Mean)
		if l.Cosine1 == nil {
			fmt.Fprint(t, "\t\t\t")
		} else {
			cosine := "none"
			if l.Cosine1[q].Count > 0 {
				cosine = fmt.Sprintf("%+.3f", l.Cosine1[q].Mean)
			}
			fmt.Fprintf(t, "\t%s\t%s\t%s", cosine, descends(l.Cosine1), descends(l.Cosine2))
		}
		if c.Pareto {
			fmt.Fprintf(t, "\t%.6f\t%.6f\t%.0f%%\t%.6f\t%.6f", l.GD.Mean, l.GD.SE, 100*l.Dominated.Mean, l.GDMirrored.Mean, l.GDMirrored.SE)
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for name, pick := range []func(multiobj.Layer) []multiobj.Estimate{
		func(l multiobj.Layer) []multiobj.Estimate { return l.R1 },
		func(l multiobj.Layer) []multiobj.Estimate { return l.R2 },
	} {
		fmt.Fprintf(a.stdout, "\nR%d_k(w_l), means\n", name+1)
		t := a.table()
		fmt.Fprint(t, "layer")
		for k := range q + 1 {
			fmt.Fprintf(t, "\tk=%d", k+1)
		}
		fmt.Fprintln(t)
		for _, l := range r.Layers {
			fmt.Fprint(t, l.Layer)
			for _, e := range pick(l) {
				fmt.Fprintf(t, "\t%.5f", e.Mean)
			}
			fmt.Fprintln(t)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintln(a.stdout, "\n+- is a standard error; r = y - w'x is the residual of in-context labels and half its mean square is R1's last")
	fmt.Fprintln(a.stdout, "objective; descends counts the objectives whose mean cosine with the layer's step is positive.")
	if c.Pareto {
		fmt.Fprintf(a.stdout, "GD: distance to the front of the prompt in [%g, %g]^%d, objectives scaled to [0, 1]; %.0f points a front.\n",
			r.Box.Low[0], r.Box.High[0], q, r.FrontSize)
	}
	for _, name := range files {
		fmt.Fprintln(a.stdout, name)
	}
	return nil
}

// descends says how many objectives a step descends on average.
func descends(cosines []multiobj.Estimate) string {
	n := 0
	for _, e := range cosines {
		if e.Count > 0 && e.Mean > 0 {
			n++
		}
	}
	return fmt.Sprintf("%d of %d", n, len(cosines))
}

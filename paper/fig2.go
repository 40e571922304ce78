package paper

import (
	"context"
	"fmt"
	"math"
	"slices"

	"markovicl/figure"
	"markovicl/internal/plural"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/predict"
	"markovicl/trace"
	"markovicl/train"
)

var figure2 = Item{
	ID:        "fig2",
	Title:     "Objectives and distance to the Pareto front, layer by layer",
	Source:    "Figure 2, Section 4",
	Question:  "As a prompt passes the layers of a trained deep model, how do the objectives of Theorem 4.1 and the distance to their Pareto front change?",
	Statement: "Along ten trained layers the generational distance to the Pareto front first falls and then rises.",
	Revision:  6,
	Run:       runFigure2,
}

// figure2Size is how large the experiment is.
type figure2Size struct {
	positions         []int  // d
	steps             [2]int // of a short and of a long training
	batch, evaluation int
	seeds, prompts    int
	contexts          int // for the floor of every depth
	front             trace.FrontSettings
}

// layers2 and context2 are the paper's: 10 layers, 100 in-context chains.
const (
	layers2  = 10
	context2 = "100"
)

// model2 is one trained model and its trace.
type model2 struct {
	which2
	fresh predict.Score
	floor estimate // of its task
	model *lsa.Structured
	trace *trace.Result

	direct, mirrored turn // of the distances at w, and at -w
}

// boxRow2 has the distances of a model with a box for its fronts.
type boxRow2 struct {
	R             float64 `column:"R"`
	First         float64 `column:"gd_first"`
	Last          float64 `column:"gd_last"`
	FirstMirrored float64 `column:"gd_mirrored_first"`
	LastMirrored  float64 `column:"gd_mirrored_last"`
}

// which2 tells a trained model from others.
type which2 struct {
	D     int    `column:"d"`
	Steps int    `column:"steps"`
	Seed  uint64 `column:"seed"`
}

// turnRow2 is the turn of a model at w or at -w.
type turnRow2 struct {
	which2
	Loss  estimate `column:"loss"`
	Floor estimate `column:"floor"`
	At    string   `column:"at"`
	First float64  `column:"gd_first"`
	Last  float64  `column:"gd_last"`
	turn
}

// layerRow2 is a layer of a model.
type layerRow2 struct {
	which2
	Layer             int      `column:"layer"`
	QueryLoss         float64  `column:"query_loss"`
	Residual          float64  `column:"mean_squared_residual"`
	GD                estimate `column:"gd"`
	Dominated         float64  `column:"dominated"`
	GDMirrored        estimate `column:"gd_mirrored"`
	DominatedMirrored float64  `column:"dominated_mirrored"`
	Cosine            *float64 `column:"cosine_squared_residual"` // nil for the last layer
}

func runFigure2(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	// d = 5 is the figure's six objectives a group; d = 4 is for the case that
	// its chains of length five count the label.
	size := figure2Size{
		positions: []int{5, 4}, steps: [2]int{1000, 4000}, batch: 250, evaluation: 100_000, seeds: 5, prompts: 100, contexts: 2000,
		front: trace.FrontSettings{Samples: 2048, Rounds: 3, Seed: s.Seed},
	}
	if s.Quick {
		size.positions, size.evaluation, size.seeds, size.prompts = []int{5}, 5000, 2, 64
		size.contexts = 200
		size.front.Samples, size.front.Rounds = 200, 2
	}
	if s.Seeds > 0 {
		size.seeds = s.Seeds
	}
	return figure2Of(ctx, s.Seed, size, progress)
}

// figure2Of trains models of 10 layers on n = 100 binary chains with p = 1/2,
// each for a short and for a long time, and traces them.
func figure2Of(ctx context.Context, seed uint64, size figure2Size, progress func(done, total int)) (*Result, error) {
	factors := []float64{2, 4} // of the first model's box
	total := len(size.positions)*len(size.steps)*(1+size.seeds) + len(factors)
	done := 0
	tick := func() {
		done++
		progress(done, total)
	}
	progress(0, total)

	var models []*model2
	for _, d := range size.positions {
		bounds, err := bound(ctx, markov.Spec{D: d, N: context2, P: "0.5"}, size.contexts, seed)
		if err != nil {
			return nil, err
		}
		task := bounds.task
		for _, steps := range size.steps {
			config := train.Defaults()
			config.Layers, config.Steps, config.Batch, config.EvalPrompts = layers2, steps, size.batch, size.evaluation
			study, err := train.RunSeeds(ctx, train.Problem{Task: task, Config: config, Seed: seed}, size.seeds, train.Settings{})
			if err != nil {
				return nil, fmt.Errorf("d = %d: %w", d, err)
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			tick()
			for _, r := range study.Results {
				m := &model2{which2: which2{d, steps, r.Seed}, fresh: r.Fresh, floor: bounds.floorEstimate(), model: r.Model.(*lsa.Structured)}
				if m.trace, err = m.traced(ctx, task, seed, size.prompts, size.front); err != nil {
					return nil, err
				}
				m.direct = findTurn(m.trace.PromptGD, layers2)
				m.mirrored = findTurn(m.trace.PromptGDMirrored, layers2)
				models = append(models, m)
				tick()
			}
		}
	}

	boxes, err := boxRows(ctx, models[0], seed, size, factors, tick)
	if err != nil {
		return nil, err
	}
	return figure2Result(models, boxes, size), nil
}

// boxRows traces one model again with larger boxes for the fronts.
func boxRows(ctx context.Context, m *model2, seed uint64, size figure2Size, factors []float64, tick func()) ([]boxRow2, error) {
	of := func(t *trace.Result) boxRow2 {
		first, last := t.Layers[0], t.Layers[layers2]
		return boxRow2{t.Box.High[0], first.GD.Mean, last.GD.Mean, first.GDMirrored.Mean, last.GDMirrored.Mean}
	}
	rows := []boxRow2{of(m.trace)}
	task, err := markov.NewTask(markov.Spec{D: m.D, N: context2, P: "0.5"})
	if err != nil {
		return nil, err
	}
	for _, factor := range factors {
		front := size.front
		front.Box = trace.Cube(task.QueryDim(), factor*m.trace.Box.High[0])
		t, err := m.traced(ctx, task, seed, size.prompts, front)
		if err != nil {
			return nil, err
		}
		rows = append(rows, of(t))
		tick()
	}
	return rows, nil
}

func (m *model2) traced(ctx context.Context, task markov.Task, seed uint64, prompts int, front trace.FrontSettings) (*trace.Result, error) {
	sampler, err := markov.NewSampler(task, seed)
	if err != nil {
		return nil, err
	}
	t, err := trace.Run(ctx, m.model, task, sampler, trace.Settings{Prompts: prompts, Pareto: &front})
	if err != nil {
		return nil, fmt.Errorf("d = %d, seed %d: %w", m.D, m.Seed, err)
	}
	return t, nil
}

// turn says where the distances of a model are lowest, and by how much they fall
// to there from w_0 and rise from there to the last layer.
type turn struct {
	Layer          int      `column:"lowest_layer"`
	Fall           estimate `column:"fall"`
	Rise           estimate `column:"rise"`
	FallsThenRises bool     `column:"falls_then_rises"`
}

// findTurn looks for a fall and a rise in distances prompt by prompt, flat
// [prompts, layers+1]. The lowest layer is chosen on the prompts of even number,
// and the differences, within each prompt, are measured on the others: a lowest
// layer of noise shows no significant turn there. Fall and rise count where
// they exceed two standard errors.
func findTurn(distances []float64, layers int) turn {
	var t turn
	prompts := len(distances) / (layers + 1)
	least := math.Inf(1)
	for l := range layers + 1 {
		var sum float64
		for i := 0; i < prompts; i += 2 {
			sum += distances[i*(layers+1)+l]
		}
		if sum < least {
			t.Layer, least = l, sum
		}
	}
	var fall, rise []float64
	for i := 1; i < prompts; i += 2 {
		row := distances[i*(layers+1) : (i+1)*(layers+1)]
		fall = append(fall, row[0]-row[t.Layer])
		rise = append(rise, row[layers]-row[t.Layer])
	}
	t.Fall, t.Rise = meanOf(fall), meanOf(rise)
	t.FallsThenRises = t.Fall.Mean > 2*t.Fall.SE && t.Rise.Mean > 2*t.Rise.SE
	return t
}

// meanAndError returns the mean of xs and its standard error, 0 for one number.
func meanAndError(xs []float64) (mean, se float64) {
	n := float64(len(xs))
	for _, x := range xs {
		mean += x
	}
	mean /= n
	var square float64
	for _, x := range xs {
		square += (x - mean) * (x - mean)
	}
	if n > 1 {
		se = math.Sqrt(square / (n - 1) / n)
	}
	return mean, se
}

// rows returns how the distances of a model turn at w and at -w, and its layers.
func (m *model2) rows() (turns []turnRow2, layers []layerRow2) {
	first, last := m.trace.Layers[0], m.trace.Layers[layers2]
	turns = []turnRow2{
		{m.which2, m.fresh.MSE, m.floor, "w", first.GD.Mean, last.GD.Mean, m.direct},
		{m.which2, m.fresh.MSE, m.floor, "-w", first.GDMirrored.Mean, last.GDMirrored.Mean, m.mirrored},
	}
	for _, l := range m.trace.Layers {
		row := layerRow2{
			which2: m.which2, Layer: l.Layer, QueryLoss: l.QueryLoss.Mean, Residual: 2 * l.R1[m.D].Mean,
			GD: estimate{Mean: l.GD.Mean, SE: l.GD.SE}, Dominated: l.Dominated.Mean,
			GDMirrored: estimate{Mean: l.GDMirrored.Mean, SE: l.GDMirrored.SE}, DominatedMirrored: l.DominatedMirrored.Mean,
		}
		if l.Cosine1 != nil {
			row.Cosine = &l.Cosine1[m.D].Mean
		}
		layers = append(layers, row)
	}
	return turns, layers
}

func figure2Result(models []*model2, boxes []boxRow2, size figure2Size) *Result {
	var turns []turnRow2
	var layers []layerRow2
	for _, m := range models {
		t, l := m.rows()
		turns, layers = append(turns, t...), append(layers, l...)
	}

	short, long := countTurns(models, size.steps[0]), countTurns(models, size.steps[1])
	verdict := verdictFigure2(short, long)
	joint := jointly(models)
	spread, scales := spreadTable(models, joint, size, verdict)
	share := float64(long.direct) / float64(long.models)

	shown := slices.IndexFunc(models, func(m *model2) bool { return m.Steps == size.steps[1] })
	plots := LayerPlots(models[shown].trace)[:2]
	for i := range plots {
		plots[i].Caption += fmt.Sprintf(" The model of d = %d, %d steps and seed %d.", models[shown].D, models[shown].Steps, models[shown].Seed)
	}
	for _, d := range size.positions {
		plots = append(plots, distancePlot(models, d, size))
	}
	result := &Result{
		Setup: fmt.Sprintf("Binary chains with d = %s, n = %s, p = 1/2, uniform kernels; %d layers of one head, Adam at 0.01, %d or %d steps on fresh batches of %d, %s; %d prompts traced for each model, fronts of %d samples and %d rounds.",
			listed(size.positions), context2, layers2, size.steps[0], size.steps[1], size.batch, plural.Of(size.seeds, "seed"), size.prompts, size.front.Samples, size.front.Rounds),
		Why: fmt.Sprintf("it depends on how long the model is trained: the distance falls first and then rises in %d of %d models after %d steps and in %d of %d after %d steps, where it goes from %.3f down by %.3f and up by %.3f on average. "+
			"The rise is the useful part: training drives w towards minus the regression vector and so up the squared residuals. At -w, where the paper's text puts the layers, the distance goes from %.3f down by %.3f and up by %.3f (%d of %d models). %s",
			short.direct, short.models, size.steps[0], long.direct, long.models, size.steps[1], long.first, long.fall, long.rise,
			long.firstMirrored, long.fallMirrored, long.riseMirrored, long.mirrored, long.models, scales),
		Ours: number(share), StandardError: number(math.Sqrt(share * (1 - share) / float64(long.models))),
		Quantity: fmt.Sprintf("share of the models trained for %d steps whose distance falls and then rises, each by more than two standard errors", size.steps[1]),
		Tables: []Table{
			TableOf("turns", "Where each trained model's mean generational distance is lowest, and how much it falls to there and rises from there, "+
				"within a prompt; the layer is chosen on half of the prompts and the differences are measured on the other half. At w the signs are the theorem's, at -w those of the paper's text. No linear self-attention of any depth has a loss below the floor.", turns),
			TableOf("layers", fmt.Sprintf("Every model layer by layer: means over %d prompts.", size.prompts), layers),
			TableOf("boxes", fmt.Sprintf("Does the box in which fronts are looked for matter? Mean generational distances of the model of d = %d, %d steps and seed %d, for |w_k| <= R.",
				models[0].D, models[0].Steps, models[0].Seed), boxes),
			spread,
		},
		Plots: append(plots, lossPlot(models, size)),
	}
	result.judge(verdict, "long enough training")
	return result
}

// turnCount sums up the turns of some models.
type turnCount struct {
	models, direct, mirrored                  int     // how many there are, and turn at w and at -w
	first, fall, rise                         float64 // means over the models: distance at layer 0, fall and rise
	firstMirrored, fallMirrored, riseMirrored float64
}

// countTurns sums up the models trained for the given number of steps.
func countTurns(models []*model2, steps int) turnCount {
	var c turnCount
	for _, m := range models {
		if m.Steps == steps {
			c.models++
		}
	}
	n := float64(c.models)
	for _, m := range models {
		if m.Steps != steps {
			continue
		}
		if m.direct.FallsThenRises {
			c.direct++
		}
		if m.mirrored.FallsThenRises {
			c.mirrored++
		}
		c.first += m.trace.Layers[0].GD.Mean / n
		c.fall += m.direct.Fall.Mean / n
		c.rise += m.direct.Rise.Mean / n
		c.firstMirrored += m.trace.Layers[0].GDMirrored.Mean / n
		c.fallMirrored += m.mirrored.Fall.Mean / n
		c.riseMirrored += m.mirrored.Rise.Mean / n
	}
	return c
}

// overSeeds returns a line of means over the models of the given d and steps,
// and the range of the models as its band.
func overSeeds(name string, models []*model2, d, steps int, pick func(trace.Layer) float64) figure.Series {
	s := figure.Series{Name: name}
	for l := range layers2 + 1 {
		var values []float64
		for _, m := range models {
			if m.D == d && m.Steps == steps {
				values = append(values, pick(m.trace.Layers[l]))
			}
		}
		mean, _ := meanAndError(values)
		s.X, s.Y = append(s.X, float64(l)), append(s.Y, mean)
		s.Low, s.High = append(s.Low, slices.Min(values)), append(s.High, slices.Max(values))
	}
	return s
}

func distancePlot(models []*model2, d int, size figure2Size) figure.Plot {
	p := figure.Plot{
		Name: fmt.Sprintf("gd-d%d", d), Title: fmt.Sprintf("Distance to the Pareto front by layer, d = %d", d),
		Caption: fmt.Sprintf("Generational distance to each prompt's reference front, objectives scaled to [0, 1], at w (the theorem's sign) and at -w (the text's); means over %d prompts and %s, bands from the smallest to the largest seed.", size.prompts, plural.Of(size.seeds, "seed")),
		X:       figure.Axis{Label: "layer"}, Y: figure.Axis{Label: "generational distance", Min: number(0)},
	}
	for _, steps := range size.steps {
		p.Series = append(p.Series,
			overSeeds(fmt.Sprintf("w, %d steps", steps), models, d, steps, func(l trace.Layer) float64 { return l.GD.Mean }),
			overSeeds(fmt.Sprintf("-w, %d steps", steps), models, d, steps, func(l trace.Layer) float64 { return l.GDMirrored.Mean }))
	}
	return p
}

func lossPlot(models []*model2, size figure2Size) figure.Plot {
	d, steps := size.positions[0], size.steps[1]
	return figure.Plot{
		Name: "loss", Title: "The query's error falls while the squared residuals rise",
		Caption: fmt.Sprintf("Mean squared error of the query if a layer were the last, and mean squared in-context label y - w'x, twice an objective of the theorem; d = %d, %d steps, means over %d prompts and %s, bands from the smallest to the largest seed.", d, steps, size.prompts, plural.Of(size.seeds, "seed")),
		X:       figure.Axis{Label: "layer"}, Y: figure.Axis{Label: "mean square", Min: number(0)},
		Series: []figure.Series{
			overSeeds("query's error", models, d, steps, func(l trace.Layer) float64 { return l.QueryLoss.Mean }),
			overSeeds("residuals", models, d, steps, func(l trace.Layer) float64 { return 2 * l.R1[d].Mean }),
		},
	}
}

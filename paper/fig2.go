package paper

import (
	"context"
	"fmt"
	"math"

	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/multiobj"
	"markovicl/train"
)

var figure2 = Item{
	ID:       "fig2",
	Title:    "Objectives and distance to the Pareto front, layer by layer",
	Source:   "Figure 2, Section 4",
	Question: "As a prompt passes the layers of a trained deep model, how do the objectives of Theorem 4.1 and the distance to their Pareto front change?",
	Claim:    "Along ten trained layers the generational distance to the Pareto front first falls and then rises.",
	Revision: 1,
	Run:      runFigure2,
}

// figure2Size is how large the experiment is.
type figure2Size struct {
	seeds, steps, batch, evaluation, prompts int
	front                                    multiobj.FrontSettings
}

// model2 is one trained model and its trace.
type model2 struct {
	d     int
	seed  uint64
	fresh train.Score
	model *lsa.Structured
	trace *multiobj.TraceResult

	direct, mirrored turn // of the distances at w, and at -w
}

// runFigure2 trains models of 10 layers on n = 100 binary chains with p = 1/2
// (d = 5, which is the figure's six objectives a group; and d = 4, for the case
// that its chains of length five count the label), and traces them.
func runFigure2(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	size := figure2Size{seeds: 5, steps: 2000, batch: 1000, evaluation: 100_000, prompts: 100,
		front: multiobj.FrontSettings{Samples: 2048, Rounds: 3, Seed: s.Seed}}
	if s.Quick {
		size = figure2Size{seeds: 2, steps: 300, batch: 250, evaluation: 5000, prompts: 32,
			front: multiobj.FrontSettings{Samples: 256, Rounds: 2, Seed: s.Seed}}
	}
	if s.Seeds > 0 {
		size.seeds = s.Seeds
	}
	positions, factors := []int{5, 4}, []float64{2, 4}
	total := len(positions)*(1+size.seeds) + len(factors)
	done := 0
	tick := func() {
		done++
		progress(done, total)
	}
	progress(0, total)

	var models []*model2
	for _, d := range positions {
		task, err := markov.NewTask(markov.Spec{D: d, N: "100", P: "0.5"})
		if err != nil {
			return nil, err
		}
		config := train.Defaults()
		config.Layers, config.Steps, config.Batch, config.EvalPrompts = 10, size.steps, size.batch, size.evaluation
		study, err := train.RunSeeds(ctx, train.Problem{Task: task, Config: config, Seed: s.Seed}, size.seeds, train.Settings{})
		if err != nil {
			return nil, fmt.Errorf("d = %d: %w", d, err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		tick()
		for _, r := range study.Results {
			m := &model2{d: d, seed: r.Seed, fresh: r.Fresh, model: r.Model.(*lsa.Structured)}
			if m.trace, err = m.traced(ctx, task, s.Seed, size.prompts, size.front); err != nil {
				return nil, err
			}
			m.direct = findTurn(m.trace.PromptGD, config.Layers)
			m.mirrored = findTurn(m.trace.PromptGDMirrored, config.Layers)
			models = append(models, m)
			tick()
		}
	}

	boxes := Table{
		Name:    "boxes",
		Caption: fmt.Sprintf("Does the box in which fronts are looked for matter? Mean generational distances of the model of d = %d and seed %d, for |w_k| <= R.", models[0].d, models[0].seed),
		Columns: []string{"R", "gd_first", "gd_last", "gd_mirrored_first", "gd_mirrored_last"},
	}
	addBox := func(t *multiobj.TraceResult) {
		first, last := t.Layers[0], t.Layers[len(t.Layers)-1]
		boxes.Add(t.Box.High[0], first.GD.Mean, last.GD.Mean, first.GDMirrored.Mean, last.GDMirrored.Mean)
	}
	addBox(models[0].trace)
	for _, factor := range factors {
		task, err := markov.NewTask(markov.Spec{D: models[0].d, N: "100", P: "0.5"})
		if err != nil {
			return nil, err
		}
		front := size.front
		front.Box = multiobj.Cube(task.QueryDim(), factor*models[0].trace.Box.High[0])
		t, err := models[0].traced(ctx, task, s.Seed, size.prompts, front)
		if err != nil {
			return nil, err
		}
		addBox(t)
		tick()
	}
	return figure2Result(models, boxes, size), nil
}

func (m *model2) traced(ctx context.Context, task markov.Task, seed uint64, prompts int, front multiobj.FrontSettings) (*multiobj.TraceResult, error) {
	sampler, err := markov.NewSampler(task, seed)
	if err != nil {
		return nil, err
	}
	t, err := multiobj.Trace(ctx, m.model, task, sampler.Prompt, multiobj.TraceSettings{Prompts: prompts, Pareto: &front})
	if err != nil {
		return nil, fmt.Errorf("d = %d, seed %d: %w", m.d, m.seed, err)
	}
	return t, nil
}

// turn says where the distances of a model are lowest, and by how much they fall
// to there from w_0 and rise from there to the last layer.
type turn struct {
	layer          int
	fall, fallSE   float64
	rise, riseSE   float64
	fallsThenRises bool
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
			t.layer, least = l, sum
		}
	}
	var fall, rise []float64
	for i := 1; i < prompts; i += 2 {
		row := distances[i*(layers+1) : (i+1)*(layers+1)]
		fall = append(fall, row[0]-row[t.layer])
		rise = append(rise, row[layers]-row[t.layer])
	}
	t.fall, t.fallSE = meanAndError(fall)
	t.rise, t.riseSE = meanAndError(rise)
	t.fallsThenRises = t.fall > 2*t.fallSE && t.rise > 2*t.riseSE
	return t
}

// meanAndError returns the mean of xs and its standard error, 0 for one number.
func meanAndError(xs []float64) (mean, se float64) {
	n := float64(len(xs))
	for _, x := range xs {
		mean += x / n
	}
	var square float64
	for _, x := range xs {
		square += (x - mean) * (x - mean)
	}
	if n > 1 {
		se = math.Sqrt(square / (n - 1) / n)
	}
	return mean, se
}

func figure2Result(models []*model2, boxes Table, size figure2Size) *Result {
	turns := Table{
		Name: "turns",
		Caption: "Where each trained model's mean generational distance is lowest, and how much it falls to there and rises from there, " +
			"within a prompt; the layer is chosen on half of the prompts and the differences are measured on the other half. At w the signs are the theorem's, at -w those of the paper's text.",
		Columns: []string{"d", "seed", "loss", "loss_se", "at", "gd_first", "gd_last", "lowest_layer", "fall", "fall_se", "rise", "rise_se", "falls_then_rises"},
	}
	byLayer := Table{
		Name:    "layers",
		Caption: fmt.Sprintf("Every model layer by layer: means over %d prompts.", size.prompts),
		Columns: []string{"d", "seed", "layer", "query_loss", "mean_squared_residual", "gd", "gd_se", "dominated", "gd_mirrored", "gd_mirrored_se", "dominated_mirrored", "cosine_squared_residual"},
	}
	count := map[int]*struct{ models, direct, mirrored int }{}
	changes := map[int][]float64{}
	for _, m := range models {
		first, last := m.trace.Layers[0], m.trace.Layers[len(m.trace.Layers)-1]
		for _, sign := range []struct {
			at          string
			first, last multiobj.Estimate
			turn        turn
		}{{"w", first.GD, last.GD, m.direct}, {"-w", first.GDMirrored, last.GDMirrored, m.mirrored}} {
			turns.Add(m.d, m.seed, m.fresh.Loss, m.fresh.LossSE, sign.at, sign.first.Mean, sign.last.Mean, sign.turn.layer,
				sign.turn.fall, sign.turn.fallSE, sign.turn.rise, sign.turn.riseSE, sign.turn.fallsThenRises)
		}
		for _, l := range m.trace.Layers {
			var cosine any
			if l.Cosine1 != nil {
				cosine = l.Cosine1[m.d].Mean
			}
			byLayer.Add(m.d, m.seed, l.Layer, l.QueryLoss.Mean, 2*l.R1[m.d].Mean, l.GD.Mean, l.GD.SE, l.Dominated.Mean,
				l.GDMirrored.Mean, l.GDMirrored.SE, l.DominatedMirrored.Mean, cosine)
		}
		c := count[m.d]
		if c == nil {
			c = new(struct{ models, direct, mirrored int })
			count[m.d] = c
		}
		c.models++
		if m.direct.fallsThenRises {
			c.direct++
		}
		if m.mirrored.fallsThenRises {
			c.mirrored++
		}
		changes[m.d] = append(changes[m.d], last.GD.Mean-first.GD.Mean)
	}

	main := models[0].d
	c := count[main]
	change, changeSE := meanAndError(changes[main])
	verdict := Differs
	switch {
	case 2*c.direct > c.models:
		verdict = Agrees
	case 2*c.mirrored > c.models:
		verdict = AgreesWithCondition
	}
	at := func(pick func(multiobj.Layer) multiobj.Estimate) (first, last float64) {
		for _, m := range models {
			if m.d == main {
				n := float64(c.models)
				first += pick(m.trace.Layers[0]).Mean / n
				last += pick(m.trace.Layers[len(m.trace.Layers)-1]).Mean / n
			}
		}
		return first, last
	}
	first, last := at(func(l multiobj.Layer) multiobj.Estimate { return l.GD })
	mirroredFirst, mirroredLast := at(func(l multiobj.Layer) multiobj.Estimate { return l.GDMirrored })
	plots := LayerPlots(models[0].trace)[:2]
	for i := range plots {
		plots[i].Caption += fmt.Sprintf(" The model of d = %d and seed %d.", main, models[0].seed)
	}
	return &Result{
		Verdict: verdict,
		Why: fmt.Sprintf("with the theorem's signs the distance goes from %.3f to %.3f, because training drives w towards minus the regression vector and so up the squared residuals (%d of %d models fall first and then rise); "+
			"at -w, where the paper's text puts the layers, it goes from %.3f to %.3f (%d of %d fall first and then rise)",
			first, last, c.direct, c.models, mirroredFirst, mirroredLast, c.mirrored, c.models),
		Ours: number(change), StandardError: number(changeSE),
		Quantity: fmt.Sprintf("change of the mean generational distance from w = 0 to the last layer, d = %d, mean over seeds", main),
		Tables:   []Table{turns, byLayer, boxes},
		Plots:    append(plots, distancePlot(models, size), lossPlot(models, size)),
	}
}

// overSeeds returns a line of means over the models with the given d, and the
// range of the models as its band.
func overSeeds(name string, models []*model2, d int, pick func(multiobj.Layer) float64) Series {
	s := Series{Name: name}
	for l := range models[0].trace.Layers {
		var values []float64
		low, high := math.Inf(1), math.Inf(-1)
		for _, m := range models {
			if m.d == d {
				x := pick(m.trace.Layers[l])
				values = append(values, x)
				low, high = min(low, x), max(high, x)
			}
		}
		mean, _ := meanAndError(values)
		s.X, s.Y = append(s.X, float64(l)), append(s.Y, mean)
		s.Low, s.High = append(s.Low, low), append(s.High, high)
	}
	return s
}

func distancePlot(models []*model2, size figure2Size) Plot {
	p := Plot{
		Name: "gd", Title: "Distance to the Pareto front by layer",
		Caption: fmt.Sprintf("Generational distance to each prompt's reference front, objectives scaled to [0, 1]; means over %d prompts and %d seeds, bands from the smallest to the largest seed.", size.prompts, size.seeds),
		X:       Axis{Label: "layer"}, Y: Axis{Label: "generational distance", Min: number(0)},
	}
	for _, d := range []int{5, 4} {
		p.Series = append(p.Series,
			overSeeds(fmt.Sprintf("d = %d, at w", d), models, d, func(l multiobj.Layer) float64 { return l.GD.Mean }),
			overSeeds(fmt.Sprintf("d = %d, at -w", d), models, d, func(l multiobj.Layer) float64 { return l.GDMirrored.Mean }))
	}
	return p
}

func lossPlot(models []*model2, size figure2Size) Plot {
	d := models[0].d
	return Plot{
		Name: "loss", Title: "The query's loss falls while the squared residuals rise",
		Caption: fmt.Sprintf("Mean squared error of the query if a layer were the last, and mean squared in-context label y - w'x, twice an objective of the theorem; d = %d, means over %d prompts and %d seeds, bands from the smallest to the largest seed.", d, size.prompts, size.seeds),
		X:       Axis{Label: "layer"}, Y: Axis{Label: "mean square", Min: number(0)},
		Series: []Series{
			overSeeds("query's error", models, d, func(l multiobj.Layer) float64 { return l.QueryLoss.Mean }),
			overSeeds("residuals", models, d, func(l multiobj.Layer) float64 { return 2 * l.R1[d].Mean }),
		},
	}
}

package paper

import (
	"context"
	"fmt"
	"math"
	"slices"

	"markovicl/figure"
	"markovicl/internal/plural"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/predict"
	"markovicl/train"
)

var figure4 = Item{
	ID:        "fig4",
	Title:     "Sparse against dense parameters in training",
	Source:    "Figure 4",
	Question:  "Does a model whose P and Q are free train to a lower loss than one whose parameters have the sparse form of the theory, and does it find that form?",
	Statement: "Sparse parameters are no restriction: they train to the loss that dense ones reach.",
	Revision:  6,
	Run:       runFigure4,
}

// figure4Size is how large the experiment is.
type figure4Size struct {
	layers, steps  int
	long           int // steps of a longer training of the deepest models
	seeds, prompts int
}

// The setting is the paper's: d = 1, n = 30, p = 0.3, batches of 100.
const batch4 = 100

func runFigure4(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	size := figure4Size{layers: 3, steps: 1000, long: 5000, seeds: 20, prompts: 100_000}
	if s.Quick {
		size.seeds, size.prompts = 5, 10_000
	}
	if s.Seeds > 0 {
		size.seeds = s.Seeds
	}
	return figure4Of(ctx, s.Seed, size, progress)
}

// kind4 is one kind of parameters, of one depth, trained in one way.
type kind4 struct {
	layers  int
	dense   bool
	data    string // train.Fresh or train.Fixed
	steps   int
	runs    []*train.Result
	risks   []float64     // exact, of each run
	cut     []float64     // of dense parameters: the risks with the entries outside the sparse form set to 0
	lost    int           // seeds that diverged
	pattern []patternRow4 // of dense parameters
}

func (k *kind4) name() string {
	if k.dense {
		return "dense"
	}
	return "sparse"
}

// risk returns the mean of the exact risks.
func (k *kind4) risk() estimate { return meanOf(k.risks) }

// scoreRow4 has the scores of the models of a kind.
type scoreRow4 struct {
	Layers           int      `column:"layers"`
	Parameters       string   `column:"parameters"`
	TrainedOn        string   `column:"trained_on"`
	Steps            int      `column:"steps"`
	Training         estimate `column:"loss_training"`
	Risk             estimate `column:"risk"`
	Smallest         float64  `column:"risk_smallest"`
	Largest          float64  `column:"risk_largest"`
	Bayes            float64  `column:"bayes_risk"`
	Enlarged         *float64 `column:"enlarged_optimum"` // a bound for one layer only
	AccuracyTraining estimate `column:"accuracy_training"`
	AccuracyFresh    estimate `column:"accuracy_fresh"`
	AccuracyBayes    estimate `column:"accuracy_bayes"`
	Diverged         int      `column:"diverged"`
}

func figure4Of(ctx context.Context, seed uint64, size figure4Size, progress func(done, total int)) (*Result, error) {
	moments, err := momentsOf(ctx, markov.Spec{D: 1, N: "30", P: "0.3"})
	if err != nil {
		return nil, err
	}
	task := moments.Task()
	optimum, err := landscape.Minimise(ctx, moments.At(task.Context()))
	if err != nil {
		return nil, err
	}
	best, err := recoverForm(ctx, moments.At(task.Context()))
	if err != nil {
		return nil, err
	}
	bayes, err := predict.BayesRisk(ctx, task, seed, predict.Settings{})
	if err != nil {
		return nil, err
	}

	total := size.layers*4 + 3
	done := 0
	tick := func() {
		done++
		progress(done, total)
	}
	progress(0, total)

	var kinds []*kind4
	for l := 1; l <= size.layers; l++ {
		for _, data := range []string{train.Fresh, train.Fixed} {
			for _, dense := range []bool{false, true} {
				kinds = append(kinds, &kind4{layers: l, dense: dense, data: data, steps: size.steps})
			}
		}
	}
	long := map[bool]*kind4{} // by whether it is dense
	for _, dense := range []bool{false, true} {
		long[dense] = &kind4{layers: size.layers, dense: dense, data: train.Fresh, steps: size.long}
		kinds = append(kinds, long[dense])
	}
	predictors := []predict.Predictor{predict.NewBayes(task)}
	ends := []int{1} // of the models of a kind among the predictors
	for _, k := range kinds {
		if err := k.train(ctx, task, seed, size.seeds); err != nil {
			return nil, fmt.Errorf("%d layers, %s: %w", k.layers, k.name(), err)
		}
		if predictors, err = asPredictors(predictors, task, modelsOf(k.runs)...); err != nil {
			return nil, err
		}
		ends = append(ends, len(predictors))
		tick()
	}
	e, err := evaluateFresh(ctx, task, seed, size.prompts, predictors)
	if err != nil {
		return nil, err
	}
	var scored []scoreRow4
	var pattern []patternRow4
	for i, k := range kinds {
		onBatch, fresh := onTraining(k.runs), onFresh(e, ends[i], ends[i+1])
		row := scoreRow4{
			Layers: k.layers, Parameters: k.name(), TrainedOn: trainedOn[k.data], Steps: k.steps,
			Training: onBatch.loss, Risk: k.risk(), Smallest: slices.Min(k.risks), Largest: slices.Max(k.risks), Bayes: bayes.Mean,
			AccuracyTraining: onBatch.accuracy, AccuracyFresh: fresh.accuracy,
			AccuracyBayes: estimate{Mean: e.Scores[0].Accuracy.Mean, SE: e.Scores[0].Accuracy.SE}, Diverged: k.lost,
		}
		if k.layers == 1 {
			row.Enlarged = &optimum.Loss
		}
		scored, pattern = append(scored, row), append(pattern, k.pattern...)
	}
	tick()

	one, deep := map[bool]*kind4{}, map[bool]*kind4{} // of one layer and of most, new prompts, by whether it is dense
	for _, k := range kinds {
		if k.data == train.Fresh && k != long[k.dense] {
			if deep[k.dense] = k; k.layers == 1 {
				one[k.dense] = k
			}
		}
	}
	plot, apart := plots4(kinds, long, size, optimum.Loss, best.Loss, bayes.Mean)
	difference := estimate{Mean: one[true].risk().Mean - one[false].risk().Mean, SE: math.Hypot(one[true].risk().SE, one[false].risk().SE)}
	deepDifference := estimate{Mean: deep[true].risk().Mean - deep[false].risk().Mean, SE: math.Hypot(deep[true].risk().SE, deep[false].risk().SE)}
	kept, _ := meanAndError(deep[true].cut)
	result := &Result{
		Setup: fmt.Sprintf("d = 1, n = 30, p = 0.3, uniform kernels; 1 to %d layers, Adam at 0.01, %d steps (%d layers also %d) on batches of %d, %s; exact risks, accuracies from %d fresh prompts.",
			size.layers, size.steps, size.layers, size.long, batch4, plural.Of(size.seeds, "seed"), size.prompts),
		Why: fmt.Sprintf("for one layer it holds: entries outside the sparse form have no effect there and get no gradient, and training ends at %s with sparse and %s with dense parameters (best transformer %.4f, enlarged optimum %.4f, Bayes risk %.4f). With %d layers, where they have an effect, sparse parameters end at %s and dense ones at %s after %d steps, and at %s and %s after %d; dense training does not find the sparse form, for with the entries outside it set to 0 the risk is %.4f",
			risk4(one[false].risk()), risk4(one[true].risk()), best.Loss, optimum.Loss, bayes.Mean, size.layers, risk4(deep[false].risk()), risk4(deep[true].risk()), size.steps, risk4(long[false].risk()), risk4(long[true].risk()), size.long, kept),
		Quantity: "risk of one layer with dense parameters less that with sparse ones, after training on new prompts",
		Ours:     number(difference.Mean), StandardError: number(difference.SE),
		Tables: []Table{TableOf("scores", "Trained models: means over seeds. Losses on training prompts are those of the last batch, for one batch the only one. risk: the exact loss on fresh prompts, by summation over all prompts, with the standard error over seeds alone. Accuracies are shares of prompts whose label is the state nearest to the prediction, with standard errors over seeds and prompts.", scored), TableOf("pattern", "How far learned dense parameters are from the sparse form, in which P is zero but for its last row and Q but for its first d columns: the Frobenius norms of what lies in the form and outside, and the share of the squared norm that is outside (at the start it is 1/2 on average, 1 - 1/D for P and 1/D for Q). risk_sparse: the exact risk when everything outside is set to 0; cut: in this layer alone, or (layer all) in all layers.", pattern)},
		Plots:  []figure.Plot{plot, apart},
	}
	result.judge(verdictFigure4(difference, deepDifference, one[false].risk().Mean, deep[false].risk().Mean), "one layer only")
	return result, nil
}

// plots4 are the losses in training on new prompts, and the differences between dense and
// sparse parameters, by depth. long are kinds that were trained longer, and are not shown.
func plots4(kinds []*kind4, long map[bool]*kind4, size figure4Size, enlarged, best, bayes float64) (plot, apart figure.Plot) {
	plot = figure.Plot{
		Name: "loss", Title: "Loss in training, sparse and dense parameters", Columns: 2,
		Caption: fmt.Sprintf("d = 1, n = 30, p = 0.3, new batches of %d prompts. Losses of the batches before the step, means over windows of %d steps and %s; bands from the 10%% to the 90%% quantile over seeds. The enlarged optimum is a bound for one layer. The axes leave out the first twentieth of the steps, and the Bayes risk, %.4f.", batch4, max(1, size.steps/windows4), plural.Of(size.seeds, "seed"), bayes),
	}
	apart = figure.Plot{
		Name: "difference", Title: "Loss with dense parameters less that with sparse ones", Columns: 2,
		Caption: fmt.Sprintf("The same losses, each seed's difference on its own batches, which are the same for both. Means over windows of %d steps and %s; bands: one standard error over seeds.", max(1, size.steps/windows4), plural.Of(size.seeds, "seed")),
	}
	bottom, top := enlarged, 0.0 // of the axes of losses
	lowest, highest := 0.0, 0.0  // of those of differences
	var sparse *kind4            // of the same depth as the dense kind after it
	for _, k := range kinds {
		if k.data != train.Fresh || k == long[k.dense] {
			continue
		}
		if !k.dense {
			plot.Panels = append(plot.Panels, figure.Plot{
				Title: plural.Of(k.layers, "layer"), X: figure.Axis{Label: "step"}, Y: figure.Axis{Label: "loss", Min: &bottom, Max: &top},
			})
			if k.layers == 1 {
				plot.Panels[0].Levels = append(plot.Panels[0].Levels, figure.Level{Name: "enlarged optimum", Y: enlarged, Quantity: figure.Enlarged}, figure.Level{Name: "best transformer", Y: best, Quantity: figure.Best})
			}
		}
		panel := &plot.Panels[k.layers-1]
		curve := k.curve()
		if !k.dense {
			curve.Quantity = figure.Trained
		}
		panel.Series = append(panel.Series, curve)
		// The first losses, and the Bayes risk far below, would hide the differences.
		begin := len(curve.High) / 20
		top, bottom = max(top, slices.Max(curve.High[begin:])), min(bottom, slices.Min(curve.Low[begin:]))
		if k.dense {
			less := k.less(sparse)
			lowest, highest = min(lowest, slices.Min(less.Low[begin:])), max(highest, slices.Max(less.High[begin:]))
			apart.Panels = append(apart.Panels, figure.Plot{
				Title: plural.Of(k.layers, "layer"), X: figure.Axis{Label: "step"}, Y: figure.Axis{Label: "difference in loss", Min: &lowest, Max: &highest},
				Levels: []figure.Level{{Name: "equal", Y: 0}}, Series: []figure.Series{less},
			})
		} else {
			sparse = k
		}
	}
	return plot, apart
}

func risk4(e estimate) string { return fmt.Sprintf("%.4f ± %.4f", e.Mean, e.SE) }

// trainedOn names what a model is trained on, by the data of a train.Config.
var trainedOn = map[string]string{train.Fresh: "new prompts", train.Fixed: "one batch"}

// windows4 is into about how many windows a loss curve is cut.
const windows4 = 100

// windows returns the loss of each run in windows of steps, [run][window], and
// the middle of each window.
func (k *kind4) windows() (losses [][]float64, middles []float64) {
	rows := k.runs[0].History
	width := max(1, len(rows)/windows4)
	for from := 0; from+width <= len(rows); from += width {
		middles = append(middles, float64(rows[from].Step+rows[from+width-1].Step)/2)
	}
	for _, r := range k.runs {
		var means []float64
		for w := range middles {
			var sum float64
			for _, row := range r.History[w*width : (w+1)*width] {
				sum += row.Loss
			}
			means = append(means, sum/float64(width))
		}
		losses = append(losses, means)
	}
	return losses, middles
}

// curve returns the loss by step with a band from the lowest to the highest
// tenth of the seeds.
func (k *kind4) curve() figure.Series {
	s := figure.Series{Name: k.name(), Kind: figure.Curve}
	losses, middles := k.windows()
	for w, x := range middles {
		var values []float64
		for _, run := range losses {
			values = append(values, run[w])
		}
		slices.Sort(values)
		mean, _ := meanAndError(values)
		tenth := len(values) / 10
		s.AddBand(x, mean, min(mean, values[tenth]), max(mean, values[len(values)-1-tenth]))
	}
	return s
}

// less returns the loss less that of another kind by step, over the seeds that
// both have, which have seen the same prompts.
func (k *kind4) less(other *kind4) figure.Series {
	s := figure.Series{Name: "dense less sparse", Kind: figure.Curve}
	losses, middles := k.windows()
	others, _ := other.windows()
	for w, x := range middles {
		var values []float64
		for i, r := range k.runs {
			if j := slices.IndexFunc(other.runs, func(o *train.Result) bool { return o.Seed == r.Seed }); j >= 0 {
				values = append(values, losses[i][w]-others[j][w])
			}
		}
		if len(values) > 0 {
			addWithError(&s, x, meanOf(values))
		}
	}
	return s
}

// train trains with several seeds, and adds the distances of dense models from
// the sparse form to a table.
func (k *kind4) train(ctx context.Context, task markov.Task, seed uint64, seeds int) (err error) {
	config := train.Defaults()
	config.Layers, config.Dense, config.Data, config.Batch, config.Steps = k.layers, k.dense, k.data, batch4, k.steps
	if k.runs, k.lost, err = trainSeeds(ctx, task, config, seed, seeds); err != nil {
		return err
	}
	for _, r := range k.runs {
		risk, err := train.ExactRisk(task, r.Model.NewForward().Predict)
		if err != nil {
			return fmt.Errorf("seed %d: %w", r.Seed, err)
		}
		k.risks = append(k.risks, risk)
	}
	if k.dense {
		return k.findPattern(task)
	}
	return nil
}

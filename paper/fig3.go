package paper

import (
	"context"
	"fmt"

	"markovicl/figure"
	"markovicl/internal/plural"
	"markovicl/markov"
	"markovicl/predict"
	"markovicl/train"
)

var figure3 = Item{
	ID:        "fig3",
	Title:     "Accuracy by depth and number of states",
	Source:    "Figure 3",
	Question:  "How often is the state nearest to a trained model's prediction the right one, on the prompts it was trained on and on new ones, and how often could it be?",
	Statement: "Accuracy grows with the depth of the model; with three layers and three states it is 0.98.",
	Revision:  5,
	Run:       runFigure3,
}

// figure3Size is how large the experiment is.
type figure3Size struct {
	priors                 []string // concentrations alpha of the rows of the kernel, the first being the paper's
	states                 []int
	layers                 int
	fixedBatch, fixedSteps int // of training on one batch
	freshBatch, freshSteps int // of training on new prompts every step
	seeds, prompts         int
}

// The paper's number is for three layers and three states.
const (
	layers3  = 3
	states3  = 3
	reported = 0.98
)

func runFigure3(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	size := figure3Size{
		priors: []string{"1", "0.1"}, states: []int{2, 3, 4}, layers: layers3,
		fixedBatch: 100, fixedSteps: 5000, freshBatch: 500, freshSteps: 3000, seeds: 5, prompts: 100_000,
	}
	if s.Quick {
		size.fixedSteps, size.freshBatch, size.freshSteps, size.seeds, size.prompts = 2000, 200, 400, 2, 5000
	}
	if s.Seeds > 0 {
		size.seeds = s.Seeds
	}
	return figure3Of(ctx, s.Seed, size, progress)
}

// cell3 is what is found for one prior, number of states, and depth.
type cell3 struct {
	onBatch, batchFresh scores // trained on one batch, scored on it and on fresh prompts
	onLast, fresh       scores // trained on fresh prompts, scored on the last of them and on others
}

// ceiling3 is what the Bayes predictor reaches in a setting.
type ceiling3 struct {
	rounded, mode estimate // accuracy of the state nearest to its mean, and of its most likely state
	loss          estimate
	floor         estimate // loss of the best that is linear in the query, which no depth beats
}

// accuracyRow3 and lossRow3 have the scores of the models of a cell beside what bounds them.
type accuracyRow3 struct {
	Alpha     string   `column:"alpha"`
	States    int      `column:"states"`
	Layers    int      `column:"layers"`
	TrainedOn string   `column:"trained_on"`
	Training  estimate `column:"training_prompts"`
	Fresh     estimate `column:"fresh_prompts"`
	Nearest   estimate `column:"ceiling_nearest"`
	Mode      estimate `column:"ceiling_mode"`
	Diverged  int      `column:"diverged"`
}

type lossRow3 struct {
	Alpha     string   `column:"alpha"`
	States    int      `column:"states"`
	Layers    int      `column:"layers"`
	TrainedOn string   `column:"trained_on"`
	Training  estimate `column:"training_prompts"`
	Fresh     estimate `column:"fresh_prompts"`
	Floor     estimate `column:"floor"`
	Bayes     estimate `column:"bayes_risk"`
}

// figure3Of trains models of 1 to size.layers layers on n = 10 chains, d = 5, in
// two ways.
func figure3Of(ctx context.Context, seed uint64, size figure3Size, progress func(done, total int)) (*Result, error) {
	var accuracy []accuracyRow3
	var loss []lossRow3
	total := len(size.priors) * len(size.states) * (2*size.layers + 1)
	done := 0
	tick := func() {
		done++
		progress(done, total)
	}
	progress(0, total)

	var plots []figure.Plot
	var top cell3        // three layers, three states, the paper's prior
	var shallow estimate // fresh accuracy of one layer there
	var topCeiling ceiling3
	var shallows []shallow3
	var others string // the same with other priors, in words
	for k, alpha := range size.priors {
		plot := figure.Plot{
			Name: "accuracy-alpha-" + alpha, Title: "Accuracy by depth, rows of the kernel from Dirichlet(" + alpha + ")",
			Caption: fmt.Sprintf("n = 10, d = 5. Trained on one batch of %d prompts, scored on it and on fresh prompts; and trained on new prompts every step, scored on fresh prompts. Levels: the Bayes predictor by its most likely state, which nothing can beat, and by the state nearest to its mean. Bands: one standard error over %s and %d prompts.", size.fixedBatch, plural.Of(size.seeds, "seed"), size.prompts),
		}
		for _, states := range size.states {
			task, err := markov.NewTask(markov.Spec{States: states, D: 5, N: "10", Prior: markov.PriorSpec{Text: "dirichlet:" + alpha}})
			if err != nil {
				return nil, err
			}
			cells, ceiling, diverged, err := trainByDepth(ctx, task, seed, size, tick)
			if err != nil {
				return nil, fmt.Errorf("alpha = %s, %d states: %w", alpha, states, err)
			}
			memorised := figure.Series{Name: "one batch, on it"}
			forgetful := figure.Series{Name: "one batch, fresh"}
			fresh := figure.Series{Name: "new prompts, fresh", Quantity: figure.Trained}
			for l, c := range cells {
				x := float64(l + 1)
				addWithError(&memorised, x, c.onBatch.accuracy)
				addWithError(&forgetful, x, c.batchFresh.accuracy)
				addWithError(&fresh, x, c.fresh.accuracy)
				for w, way := range []struct {
					name         string
					train, fresh scores
				}{{"one batch", c.onBatch, c.batchFresh}, {"new prompts", c.onLast, c.fresh}} {
					accuracy = append(accuracy, accuracyRow3{alpha, states, l + 1, way.name, way.train.accuracy, way.fresh.accuracy, ceiling.rounded, ceiling.mode, diverged[l][w]})
					loss = append(loss, lossRow3{alpha, states, l + 1, way.name, way.train.loss, way.fresh.loss, ceiling.floor, ceiling.loss})
				}
			}
			for _, x := range []struct {
				trainedOn, prompts string
				accuracy           estimate
			}{
				{"one batch", "the batch", cells[0].onBatch.accuracy}, {"one batch", "fresh prompts", cells[0].batchFresh.accuracy},
				{"new prompts", "fresh prompts", cells[0].fresh.accuracy},
			} {
				shallows = append(shallows, shallowOf(alpha, states, x.trainedOn, x.prompts, x.accuracy, ceiling.mode.Mean))
			}
			panel := figure.Plot{
				Title: fmt.Sprintf("%d states", states),
				X:     figure.Axis{Label: "layers"}, Y: figure.Axis{Label: "accuracy"},
				Series: []figure.Series{memorised, forgetful, fresh},
				Levels: []figure.Level{{Name: "best mode", Y: ceiling.mode.Mean, Quantity: figure.Bayes}},
			}
			if states > 2 { // of two states the nearest to the mean is the most likely
				panel.Levels = append(panel.Levels, figure.Level{Name: "Bayes mean", Y: ceiling.rounded.Mean, Quantity: figure.Bayes})
			}
			if states == states3 && k > 0 {
				others += fmt.Sprintf("; with concentration %s these are %s, %s and %s (one layer: %s), against %s and %s", alpha,
					withError(cells[len(cells)-1].onBatch.accuracy), withError(cells[len(cells)-1].batchFresh.accuracy), withError(cells[len(cells)-1].fresh.accuracy),
					withError(cells[0].fresh.accuracy), withError(ceiling.mode), withError(ceiling.rounded))
			}
			if states == states3 && k == 0 {
				top, topCeiling, shallow = cells[len(cells)-1], ceiling, cells[0].fresh.accuracy
				panel.Levels = append(panel.Levels, figure.Level{Name: "paper, 3 layers", Y: reported})
			}
			plot.Panels = append(plot.Panels, panel)
		}
		plots = append(plots, plot)
	}

	oneLayer, sentences := shallowTable(shallows)
	result := &Result{
		Setup: fmt.Sprintf("n = 10, d = 5, %s states, concentrations %s, 1 to %d layers of one head, Adam at 0.01, %s; one batch of %d prompts for %d steps, or new batches of %d for %d steps; %d fresh prompts.",
			listed(size.states), listed(size.priors), size.layers, plural.Of(size.seeds, "seed"), size.fixedBatch, size.fixedSteps, size.freshBatch, size.freshSteps, size.prompts),
		Why: fmt.Sprintf("with %d layers, three states and uniform kernels the accuracy is %s on a batch of %d prompts that is trained on again and again, and %s on fresh prompts by the same models; training on new prompts every step gives %s (one layer: %s), where the best predictor of all reaches %s and the Bayes mean rounded to the nearest state %s%s. In this setting a number near %.2f is reached on prompts of training only%s",
			size.layers, withError(top.onBatch.accuracy), size.fixedBatch, withError(top.batchFresh.accuracy), withError(top.fresh.accuracy), withError(shallow), withError(topCeiling.mode), withError(topCeiling.rounded), others, reported, sentences),
		Quantity: fmt.Sprintf("accuracy with %d layers and three states; ours on fresh prompts, uniform kernels", size.layers),
		Paper:    number(reported), Ours: number(top.fresh.accuracy.Mean), StandardError: number(top.fresh.accuracy.SE),
		Tables: []Table{TableOf("accuracy", "Share of prompts whose label is the state nearest to the prediction, with standard errors over seeds and prompts. one batch: every step on the same prompts, which are the training prompts; new prompts: other prompts every step, the training prompts being those of the last step. The ceilings are those of the Bayes predictor on fresh prompts: the state nearest to its mean, as a model is scored, and its most likely state, which no predictor can beat.", accuracy), TableOf("loss", "Mean squared error of the label for the same models. The floor of every depth, the risk of the best predictor that is linear in the query, and the Bayes risk are those of the same fresh prompts.", loss), oneLayer},
		Plots:  plots,
	}
	result.judge(verdictFigure3(top.onBatch.accuracy, top.fresh.accuracy, reported, topCeiling.mode.Mean), "")
	return result, nil
}

// trainByDepth trains models of 1 to size.layers layers for a task in both ways,
// and scores them and the Bayes predictor on the same fresh prompts. diverged is
// the number of seeds that diverged, by layers and way.
func trainByDepth(ctx context.Context, task markov.Task, seed uint64, size figure3Size, tick func()) (cells []cell3, ceiling ceiling3, diverged [][2]int, err error) {
	linear, err := predict.NewLinearPosterior(task)
	if err != nil {
		return nil, ceiling, nil, err
	}
	predictors := []predict.Predictor{predict.NewBayes(task), linear}
	ends := []int{2} // of the models of a depth and way in predictors
	for l := 1; l <= size.layers; l++ {
		var c cell3
		var lost [2]int
		for w, data := range []string{train.Fixed, train.Fresh} {
			config := train.Defaults()
			config.Layers, config.Data, config.Batch, config.Steps = l, data, size.fixedBatch, size.fixedSteps
			if data == train.Fresh {
				config.Batch, config.Steps = size.freshBatch, size.freshSteps
			}
			var runs []*train.Result
			if runs, lost[w], err = trainSeeds(ctx, task, config, seed, size.seeds); err != nil {
				return nil, ceiling, nil, fmt.Errorf("%d layers, %s data: %w", l, data, err)
			}
			if data == train.Fixed {
				c.onBatch = onTraining(runs)
			} else {
				c.onLast = onTraining(runs)
			}
			if predictors, err = asPredictors(predictors, task, modelsOf(runs)...); err != nil {
				return nil, ceiling, nil, err
			}
			ends = append(ends, len(predictors))
			tick()
		}
		cells, diverged = append(cells, c), append(diverged, lost)
	}
	e, err := evaluateFresh(ctx, task, seed, size.prompts, predictors)
	if err != nil {
		return nil, ceiling, nil, err
	}
	tick()
	for l := range cells {
		cells[l].batchFresh = onFresh(e, ends[2*l], ends[2*l+1])
		cells[l].fresh = onFresh(e, ends[2*l+1], ends[2*l+2])
	}
	bayes := e.Scores[0]
	return cells, ceiling3{rounded: bayes.Accuracy, mode: *bayes.AccuracyMode, loss: bayes.MSE, floor: e.Scores[1].MSE}, diverged, nil
}

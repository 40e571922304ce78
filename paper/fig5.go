package paper

import (
	"context"
	"fmt"
	"math"
	"slices"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
	"markovicl/train"
)

var figure5 = Item{
	ID:       "fig5",
	Title:    "The enlarged model against trained attention, by d",
	Source:   "Figure 5",
	Question: "Is the enlarged model better than one-layer attention, and more so the longer the chains, on the prompts that it is fitted to and on new ones?",
	Claim:    "The enlarged model, fitted to a batch of prompts, is better than trained attention, and the gap grows with d.",
	Revision: 1,
	Run:      runFigure5,
}

// figure5Size is how large the experiment is.
type figure5Size struct {
	positions              []int // d
	batch                  int   // prompts that a model is fitted to
	steps                  int   // of training on them
	freshBatch, freshSteps int   // of training on new prompts every step
	seeds, prompts         int
	recovered              int // largest d whose best transformer is computed
}

func runFigure5(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	size := figure5Size{
		positions: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, batch: 1000, steps: 1000,
		freshBatch: 1000, freshSteps: 1000, seeds: 5, prompts: 100_000, recovered: 6,
	}
	if s.Quick {
		size.positions, size.freshBatch, size.seeds, size.prompts, size.recovered = []int{1, 2, 3, 5, 7}, 250, 2, 5000, 3
	}
	if s.Seeds > 0 {
		size.seeds = s.Seeds
	}
	return figure5Of(ctx, s.Seed, size, progress)
}

// at5 is what is found for one d.
type at5 struct {
	d, dimension          int
	fitBatch, fitFresh    scores // enlarged model by least squares, on its batch and on fresh prompts
	optimum               scores // of the population, on fresh prompts
	trainBatch, trainTest scores // attention trained on one batch, on it and on fresh prompts
	freshLast, freshTest  scores // attention trained on new prompts, on the last of them and on others
	bayes                 scores
	enlarged              float64  // f~*, exact
	gap                   *float64 // best transformer less f~*, where it is proven best
	above                 estimate // accuracy of the optimum less that of attention trained on new prompts, on the same fresh prompts
	lost, freshLost       int      // seeds that diverged
}

// figure5Of compares the models on chains of d+1 states, n = 100, p = 1/2.
func figure5Of(ctx context.Context, seed uint64, size figure5Size, progress func(done, total int)) (*Result, error) {
	total, done := 0, 0
	for _, d := range size.positions {
		total += d * d
	}
	var all []at5
	for _, d := range size.positions {
		progress(done, total)
		at, err := figure5At(ctx, d, seed, size)
		if err != nil {
			return nil, fmt.Errorf("d = %d: %w", d, err)
		}
		all = append(all, *at)
		done += d * d
	}
	progress(total, total)

	accuracy := Table{
		Name:    "accuracy",
		Caption: fmt.Sprintf("Share of prompts whose label is the state nearest to the prediction, with standard errors over seeds and prompts. least squares: the enlarged model of least norm among those fitted best to a batch of %d prompts; optimum: its exact population optimum; one batch, new prompts: attention trained on a batch of %d prompts all the time, and on %d new prompts every step (training prompts: those of the last step).", size.batch, size.batch, size.freshBatch),
		Columns: []string{"d", "model", "fitted_to", "parameters", "training_prompts", "training_prompts_se", "fresh_prompts", "fresh_prompts_se", "bayes", "bayes_se", "diverged"},
	}
	loss := Table{
		Name:    "loss",
		Caption: "Mean squared error of the label for the same models. On fresh prompts it is exact for every model, from the moments of the task, and its standard error is over seeds alone; the Bayes risk is that of the fresh prompts of the accuracies.",
		Columns: []string{"d", "model", "fitted_to", "training_prompts", "training_prompts_se", "fresh_prompts", "fresh_prompts_se", "enlarged_optimum", "bayes_risk", "bayes_risk_se"},
	}
	gaps := Table{
		Name:    "gap",
		Caption: "Loss of the best one-layer transformer less the enlarged optimum, where the former is proven best to a relative 1e-6: the gap of the models themselves, without batches and training.",
		Columns: []string{"d", "enlarged_optimum", "gap", "trained_above_optimum", "trained_above_optimum_se", "batch_gap", "batch_gap_se", "fresh_gap", "fresh_gap_se"},
	}
	var exact, onBatch, onFresh Series
	exact.Name, onBatch.Name, onFresh.Name = "best transformer less optimum, exact", "trained less least squares, on the batches", "trained less least squares, fresh prompts"
	panels := []Plot{
		{Title: "Accuracy", X: Axis{Label: "d"}, Y: Axis{Label: "accuracy", Max: number(1)}},
		{Title: "Loss", X: Axis{Label: "d"}, Y: Axis{Label: "loss", Min: number(0)}},
	}
	lines := []struct {
		name string
		pick func(*at5) scores
	}{
		{"least squares, its batch", func(a *at5) scores { return a.fitBatch }},
		{"least squares, fresh", func(a *at5) scores { return a.fitFresh }},
		{"enlarged optimum, fresh", func(a *at5) scores { return a.optimum }},
		{"trained LSA, its batch", func(a *at5) scores { return a.trainBatch }},
		{"trained LSA, fresh", func(a *at5) scores { return a.trainTest }},
		{"Bayes", func(a *at5) scores { return a.bayes }},
	}
	for _, line := range lines {
		a, l := Series{Name: line.name}, Series{Name: line.name}
		for i := range all {
			s, x := line.pick(&all[i]), float64(all[i].d)
			a.addWithError(x, s.accuracy)
			l.addWithError(x, s.loss)
		}
		panels[0].Series, panels[1].Series = append(panels[0].Series, a), append(panels[1].Series, l)
	}
	for i := range all {
		at := &all[i]
		for _, row := range []struct {
			model, data string
			parameters  int
			train       *scores // nil: it is fitted to no prompts
			fresh       scores
			diverged    any // nil: it is not trained
		}{
			{"enlarged", "least squares", at.dimension, &at.fitBatch, at.fitFresh, nil},
			{"enlarged", "optimum", at.dimension, nil, at.optimum, nil},
			{"attention", "one batch", (at.d + 1) * (at.d + 1), &at.trainBatch, at.trainTest, at.lost},
			{"attention", "new prompts", (at.d + 1) * (at.d + 1), &at.freshLast, at.freshTest, at.freshLost},
		} {
			var a, ase, l, lse any
			if row.train != nil {
				a, ase, l, lse = row.train.accuracy.Mean, row.train.accuracy.SE, row.train.loss.Mean, row.train.loss.SE
			}
			accuracy.Add(at.d, row.model, row.data, row.parameters, a, ase, row.fresh.accuracy.Mean, row.fresh.accuracy.SE, at.bayes.accuracy.Mean, at.bayes.accuracy.SE, row.diverged)
			loss.Add(at.d, row.model, row.data, l, lse, row.fresh.loss.Mean, row.fresh.loss.SE, at.enlarged, at.bayes.loss.Mean, at.bayes.loss.SE)
		}
		var gap any
		x := float64(at.d)
		if at.gap != nil {
			gap = *at.gap
			exact.Add(x, *at.gap)
		}
		batch, fresh := minus(at.trainBatch.loss, at.fitBatch.loss), minus(at.trainTest.loss, at.fitFresh.loss)
		onBatch.addWithError(x, batch)
		onFresh.addWithError(x, fresh)
		gaps.Add(at.d, at.enlarged, gap, at.freshTest.loss.Mean-at.enlarged, at.freshTest.loss.SE, batch.Mean, batch.SE, fresh.Mean, fresh.SE)
	}

	first, last := &all[0], &all[len(all)-1]
	seen := minus(last.fitBatch.accuracy, last.trainBatch.accuracy)
	unseen := minus(last.fitFresh.accuracy, last.trainTest.accuracy)
	verdict := Differs
	switch {
	case seen.Mean > 2*seen.SE && unseen.Mean > 2*unseen.SE:
		verdict = Agrees
	case seen.Mean > 2*seen.SE:
		verdict = AgreesWithCondition
	}
	why := fmt.Sprintf("with least squares scored on its own batch of %d prompts the accuracy of the enlarged model goes from %.3f at d = %d to %.3f at d = %d (trained attention there, on its batch: %.3f), but on fresh prompts the same fit has %.3f there (trained attention %.3f), because its parameters grow to %d; its exact optimum has %.3f, the Bayes predictor %.3f",
		size.batch, first.fitBatch.accuracy.Mean, first.d, last.fitBatch.accuracy.Mean, last.d, last.trainBatch.accuracy.Mean,
		last.fitFresh.accuracy.Mean, last.trainTest.accuracy.Mean, last.dimension, last.optimum.accuracy.Mean, last.bayes.accuracy.Mean)
	if len(exact.X) > 0 {
		why += fmt.Sprintf(". The gap of the models themselves grows, but stays small: the best transformer is above the enlarged optimum by a loss of %.4f at d = %.0f", exact.last(), exact.X[len(exact.X)-1])
	}
	result := &Result{
		Setup: fmt.Sprintf("n = 100, p = 1/2, uniform kernels, d in %v; batches of %d prompts, Adam at 0.01 for %d steps, %d seeds; training on new prompts in batches of %d for %d steps; %d fresh prompts; best transformers for d up to %d.",
			size.positions, size.batch, size.steps, size.seeds, size.freshBatch, size.freshSteps, size.prompts, size.recovered),
		Verdict: verdict, Why: why,
		Quantity: fmt.Sprintf("accuracy of the enlarged model's exact optimum above attention trained on new prompts, d = %d, fresh prompts", last.d),
		Ours:     number(last.above.Mean), StandardError: number(last.above.SE),
		Tables: []Table{accuracy, loss, gaps},
		Plots: []Plot{{
			Name: "scores", Title: "Enlarged model and trained attention by d", Panels: panels, Columns: 2,
			Caption: fmt.Sprintf("n = 100, p = 1/2. The enlarged model by least squares on batches of %d prompts, and its exact optimum; attention (LSA) of one layer trained on such batches; scored on the batch and on fresh prompts. Bars of error: one standard error over %d seeds and %d prompts.", size.batch, size.seeds, size.prompts),
		}, {
			Name: "gap", Title: "How much better is the enlarged model?",
			Caption: "Differences in loss between one-layer attention and the enlarged model. On the batches that models are fitted to the difference grows with the number of parameters, on fresh prompts it changes its sign; the exact difference of the best models has neither batch nor training. Bars of error: one standard error.",
			X:       Axis{Label: "d"}, Y: Axis{Label: "difference in loss"},
			Series: []Series{onBatch, onFresh},
		}},
	}
	if len(exact.X) > 0 {
		result.Plots[1].Series = append(result.Plots[1].Series, exact)
	}
	return result, nil
}

// minus returns a - b with the standard error of independent numbers.
func minus(a, b estimate) estimate {
	return estimate{Mean: a.Mean - b.Mean, SE: math.Hypot(a.SE, b.SE)}
}

// figure5At fits, trains and scores all models for one d.
func figure5At(ctx context.Context, d int, seed uint64, size figure5Size) (*at5, error) {
	moments, err := momentsOf(ctx, markov.Spec{D: d, N: "100", P: "0.5"})
	if err != nil {
		return nil, err
	}
	task := moments.Task()
	form := moments.At(task.Context())
	optimum, err := landscape.Minimise(ctx, form)
	if err != nil {
		return nil, err
	}
	at := &at5{d: d, dimension: form.Dim(), enlarged: optimum.Loss}
	if d <= size.recovered {
		r, err := recoverForm(ctx, form)
		if err != nil {
			return nil, err
		}
		if r.Certified() {
			at.gap = number(max(0, r.Loss-r.LossEnlarged))
		}
	}

	best, err := predict.NewEnlarged("optimum", task, optimum.X)
	if err != nil {
		return nil, err
	}
	predictors := []predict.Predictor{predict.NewBayes(task), best}
	fitted := len(predictors)
	fits, err := at.fit(ctx, task, form, seed, size)
	if err != nil {
		return nil, err
	}
	predictors = append(predictors, fits...)

	trained := len(predictors)
	config := train.Defaults()
	config.Data, config.Batch, config.Steps = train.Fixed, size.batch, size.steps
	runs, lost, err := trainSeeds(ctx, task, config, seed, size.seeds)
	if err != nil {
		return nil, err
	}
	at.lost = lost
	at.trainBatch = onTraining(runs)
	if at.trainTest.loss, err = exactLoss(form, runs); err != nil {
		return nil, err
	}
	if predictors, err = asPredictors(predictors, task, modelsOf(runs)...); err != nil {
		return nil, err
	}

	fresh := len(predictors)
	config.Data, config.Batch, config.Steps = train.Fresh, size.freshBatch, size.freshSteps
	if runs, at.freshLost, err = trainSeeds(ctx, task, config, seed, size.seeds); err != nil {
		return nil, err
	}
	at.freshLast = onTraining(runs)
	if at.freshTest.loss, err = exactLoss(form, runs); err != nil {
		return nil, err
	}
	if predictors, err = asPredictors(predictors, task, modelsOf(runs)...); err != nil {
		return nil, err
	}

	e, err := evaluateFresh(ctx, task, seed, size.prompts, predictors)
	if err != nil {
		return nil, err
	}
	at.bayes, at.optimum = onFresh(e, 0, 1), onFresh(e, 1, 2)
	at.optimum.loss = estimate{Mean: at.enlarged}
	at.fitFresh.accuracy = onFresh(e, fitted, trained).accuracy
	at.trainTest.accuracy = onFresh(e, trained, fresh).accuracy
	at.freshTest.accuracy = onFresh(e, fresh, len(predictors)).accuracy
	above := make([][]float64, 0, size.seeds)
	for i := fresh; i < len(predictors); i++ {
		row := slices.Clone(e.Hits(1))
		for k, hit := range e.Hits(i) {
			row[k] -= hit
		}
		above = append(above, row)
	}
	at.above = crossed(above)
	return at, nil
}

// fit fits the enlarged model to a batch for each seed: of all that have the
// least squared error there, it is the one of least norm. It sets the scores on
// the batches and the exact losses, and returns the predictors.
func (at *at5) fit(ctx context.Context, task markov.Task, form *moment.Form, seed uint64, size figure5Size) ([]predict.Predictor, error) {
	var fits []predict.Predictor
	var exact, loss, lossSE, accuracy, accuracySE []float64
	for k := range size.seeds {
		sampler, err := markov.NewSampler(task, seed+uint64(k))
		if err != nil {
			return nil, err
		}
		set := predict.Settings{Prompts: size.batch}
		empirical, err := predict.EmpiricalForm(ctx, task, sampler, set)
		if err != nil {
			return nil, err
		}
		least, err := landscape.Minimise(ctx, empirical)
		if err != nil {
			return nil, fmt.Errorf("least squares, seed %d: %w", seed+uint64(k), err)
		}
		p, err := predict.NewEnlarged("least squares", task, least.X)
		if err != nil {
			return nil, err
		}
		e, err := predict.Evaluate(ctx, task, sampler, []predict.Predictor{p}, set)
		if err != nil {
			return nil, err
		}
		fits = append(fits, p)
		exact = append(exact, form.Loss(least.X))
		loss, lossSE = append(loss, e.Scores[0].MSE.Mean), append(lossSE, e.Scores[0].MSE.SE)
		accuracy, accuracySE = append(accuracy, e.Scores[0].Accuracy.Mean), append(accuracySE, e.Scores[0].Accuracy.SE)
	}
	at.fitBatch = scores{overSeedsOf(loss, lossSE), overSeedsOf(accuracy, accuracySE)}
	at.fitFresh.loss.Mean, at.fitFresh.loss.SE = meanAndError(exact)
	return fits, nil
}

// exactLoss returns the mean over training runs of the loss on fresh prompts.
func exactLoss(form *moment.Form, runs []*train.Result) (estimate, error) {
	var losses []float64
	for _, r := range runs {
		l, err := train.PopulationLoss(form, r.Model)
		if err != nil {
			return estimate{}, err
		}
		losses = append(losses, l)
	}
	mean, se := meanAndError(losses)
	return estimate{Mean: mean, SE: se}, nil
}

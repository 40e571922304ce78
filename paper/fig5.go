package paper

import (
	"context"
	"fmt"
	"slices"

	"markovicl/figure"
	"markovicl/internal/plural"
	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
	"markovicl/train"
)

var figure5 = Item{
	ID:        "fig5",
	Title:     "The enlarged model against trained attention, by d",
	Source:    "Figure 5",
	Question:  "Is the enlarged model better than one-layer attention, and more so the longer the chains, on the prompts that it is fitted to and on new ones?",
	Statement: "The enlarged model, fitted to a batch of prompts, is better than trained attention, and the gap grows with d.",
	Revision:  5,
	Run:       runFigure5,
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
	floor                 estimate // of every depth
	enlarged              float64  // f~*, exact
	gap                   *float64 // best transformer less f~*, where it is proven best
	seen, unseen          estimate // accuracy of least squares less that of attention trained on the same batch, on it and on fresh prompts
	batchGap, freshGap    estimate // loss of the latter less that of the former
	above                 estimate // accuracy of the optimum less that of attention trained on new prompts, on fresh prompts
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

	last := &all[len(all)-1]
	verdict, why := verdict5(all, size)
	return &Result{
		Setup: fmt.Sprintf("n = 100, p = 1/2, uniform kernels, d = %s; batches of %d prompts, Adam at 0.01 for %d steps, %s; training on new prompts in batches of %d for %d steps; %d fresh prompts; best transformers for d up to %d.",
			listed(size.positions), size.batch, size.steps, plural.Of(size.seeds, "seed"), size.freshBatch, size.freshSteps, size.prompts, size.recovered),
		Verdict: verdict, Why: why,
		Quantity: fmt.Sprintf("accuracy of the enlarged model's exact optimum above attention trained on new prompts, d = %d, fresh prompts", last.d),
		Ours:     number(last.above.Mean), StandardError: number(last.above.SE),
		Tables: append(scoreTables5(all, size), gapTable5(all)),
		Plots:  []figure.Plot{scorePlot5(all, size), gapPlot5(all)},
	}, nil
}

// verdict5 compares the models at the largest d.
func verdict5(all []at5, size figure5Size) (verdict Verdict, why string) {
	first, last := &all[0], &all[len(all)-1]
	verdict = verdictFigure5(last.seen, last.unseen)
	why = fmt.Sprintf("with least squares scored on its own batch of %d prompts the accuracy of the enlarged model goes from %.3f at d = %d to %.3f at d = %d (trained attention there, on its batch: %.3f), but on fresh prompts the same fit has %.3f there (trained attention %.3f), because it has %d parameters; its exact optimum has %.3f, the Bayes predictor %.3f",
		size.batch, first.fitBatch.accuracy.Mean, first.d, last.fitBatch.accuracy.Mean, last.d, last.trainBatch.accuracy.Mean,
		last.fitFresh.accuracy.Mean, last.trainTest.accuracy.Mean, last.dimension, last.optimum.accuracy.Mean, last.bayes.accuracy.Mean)
	if exact := exactGaps5(all); len(exact.X) > 0 {
		why += fmt.Sprintf(". The gap of the models themselves is small: the best transformer is above the enlarged optimum by a loss of %.4f at d = %.0f", exact.Last(), exact.X[len(exact.X)-1])
	}
	return verdict, why
}

// exactGaps5 are the gaps of the models themselves, where they are proven.
func exactGaps5(all []at5) figure.Series {
	exact := figure.Series{Name: "best transformer less optimum, exact"}
	for i := range all {
		if all[i].gap != nil {
			exact.Add(float64(all[i].d), *all[i].gap)
		}
	}
	return exact
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

	config := train.Defaults()
	config.Data, config.Batch, config.Steps = train.Fixed, size.batch, size.steps
	trained, lost, err := trainSeeds(ctx, task, config, seed, size.seeds)
	if err != nil {
		return nil, err
	}
	at.lost = lost
	fits, err := at.fit(ctx, task, config, form, trained)
	if err != nil {
		return nil, err
	}
	config.Data, config.Batch, config.Steps = train.Fresh, size.freshBatch, size.freshSteps
	fresh, lost, err := trainSeeds(ctx, task, config, seed, size.seeds)
	if err != nil {
		return nil, err
	}
	at.freshLost = lost
	at.trainBatch, at.freshLast = onTraining(trained), onTraining(fresh)

	contexts, err := moment.NewContexts(task, seed)
	if err != nil {
		return nil, err
	}
	floor, err := landscape.FloorOf(ctx, contexts, form, optimum, landscape.FloorSettings{Contexts: size.prompts / 10})
	if err != nil {
		return nil, err
	}
	at.floor = estimate{Mean: floor.Value, SE: floor.SE}

	models := append([]lsa.Model{allHeads(optimum.X, task)}, fits...)
	models = append(models, modelsOf(trained)...)
	models = append(models, modelsOf(fresh)...)
	predictors, err := asPredictors([]predict.Predictor{predict.NewBayes(task)}, task, models...)
	if err != nil {
		return nil, err
	}
	e, err := evaluateFresh(ctx, task, seed, size.prompts, predictors)
	if err != nil {
		return nil, err
	}
	const best, firstFit = 1, 2 // among the predictors, after Bayes
	firstTrained := firstFit + len(fits)
	firstFresh := firstTrained + len(trained)
	at.bayes = onFresh(e, 0, best)
	at.optimum = scores{loss: estimate{Mean: at.enlarged}, accuracy: onFresh(e, best, firstFit).accuracy}
	at.fitFresh.accuracy = onFresh(e, firstFit, firstTrained).accuracy
	at.trainTest.accuracy = onFresh(e, firstTrained, firstFresh).accuracy
	at.freshTest.accuracy = onFresh(e, firstFresh, len(predictors)).accuracy
	var above, unseen [][]float64
	for i := range trained {
		unseen = append(unseen, differences(e.Hits(firstFit+i), e.Hits(firstTrained+i)))
	}
	for i := range fresh {
		above = append(above, differences(e.Hits(best), e.Hits(firstFresh+i)))
	}
	at.above, at.unseen = crossed(above), crossed(unseen)
	if at.trainTest.loss, err = exactLoss(form, modelsOf(trained)); err != nil {
		return nil, err
	}
	if at.freshTest.loss, err = exactLoss(form, modelsOf(fresh)); err != nil {
		return nil, err
	}
	return at, nil
}

// fit fits the enlarged model to the batch of each training run: of all that
// have the least squared error there, it is the one of least norm. It sets the
// scores of the fits and how they differ from those of the trained models, and
// returns them.
func (at *at5) fit(ctx context.Context, task markov.Task, config train.Config, form *moment.Form, trained []*train.Result) ([]lsa.Model, error) {
	var fits []lsa.Model
	var exact []float64
	runs := make([]*train.Result, len(trained)) // what training would report
	var hits, losses, freshLosses []float64     // differences
	for i, r := range trained {
		problem := train.Problem{Task: task, Config: config, Seed: r.Seed}
		batch, err := train.BatchForm(problem)
		if err != nil {
			return nil, err
		}
		least, err := landscape.Minimise(ctx, batch)
		if err != nil {
			return nil, fmt.Errorf("least squares, seed %d: %w", r.Seed, err)
		}
		m := allHeads(least.X, task)
		score, err := train.EvaluateBatch(ctx, problem, 0, m, 0)
		if err != nil {
			return nil, err
		}
		attention, err := train.PopulationLoss(form, r.Model)
		if err != nil {
			return nil, err
		}
		fits = append(fits, m)
		runs[i] = &train.Result{Train: score}
		exact = append(exact, form.Loss(least.X))
		hits = append(hits, score.Accuracy.Mean-r.Train.Accuracy.Mean)
		losses = append(losses, r.Train.MSE.Mean-score.MSE.Mean)
		freshLosses = append(freshLosses, attention-exact[i])
	}
	at.fitBatch = onTraining(runs)
	at.fitFresh.loss = meanOf(exact)
	at.seen, at.batchGap, at.freshGap = meanOf(hits), meanOf(losses), meanOf(freshLosses)
	return fits, nil
}

// allHeads returns the point X of the enlarged space as the model of D heads
// that it is.
func allHeads(X []float64, task markov.Task) *lsa.Structured {
	b, A := landscape.AllHeads(X, task.QueryDim())
	return &lsa.Structured{Layers: 1, Heads: task.Dim(), Dim: task.Dim(), B: b, A: A}
}

// differences returns a - b, entry by entry.
func differences(a, b []float64) []float64 {
	out := slices.Clone(a)
	for k, x := range b {
		out[k] -= x
	}
	return out
}

// exactLoss returns the mean over models of the loss on fresh prompts.
func exactLoss(form *moment.Form, models []lsa.Model) (estimate, error) {
	var losses []float64
	for _, m := range models {
		l, err := train.PopulationLoss(form, m)
		if err != nil {
			return estimate{}, err
		}
		losses = append(losses, l)
	}
	return meanOf(losses), nil
}

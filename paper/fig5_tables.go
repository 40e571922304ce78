package paper

import (
	"fmt"

	"markovicl/figure"
	"markovicl/internal/plural"
)

type accuracyRow5 struct {
	D          int       `column:"d"`
	Model      string    `column:"model"`
	FittedTo   string    `column:"fitted_to"`
	Parameters int       `column:"parameters"`
	Training   *estimate `column:"training_prompts"` // nil: it is fitted to no prompts
	Fresh      estimate  `column:"fresh_prompts"`
	Bayes      estimate  `column:"bayes"`
	Diverged   *int      `column:"diverged"` // nil: it is not trained
}

type lossRow5 struct {
	D        int       `column:"d"`
	Model    string    `column:"model"`
	FittedTo string    `column:"fitted_to"`
	Training *estimate `column:"training_prompts"`
	Fresh    estimate  `column:"fresh_prompts"`
	Optimum  float64   `column:"enlarged_optimum"`
	Floor    estimate  `column:"floor"`
	Bayes    estimate  `column:"bayes_risk"`
}

type gapRow5 struct {
	D       int      `column:"d"`
	Optimum float64  `column:"enlarged_optimum"`
	Gap     *float64 `column:"gap"`
	Above   estimate `column:"trained_above_optimum"`
	Batch   estimate `column:"batch_gap"`
	Fresh   estimate `column:"fresh_gap"`
}

// scoreTables5 are the tables of accuracies and of losses.
func scoreTables5(all []at5, size figure5Size) []Table {
	var accuracies []accuracyRow5
	var losses []lossRow5
	for i := range all {
		at := &all[i]
		for _, row := range []struct {
			model, data string
			parameters  int
			train       *scores
			fresh       scores
			diverged    *int
		}{
			{"enlarged", "least squares", at.dimension, &at.fitBatch, at.fitFresh, nil},
			{"enlarged", "optimum", at.dimension, nil, at.optimum, nil},
			{"attention", "one batch", (at.d + 1) * (at.d + 1), &at.trainBatch, at.trainTest, &at.lost},
			{"attention", "new prompts", (at.d + 1) * (at.d + 1), &at.freshLast, at.freshTest, &at.freshLost},
		} {
			var accuracy, loss *estimate
			if row.train != nil {
				accuracy, loss = &row.train.accuracy, &row.train.loss
			}
			accuracies = append(accuracies, accuracyRow5{at.d, row.model, row.data, row.parameters, accuracy, row.fresh.accuracy, at.bayes.accuracy, row.diverged})
			losses = append(losses, lossRow5{at.d, row.model, row.data, loss, row.fresh.loss, at.enlarged, at.floor, at.bayes.loss})
		}
	}
	return []Table{
		TableOf("accuracy", fmt.Sprintf("Share of prompts whose label is the state nearest to the prediction, with standard errors over seeds and prompts. least squares: the enlarged model of least norm among those fitted best to a batch of %d prompts; optimum: its exact population optimum; one batch: attention trained on the same batch; new prompts: on %d other prompts every step (training prompts: those of the last step).", size.batch, size.freshBatch), accuracies),
		TableOf("loss", "Mean squared error of the label for the same models. On fresh prompts it is exact for every model, from the moments of the task, and its standard error is over seeds alone; the Bayes risk is that of the fresh prompts of the accuracies.", losses),
	}
}

func gapTable5(all []at5) Table {
	var rows []gapRow5
	for i := range all {
		at := &all[i]
		above := estimate{Mean: at.freshTest.loss.Mean - at.enlarged, SE: at.freshTest.loss.SE}
		rows = append(rows, gapRow5{at.d, at.enlarged, at.gap, above, at.batchGap, at.freshGap})
	}
	return TableOf("gap", "Loss of the best one-layer transformer less the enlarged optimum, where the former is proven best to a relative 1e-6: the gap of the models themselves, without batches and training. Beside it, with standard errors over seeds: the loss of attention trained on new prompts less the optimum, and the loss of attention trained on one batch less that of least squares on the same batch, on that batch (batch_gap) and on fresh prompts (fresh_gap, exact).", rows)
}

// scorePlot5 shows accuracies and losses by d.
func scorePlot5(all []at5, size figure5Size) figure.Plot {
	panels := []figure.Plot{
		{Title: "Accuracy", X: figure.Axis{Label: "d"}, Y: figure.Axis{Label: "accuracy", Max: number(1)}},
		{Title: "Loss", X: figure.Axis{Label: "d"}, Y: figure.Axis{Label: "loss"}},
	}
	for _, line := range []struct {
		name     string
		quantity figure.Quantity
		pick     func(*at5) scores
	}{
		{"least squares, its batch", "", func(a *at5) scores { return a.fitBatch }},
		{"least squares, fresh", "", func(a *at5) scores { return a.fitFresh }},
		{"enlarged optimum, fresh", figure.Enlarged, func(a *at5) scores { return a.optimum }},
		{"trained LSA, its batch", figure.Trained, func(a *at5) scores { return a.trainBatch }},
		{"trained LSA, fresh", figure.Trained, func(a *at5) scores { return a.trainTest }},
		{"Bayes", figure.Bayes, func(a *at5) scores { return a.bayes }},
	} {
		a, l := figure.Series{Name: line.name, Quantity: line.quantity}, figure.Series{Name: line.name, Quantity: line.quantity}
		for i := range all {
			s, x := line.pick(&all[i]), float64(all[i].d)
			addWithError(&a, x, s.accuracy)
			addWithError(&l, x, s.loss)
		}
		panels[0].Series, panels[1].Series = append(panels[0].Series, a), append(panels[1].Series, l)
	}
	return figure.Plot{
		Name: "scores", Title: "Enlarged model and trained attention by d", Panels: panels, Columns: 2,
		Caption: fmt.Sprintf("n = 100, p = 1/2. The enlarged model by least squares on batches of %d prompts, and its exact optimum; attention (LSA) of one layer trained on the same batches; scored on the batch and on fresh prompts. Bands: one standard error over %s and %d prompts.", size.batch, plural.Of(size.seeds, "seed"), size.prompts),
	}
}

// gapPlot5 shows the differences between the models by d.
func gapPlot5(all []at5) figure.Plot {
	onBatch, onFresh := figure.Series{Name: "trained less least squares, on the batches"}, figure.Series{Name: "trained less least squares, fresh prompts"}
	for i := range all {
		addWithError(&onBatch, float64(all[i].d), all[i].batchGap)
		addWithError(&onFresh, float64(all[i].d), all[i].freshGap)
	}
	p := figure.Plot{
		Name: "gap", Title: "How much better is the enlarged model?",
		Caption: "Differences in loss between one-layer attention and the enlarged model. On the batches that models are fitted to the difference grows with the number of parameters, on fresh prompts it changes its sign; the exact difference of the best models has neither batch nor training. Bands: one standard error.",
		X:       figure.Axis{Label: "d"}, Y: figure.Axis{Label: "difference in loss"},
		Series: []figure.Series{onBatch, onFresh},
	}
	if exact := exactGaps5(all); len(exact.X) > 0 {
		p.Series = append(p.Series, exact)
	}
	return p
}

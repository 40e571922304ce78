package text

import (
	"fmt"

	"markovicl/ask"
	"markovicl/train"
)

func printTraining(p *printer, t *ask.TrainAnswer) error {
	fmt.Fprintf(p, "task: %s\n", t.Task)
	data := fmt.Sprintf("%s, batch %d", t.Config.Data, t.Config.Batch)
	if t.Config.Data == train.Population {
		data = "the population loss"
	}
	fmt.Fprintf(p, "model: %s; %s on %s\n\n", t.Model(), t.Config.Optimizer, data)
	number := func(x *float64, digits int) string {
		if x == nil {
			return "-"
		}
		return fmt.Sprintf("%.*f", digits, *x)
	}
	w := p.table()
	fmt.Fprintln(w, "\tsteps\tloss, training\tloss, fresh prompts\tstandard error\tloss, exact\taccuracy, fresh\tstatus")
	for _, s := range t.Seeds {
		fmt.Fprintf(w, "seed %d\t%d\t%.6f\t%s\t%s\t%s\t%s\t%s\n", s.Seed, s.Steps, s.LossTrain,
			number(s.LossFresh, 6), number(s.LossFreshSE, 6), number(s.LossPopulation, 6), number(s.AccuracyFresh, 4), s.Status)
	}
	if t.SD != nil {
		fmt.Fprintf(w, "mean\t\t\t%s\t%s\t\t\tsd over seeds %s\n", number(t.Mean, 6), number(t.SE, 6), number(t.SD, 6))
	}
	if t.EnlargedOptimum != nil {
		fmt.Fprintf(w, "enlarged optimum\t\t\t\t\t%s\t\tfloor of one layer\n", number(t.EnlargedOptimum, 6))
	}
	switch {
	case t.Floor == nil:
	case *t.FloorSE == 0:
		fmt.Fprintf(w, "floor of every depth\t\t\t\t\t%s\t\tfloor of all layers and heads\n", number(t.Floor, 6))
	default:
		fmt.Fprintf(w, "floor of every depth\t\t\t%s\t%s\t\t\tfloor of all layers and heads\n", number(t.Floor, 6), number(t.FloorSE, 6))
	}
	switch {
	case t.BayesRisk == nil:
	case *t.BayesRiskSE == 0:
		fmt.Fprintf(w, "Bayes risk\t\t\t\t\t%s\t\tfloor of every predictor\n", number(t.BayesRisk, 6))
	default:
		fmt.Fprintf(w, "Bayes risk\t\t\t%s\t%s\t\t\tfloor of every predictor\n", number(t.BayesRisk, 6), number(t.BayesRiskSE, 6))
	}
	return w.Flush()
}

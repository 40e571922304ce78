package ask

import (
	"context"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
	"markovicl/train"
)

// largestComparison is the dimension up to which the enlarged optimum is
// computed beside a training run: a matter of seconds.
const largestComparison = 1000

// largestSum is the n up to which exact risks at d = 1 are summed beside a
// training run.
const largestSum = 200

// bayesPrompts is the number of prompts for the Bayes risk where it is not had
// exactly. With a stationary start the risk given a prompt is an integral.
func bayesPrompts(task markov.Task) int {
	if task.Start().Kind() == markov.StationaryStart {
		return 2000
	}
	return 20_000
}

// addFloor adds the floor of every depth, where it is had, with the gain over the mean
// loss on fresh prompts; where there is none, over the enlarged optimum.
func (t *TrainAnswer) addFloor(ctx context.Context, env Env, source *forms, form *moment.Form, o *landscape.Optimum, seed uint64) error {
	loss := o.Loss
	if t.Mean != nil {
		loss = *t.Mean
	}
	floor, err := source.floor(ctx, env, t.Task, form, o, loss, contextsBeside(t.Task), seed)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		t.FloorAnswer = *floor
	}
	return nil
}

// compare adds the enlarged optimum, the exact losses and the Bayes risk, where
// they are had.
func (t *TrainAnswer) compare(ctx context.Context, env Env, task markov.Task, source *forms, study *train.Study) error {
	if source != nil {
		form := source.at(task.Context())
		o, err := landscape.Minimise(ctx, form)
		if err != nil {
			return err
		}
		if source.own == nil {
			if err := t.addFloor(ctx, env, source, form, o, study.Results[0].Seed); err != nil {
				return err
			}
		}
		t.EnlargedOptimum = &o.Loss
		for i, r := range study.Results {
			t.Seeds[i].LossPopulation = &r.Train.MSE.Mean
		}
		return nil
	}
	var form *moment.Form
	if q := task.QueryDim(); q*moment.Pairs(q+1) <= largestComparison {
		if moments, err := moment.Of(ctx, task, moment.Options{}); err == nil {
			form = moments.At(task.Context())
			o, err := landscape.Minimise(ctx, form)
			if err != nil {
				return err
			}
			t.EnlargedOptimum = &o.Loss
			if err := t.addFloor(ctx, env, &forms{moments: moments}, form, o, study.Results[0].Seed); err != nil {
				return err
			}
		} else if ctx.Err() != nil {
			return err
		}
	}
	for i, r := range study.Results {
		var loss float64
		var err error
		switch {
		case r.Model == nil:
			continue // the loss of a transformer is known on prompts only
		case t.Config.Data == train.Population:
			loss = r.Train.MSE.Mean
		case t.Config.Layers == 1 && form != nil:
			loss, err = train.PopulationLoss(form, r.Model)
		case task.Positions() == 1 && task.States() == 2 && task.Prior().Mixture() == nil && task.Context() <= largestSum && task.Start().Kind() != markov.StationaryStart:
			loss, err = train.ExactRisk(task, r.Model.NewForward().Predict)
		default:
			continue
		}
		if err != nil {
			return err
		}
		t.Seeds[i].LossPopulation = &loss
	}
	risk, err := predict.BayesRisk(ctx, task, study.Results[0].Seed, predict.Settings{Prompts: bayesPrompts(task)})
	if err != nil {
		return err
	}
	t.BayesRisk, t.BayesRiskSE = &risk.Mean, &risk.SE
	return nil
}

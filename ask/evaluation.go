package ask

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"markovicl/internal/plural"
	"markovicl/markov"
	"markovicl/predict"
)

// EvaluationAnswer compares predictors on many prompts.
type EvaluationAnswer struct {
	Task       markov.Task        `json:"task"`
	Source     PromptSource       `json:"source"`
	File       *FileReport        `json:"file,omitempty"` // how the file was read
	Prompts    int                `json:"prompts"`
	Seed       uint64             `json:"seed"`
	PriorFit   *PriorFit          `json:"prior_fit,omitempty"`
	Fit        *MomentFit         `json:"fit,omitempty"`
	Predictors []PredictorScore   `json:"predictors"`
	RankedBy   string             `json:"ranked_by"` // log_loss where every leading predictor has a distribution, else mse
	Ranking    []string           `json:"ranking"`   // names, the best first, the oracle left out, in log_loss only those with a distribution
	Paired     []PairedDifference `json:"mse_minus_best"`
	PairedLog  []PairedDifference `json:"log_loss_minus_best,omitempty"` // where log_loss ranks; only predictors with a distribution
	Advice     string             `json:"advice"`
	Ordered    bool               `json:"-"`               // the mean of states as numbers means something
	Notes      []string           `json:"notes,omitempty"` // what was left out, and what to beware of
}

// PredictorScore is how a predictor did over many prompts; a metric that it does not
// have is null, as the accuracies of a regression are. A predictor without a distribution has no log loss and no accuracy of its most
// likely state.
type PredictorScore struct {
	Name           string   `json:"name"`
	MSE            float64  `json:"mse"` // mean of (expected - e(y))^2
	MSESE          float64  `json:"mse_se"`
	Accuracy       *float64 `json:"accuracy"` // how often the state nearest to the expectation is y
	AccuracySE     *float64 `json:"accuracy_se"`
	AccuracyMode   *float64 `json:"accuracy_mode"` // how often the most likely state is y
	AccuracyModeSE *float64 `json:"accuracy_mode_se"`
	LogLoss        *float64 `json:"log_loss"` // mean of -log p(y), p clipped to [1e-15, 1-1e-15]
	LogLossSE      *float64 `json:"log_loss_se"`
}

func newPredictorScore(t markov.Task, s predict.Score) PredictorScore {
	score := PredictorScore{Name: s.Name, MSE: s.MSE.Mean, MSESE: s.MSE.SE}
	if t.Regression() == nil {
		score.Accuracy, score.AccuracySE = &s.Accuracy.Mean, &s.Accuracy.SE
	}
	if m := s.AccuracyMode; m != nil {
		score.AccuracyMode, score.AccuracyModeSE = &m.Mean, &m.SE
	}
	if m := s.LogLoss; m != nil {
		score.LogLoss, score.LogLossSE = &m.Mean, &m.SE
	}
	return score
}

// PromptSource says where the prompts came from.
type PromptSource struct {
	File    string   `json:"file,omitempty"` // empty if simulated
	States  []string `json:"states"`
	Chains  int      `json:"chains,omitempty"` // that the prompts are drawn from
	Summary string   `json:"-"`                // of the file, in a sentence
}

// PairedDifference is the mean squared error of a predictor minus that of the best
// one that does not know the kernel, on the same prompts.
type PairedDifference struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	SE   float64 `json:"se"`
}

func (q *Predict) evaluate(ctx context.Context, env Env, src *promptSource, predictors []predict.Predictor, fit *MomentFit, notes []string) (Answer, error) {
	if len(predictors) == 0 {
		return nil, inputf("predictors", "none of the predictors named applies")
	}
	source, err := q.prompts(src, false)
	if err != nil {
		return nil, err
	}
	const ample = 20 // times the chains of a prompt
	if n := int(src.task.Context()); src.windows != nil && src.windows.Len() < ample*(n+1) {
		notes = append(notes, fmt.Sprintf("the file has only %s for prompts of %d, so prompts are much alike; the standard errors are about these chains alone", plural.Of(src.windows.Len(), "chain"), n+1))
	}
	var e *predict.Evaluation
	for {
		e, err = predict.Evaluate(ctx, src.task, source, predictors, predict.Settings{
			Prompts: q.Prompts, Progress: func(done int) { env.progress("prompts", done, q.Prompts) },
		})
		failure, one := errors.AsType[*predict.Failure](err)
		if !one || len(predictors) == 1 {
			break
		}
		notes = append(notes, leftOut(failure.Name, failure))
		predictors = slices.DeleteFunc(predictors, func(p predict.Predictor) bool { return p.Name() == failure.Name })
	}
	if err != nil {
		return nil, err
	}
	answer := EvaluationAnswer{
		Task: src.task, Source: src.answer(), File: src.report(), Prompts: q.Prompts, Seed: q.Seed,
		PriorFit: src.prior, Fit: fit, Notes: notes, Ordered: src.ordered(),
	}
	for _, score := range e.Scores {
		answer.Predictors = append(answer.Predictors, newPredictorScore(src.task, score))
	}
	r := rank(e)
	answer.RankedBy, answer.Ranking, answer.Paired, answer.PairedLog = r.by, r.names(e), r.paired, r.pairedLog
	answer.Advice = r.advice(e, src)
	return answer, nil
}

func (src *promptSource) answer() PromptSource {
	answer := PromptSource{States: src.labels}
	if src.sequences != nil {
		answer.File, answer.Chains, answer.Summary = src.sequences.File, src.windows.Len(), src.sequences.String()
	}
	return answer
}

package ask

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"markovicl/markov"
	"markovicl/predict"
)

// EvaluationAnswer compares predictors on many prompts.
type EvaluationAnswer struct {
	Task       markov.Task        `json:"task"`
	Source     PromptSource       `json:"source"`
	Prompts    int                `json:"prompts"`
	Seed       uint64             `json:"seed"`
	PriorFit   *PriorFit          `json:"prior_fit,omitempty"`
	Fit        *MomentFit         `json:"fit,omitempty"`
	Predictors []PredictorScore   `json:"predictors"`
	Paired     []PairedDifference `json:"mse_minus_best"`
	Advice     string             `json:"advice"`
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
		notes = append(notes, fmt.Sprintf("the file has only %d chains for prompts of %d, so prompts are much alike; the standard errors are about these chains alone", src.windows.Len(), n+1))
	}
	e, err := predict.Evaluate(ctx, src.task, source, predictors, predict.Settings{
		Prompts: q.Prompts, Progress: func(done int) { env.progress("prompts", done, q.Prompts) },
	})
	if err != nil {
		return nil, err
	}
	answer := EvaluationAnswer{
		Task: src.task, Source: src.answer(), Prompts: q.Prompts, Seed: q.Seed,
		PriorFit: src.prior, Fit: fit, Notes: notes,
	}
	for _, score := range e.Scores {
		answer.Predictors = append(answer.Predictors, newPredictorScore(src.task, score))
	}
	answer.Paired, answer.Advice = compare(e, src)
	return answer, nil
}

func (src *promptSource) answer() PromptSource {
	answer := PromptSource{States: src.labels}
	if src.sequences != nil {
		answer.File, answer.Chains, answer.Summary = src.sequences.File, src.windows.Len(), src.sequences.String()
	}
	return answer
}

// compare finds the predictor with the smallest squared error among those that
// do not know the kernel, measures the others against it, and says in a
// sentence which to trust.
func compare(e *predict.Evaluation, src *promptSource) ([]PairedDifference, string) {
	best, bayes := -1, -1
	for i, s := range e.Scores {
		if s.Name == "bayes" {
			bayes = i
		}
		if s.Name != "oracle" && (best < 0 || s.MSE.Mean < e.Scores[best].MSE.Mean) {
			best = i
		}
	}
	if best < 0 {
		return []PairedDifference{}, "Only the oracle was run."
	}
	paired := []PairedDifference{}
	var close []string // not worse than the best by two standard errors
	for i, s := range e.Scores {
		d := e.Difference(i, best)
		paired = append(paired, PairedDifference{s.Name, d.Mean, d.SE})
		if i != best && s.Name != "oracle" && d.Mean <= 2*d.SE {
			close = append(close, s.Name)
		}
	}
	name := e.Scores[best].Name
	rest := "every other is worse by more than two standard errors"
	if len(close) > 0 {
		rest = "within two standard errors of it: " + strings.Join(close, ", ")
	}
	switch {
	case bayes < 0 || best == bayes:
		return paired, fmt.Sprintf("Trust %s: it has the smallest squared error; %s.", name, rest)
	case slices.Contains(close, "bayes"):
		return paired, fmt.Sprintf("Trust bayes: no predictor is better by more than two standard errors (%s is lower by %.2g ± %.2g).",
			name, paired[bayes].Mean, paired[bayes].SE)
	}
	reason := "so the prior does not describe these sequences; try `prior` fit"
	switch {
	case src.sequences == nil:
		reason = "which on prompts of the task's own prior can only be chance: try more prompts"
	case src.prior != nil:
		reason = "though the prior was fitted: the sequences are not chains of order one with kernels from such a prior"
	}
	return paired, fmt.Sprintf("Trust %s here: its squared error is lower than that of bayes by %.2g ± %.2g, %s.", name, paired[bayes].Mean, paired[bayes].SE, reason)
}

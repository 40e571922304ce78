package ask

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"markovicl/predict"
)

// ranking compares predictors that had the same prompts. The oracle, which knows
// the kernel, has no part in it.
type ranking struct {
	by                string // log_loss or mse
	order             []int  // predictors by their number, the best first
	paired, pairedLog []PairedDifference
	difference        func(i, j int) predict.Metric // in what ranks
}

// rank ranks predictors by their log loss if the one with the smallest squared
// error and all that are within two standard errors of it have a distribution,
// else by their squared error: a log loss says more about a distribution, but it
// must not pass over a leader that has none.
func rank(e *predict.Evaluation) *ranking {
	r := &ranking{by: "mse", paired: []PairedDifference{}, difference: e.Difference}
	for i, s := range e.Scores {
		if s.Name != "oracle" {
			r.order = append(r.order, i)
		}
	}
	if len(r.order) == 0 {
		return r
	}
	slices.SortStableFunc(r.order, func(i, j int) int { return cmp.Compare(e.Scores[i].MSE.Mean, e.Scores[j].MSE.Mean) })
	best, lawful := r.order[0], true
	for i, s := range e.Scores {
		d := e.Difference(i, best)
		r.paired = append(r.paired, PairedDifference{s.Name, d.Mean, d.SE})
		if s.LogLoss == nil && d.Mean <= 2*d.SE {
			lawful = false
		}
	}
	if !lawful {
		return r
	}
	r.by, r.difference = "log_loss", e.LogLossDifference
	r.order = slices.DeleteFunc(r.order, func(i int) bool { return e.Scores[i].LogLoss == nil })
	slices.SortStableFunc(r.order, func(i, j int) int { return cmp.Compare(e.Scores[i].LogLoss.Mean, e.Scores[j].LogLoss.Mean) })
	for i, s := range e.Scores {
		if s.LogLoss != nil {
			d := e.LogLossDifference(i, r.order[0])
			r.pairedLog = append(r.pairedLog, PairedDifference{s.Name, d.Mean, d.SE})
		}
	}
	return r
}

func (r *ranking) names(e *predict.Evaluation) []string {
	names := []string{}
	for _, i := range r.order {
		names = append(names, e.Scores[i].Name)
	}
	return names
}

// close returns the predictors that are not worse than the best by two standard
// errors.
func (r *ranking) close(e *predict.Evaluation) (names []string) {
	for _, i := range r.order[min(1, len(r.order)):] {
		if d := r.difference(i, r.order[0]); d.Mean <= 2*d.SE {
			names = append(names, e.Scores[i].Name)
		}
	}
	return names
}

// find returns the number of a ranked predictor, or -1.
func (r *ranking) find(e *predict.Evaluation, name string) int {
	for _, i := range r.order {
		if e.Scores[i].Name == name {
			return i
		}
	}
	return -1
}

// beaten reports whether some predictor is better than the named one by more than
// two standard errors; false where that was not run.
func (r *ranking) beaten(e *predict.Evaluation, name string) bool {
	at := r.find(e, name)
	return at >= 0 && slices.ContainsFunc(r.order, func(i int) bool {
		d := r.difference(at, i)
		return d.Mean > 2*d.SE
	})
}

// advice says in a sentence or two which predictor to trust, and whether anything
// can be learnt at all.
func (r *ranking) advice(e *predict.Evaluation, src *promptSource) string {
	if len(r.order) == 0 {
		return "Only the oracle was run."
	}
	loss := map[string]string{"mse": "squared error", "log_loss": "log loss"}[r.by]
	if r.find(e, "constant") >= 0 && len(r.order) > 1 && !r.beaten(e, "constant") {
		return fmt.Sprintf("There is nothing to learn here: no predictor beats constant in %s by more than two standard errors.", loss)
	}
	sentence := r.trust(e, src, loss)
	if r.find(e, "frequency") >= 0 && len(r.order) > 1 && !r.beaten(e, "frequency") {
		sentence += " No predictor beats frequency: what came before a state tells nothing beyond how often each occurs."
	}
	return sentence
}

func (r *ranking) trust(e *predict.Evaluation, src *promptSource, loss string) string {
	best, bayes, close := r.order[0], r.find(e, "bayes"), r.close(e)
	name := e.Scores[best].Name
	rest := "every other is worse by more than two standard errors"
	if len(r.order) == 1 {
		rest = "no other was run"
	}
	if len(close) > 0 {
		rest = "within two standard errors of it: " + strings.Join(close, ", ")
	}
	switch {
	case bayes < 0 || best == bayes:
		return fmt.Sprintf("Trust %s: it has the smallest %s; %s.", name, loss, rest)
	case slices.Contains(close, "bayes"):
		d := r.difference(bayes, best)
		return fmt.Sprintf("Trust bayes: no predictor is better in %s by more than two standard errors (%s is lower by %.2g ± %.2g).", loss, name, d.Mean, d.SE)
	}
	d := r.difference(bayes, best)
	reason := "so the prior does not describe these sequences; try `prior` fit"
	switch {
	case src.sequences == nil:
		reason = "which on prompts of the task's own prior can only be chance: try more prompts"
	case src.prior != nil:
		reason = "though the prior was fitted: the sequences are not chains of order one with kernels from such a prior"
	}
	return fmt.Sprintf("Trust %s here: its %s is lower than that of bayes by %.2g ± %.2g, %s.", name, loss, d.Mean, d.SE, reason)
}

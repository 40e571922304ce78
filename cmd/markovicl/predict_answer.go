package main

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"markovicl/markov"
	"markovicl/predict"
)

// evaluationAnswer is the JSON of predict --evaluate.
type evaluationAnswer struct {
	Task       markov.Task      `json:"task"`
	Source     sourceAnswer     `json:"source"`
	Prompts    int              `json:"prompts"`
	Seed       uint64           `json:"seed"`
	PriorFit   *priorFitAnswer  `json:"prior_fit,omitempty"`
	Fit        *momentFitAnswer `json:"fit,omitempty"`
	Predictors []predict.Score  `json:"predictors"`
	Paired     []pairedAnswer   `json:"mse_minus_best"`
	Advice     string           `json:"advice"`
}

// sourceAnswer says where the prompts came from.
type sourceAnswer struct {
	File   string   `json:"file,omitempty"` // empty if simulated
	States []string `json:"states"`
	Chains int      `json:"chains,omitempty"` // that the prompts are drawn from
}

// pairedAnswer is the mean squared error of a predictor minus that of the best
// one that does not know the kernel, on the same prompts.
type pairedAnswer struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	SE   float64 `json:"se"`
}

func (c *predictCmd) evaluate(a *app, src *predictSource, predictors []predict.Predictor, fit *momentFitAnswer) error {
	if len(predictors) == 0 {
		return badInputf("none of the predictors named applies")
	}
	source, err := c.prompts(src, false)
	if err != nil {
		return err
	}
	const ample = 20 // times the chains of a prompt
	if n := int(src.task.Context()); src.windows != nil && src.windows.Len() < ample*(n+1) {
		fmt.Fprintf(a.stderr, "note: the file has only %d chains for prompts of %d, so prompts are much alike; the standard errors are about these chains alone\n", src.windows.Len(), n+1)
	}
	set, end := a.progress("prompts", int64(c.Prompts))
	e, err := predict.Evaluate(a.ctx, src.task, source, predictors, predict.Settings{
		Prompts: c.Prompts, Progress: func(done int) { set(int64(done)) },
	})
	end()
	if err != nil {
		return err
	}
	answer := evaluationAnswer{
		Task: src.task, Source: src.answer(), Prompts: c.Prompts, Seed: c.Seed,
		PriorFit: src.prior, Fit: fit, Predictors: e.Scores,
	}
	answer.Paired, answer.Advice = compare(e, src)
	if c.JSON {
		return a.writeJSON(answer)
	}
	return c.printEvaluation(a, src, &answer)
}

func (src *predictSource) answer() sourceAnswer {
	answer := sourceAnswer{States: src.labels}
	if src.sequences != nil {
		answer.File, answer.Chains = src.sequences.File, src.windows.Len()
	}
	return answer
}

// compare finds the predictor with the smallest squared error among those that
// do not know the kernel, measures the others against it, and says in a
// sentence which to trust.
func compare(e *predict.Evaluation, src *predictSource) ([]pairedAnswer, string) {
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
		return []pairedAnswer{}, "Only the oracle was run."
	}
	paired := []pairedAnswer{}
	var close []string // not worse than the best by two standard errors
	for i, s := range e.Scores {
		d := e.Difference(i, best)
		paired = append(paired, pairedAnswer{s.Name, d.Mean, d.SE})
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
	reason := "so the prior does not describe these sequences; try --prior fit"
	switch {
	case src.sequences == nil:
		reason = "which on prompts of the task's own prior can only be chance: try more prompts"
	case src.prior != nil:
		reason = "though the prior was fitted: the sequences are not chains of order one with kernels from such a prior"
	}
	return paired, fmt.Sprintf("Trust %s here: its squared error is lower than that of bayes by %.2g ± %.2g, %s.", name, paired[bayes].Mean, paired[bayes].SE, reason)
}

func (c *predictCmd) printEvaluation(a *app, src *predictSource, answer *evaluationAnswer) error {
	src.describe(a.stdout)
	switch {
	case src.sequences == nil:
		fmt.Fprintf(a.stdout, "%d prompts drawn from the task, seed %d\n", c.Prompts, c.Seed)
	case src.training != nil:
		fmt.Fprintf(a.stdout, "%d prompts from the last %d chains of %d states, seed %d\n", c.Prompts, src.windows.Len(), src.task.Positions()+1, c.Seed)
	default:
		fmt.Fprintf(a.stdout, "%d prompts from %d chains of %d states, seed %d\n", c.Prompts, src.windows.Len(), src.task.Positions()+1, c.Seed)
	}
	if fit := answer.Fit; fit != nil {
		fmt.Fprintf(a.stdout, "optimum and best-lsa from %d training prompts (loss there: %.6f", fit.Prompts, fit.LossEnlarged)
		if fit.Loss != nil {
			fmt.Fprintf(a.stdout, " and %.6f; best-lsa proven best: %s", *fit.Loss, yesNo(*fit.Certified))
		}
		fmt.Fprintln(a.stdout, ")")
	}
	fmt.Fprintln(a.stdout)
	w := a.table()
	fmt.Fprintln(w, "predictor\tsquared error\t\taccuracy\t\tby mode\t\tlog loss\t")
	for _, s := range answer.Predictors {
		fmt.Fprintf(w, "%s\t%.5f\t± %.5f\t%.4f\t± %.4f\t%s\t%s\n", s.Name, s.MSE.Mean, s.MSE.SE, s.Accuracy.Mean, s.Accuracy.SE,
			metricCells(s.AccuracyMode), metricCells(s.LogLoss))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\n%s\n", answer.Advice)
	return nil
}

func metricCells(m *predict.Metric) string {
	if m == nil {
		return "-\t"
	}
	return fmt.Sprintf("%.4f\t± %.4f", m.Mean, m.SE)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// describe says what was read and what the task is.
func (src *predictSource) describe(w io.Writer) {
	if src.sequences != nil {
		fmt.Fprintln(w, src.sequences)
	}
	fmt.Fprintf(w, "task: %v\n", src.task)
	if src.prior == nil {
		return
	}
	fmt.Fprintf(w, "prior fitted to %d chains in %d stretches:\n", src.prior.Chains, src.prior.Units)
	for s, row := range src.prior.Alpha {
		fmt.Fprintf(w, "  after %s: alpha = %s\n", src.labels[s], strings.Trim(fmt.Sprintf("%.4g", row), "[]"))
	}
	if n := len(src.prior.AtBound); n > 0 {
		first := src.prior.AtBound[0]
		why := "the stretches differ no more than chance makes them differ"
		if first.Alpha == predict.LeastAlpha {
			why = "the transition is all but absent"
		}
		fmt.Fprintf(w, "  at a bound: %d of %d, the first %s -> %s = %g (%s)\n", n, len(src.labels)*len(src.labels), src.labels[first.Row], src.labels[first.Column], first.Alpha, why)
	}
}

// predictionAnswer is the JSON of predict without --evaluate.
type predictionAnswer struct {
	Task          markov.Task          `json:"task"`
	Source        sourceAnswer         `json:"source"`
	Context       int                  `json:"context"` // in-context chains
	Query         []string             `json:"query"`
	PriorFit      *priorFitAnswer      `json:"prior_fit,omitempty"`
	Fit           *momentFitAnswer     `json:"fit,omitempty"`
	Predictions   []onePrediction      `json:"predictions"`
	Steps         int                  `json:"steps,omitempty"`
	Greedy        *bool                `json:"greedy,omitempty"`
	Seed          *uint64              `json:"seed,omitempty"`
	Continuations []continuationAnswer `json:"continuations,omitempty"`
}

type onePrediction struct {
	Name         string             `json:"name"`
	Expected     float64            `json:"expected"`
	Distribution map[string]float64 `json:"distribution"` // null if there is none
	Nearest      string             `json:"nearest"`      // the state nearest to the expectation
	Mode         *string            `json:"mode"`         // the most likely state; null without a distribution
}

type continuationAnswer struct {
	Name   string   `json:"name"`
	States []string `json:"states"`
	Text   string   `json:"text"` // in the file's own symbols
}

func (c *predictCmd) predict(a *app, src *predictSource, predictors []predict.Predictor, fit *momentFitAnswer) error {
	prompt, err := c.prompt(src)
	if err != nil {
		return err
	}
	answer := predictionAnswer{
		Task: src.task, Source: src.answer(), Context: len(prompt.Context) / (src.task.Positions() + 1),
		Query: src.names(prompt.Query), PriorFit: src.prior, Fit: fit, Predictions: []onePrediction{},
	}
	var out predict.Prediction
	for _, p := range predictors {
		if err := p.Predict(prompt, &out); err != nil {
			return err
		}
		answer.Predictions = append(answer.Predictions, src.prediction(p.Name(), &out))
	}
	if c.Steps > 0 {
		answer.Steps, answer.Greedy, answer.Seed = c.Steps, &c.Greedy, &c.Seed
		for _, p := range predictors {
			var rng *rand.Rand
			if !c.Greedy {
				rng = rand.New(markov.Stream(c.Seed, 0)) // the same chance for each
			}
			states, err := predict.Continue(src.task, p, prompt, c.Steps, rng)
			if err != nil {
				return err
			}
			answer.Continuations = append(answer.Continuations, continuationAnswer{p.Name(), src.names(states), src.text(states)})
		}
	}
	if c.JSON {
		return a.writeJSON(answer)
	}
	return c.printPrediction(a, src, prompt, &answer)
}

func (src *predictSource) names(states []markov.State) []string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = src.labels[s]
	}
	return names
}

func (src *predictSource) text(states []markov.State) string {
	if src.sequences != nil {
		return src.sequences.Text(states)
	}
	separator := ""
	if len(src.labels) > 10 {
		separator = " "
	}
	return strings.Join(src.names(states), separator)
}

func (src *predictSource) prediction(name string, out *predict.Prediction) onePrediction {
	one := onePrediction{Name: name, Expected: out.Expected, Nearest: src.labels[predict.Nearest(src.task, out.Expected)]}
	if len(out.Distribution) > 0 {
		one.Distribution = map[string]float64{}
		for s, p := range out.Distribution {
			one.Distribution[src.labels[s]] = p
		}
		one.Mode = &src.labels[predict.Mode(out.Distribution)]
	}
	return one
}

// prompt returns what is to be predicted: the query of --query after the
// file's last n chains, or the last d states of the file after the last n chains
// that share no state with them, or the first simulated prompt.
func (c *predictCmd) prompt(src *predictSource) (*markov.Prompt, error) {
	if src.sequences == nil {
		sampler, err := markov.NewSampler(src.task, c.Seed)
		if err != nil {
			return nil, badInput(err)
		}
		p := &markov.Prompt{}
		return p, sampler.Prompt(p, 0)
	}
	d, n := src.task.Positions(), int(src.task.Context())
	lastSequence := len(src.sequences.List) - 1
	final := src.sequences.List[lastSequence].States
	p := &markov.Prompt{}
	queryAt := len(final)
	if c.Query != "" {
		var err error
		if p.Query, err = src.sequences.Parse(c.Query); err != nil {
			return nil, badInputf("--query: %w", err)
		}
	} else {
		if queryAt -= d; queryAt < 0 {
			return nil, badInputf("%s: the last sequence has %d states, fewer than the d = %d of a query; give --query", src.sequences.File, len(final), d)
		}
		p.Query = final[queryAt:]
	}
	var chains []int
	for i := src.windows.Len() - 1; i >= 0 && len(chains) < n; i-- {
		if sequence, offset := src.windows.Place(i); sequence == lastSequence && offset+d >= queryAt {
			continue
		}
		chains = append(chains, i)
	}
	if len(chains) < n {
		return nil, badInputf("%s: only %d chains share no state with the query, but n = %d; give a smaller --n or --d", src.sequences.File, len(chains), n)
	}
	slices.Reverse(chains)
	for _, i := range chains {
		p.Context = append(p.Context, src.windows.Chain(i)...)
	}
	return p, nil
}

func (c *predictCmd) printPrediction(a *app, src *predictSource, prompt *markov.Prompt, answer *predictionAnswer) error {
	src.describe(a.stdout)
	query := src.text(prompt.Query)
	switch {
	case src.sequences == nil:
		fmt.Fprintf(a.stdout, "query: %s, after %d simulated chains; what came next was %s\n\n", query, answer.Context, src.labels[prompt.Label])
	case c.Query != "":
		fmt.Fprintf(a.stdout, "query: %s, after the last %d chains of the file\n\n", query, answer.Context)
	default:
		fmt.Fprintf(a.stdout, "query: %s, the last %d states of the file, after the %d chains before them\n\n", query, src.task.Positions(), answer.Context)
	}
	w := a.table()
	fmt.Fprintln(w, "predictor\texpected\tnearest\tdistribution")
	for _, p := range answer.Predictions {
		fmt.Fprintf(w, "%s\t%.5f\t%s\t%s\n", p.Name, p.Expected, p.Nearest, src.distribution(p.Distribution))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if c.Steps == 0 {
		return nil
	}
	how := fmt.Sprintf("drawn with seed %d", c.Seed)
	if c.Greedy {
		how = "the most likely state each time"
	}
	fmt.Fprintf(a.stdout, "\n%d steps on, %s:\n\n", c.Steps, how)
	w = a.table()
	for _, x := range answer.Continuations {
		fmt.Fprintf(w, "%s\t%s\n", x.Name, x.Text)
	}
	return w.Flush()
}

// distribution writes the likeliest states, in the order of the states if all
// fit.
func (src *predictSource) distribution(law map[string]float64) string {
	if law == nil {
		return "-"
	}
	const most = 6
	labels := slices.Clone(src.labels)
	more := ""
	if len(labels) > most {
		slices.SortStableFunc(labels, func(x, y string) int { return cmp.Compare(law[y], law[x]) })
		labels, more = labels[:most], " .."
	}
	var words []string
	for _, label := range labels {
		words = append(words, fmt.Sprintf("%s %.4f", label, law[label]))
	}
	return strings.Join(words, "  ") + more
}

package ask

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"markovicl/markov"
	"markovicl/predict"
)

// Predict asks what follows in sequences of states: of a file, or with Simulate of
// the task's own prompts. Its answer is a PredictionAnswer, with Evaluate an
// EvaluationAnswer that compares the predictors, with Each an EachAnswer, with
// Transitions a TransitionsAnswer.
type Predict struct {
	File       string   `arg:"" optional:"" help:"Chain file: FASTA, FASTQ, text, CSV or JSON, also compressed by gzip; - is standard input."`
	Simulate   bool     `help:"Instead of a file: draw the prompts from the task."`
	Evaluate   bool     `help:"Compare the predictors on many prompts."`
	Prompts    int      `default:"1000" help:"Number of prompts of the evaluation."`
	Seed       uint64   `default:"1" help:"Seed of the prompts and of sampled states."`
	Query      string   `placeholder:"STATES" help:"Predict what follows these states; without it, what follows the file's last d states."`
	Steps      int      `placeholder:"K" help:"Extend the query by K states with each predictor, feeding its output back."`
	Greedy     bool     `help:"With --steps: take the most likely state instead of drawing one."`
	Params     string   `placeholder:"FILE" help:"Add the predictor lsa, or transformer, with these parameters (.safetensors, .npz, .json)."`
	Fit        bool     `help:"Estimate the moments from prompts of the file's first half, and take optimum and best-lsa from them instead of from the task; evaluate on the second half."`
	FitPrompts int      `placeholder:"N" help:"Prompts of the estimate; by default 20 for each enlarged parameter and at least 5000."`
	Predictors []string `placeholder:"NAME" help:"Only these predictors."`

	Absorbing   []string `placeholder:"STATE" help:"With --steps: states that end a continuation."`
	Each        bool     `help:"One prediction for each sequence of a file, or for each of its names: what follows its last d states, after all other chains of the file unless --n says how many."`
	Transitions bool     `help:"Instead of predictions: the transitions of the whole file with standard errors, a test of its order and the stationary law."`

	Task
	ChainFile
}

// Command implements Question.
func (*Predict) Command() string { return "predict" }

func (q *Predict) ask(ctx context.Context, env Env) (Answer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	if err := q.idle(); err != nil {
		return nil, err
	}
	if q.Transitions {
		return q.transitions(env)
	}
	var model *fileModel
	var err error
	if q.Params != "" {
		if model, err = env.readModel("params", q.Params); err != nil {
			return nil, err
		}
	}
	src, err := q.source(env, model)
	if err != nil {
		return nil, err
	}
	predictors, fit, notes, err := q.predictors(ctx, env, src, model)
	if err != nil {
		return nil, err
	}
	if model != nil {
		notes = append(notes, model.notes(q.Params, src.task)...)
	}
	if q.Evaluate {
		return q.evaluate(ctx, env, src, predictors, fit, notes)
	}
	if q.Each {
		return q.each(ctx, src, predictors, notes)
	}
	return q.predict(src, predictors, fit, notes)
}

// idle refuses fields that are given and would have no effect.
func (q *Predict) idle() error {
	switch {
	case q.Transitions:
		return idle(q, "the transitions of a whole file", "d", "n", "start", "p", "embedding", "bias", "order", "predictors", "params", "fit", "prompts", "seed", "window", "stride")
	case q.Simulate:
		if err := idleGroup(q, "prompts that are drawn from the task", "Chain file"); err != nil {
			return err
		}
	}
	if q.Evaluate {
		return nil
	}
	what := "one prediction"
	if q.Each {
		what = "one prediction for each sequence"
	}
	if chance := q.Simulate || q.Steps > 0 || q.Fit; !chance {
		if err := idle(q, what, "seed"); err != nil {
			return err
		}
	}
	return idle(q, what, "prompts")
}

func (q *Predict) check() error {
	switch {
	case q.Simulate && q.File != "":
		return inputf("simulate", "`simulate` draws prompts from the task; leave out %s, or `simulate`", q.File)
	case !q.Simulate && q.File == "":
		return inputf("simulate", "give a chain file, or `simulate` to draw prompts from the task")
	case q.Simulate && q.Query != "":
		return inputf("query", "`query` is for files; a simulated prompt has a query of its own")
	case q.Evaluate && (q.Query != "" || q.Steps != 0):
		return inputf("evaluate", "`evaluate` takes its queries from the prompts; leave out `query` and `steps`")
	case q.Steps < 0:
		return inputf("steps", "`steps` must be at least 1, got %d", q.Steps)
	case q.Greedy && q.Steps == 0:
		return inputf("greedy", "`greedy` says how states are chosen; give `steps` too")
	case q.Evaluate && q.Prompts < 2:
		return inputf("prompts", "`prompts` must be at least 2, got %d: there is no standard error from fewer", q.Prompts)
	case (q.Each || q.Transitions) && q.Simulate:
		return inputf("simulate", "`each` and `transitions` are about a file; leave out `simulate`")
	case q.Each && (q.Evaluate || q.Query != "" || q.Steps != 0):
		return inputf("each", "`each` takes the end of each sequence as its query; leave out `evaluate`, `query` and `steps`")
	case q.Transitions && (q.Evaluate || q.Each || q.Query != "" || q.Steps != 0):
		return inputf("transitions", "`transitions` is an answer of its own; leave out `evaluate`, `each`, `query` and `steps`")
	case len(q.Absorbing) > 0 && q.Steps == 0:
		return inputf("absorbing", "`absorbing` ends continuations; give `steps` too")
	case q.FitPrompts < 0:
		return inputf("fit-prompts", "`fit-prompts` must be at least 1, got %d", q.FitPrompts)
	case q.FitPrompts > 0 && !q.Fit:
		return inputf("fit-prompts", "`fit-prompts` is for `fit`")
	}
	for _, name := range q.Predictors {
		if !slices.Contains(predictorNames, name) {
			return inputf("predictors", "there is no predictor %q; choose among %s", name, strings.Join(predictorNames, ", "))
		}
	}
	if slices.Contains(q.Predictors, "oracle") && !q.Simulate {
		return inputf("simulate", "the oracle knows the kernel, which a file does not tell; it is for `simulate`")
	}
	for _, name := range []string{"lsa", "transformer"} {
		if slices.Contains(q.Predictors, name) && q.Params == "" {
			return inputf("params", "the predictor %s needs parameters; give `params` FILE", name)
		}
	}
	return nil
}

// PredictionAnswer says what follows one query.
type PredictionAnswer struct {
	Task          markov.Task     `json:"task"`
	Source        PromptSource    `json:"source"`
	File          *FileReport     `json:"file,omitempty"`  // how the file was read
	Context       int             `json:"context"`         // in-context chains
	Query         []string        `json:"query"`           // states, or numbers of a regression
	QueryText     string          `json:"-"`               // in the file's own symbols
	Label         string          `json:"label,omitempty"` // what came next, of a simulated prompt
	PriorFit      *PriorFit       `json:"prior_fit,omitempty"`
	Fit           *MomentFit      `json:"fit,omitempty"`
	Predictions   []OnePrediction `json:"predictions"`
	Steps         int             `json:"steps,omitempty"`
	Greedy        *bool           `json:"greedy,omitempty"`
	Seed          *uint64         `json:"seed,omitempty"`
	Continuations []Continuation  `json:"continuations,omitempty"`
	Notes         []string        `json:"notes,omitempty"` // what was left out
}

// OnePrediction is what one predictor says.
type OnePrediction struct {
	Name         string             `json:"name"`
	Expected     float64            `json:"expected"`
	Distribution map[string]float64 `json:"distribution" jsonschema:"nullable"` // null if there is none
	Nearest      *string            `json:"nearest"`                            // the state nearest to the expectation
	Mode         *string            `json:"mode"`                               // the most likely state; null without a distribution
}

// Continuation is a query extended by one predictor.
type Continuation struct {
	Name   string   `json:"name"`
	States []string `json:"states"` // fewer than asked for where the last is absorbing
	Text   string   `json:"text"`   // in the file's own symbols
}

func (q *Predict) predict(src *promptSource, predictors []predict.Predictor, fit *MomentFit, notes []string) (Answer, error) {
	prompt, err := q.prompt(src)
	if err != nil {
		return nil, err
	}
	absorbing, err := q.absorbing(src)
	if err != nil {
		return nil, err
	}
	answer := PredictionAnswer{
		Task: src.task, Source: src.answer(), File: src.report(), Context: src.task.Columns(prompt),
		Query: src.names(prompt.Query), QueryText: src.text(prompt.Query),
		PriorFit: src.prior, Fit: fit, Predictions: []OnePrediction{},
	}
	switch {
	case prompt.Real != nil:
		answer.ofRegression(prompt.Real)
	case src.sequences == nil:
		answer.Label = src.labels[prompt.Label]
	}
	if q.Steps > 0 {
		answer.Steps, answer.Greedy, answer.Seed = q.Steps, &q.Greedy, &q.Seed
	}
	var out predict.Prediction
	for _, p := range predictors {
		if err := p.Predict(prompt, &out); err != nil {
			notes = append(notes, leftOut(p.Name(), err))
			continue
		}
		answer.Predictions = append(answer.Predictions, src.prediction(p.Name(), &out))
		if q.Steps == 0 {
			continue
		}
		var rng *rand.Rand
		if !q.Greedy {
			rng = rand.New(markov.Stream(q.Seed, 0)) // the same chance for each
		}
		states, err := predict.Continue(src.task, p, prompt, q.Steps, rng, absorbing...)
		if err != nil {
			notes = append(notes, leftOut(p.Name(), err))
			continue
		}
		answer.Continuations = append(answer.Continuations, Continuation{p.Name(), src.names(states), src.text(states)})
	}
	if len(answer.Predictions) == 0 {
		return nil, inputf("predictors", "no predictor has an answer: %s", strings.Join(notes, "; "))
	}
	answer.Notes = notes
	return answer, nil
}

// leftOut is the note about a predictor that cannot be had.
func leftOut(name string, err error) string { return name + " is left out: " + err.Error() }

// absorbing returns the states of Absorbing.
func (q *Predict) absorbing(src *promptSource) (states []markov.State, err error) {
	for _, label := range q.Absorbing {
		i := slices.Index(src.labels, label)
		if i < 0 {
			return nil, inputf("absorbing", "`absorbing`: %q is no state; the states are %q", label, src.labels)
		}
		states = append(states, markov.State(i))
	}
	return states, nil
}

// ofRegression sets the query and the label of a prompt of a regression: numbers.
func (a *PredictionAnswer) ofRegression(p *markov.RealPrompt) {
	a.Query = nil
	var words []string
	for _, x := range p.Input(p.Len()) {
		a.Query = append(a.Query, strconv.FormatFloat(x, 'g', -1, 64))
		words = append(words, strconv.FormatFloat(x, 'g', 6, 64))
	}
	a.QueryText = strings.Join(words, ", ")
	a.Label = strconv.FormatFloat(p.Labels[p.Len()], 'g', -1, 64)
}

func (src *promptSource) names(states []markov.State) []string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = src.labels[s]
	}
	return names
}

func (src *promptSource) text(states []markov.State) string {
	if src.sequences != nil {
		return src.sequences.Text(states)
	}
	separator := ""
	if len(src.labels) > 10 {
		separator = " "
	}
	return strings.Join(src.names(states), separator)
}

func (src *promptSource) prediction(name string, out *predict.Prediction) OnePrediction {
	one := OnePrediction{Name: name, Expected: out.Expected}
	if src.ordered() && src.task.Regression() == nil {
		one.Nearest = &src.labels[predict.Nearest(src.task, out.Expected)]
	}
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
func (q *Predict) prompt(src *promptSource) (*markov.Prompt, error) {
	if src.sequences == nil {
		sampler, err := markov.NewSampler(src.task, q.Seed)
		if err != nil {
			return nil, input("", err)
		}
		p := &markov.Prompt{}
		return p, sampler.Prompt(p, 0)
	}
	d, n := src.task.Positions(), src.chains()
	lastSequence := len(src.sequences.List) - 1
	final := src.sequences.List[lastSequence].States
	p := &markov.Prompt{}
	queryAt := len(final)
	if q.Query != "" {
		var err error
		if p.Query, err = src.sequences.Parse(q.Query); err != nil {
			return nil, inputf("query", "`query`: %w", err)
		}
	} else {
		if queryAt -= d; queryAt < 0 {
			return nil, inputf("query", "%s: the last sequence has %d states, fewer than the d = %d of a query; give a `query`, or a smaller `d`", src.sequences.File, len(final), d)
		}
		p.Query = final[queryAt:]
	}
	return p, src.context(p, lastSequence, queryAt, n)
}

// context puts the last n chains into a prompt that share no state with a query
// that begins at a place of a sequence; n = 0 is all of them.
func (src *promptSource) context(p *markov.Prompt, sequence, queryAt, n int) error {
	d := src.task.Positions()
	var chains []int
	for i := src.windows.Len() - 1; i >= 0 && (n == 0 || len(chains) < n); i-- {
		if at, offset := src.windows.Place(i); at == sequence && offset+d >= queryAt {
			continue
		}
		chains = append(chains, i)
	}
	if len(chains) < max(n, 1) {
		remedy := "a longer file"
		if len(chains) > 0 {
			remedy = fmt.Sprintf("a smaller `n`, %d at most, or %s", len(chains), remedy)
		}
		return inputf("n", "%s: %d chains of the file share no state with the query, but n = %d; give %s", src.sequences.File, len(chains), max(n, 1), remedy)
	}
	slices.Reverse(chains)
	p.Context = p.Context[:0]
	for _, i := range chains {
		p.Context = append(p.Context, src.windows.Chain(i)...)
	}
	return nil
}

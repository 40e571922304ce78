package ask

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
	"markovicl/predict"
)

// Prompt asks for one prompt drawn from a task, for what linear attention sees of
// it, and for what each predictor makes of it. Its answer is a PromptAnswer.
type Prompt struct {
	Seed       uint64   `default:"1" help:"Seed of the prompts."`
	Index      uint64   `default:"0" help:"Which of the prompts of this seed."`
	Predictors []string `placeholder:"NAME" help:"Only these predictors."`

	Task
}

// Command implements Question.
func (*Prompt) Command() string { return "prompt" }

// PromptAnswer is one prompt.
type PromptAnswer struct {
	Task       markov.Task        `json:"task"`
	Context    [][]int            `json:"context"` // [n][d+1] the in-context chains
	Query      []int              `json:"query"`   // [d]
	Label      int                `json:"label"`
	LabelValue float64            `json:"label_value"` // its embedding, what is to be predicted
	Oracle     []float64          `json:"oracle"`      // [S] law of the label, for who knows the kernel
	Counts     [][]int            `json:"counts"`      // [S][S] transitions in the context; of order k from the last state
	Rows       []PromptRow        `json:"rows"`        // [D] rows of the prompt matrix
	Gram       [][]float64        `json:"gram"`        // [D][D] mean of zz' over the context
	Features   []float64          `json:"features"`    // [q] of the query
	Predicted  []PromptPrediction `json:"predictions"`
	Notes      []string           `json:"notes,omitempty"`
}

// PromptRow says what a row of the prompt matrix holds.
type PromptRow struct {
	Name     string `json:"name"`
	Position int    `json:"position"` // in a chain, from 0; -1 for the constant
}

// PromptPrediction is what one predictor says of a prompt.
type PromptPrediction struct {
	Name         string    `json:"name"`
	Expected     float64   `json:"expected"`
	Distribution []float64 `json:"distribution" jsonschema:"nullable"` // [S], null if there is none
}

// mostChains bounds the prompts that are shown whole.
const mostChains = 10_000

func (q *Prompt) ask(ctx context.Context, env Env) (Answer, error) {
	simulate := &Predict{Simulate: true, Seed: q.Seed, Predictors: q.Predictors, Prompts: 2, Task: q.Task}
	if err := simulate.check(); err != nil {
		return nil, err
	}
	src, err := simulate.source(env, nil)
	if err != nil {
		return nil, err
	}
	task := src.task
	if task.Context() > mostChains {
		return nil, inputf("n", "a prompt is shown up to n = %d, got %v", mostChains, task.Context())
	}
	if task.Regression() != nil {
		return nil, inputf("family", "prompts of states are shown; a regression has none")
	}
	sampler, err := markov.NewSampler(task, q.Seed)
	if err != nil {
		return nil, input("", err)
	}
	var p markov.Prompt
	if err := sampler.Prompt(&p, q.Index); err != nil {
		return nil, err
	}
	answer := newPromptAnswer(task, &p)
	predictors, _, notes, err := simulate.predictors(ctx, env, src, nil)
	if err != nil {
		return nil, err
	}
	answer.Notes = notes
	for _, predictor := range predictors {
		var out predict.Prediction
		if err := predictor.Predict(&p, &out); err != nil {
			return nil, err
		}
		answer.Predicted = append(answer.Predicted, PromptPrediction{predictor.Name(), out.Expected, out.Distribution})
	}
	var out predict.Prediction
	if err := predict.NewOracle(task).Predict(&p, &out); err != nil {
		return nil, err
	}
	answer.Oracle = out.Distribution
	return answer, nil
}

// newPromptAnswer shows a prompt, without predictions.
func newPromptAnswer(task markov.Task, p *markov.Prompt) PromptAnswer {
	d, S, D, n := task.Positions(), task.States(), task.Dim(), task.Columns(p)
	answer := PromptAnswer{
		Task: task, Query: whole(p.Query), Label: int(p.Label), LabelValue: task.Embedding().Label(p.Label),
		Rows: promptRows(task), Features: make([]float64, task.QueryDim()), Predicted: []PromptPrediction{},
	}
	answer.Counts = make([][]int, S)
	for s := range answer.Counts {
		answer.Counts[s] = make([]int, S)
	}
	task.Query(answer.Features, p)
	gram := mat.NewSymDense(D, nil)
	column := mat.NewVecDense(D, nil)
	for i := range n {
		chain := p.Context[i*(d+1) : (i+1)*(d+1)]
		answer.Context = append(answer.Context, whole(chain))
		for k := range d {
			answer.Counts[chain[k]][chain[k+1]]++
		}
		task.PromptColumn(column.RawVector().Data, p, i)
		gram.SymRankOne(gram, 1/float64(n), column)
	}
	for i := range D {
		row := make([]float64, D)
		for k := range row {
			row[k] = gram.At(i, k)
		}
		answer.Gram = append(answer.Gram, row)
	}
	return answer
}

// promptRows names the rows of the prompt matrix.
func promptRows(task markov.Task) []PromptRow {
	var rows []PromptRow
	if task.Bias() {
		rows = append(rows, PromptRow{"1", -1})
	}
	width := task.Embedding().Width(task.States())
	for i := range task.Positions() {
		for s := range width {
			name := fmt.Sprintf("x%d", i+1)
			if width > 1 {
				name = fmt.Sprintf("x%d=%d", i+1, s)
			}
			rows = append(rows, PromptRow{name, i})
		}
	}
	return append(rows, PromptRow{"y", task.Positions()})
}

// whole returns states as numbers; a slice of bytes would be base64 in JSON.
func whole(states []markov.State) []int {
	out := make([]int, len(states))
	for i, s := range states {
		out[i] = int(s)
	}
	return out
}

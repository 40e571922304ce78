package ask

import (
	"fmt"

	"markovicl/chainfile"
	"markovicl/markov"
	"markovicl/predict"
)

// TransitionsAnswer describes the transitions of a whole file.
type TransitionsAnswer struct {
	File        FileReport         `json:"file"`
	Name        string             `json:"name"`  // of the file
	Summary     string             `json:"-"`     // of the file, in a sentence
	Prior       string             `json:"prior"` // of the rows, under which probabilities are posterior means
	Transitions TransitionMatrix   `json:"transitions"`
	Stationary  map[string]float64 `json:"stationary"` // law of the frequencies in the long run; null if there is none or more than one
	WhyNot      string             `json:"why_not_stationary,omitempty"`
	Order       OrderAnswer        `json:"order"`
}

// TransitionMatrix has a row for each state that is left, a column for each that
// comes after it.
type TransitionMatrix struct {
	States         []string    `json:"states"`
	Counts         [][]int64   `json:"counts"`
	Probabilities  [][]float64 `json:"probabilities"`   // posterior means
	StandardErrors [][]float64 `json:"standard_errors"` // posterior standard deviations
}

// OrderAnswer compares chains of order 0, 1 and 2 on the positions that have two
// states before them.
type OrderAnswer struct {
	Positions int64                     `json:"positions"`
	Models    []predict.OrderModel      `json:"models"`
	Tests     []predict.OrderComparison `json:"tests"`
	Chosen    int                       `json:"chosen"` // by BIC
}

// transitions counts the transitions of a file, in bounded memory where it can.
func (q *Predict) transitions(env Env) (Answer, error) {
	opts, err := q.options()
	if err != nil {
		return nil, err
	}
	spec, _, err := q.Task.spec(env)
	if err != nil {
		return nil, err
	}
	if spec.Prior.Text == "fit" {
		return nil, inputf("prior", "`prior` fit is for prompts; the transitions of a whole file have one kernel, and a given `prior`")
	}
	file, err := env.open("file", q.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	counts, err := chainfile.Count(file, q.File, opts)
	if err != nil {
		return nil, input("file", err)
	}
	S := len(counts.Labels)
	if spec.States != 0 && spec.States != S {
		return nil, inputf("states", "the task has %d states and %s has %d; leave out `states`", spec.States, q.File, S)
	}
	task, err := markov.NewTask(markov.Spec{States: S, OneState: S == 1, D: 1, Prior: spec.Prior})
	if err != nil {
		return nil, input("prior", err)
	}
	t, err := predict.NewTransitions(counts, task.Prior())
	if err != nil {
		return nil, input("prior", err)
	}
	answer := TransitionsAnswer{
		File: counts.Report(nil), Name: q.File, Summary: counts.String(), Prior: task.Prior().String(), WhyNot: t.WhyNot,
		Transitions: TransitionMatrix{States: counts.Labels},
		Order:       OrderAnswer{t.Order.Positions, t.Order.Models[:], t.Order.Tests, t.Order.Chosen},
	}
	for s := range S {
		m := &answer.Transitions
		m.Counts = append(m.Counts, counts.Two[s*S:(s+1)*S])
		m.Probabilities = append(m.Probabilities, t.Probabilities[s*S:(s+1)*S])
		m.StandardErrors = append(m.StandardErrors, t.StandardErrors[s*S:(s+1)*S])
	}
	if t.Stationary != nil {
		answer.Stationary = map[string]float64{}
		for s, p := range t.Stationary {
			answer.Stationary[counts.Labels[s]] = p
		}
	}
	return answer, nil
}

// String says which order the BIC chooses, and whether a test contradicts it.
func (o OrderAnswer) String() string {
	if o.Positions == 0 {
		return "no state has two before it, so nothing can be said about the order"
	}
	text := fmt.Sprintf("BIC chooses order %d", o.Chosen)
	if o.Chosen == 0 {
		text += ": what came before a state tells nothing about it that pays for its parameters"
	}
	for _, t := range o.Tests {
		const level = 0.01
		switch {
		case t.Null == o.Chosen && t.P < level:
			text += fmt.Sprintf("; the likelihood-ratio test rejects it against order %d (p = %.2g)", t.Alternative, t.P)
		case t.Alternative == o.Chosen && t.P >= level:
			text += fmt.Sprintf("; the likelihood-ratio test does not reject order %d against it (p = %.2g)", t.Null, t.P)
		}
	}
	return text
}

package ask

import (
	"context"
	"fmt"
	"strings"

	"markovicl/internal/plural"
	"markovicl/markov"
	"markovicl/predict"
)

// EachAnswer has a prediction for every sequence of a file, or for every name if
// sequences have one.
type EachAnswer struct {
	Task      markov.Task      `json:"task"`
	Source    PromptSource     `json:"source"`
	File      *FileReport      `json:"file"`
	PriorFit  *PriorFit        `json:"prior_fit,omitempty"`
	Predictor string           `json:"predictor"` // bayes, or the first that was asked for
	Each      []EachPrediction `json:"each"`
	Notes     []string         `json:"notes,omitempty"`
}

// EachPrediction says what follows the end of one sequence.
type EachPrediction struct {
	ID           string             `json:"id"` // name of the sequence, or its number from 1
	Query        []string           `json:"query"`
	QueryText    string             `json:"-"`       // in the file's own symbols
	Context      int                `json:"context"` // in-context chains
	State        string             `json:"state"`   // the most likely; ties go to the first in order
	Distribution map[string]float64 `json:"distribution"`
}

// each predicts what follows each sequence, by the first predictor that has a
// distribution.
func (q *Predict) each(ctx context.Context, src *promptSource, predictors []predict.Predictor, notes []string) (Answer, error) {
	answer := EachAnswer{Task: src.task, Source: src.answer(), File: src.report(), PriorFit: src.prior, Each: []EachPrediction{}, Notes: notes}
	d := src.task.Positions()
	list := src.sequences.List
	var short []string
	var out predict.Prediction
	var prompt markov.Prompt
	for i, sequence := range list {
		if i+1 < len(list) && list[i+1].Number == sequence.Number {
			continue // a later piece of it is its end
		}
		id := sequence.Name
		if id == "" {
			id = fmt.Sprint(sequence.Number)
		}
		if len(sequence.States) < d {
			short = append(short, id)
			continue
		}
		at := len(sequence.States) - d
		prompt.Query = sequence.States[at:]
		if err := src.context(&prompt, i, at, src.chains()); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for len(predictors) > 0 { // the first that has an answer
			err := predictors[0].Predict(&prompt, &out)
			if err == nil && len(out.Distribution) > 0 {
				break
			}
			if err == nil {
				err = fmt.Errorf("it has no distribution over states")
			}
			answer.Notes = append(answer.Notes, leftOut(predictors[0].Name(), err))
			predictors = predictors[1:]
		}
		if len(predictors) == 0 {
			return nil, inputf("predictors", "no predictor has an answer: %s", strings.Join(answer.Notes, "; "))
		}
		one := src.prediction(predictors[0].Name(), &out)
		answer.Each = append(answer.Each, EachPrediction{
			ID: id, Query: src.names(prompt.Query), QueryText: src.text(prompt.Query), Context: len(prompt.Context) / (d + 1),
			State: *one.Mode, Distribution: one.Distribution,
		})
	}
	if len(short) > 0 {
		answer.Notes = append(answer.Notes, fmt.Sprintf("%s ended with fewer than d = %d states and got no prediction, first %s; a smaller `d` takes such", plural.Of(len(short), "sequence"), d, short[0]))
	}
	if len(answer.Each) == 0 {
		return nil, inputf("d", "no sequence ends with d = %d states; give a smaller `d`", d)
	}
	answer.Predictor = predictors[0].Name()
	return answer, nil
}

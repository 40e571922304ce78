package main

import (
	"markovicl/lsa"
	"markovicl/markov"
)

// positionsOf returns the d for which the prompt matrix of a task has as many
// rows as a model's, or the nearest below. The states of a file, unless 0, take
// the place of the task's.
func positionsOf(model lsa.Model, spec markov.Spec, states int) (int, error) {
	spec.D = 1
	if states > 0 {
		spec.States = states
	}
	one, err := markov.NewTask(spec)
	if err != nil {
		return 0, badInput(err)
	}
	_, _, dim := model.Size()
	return max(1, (dim-one.Dim())/one.Embedding().Width(one.States())+1), nil
}

package paper

import (
	"context"
	"math"
	"strconv"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// bounded is a task with what bounds its models: the form, the enlarged optimum of
// one layer, and the floor of every depth.
type bounded struct {
	task  markov.Task
	form  *moment.Form
	o     *landscape.Optimum
	floor landscape.Floor
}

// bound computes the bounds of a task; the floor, where it is no sum, from the given
// number of contexts.
func bound(ctx context.Context, spec markov.Spec, contexts int, seed uint64) (*bounded, error) {
	task, err := markov.NewTask(spec)
	if err != nil {
		return nil, err
	}
	moments, err := moment.Of(ctx, task, moment.Options{})
	if err != nil {
		return nil, err
	}
	b := &bounded{task: task, form: moments.At(task.Context())}
	if b.o, err = landscape.Minimise(ctx, b.form); err != nil {
		return nil, err
	}
	source, err := moment.NewContexts(task, seed)
	if err != nil {
		return nil, err
	}
	b.floor, err = landscape.FloorOf(ctx, source, b.form, b.o, landscape.FloorSettings{Contexts: contexts})
	return b, err
}

// gain is what depth and heads can take off the optimum at most, as a part of it.
func (b *bounded) gain() float64 { return b.floor.Gain(b.o.Loss) }

// floorEstimate is the floor with its standard error, 0 for a sum.
func (b *bounded) floorEstimate() estimate { return estimate{Mean: b.floor.Value, SE: b.floor.SE} }

// logarithms returns the decimal logarithms of numbers written as text.
func logarithms(words []string) figure.Numbers {
	out := make(figure.Numbers, len(words))
	for i, w := range words {
		x, err := strconv.ParseFloat(w, 64)
		if err != nil {
			panic("paper: " + err.Error())
		}
		out[i] = math.Log10(x)
	}
	return out
}

package ask

import (
	"context"
	"math"

	"markovicl/internal/plural"
	"markovicl/moment"
	"markovicl/train"
)

// scoreForm answers where only the form of a task is known, or the loss is an average
// over n: the loss of one layer, exact, beside what one layer could reach.
func (q *Score) scoreForm(ctx context.Context, env Env, given *scored) (Answer, error) {
	if given.X == nil && (given.model == nil || given.about.Layers != 1) {
		what := plural.Of(given.about.Layers, "layer")
		if given.nonlinear != nil {
			what = "a transformer that is not linear"
		}
		return nil, inputf(given.field, "%s has %s; a form is the loss of one layer of linear self-attention, and of nothing else", given.about.File, what)
	}
	subject, err := q.formTask(env, given)
	if err != nil {
		return nil, err
	}
	tasks, source, err := subject.subjects(ctx, env, moment.Options{})
	if err != nil {
		return nil, err
	}
	task := tasks[0]
	form := source.at(task.Context())
	if form.Q+1 != given.dim {
		field, what := "d", "the task"
		if source.own != nil {
			field, what = subject.ownField(), "the form"
		}
		return nil, inputf(field, "%s is for prompt matrices of %s, and those of %s have %d", given.about.File, plural.Of(given.dim, "row"), what, form.Q+1)
	}
	if _, err := source.standardErrors(ctx, task.Context()); err != nil { // of an average over sampled moments
		return nil, err
	}
	a := &ScoreAnswer{Task: task, Model: given.about, Claim: moment.Numeric}
	if given.file != nil && source.own == nil {
		a.Notes = given.file.notes(q.Params, task)
	}
	if given.X != nil {
		a.Loss = form.Loss(given.X)
	} else if a.Loss, err = train.PopulationLoss(form, given.model); err != nil {
		return nil, input(given.field, err)
	}
	if math.IsNaN(a.Loss - a.Loss) {
		return nil, given.tooLarge()
	}
	if dim := form.Dim(); dim > quickEnlarged && !q.Best {
		a.Notes = append(a.Notes, leftOutForSize(dim))
		return *a, nil
	}
	if source.own != nil {
		a.Notes = append(a.Notes, "a form says nothing of single prompts: there is no accuracy, no Bayes risk and no floor of every depth")
	} else {
		a.Notes = append(a.Notes, "there is no accuracy and no Bayes risk of an average over n; ask for one n")
	}
	return *a, q.compare(ctx, env, a, source, form)
}

// formTask returns the task of the question; without `d` an average over n has the
// number of positions of the parameters.
func (q *Score) formTask(env Env, given *scored) (Task, error) {
	task := q.Task
	if !task.Average {
		return task, nil
	}
	plain := task
	plain.Average = false
	spec, _, err := plain.spec(env)
	if err != nil || spec.D != 0 {
		return task, err
	}
	d, err := positionsOf(given.dim, spec, 0)
	task.D = &d
	return task, err
}

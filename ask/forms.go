package ask

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"

	"markovicl/internal/npz"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// forms gives the quadratic forms of a question's tasks: of one task and every n, of
// one task on average over n, or a form of one's own.
type forms struct {
	moments  *moment.Moments // nil for a form of one's own
	own      *moment.Form
	averaged []markov.Context // nil for a form at one n
	rule     string
	nodes    int
}

// ownRule is what stands for the rule of a form that was given.
const ownRule = "given"

// subjects returns the tasks of a question that needs only their forms, and what
// gives those of the first of them and of every other n.
func (f *Task) subjects(ctx context.Context, env Env, opts moment.Options) ([]markov.Task, *forms, error) {
	if f.ownField() != "" {
		return f.ownForm(ctx, env)
	}
	plain := *f
	plain.Average = false
	tasks, err := plain.tasks(env)
	if err != nil {
		return nil, nil, err
	}
	out := &forms{}
	if f.Average {
		for _, t := range tasks {
			out.averaged = append(out.averaged, t.Context())
		}
		tasks = []markov.Task{tasks[0].WithAverage(out.averaged)}
	}
	return tasks, out, out.prepare(ctx, tasks[0], opts)
}

// ownField returns the name of the field that gives a form, or prompts, in place of a
// task; empty if none does.
func (f *Task) ownField() string {
	switch {
	case f.Form != "":
		return "form"
	case f.PromptFile != "":
		return "prompt-file"
	}
	return ""
}

// needsForm reports whether the question can be answered by a form only.
func (f *Task) needsForm() bool { return f.ownField() != "" || f.Average }

// prepare computes the moments of a task.
func (s *forms) prepare(ctx context.Context, task markov.Task, opts moment.Options) (err error) {
	if s.own != nil {
		return nil
	}
	if s.moments, err = moment.Of(ctx, task, opts); err != nil {
		return inputUnlessEnded(ctx, "", err)
	}
	s.rule, s.nodes = s.moments.Rule().Name, s.moments.Rule().Nodes
	return nil
}

// ownForm reads a form, or prompts.
func (f *Task) ownForm(ctx context.Context, env Env) ([]markov.Task, *forms, error) {
	plain := *f
	plain.Form, plain.PromptFile = "", ""
	field, name := "form", f.Form
	switch {
	case f.Form != "" && f.PromptFile != "":
		return nil, nil, inputf("form", "`form` and `prompt-file` are two different things to ask about; give one of them")
	case plain.given():
		return nil, nil, inputf("form", "a form or prompts of one's own are the task; leave out its other fields")
	case f.Form == "":
		field, name = "prompt-file", f.PromptFile
	}
	data, err := env.read(field, name)
	if err != nil {
		return nil, nil, err
	}
	file, err := npz.NewReader(bytes.NewReader(data), int64(len(data)))
	var form *moment.Form
	switch {
	case err != nil:
	case field == "form":
		form, err = moment.ReadForm(file)
	default:
		form, err = moment.ReadPrompts(ctx, file)
	}
	if err != nil {
		return nil, nil, input(field, fmt.Errorf("%s: %w", name, err))
	}
	task := markov.GivenForm(field, path.Base(name), form.Q)
	return []markov.Task{task}, &forms{own: form, rule: ownRule}, nil
}

// at returns the form of a task.
func (s *forms) at(n markov.Context) *moment.Form {
	switch {
	case s.own != nil:
		return s.own
	case s.averaged != nil:
		return s.moments.Average(s.averaged)
	}
	return s.moments.At(n)
}

// exact returns the forms in fractions.
func (s *forms) exact(ctx context.Context) (func(n markov.Context) *moment.ExactForm, error) {
	if s.own != nil {
		exact, err := s.own.Fractions(ctx, 0)
		return func(markov.Context) *moment.ExactForm { return exact }, err
	}
	moments, err := moment.ExactOf(ctx, s.moments.Task())
	if err != nil {
		return nil, err
	}
	if s.averaged != nil {
		return func(markov.Context) *moment.ExactForm { return moments.Average(s.averaged) }, nil
	}
	return moments.At, nil
}

// standardErrors returns those of an optimum whose moments are sampled, else nil.
func (s *forms) standardErrors(ctx context.Context, n markov.Context) (*landscape.OptimumErrors, error) {
	if s.own != nil {
		return nil, nil
	}
	if s.averaged != nil && s.moments.Rule().Replicates > 0 {
		return nil, inputf("average", "the moments of this task are sampled, and an average over n has no standard error then; ask for one `n`")
	}
	return landscape.StandardErrors(ctx, s.moments, n)
}

// onlyForms refuses what only a question about forms can answer.
func (f *Task) onlyForms() error {
	for _, field := range []struct {
		name  string
		given bool
	}{{"form", f.Form != ""}, {"prompt-file", f.PromptFile != ""}, {"average", f.Average}} {
		if field.given {
			return inputf(field.name, "`%s` is for questions that need only a form: optimum, recover, score of one layer, and train with `population`", field.name)
		}
	}
	return nil
}

// taskText is the task that a certificate is about; forms of one's own and averages
// name none, and the certificate is about the form that it holds.
func taskText(t markov.Task, encoded []byte) string {
	if t.Given() || strings.Contains(t.ContextText(), "..") || strings.Contains(t.ContextText(), ",") {
		return ""
	}
	return string(encoded)
}

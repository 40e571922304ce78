package ask

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"markovicl/markov"
	"markovicl/moment"
	"markovicl/train"
)

// Cost is about what a question takes, estimated from the dimensions of its task
// before any work: to refuse what cannot fit, and to deal out many questions evenly.
// Seconds are those of one processor of the year 2025; ratios between questions are
// good to a factor of a few, absolute values depend on the machine.
type Cost struct {
	Bytes   float64 // of memory at once, beyond that of the program
	Seconds float64
}

// FitsIn returns an error that names the number if a question of this cost needs more
// memory than there is.
func (c Cost) FitsIn(bytes float64) error {
	if c.Bytes <= bytes {
		return nil
	}
	return &Error{Kind: Failed, Message: fmt.Sprintf("this question needs about %s of memory, more than the %s that it may have",
		FormatBytes(c.Bytes), FormatBytes(bytes))}
}

// FormatBytes writes a number of bytes with three digits and a unit.
func FormatBytes(bytes float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	for len(units) > 1 && bytes >= 1000 {
		bytes, units = bytes/1000, units[1:]
	}
	return fmt.Sprintf("%.3g %s", bytes, units[0])
}

// CostOf estimates the cost of a question. The files that its task names are read
// through env. A question whose task cannot be right is an error, the same as Ask's.
func CostOf(q Question, env Env) (Cost, error) {
	c := Cost{Bytes: 4 << 20, Seconds: 2e-4}
	part := taskOf(q)
	if part == nil || !aboutTask(q) {
		return c, nil
	}
	tasks, err := part.tasks(env)
	if err != nil {
		return Cost{}, err
	}
	task, many := tasks[0], float64(len(tasks))
	dim := float64(task.Dim())
	form := formCost(task)
	switch q := q.(type) {
	case *Optimum:
		if q.SweepP != "" {
			values, err := sweepValues("sweep-p", q.SweepP)
			if err != nil {
				return Cost{}, err
			}
			form.Seconds *= float64(len(values))
		}
		if q.Exact { // fractions grow with the dimension
			form.Seconds *= 1000
			form.Bytes *= 20
		}
		if q.Floor {
			context := 1e-5 * dim
			if task.Regression() == nil && task.Prior().Mixture() == nil && task.Start().Kind() == markov.StationaryStart {
				context *= 200 // an integral, or drawn kernels, for each
			}
			form.Seconds += context * float64(max(0, q.Contexts))
		}
		form.Seconds *= many
		return c.plus(form), nil
	case *Recover:
		certificate := certificateCost(task, q.Level)
		if q.Proof {
			certificate.Seconds *= 20
		}
		certificate.Seconds *= many
		return c.plus(form).plus(certificate), nil
	case *Landscape, *Score:
		return c.plus(form).plus(certificateCost(task, 0)), nil
	case *Train:
		config, err := q.config(env)
		if err != nil {
			return Cost{}, err
		}
		beside := Cost{}
		if dim := formDim(task); dim <= largestComparison {
			beside = form
		}
		return c.plus(beside).plus(trainingCost(task, config, q.Seeds)), nil
	case *Predict:
		return c.plus(form).plus(certificateCost(task, 0)).plus(Cost{Seconds: 1e-4 * float64(max(0, q.Prompts)) * dim, Bytes: 100 * dim * float64(max(0, q.Prompts))}), nil
	}
	return c, nil
}

func (c Cost) plus(d Cost) Cost { return Cost{max(c.Bytes, d.Bytes), c.Seconds + d.Seconds} }

// formDim is the dimension of the enlarged parameters of a task.
func formDim(task markov.Task) float64 {
	q := task.QueryDim()
	return float64(q) * float64(moment.Pairs(q+1))
}

// formCost is that of the moments of a task and of their minimiser: some matrices of
// the dimension of X, and a few times its cube in multiplications.
func formCost(task markov.Task) Cost {
	dim := formDim(task)
	return Cost{Bytes: 80 * dim * dim, Seconds: 1e-3 + 3e-8*dim*dim*dim}
}

// certificateCost is that of the search for the best transformer and its certificate: a
// matrix of D^2 q rows at level 0, and of as many monomials again for each level above.
func certificateCost(task markov.Task, level int) Cost {
	rows := float64(task.Dim()) * float64(task.Dim()) * float64(task.QueryDim())
	rows *= math.Pow(3, float64(max(0, level)))
	c := Cost{Bytes: 320 * rows * rows, Seconds: 2e-3 + 5e-8*rows*rows*rows}
	// Level 1, which is tried up to 1000 rows or so, keeps a basis of its matrices, and how
	// their products with a few vectors change.
	const mostRows, mostProducts = 1500, 12_000
	if level > 0 && rows <= mostRows {
		part, products := rows/float64(task.QueryDim()), rows*float64(task.Dim()+1)
		c.Bytes += 6 * math.Pow(part, 4)
		if products <= mostProducts {
			c.Bytes += 60 * products * products
		}
	}
	return c
}

// trainingCost goes by prompts: a step's batch in each of the steps, and those of the
// evaluation.
func trainingCost(task markov.Task, c train.Config, seeds int) Cost {
	prompts := float64(c.Steps)*float64(c.Batch) + float64(c.EvalPrompts)
	dim := float64(task.Dim())
	layers := float64(c.Layers) * float64(c.Heads)
	return Cost{
		Bytes:   float64(max(1, seeds)) * (8 * 4 * float64(c.Batch) * dim * dim * (layers + 1)),
		Seconds: float64(max(1, seeds)) * prompts * (5e-7 + 2e-8*layers*dim*dim),
	}
}

// taskOf returns the task of a question, or nil.
func taskOf(q Question) *Task {
	switch q := q.(type) {
	case *Optimum:
		return &q.Task
	case *Recover:
		return &q.Task
	case *Landscape:
		return &q.Task
	case *Train:
		return &q.Task
	case *Prompt:
		return &q.Task
	case *Predict:
		return &q.Task
	case *Trace:
		return &q.Task
	case *Score:
		return &q.Task
	case *Attention:
		return &q.Task
	}
	return nil
}

// aboutTask reports whether the cost of a question goes by the task that its fields
// name, not by a file.
func aboutTask(q Question) bool {
	if part := taskOf(q); part != nil && (part.Form != "" || part.PromptFile != "") {
		return false
	}
	switch q := q.(type) {
	case *Recover:
		return q.X == "" && q.Verify == ""
	case *Predict:
		return q.File == ""
	}
	return true
}

// FilesOf returns the names of the files that the answer to a question depends on, sorted:
// those that its fields name, and those that its task names, through a task file as well.
func FilesOf(q Question, env Env) ([]string, error) {
	names := map[string]bool{}
	for _, f := range given(q) {
		// The help of a field says what it takes.
		holder := f.tag.Get("placeholder")
		text, isText := f.value.Interface().(string)
		if isText && (f.positional || strings.Contains(holder, "FILE") || strings.HasSuffix(holder, ".csv")) {
			names[text] = true
		}
	}
	if part := taskOf(q); part != nil && aboutTask(q) {
		watched := Env{Open: func(name string) (io.ReadCloser, error) {
			names[name] = true
			return env.Open(name)
		}}
		if env.Open == nil {
			watched.Open = nil
		}
		if _, _, err := part.spec(watched); err != nil {
			return nil, err
		}
	}
	var list []string
	for name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	return list, nil
}

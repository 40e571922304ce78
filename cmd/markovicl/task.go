package main

import (
	"fmt"
	"os"
	"strings"

	"markovicl/markov"
)

// taskFlags are the flags of a task, the same for every command. A flag that is
// given overrides the task file.
type taskFlags struct {
	Task      string   `group:"Task" placeholder:"FILE.yaml" help:"Read the task from a YAML file with the names of these flags; flags given beside it override it."`
	States    *int     `group:"Task" placeholder:"2" help:"Number of states S."`
	D         *int     `name:"d" group:"Task" placeholder:"2" help:"Number of input positions; chains have d+1 states."`
	N         []string `name:"n" group:"Task" placeholder:"10" help:"Number of in-context chains, or inf; several values separated by commas where a command can answer for all."`
	Prior     string   `group:"Task" placeholder:"uniform" help:"Law of the kernel's rows: uniform, beta:a,b (2 states: p01 and p11), dirichlet:alpha; rows of their own in a task file."`
	Start     string   `group:"Task" placeholder:"uniform" help:"Law of the first states: uniform, bernoulli:p, probs:p0,p1,.., stationary, correlated:p,g0,g1."`
	P         string   `name:"p" group:"Task" placeholder:"0.5" help:"Short for --start bernoulli:P."`
	Embedding string   `group:"Task" placeholder:"index" help:"How states become numbers: index, sign (2 states), onehot."`
	Bias      *bool    `group:"Task" negatable:"" help:"Put a constant coordinate 1 in front of every column."`
}

// spec returns the task in the user's words, and the values of n.
func (f *taskFlags) spec() (spec markov.Spec, ns []string, err error) {
	if f.Task != "" {
		data, err := os.ReadFile(f.Task)
		if err != nil {
			return spec, nil, badInput(err)
		}
		if spec, err = markov.ParseSpec(data); err != nil {
			return spec, nil, badInputf("%s: %w", f.Task, err)
		}
	}
	// In a Spec 0 means the default; on the command line 0 means 0.
	if f.States != nil {
		if spec.States = *f.States; spec.States == 0 {
			return spec, nil, badInputf("states must be from 2 to %d, got 0", markov.MaxStates)
		}
	}
	if f.D != nil {
		if spec.D = *f.D; spec.D == 0 {
			return spec, nil, badInputf("d must be at least 1, got 0")
		}
	}
	if f.Prior != "" {
		spec.Prior = markov.PriorSpec{Text: f.Prior}
	}
	if f.Start != "" || f.P != "" {
		spec.Start, spec.P = f.Start, f.P
	}
	if f.Embedding != "" {
		spec.Embedding = f.Embedding
	}
	if f.Bias != nil {
		spec.Bias = *f.Bias
	}
	if len(f.N) == 0 {
		return spec, []string{spec.N}, nil
	}
	for _, n := range f.N {
		n = strings.TrimSpace(n)
		if n == "" {
			return spec, nil, badInputf("--n %q has an empty value; write numbers or inf, separated by commas", strings.Join(f.N, ","))
		}
		ns = append(ns, n)
	}
	return spec, ns, nil
}

// tasks returns the task for every value of n, one after the other.
func (f *taskFlags) tasks() ([]markov.Task, error) {
	spec, ns, err := f.spec()
	if err != nil {
		return nil, err
	}
	tasks := make([]markov.Task, len(ns))
	for i, n := range ns {
		spec.N = n
		if tasks[i], err = markov.NewTask(spec); err != nil {
			if f.Task != "" {
				err = fmt.Errorf("task of %s: %w", f.Task, err)
			}
			return nil, badInput(err)
		}
	}
	return tasks, nil
}

// task returns the one task that the flags name.
func (f *taskFlags) task() (markov.Task, error) {
	if len(f.N) > 1 {
		return markov.Task{}, badInputf("this command takes one value of --n, got %s", strings.Join(f.N, ","))
	}
	tasks, err := f.tasks()
	if err != nil {
		return markov.Task{}, err
	}
	return tasks[0], nil
}

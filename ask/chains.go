package ask

import (
	"markovicl/chainfile"
	"markovicl/markov"
)

// ChainFile is the part of a question that says how a chain file is read, the same for
// every command that reads one.
type ChainFile struct {
	Format      chainfile.Format `group:"Chain file" default:"auto" placeholder:"auto" help:"text, fasta or csv, if the file does not show it."`
	Alphabet    string           `group:"Chain file" placeholder:"ACGT" help:"The states in order, as characters or separated by commas; any other symbol is an error."`
	Classes     string           `group:"Chain file" placeholder:"vowel=aeiou,other=*" help:"Map characters to states; characters in no class are removed."`
	SkipUnknown bool             `group:"Chain file" help:"Cut sequences at unknown symbols instead of failing."`
	JoinLines   bool             `group:"Chain file" help:"Read a text as one sequence instead of one chain a line."`
	Ragged      bool             `group:"Chain file" help:"Accept rows of different length and leave out lines that are too short."`
	Column      string           `group:"Chain file" placeholder:"NAME" help:"Column of a CSV file that holds one series, by header or number."`
	ID          string           `name:"id" group:"Chain file" placeholder:"NAME" help:"Column of a CSV file that names the trajectories, by header or number."`
	Header      chainfile.Header `group:"Chain file" default:"auto" placeholder:"auto" help:"Whether the first row of a CSV file names its columns: auto, yes, no."`
	Window      int              `group:"Chain file" placeholder:"W" help:"States a window, of which the first d+1 are its chain; d+1 if not given."`
	Stride      int              `group:"Chain file" placeholder:"T" help:"States from one window to the next; W if not given."`
}

// read reads a chain file.
func (f *ChainFile) read(env Env, path string) (*chainfile.Sequences, error) {
	opts := chainfile.Options{
		Format: f.Format, SkipUnknown: f.SkipUnknown, JoinLines: f.JoinLines, Ragged: f.Ragged,
		Column: f.Column, ID: f.ID, Header: f.Header,
	}
	var err error
	if f.Alphabet != "" {
		if opts.Alphabet, err = chainfile.ParseAlphabet(f.Alphabet); err != nil {
			return nil, input("alphabet", err)
		}
	}
	if f.Classes != "" {
		if opts.Classes, err = chainfile.ParseClasses(f.Classes); err != nil {
			return nil, input("classes", err)
		}
	}
	file, err := env.open("file", path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sequences, err := chainfile.Read(file, path, opts)
	return sequences, input("file", err)
}

// taskOf returns the task of the chains of a file, and the chains: its states are
// the file's, and its start law is the frequency of the chains' first states
// unless spec says otherwise.
func (f *ChainFile) taskOf(spec markov.Spec, sequences *chainfile.Sequences) (markov.Task, *chainfile.Windows, error) {
	states := len(sequences.Labels)
	if spec.States != 0 && spec.States != states {
		return markov.Task{}, nil, inputf("states", "the task has %d states and %s has %d; leave out `states`", spec.States, sequences.File, states)
	}
	spec.States = states
	task, err := markov.NewTask(spec)
	if err != nil {
		return markov.Task{}, nil, input("", err)
	}
	windows, err := sequences.Windows(task.Positions(), f.Window, f.Stride)
	if err != nil {
		return markov.Task{}, nil, input("", err)
	}
	if task.Context() == markov.Infinite {
		return markov.Task{}, nil, inputf("n", "prompts with n = inf cannot be cut from a file; give a finite `n`")
	}
	if err := windows.CheckContext(int(task.Context())); err != nil {
		return markov.Task{}, nil, input("", err)
	}
	if spec.Start == "" && spec.P == "" {
		task = task.WithStart(windows.StartLaw())
	}
	return task, windows, nil
}

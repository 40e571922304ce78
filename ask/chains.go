package ask

import (
	"fmt"

	"markovicl/chainfile"
	"markovicl/markov"
)

// ChainFile is the part of a question that says how a chain file is read, the same for
// every command that reads one.
type ChainFile struct {
	Format      chainfile.Format `name:"file-format" group:"Chain file" default:"auto" placeholder:"auto" help:"text, fasta, fastq, csv or json, if the file does not show it."`
	Alphabet    string           `group:"Chain file" placeholder:"ACGT" help:"The states in order, as characters or separated by commas; any other symbol is an error."`
	Classes     string           `group:"Chain file" placeholder:"NAME=CHARACTERS,.." help:"Map characters to states; characters in no class are removed. Each line of a text is a chain, or with --join-lines the whole text is one."`
	Merge       string           `group:"Chain file" placeholder:"NAME=STATE+STATE,.." help:"Put several states under one name."`
	Missing     string           `group:"Chain file" placeholder:"NA,?" help:"What stands for a missing value, at which sequences are cut, instead of NA, NaN, null, None, N/A, #N/A, ?, ., - and empty cells; none keeps them as states."`
	SkipUnknown bool             `group:"Chain file" help:"Cut sequences at unknown symbols instead of failing."`
	Separator   string           `group:"Chain file" placeholder:"CHAR" help:"What stands between symbols or cells: a character, tab, blank, comma, semicolon, bar; characters takes each character as a symbol."`
	JoinLines   bool             `group:"Chain file" help:"Read a text as one sequence instead of one chain a line."`
	Ragged      bool             `group:"Chain file" help:"Accept rows of different length and leave out lines that are too short."`
	Column      string           `group:"Chain file" placeholder:"NAME" help:"Column of a table that holds the states of series, by header or number."`
	Columns     string           `group:"Chain file" placeholder:"FROM:TO" help:"Columns of a table whose rows are trajectories, by header or number."`
	ID          string           `name:"id" group:"Chain file" placeholder:"NAME,.." help:"Columns of a table that name the trajectories, by header or number."`
	Time        string           `group:"Chain file" placeholder:"NAME" help:"Column of a table that puts the rows in order; none keeps the order of the file."`
	Header      chainfile.Header `group:"Chain file" default:"auto" placeholder:"auto" help:"Whether the first row of a table names its columns: auto, yes, no."`
	Window      int              `group:"Chain file" placeholder:"W" help:"States a window, of which the first d+1 are its chain; d+1 if not given."`
	Stride      int              `group:"Chain file" placeholder:"T" help:"States from one window to the next; W if not given. 1 takes every chain that there is, overlapping."`
}

// options reads the fields that say how a file is read.
func (f *ChainFile) options() (opts chainfile.Options, err error) {
	opts = chainfile.Options{
		Format: f.Format, SkipUnknown: f.SkipUnknown, Separator: f.Separator, JoinLines: f.JoinLines, Ragged: f.Ragged,
		Column: f.Column, Columns: f.Columns, ID: f.ID, Time: f.Time, Header: f.Header,
	}
	if f.Alphabet != "" {
		if opts.Alphabet, err = chainfile.ParseAlphabet(f.Alphabet); err != nil {
			return opts, input("alphabet", err)
		}
	}
	if f.Classes != "" {
		if opts.Classes, err = chainfile.ParseClasses(f.Classes); err != nil {
			return opts, input("classes", err)
		}
	}
	if f.Merge != "" {
		if opts.Merge, err = chainfile.ParseMerge(f.Merge); err != nil {
			return opts, input("merge", err)
		}
	}
	if f.Missing != "" {
		opts.Missing = chainfile.ParseMissing(f.Missing)
	}
	return opts, nil
}

// read reads a chain file.
func (f *ChainFile) read(env Env, path string) (*chainfile.Sequences, error) {
	opts, err := f.options()
	if err != nil {
		return nil, err
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
// unless spec says otherwise. With all, n is the number of chains that a prompt
// can have beside any query.
func (f *ChainFile) taskOf(spec markov.Spec, sequences *chainfile.Sequences, all bool) (markov.Task, *chainfile.Windows, error) {
	states := len(sequences.Labels)
	if spec.States != 0 && spec.States != states {
		return markov.Task{}, nil, inputf("states", "the task has %d states and %s has %d; leave out `states`", spec.States, sequences.File, states)
	}
	spec.States, spec.OneState = states, states == 1
	task, err := markov.NewTask(spec)
	if err != nil {
		return markov.Task{}, nil, input("", err)
	}
	windows, err := sequences.Windows(task.Positions(), f.Window, f.Stride)
	if err != nil {
		return markov.Task{}, nil, input("", err)
	}
	if all {
		spec.N = fmt.Sprint(max(1, windows.Most()))
		if task, err = markov.NewTask(spec); err != nil {
			return markov.Task{}, nil, input("", err)
		}
	}
	if task.Context() == markov.Infinite {
		return markov.Task{}, nil, inputf("n", "prompts with n = inf cannot be cut from a file; `n` all takes every chain that it has")
	}
	if spec.Start == "" && spec.P == "" {
		task = task.WithStart(windows.StartLaw())
	}
	return task, windows, nil
}

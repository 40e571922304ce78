package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"markovicl/ask"
	"markovicl/ask/text"
	"markovicl/internal/atomicfile"
	"markovicl/sweep"
)

type sweepCmd struct {
	Over        []string `sep:"none" placeholder:"NAME=VALUES" help:"Sweep a flag of COMMAND; the first is slowest. VALUES: 1,10,inf, or 1..10, or 0.1:0.9:0.1, or with ; between values that contain commas."`
	Out         string   `placeholder:"DIR" help:"Folder of the sweep: answers, results.csv, results.parquet, arrays.npz, failed.csv. A run that was interrupted goes on there."`
	DB          string   `name:"db" placeholder:"postgres://USER@HOST/DATABASE" help:"Put the questions into the queue of a PostgreSQL database, for markovicl worker; with --out wait for the answers, and write the tables there."`
	Name        string   `help:"Of the sweep in the database; made from its grid and this build if not given."`
	Shard       string   `placeholder:"I/N" help:"Ask shard i of N only; all share the folder. slurm, kubernetes/N or auto take it from the environment."`
	Workers     int      `placeholder:"N" help:"Questions at the same time; one for each processor if not given."`
	Memory      string   `placeholder:"SIZE" help:"What questions may need together, by estimate, such as 8GB; three quarters of the machine's if not given. A question that needs more is refused."`
	RetryFailed bool     `help:"Ask again what has failed."`
	Plot        []string `sep:"none" placeholder:"WORDS" help:"Draw a picture of the table, such as x=d y=n color=loss: a heat map over two swept flags, or curves of a column over one."`
	JSON        bool     `name:"json" help:"Print one JSON object and nothing else."`
	Args        []string `arg:"" optional:"" passthrough:"" name:"what" help:"GRID.yaml, or COMMAND and its flags, or status, export or cancel."`
}

func (sweepCmd) Help() string {
	return `Examples:

    markovicl sweep --over d=1..4 --over n=1,10,100,inf optimum --prior beta:2,5 --out grid --plot x=d y=n color=loss
    markovicl sweep grid.yaml --out grid --shard slurm
    markovicl sweep grid.yaml --db postgres://lab@server/sweeps --out grid
    markovicl sweep status --out grid

GRID.yaml holds a grid:

    command: optimum
    flags: {prior: "beta:2,5"}
    over: {d: [1, 2, 3, 4], n: [1, 10, 100, inf]}

Each point of the grid is one question; its answer is kept in the folder and never asked for twice. With the last
answer the table is written: a row a question in the order of the grid, the swept flags, then what the answer says.
sweep status tells how far it is, sweep export writes the table of what there is, sweep cancel stops it everywhere;
of a sweep in a database they tell with --db.`
}

func (c *sweepCmd) Run(a *app) error {
	var plots []sweep.Picture
	for _, words := range c.Plot {
		p, err := sweep.ParsePicture(words)
		if err != nil {
			return err
		}
		plots = append(plots, p)
	}
	if c.Out != "" && len(plots) > 0 { // fail now rather than after the work
		if err := atomicfile.CheckFolder(c.Out); err != nil {
			return badInput(err)
		}
		for _, p := range plots {
			if err := p.Check(c.Out); err != nil {
				return err
			}
		}
	}
	summary, err := c.summary(a)
	if summary == nil {
		return err
	}
	if err == nil && summary.Table != "" {
		for _, p := range plots {
			if err = p.Draw(filepath.Join(c.Out, summary.Table), c.Out); err != nil {
				break
			}
		}
	}
	if err == nil && summary.Failures > 0 && !c.asks("status") {
		err = fmt.Errorf("%d of %d questions failed; failed.csv says why, and `retry-failed` asks them again", summary.Failures, summary.Questions)
	}
	if c.JSON {
		return errors.Join(a.writeJSON(summary), err)
	}
	a.answered = true
	lines := text.NewParagraphs(a.stdout)
	return errors.Join(summary.Write(lines, c.Out), lines.Flush(), err)
}

func (c *sweepCmd) asks(word string) bool { return len(c.Args) == 1 && c.Args[0] == word }

// summary does what is asked for and says where the sweep stands then.
func (c *sweepCmd) summary(a *app) (*sweep.Summary, error) {
	if c.DB != "" {
		return c.inDatabase(a)
	}
	if c.Out == "" {
		return nil, badInputf("`out` is missing: the folder of the sweep")
	}
	if c.Name != "" {
		return nil, badInputf("`name` is that of a sweep in a database; give `db` too")
	}
	open := a.env().Open
	switch {
	case c.asks("status"):
		return sweep.Status(a.ctx, c.Out, open)
	case c.asks("export"):
		return sweep.Export(a.ctx, c.Out, c.Out, open)
	case c.asks("cancel"):
		if err := sweep.Cancel(c.Out); err != nil {
			return nil, err
		}
		return sweep.Status(a.ctx, c.Out, open)
	}
	grid, err := c.grid(a)
	if err != nil {
		return nil, err
	}
	settings := sweep.Settings{Open: open, Workers: c.Workers, RetryFailed: c.RetryFailed}
	if c.Workers < 0 {
		return nil, badInputf("`workers` must not be negative, got %d", c.Workers)
	}
	if c.Shard != "" {
		if settings.Shard, err = sweep.ParseShard(c.Shard, os.Getenv); err != nil {
			return nil, err
		}
	}
	if settings.Memory, err = sweep.ParseBytes(c.Memory); err != nil {
		return nil, err
	}
	if err := atomicfile.CheckFolder(c.Out); err != nil { // now rather than after the work
		return nil, badInput(err)
	}
	show, end := a.sweepProgress()
	defer end()
	settings.Progress = show
	return sweep.Run(a.ctx, c.Out, grid, settings)
}

// inDatabase is summary for a sweep in a database.
func (c *sweepCmd) inDatabase(a *app) (*sweep.Summary, error) {
	if c.Shard != "" || c.Workers != 0 || c.Memory != "" {
		return nil, badInputf("`shard`, `workers` and `memory` are for a folder; questions in a database are asked by markovicl worker, which has `concurrency` and `memory`")
	}
	if c.Out == "" && (c.asks("export") || len(c.Plot) > 0) {
		return nil, badInputf("`out` is missing: the folder of the tables")
	}
	command := c.asks("status") || c.asks("export") || c.asks("cancel")
	var grid *sweep.Grid
	if !command { // before anything is made of it
		var err error
		if grid, err = c.grid(a); err != nil {
			return nil, err
		}
	}
	db, err := sweep.OpenDatabase(a.ctx, c.DB)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	switch {
	case c.asks("export"):
		return db.Export(a.ctx, c.Name, c.Out)
	case c.asks("cancel"):
		err = db.Cancel(a.ctx, c.Name)
	case !command:
		c.Name, err = db.Add(a.ctx, grid, sweep.Enqueue{Name: c.Name, Open: a.env().Open, RetryFailed: c.RetryFailed})
	}
	if err != nil {
		return nil, err
	}
	if command || c.Out == "" {
		return db.Status(a.ctx, c.Name)
	}
	a.tell("the sweep %s is in the database; markovicl worker answers it, anywhere", c.Name)
	show, end := a.sweepProgress()
	err = db.Wait(a.ctx, c.Name, show, func(text string) { a.tell("%s", text) })
	end()
	if err != nil {
		return nil, err
	}
	return db.Export(a.ctx, c.Name, c.Out)
}

// grid returns the grid that the words name.
func (c *sweepCmd) grid(a *app) (*sweep.Grid, error) {
	if len(c.Args) == 0 {
		return nil, badInputf("name a GRID.yaml, or a command to sweep, such as --over d=1..4 optimum")
	}
	if len(c.Over) == 0 {
		if slices.Contains(ask.Commands(), c.Args[0]) {
			return nil, badInputf("a sweep of %s needs --over NAME=VALUES", c.Args[0])
		}
		if len(c.Args) > 1 {
			return nil, badInputf("unexpected %q after %s: the flags of a grid stand in its file", c.Args[1], c.Args[0])
		}
		return sweep.ReadGrid(c.Args[0], a.env().Open)
	}
	return sweep.NewGrid(c.Over, c.Args)
}

// sweepProgress says how many questions there are and how long they will take, then shows
// a bar on a terminal, and elsewhere, in the log of a cluster, a line a minute.
func (a *app) sweepProgress() (show func(sweep.Progress), end func()) {
	stop := func() {}
	var set func(int64)
	var note atomic.Value
	note.Store("")
	var said atomic.Int64 // seconds of the clock
	show = func(p sweep.Progress) {
		if set == nil { // the first call comes before any work
			a.tell("%s", p.Plan())
			set, stop = a.display().Single("questions", int64(p.Questions-p.Kept), func() string { return note.Load().(string) })
			said.Store(time.Now().Unix())
			return
		}
		state := p.State()
		note.Store(state)
		set(int64(p.Done + p.Failed))
		if last := said.Load(); !a.terminal && time.Now().Unix()-last >= 60 && said.CompareAndSwap(last, time.Now().Unix()) {
			a.say(fmt.Sprintf("%d of %d done, %s", p.Kept+p.Done+p.Failed, p.Questions, state))
		}
	}
	return show, func() { stop() }
}

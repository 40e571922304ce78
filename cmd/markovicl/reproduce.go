package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"markovicl/ask"
	"markovicl/internal/progress"
	"markovicl/paper"
	"markovicl/report"
)

type reproduceCmd struct {
	ask.Reproduce
	Out  string `required:"" placeholder:"DIR" help:"Folder for the results; finished items found there are kept."`
	Jobs int    `default:"2" help:"Items that run at the same time. It changes no result."`
	JSON bool   `name:"json" help:"Print one JSON object and nothing else."`

	Verbose bool `short:"v" help:"Say of every item why its verdict is what it is."`
}

func (reproduceCmd) Help() string {
	return `Example: markovicl reproduce --quick --out out

Runs the items (` + strings.Join(report.IDs(paper.Items()), ", ") + `)
and prints the verdicts. DIR/index.html is the report, DIR/results.json the same for programs, DIR/verdicts.md the
table of verdicts; they cover all items that DIR has results of with these settings, not only those that are
named. DIR/ITEM has an item's tables as CSV, its result as JSON and its plots as SVG and PNG; results of the
reduced size or of other seeds go to folders of their own.
An interrupted run goes on where it was when the same command is given again.`
}

func (c *reproduceCmd) Run(a *app) error {
	if c.Jobs < 1 {
		return badInputf("--jobs must be at least 1, got %d", c.Jobs)
	}
	var folder *report.Folder
	var entries []report.Entry
	env := a.env()
	env.Reproduce = func(ctx context.Context, _ *ask.Reproduce) (answer *ask.ReproduceAnswer, err error) {
		if folder, entries, err = c.run(ctx, a); err != nil {
			return nil, err
		}
		answer = &ask.ReproduceAnswer{}
		for _, e := range entries {
			answer.Items = append(answer.Items, e.ReproducedItem)
		}
		return answer, folder.Unfinished(entries)
	}
	answer, err := ask.Ask(a.ctx, &c.Reproduce, env) // with a display of its own
	switch {
	case answer == nil:
		return err
	case c.JSON:
		return errors.Join(a.writeJSON(answer), err)
	}
	a.answered = true
	err = errors.Join(report.WriteVerdicts(a.stdout, entries, c.Verbose), err)
	fmt.Fprintf(a.stdout, "\nreport: %s\n", folder.Page())
	return err
}

// run runs what is missing of what is named.
func (c *reproduceCmd) run(ctx context.Context, a *app) (*report.Folder, []report.Entry, error) {
	named, err := report.Named(a.items, append(slices.Clone(c.Items), c.Only...))
	if err != nil {
		return nil, nil, badInput(err)
	}
	settings := paper.Settings{Quick: c.Quick, Seed: c.Seed, Seeds: c.Seeds, Models: strings.Join(c.Models, ","), D: c.D}
	for flag, given := range map[string]bool{"--models": len(c.Models) > 0, "--d": c.D != 0} {
		if given && !slices.Contains(named, "fig6") {
			return nil, nil, badInputf("%s is of fig6, which is not among the items; leave it out", flag)
		}
	}
	if err := settings.Check(); err != nil {
		return nil, nil, badInputf("--models: %w", err)
	}
	folder, err := report.OpenFolder(c.Out, settings)
	if err != nil {
		return nil, nil, badInput(err)
	}
	entries, err := folder.Run(ctx, a.items, named, c.Jobs, &watcher{display: a.display(), bars: map[string]bar{}})
	return folder, entries, err
}

// watcher shows the progress of all items and of each. It implements report.Watcher.
type watcher struct {
	done, all int64 // items to run
	display   *progress.Display
	total     bar
	bars      map[string]bar // of the items that run
}

type bar struct {
	set func(done, total int64)
	end func()
}

// Begin implements report.Watcher.
func (w *watcher) Begin(items int) {
	w.all = int64(items)
	w.total.set, w.total.end = w.display.Add("all items", w.all, nil)
}

// Progress implements report.Watcher.
func (w *watcher) Progress(id string, done, total int) {
	b, ok := w.bars[id]
	if !ok {
		b.set, b.end = w.display.Add("  "+id, int64(total), nil)
		w.bars[id] = b
	}
	b.set(int64(done), int64(total))
}

// Kept implements report.Watcher.
func (w *watcher) Kept(e report.Entry, elapsed time.Duration) {
	if b, ok := w.bars[e.ID]; ok {
		b.end()
	}
	if e.Status == report.Interrupted {
		return
	}
	w.done++
	w.total.set(w.done, w.all)
	w.display.Note("%s: %s, %.1f s", e.ID, e.State(), elapsed.Seconds())
}

// End implements report.Watcher.
func (w *watcher) End() {
	w.total.end()
	w.display.Close()
}

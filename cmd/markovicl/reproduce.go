package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"markovicl/ask"
	"markovicl/ask/text"
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

Runs the items (` + strings.Join(itemIDs(paper.Items()), ", ") + `)
and prints the verdicts. DIR/index.html is the report, DIR/results.json the same for programs, DIR/verdicts.md the
table of verdicts; they cover all items that DIR has results of with these settings, not only those that are
named. DIR/ITEM has an item's tables as CSV, its result as JSON and its plots as SVG and PNG; results of the
reduced size or of other seeds go to folders of their own.
An interrupted run goes on where it was when the same command is given again.`
}

func itemIDs(items []paper.Item) []string {
	var ids []string
	for _, item := range items {
		ids = append(ids, item.ID)
	}
	return ids
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
		return answer, c.shortfall(entries)
	}
	answer, err := ask.Ask(a.ctx, &c.Reproduce, env) // with a display of its own
	switch {
	case answer == nil:
		return err
	case c.JSON:
		return errors.Join(a.writeJSON(answer), err)
	}
	a.answered = true
	return errors.Join(a.printVerdicts(entries, folder.Page(), c.Verbose), err)
}

// run runs the items that are named and that the folder has no results of, and
// returns what became of all that are named.
func (c *reproduceCmd) run(ctx context.Context, a *app) (*report.Folder, []report.Entry, error) {
	named, err := c.named(a.items)
	if err != nil {
		return nil, nil, badInput(err)
	}
	settings := paper.Settings{Quick: c.Quick, Seed: c.Seed, Seeds: c.Seeds, Models: strings.Join(c.Models, ","), D: c.D}
	folder, err := report.OpenFolder(c.Out, settings)
	if err != nil {
		return nil, nil, badInput(err)
	}
	entries := map[string]report.Entry{}
	var missing []paper.Item
	for _, item := range a.items {
		result, err := folder.Read(item)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case result != nil:
			entries[item.ID] = folder.Entry(item, result, nil)
		case slices.Contains(named, item.ID):
			missing = append(missing, item)
		}
	}
	watch := &watcher{folder: folder, entries: entries, all: int64(len(missing)), display: a.display(), bars: map[string]bar{}}
	watch.total, watch.end = watch.display.add("all items", watch.all)
	paper.Run(ctx, missing, settings, c.Jobs, watch)
	watch.end()
	watch.display.close()

	var all, answer []report.Entry
	for _, item := range a.items {
		if entry, ok := entries[item.ID]; ok {
			all = append(all, entry)
			if slices.Contains(named, item.ID) {
				answer = append(answer, entry)
			}
		}
	}
	return folder, answer, folder.Finish(all, a.items)
}

// named returns the items that the user names, or all.
func (c *reproduceCmd) named(items []paper.Item) ([]string, error) {
	ids := itemIDs(items)
	names := append(slices.Clone(c.Items), c.Only...)
	if len(names) == 0 {
		return ids, nil
	}
	for _, name := range names {
		if !slices.Contains(ids, name) {
			return nil, fmt.Errorf("there is no item %q; the items are %s", name, strings.Join(ids, ", "))
		}
	}
	return names, nil
}

// shortfall is the error of a run that did not finish all its items.
func (c *reproduceCmd) shortfall(entries []report.Entry) error {
	var failed []string
	interrupted := 0
	for _, e := range entries {
		switch e.Status {
		case report.Failed:
			failed = append(failed, e.ID)
		case report.Interrupted:
			interrupted++
		}
	}
	var errs []error
	if failed != nil {
		errs = append(errs, fmt.Errorf("failed: %s; the same command again redoes only what is not finished", strings.Join(failed, ", ")))
	}
	if interrupted > 0 {
		errs = append(errs, &ask.Error{Kind: ask.Interrupted, Message: fmt.Sprintf("interrupted: %d of %d items are not finished; the others are kept in %s, and the same command again goes on from there",
			interrupted, len(entries), c.Out)})
	}
	return errors.Join(errs...)
}

// watcher saves each item as soon as it is done, and shows the progress of all.
// It implements paper.Observer.
type watcher struct {
	folder  *report.Folder
	entries map[string]report.Entry
	done    int64
	all     int64 // items to run
	display *display
	total   func(done, total int64)
	end     func()
	bars    map[string]bar // of the items that run
}

type bar struct {
	set func(done, total int64)
	end func()
}

// Progress implements paper.Observer.
func (w *watcher) Progress(id string, done, total int) {
	b, ok := w.bars[id]
	if !ok {
		b.set, b.end = w.display.add("  "+id, int64(total))
		w.bars[id] = b
	}
	b.set(int64(done), int64(total))
}

// Done implements paper.Observer.
func (w *watcher) Done(o paper.Outcome) {
	entry := w.folder.Keep(o)
	w.entries[entry.ID] = entry
	if b, ok := w.bars[entry.ID]; ok {
		b.end()
	}
	if entry.Status == report.Interrupted {
		return
	}
	w.done++
	w.total(w.done, w.all)
	w.display.note("%s: %s, %.1f s", entry.ID, entry.State(), o.Elapsed.Seconds())
}

// printVerdicts prints the table of verdicts, and with why a paragraph on each; what
// failed has one anyway.
func (a *app) printVerdicts(entries []report.Entry, page string, why bool) error {
	table := text.NewColumns(a.stdout)
	fmt.Fprintln(table, "item\tverdict\tpaper\texpected\tours\tseconds")
	for _, e := range entries {
		seconds := "–"
		if e.Seconds != nil && e.Status == report.Done {
			seconds = fmt.Sprintf("%.1f", *e.Seconds)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.State(), e.PaperText(), e.ExpectedText(), e.OursText(), seconds)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, e := range entries {
		paragraph := e.Why
		switch {
		case e.Status == report.Interrupted || e.Error == "" && !why:
			continue
		case e.Error != "":
			paragraph = e.Error
		case e.Quantity != "":
			paragraph += " (numbers: " + e.Quantity + ")"
		}
		fmt.Fprintf(a.stdout, "\n%s\n", text.Wrap(e.ID+": "+paragraph, a.width(78)))
	}
	_, err := fmt.Fprintf(a.stdout, "\nreport: %s\n", page)
	return err
}

package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"markovicl/ask"
	"markovicl/internal/plural"
	"markovicl/paper"
)

// Watcher is told how a Run comes along. Its methods are called by one goroutine at a time.
type Watcher interface {
	Begin(items int) // that will run
	Progress(id string, done, total int)
	Kept(e Entry, elapsed time.Duration) // an item has ended, and its result is kept
	End()
}

// Named returns the ids of the items that are named, of all if none is. It fails for a
// name that no item has.
func Named(items []paper.Item, names []string) ([]string, error) {
	ids := IDs(items)
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

// IDs returns the ids of items.
func IDs(items []paper.Item) []string {
	var ids []string
	for _, item := range items {
		ids = append(ids, item.ID)
	}
	return ids
}

// Run runs the items that are named and that the folder has no result of, so many at a
// time, keeps each result as soon as it is there, and returns what became of all that are
// named. The page and the tables are of all items that the folder has results of.
func (f *Folder) Run(ctx context.Context, items []paper.Item, named []string, jobs int, watch Watcher) ([]Entry, error) {
	k := &keeper{f, map[string]Entry{}, watch}
	var missing []paper.Item
	for _, item := range items {
		result, err := f.Read(item)
		switch {
		case err != nil:
			return nil, err
		case result != nil:
			k.entries[item.ID] = f.Entry(item, result, nil)
		case slices.Contains(named, item.ID):
			missing = append(missing, item)
		}
	}
	watch.Begin(len(missing))
	paper.Run(ctx, missing, f.settings, jobs, k)
	watch.End()
	var all, answer []Entry
	for _, item := range items {
		if entry, ok := k.entries[item.ID]; ok {
			all = append(all, entry)
			if slices.Contains(named, item.ID) {
				answer = append(answer, entry)
			}
		}
	}
	return answer, f.Finish(all, items)
}

// keeper keeps each result. It implements paper.Observer.
type keeper struct {
	folder  *Folder
	entries map[string]Entry
	Watcher
}

// Done implements paper.Observer.
func (k *keeper) Done(o paper.Outcome) {
	entry := k.folder.Keep(o)
	k.entries[entry.ID] = entry
	k.Kept(entry, o.Elapsed)
}

// Unfinished is the error of a run that did not finish all its items, nil if it did.
func (f *Folder) Unfinished(entries []Entry) error {
	var failed []string
	interrupted := 0
	for _, e := range entries {
		switch e.Status {
		case Failed:
			failed = append(failed, e.ID)
		case Interrupted:
			interrupted++
		}
	}
	var errs []error
	if failed != nil {
		errs = append(errs, fmt.Errorf("failed: %s; the same command again redoes only what is not finished", strings.Join(failed, ", ")))
	}
	if interrupted > 0 {
		errs = append(errs, &ask.Error{Kind: ask.Interrupted, Message: fmt.Sprintf("interrupted: %d of %s are not finished; the others are kept in %s, and the same command again goes on from there",
			interrupted, plural.Of(len(entries), "item"), f.dir)})
	}
	return errors.Join(errs...)
}

package paper

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"markovicl/internal/each"
)

// Outcome is how an item ended.
type Outcome struct {
	Item    Item
	Result  *Result // nil if Err is not
	Err     error
	Elapsed time.Duration
}

// Observer sees a run from outside. Its methods are called one at a time.
type Observer interface {
	Progress(id string, done, total int)
	Done(Outcome)
}

// Run runs items, at most jobs at a time, and returns their outcomes in the
// order of the items. An item that fails does not keep the others from running;
// items that a cancelled context kept from starting end with its error. watch may be nil.
func Run(ctx context.Context, items []Item, s Settings, jobs int, watch Observer) []Outcome {
	outcomes := make([]Outcome, len(items))
	var mu sync.Mutex // guards watch
	// Every item has an outcome, also where ctx has ended.
	each.Do(context.WithoutCancel(ctx), len(items), each.Settings{Workers: max(jobs, 1)}, func(int) func(int) error {
		return func(i int) error {
			item, began := items[i], time.Now()
			result, err := runOne(ctx, item, s, func(done, total int) {
				if watch == nil {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				watch.Progress(item.ID, done, total)
			})
			outcomes[i] = Outcome{Item: item, Result: result, Err: err, Elapsed: time.Since(began)}
			if watch == nil {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			watch.Done(outcomes[i])
			return nil
		}
	})
	return outcomes
}

// runOne keeps a bug in one item from ending the whole run.
func runOne(ctx context.Context, item Item, s Settings, progress func(done, total int)) (result *Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			result, err = nil, fmt.Errorf("stopped at a broken invariant: %v", r)
		}
	}()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	result, err = item.Run(ctx, s, progress)
	if err != nil && ctx.Err() != nil { // whatever the item made of it
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if result == nil {
		return nil, errors.New("there is no result")
	}
	if err := result.Check(); err != nil {
		return nil, fmt.Errorf("the result is malformed: %w", err)
	}
	return result, nil
}

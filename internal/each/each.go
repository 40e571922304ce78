// Package each is the parallel for of the project:
//
//	err := each.Do(ctx, len(prompts), each.Settings{}, func(int) func(int) error {
//		model := newModel()             // what a goroutine has for itself
//		return func(i int) (err error) {
//			scores[i], err = model.Score(prompts[i])
//			return err
//		}
//	})
//
// Which goroutine does which i is left to chance; a result that depends on i alone,
// and is stored under i, is the same for any number of workers. The indexes are begun
// in order, so the error that is returned, that of the smallest index that fails, is
// the same as well. [Merge] adds up what is computed, in the order of the indexes, while
// the work goes on.
//
// A panic of the work becomes a panic of the caller.
package each

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Settings of a parallel for; the zero value is useful.
type Settings struct {
	Workers  int            // goroutines; 0 for one for each processor
	Progress func(done int) // called with 1, 2, .., n, one call at a time
}

// Workers is how many goroutines work on n indexes where so many are asked for (0:
// one for each processor). They are numbered from 0.
func Workers(asked, n int) int {
	if asked <= 0 {
		asked = runtime.GOMAXPROCS(0)
	}
	return max(1, min(asked, n))
}

// Do calls work(i) for i = 0..n-1. Each goroutine has a work function of its own from
// newWork, which is told the number of the goroutine. Once an index fails or ctx has
// ended none is begun; Do returns when all that were begun have ended: nil if all n
// are done, or the error of the smallest index that failed, or the cause of the end
// of ctx.
func Do(ctx context.Context, n int, s Settings, newWork func(worker int) func(i int) error) error {
	l := &loop{n: n, failedAt: n, progress: s.Progress}
	workers := Workers(s.Workers, n)
	var wait sync.WaitGroup
	for w := 1; w < workers; w++ {
		wait.Go(func() { l.run(ctx, w, newWork) })
	}
	l.run(ctx, 0, newWork) // the caller's goroutine is one of them
	wait.Wait()
	switch {
	case l.panicked != nil:
		panic(l.panicked)
	case l.failure != nil:
		return l.failure
	case int(l.done.Load()) < n:
		return context.Cause(ctx)
	}
	return nil
}

// Index calls work(i) for i = 0..n-1 on all processors.
func Index(n int, work func(i int)) {
	Do(context.Background(), n, Settings{}, func(int) func(int) error {
		return func(i int) error {
			work(i)
			return nil
		}
	})
}

// Merge calls merge with what work returns for 0, 1, .., n-1, in this order and from
// one goroutine at a time, while the work goes on; sums are then the same for any
// number of workers. As in Do the first error ends it: merge has seen what comes
// before.
func Merge[T any](ctx context.Context, n int, s Settings, newWork func(worker int) func(i int) (T, error), merge func(i int, x T)) error {
	var mu sync.Mutex
	waiting := map[int]T{} // done, but for one before
	next := 0
	return Do(ctx, n, s, func(worker int) func(int) error {
		work := newWork(worker)
		return func(i int) error {
			x, err := work(i)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			waiting[i] = x
			for {
				x, ok := waiting[next]
				if !ok {
					return nil
				}
				delete(waiting, next)
				merge(next, x)
				next++
			}
		}
	})
}

// loop is the state that the goroutines share.
type loop struct {
	n        int
	next     atomic.Int64
	done     atomic.Int64
	stop     atomic.Bool
	progress func(done int)

	mu       sync.Mutex
	reported int
	failure  error
	failedAt int
	panicked any
}

func (l *loop) run(ctx context.Context, worker int, newWork func(int) func(int) error) {
	defer func() {
		if r := recover(); r != nil {
			l.stop.Store(true)
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.panicked == nil {
				l.panicked = fmt.Sprintf("%v\n\n%s", r, debug.Stack())
			}
		}
	}()
	var work func(int) error
	for !l.stop.Load() && ctx.Err() == nil {
		i := int(l.next.Add(1)) - 1
		if i >= l.n {
			return
		}
		if work == nil {
			work = newWork(worker)
		}
		if err := work(i); err != nil {
			l.fail(i, err)
			return
		}
		l.done.Add(1)
		if l.progress != nil {
			l.report()
		}
	}
}

func (l *loop) fail(i int, err error) {
	l.stop.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	if i < l.failedAt {
		l.failure, l.failedAt = err, i
	}
}

func (l *loop) report() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reported++
	l.progress(l.reported)
}

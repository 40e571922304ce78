package sweep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"markovicl/ask"
	"markovicl/store"
)

// Settings of a sweep; the zero value asks all questions that name no files.
type Settings struct {
	Open        func(name string) (io.ReadCloser, error) // opens files that questions name; nil refuses them
	Shard       Shard
	Workers     int    // questions at the same time; 0: one for each processor
	Memory      int64  // bytes that they may need together, by estimate; 0: DefaultMemory()
	RetryFailed bool   // ask again what has failed
	Version     string // of what answers; "": store.Build of this program
	Progress    func(Progress)
}

// ErrCancelled is the cause of a run that Cancel ended.
var ErrCancelled = errors.New("the sweep was cancelled")

// Build is the version of the answers of this program on this machine.
func Build() (string, error) { return store.Build(ask.Kernels()) }

// Run asks the questions of a grid, or of one shard of it, that have no answer in the
// folder yet, and writes the table once all have. The summary is about the whole grid. An
// interruption, or an answer that cannot be written, ends it; all finished answers are
// kept.
func Run(ctx context.Context, dir string, g *Grid, s Settings) (*Summary, error) {
	return run(ctx, dir, g, s, newAsker(s.Memory))
}

func run(ctx context.Context, dir string, g *Grid, s Settings, a *asker) (*Summary, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	shard, err := s.Shard.check()
	if err != nil {
		return nil, err
	}
	if s.Version == "" {
		if s.Version, err = Build(); err != nil {
			return nil, err
		}
	}
	f, lock, err := enter(dir, header{folderFormat, s.Version, shard.Count, g}, shard)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	f.files.open = s.Open
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go watchCancel(ctx, cancel, filepath.Join(dir, cancelFile))

	b, err := f.read(ctx)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	own := shard.deal(b.cost)
	for retry := s.RetryFailed; ; retry = false {
		if err := f.work(ctx, b, own, s, shard, a, retry); err != nil {
			summary, _ := f.summary(b)
			return summary, err
		}
		// The other shards may have finished meanwhile.
		if shard.Count > 1 {
			if err := f.refresh(ctx, b); err != nil {
				return nil, interrupted(ctx, err)
			}
		}
		summary, err := f.finish(b)
		var corrupt *store.CorruptError
		if errors.As(err, &corrupt) { // set aside; it is asked again
			continue
		}
		return summary, err
	}
}

// watchCancel ends a run when the file appears that Cancel writes.
func watchCancel(ctx context.Context, cancel context.CancelCauseFunc, path string) {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := os.Stat(path); err == nil {
				cancel(ErrCancelled)
				return
			}
		}
	}
}

func interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	message := "interrupted; all finished answers are kept, and the same command goes on from there"
	if errors.Is(context.Cause(ctx), ErrCancelled) {
		message = "the sweep was cancelled; all finished answers are kept"
	}
	return &ask.Error{Kind: ask.Interrupted, Message: message, Err: err}
}

// work asks what is open among the questions own.
func (f *folder) work(ctx context.Context, b *book, own []int32, s Settings, shard Shard, a *asker, retry bool) error {
	var pending []int32
	for _, i := range own {
		if b.state[i] == open || retry && f.failures.Has(b.keys[i].key()) {
			pending = append(pending, i)
		}
	}
	workers := s.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = max(1, min(workers, len(pending)))
	p := newPlan(pending, b.cost, workers)
	p.progress = Progress{Questions: len(own), Kept: len(own) - len(pending)}
	if s.Progress != nil {
		s.Progress(p.state())
	}
	if len(pending) == 0 {
		return nil
	}
	times, err := openTimings(filepath.Join(f.dir, "timings-"+shardName(shard)+".csv"))
	if err != nil {
		return err
	}
	r := &runner{folder: f, book: b, plan: p, asker: a, settings: s, times: times}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			if err := r.run(ctx, w == 1); err != nil {
				cancel(err)
			}
		})
	}
	wait.Wait()
	err = times.close()
	if cause := context.Cause(ctx); cause != nil {
		if own, ok := errors.AsType[*keepError](cause); ok {
			return own
		}
		return interrupted(ctx, cause)
	}
	return err
}

// runner is what the workers of a run share.
type runner struct {
	*folder
	book     *book
	plan     *plan
	asker    *asker
	settings Settings
	times    *timings
}

// A keepError says that an answer could not be written.
type keepError struct {
	dir string
	err error
}

func (e *keepError) Error() string {
	return fmt.Sprintf("an answer cannot be kept in %s: %v; all answers before it are kept: make room there, or let it be written, and the same command goes on", e.dir, e.err)
}

func (e *keepError) Unwrap() error { return e.err }

func (r *runner) run(ctx context.Context, dear bool) error {
	for ctx.Err() == nil {
		i, ok := r.plan.next(dear)
		if !ok {
			return nil
		}
		if err := r.question(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// question asks question i and keeps what comes of it.
func (r *runner) question(ctx context.Context, i int) error {
	q, err := r.header.Grid.Question(i)
	if err != nil {
		return err
	}
	k := r.book.keys[i].key()
	reply, seconds, err := r.asker.ask(ctx, q, r.settings.Open)
	if isInterruption(ctx, err) {
		return nil // it is asked again
	}
	hadFailed := r.settings.RetryFailed || r.book.state[i] == failed
	// An answer that is not all that was asked for is kept, and so is the failure.
	if reply != nil {
		if err := r.answers.PutUnsynced(k, reply); err != nil {
			return &keepError{r.dir, err}
		}
		r.book.state[i] = answered
	}
	if err != nil {
		if err := r.fail(k, entryOf(err)); err != nil {
			return &keepError{r.dir, err}
		}
		if reply == nil {
			r.book.state[i] = failed
		}
	} else if hadFailed {
		if err := r.failures.Remove(k); err != nil {
			return &keepError{r.dir, err}
		}
	}
	if err := r.times.add(k, seconds); err != nil {
		return &keepError{r.dir, err}
	}
	now := r.plan.finished(i, err != nil)
	if r.settings.Progress != nil {
		r.settings.Progress(now)
	}
	return nil
}

// finish returns the summary and writes the tables if no question is open.
func (f *folder) finish(b *book) (*Summary, error) {
	s, err := f.summary(b)
	if err != nil || slices.Contains(b.state, open) {
		return s, err
	}
	if err := f.export(b, f.dir); err != nil {
		return s, err
	}
	s.Table = resultsTable
	return s, nil
}

// readAt reads the folder of a sweep, and sums up what it holds.
func readAt(ctx context.Context, dir string, open func(name string) (io.ReadCloser, error)) (*folder, *book, *Summary, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	f.files.open = open
	b, err := f.read(ctx)
	if err != nil {
		return nil, nil, nil, interrupted(ctx, err)
	}
	s, err := f.summary(b)
	return f, b, s, err
}

// Status returns where the sweep in a folder stands, from anywhere that sees the folder.
func Status(ctx context.Context, dir string, open func(name string) (io.ReadCloser, error)) (*Summary, error) {
	_, _, s, err := readAt(ctx, dir, open)
	if _, missing := os.Stat(filepath.Join(dir, resultsTable)); err == nil && missing == nil {
		s.Table = resultsTable
	}
	return s, err
}

// Export writes the tables of the sweep in a folder, of what is answered so far, to the
// folder out.
func Export(ctx context.Context, dir, out string, open func(name string) (io.ReadCloser, error)) (*Summary, error) {
	f, b, s, err := readAt(ctx, dir, open)
	if err == nil {
		err = f.export(b, out)
	}
	if err == nil {
		s.Table = resultsTable
	}
	return s, err
}
